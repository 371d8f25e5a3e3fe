#ifndef SPINDLE_STORAGE_VERIFY_FILES_H_
#define SPINDLE_STORAGE_VERIFY_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/database.h"

namespace spindle {

struct FilesReport {
  uint64_t compared_count = 0;
  // Of crawls of earlier versions, until compactions have replaced them.
  uint64_t without_checksum_count = 0;

  struct Damage {
    std::string path;
    std::string message;
  };
  std::vector<Damage> damages;
};

// Compares every table and blob file of a database, all of its bytes, with the checksum that was
// taken as it was written. Files that a running crawl replaces meanwhile are none of it any more.
// Internal to storage/. Thread-safe.
absl::StatusOr<FilesReport> VerifyFiles(const Database& database);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_VERIFY_FILES_H_
