#include "storage/database.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/damage.h"
#include "storage/directory.h"
#include "storage/log_check.h"
#include "storage/manifest.h"
#include "storage/status.h"

namespace spindle {
namespace {

// Enough for a crawl that writes at full speed: a table is finished every few seconds there.
constexpr int kReadAttempts = 100;

// What changes in the directory when a write buffer becomes a table or a log comes or goes.
// Appending to a log changes nothing here.
struct Layout {
  std::string current;  // names the manifest
  uint64_t manifest_bytes = 0;
  std::vector<std::string> logs;

  friend bool operator==(const Layout&, const Layout&) = default;
};

rocksdb::Status ReadLayout(const std::string& dir, Layout* layout) {
  rocksdb::Env* const env = rocksdb::Env::Default();
  rocksdb::Status status = rocksdb::ReadFileToString(env, dir + "/CURRENT", &layout->current);
  if (!status.ok()) return status;
  while (!layout->current.empty() && layout->current.back() == '\n') layout->current.pop_back();
  status = env->GetFileSize(dir + "/" + layout->current, &layout->manifest_bytes);
  if (!status.ok()) return status;
  std::vector<std::string> names;
  status = env->GetChildren(dir, &names);
  for (std::string& name : names) {
    if (absl::EndsWith(name, ".log")) layout->logs.push_back(std::move(name));
  }
  std::sort(layout->logs.begin(), layout->logs.end());
  return status;
}

// What RocksDB would pass over in silence, or say badly. OK also where there is no database yet.
absl::Status CheckFiles(rocksdb::Env* env, const std::string& dir) {
  const absl::StatusOr<std::string> manifest = ManifestPath(env, dir);
  if (absl::IsNotFound(manifest.status())) return CheckNeverCreated(env, dir);
  if (!manifest.ok()) return manifest.status();
  return CheckLogs(env, dir);
}

// The shortest string above all that begin with `prefix`; empty: there is none.
std::string EndOfPrefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::OpenForWriting(rocksdb::Env* env,
                                                                   const std::string& dir,
                                                                   uint64_t memory_bytes,
                                                                   int max_open_files) {
  if (absl::Status status = CheckFiles(env, dir); !status.ok()) return status;
  std::unique_ptr<Database> database(new Database(env, dir, true));
  DatabaseTuning tuning = TuneForWriting(memory_bytes, max_open_files);
  tuning.db.env = env;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(tuning.db, dir, tuning.families, &database->handles_, &db);
  database->db_.reset(db);
  if (status.ok()) return database;
  // RocksDB has no status of its own for this.
  if (absl::Status held = CheckNotHeld(env, dir); !held.ok()) return held;
  return database->ToStatus(status);
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenForReading(const std::string& dir) {
  std::unique_ptr<Database> database(new Database(rocksdb::Env::Default(), dir, false));
  if (absl::IsNotFound(ManifestPath(rocksdb::Env::Default(), dir).status())) {
    absl::Status status = CheckNeverCreated(rocksdb::Env::Default(), dir);
    if (!status.ok()) return status;
    return absl::FailedPreconditionError(
        absl::StrCat(dir, " is being created: no crawl in it yet"));
  }
  if (absl::Status status = database->CatchUp(); !status.ok()) return status;
  return database;
}

// RocksDB's secondary instances could follow without opening anew, but in 7.8 they die reading
// blobs: the key of their blob cache is made of strings that are gone.
rocksdb::Status Database::OpenAsIs() {
  const DatabaseTuning tuning = TuneForReading();
  rocksdb::DB* db = nullptr;
  rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(tuning.db, dir_, tuning.families, &handles_, &db);
  db_.reset(db);
  return status;
}

// Manifest and logs are read one after the other, and meanwhile the crawl may turn a log into a
// table and delete it: then its records would be missing, with later ones present. Where the layout
// is the same before and after, that cannot have happened.
absl::Status Database::CatchUp() {
  if (writable_) return absl::OkStatus();
  absl::Status result;
  for (int i = 0; i < kReadAttempts; ++i) {
    // What is open stays so until this is known to be whole.
    Database next(env_, dir_, false);
    Layout before, after;
    rocksdb::Status status = ReadLayout(dir_, &before);
    if (status.ok()) status = next.OpenAsIs();
    result = next.ToStatus(status);
    absl::Status files = CheckFiles(env_, dir_);
    if (!ReadLayout(dir_, &after).ok() || before != after) continue;
    // Files that stayed as they are: what is wrong with them is no matter of the moment.
    if (absl::IsDataLoss(files)) return files;
    if (files.ok() && status.ok()) {
      db_.swap(next.db_);
      handles_.swap(next.handles_);
    }
    if (files.ok() && (status.ok() || status.IsCorruption())) return result;
  }
  if (absl::Status files = CheckFiles(env_, dir_); absl::IsDataLoss(files)) return files;
  if (!result.ok()) return result;
  return absl::UnavailableError(
      absl::StrCat(dir_, ": the crawl writes too fast to be read at one moment; try again"));
}

Database::~Database() { Close(); }

void Database::Close() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) delete handle;
  handles_.clear();
  db_.reset();
}

absl::StatusOr<bool> Database::Get(Family family, absl::string_view key,
                                   rocksdb::PinnableSlice* value) const {
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), handle(family), ToSlice(key), value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return ToStatus(status, family);
  return true;
}

absl::Status Database::failure() const {
  MutexLock lock(&mutex_);
  return failure_;
}

absl::Status Database::KeepFailure(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  MutexLock lock(&mutex_);
  if (failure_.ok()) failure_ = ToStatus(status);
  return failure_;
}

absl::Status Database::Write(rocksdb::WriteBatch* batch, bool sync) {
  if (absl::Status status = failure(); !status.ok()) return status;
  rocksdb::WriteOptions options;
  options.sync = sync;
  return KeepFailure(db_->Write(options, batch));
}

absl::Status Database::SyncLog() {
  if (absl::Status status = failure(); !status.ok()) return status;
  std::unique_ptr<rocksdb::LogFile> log;
  const bool known = db_->GetCurrentWalFile(&log).ok();
  absl::Status status = KeepFailure(db_->SyncWAL());
  if (status.ok() && known) KeepLog(log->LogNumber());
  return status;
}

void Database::KeepLog(uint64_t number) {
  MutexLock lock(&mutex_);
  if (number == last_log_) return;
  // Nothing that was committed depends on it.
  if (KeepLastLog(env_, dir_, number).ok()) last_log_ = number;
}

absl::Status Database::ToStatus(const rocksdb::Status& status) const {
  absl::Status ours = FromRocksDb(status, dir_);
  if (!status.IsCorruption()) return ours;
  return absl::Status(ours.code(),
                      DescribeDamage(ours.message(), env_, dir_, db_.get(),
                                     handles_.empty() ? nullptr : handle(Family::kHosts)));
}

absl::Status Database::ToStatus(const rocksdb::Status& status, Family family) const {
  absl::Status ours = ToStatus(status);
  if (!status.IsCorruption() || absl::StrContains(ours.message(), " of the family ")) return ours;
  return absl::Status(ours.code(),
                      absl::StrCat(ours.message(), ", reading the family ", FamilyName(family)));
}

Scan::Scan(const Database& database, Family family, const std::string& prefix)
    : Scan(database, family, prefix, Options()) {}

Scan::Scan(const Database& database, Family family, const std::string& prefix,
           const Options& options)
    : database_(database), family_(family), end_(EndOfPrefix(prefix)), end_slice_(end_) {
  rocksdb::ReadOptions read;
  read.fill_cache = options.keep_blocks;
  read.snapshot = options.snapshot;
  if (!end_.empty()) read.iterate_upper_bound = &end_slice_;
  iterator_.reset(database.db()->NewIterator(read, database.handle(family)));
  iterator_->Seek(options.from.empty() ? rocksdb::Slice(prefix) : rocksdb::Slice(options.from));
}

}  // namespace spindle
