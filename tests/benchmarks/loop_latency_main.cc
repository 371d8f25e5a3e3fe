// bazel run -c opt //tests/benchmarks:loop_latency -- [--kb=1600] [--pages=400] [--hosts=64]
//
// How late the event loops of a crawl are for their timers while pages of that size are fetched,
// parsed into trees and stored: a whole Crawler, with its default threads, against a server in
// other processes. Beside it, what a thread that does nothing else sees meanwhile.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "crawler/crawler.h"
#include "tests/benchmarks/fetch_server.h"

ABSL_FLAG(int, kb, 1600, "of a page");
ABSL_FLAG(int, pages, 400, "to crawl");
ABSL_FLAG(int, hosts, 64, "to crawl them from");

namespace spindle {
namespace {

// Markup with about the tags and links of an article, repeated.
std::string MakePage(size_t bytes) {
  std::string page = "<!doctype html><html><head><title>A long page</title></head><body>";
  for (int i = 0; page.size() < bytes; ++i) {
    absl::StrAppend(&page, "<div class=\"item\"><h2>Heading ", i,
                    "</h2><p>Some words of text, <b>some of them bold</b>, that go on ");
    for (int word = 0; word < 60; ++word)
      absl::StrAppend(&page, "word", (i * 7 + word) % 1000, " ");
    absl::StrAppend(&page, "<a href=\"/page?n=", i % 300, "\">more</a></p></div>\n");
  }
  return page;
}

// A thread that sleeps as a loop does, and counts as a loop does.
class IdleThread {
 public:
  IdleThread() : thread_([this] { Count(); }) {}
  ~IdleThread() { Stop(); }

  CrawlStats Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return Snapshot(counters_);
  }

 private:
  void Count() {
    constexpr absl::Duration kInterval = absl::Milliseconds(kLatenessProbeMilliseconds);
    while (!stopping_) {
      const absl::Time due = absl::Now() + kInterval;
      absl::SleepFor(kInterval);
      const int64_t late = absl::ToInt64Milliseconds(absl::Now() - due);
      ++counters_.loop_lateness[std::clamp<int64_t>(late, 0, kLatenessCount - 1)];
    }
  }

  std::atomic<bool> stopping_{false};
  CrawlCounters counters_;
  std::thread thread_;
};

void Print(const char* who, const CrawlStats& stats) {
  std::cout << absl::StreamFormat(
      "%s: late by up to %d ms in half of all cases, %d ms in 99 %%, %d ms in 99.9 %%\n", who,
      LatenessWithin(stats, 0.5), LatenessWithin(stats, 0.99), LatenessWithin(stats, 0.999));
}

int Run() {
  FetchServerOptions server_options;
  server_options.addresses = LoopbackAddresses(absl::GetFlag(FLAGS_hosts));
  server_options.body = MakePage(size_t{1000} * absl::GetFlag(FLAGS_kb));
  const FetchServer server(server_options);

  std::string dir = "/tmp/spindle-latency-XXXXXX";
  if (mkdtemp(dir.data()) == nullptr) return 1;
  CrawlOptions options;
  options.dir = dir;
  options.max_pages = absl::GetFlag(FLAGS_pages);
  options.frontier.politeness.per_host_delay = absl::ZeroDuration();
  options.fetcher.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
  for (int i = 0; i < absl::GetFlag(FLAGS_hosts); ++i) options.seeds.push_back(server.Url(i));
  absl::StatusOr<std::unique_ptr<Crawler>> crawler = Crawler::Open(options);
  absl::Status status = crawler.status();
  const absl::Time start = absl::Now();
  IdleThread idle;
  if (status.ok()) status = (*crawler)->Run();
  if (!status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
  const CrawlStats stats = (*crawler)->stats();
  std::cout << absl::StreamFormat("%d pages of %d KB in %.1f s\n", stats.pages,
                                  absl::GetFlag(FLAGS_kb),
                                  absl::ToDoubleSeconds(absl::Now() - start));
  Print("the crawl's loops", stats);
  Print("an idle thread", idle.Stop());
  std::error_code ignored;
  std::filesystem::remove_all(dir, ignored);
  return 0;
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return spindle::Run();
}
