#ifndef SPINDLE_SHARD_HOST_QUEUE_H_
#define SPINDLE_SHARD_HOST_QUEUE_H_

#include <compare>
#include <cstdint>
#include <forward_list>
#include <iterator>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shard/compact_time.h"
#include "storage/crawl_reader.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// The stored queue of one host as far as it is in memory: the next few entries of lane ready, and
// when lanes retry and recrawl are due next. Entries are taken here and stay in the store until the
// commit that ends them; what was taken is remembered, so that it is not taken twice.
//
// Taking reads from where the last reading ended, so that the deleted entries in front of it, which
// a host of a million pages leaves behind, are never stepped over.
//
// Thread-compatible. The host's record is its owner's; its counts are what the store will hold once
// the owner's commit is applied.
class HostQueue {
 public:
  // What is wanted of it. The lane of retries holds some of both.
  enum class Choice {
    kNew,     // no visits again
    kVisits,  // visits again and retries
    kAll,
  };

  // Nothing is in memory: what is there is what the record says.
  HostQueue(const HostKey& host, const HostRecord& record);

  const HostKey& host() const { return host_; }

  // An entry that its owner's commit puts into the store, after the record's counts include it.
  // `window_count`: ready entries to hold in memory at most; 0: none.
  void Add(const QueueKey& entry, size_t window_count, HostRecord* record);

  // The next entry that may be fetched at `now`: tries again that are due, then new URLs and visits
  // that are due in turns; nullopt: none. It is in flight until End().
  absl::StatusOr<std::optional<QueueKey>> Take(const CrawlReader& reader, const HostRecord& record,
                                               absl::Time now, Choice choice, size_t window_count);
  void End(const QueueKey& entry);
  // As if it had never been taken.
  void PutBack(const QueueKey& entry, HostRecord* record);

  // When there is something to take: the past, if new URLs wait; infinite: never.
  absl::Time WorkTime(Choice choice) const;

  bool InFlight(const QueueKey& entry) const;
  bool anything_in_flight() const { return !in_flight_.empty(); }
  // Of new URLs.
  bool anything_ready() const { return !window_.empty() || !all_in_window_; }

  // Where each lane begins, for the record to be stored.
  void SaveHeads(HostRecord* record) const;

 private:
  // An entry of lane ready in 16 bytes, of which a live host has many. Their order is that of the
  // queue.
  struct Waiting {
    uint64_t place = 0;  // priority, and below it 56 bits of the time in microseconds: 2,283 years
    UrlId url = 0;

    friend auto operator<=>(const Waiting&, const Waiting&) = default;
  };

  static Waiting Pack(const QueueKey& entry);
  std::vector<Waiting>::iterator PlaceOf(const Waiting& waiting);
  QueueKey KeyOf(const Waiting& waiting) const;
  absl::Status FillWindow(const CrawlReader& reader, const HostRecord& record, size_t window_count);
  absl::StatusOr<std::optional<QueueKey>> TakeDue(const CrawlReader& reader, Lane lane,
                                                  CompactTime* next, absl::Time now);
  absl::StatusOr<std::optional<QueueKey>> TakeReady(const CrawlReader& reader,
                                                    const HostRecord& record, size_t window_count);
  absl::Time FirstInFlight(Lane lane) const;
  size_t in_flight_count() const { return std::distance(in_flight_.begin(), in_flight_.end()); }

  HostKey host_;  // constant
  // Every entry of lane ready that waits, up to and including `window_end_`; entries behind that
  // are on disk only, and with `all_in_window_` there are none.
  std::vector<Waiting> window_;  // the next one last
  Waiting window_end_;           // with has_end_
  bool has_end_ = false;
  bool all_in_window_;
  bool visit_turn_;
  // The first entries of these lanes that are not in flight; infinite: there are none.
  CompactTime retry_next_;
  CompactTime recrawl_next_;
  std::forward_list<QueueKey> in_flight_;  // mostly none, or one
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_HOST_QUEUE_H_
