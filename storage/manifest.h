#ifndef SPINDLE_STORAGE_MANIFEST_H_
#define SPINDLE_STORAGE_MANIFEST_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace spindle {

// What a directory consists of by the word of its manifest, for messages about files that RocksDB
// cannot open: it tells nothing of a database that has one. Internal to storage/. A value.
struct Manifest {
  struct Table {
    std::string family;
    uint64_t bytes = 0;
    std::string first_key;
    std::string last_key;
  };

  std::map<uint64_t, Table> tables;  // by the number in the file's name
  bool has_families = false;         // of a crawl: it was created once

  // Logs before this number hold nothing that is not in tables. It need not be that of a log.
  uint64_t first_log = 0;
  // Logs from there on that were begun for certain; there may be others.
  std::set<uint64_t> logs;
  // Where the first of them is not among `logs`: it begins with the change behind this one at the
  // latest.
  std::optional<uint64_t> last_change_before;
};

// NotFound: CURRENT is not there. DataLoss: CURRENT names no manifest that is there, or that one
// cannot be followed.
absl::StatusOr<Manifest> ReadManifest(rocksdb::Env* env, const std::string& dir);

// DataLoss where CURRENT is not there, but tables are.
absl::Status CheckNeverCreated(rocksdb::Env* env, const std::string& dir);

// The path of the manifest that CURRENT names. NotFound and DataLoss as ReadManifest().
absl::StatusOr<std::string> ManifestPath(rocksdb::Env* env, const std::string& dir);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_MANIFEST_H_
