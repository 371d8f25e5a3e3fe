#ifndef SPINDLE_STORAGE_DATABASE_OPTIONS_H_
#define SPINDLE_STORAGE_DATABASE_OPTIONS_H_

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <cstdint>
#include <vector>

// How RocksDB is set up for a crawl, with the reasons next to each setting. Thread-safe.

namespace spindle {

// The column families of a crawl. The names, not the numbers, are on disk.
enum class Family {
  kMeta,
  kHosts,
  kUrls,
  kQueue,
  kFront,
  kInbox,
  kPages,
  kBodies,
  kDigests,
};
inline constexpr int kFamilyCount = 9;
const char* FamilyName(Family family);

struct DatabaseTuning {
  rocksdb::DBOptions db;
  // Of each Family in order, then RocksDB's own "default", which stays empty.
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
};

// For the crawl itself. `memory_bytes`: write buffers and cached blocks together.
DatabaseTuning TuneForWriting(uint64_t memory_bytes, int max_open_files);

// For a program that looks on: nothing written, not even a log. Its block cache is small and of
// fixed size; what the crawl's log holds, and the readers of all open tables, come on top.
DatabaseTuning TuneForReading();

}  // namespace spindle

#endif  // SPINDLE_STORAGE_DATABASE_OPTIONS_H_
