#ifndef SPINDLE_SHARD_FRONTIER_H_
#define SPINDLE_SHARD_FRONTIER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "parsers/public_suffix.h"
#include "parsers/robots.h"
#include "shard/budgets.h"
#include "shard/clock_groups.h"
#include "shard/host_table.h"
#include "shard/live_host.h"
#include "shard/politeness.h"
#include "shard/recrawl.h"
#include "shard/robots_cache.h"
#include "shard/seen_cache.h"
#include "shard/shared_clocks.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

struct FrontierOptions {
  PolitenessOptions politeness;
  RecrawlOptions recrawl;
  TrapOptions traps;
  NearDuplicateOptions near_duplicates;
  BudgetOptions budgets;
  ClockGroups clocks;
  // Pages are visited again when they are due. Off: what is due waits for a run that wants it.
  bool visit_again = false;
  // Requests to one host at the same time. Above 1, starts are still a delay apart.
  int per_host_concurrency = 1;
  // Links from a seed; URLs deeper are recorded as excluded. Negative: no limit.
  int max_depth = -1;
  // Redirect hops from one link (RFC 9110 15.4 asks for a limit).
  int max_redirects = 10;
  // Hops from a robots.txt (RFC 9309 2.3.1.2: at least five).
  int max_robots_hops = 5;
  // Ready URLs of a host that are held in memory; the rest waits on disk.
  size_t window_count = 16;
  // Hosts of one shard that are worked on at the same time; the rest waits on disk.
  size_t max_live_hosts = 4096;
  // The group of robots.txt that applies to us.
  std::string product_token = "spindle";
  // For registrable domains. Null: each host is a domain of its own. Must outlive the frontier.
  const PublicSuffixList* suffixes = nullptr;
};

// Memory that the frontiers of one worker share.
struct FrontierCaches {
  explicit FrontierCaches(size_t seen_bytes = size_t{1} << 20,
                          size_t robots_bytes = size_t{1} << 20)
      : seen(seen_bytes), robots(robots_bytes) {}

  SeenCache seen;
  RobotsCache robots;
};

// A link as it reaches the shard that owns its URL.
struct InsertedLink {
  UrlKey key;
  LinkRecord link;
};

// Whether a link matters even where its URL is known.
bool TellsMore(const FrontierOptions& options, const LinkRecord& link);

// One request that is to be made now.
struct FetchTask {
  enum class Kind { kPage, kRobots };
  Kind kind = Kind::kPage;
  HostKey host;
  std::string url;          // absolute
  absl::Time start;         // when it left the frontier
  bool keep_alive = false;  // another request to this host follows soon
  bool waited = false;      // it was deferred, and comes at the time that it was told
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

// What the search for a host's robots.txt found.
struct RobotsAnswer {
  uint16_t http_status = 0;  // 0: none, for `reason`
  Reason reason = Reason::kNone;
  std::string body;  // decoded
  std::string url;   // that it came from
};

// Nothing was said about what may be fetched, so nothing may for now (RFC 9309 2.3.1.4): no whole
// answer, 5xx, 429, or a "not modified" that nobody asked for.
bool IsUnreachable(const RobotsAnswer& answer);

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
           FrontierCaches* caches = nullptr, SharedClocks* clocks = nullptr);
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
  // (or excluded or parked, with the reason). Returns how many were new in *inserted (may be null).
  // REQUIRES: all keys are of this shard.
  absl::Status Insert(absl::Span<const InsertedLink> links, absl::Time now, Commit* commit,
                      size_t* inserted);

  // A request that may start now; nullopt: none is ready, or `commit` has something to apply first.
  // URLs that robots.txt disallows are marked so on the way. A task lives until Complete() or
  // SetRobots(), after Release(), or until Defer(); one that is never ended is simply still queued
  // for the next run.
  absl::StatusOr<std::optional<FetchTask>> Pop(absl::Time now, Commit* commit);

  // When Pop() may have something; InfiniteFuture: not before another call changes that.
  absl::Time NextReadyTime() const;

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
  // False: not asked, the host is parked.
  absl::StatusOr<bool> RequestRobots(RobotsHop hop);

  // The addresses of a host, for the tasks to come; stored with its next commit.
  void SetAddresses(const HostKey& host, absl::string_view addresses, absl::Time expire);

  // URLs queued or in flight at hosts that are not parked. Zero: nothing left.
  int64_t pending_count() const { return pending_; }
  size_t live_host_count() const { return live_count_; }
  // Hosts left alone since Load(), by the number of their Reason; and all of them together.
  const std::array<size_t, kReasonCount>& parked_hosts() const { return parked_by_reason_; }
  size_t parked_host_count() const { return parked_; }
  // All that are known.
  size_t host_count() const { return known_hosts_; }
  uint64_t url_count() const { return known_urls_; }
  const FrontierCaches& caches() const { return *caches_; }

 private:
  // Hosts in memory.
  absl::StatusOr<LiveHost*> GetOrLoadHost(const HostKey& key, absl::string_view origin);
  void HoldIfJustRead(LiveHost* host) const;
  bool HasDomains() const;
  ClockGroups::HostClock ClockOf(const LiveHost& host) const;

  // Insertion.
  absl::Status InsertUnseen(absl::Span<const InsertedLink* const> links, absl::Time now,
                            Commit* commit, size_t* inserted);
  using Batch = absl::flat_hash_map<UrlKey, absl::string_view>;
  absl::StatusOr<UrlKey> FreeKey(UrlKey key, absl::string_view path, const Batch& batch,
                                 bool* known) const;
  absl::Status InsertNew(LiveHost* host, const UrlKey& key, const LinkRecord& link, absl::Time now,
                         Commit* commit);
  absl::StatusOr<Reason> JudgeNew(LiveHost* host, const LinkRecord& link, absl::Time now,
                                  uint8_t* penalty);
  absl::Status NoteLink(const UrlKey& key, const LinkRecord& link, absl::Time now, Commit* commit,
                        absl::flat_hash_set<LiveHost*>* touched);
  absl::Status NoteInLink(const UrlKey& key, const LinkRecord& link, absl::Time now,
                          Commit* commit);

  // A host's queue.
  void AddEntry(LiveHost* host, const UrlKey& key, UrlRecord* record, Lane lane, absl::Time time,
                Commit* commit);
  void Count(LiveHost* host, Lane lane, int64_t delta);

  // The front.
  absl::Status Widen(absl::Time now, Commit* commit);
  absl::Status Enter(const FrontKey& entry, absl::Time now, Commit* commit);
  void MakeLive(LiveHost* host);
  bool MakeRoom(absl::Time now, Commit* commit);
  void Leave(LiveHost* host, absl::Time now, Commit* commit);
  void MaybeLeave(LiveHost* host, absl::Time now, Commit* commit);
  void SetInFront(LiveHost* host, absl::Time due, Commit* commit);
  void UpdateFront(LiveHost* host, absl::Time now, Commit* commit);

  // Taking.
  absl::StatusOr<std::optional<FetchTask>> PopFrom(LiveHost* host, absl::Time now, Commit* commit);
  absl::StatusOr<const RobotsTxt*> RulesOf(LiveHost* host);
  bool WaitForSharedClock(LiveHost* host, absl::Time now);
  absl::StatusOr<bool> OverBudget(LiveHost* host, absl::Time now);
  FetchTask StartRobots(LiveHost* host, absl::Time now);
  FetchTask StartHop(LiveHost* host, absl::Time now);
  FetchTask StartPage(LiveHost* host, const QueueKey& key, UrlRecord record, absl::Time now);
  FetchTask StartTask(LiveHost* host, FetchTask::Kind kind, std::string url, absl::Time now);
  void Exclude(LiveHost* host, const QueueKey& key, UrlRecord record, Reason reason,
               Commit* commit);

  // Ending.
  absl::Status CountPage(LiveHost* host, const FetchOutcome& outcome, absl::string_view path,
                         bool first_visit, Commit* commit);
  void Park(LiveHost* host, Reason reason, absl::Time now);
  void Revive(LiveHost* host);
  void Put(LiveHost* host, absl::Time now, Commit* commit);
  bool HasWork(const LiveHost& host) const;
  void Schedule(LiveHost* host);
  int64_t NextEnqueuedUs(absl::Time now);

  const ShardId shard_;
  const FrontierOptions options_;
  CrawlStore* const store_;
  const std::unique_ptr<FrontierCaches> own_caches_;
  const std::unique_ptr<SharedClocks> own_clocks_;
  FrontierCaches* const caches_;
  SharedClocks* const clocks_;

  absl::Time started_ = absl::InfinitePast();
  HostTable hosts_;
  absl::btree_set<std::pair<absl::Time, HostId>> delay_queue_;  // of live hosts
  size_t live_count_ = 0;
  FrontKey front_cursor_;                        // entries before it were looked at
  absl::Time front_due_ = absl::InfinitePast();  // none behind the cursor is due before
  int64_t last_enqueued_us_ = 0;
  int64_t pending_ = 0;
  size_t parked_ = 0;
  std::array<size_t, kReasonCount> parked_by_reason_{};
  size_t known_hosts_ = 0;
  uint64_t known_urls_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_FRONTIER_H_
