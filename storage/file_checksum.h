#ifndef SPINDLE_STORAGE_FILE_CHECKSUM_H_
#define SPINDLE_STORAGE_FILE_CHECKSUM_H_

#include <rocksdb/file_checksum.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace spindle {

// Checksums of whole tables and blob files, which the manifest keeps: XXH3 (64 bits, seed 0), taken
// as a file is written. RocksDB's own checksums are of blocks, and are compared when a block is
// read; some blocks no reader of records ever asks for. RocksDB's CRC-32C for files takes a dozen
// times as long in this build. Internal to storage/. Thread-safe.
std::shared_ptr<rocksdb::FileChecksumGenFactory> FileChecksums();

// What a manifest calls them, and the checksum of a file as it is now, as a manifest keeps it.
extern const char kFileChecksumName[];
absl::StatusOr<std::string> ChecksumOfFile(rocksdb::Env* env, const std::string& path);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_FILE_CHECKSUM_H_
