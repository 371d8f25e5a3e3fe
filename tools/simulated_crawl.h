#ifndef SPINDLE_TOOLS_SIMULATED_CRAWL_H_
#define SPINDLE_TOOLS_SIMULATED_CRAWL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "shard/frontier.h"
#include "shard/shard_map.h"
#include "storage/crawl_store.h"
#include "tools/politeness_watch.h"
#include "tools/simulated_web.h"

namespace spindle {

struct SimulatedCrawlOptions {
  FrontierOptions frontier;
  // Requests under way at most.
  int max_transfers = 5000;
  // Of the frontier's shards, those with the same remainder are one worker's. Links between workers
  // go through the inbox, as in a crawl. All of them take turns on one thread.
  uint32_t worker_count = 1;
  size_t body_bytes = 0;  // stored with each page
  // Of all workers together.
  size_t seen_cache_bytes = size_t{32} << 20;
  size_t robots_bytes = size_t{32} << 20;
};

// CPU time of one thread, by what it was spent on, sampled on some operations and scaled up.
struct SimulatedCrawlCpu {
  absl::Duration web;       // making up answers, links and their URLs: none of the crawl's
  absl::Duration insert;    // Frontier::Insert()
  absl::Duration pop;       // Frontier::Pop()
  absl::Duration complete;  // Frontier::Release() and Complete()
  absl::Duration commit;    // CrawlStore::Apply()
};

struct SimulatedCrawlCounts {
  uint64_t requests = 0;  // of pages
  uint64_t robots_requests = 0;
  uint64_t pages = 0;     // stored
  uint64_t links = 0;     // given to Frontier::Insert()
  uint64_t inserted = 0;  // of these, new
  uint64_t commits = 0;
  SimulatedCrawlCpu cpu;
};

// A crawl that begins, a request that has started, or one that has ended by a commit; for a record
// outside of the process.
struct SimulatedEvent {
  // kGivenUp: found so when a run begins.
  enum class Kind : uint8_t { kBegin, kGivenUp, kStart, kEnd };
  Kind kind = Kind::kBegin;
  bool robots = false;
  bool stored = false;  // kEnd: the page is in the store
  SimulatedPage page;   // of robots: the host, and no page
  int http_status = 0;
  absl::Time time;
  absl::Time first_byte;
  absl::Duration crawl_delay;
  std::optional<absl::Duration> retry_after;
  absl::Duration latency;
};

// What crawler/worker.cc does, on a simulated web: takes tasks from the frontiers of all shards,
// lets their answers come in at their time, and puts each page with its links into one commit. The
// clock jumps from one event to the next. Belongs to one thread. What is given by pointer must
// outlive this.
class SimulatedCrawl {
 public:
  SimulatedCrawl(const SimulatedWeb* web, const SimulatedCrawlOptions& options, CrawlStore* store,
                 PolitenessWatch* watch, absl::Time start);
  ~SimulatedCrawl();

  // Called as the stored crawl is taken up, for each request as it starts, and as its commit was
  // applied.
  void set_observer(std::function<void(const SimulatedEvent&)> observer) {
    observer_ = std::move(observer);
  }

  // Takes up what is stored. Call first.
  absl::Status Load();
  // Makes the home pages of the first `hosts` hosts known.
  absl::Status InsertSeeds(uint32_t hosts);
  // The next event. False: nothing is left to do but at hosts that were given up.
  absl::StatusOr<bool> Step();

  absl::Time now() const { return now_; }
  // URLs known when the crawl was taken up, and since.
  uint64_t known_count() const;
  // Of the links that the workers' caches were asked for.
  uint64_t seen_hit_count() const;
  uint64_t seen_miss_count() const;
  const SimulatedCrawlCounts& counts() const { return counts_; }
  size_t active_count() const { return active_; }
  size_t live_host_count() const;
  int64_t pending_count() const;
  UrlKey KeyOf(SimulatedPage page) const;

 private:
  struct Transfer {
    FetchTask task;
    SimulatedPage page;
    SimulatedAnswer answer;
  };
  struct Ending {
    int64_t time_us;
    uint32_t transfer;
    bool operator>(const Ending& other) const { return time_us > other.time_us; }
  };
  struct Delivery {
    InboxKey key;
    std::vector<InsertedLink> links;
  };
  // Adds up one kind of CPU time while in scope, of sampled operations.
  class Span;

  Frontier& FrontierOf(ShardId shard) { return *frontiers_[shard]; }
  HostKey HostKeyOf(uint32_t host) const;
  InsertedLink MakeLink(SimulatedPage page, uint16_t depth, uint8_t redirects,
                        std::optional<UrlKey> found_on) const;
  void BeginOperation();
  absl::Time NextReadyTime() const;
  absl::StatusOr<std::optional<FetchTask>> Pop(Frontier* frontier, Commit* commit);
  absl::StatusOr<bool> StartNext();
  void Start(FetchTask task);
  absl::Status End(Transfer transfer);
  absl::Status EndPage(const Transfer& transfer);
  absl::Status EndRobots(const Transfer& transfer);
  absl::StatusOr<bool> FollowRobots(const Transfer& transfer);
  absl::Status DeliverRobots(const HostKey& host, const RobotsAnswer& answer);
  absl::Status RefuseRobots(const HostKey& host);
  HostObservation ObservationOf(const SimulatedAnswer& answer, bool failed) const;
  void StoreBody(const Transfer& transfer, Commit* commit) const;
  absl::Status StageLinks(std::vector<InsertedLink> links, ShardId from, Commit* commit,
                          std::vector<Delivery>* deliveries);
  absl::Status Deliver(const Delivery& delivery);
  absl::Status Insert(ShardId shard, absl::Span<const InsertedLink> links, Commit* commit);
  absl::Status Apply(Commit* commit);
  void Report(const Transfer& transfer, bool stored);

  const SimulatedWeb* const web_;
  const SimulatedCrawlOptions options_;
  CrawlStore* const store_;
  PolitenessWatch* const watch_;
  const ShardMap shards_;
  const std::string body_;
  std::function<void(const SimulatedEvent&)> observer_;

  absl::Time now_;
  std::vector<std::unique_ptr<FrontierCaches>> caches_;  // of each worker
  std::vector<std::unique_ptr<Frontier>> frontiers_;
  size_t next_frontier_ = 0;
  std::vector<Transfer> transfers_;
  std::vector<uint32_t> free_transfers_;
  std::priority_queue<Ending, std::vector<Ending>, std::greater<Ending>> endings_;
  size_t active_ = 0;
  std::deque<Delivery> deliveries_;
  // Keys of hosts met lately, by number: a look-up of the suffix list is dear.
  struct CachedKey {
    uint32_t host = UINT32_MAX;
    HostKey key;
  };
  mutable std::vector<CachedKey> host_keys_;
  uint64_t attempts_ = 0;  // of robots.txt
  uint64_t operations_ = 0;
  bool sampling_ = false;  // this one's time is taken
  SimulatedCrawlCounts counts_;
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_SIMULATED_CRAWL_H_
