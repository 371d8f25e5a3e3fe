#ifndef SPINDLE_STORAGE_LOG_CHECK_H_
#define SPINDLE_STORAGE_LOG_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace spindle {

// Whether the manifest and the write-ahead logs that the database in `dir` still needs are whole
// but for their ends, and all there. A crash may tear the end of a log, and what was not synced
// then is lost as promised; but what follows damage in the middle, or a log that is gone, RocksDB
// would drop or take for the next commit just as quietly. DataLoss names the file, says what is
// missing, and what can be done. Internal to storage/. Thread-safe.
absl::Status CheckLogs(rocksdb::Env* env, const std::string& dir);

// Keeps the number of the last log that was begun, in a file of the directory: it may be long until
// the manifest names it. REQUIRES: the log and its name are on the disk itself.
absl::Status KeepLastLog(rocksdb::Env* env, const std::string& dir, uint64_t number);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_LOG_CHECK_H_
