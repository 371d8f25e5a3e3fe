// bazel run -c opt //tests/benchmarks:storage -- [DIR]
//
// What the store costs a crawl: CPU time of the whole process, RocksDB's own threads included, and
// time on the clock. DIR (a new one below the temporary directory where it is not given) is left
// behind for a look at its size.

#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/body_codec.h"
#include "storage/crawl_store.h"

namespace spindle {
namespace {

constexpr uint64_t kUrlCount = 2'000'000;
constexpr uint64_t kHostCount = 10'000;
constexpr uint64_t kLinksPerPage = 62;  // as measured on pages of the web
constexpr int kPageCount = 20'000;
constexpr size_t kPageBytes = 60'000;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

absl::Duration CpuTime() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

// Prints the time of `count` operations between its construction and Stop().
class Stopwatch {
 public:
  Stopwatch() : start_(absl::Now()), cpu_start_(CpuTime()) {}

  void Stop(absl::string_view what, uint64_t count) const {
    const double cpu = absl::ToDoubleMicroseconds(CpuTime() - cpu_start_);
    const double wall = absl::ToDoubleMicroseconds(absl::Now() - start_);
    std::cout << absl::StreamFormat("%-34s %10u  %9.2f us CPU  %9.2f us wall\n", what, count,
                                    cpu / count, wall / count)
              << std::flush;
  }

 private:
  const absl::Time start_;
  const absl::Duration cpu_start_;
};

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 31)) * 0x7fb5d329728ea185;
  return x ^ (x >> 27);
}

// URL number i: pages link mostly within a host, so neighbours in number share one.
UrlKey KeyOf(uint64_t i) {
  const uint64_t host = Mix(i / kLinksPerPage) % kHostCount;
  return {static_cast<ShardId>(host % 64), Mix(host + 1), Mix(~i)};
}

std::string PathOf(uint64_t i) {
  return absl::StrCat("/archive/2023/11/some-article-", i, ".html?page=2");
}

void InsertUrls(CrawlStore& store) {
  const Stopwatch stopwatch;
  Commit commit = store.NewCommit();
  for (uint64_t i = 0; i < kUrlCount; ++i) {
    UrlRecord url;
    url.path = PathOf(i);
    url.found_on = KeyOf(i / 2);
    url.discovered = url.enqueued = absl::FromUnixMicros(1'700'000'000'000'000 + i);
    commit.PutUrl(KeyOf(i), url);
    commit.PutQueueEntry({KeyOf(i), 0, absl::ToUnixMicros(url.enqueued)});
    if (i % kLinksPerPage == kLinksPerPage - 1) Check(store.Apply(commit));
  }
  Check(store.Apply(commit));
  stopwatch.Stop("insert a URL and its queue entry", kUrlCount);
}

void CheckUrls(const CrawlStore& store, absl::string_view what, uint64_t first, bool spread) {
  constexpr uint64_t kBatches = 10'000;
  std::mt19937_64 random(1);
  std::vector<UrlKey> keys(kLinksPerPage);
  std::vector<std::optional<UrlRecord>> found;
  uint64_t hits = 0;
  const Stopwatch stopwatch;
  for (uint64_t batch = 0; batch < kBatches; ++batch) {
    const uint64_t page = random() % (kUrlCount / kLinksPerPage) * kLinksPerPage;
    for (uint64_t i = 0; i < kLinksPerPage; ++i) {
      keys[i] = KeyOf(first + (spread ? random() % kUrlCount : page + i));
    }
    Check(store.reader().MultiGetUrls(keys, &found));
    for (const auto& record : found) hits += record.has_value() ? 1 : 0;
  }
  stopwatch.Stop(absl::StrCat(what, hits > 0 ? " (known)" : " (new)"), kBatches * kLinksPerPage);
}

void PopQueues(CrawlStore& store) {
  constexpr uint64_t kHosts = 2000;
  uint64_t popped = 0;
  const Stopwatch stopwatch;
  for (uint64_t host = 0; host < kHosts; ++host) {
    const HostKey key{static_cast<ShardId>(host % 64), Mix(host + 1)};
    std::optional<QueueKey> head;
    for (;;) {
      const auto entries = store.reader().ReadQueue(key, Lane::kReady, head, 32);
      Check(entries.status());
      if (entries->empty()) break;
      Commit commit = store.NewCommit();
      for (const QueueKey& entry : *entries) commit.DeleteQueueEntry(entry);
      Check(store.Apply(commit));
      head = entries->back();
      popped += entries->size();
    }
  }
  stopwatch.Stop("take an entry off a queue", popped);
}

// Text with the redundancy of a page: words of a small vocabulary in markup. About 5:1 under zstd.
std::string MakePage(std::mt19937_64& random) {
  std::string page = "<!doctype html><html><head><title>A page</title></head><body>";
  while (page.size() < kPageBytes) {
    absl::StrAppend(&page, "<div class=\"item item-", random() % 100, "\"><p>");
    for (int i = 0; i < 12; ++i) absl::StrAppend(&page, "word", random() % 2000, " ");
    absl::StrAppend(&page, "</p></div>\n");
  }
  page.resize(kPageBytes);
  return page;
}

void CommitPages(CrawlStore& store) {
  std::mt19937_64 random(1);
  std::vector<std::string> bodies;
  bodies.reserve(50);
  for (int i = 0; i < 50; ++i) bodies.push_back(MakePage(random));
  uint64_t stored_bytes = 0;
  const Stopwatch stopwatch;
  Commit commit = store.NewCommit();
  for (int i = 0; i < kPageCount; ++i) {
    const EncodedBody body = EncodeBody(bodies[i % bodies.size()], false);
    stored_bytes += body.bytes.size();
    const UrlKey key = KeyOf(i);
    UrlRecord url;
    url.path = PathOf(i);
    url.state = UrlState::kFetched;
    PageRecord page;
    page.url = absl::StrCat("https://example.org", url.path);
    page.headers = std::string(400, 'h');
    page.title = "A page";
    page.wire_bytes = page.decoded_bytes = kPageBytes;
    page.body_codec = body.codec;
    commit.PutUrl(key, url);
    commit.PutPage({key, 1'700'000'000'000'000 + i}, page, body.bytes);
    commit.PutHost(key.host_key(), HostRecord());
    Check(store.Apply(commit));
  }
  stopwatch.Stop("commit a page of 60 KB", kPageCount);
  std::cout << absl::StreamFormat("  a body takes %.2f of its bytes\n",
                                  static_cast<double>(stored_bytes) / kPageBytes / kPageCount);
}

void ReadBodies(const CrawlStore& store) {
  std::mt19937_64 random(2);
  constexpr int kReads = 20'000;
  const Stopwatch stopwatch;
  for (int i = 0; i < kReads; ++i) {
    const int page = static_cast<int>(random() % kPageCount);
    const auto body = store.reader().GetBody({KeyOf(page), 1'700'000'000'000'000 + page});
    Check(body.status());
  }
  stopwatch.Stop("read a page's body", kReads);
}

void Run(const std::string& dir) {
  CreateOptions if_new;
  if_new.now = absl::Now();
  const auto store = CrawlStore::Open(dir, StoreOptions(), if_new);
  Check(store.status());
  InsertUrls(**store);
  CheckUrls(**store, "check a link, by page", 0, false);
  CheckUrls(**store, "check a link, anywhere", 0, true);
  CheckUrls(**store, "check a link, by page", kUrlCount, false);
  CheckUrls(**store, "check a link, anywhere", kUrlCount, true);
  PopQueues(**store);
  CommitPages(**store);
  ReadBodies(**store);
  const Stopwatch stopwatch;
  Check((*store)->Close());
  stopwatch.Stop("close", 1);
  uintmax_t disk_bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    disk_bytes += entry.file_size();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  std::cout << absl::StreamFormat("on disk %.1f MB, peak memory %.1f MB\n", disk_bytes / 1e6,
                                  usage.ru_maxrss / 1e3);
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  std::string dir = "/tmp/spindle-storage-XXXXXX";
  if (argc > 1) {
    dir = argv[1];
  } else if (mkdtemp(dir.data()) == nullptr) {
    return 1;
  }
  std::cout << dir << "\n";
  spindle::Run(dir);
}
