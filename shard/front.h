#ifndef SPINDLE_SHARD_FRONT_H_
#define SPINDLE_SHARD_FRONT_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/commit.h"
#include "storage/crawl_reader.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// The stored front of a shard: every host with something to fetch, by the time when it wants to be
// looked at. In memory is only how far it was looked at: reading begins there, so that the deleted
// entries before it are never stepped over.
//
// An entry may be early, which costs a look; never late. Its time is in the host's record, too,
// which is the caller's to write. Belongs to one worker thread.
class Front {
 public:
  explicit Front(ShardId shard) : shard_(shard), cursor_{shard, 0, 0} {}

  // Nothing that was not looked at is due before.
  absl::Time due() const { return due_; }
  void WaitUntil(absl::Time time) { due_ = time; }

  // The next entries that are due, up to `limit`. They count as looked at.
  absl::StatusOr<std::vector<FrontKey>> TakeDue(const CrawlReader& reader, absl::Time now,
                                                size_t limit);

  // Puts the host in its place for `due`, wherever it was; it will be looked at then.
  void Put(HostId host, absl::Time due, HostRecord* record, Commit* commit);
  void Remove(HostId host, HostRecord* record, Commit* commit) const;

  // Whether the host's entry was looked at and is still there: nothing was to be done then.
  bool HasPassed(HostId host, const HostRecord& record) const;

  static bool HasEntry(const HostRecord& record) {
    return record.front_due != absl::InfinitePast();
  }
  // Whether this is the host's entry, and not one that it had before.
  static bool IsEntryOf(const HostRecord& record, const FrontKey& entry);

 private:
  FrontKey EntryOf(HostId host, const HostRecord& record) const;

  const ShardId shard_;
  FrontKey cursor_;                        // entries before it were looked at
  absl::Time due_ = absl::InfinitePast();  // none behind the cursor is due before
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_FRONT_H_
