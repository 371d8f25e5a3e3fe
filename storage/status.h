#ifndef SPINDLE_STORAGE_STATUS_H_
#define SPINDLE_STORAGE_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rocksdb {
class Status;
}  // namespace rocksdb

namespace spindle {

// The one place where a status of RocksDB becomes ours. `where` (the crawl directory) begins the
// message. ResourceExhausted: disk full, or too many open files; DataLoss: corrupt; Unavailable:
// other input or output errors.
absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view where);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_STATUS_H_
