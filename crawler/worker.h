#ifndef SPINDLE_CRAWLER_WORKER_H_
#define SPINDLE_CRAWLER_WORKER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crawler/byte_budget.h"
#include "crawler/crawl_options.h"
#include "crawler/crawl_stats.h"
#include "crawler/event_loop.h"
#include "crawler/fetcher.h"
#include "crawler/frontier_counts.h"
#include "crawler/https_hosts.h"
#include "crawler/page_pipeline.h"
#include "crawler/parse_pool.h"
#include "shard/frontier.h"
#include "shard/mailbox.h"
#include "shard/request_clocks.h"
#include "storage/crawl_store.h"

namespace spindle {

class Worker;

// What all workers of a crawl share. Constant while they run; everything outlives them.
struct CrawlContext {
  const CrawlOptions* options = nullptr;
  CrawlStore* store = nullptr;
  const PagePipeline* pipeline = nullptr;
  const ShardMap* shards = nullptr;
  ParsePool* parse_pool = nullptr;
  ByteBudget* budget = nullptr;  // bytes of answers in memory
  RequestClocks* clocks = nullptr;
  // Of each worker.
  size_t seen_cache_bytes = 0;
  size_t robots_cache_bytes = 0;
  CrawlCounters* counters = nullptr;
  std::vector<Worker*> workers;  // shard s belongs to workers[s % size]
  // From any worker's thread: nothing is queued or under way; max_pages are stored.
  std::function<void()> on_idle;
  std::function<void()> on_finished;
  // From any thread: the crawl is to end.
  std::function<bool()> is_stopped;
  // From any worker's thread: the store failed; nothing can be committed any more.
  std::function<void(const absl::Status&)> on_failed;

  Worker& worker_of(ShardId shard) const { return *workers[shard % workers.size()]; }
};

// Links on their way to another worker. They lie in the store's inbox under `key` until their owner
// took them.
struct LinkDelivery {
  InboxKey key;
  std::vector<InsertedLink> links;
};

struct RobotsDelivery {
  HostKey host;  // whose robots.txt it is
  RobotsAnswer answer;
};

using WorkerMessage = std::variant<ParsedPage, LinkDelivery, RobotsHop, RobotsDelivery>;

// One thread, one event loop, one fetcher, and the frontiers of its shards: takes URLs that are
// ready, fetches them, hands bodies to the parser threads and commits what comes back, one atomic
// commit a page. It never blocks.
//
// Load() and the constructor run before Start(), on any one thread; then everything belongs to the
// worker's own thread, and only mailbox(), Stop() and Join() may be called from others.
class Worker {
 public:
  // `index`: its place in context->workers.
  Worker(size_t index, const CrawlContext* context);
  // REQUIRES: joined, or never started.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Takes up what is stored for its shards, links that no owner had taken included. Cancelled: the
  // crawl was stopped meanwhile; asked before each shard and each batch of links.
  absl::Status Load(absl::Time now);

  void Start();
  // Takes no new URLs; the thread ends once what is under way is committed, or after drain_timeout.
  void Stop();
  void Join();

  Mailbox<WorkerMessage>& mailbox() { return mailbox_; }

 private:
  bool Owns(ShardId shard) const { return &context_->worker_of(shard) == this; }
  Frontier& FrontierOf(ShardId shard) { return *frontiers_[shard / context_->workers.size()]; }

  void ProbeLateness();
  void OnWake();
  void Handle(ParsedPage page);
  void Handle(LinkDelivery delivery);
  void Handle(RobotsHop hop);
  void Handle(const RobotsDelivery& delivery);

  void Pump();
  bool StartNext(absl::Time now);
  void StartFetch(FetchTask task);
  void OnFetched(FetchTask task, FetchResponse response);
  void OnPageFetched(FetchTask task, FetchResponse response);
  void OnRedirect(ParsedPage* page, const FetchResponse& response);
  bool EndLoop(ParsedPage* page);
  void OnRobotsFetched(const FetchTask& task, const FetchResponse& response);
  bool FollowRobots(const FetchTask& task, const FetchResponse& response);
  // Where the search led to a host that is left alone.
  void RefuseRobots(const HostKey& host);
  void RefuseWaitingRobots(Frontier& frontier);
  HostObservation Observe(const FetchResponse& response, bool failed);
  bool Deferred(const FetchTask& task, const FetchResponse& response);

  void CommitPage(ParsedPage page);
  absl::Status FindOriginal(ParsedPage* page, Commit* commit) const;
  absl::Status StageLinks(std::vector<InsertedLink> links, ShardId from, absl::Time now,
                          Commit* commit, std::vector<LinkDelivery>* deliveries);
  absl::Status TakeInbox(const InboxKey& key, const LinkBatch& links, absl::Time now);
  absl::Status InsertLinks(ShardId shard, std::vector<InsertedLink> links, absl::Time now,
                           Commit* commit, size_t* inserted);
  void Send(std::vector<LinkDelivery> deliveries);
  void CountPage(const ParsedPage& page);
  bool ReservePageSlot();
  void ReleasePageSlot();

  bool Apply(Commit& commit);
  void Fail(const absl::Status& status);
  void PublishPending();
  void StopIfDrained();

  const size_t index_;
  const CrawlContext* const context_;
  const int max_transfers_;
  FrontierCaches caches_;  // its thread's
  FrontierCounts counts_;

  std::atomic<bool> stopping_{false};
  EventLoop loop_;
  Mailbox<WorkerMessage> mailbox_;

  // Owned by the worker's thread.
  std::vector<std::unique_ptr<Frontier>> frontiers_;  // of shards index, index + workers, ...
  size_t next_frontier_ = 0;                          // round robin
  std::unique_ptr<Fetcher> fetcher_;
  HttpsHosts https_hosts_;
  LoopTimer pump_timer_;
  LoopTimer drain_timer_;
  LoopTimer probe_timer_;
  absl::Time probe_due_ = absl::InfinitePast();
  int64_t parsing_ = 0;  // pages at the parser threads
  std::minstd_rand random_;
  bool drain_started_ = false;
  bool failed_ = false;
  std::thread thread_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_WORKER_H_
