#ifndef SPINDLE_TESTS_STORAGE_SCRATCH_DIR_H_
#define SPINDLE_TESTS_STORAGE_SCRATCH_DIR_H_

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "gtest/gtest.h"

namespace spindle {

// A new directory, removed with all that is in it at the end of its scope. In memory where there is
// room: creating a crawl waits for the disk some twenty times, and no test needs what it waits for.
class ScratchDir {
 public:
  ScratchDir() : path_(Root() + "/scratch-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~ScratchDir() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::string& path() const { return path_; }
  // Of something inside that need not exist.
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  static std::string Root() {
    constexpr uintmax_t kEnoughBytes = uintmax_t{1} << 30;
    std::error_code error;
    const auto space = std::filesystem::space("/dev/shm", error);
    return !error && space.available >= kEnoughBytes ? "/dev/shm" : ::testing::TempDir();
  }

  std::string path_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_STORAGE_SCRATCH_DIR_H_
