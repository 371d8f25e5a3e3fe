#ifndef SPINDLE_STORAGE_WAL_SYNCER_H_
#define SPINDLE_STORAGE_WAL_SYNCER_H_

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "storage/database.h"
#include "storage/mutex.h"

namespace spindle {

// A thread that brings the write-ahead log to the disk itself once in an interval: the bound of
// what a power loss takes. Internal to storage/. Thread-safe.
class WalSyncer {
 public:
  // `database` must outlive this. `interval` above zero.
  WalSyncer(Database* database, absl::Duration interval);

  // Stops the thread, at once but for a sync that is under way.
  ~WalSyncer();

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  Database* const database_;
  const absl::Duration interval_;

  Mutex mutex_;
  CondVar stopped_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace spindle

#endif  // SPINDLE_STORAGE_WAL_SYNCER_H_
