#ifndef SPINDLE_TESTS_TESTING_MEMORY_FILES_H_
#define SPINDLE_TESTS_TESTING_MEMORY_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace spindle {

// A file system in memory for StoreOptions::env, in which a disk fills up, a process dies and power
// fails at exactly the change that a test says. A change is one append to a file, one sync, or the
// creation, renaming or removal of a file; those of the store's own background threads count too.
//
//   MemoryFiles files;
//   StoreOptions options;
//   options.env = files.env();
//   files.CrashAfter(1000);
//   ... open a store in "/crawl" and commit until files.crashed() ...
//   store.reset();
//   std::unique_ptr<MemoryFiles> left = files.AfterDeath();  // what the next process finds
//
// After a crash the dead process's code runs on and finds its writes succeed, so that it can be
// taken down in peace; they are in no image. Thread-safe.
class MemoryFiles {
 public:
  enum class Failure {
    kNoSpace,  // a full disk: what adds bytes or files fails, removal works
    kIoError,  // a broken disk: every change fails
  };

  MemoryFiles();
  // REQUIRES: nothing is open in env() any more.
  ~MemoryFiles();
  MemoryFiles(const MemoryFiles&) = delete;
  MemoryFiles& operator=(const MemoryFiles&) = delete;

  // Lives as long as this.
  rocksdb::Env* env() const { return env_.get(); }

  // Changes so far.
  uint64_t change_count() const;

  // After `count` more changes, every further one fails, until Heal().
  void FailAfter(uint64_t count, Failure failure);
  void Heal();

  // What is there after `count` more changes is what a crash leaves: what AfterDeath() and
  // AfterPowerLoss() start from. Without it they start from the state at their call.
  void CrashAfter(uint64_t count);
  // The crash is behind us. What returned to its caller before this turned true happened before.
  bool crashed() const;

  // The process died: all that it had handed to the file system is there.
  std::unique_ptr<MemoryFiles> AfterDeath() const;
  // Power failed. What was synced is there. Of what a file was given since, a random part from its
  // beginning, whose last bytes may be garbage; of the creations, renamings and removals since the
  // directory was synced, some first ones.
  std::unique_ptr<MemoryFiles> AfterPowerLoss(uint64_t seed) const;

  // Paths of all files, in order.
  std::vector<std::string> List() const;
  // The bytes of a file, empty where there is none; and in its place, other ones.
  std::string Read(const std::string& path) const;
  void Write(const std::string& path, const std::string& bytes);

 private:
  class FileSystem;

  explicit MemoryFiles(std::shared_ptr<FileSystem> files);

  const std::shared_ptr<FileSystem> files_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_MEMORY_FILES_H_
