#include "shard/host_queue.h"

#include <algorithm>
#include <functional>

namespace spindle {
namespace {

constexpr int kTimeBits = 56;
constexpr uint64_t kTimeMask = (uint64_t{1} << kTimeBits) - 1;

uint64_t ReadyCount(const HostRecord& record) { return record.queued_count - record.retry_count; }

// Whose turn it is at a host that comes into memory, perhaps for one page: even odds, drawn from
// what every page changes.
bool VisitsBegin(const HostRecord& record) {
  constexpr uint64_t kMixer = 0x9e3779b97f4a7c15;
  const auto due = static_cast<uint64_t>(absl::ToUnixMicros(record.recrawl_due));
  return ((record.queued_count * kMixer ^ due) * kMixer) >> 63 != 0;
}

}  // namespace

HostQueue::HostQueue(const HostKey& host, const HostRecord& record)
    : host_(host),
      all_in_window_(ReadyCount(record) == 0),
      visit_turn_(VisitsBegin(record)),
      retry_next_(record.retry_count > 0 ? record.retry_due : absl::InfiniteFuture()),
      recrawl_next_(record.recrawl_count > 0 ? record.recrawl_due : absl::InfiniteFuture()) {}

HostQueue::Waiting HostQueue::Pack(const QueueKey& entry) {
  const auto time = static_cast<uint64_t>(entry.enqueued_us) & kTimeMask;
  return {uint64_t{entry.priority} << kTimeBits | time, entry.url.url};
}

QueueKey HostQueue::KeyOf(const Waiting& waiting) const {
  return {{host_.shard, host_.host, waiting.url},
          static_cast<uint8_t>(waiting.place >> kTimeBits),
          static_cast<int64_t>(waiting.place & kTimeMask)};
}

bool HostQueue::InFlight(const QueueKey& entry) const {
  return std::find(in_flight_.begin(), in_flight_.end(), entry) != in_flight_.end();
}

std::vector<HostQueue::Waiting>::iterator HostQueue::PlaceOf(const Waiting& waiting) {
  return std::lower_bound(window_.begin(), window_.end(), waiting, std::greater<>());
}

void HostQueue::Add(const QueueKey& entry, size_t window_count, HostRecord* record) {
  const absl::Time time = absl::FromUnixMicros(entry.enqueued_us);
  if (entry.lane == Lane::kRetry && time < retry_next_) retry_next_ = CompactTime(time);
  if (entry.lane == Lane::kRecrawl && time < recrawl_next_) recrawl_next_ = CompactTime(time);
  if (entry.lane != Lane::kReady) return;
  const Waiting added = Pack(entry);
  const bool in_window = all_in_window_ || (has_end_ && added <= window_end_);
  if (!in_window) {
    std::optional<QueueKey>& head = record->queue_head;
    if (head.has_value() && entry < *head) head = entry;
    return;
  }
  if (window_.size() < window_count) {
    if (window_.size() == window_.capacity()) {
      window_.reserve(std::min(window_count, 2 * window_.size() + 1));
    }
    window_.insert(PlaceOf(added), added);
    return;
  }
  // The last one stays on disk. Without a window, the record says where they begin.
  all_in_window_ = false;
  if (window_count == 0) {
    record->queue_head = entry;
    return;
  }
  const auto place = PlaceOf(added);
  if (place != window_.begin()) {
    std::move(window_.begin() + 1, place, window_.begin());
    *(place - 1) = added;
  }
  has_end_ = true;
  window_end_ = window_.front();
}

// --- Taking
// ----------------------------------------------------------------------------------------------

absl::Status HostQueue::FillWindow(const CrawlReader& reader, const HostRecord& record,
                                   size_t window_count) {
  const std::optional<QueueKey> from = has_end_ ? KeyOf(window_end_) : record.queue_head;
  // One more for `from` itself, which is not to be had again, and those that are being fetched.
  const size_t limit = window_count + 1 + in_flight_count();
  absl::StatusOr<std::vector<QueueKey>> entries =
      reader.ReadQueue(host_, Lane::kReady, from, limit);
  if (!entries.ok()) return entries.status();
  window_.reserve(std::min(entries->size(), window_count));
  all_in_window_ = entries->size() < limit;
  for (const QueueKey& entry : *entries) {
    if (window_.size() == window_count) {
      all_in_window_ = false;
      break;
    }
    const Waiting next = Pack(entry);
    if (has_end_ && next <= window_end_) continue;
    if (!InFlight(entry)) window_.push_back(next);
    has_end_ = true;
    window_end_ = next;
  }
  std::reverse(window_.begin(), window_.end());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<QueueKey>> HostQueue::TakeReady(const CrawlReader& reader,
                                                             const HostRecord& record,
                                                             size_t window_count) {
  if (window_.empty() && !all_in_window_) {
    if (absl::Status status = FillWindow(reader, record, window_count); !status.ok()) {
      return status;
    }
  }
  if (window_.empty()) return std::optional<QueueKey>();
  const QueueKey entry = KeyOf(window_.back());
  window_.pop_back();
  if (window_.empty()) window_ = {};  // gives its memory back
  in_flight_.push_front(entry);
  return std::make_optional(entry);
}

// `*next` is where the lane begins, but for what is in flight.
absl::StatusOr<std::optional<QueueKey>> HostQueue::TakeDue(const CrawlReader& reader, Lane lane,
                                                           CompactTime* next, absl::Time now) {
  const QueueKey from{
      {host_.shard, host_.host, 0}, 0, std::max<int64_t>(0, absl::ToUnixMicros(*next)), lane};
  absl::StatusOr<std::vector<QueueKey>> entries =
      reader.ReadQueue(host_, lane, from, 2 + in_flight_count());
  if (!entries.ok()) return entries.status();
  std::optional<QueueKey> taken;
  *next = CompactTime(absl::InfiniteFuture());
  for (const QueueKey& entry : *entries) {
    if (InFlight(entry)) continue;
    const absl::Time due = absl::FromUnixMicros(entry.enqueued_us);
    if (taken.has_value() || due > now) {
      *next = CompactTime(due);
      break;
    }
    taken = entry;
  }
  if (taken.has_value()) in_flight_.push_front(*taken);
  return taken;
}

absl::StatusOr<std::optional<QueueKey>> HostQueue::Take(const CrawlReader& reader,
                                                        const HostRecord& record, absl::Time now,
                                                        Choice choice, size_t window_count) {
  if (retry_next_ <= now) {
    absl::StatusOr<std::optional<QueueKey>> entry =
        TakeDue(reader, Lane::kRetry, &retry_next_, now);
    if (!entry.ok() || entry->has_value()) return entry;
  }
  const bool visit_due = choice != Choice::kNew && recrawl_next_ <= now;
  if (visit_due && (visit_turn_ || choice == Choice::kVisits || !anything_ready())) {
    visit_turn_ = false;
    absl::StatusOr<std::optional<QueueKey>> entry =
        TakeDue(reader, Lane::kRecrawl, &recrawl_next_, now);
    if (!entry.ok() || entry->has_value()) return entry;
  }
  if (choice == Choice::kVisits) return std::optional<QueueKey>();
  visit_turn_ = true;
  return TakeReady(reader, record, window_count);
}

void HostQueue::End(const QueueKey& entry) { in_flight_.remove(entry); }

void HostQueue::PutBack(const QueueKey& entry, HostRecord* record) {
  End(entry);
  // It lies before the end of any window, so it is in this one, if there is one.
  Add(entry, window_.size() + 1, record);
}

absl::Time HostQueue::WorkTime(Choice choice) const {
  if (choice != Choice::kVisits && anything_ready()) return absl::InfinitePast();
  return choice == Choice::kNew ? retry_next_ : std::min(retry_next_, recrawl_next_);
}

// --- What is stored
// --------------------------------------------------------------------------------------

absl::Time HostQueue::FirstInFlight(Lane lane) const {
  absl::Time first = absl::InfiniteFuture();
  for (const QueueKey& entry : in_flight_) {
    if (entry.lane == lane) first = std::min(first, absl::FromUnixMicros(entry.enqueued_us));
  }
  return first;
}

void HostQueue::SaveHeads(HostRecord* record) const {
  record->retry_due = std::min<absl::Time>(retry_next_, FirstInFlight(Lane::kRetry));
  record->recrawl_due = std::min<absl::Time>(recrawl_next_, FirstInFlight(Lane::kRecrawl));

  std::optional<QueueKey> head;
  const auto consider = [&](const QueueKey& key) {
    if (!head.has_value() || key < *head) head = key;
  };
  for (const QueueKey& entry : in_flight_) {
    if (entry.lane == Lane::kReady) consider(entry);
  }
  if (!window_.empty()) consider(KeyOf(window_.back()));
  if (!all_in_window_) {
    const std::optional<QueueKey> rest = has_end_ ? KeyOf(window_end_) : record->queue_head;
    if (!rest.has_value()) {
      record->queue_head = std::nullopt;  // unknown
      return;
    }
    consider(*rest);
  }
  record->queue_head = head;
}

}  // namespace spindle
