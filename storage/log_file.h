#ifndef SPINDLE_STORAGE_LOG_FILE_H_
#define SPINDLE_STORAGE_LOG_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

// RocksDB's write-ahead logs and manifests as files: made of blocks of 32 KiB with records that
// never cross them, a masked CRC-32C, a length and a kind before the bytes (RocksDB's wiki,
// "Write Ahead Log File Format"). An entry is one record or several. Internal to storage/.
// Thread-safe.

namespace spindle {

// Changes of records are numbered through the life of a database, without a gap.
struct LoggedChanges {
  uint64_t first = 0;
  uint64_t end = 0;  // behind the last
};

struct LogContent {
  std::optional<uint64_t> damage;        // the byte where the first record begins that is none
  uint64_t good_bytes_behind = 0;        // of whole records behind the damage
  std::optional<LoggedChanges> changes;  // of a write-ahead log, up to the damage; none: no change
};

absl::StatusOr<LogContent> ScanLog(rocksdb::Env* env, const std::string& path);

// The entries of a log or manifest up to its end, or to damage.
absl::StatusOr<std::vector<std::string>> ReadLog(rocksdb::Env* env, const std::string& path);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_LOG_FILE_H_
