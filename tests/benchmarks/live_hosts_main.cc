// What a live host takes of memory: what a frontier gives back at its end, less what it takes with
// few places, which is its caches.
//   bazel run -c opt //tests/benchmarks:live_hosts -- --hosts=100000 --live=64
//   bazel run -c opt //tests/benchmarks:live_hosts -- --hosts=100000

#include <malloc.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "shard/frontier.h"
#include "storage/crawl_store.h"
#include "tests/storage/scratch_dir.h"

ABSL_FLAG(uint32_t, hosts, 100'000, "hosts");
ABSL_FLAG(uint32_t, live, 0, "places for live hosts; 0: one for each");
ABSL_FLAG(uint32_t, urls, 20, "URLs known of each host");
ABSL_FLAG(uint32_t, links, 0, "links of the one page of each host that is fetched, all new");

namespace spindle {
namespace {

constexpr ShardId kShard = 0;
constexpr uint64_t kSalt = 1;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

uint64_t AllocatedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

class LiveHostsBenchmark {
 public:
  LiveHostsBenchmark() {
    options_.politeness.per_host_delay = absl::Seconds(50);  // under what makes a host leave
    options_.max_live_hosts = 64;
    Open();
  }

  void InsertAll() {
    for (uint32_t host = 0; host < absl::GetFlag(FLAGS_hosts); ++host) {
      Commit commit = store_->NewCommit();
      Insert(host, 0, absl::GetFlag(FLAGS_urls), &commit);
      Check(store_->Apply(commit));
    }
  }

  void Reopen(size_t places) {
    frontier_.reset();
    Check(store_->Close());
    store_.reset();
    options_.max_live_hosts = places;
    Open();
  }

  // robots.txt and one page of each host.
  void FetchOneOfEach() {
    for (uint32_t pages = 0; pages < absl::GetFlag(FLAGS_hosts);) {
      Commit commit = store_->NewCommit();
      absl::StatusOr<std::optional<FetchTask>> task = frontier_->Pop(now_, &commit);
      Check(task.status());
      Check(store_->Apply(commit));
      if (!task->has_value()) {
        now_ = std::max(now_, frontier_->NextReadyTime());
        continue;
      }
      End(**task);
      if ((*task)->kind == FetchTask::Kind::kPage) ++pages;
    }
  }

  size_t live_count() const { return frontier_->live_host_count(); }

  // What the allocator had given to the frontier, its own words included. The last call.
  uint64_t TakeFrontierBytes() {
    const uint64_t before = AllocatedBytes();
    frontier_.reset();
    return before - AllocatedBytes();
  }

 private:
  void Open() {
    StoreOptions options;
    options.memory_bytes = 64 << 20;
    CreateOptions if_new;
    if_new.shard_count = 1;
    if_new.hash_salt = kSalt;
    auto store = CrawlStore::Open(dir_.path(), options, if_new);
    Check(store.status());
    store_ = *std::move(store);
    frontier_ = std::make_unique<Frontier>(kShard, options_, store_.get());
    Check(frontier_->Load(now_));
  }

  // Each of a shape of its own.
  void Insert(uint32_t host, uint32_t first, uint32_t count, Commit* commit) {
    std::vector<InsertedLink> links(count);
    for (uint32_t i = 0; i < count; ++i) {
      LinkRecord& link = links[i].link;
      link.origin = absl::StrCat("http://host", host, ".example.org");
      link.path =
          absl::StrCat("/section", std::string(first + i + 1, 'a'), "/", host, "/page.html");
      link.depth = 1;
      links[i].key = {kShard, MakeHostId(kSalt, link.origin),
                      MakeUrlId(kSalt, link.origin, link.path)};
    }
    Check(frontier_->Insert(links, now_, commit, nullptr));
  }

  void End(const FetchTask& task) {
    HostObservation seen;
    seen.now = seen.request_seen = now_;
    seen.answered = true;
    Commit commit = store_->NewCommit();
    frontier_->Release(task, seen, &commit);
    if (task.kind == FetchTask::Kind::kRobots) {
      RobotsAnswer answer;
      answer.http_status = 404;
      Check(frontier_->SetRobots(task.robots_for, answer, now_, &commit));
    } else {
      const uint32_t host = static_cast<uint32_t>(std::atoi(task.url.c_str() + 11));
      Insert(host, absl::GetFlag(FLAGS_urls), absl::GetFlag(FLAGS_links), &commit);
      FetchOutcome outcome;
      outcome.http_status = 200;
      outcome.digest = outcome.simhash = host + 1;
      outcome.stored = true;
      outcome.fetched = now_;
      Check(frontier_->Complete(task, outcome, now_, &commit));
      frontier_->SetAddresses(task.host, "192.0.2.1 2001:db8::1", now_ + absl::Hours(1));
    }
    Check(store_->Apply(commit));
  }

  const ScratchDir dir_;
  FrontierOptions options_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::unique_ptr<CrawlStore> store_;
  std::unique_ptr<Frontier> frontier_;
};

void Main() {
  const uint32_t hosts = absl::GetFlag(FLAGS_hosts);
  LiveHostsBenchmark benchmark;
  benchmark.InsertAll();
  benchmark.Reopen(absl::GetFlag(FLAGS_live) > 0 ? absl::GetFlag(FLAGS_live) : hosts);
  benchmark.FetchOneOfEach();
  std::cout << benchmark.live_count() << " of " << hosts << " hosts are live; LiveHost is "
            << sizeof(LiveHost) << " bytes and HostLore " << sizeof(HostLore);
  std::cout << "; the frontier: " << benchmark.TakeFrontierBytes() / 1000 << " kB\n";
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  spindle::Main();
}
