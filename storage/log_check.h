#ifndef SPINDLE_STORAGE_LOG_CHECK_H_
#define SPINDLE_STORAGE_LOG_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace spindle {

// Whether the write-ahead logs and the manifest in `dir` are whole but for their ends. A crash may
// tear the end of a log, and what was not synced then is lost as promised; but after damage in the
// middle RocksDB would drop all that follows just as quietly. DataLoss names the file, where it is
// damaged, how much lies behind, and what can be done. Internal to storage/. Thread-safe.
//
// A log is made of blocks of 32 KiB with records that never cross them: a masked CRC-32C, a length
// and a kind before the bytes (RocksDB's wiki, "Write Ahead Log File Format").
absl::Status CheckLogs(rocksdb::Env* env, const std::string& dir);

// The entries of a log or manifest up to its end, or to damage.
absl::StatusOr<std::vector<std::string>> ReadLog(rocksdb::Env* env, const std::string& path);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_LOG_CHECK_H_
