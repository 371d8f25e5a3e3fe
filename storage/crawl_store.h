#ifndef SPINDLE_STORAGE_CRAWL_STORE_H_
#define SPINDLE_STORAGE_CRAWL_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "storage/commit.h"
#include "storage/crawl_reader.h"
#include "storage/mutex.h"
#include "storage/records.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace spindle {

class Database;
class WalSyncer;

struct StoreOptions {
  // For write buffers and cached blocks together, with the filters and indexes of open tables,
  // about 1.5 bytes a URL. Less than 16 MiB is taken as 16 MiB.
  uint64_t memory_bytes = uint64_t{512} << 20;
  // What was committed is on the disk itself at most this much later: the most that a power loss
  // takes. A process that dies loses nothing. Zero: each commit waits for the disk.
  absl::Duration sync_interval = absl::Seconds(1);
  int max_open_files = 512;  // table and blob files held open
  // The file system of the directory; null: the machine's. For tests that let it fail or crash
  // (tests/testing/memory_files.h); must outlive the store.
  rocksdb::Env* env = nullptr;
};

// Of a crawl that does not exist yet; fixed for its life.
struct CreateOptions {
  uint32_t shard_count = 64;  // 1 to 65536
  uint64_t hash_salt = 0;     // random
  absl::Time now = absl::UnixEpoch();
};

// A crawl directory open for writing, by one process at a time: where a worker's commit becomes
// durable and the last step in the life of a URL. It holds records and orders nothing: which URL is
// next is the frontier's business. Thread-safe, but for Close(); each key range has
// one writer by agreement.
//
//   auto store = CrawlStore::Open("crawl-data", StoreOptions(), {.hash_salt = random, .now =
//   absl::Now()}); if (!store.ok()) return store.status(); Commit commit = (*store)->NewCommit();
//   commit.PutUrl(key, record);
//   commit.PutQueueEntry(entry);
//   absl::Status status = (*store)->Apply(commit);
class CrawlStore {
 public:
  // Opens the crawl in `dir`, or creates it (and the directory) where there is none.
  // FailedPrecondition: held by another process, or of another format version; InvalidArgument: the
  // directory holds something else, which stays as it is; PermissionDenied, ResourceExhausted (disk
  // full), NotFound, DataLoss (corrupt). Every message names the directory.
  static absl::StatusOr<std::unique_ptr<CrawlStore>> Open(const std::string& dir,
                                                          const StoreOptions& options,
                                                          const CreateOptions& if_new);

  // Whether `dir` holds a crawl, of any format version.
  static bool Exists(const std::string& dir);

  // Closes.
  ~CrawlStore();
  CrawlStore(const CrawlStore&) = delete;
  CrawlStore& operator=(const CrawlStore&) = delete;

  // Sees every applied commit. Lives as long as this.
  const CrawlReader& reader() const { return *reader_; }
  // As of Open().
  const CrawlMeta& meta() const { return reader_->meta(); }

  // Keeps those that are not kept yet together with all of the commit, which has their links, or
  // nothing; durably. Clears the commit.
  absl::Status AddSeeds(absl::Span<const std::string> seeds, Commit& commit)
      ABSL_LOCKS_EXCLUDED(kept_mu_);

  // Keeps CrawlMeta::judged_by, durably.
  absl::Status SetJudgedBy(const std::string& rules) ABSL_LOCKS_EXCLUDED(kept_mu_);

  // Puts the public suffix list of a new crawl into the directory, durably.
  absl::Status PutSuffixList(absl::string_view list);

  // Keeps, durably, what CrawlReader::CheckSuffixList() compares the list with that lies in the
  // directory now.
  absl::Status KeepSuffixList();

  Commit NewCommit() const;

  // All of the commit or nothing, visible to readers and safe from the death of this process on
  // return; clears it. ResourceExhausted: the disk is full; Unavailable: other errors of input and
  // output. An error of this, or of a sync in the background, stays: nothing is applied any more
  // until the directory is opened anew, which finds all that was applied before.
  absl::Status Apply(Commit& commit);

  // Unique over the life of the crawl, and rising: runs << 40 | counter. Rows of seeds are numbered
  // by it, too.
  uint64_t NextInboxSequence();

  // Waits until everything applied is on the disk itself.
  absl::Status Sync();

  // Writes buffers out and syncs, so that the next Open() is quick. Apply() fails from here on.
  // Again: no effect.
  absl::Status Close();

 private:
  // `row`: as it is stored, `seeds`: all of the crawl.
  CrawlStore(std::unique_ptr<Database> database, const StoreOptions& options, const CrawlMeta& row,
             const std::vector<std::string>& seeds);

  absl::Status PutMeta(const CrawlMeta& meta);

  const std::unique_ptr<Database> database_;
  const std::unique_ptr<CrawlReader> reader_;
  const bool sync_each_commit_;
  Mutex kept_mu_;
  CrawlMeta kept_ ABSL_GUARDED_BY(kept_mu_);  // the stored row
  absl::flat_hash_set<std::string> seeds_ ABSL_GUARDED_BY(kept_mu_);
  std::atomic<uint64_t> inbox_count_{0};
  std::atomic<bool> closed_{false};
  std::unique_ptr<WalSyncer> syncer_;  // last: it uses the database
};

}  // namespace spindle

#endif  // SPINDLE_STORAGE_CRAWL_STORE_H_
