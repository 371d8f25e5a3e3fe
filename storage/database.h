#ifndef SPINDLE_STORAGE_DATABASE_H_
#define SPINDLE_STORAGE_DATABASE_H_

#include <rocksdb/db.h>
#include <rocksdb/slice.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/database_options.h"
#include "storage/mutex.h"

namespace spindle {

inline rocksdb::Slice ToSlice(absl::string_view text) { return {text.data(), text.size()}; }
inline absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// An open RocksDB database with the column families of a crawl. Internal to storage/, which is why
// RocksDB's types may show here. It knows bytes, not records. Thread-safe, but for CatchUp().
class Database {
 public:
  // For the one process that crawls. The directory has been prepared (storage/directory.h). `env`
  // must outlive the database.
  static absl::StatusOr<std::unique_ptr<Database>> OpenForWriting(rocksdb::Env* env,
                                                                  const std::string& dir,
                                                                  uint64_t memory_bytes,
                                                                  int max_open_files);

  // Looks on: no lock, nothing written to `dir`, and the state is that of one moment between two
  // commits, also while another process writes. Unavailable where the crawl gave no such moment.
  static absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& dir);

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A database for reading moves to the latest state, or after an error stays at the one it had;
  // nothing to do for one for writing.
  absl::Status CatchUp();

  // Whether the key is there.
  absl::StatusOr<bool> Get(Family family, absl::string_view key,
                           rocksdb::PinnableSlice* value) const;

  // All of the batch or nothing; `sync` waits for the disk. After a failure of this or of SyncLog()
  // nothing is written any more: both give that failure again, until the directory is opened anew.
  // RocksDB would not survive it: touching a log whose last write failed, as on a full disk, is an
  // assertion that stops the process. So it is where SyncLog() begins within the microseconds
  // between the failure of another thread's write and its being kept: nothing is lost by that, and
  // a lock against it would hold up every commit for the time of a sync.
  absl::Status Write(rocksdb::WriteBatch* batch, bool sync) ABSL_LOCKS_EXCLUDED(mutex_);
  // What was written is on the disk itself.
  absl::Status SyncLog() ABSL_LOCKS_EXCLUDED(mutex_);

  rocksdb::DB* db() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }
  rocksdb::Env* env() const { return env_; }
  const std::string& dir() const { return dir_; }
  bool writable() const { return writable_; }

  // With the directory in the message; of a damaged table, also what it holds.
  absl::Status ToStatus(const rocksdb::Status& status) const;
  // The same with the family whose records were asked for.
  absl::Status ToStatus(const rocksdb::Status& status, Family family) const;

 private:
  Database(rocksdb::Env* env, std::string dir, bool writable)
      : env_(env), dir_(std::move(dir)), writable_(writable) {}

  rocksdb::Status OpenAsIs();  // for reading
  void Close();
  absl::Status failure() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The status as ours, kept as the failure if it is one.
  absl::Status KeepFailure(const rocksdb::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  // Of a log that is on the disk.
  void KeepLog(uint64_t number) ABSL_LOCKS_EXCLUDED(mutex_);

  rocksdb::Env* const env_;
  const std::string dir_;
  const bool writable_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // owned, of each Family and "default"

  mutable Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_log_ ABSL_GUARDED_BY(mutex_) = 0;  // as kept in the directory
};

// The records of one family from a key on, up to the end of a prefix. Thread-compatible; the
// database must outlive it.
//
//   for (Scan scan(database, Family::kUrls, prefix); scan.Valid(); scan.Next()) ...
//   if (absl::Status status = scan.status(); !status.ok()) ...
class Scan {
 public:
  struct Options {
    std::string from;          // first key; empty: the first of the prefix
    bool keep_blocks = false;  // in the cache; not for what passes through everything
    const rocksdb::Snapshot* snapshot =
        nullptr;  // null: the state at construction; must outlive this
  };

  Scan(const Database& database, Family family, const std::string& prefix);
  Scan(const Database& database, Family family, const std::string& prefix, const Options& options);
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  bool Valid() const { return iterator_->Valid(); }
  void Next() { iterator_->Next(); }
  absl::string_view key() const { return ToView(iterator_->key()); }
  absl::string_view value() const { return ToView(iterator_->value()); }
  // Not OK where Valid() turned false because of an error.
  absl::Status status() const { return database_.ToStatus(iterator_->status(), family_); }

 private:
  const Database& database_;
  const Family family_;
  const std::string end_;  // the bounds are borrowed by the iterator
  const rocksdb::Slice end_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace spindle

#endif  // SPINDLE_STORAGE_DATABASE_H_
