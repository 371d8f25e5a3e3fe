#ifndef SPINDLE_STORAGE_DAMAGE_H_
#define SPINDLE_STORAGE_DAMAGE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
}  // namespace rocksdb

namespace spindle {

// RocksDB's `text` of damage in `dir` for people: where it names a table, with the family, the
// number of records, the shards and the hosts that lie in it, and what that means. `db` and
// `hosts`, the handle of the family "hosts", are null where the database did not open; then there
// are no hosts. Internal to storage/. Thread-safe.
std::string DescribeDamage(absl::string_view text, rocksdb::Env* env, const std::string& dir,
                           rocksdb::DB* db, rocksdb::ColumnFamilyHandle* hosts);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_DAMAGE_H_
