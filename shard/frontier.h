#ifndef SPINDLE_SHARD_FRONTIER_H_
#define SPINDLE_SHARD_FRONTIER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "parsers/robots.h"
#include "shard/politeness.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

struct FrontierOptions {
  PolitenessOptions politeness;
  // Requests to one host at the same time. Above 1, starts are still a delay apart.
  int per_host_concurrency = 1;
  // Links from a seed; URLs deeper are recorded as excluded. Negative: no limit.
  int max_depth = -1;
  // Redirect hops from one link (RFC 9110 15.4 asks for a limit).
  int max_redirects = 10;
  // Hops from a robots.txt (RFC 9309 2.3.1.2: at least five).
  int max_robots_hops = 5;
  // Ready URLs of a host that are held in memory; the rest waits on disk.
  size_t window_count = 32;
  // The group of robots.txt that applies to us.
  std::string product_token = "spindle";
};

// A link as it reaches the shard that owns its URL.
struct InsertedLink {
  UrlKey key;
  LinkRecord link;
};

// One request that is to be made now.
struct FetchTask {
  enum class Kind { kPage, kRobots };
  Kind kind = Kind::kPage;
  HostKey host;
  std::string url;          // absolute
  absl::Time start;         // when it left the frontier
  bool keep_alive = false;  // another request to this host follows soon
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
  std::string detail;
  uint64_t body_bytes = 0;  // as received
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

// A request for a robots.txt that another one redirected to.
struct RobotsHop {
  HostKey host;        // to be asked
  std::string origin;  // of host
  std::string url;
  HostKey robots_for;  // whose robots.txt is looked for
  int hops = 0;        // this one included
};

// The frontier of one shard: which of its URLs are known, which wait, and which may be fetched now.
// Step 4 and 5 in the life of a URL (docs/architecture.md).
//
// A delay queue holds the hosts that have something to fetch, by the time when they may be asked.
// Each has a short window of its next URLs in memory; the rest of its queue is on disk. A URL stays
// in the stored queue until the commit that says how its fetch ended, so whatever was under way
// when the process died is simply still queued.
//
// Every method that changes what is stored writes it into a Commit of the caller's, who applies it
// before the next Pop() or Insert(): then memory and disk agree, and what belongs together is one
// atomic commit. After a failed commit the frontier must not be used any more.
//
// Belongs to one worker thread. The store must outlive it. Time is an argument.
class Frontier {
 public:
  Frontier(ShardId shard, const FrontierOptions& options, const CrawlStore* store);
  ~Frontier();
  Frontier(const Frontier&) = delete;
  Frontier& operator=(const Frontier&) = delete;

  // Takes up what is stored. Hosts that were parked get another chance. Call once, first.
  absl::Status Load(absl::Time now);

  // The durable check-and-mark of the seen-set: links whose URL is unknown become known and queued
  // (or excluded, where they are too deep). Each key at most once in `links`. Returns how many were
  // new in *inserted (may be null). REQUIRES: all keys are of this shard.
  absl::Status Insert(absl::Span<const InsertedLink> links, absl::Time now, Commit* commit,
                      size_t* inserted);

  // A request that may start now; nullopt: none is ready, or `commit` has something to apply first.
  // URLs that robots.txt disallows are marked so on the way. A task lives until Complete() or
  // SetRobots(), after Release(); one that is never ended is simply still queued for the next run.
  absl::StatusOr<std::optional<FetchTask>> Pop(absl::Time now, Commit* commit);

  // When Pop() may have something; InfiniteFuture: not before another call changes that.
  absl::Time NextReadyTime() const;

  // The request is over: its host may be asked again when politeness allows, while what came is
  // still being parsed.
  void Release(const FetchTask& task, const HostObservation& seen, Commit* commit);

  // What became of a page. The caller puts page and links into the same commit.
  // REQUIRES: task.kind is kPage, and it was released.
  void Complete(const FetchTask& task, const FetchOutcome& outcome, absl::Time now, Commit* commit);

  // The http host of a page under way moved to https: kept in its record from the next commit on.
  void NoteHttps(const HostKey& host) { hosts_.at(host.host)->record.https = true; }

  // What the search for the rules of `host` came to: its own answer, or that of the last hop.
  void SetRobots(const HostKey& host, const RobotsAnswer& answer, absl::Time now, Commit* commit);

  // Asks a host of this shard for the URL that another host's robots.txt redirected to, on this
  // host's clock. In memory only: after a restart, that other host's robots.txt is asked for anew.
  // False: not asked, the host is parked.
  absl::StatusOr<bool> RequestRobots(RobotsHop hop);

  // URLs queued or in flight at hosts that are not parked. Zero: nothing left.
  int64_t pending_count() const { return pending_; }
  size_t live_host_count() const { return hosts_.size(); }
  // Hosts left alone since Load(), by the number of their Reason; and all of them together.
  const std::array<size_t, kReasonCount>& parked_hosts() const { return parked_by_reason_; }
  size_t parked_host_count() const { return parked_; }
  // Hosts met for the first time since Load().
  size_t new_host_count() const { return new_hosts_; }

 private:
  struct ReadyUrl {
    QueueKey key;
    UrlRecord record;
  };

  // A host with something to do. `window` holds every waiting entry of its queue up to and
  // including `window_end`; entries behind that are on disk only, and with `all_in_window` there
  // are none.
  struct LiveHost {
    HostKey key;
    HostRecord record;
    std::deque<ReadyUrl> window;
    std::optional<QueueKey> window_end;
    bool all_in_window = false;
    int in_flight = 0;                     // requests of any kind, not yet released
    std::vector<QueueKey> urls_in_flight;  // popped, and their end not yet known
    std::deque<RobotsHop> hops;
    bool robots_loaded = false;     // the stored record was looked up
    uint8_t robots_tries = 0;       // that found it unreachable, in a row
    bool robots_in_flight = false;  // asked for, here or at the end of a redirect
    absl::Time robots_expire = absl::InfinitePast();
    std::optional<RobotsTxt> rules;                 // none: everything is allowed
    absl::Time scheduled = absl::InfiniteFuture();  // its place in the delay queue; infinite: none

    bool parked() const { return record.state == HostState::kParked; }
  };

  // nullptr: the id belongs to another origin (a collision of 64 salted bits).
  absl::StatusOr<LiveHost*> GetOrLoadHost(const HostKey& key, absl::string_view origin);
  LiveHost* AddHost(const HostKey& key, HostRecord record);
  absl::StatusOr<UrlKey> FreeKey(UrlKey key, const std::string& path,
                                 const absl::flat_hash_map<UrlKey, std::string>& batch,
                                 bool* known) const;
  // The host's record is the caller's to write.
  void InsertNew(LiveHost* host, const UrlKey& key, const LinkRecord& link, absl::Time now,
                 Commit* commit);
  void Enqueue(LiveHost* host, ReadyUrl url);
  absl::Status FillWindow(LiveHost* host);
  absl::Status LoadRobots(LiveHost* host);
  void ApplyRules(LiveHost* host, const RobotsRecord& record);
  absl::StatusOr<std::optional<FetchTask>> PopFrom(LiveHost* host, absl::Time now, Commit* commit);
  FetchTask StartRobots(LiveHost* host, absl::Time now);
  FetchTask StartHop(LiveHost* host, absl::Time now);
  FetchTask StartPage(LiveHost* host, absl::Time now);
  FetchTask StartTask(LiveHost* host, FetchTask::Kind kind, std::string url, absl::Time now);
  void ForgetInFlight(LiveHost* host, const QueueKey& key);
  void ExcludeFront(LiveHost* host, Commit* commit);
  void AddQueued(LiveHost* host, int64_t delta);
  void Park(LiveHost* host, Reason reason);
  void Put(LiveHost* host, Commit* commit);
  bool HasWork(const LiveHost& host) const;
  void Schedule(LiveHost* host);
  void Retire();
  int64_t NextEnqueuedUs(absl::Time now);

  const ShardId shard_;
  const FrontierOptions options_;
  const CrawlStore* const store_;

  absl::Time started_ = absl::InfinitePast();
  absl::flat_hash_map<HostId, std::unique_ptr<LiveHost>> hosts_;
  absl::btree_set<std::pair<absl::Time, HostId>> delay_queue_;
  std::vector<HostId> maybe_idle_;  // looked at by Retire()
  int64_t last_enqueued_us_ = 0;
  int64_t pending_ = 0;
  size_t parked_ = 0;
  std::array<size_t, kReasonCount> parked_by_reason_{};
  size_t new_hosts_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_FRONTIER_H_
