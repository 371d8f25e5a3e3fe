#include "storage/compact.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <memory>

#include "storage/database.h"
#include "storage/directory.h"

namespace spindle {
namespace {

constexpr int kMaxOpenFiles = 512;

}  // namespace

absl::Status CompactCrawl(const std::string& dir, uint64_t memory_bytes) {
  if (absl::Status status = CheckCrawlDirectory(rocksdb::Env::Default(), dir); !status.ok()) {
    return status;
  }
  const absl::StatusOr<std::unique_ptr<Database>> database =
      Database::OpenForWriting(rocksdb::Env::Default(), dir, memory_bytes, kMaxOpenFiles);
  if (!database.ok()) return database.status();
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (int i = 0; i < kFamilyCount; ++i) {
    const rocksdb::Status status = (*database)->db()->CompactRange(
        options, (*database)->handle(static_cast<Family>(i)), nullptr, nullptr);
    if (!status.ok()) return (*database)->ToStatus(status);
  }
  return absl::OkStatus();
}

}  // namespace spindle
