#include "shard/front.h"

#include <algorithm>
#include <cstdint>

namespace spindle {
namespace {

FrontKey After(const FrontKey& entry) {
  if (entry.host != UINT64_MAX) return {entry.shard, entry.due_us, entry.host + 1};
  return {entry.shard, entry.due_us + 1, 0};
}

absl::Time DueOf(const FrontKey& entry) {
  return entry.due_us == INT64_MAX ? absl::InfiniteFuture() : absl::FromUnixMicros(entry.due_us);
}

}  // namespace

FrontKey Front::EntryOf(HostId host, const HostRecord& record) const {
  return {shard_, absl::ToUnixMicros(record.front_due), host};
}

bool Front::IsEntryOf(const HostRecord& record, const FrontKey& entry) {
  return absl::ToUnixMicros(record.front_due) == entry.due_us;
}

absl::StatusOr<std::vector<FrontKey>> Front::TakeDue(const CrawlReader& reader, absl::Time now,
                                                     size_t limit) {
  absl::StatusOr<std::vector<FrontKey>> entries = reader.ReadFront(shard_, cursor_, limit);
  if (!entries.ok()) return entries;
  due_ = entries->size() < limit ? absl::InfiniteFuture() : now;
  const auto later = std::find_if(entries->begin(), entries->end(),
                                  [&](const FrontKey& entry) { return DueOf(entry) > now; });
  if (later != entries->end()) {
    due_ = DueOf(*later);
    entries->erase(later, entries->end());
  }
  if (!entries->empty()) cursor_ = After(entries->back());
  return entries;
}

void Front::Put(HostId host, absl::Time due, HostRecord* record, Commit* commit) {
  const FrontKey entry{shard_, std::max<int64_t>(1, absl::ToUnixMicros(due)), host};
  cursor_ = std::min(cursor_, entry);
  due_ = std::min(due_, DueOf(entry));
  if (record->front_due == DueOf(entry)) return;
  if (HasEntry(*record)) commit->DeleteFrontEntry(EntryOf(host, *record));
  record->front_due = DueOf(entry);
  commit->PutFrontEntry(entry);
}

void Front::Remove(HostId host, HostRecord* record, Commit* commit) const {
  if (!HasEntry(*record)) return;
  commit->DeleteFrontEntry(EntryOf(host, *record));
  record->front_due = absl::InfinitePast();
}

bool Front::HasPassed(HostId host, const HostRecord& record) const {
  return EntryOf(host, record) < cursor_;
}

}  // namespace spindle
