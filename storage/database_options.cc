#include "storage/database_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <memory>

#include "storage/file_checksum.h"

namespace spindle {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kLeastMemory = 16 * kMiB;
constexpr uint64_t kReaderCache = 32 * kMiB;

// What matters comes back as a status. RocksDB's own log file stops the process once the disk is
// full, by an assertion.
class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// Few shards, because an entry larger than a shard is never kept: with the 64 of the default every
// look-up would read a filter again.
std::shared_ptr<rocksdb::Cache> NewCache(uint64_t bytes) {
  return rocksdb::NewLRUCache(bytes, /*num_shard_bits=*/2);
}

// Blocks of 16 KiB: the index takes a quarter of the memory that it would at 4 KiB, and compression
// finds more that repeats.
constexpr size_t kBlockBytes = 16 * 1024;

// `filters_in_cache`: bounded, at the price of misses; otherwise each open table keeps its own.
std::shared_ptr<rocksdb::TableFactory> NewTables(const std::shared_ptr<rocksdb::Cache>& cache,
                                                 bool filter, bool filters_in_cache) {
  rocksdb::BlockBasedTableOptions tables;
  tables.block_cache = cache;
  tables.block_size = kBlockBytes;
  tables.cache_index_and_filter_blocks = filters_in_cache;
  if (!filters_in_cache) {
    // What open tables keep is taken from the cache's room.
    tables.cache_usage_options.options_overrides[rocksdb::CacheEntryRole::kBlockBasedTableReader]
        .charged = rocksdb::CacheEntryRoleOptions::Decision::kEnabled;
  }
  // Three quarters of the size of a Bloom filter of 10 bits, as fast to ask.
  if (filter) tables.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(tables));
}

// Many small write buffers that go to disk together, in place of a large one: finding the place of
// a new key is most of its cost, and grows with the buffer once that no longer fits the processor's
// caches. What is removed or overwritten before they go is never written to a table.
void SplitBuffer(rocksdb::ColumnFamilyOptions* options) {
  constexpr int kParts = 4;
  options->write_buffer_size /= kParts;
  options->min_write_buffer_number_to_merge = kParts;
  options->max_write_buffer_number = 2 * kParts + 1;
}

rocksdb::ColumnFamilyOptions TuneFamily(Family family, uint64_t buffer_bytes,
                                        const std::shared_ptr<rocksdb::Cache>& cache,
                                        bool filters_in_cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = buffer_bytes;
  // The last level is the bulk, each level above a tenth of the one below: what was overwritten or
  // removed takes a ninth on top at most.
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kLZ4Compression;
  // Tables fresh from a buffer are merged soon.
  options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  bool filter = false;
  switch (family) {
    case Family::kMeta:
      break;
    case Family::kHosts:
      filter = true;
      SplitBuffer(&options);
      break;
    case Family::kUrls:
      filter = true;
      // Most look-ups are of links just seen or never seen: this answers both without a search of
      // the write buffer.
      options.memtable_prefix_bloom_size_ratio = 0.05;
      options.memtable_whole_key_filtering = true;
      SplitBuffer(&options);
      break;
    case Family::kQueue:
    case Family::kFront:
    case Family::kInbox:
      SplitBuffer(&options);
      // Consumed records leave deletions in runs. Readers begin behind them; this makes compactions
      // drop them soon.
      options.table_properties_collector_factories.push_back(
          rocksdb::NewCompactOnDeletionCollectorFactory(/*window=*/4096, /*trigger=*/2048));
      break;
    case Family::kDigests:
      filter = true;  // most bodies are new
      break;
    case Family::kPages:
      options.compression_per_level.clear();
      options.compression =
          rocksdb::kZSTD;  // headers and titles: twice as small as with LZ4, written once
      break;
    case Family::kBodies:
      // They come compressed. Blob files keep them out of compactions.
      options.compression_per_level.clear();
      options.compression = rocksdb::kNoCompression;
      options.enable_blob_files = true;
      options.min_blob_size = 4096;
      options.blob_compression_type = rocksdb::kNoCompression;
      // No page is ever deleted, so blob files hold no garbage, and readers can rely on them to
      // stay.
      options.enable_blob_garbage_collection = false;
      break;
  }
  options.table_factory = NewTables(cache, filter, filters_in_cache);
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> TuneFamilies(
    uint64_t buffer_bytes, const std::shared_ptr<rocksdb::Cache>& cache, bool filters_in_cache) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (int i = 0; i < kFamilyCount; ++i) {
    const Family family = static_cast<Family>(i);
    families.emplace_back(FamilyName(family),
                          TuneFamily(family, buffer_bytes, cache, filters_in_cache));
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName,
                        TuneFamily(Family::kMeta, kMiB, cache, filters_in_cache));
  return families;
}

}  // namespace

const char* FamilyName(Family family) {
  switch (family) {
    case Family::kMeta:
      return "meta";
    case Family::kHosts:
      return "hosts";
    case Family::kUrls:
      return "urls";
    case Family::kQueue:
      return "queue";
    case Family::kFront:
      return "front";
    case Family::kInbox:
      return "inbox";
    case Family::kPages:
      return "pages";
    case Family::kBodies:
      return "bodies";
    case Family::kDigests:
      return "digests";
  }
  return "";
}

DatabaseTuning TuneForWriting(uint64_t memory_bytes, int max_open_files) {
  memory_bytes = std::max(memory_bytes, kLeastMemory);
  const uint64_t buffers = memory_bytes / 2;
  const std::shared_ptr<rocksdb::Cache> cache = NewCache(memory_bytes);

  DatabaseTuning tuning;
  rocksdb::DBOptions& db = tuning.db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  // Write buffers take their room from the block cache, so that both together stay within the
  // budget.
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(buffers, cache);
  // Families that fill slowly would hold back the deletion of old logs.
  db.max_total_wal_size = std::max(buffers, 64 * kMiB);
  db.max_open_files = max_open_files;
  db.max_background_jobs = 2;
  // One writer at a time fills the buffers: then a key that follows the one before it finds its
  // place beside it, and a commit is in order (storage/commit.h).
  db.allow_concurrent_memtable_write = false;
  // Spread write-back evenly instead of leaving it to the moment of a sync.
  db.bytes_per_sync = kMiB;
  db.wal_bytes_per_sync = kMiB;
  db.info_log = std::make_shared<NoLog>();
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.skip_stats_update_on_db_open = true;
  db.file_checksum_gen_factory = FileChecksums();
  tuning.families = TuneFamilies(std::min(buffers / 4, 64 * kMiB), cache, false);
  return tuning;
}

DatabaseTuning TuneForReading() {
  const std::shared_ptr<rocksdb::Cache> cache = NewCache(kReaderCache);
  DatabaseTuning tuning;
  tuning.db.max_open_files =
      -1;  // open all at once: the crawl may delete files that are still read
  tuning.db.info_log = std::make_shared<NoLog>();
  tuning.db.stats_dump_period_sec = 0;
  tuning.db.stats_persist_period_sec = 0;
  tuning.db.skip_stats_update_on_db_open = true;
  tuning.families = TuneFamilies(64 * kMiB, cache, true);
  return tuning;
}

}  // namespace spindle
