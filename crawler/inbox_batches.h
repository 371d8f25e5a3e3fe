#ifndef SPINDLE_CRAWLER_INBOX_BATCHES_H_
#define SPINDLE_CRAWLER_INBOX_BATCHES_H_

#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "crawler/worker.h"
#include "shard/link_inserter.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"

namespace spindle {

// The links of a batch of the inbox are inserted in one go, a few milliseconds of their owner's
// loop.
inline constexpr size_t kMaxInboxBatch = 256;

// Puts links from outside, seeds that is, into the inboxes of the shards that own them: any number
// in one commit, in batches of kMaxInboxBatch at most. Each shard gets its own in the order in
// which they came. Thread-compatible. What is given must outlive it.
class InboxBatches {
 public:
  InboxBatches(CrawlStore* store, Commit* commit) : store_(*store), commit_(*commit) {}

  void Add(InsertedLink link);

  // All that was added lies in the commit then, and goes to its owners once that is applied. Call
  // once, last.
  std::vector<LinkDelivery> Finish();

 private:
  CrawlStore& store_;
  Commit& commit_;
  std::vector<LinkDelivery> deliveries_;
  absl::flat_hash_map<ShardId, size_t> open_;  // the last of each shard, in deliveries_
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_INBOX_BATCHES_H_
