#ifndef SPINDLE_SHARD_LIVE_HOSTS_H_
#define SPINDLE_SHARD_LIVE_HOSTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shard/compact_time.h"
#include "shard/front.h"
#include "shard/frontier_options.h"
#include "shard/host_clocks.h"
#include "shard/host_table.h"
#include "shard/live_host.h"
#include "shard/request_clocks.h"
#include "shard/robots_cache.h"
#include "shard/seen_cache.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// The hosts of a shard that are worked on, and whose turn it is.
//
//   stored front --Widen()--> live: delay queue --FirstReady()--> asked
//        ^                     |
//        +---- MaybeLeave() ---+
//
// A host becomes live when it is due in the stored front and nothing in memory is ready, up to a
// limit. It leaves again when it has nothing to fetch for a while, or when it had its turn and
// others wait. One that is parked is not asked; over its budget, it is visited again and no more.
//
// Whoever changes a host's queue or record calls Put(), which writes the record and its place in
// the front, and Schedule(), then MaybeLeave() where it may have nothing left to do.
//
// Belongs to one worker thread. What is given must outlive it.
class LiveHosts {
 public:
  LiveHosts(ShardId shard, const FrontierOptions* options, CrawlStore* store, RequestClocks* clocks,
            RobotsCache* rules, SeenCache* seen);

  // Frontier::Load().
  absl::Status Load(absl::Time now,
                    absl::FunctionRef<void(const HostKey&, const HostRecord&)> visit);

  // nullptr: not in memory.
  LiveHost* Find(HostId id) const { return hosts_.Find(id); }
  // REQUIRES: it is in memory.
  LiveHost* At(HostId id) const { return hosts_.At(id); }
  // From memory, from the store or new.
  absl::StatusOr<LiveHost*> GetOrLoad(const HostKey& key, absl::string_view origin);
  HostTable& table() { return hosts_; }
  const HostClocks& clocks() const { return clocks_; }

  // --- Whose turn it is

  absl::Time NextReadyTime() const;
  // The live host that waits longest; nullptr: none may be asked now.
  LiveHost* FirstReady(absl::Time now) const;
  bool FrontIsDue(absl::Time now) const { return front_.due() <= now; }
  // Makes live what is due in the front. With all places taken, asks others to leave; then the
  // front is read the next time, since what they write is in `commit`.
  absl::Status Widen(absl::Time now, Commit* commit);
  // Drops what is in memory without being live, if it is much. Pointers to such hosts end.
  void Sweep() { hosts_.Sweep(live_count_); }

  void MakeLive(LiveHost* host);
  void Schedule(LiveHost* host);
  void MaybeLeave(LiveHost* host, absl::Time now, Commit* commit);
  // What may be taken of its queue. REQUIRES: it may be asked.
  HostQueue::Choice ChoiceOf(const LiveHost& host) const;
  // Something may be taken of its queue, now or later.
  bool HasOwnWork(const LiveHost& host) const;
  // A request for another host's robots.txt that was not made waits for its turn again, as the
  // first; where the host is left alone by now, it is refused.
  void PutBackHop(LiveHost* host, RobotsHop hop);
  // Whose robots.txt was looked for at a host that is left alone since, since the last call.
  std::vector<HostKey> TakeRefused() { return std::exchange(refused_, {}); }

  // --- What is stored

  // A URL gets its place in the host's queue. `time`: when it is due, or now. The URL's record is
  // the caller's to write.
  void AddEntry(LiveHost* host, const UrlKey& key, UrlRecord* record, Lane lane, absl::Time time,
                Commit* commit);
  void RemoveEntry(LiveHost* host, const QueueKey& entry, Commit* commit);
  void Put(LiveHost* host, absl::Time now, Commit* commit);

  // --- Parking

  // REQUIRES: it is not parked, or over its budget.
  void Park(LiveHost* host, Reason reason, absl::Time now);
  // Parks a host that has used up its budget or its domain's, and brings it back once it has a
  // larger one. False: what is under way may use it up, and the host waits for that.
  absl::StatusOr<bool> MindBudget(LiveHost* host, absl::Time now);
  // A page is under way, or no longer (-1). Has its place in the budgets where it would be a new
  // one.
  absl::Status CountUnderWay(LiveHost* host, const UrlRecord& url, int delta);
  // Its domain has a larger budget.
  void ReconsiderBudget(LiveHost* host, absl::Time now, Commit* commit);

  // See Frontier.
  int64_t pending_count() const { return pending_; }
  int64_t resting_count() const { return resting_; }
  size_t live_count() const { return live_count_; }
  size_t kept_count() const { return hosts_.size(); }
  size_t known_count() const { return known_count_; }
  size_t parked_count() const { return parked_; }
  const std::array<size_t, kReasonCount>& parked_by_reason() const { return parked_by_reason_; }

 private:
  void HoldIfJustRead(LiveHost* host) const;
  int64_t NextEnqueuedUs(absl::Time now);
  void Count(LiveHost* host, Lane lane, int64_t delta);
  void UpdateFront(LiveHost* host, absl::Time now, Commit* commit);
  absl::Time WantedTime(const LiveHost& host, absl::Time now) const;
  absl::Status Enter(const FrontKey& entry, absl::Time now, Commit* commit);
  absl::Status Recall(const LiveHost& host);
  bool MakeRoom(absl::Time now, Commit* commit);
  void Leave(LiveHost* host, absl::Time now, Commit* commit);
  bool IsResting(const LiveHost& host) const;
  bool HasWork(const LiveHost& host) const;
  absl::Time NextLook(Reason reason, uint8_t revivals, absl::Time now) const;
  void Revive(LiveHost* host);
  void CountParked(const HostRecord& host, int delta);

  const ShardId shard_;
  const FrontierOptions& options_;
  CrawlStore* const store_;
  RobotsCache* const rules_;
  SeenCache* const seen_;

  absl::Time started_ = absl::InfinitePast();
  HostTable hosts_;
  Front front_;
  const HostClocks clocks_;
  absl::btree_set<std::pair<CompactTime, HostId>> delay_queue_;  // of live hosts
  std::vector<HostKey> refused_;
  size_t live_count_ = 0;
  int64_t last_enqueued_us_ = 0;
  int64_t pending_ = 0;
  int64_t resting_ = 0;
  size_t known_count_ = 0;
  size_t parked_ = 0;
  std::array<size_t, kReasonCount> parked_by_reason_{};
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_LIVE_HOSTS_H_
