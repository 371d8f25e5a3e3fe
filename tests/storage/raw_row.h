#ifndef SPINDLE_TESTS_STORAGE_RAW_ROW_H_
#define SPINDLE_TESTS_STORAGE_RAW_ROW_H_

#include <stdlib.h>

#include <iostream>
#include <string>

#include "storage/database.h"

namespace spindle {

// Changes a row of a crawl directory that nobody has open, past every rule: for planting damage.

template <typename Change>
void ChangeRawRow(const std::string& dir, Change change) {
  const auto database =
      Database::OpenForWriting(rocksdb::Env::Default(), dir, uint64_t{32} << 20, 512);
  const absl::Status status = database.ok() ? change(**database) : database.status();
  if (status.ok()) return;
  std::cerr << status << "\n";
  abort();
}

inline void PutRawRow(const std::string& dir, Family family, const std::string& key,
                      const std::string& value) {
  ChangeRawRow(dir, [&](Database& database) {
    return database.ToStatus(
        database.db()->Put(rocksdb::WriteOptions(), database.handle(family), key, value));
  });
}

inline void DeleteRawRow(const std::string& dir, Family family, const std::string& key) {
  ChangeRawRow(dir, [&](Database& database) {
    return database.ToStatus(
        database.db()->Delete(rocksdb::WriteOptions(), database.handle(family), key));
  });
}

}  // namespace spindle

#endif  // SPINDLE_TESTS_STORAGE_RAW_ROW_H_
