#include "tests/testing/memory_files.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>

namespace spindle {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A file as a process sees it. Files only grow, so the first bytes of one are the state at any
// earlier moment.
struct File {
  std::string bytes;
  size_t synced = 0;  // bytes that a power loss leaves alone
};

struct FileState {
  std::shared_ptr<File> file;
  size_t size = 0;
  size_t synced = 0;
};

// RocksDB writes "/dir/" and "/dir//file" too.
std::string Clean(const std::string& path) {
  std::string clean;
  for (const char c : path) {
    if (c != '/' || clean.empty() || clean.back() != '/') clean.push_back(c);
  }
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  return clean;
}

using Names = std::map<std::string, std::shared_ptr<File>>;

// A creation (no `from`), a renaming (both) or a removal (no `to`).
struct NameChange {
  std::string from;
  std::string to;
  std::shared_ptr<File> file;  // of a creation
};

void ApplyTo(const NameChange& change, Names* names) {
  std::shared_ptr<File> file = change.file;
  if (!change.from.empty()) {
    file = (*names)[change.from];
    names->erase(change.from);
  }
  if (!change.to.empty()) (*names)[change.to] = file;
}

// All that a crash may leave something of.
struct State {
  std::map<std::string, FileState> files;
  Names synced_names;                // as of the last sync of the directory
  std::vector<NameChange> unsynced;  // since then
  std::set<std::string> directories;
};

}  // namespace

class MemoryFiles::FileSystem : public rocksdb::FileSystem {
 public:
  const char* Name() const override { return "MemoryFiles"; }

  // --- For MemoryFiles

  uint64_t change_count() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return change_count_;
  }

  void FailAfter(uint64_t count, Failure failure) {
    const std::lock_guard<std::mutex> lock(mu_);
    fail_at_ = change_count_ + count;
    failure_ = failure;
    last_part_written_ = false;
  }

  void Heal() {
    const std::lock_guard<std::mutex> lock(mu_);
    fail_at_.reset();
  }

  void CrashAfter(uint64_t count) {
    const std::lock_guard<std::mutex> lock(mu_);
    crash_at_ = change_count_ + count;
    crash_state_.reset();
    CrashWhenDue();
  }

  bool crashed() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return crash_state_.has_value();
  }

  std::shared_ptr<FileSystem> AfterDeath() const {
    const std::lock_guard<std::mutex> lock(mu_);
    const State state = crash_state_.has_value() ? *crash_state_ : Now();
    auto after = std::make_shared<FileSystem>();
    after->directories_ = state.directories;
    for (const auto& [path, file] : state.files) {
      after->Put(path, file.file->bytes.substr(0, file.size));
    }
    return after;
  }

  std::shared_ptr<FileSystem> AfterPowerLoss(uint64_t seed) const {
    const std::lock_guard<std::mutex> lock(mu_);
    const State state = crash_state_.has_value() ? *crash_state_ : Now();
    std::mt19937_64 random(seed);
    std::map<const File*, FileState> sizes;
    for (const auto& [path, file] : state.files) sizes[file.file.get()] = file;

    Names names = state.synced_names;
    const size_t kept = random() % (state.unsynced.size() + 1);
    for (size_t i = 0; i < kept; ++i) ApplyTo(state.unsynced[i], &names);

    auto after = std::make_shared<FileSystem>();
    after->directories_ = state.directories;
    for (const auto& [path, file] : names) {
      const auto it = sizes.find(file.get());
      // Removed before the crash, and the removal was lost: then all of it may be there.
      const size_t size = it == sizes.end() ? file->bytes.size() : it->second.size;
      const size_t synced = it == sizes.end() ? file->synced : it->second.synced;
      after->Put(path, Torn(file->bytes.substr(0, size), synced, random));
    }
    return after;
  }

  std::vector<std::string> List() const {
    const std::lock_guard<std::mutex> lock(mu_);
    std::vector<std::string> paths;
    for (const auto& [path, file] : names_) paths.push_back(path);
    return paths;
  }

  std::string Read(const std::string& path) const {
    const std::lock_guard<std::mutex> lock(mu_);
    const auto it = names_.find(Clean(path));
    return it == names_.end() ? std::string() : it->second->bytes;
  }

  // Durable at once.
  void Put(const std::string& path, std::string bytes) {
    auto file = std::make_shared<File>();
    file->synced = bytes.size();
    file->bytes = std::move(bytes);
    names_[Clean(path)] = file;
    synced_names_[Clean(path)] = file;
  }

  void Write(const std::string& path, const std::string& bytes) {
    const std::lock_guard<std::mutex> lock(mu_);
    Put(path, bytes);
  }

  // --- For the handles below

  IOStatus Append(File& file, const Slice& data) {
    const std::lock_guard<std::mutex> lock(mu_);
    IOStatus status = Change(/*adds=*/true);
    if (status.ok()) {
      file.bytes.append(data.data(), data.size());
    } else if (status.IsNoSpace() && !std::exchange(last_part_written_, true)) {
      file.bytes.append(data.data(), data.size() / 2);
    }
    CrashWhenDue();
    return status;
  }

  IOStatus Sync(File& file) {
    const std::lock_guard<std::mutex> lock(mu_);
    IOStatus status = Change(/*adds=*/false);
    if (status.ok()) file.synced = file.bytes.size();
    CrashWhenDue();
    return status;
  }

  IOStatus SyncNames() {
    const std::lock_guard<std::mutex> lock(mu_);
    IOStatus status = Change(/*adds=*/false);
    if (status.ok()) {
      synced_names_ = names_;
      unsynced_.clear();
    }
    CrashWhenDue();
    return status;
  }

  Slice ReadAt(const File& file, uint64_t offset, size_t count, char* scratch) const {
    const std::lock_guard<std::mutex> lock(mu_);
    if (offset >= file.bytes.size()) return Slice();
    const size_t size = std::min<size_t>(count, file.bytes.size() - offset);
    std::memcpy(scratch, file.bytes.data() + offset, size);
    return Slice(scratch, size);
  }

  uint64_t SizeOf(const File& file) const {
    const std::lock_guard<std::mutex> lock(mu_);
    return file.bytes.size();
  }

  // --- rocksdb::FileSystem

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* debug) override;
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* debug) override;
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override;
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* debug) override;

  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    const bool exists = names_.count(Clean(path)) > 0 || directories_.count(Clean(path)) > 0;
    return exists ? IOStatus::OK() : IOStatus::NotFound(path);
  }

  IOStatus GetChildren(const std::string& dir, const IOOptions&, std::vector<std::string>* result,
                       IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    result->clear();
    if (directories_.count(Clean(dir)) == 0) return IOStatus::PathNotFound(dir);
    const std::string prefix = Clean(dir) + "/";
    for (auto it = names_.lower_bound(prefix); it != names_.end(); ++it) {
      if (it->first.compare(0, prefix.size(), prefix) != 0) break;
      result->push_back(it->first.substr(prefix.size()));
    }
    return IOStatus::OK();
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    if (names_.count(Clean(path)) == 0) return IOStatus::PathNotFound(path);
    return ChangeNames({Clean(path), "", nullptr}, /*adds=*/false);
  }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    if (names_.count(Clean(from)) == 0) return IOStatus::PathNotFound(from);
    return ChangeNames({Clean(from), Clean(to), nullptr}, /*adds=*/false);
  }

  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    directories_.insert(Clean(path));
    return IOStatus::OK();
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options,
                              IODebugContext* debug) override {
    return CreateDir(path, options, debug);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    directories_.erase(Clean(path));
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                       IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    *is_directory = directories_.count(Clean(path)) > 0;
    return IOStatus::OK();
  }

  IOStatus GetFileSize(const std::string& path, const IOOptions&, uint64_t* size,
                       IODebugContext*) override {
    const std::lock_guard<std::mutex> lock(mu_);
    const auto it = names_.find(Clean(path));
    if (it == names_.end()) return IOStatus::PathNotFound(path);
    *size = it->second->bytes.size();
    return IOStatus::OK();
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, uint64_t* time,
                                   IODebugContext*) override {
    *time = 0;
    return IOStatus::OK();
  }

  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override;
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override;

  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/test";
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                           IODebugContext*) override {
    *absolute = path;
    return IOStatus::OK();
  }

 private:
  static std::string Torn(std::string bytes, size_t synced, std::mt19937_64& random) {
    const size_t kept = synced + random() % (bytes.size() - synced + 1);
    const bool garbage = random() % 2 == 0;
    const size_t good = garbage ? kept - random() % (kept - synced + 1) : kept;
    bytes.resize(kept);
    for (size_t i = good; i < kept; ++i) bytes[i] = static_cast<char>(random());
    return bytes;
  }

  // One more change. REQUIRES: mu_, as all below.
  IOStatus Change(bool adds) {
    const bool fails = fail_at_.has_value() && change_count_ >= *fail_at_ &&
                       (adds || failure_ == Failure::kIoError);
    if (fails && failure_ == Failure::kNoSpace) return IOStatus::NoSpace("the disk is full");
    if (fails) return IOStatus::IOError("the disk is broken");
    ++change_count_;
    return IOStatus::OK();
  }

  IOStatus ChangeNames(NameChange change, bool adds) {
    IOStatus status = Change(adds);
    if (status.ok()) {
      ApplyTo(change, &names_);
      unsynced_.push_back(std::move(change));
    }
    CrashWhenDue();
    return status;
  }

  State Now() const {
    State state{{}, synced_names_, unsynced_, directories_};
    for (const auto& [path, file] : names_) {
      state.files[path] = {file, file->bytes.size(), file->synced};
    }
    return state;
  }

  void CrashWhenDue() {
    if (crash_state_.has_value() || !crash_at_.has_value() || change_count_ < *crash_at_) return;
    crash_state_ = Now();
  }

  mutable std::mutex mu_;
  Names names_;
  Names synced_names_;
  std::vector<NameChange> unsynced_;
  std::set<std::string> directories_;
  std::set<std::string> locks_;
  uint64_t change_count_ = 0;
  std::optional<uint64_t> fail_at_;
  Failure failure_ = Failure::kNoSpace;
  bool last_part_written_ = false;  // a full disk takes some bytes of the append that finds it full
  std::optional<uint64_t> crash_at_;
  std::optional<State> crash_state_;
};

namespace {

struct Lock : rocksdb::FileLock {
  explicit Lock(std::string name) : path(std::move(name)) {}

  std::string path;
};

template <typename Files>
class SequentialFile : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(Files* files, std::shared_ptr<File> file)
      : files_(files), file_(std::move(file)) {}

  IOStatus Read(size_t count, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    *result = files_->ReadAt(*file_, offset_, count, scratch);
    offset_ += result->size();
    return IOStatus::OK();
  }
  IOStatus Skip(uint64_t count) override {
    offset_ = std::min<uint64_t>(offset_ + count, files_->SizeOf(*file_));
    return IOStatus::OK();
  }

 private:
  Files* const files_;
  const std::shared_ptr<File> file_;
  uint64_t offset_ = 0;
};

template <typename Files>
class RandomAccessFile : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(Files* files, std::shared_ptr<File> file)
      : files_(files), file_(std::move(file)) {}

  IOStatus Read(uint64_t offset, size_t count, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    *result = files_->ReadAt(*file_, offset, count, scratch);
    return IOStatus::OK();
  }

 private:
  Files* const files_;
  const std::shared_ptr<File> file_;
};

template <typename Files>
class WritableFile : public rocksdb::FSWritableFile {
 public:
  WritableFile(Files* files, std::shared_ptr<File> file) : files_(files), file_(std::move(file)) {}

  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    return files_->Append(*file_, data);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return files_->Sync(*file_); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return files_->SizeOf(*file_);
  }

 private:
  Files* const files_;
  const std::shared_ptr<File> file_;
};

template <typename Files>
class Directory : public rocksdb::FSDirectory {
 public:
  explicit Directory(Files* files) : files_(files) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return files_->SyncNames(); }

 private:
  Files* const files_;
};

}  // namespace

IOStatus MemoryFiles::FileSystem::NewSequentialFile(
    const std::string& path, const FileOptions&, std::unique_ptr<rocksdb::FSSequentialFile>* result,
    IODebugContext*) {
  const std::lock_guard<std::mutex> lock(mu_);
  const auto it = names_.find(Clean(path));
  if (it == names_.end()) return IOStatus::PathNotFound(path);
  *result = std::make_unique<SequentialFile<FileSystem>>(this, it->second);
  return IOStatus::OK();
}

IOStatus MemoryFiles::FileSystem::NewRandomAccessFile(
    const std::string& path, const FileOptions&,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext*) {
  const std::lock_guard<std::mutex> lock(mu_);
  const auto it = names_.find(Clean(path));
  if (it == names_.end()) return IOStatus::PathNotFound(path);
  *result = std::make_unique<RandomAccessFile<FileSystem>>(this, it->second);
  return IOStatus::OK();
}

IOStatus MemoryFiles::FileSystem::NewWritableFile(const std::string& path, const FileOptions&,
                                                  std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                  IODebugContext*) {
  const std::lock_guard<std::mutex> lock(mu_);
  auto file = std::make_shared<File>();
  IOStatus status = ChangeNames({"", Clean(path), file}, /*adds=*/true);
  if (status.ok()) *result = std::make_unique<WritableFile<FileSystem>>(this, std::move(file));
  return status;
}

IOStatus MemoryFiles::FileSystem::ReopenWritableFile(
    const std::string& path, const FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    const auto it = names_.find(Clean(path));
    if (it != names_.end()) {
      *result = std::make_unique<WritableFile<FileSystem>>(this, it->second);
      return IOStatus::OK();
    }
  }
  return NewWritableFile(path, options, result, debug);
}

IOStatus MemoryFiles::FileSystem::NewDirectory(const std::string& path, const IOOptions&,
                                               std::unique_ptr<rocksdb::FSDirectory>* result,
                                               IODebugContext*) {
  const std::lock_guard<std::mutex> lock(mu_);
  if (directories_.count(Clean(path)) == 0) return IOStatus::PathNotFound(path);
  *result = std::make_unique<Directory<FileSystem>>(this);
  return IOStatus::OK();
}

IOStatus MemoryFiles::FileSystem::LockFile(const std::string& path, const IOOptions&,
                                           rocksdb::FileLock** lock, IODebugContext*) {
  const std::lock_guard<std::mutex> guard(mu_);
  if (!locks_.insert(Clean(path)).second) return IOStatus::IOError("lock held: " + path);
  *lock = new Lock(Clean(path));
  return IOStatus::OK();
}

IOStatus MemoryFiles::FileSystem::UnlockFile(rocksdb::FileLock* lock, const IOOptions&,
                                             IODebugContext*) {
  const std::lock_guard<std::mutex> guard(mu_);
  locks_.erase(static_cast<Lock*>(lock)->path);
  delete static_cast<Lock*>(lock);
  return IOStatus::OK();
}

MemoryFiles::MemoryFiles() : MemoryFiles(std::make_shared<FileSystem>()) {}
MemoryFiles::MemoryFiles(std::shared_ptr<FileSystem> files)
    : files_(std::move(files)), env_(rocksdb::NewCompositeEnv(files_)) {}
MemoryFiles::~MemoryFiles() = default;

uint64_t MemoryFiles::change_count() const { return files_->change_count(); }
void MemoryFiles::FailAfter(uint64_t count, Failure failure) { files_->FailAfter(count, failure); }
void MemoryFiles::Heal() { files_->Heal(); }
void MemoryFiles::CrashAfter(uint64_t count) { files_->CrashAfter(count); }
bool MemoryFiles::crashed() const { return files_->crashed(); }

std::unique_ptr<MemoryFiles> MemoryFiles::AfterDeath() const {
  return std::unique_ptr<MemoryFiles>(new MemoryFiles(files_->AfterDeath()));
}
std::unique_ptr<MemoryFiles> MemoryFiles::AfterPowerLoss(uint64_t seed) const {
  return std::unique_ptr<MemoryFiles>(new MemoryFiles(files_->AfterPowerLoss(seed)));
}

std::vector<std::string> MemoryFiles::List() const { return files_->List(); }
std::string MemoryFiles::Read(const std::string& path) const { return files_->Read(path); }
void MemoryFiles::Write(const std::string& path, const std::string& bytes) {
  files_->Write(path, bytes);
}

}  // namespace spindle
