#ifndef SPINDLE_SHARD_FRONTIER_H_
#define SPINDLE_SHARD_FRONTIER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "shard/frontier_options.h"
#include "shard/host_robots.h"
#include "shard/link_inserter.h"
#include "shard/live_host.h"
#include "shard/live_hosts.h"
#include "shard/politeness.h"
#include "shard/request_clocks.h"
#include "shard/robots_cache.h"
#include "shard/seen_cache.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// Memory that the frontiers of one worker share.
struct FrontierCaches {
  explicit FrontierCaches(size_t seen_bytes = size_t{1} << 20,
                          size_t robots_bytes = size_t{1} << 20)
      : seen(seen_bytes), robots(robots_bytes) {}

  SeenCache seen;
  RobotsCache robots;
};

// One request that is to be made now.
struct FetchTask {
  enum class Kind { kPage, kRobots };
  Kind kind = Kind::kPage;
  HostKey host;
  std::string url;          // absolute
  absl::Time start;         // when it left the frontier
  bool keep_alive = false;  // another request to this host follows soon
  absl::Duration delay;     // that its host keeps
  bool waited = false;      // it was deferred, and comes at the time that it was told
  std::string clock;        // to be told when the request begins (RequestClocks); empty: none
  // Of the host, as it was last resolved (HostRecord::addresses).
  std::string addresses;
  absl::Time addresses_expire = absl::InfinitePast();
  // kPage:
  QueueKey queue;
  UrlRecord record;  // as stored
  // kRobots: whose robots.txt is asked for, and the hops so far. `host` is the host that is asked.
  HostKey robots_for;
  int robots_hops = 0;
};

// What became of a page, for the URL's record and the host's counters.
struct FetchOutcome {
  Verdict verdict;
  uint16_t http_status = 0;
  std::string etag;
  std::string last_modified;
  uint64_t digest = 0;
  uint64_t simhash = 0;  // of the visible text; 0: none
  std::string detail;
  uint64_t body_bytes = 0;                    // as received
  bool stored = false;                        // a page of this fetch is in the same commit
  bool copy = false;                          // its body is that of another page of the host
  absl::Time fetched = absl::InfinitePast();  // PageRecord::fetched of that page
};

// The frontier of one shard: which of its URLs are known, which wait, and which may be fetched now.
// Step 4 and 5 in the life of a URL (docs/architecture.md).
//
// The front, on disk, is every host with something to fetch, by the time when it wants to be looked
// at. When nothing in memory is ready, the hosts that are due there become live, up to a limit: a
// delay queue holds them by the time when they may be asked, each with a short window of its next
// URLs. A live host leaves again when it has nothing to fetch for a while, or when it had its turn
// and others wait. So memory grows with the hosts that are worked on, not with those that are
// known.
//
// A URL stays in the stored queue until the commit that says how its fetch ended, and a host in the
// stored front until the commit that takes its last URL, so whatever was under way when the process
// died is simply still there.
//
// Every method that changes what is stored writes it into a Commit of the caller's, who applies it
// before the next Pop() or Insert(): then memory and disk agree, and what belongs together is one
// atomic commit. After a failed commit the frontier must not be used any more.
//
// Belongs to one worker thread. The store must outlive it. Time is an argument.
class Frontier {
 public:
  // `caches` and `clocks` may be null, for a frontier with its own; else they must outlive it.
  Frontier(ShardId shard, const FrontierOptions& options, CrawlStore* store,
           FrontierCaches* caches = nullptr, RequestClocks* clocks = nullptr);
  ~Frontier();
  Frontier(const Frontier&) = delete;
  Frontier& operator=(const Frontier&) = delete;

  // Takes up what is stored. Hosts that were parked get another chance. Call once, first. `visit`
  // is shown every host on the way.
  absl::Status Load(absl::Time now,
                    absl::FunctionRef<void(const HostKey&, const HostRecord&)> visit);
  absl::Status Load(absl::Time now) {
    return Load(now, [](const HostKey&, const HostRecord&) {});
  }

  // The durable check-and-mark of the seen-set: links whose URL is unknown become known and queued
  // (or excluded or parked, with the reason); a seed queues what was excluded or parked. Returns
  // how many were new in *inserted (may be null). REQUIRES: all keys are of this shard.
  absl::Status Insert(absl::Span<const InsertedLink> links, absl::Time now, Commit* commit,
                      size_t* inserted);

  // A request that may start now; nullopt: none is ready, or `commit` has something to apply first,
  // or NextReadyTime() has come and there is more to look through: one call does not do it all.
  // URLs that robots.txt disallows are marked so on the way. A task lives until Complete() or
  // SetRobots(), after Release(), or until Defer(); one that is never ended is simply still queued
  // for the next run.
  absl::StatusOr<std::optional<FetchTask>> Pop(absl::Time now, Commit* commit);

  // When Pop() may have something; InfiniteFuture: not before another call changes that.
  absl::Time NextReadyTime() const { return hosts_.NextReadyTime(); }

  // The request is over: its host may be asked again when politeness allows, while what came is
  // still being parsed.
  void Release(const FetchTask& task, const HostObservation& seen, Commit* commit);

  // The request was not made: something else, such as the clock of its address, allows it only from
  // `until` on.
  absl::Status Defer(const FetchTask& task, absl::Time until, absl::Time now, Commit* commit);

  // What became of a page. The caller puts page and links into the same commit.
  // REQUIRES: task.kind is kPage, and it was released.
  absl::Status Complete(const FetchTask& task, const FetchOutcome& outcome, absl::Time now,
                        Commit* commit);

  // The http host of a page under way moved to https: kept in its record from the next commit on.
  void NoteHttps(const HostKey& host) { hosts_.At(host.host)->record.https = true; }

  // What the search for the rules of `host` came to: its own answer, or that of the last hop.
  absl::Status SetRobots(const HostKey& host, const RobotsAnswer& answer, absl::Time now,
                         Commit* commit);

  // Asks a host of this shard for the URL that another host's robots.txt redirected to, on this
  // host's clock. In memory only: after a restart, that other host's robots.txt is asked for anew.
  // False: not asked, the host is parked or has many such requests before it.
  absl::StatusOr<bool> RequestRobots(RobotsHop hop);

  // Hosts that asked for that and will not be answered, since the host was given up meanwhile: they
  // are owed SetRobots(). Each once.
  std::vector<HostKey> TakeRefusedRobots() { return hosts_.TakeRefused(); }

  // The addresses of a host, for the tasks to come; stored with its next commit.
  void SetAddresses(const HostKey& host, absl::string_view addresses, absl::Time expire);

  // URLs queued or in flight at hosts that are not parked. Zero: nothing left.
  int64_t pending_count() const { return hosts_.pending_count(); }
  // URLs queued at hosts that are.
  int64_t resting_count() const { return hosts_.resting_count(); }
  size_t live_host_count() const { return hosts_.live_count(); }
  // Hosts left alone since Load(), by the number of their Reason; and all of them together.
  const std::array<size_t, kReasonCount>& parked_hosts() const { return hosts_.parked_by_reason(); }
  size_t parked_host_count() const { return hosts_.parked_count(); }
  // URLs that Pop() found disallowed by robots.txt, since Load().
  uint64_t disallowed_count() const { return disallowed_count_; }
  // All that are known.
  size_t host_count() const { return hosts_.known_count(); }
  uint64_t url_count() const { return known_urls_; }
  // Those in memory.
  size_t kept_host_count() const { return hosts_.kept_count(); }
  const FrontierCaches& caches() const { return *caches_; }

 private:
  // Taking.
  absl::StatusOr<std::optional<FetchTask>> PopFrom(LiveHost* host, absl::Time now, Commit* commit);
  absl::StatusOr<std::optional<FetchTask>> TakeFrom(LiveHost* host, absl::Time now, Commit* commit);
  absl::StatusOr<std::optional<FetchTask>> TakePage(LiveHost* host, absl::Time now, Commit* commit);
  FetchTask StartRobots(LiveHost* host, absl::Time now);
  FetchTask StartHop(LiveHost* host, absl::Time now);
  absl::StatusOr<std::optional<FetchTask>> StartPage(LiveHost* host, const QueueKey& key,
                                                     UrlRecord record, absl::Time now);
  FetchTask StartTask(LiveHost* host, FetchTask::Kind kind, std::string url, absl::Time now);
  void Exclude(LiveHost* host, const QueueKey& key, UrlRecord record, Reason reason,
               Commit* commit);
  void Postpone(LiveHost* host, const QueueKey& key, UrlRecord record, absl::Time now,
                Commit* commit);

  // Ending.
  absl::Status EndPage(LiveHost* host, const FetchTask& task);
  absl::Status EndForNow(LiveHost* host, const UrlKey& key, const FetchOutcome& outcome,
                         absl::Time now, UrlRecord* record, Commit* commit);
  absl::Status CountPage(LiveHost* host, const FetchOutcome& outcome, absl::string_view path,
                         Commit* commit);

  const FrontierOptions options_;
  CrawlStore* const store_;
  const std::unique_ptr<FrontierCaches> own_caches_;
  const std::unique_ptr<RequestClocks> own_clocks_;
  FrontierCaches* const caches_;

  LiveHosts hosts_;
  LinkInserter inserter_;
  HostRobots robots_;
  uint64_t known_urls_ = 0;
  uint64_t disallowed_count_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_FRONTIER_H_
