#include "storage/crawl_store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/database.h"
#include "storage/directory.h"
#include "storage/meta_rows.h"
#include "storage/wal_syncer.h"

#ifdef __SANITIZE_THREAD__
// RocksDB is not instrumented, but the functions of std::string that it calls are ours, which are:
// writers that wait for each other in its queue share a batch.
extern "C" const char* __tsan_default_suppressions() {
  return "race:rocksdb::WriteBatchInternal::Append\nrace:rocksdb::WriteBatch::Clear\n";
}
#endif

namespace spindle {
namespace {

constexpr int kInboxCountBits = 40;

// No value of a million seeds.
constexpr size_t kSeedsPerRow = 1000;

CrawlMeta WithSeeds(CrawlMeta row, const std::vector<std::string>& seeds) {
  row.seeds = seeds;
  return row;
}

CrawlMeta NewMeta(const CreateOptions& options) {
  CrawlMeta meta;
  meta.format_version = kFormatVersion;
  meta.shard_count = options.shard_count;
  meta.hash_salt = options.hash_salt;
  meta.created = options.now;
  return meta;
}

}  // namespace

CrawlStore::CrawlStore(std::unique_ptr<Database> database, const StoreOptions& options,
                       const CrawlMeta& row, const std::vector<std::string>& seeds)
    : database_(std::move(database)),
      reader_(new CrawlReader(database_.get(), nullptr, WithSeeds(row, seeds))),
      sync_each_commit_(options.sync_interval <= absl::ZeroDuration()),
      kept_(row),
      seeds_(seeds.begin(), seeds.end()) {
  if (!sync_each_commit_) {
    syncer_ = std::make_unique<WalSyncer>(database_.get(), options.sync_interval);
  }
}

CrawlStore::~CrawlStore() { Close().IgnoreError(); }

bool CrawlStore::Exists(const std::string& dir) { return HoldsCrawl(rocksdb::Env::Default(), dir); }

absl::StatusOr<std::unique_ptr<CrawlStore>> CrawlStore::Open(const std::string& dir,
                                                             const StoreOptions& options,
                                                             const CreateOptions& if_new) {
  if (if_new.shard_count < 1 || if_new.shard_count > 65536) {
    return absl::InvalidArgumentError(
        absl::StrCat("shard_count is ", if_new.shard_count, ", not 1 to 65536"));
  }
  rocksdb::Env* const env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  if (absl::Status status = PrepareCrawlDirectory(env, dir); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::OpenForWriting(env, dir, options.memory_bytes, options.max_open_files);
  if (!database.ok()) return database.status();
  absl::StatusOr<std::optional<CrawlMeta>> stored = ReadCrawlRow(**database);
  if (!stored.ok()) return stored.status();

  CrawlMeta row = stored->has_value() ? **std::move(stored) : NewMeta(if_new);
  ++row.runs;
  std::vector<std::string> seeds = row.seeds;
  if (absl::Status status = ReadSeeds(**database, &seeds); !status.ok()) return status;
  std::unique_ptr<CrawlStore> store(new CrawlStore(*std::move(database), options, row, seeds));
  if (absl::Status status = store->PutMeta(row); !status.ok()) return status;
  return store;
}

absl::Status CrawlStore::PutMeta(const CrawlMeta& meta) {
  rocksdb::WriteBatch batch;
  const rocksdb::Status status =
      batch.Put(database_->handle(Family::kMeta), kCrawlRow, Encode(meta));
  if (!status.ok()) return database_->ToStatus(status);
  return database_->Write(&batch, /*sync=*/true);
}

absl::Status CrawlStore::AddSeeds(absl::Span<const std::string> seeds, Commit& commit) {
  if (closed_) return absl::FailedPreconditionError(absl::StrCat(database_->dir(), ": closed"));
  MutexLock lock(&kept_mu_);
  rocksdb::WriteBatch* const batch = commit.Finish();
  std::vector<std::string> row;
  const auto put_row = [&] {
    batch->Put(database_->handle(Family::kMeta), SeedsRowKey(NextInboxSequence()),
               MakeSeedsRow(row))
        .PermitUncheckedError();  // in memory nothing can fail
    row.clear();
  };
  for (const std::string& seed : seeds) {
    if (!seeds_.insert(seed).second) continue;
    row.push_back(seed);
    if (row.size() == kSeedsPerRow) put_row();
  }
  if (!row.empty()) put_row();
  if (batch->Count() == 0) return absl::OkStatus();
  absl::Status status = database_->Write(batch, /*sync=*/true);
  if (status.ok()) commit.Clear();
  return status;
}

absl::Status CrawlStore::SetJudgedBy(const std::string& rules) {
  MutexLock lock(&kept_mu_);
  CrawlMeta meta = kept_;
  meta.judged_by = rules;
  absl::Status status = PutMeta(meta);
  if (status.ok()) kept_ = std::move(meta);
  return status;
}

absl::Status CrawlStore::PutSuffixList(absl::string_view list) {
  return PutFile(database_->env(), database_->dir(), kSuffixFile, list);
}

absl::Status CrawlStore::KeepSuffixList() {
  const absl::StatusOr<std::string> row = MakeSuffixesRow(*database_);
  if (!row.ok()) return row.status();
  rocksdb::WriteBatch batch;
  const rocksdb::Status status = batch.Put(database_->handle(Family::kMeta), kSuffixesRow, *row);
  if (!status.ok()) return database_->ToStatus(status);
  return database_->Write(&batch, /*sync=*/true);
}

Commit CrawlStore::NewCommit() const { return Commit(database_.get()); }

absl::Status CrawlStore::Apply(Commit& commit) {
  if (closed_) return absl::FailedPreconditionError(absl::StrCat(database_->dir(), ": closed"));
  absl::Status status = database_->Write(commit.Finish(), sync_each_commit_);
  if (status.ok()) commit.Clear();
  return status;
}

uint64_t CrawlStore::NextInboxSequence() {
  return meta().runs << kInboxCountBits | inbox_count_.fetch_add(1, std::memory_order_relaxed);
}

absl::Status CrawlStore::Sync() { return database_->SyncLog(); }

absl::Status CrawlStore::Close() {
  if (closed_.exchange(true)) return absl::OkStatus();
  syncer_.reset();
  if (absl::Status status = Sync(); !status.ok()) return status;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  handles.reserve(kFamilyCount);
  for (int i = 0; i < kFamilyCount; ++i) {
    handles.push_back(database_->handle(static_cast<Family>(i)));
  }
  return database_->ToStatus(database_->db()->Flush(rocksdb::FlushOptions(), handles));
}

}  // namespace spindle
