#ifndef SPINDLE_SHARD_LINK_INSERTER_H_
#define SPINDLE_SHARD_LINK_INSERTER_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "shard/frontier_options.h"
#include "shard/live_hosts.h"
#include "shard/seen_cache.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// A link as it reaches the shard that owns its URL.
struct InsertedLink {
  UrlKey key;
  LinkRecord link;
};

// What the operator asks for by name, and no page.
bool IsSeed(const LinkRecord& link);

// Whether a seed queues this known URL: one that was excluded or put off. What robots.txt disallows
// stays so.
bool ComesBackAsSeed(const UrlRecord& record);

// Whether a link matters even where its URL is known.
bool TellsMore(const FrontierOptions& options, const LinkRecord& link);

// The durable check-and-mark of the seen-set: step 4 in the life of a URL (docs/architecture.md).
// The cache of URLs seen lately answers for most links, the store for the rest; what is new is
// judged and gets its record and its place in its host's queue. Of known URLs a link may still tell
// when they changed (a sitemap does), or that they are wanted after all (a seed does), and of
// domains who links to them.
//
// Belongs to one worker thread. What is given must outlive it.
class LinkInserter {
 public:
  LinkInserter(ShardId shard, const FrontierOptions* options, const CrawlStore* store,
               SeenCache* seen, LiveHosts* hosts)
      : shard_(shard), options_(*options), store_(store), seen_(seen), hosts_(hosts) {}

  // Frontier::Insert(). `inserted` is not null.
  absl::Status Insert(absl::Span<const InsertedLink> links, absl::Time now, Commit* commit,
                      size_t* inserted);

 private:
  // Paths of the URLs that this call adds or changes.
  using Batch = absl::flat_hash_map<UrlKey, absl::string_view>;

  absl::Status InsertUnseen(absl::Span<const InsertedLink* const> links, absl::Time now,
                            Commit* commit, size_t* inserted);
  absl::StatusOr<UrlKey> FreeKey(UrlKey key, absl::string_view path, const Batch& batch,
                                 bool* known) const;
  absl::Status InsertNew(LiveHost* host, const UrlKey& key, const LinkRecord& link, absl::Time now,
                         Commit* commit);
  absl::StatusOr<Reason> JudgeNew(LiveHost* host, const LinkRecord& link, absl::Time now,
                                  uint8_t* penalty);
  absl::Status BringBack(const UrlKey& key, const LinkRecord& link, absl::Time now, Commit* commit,
                         absl::flat_hash_set<LiveHost*>* touched);
  absl::Status NoteLink(const UrlKey& key, const LinkRecord& link, absl::Time now, Commit* commit,
                        absl::flat_hash_set<LiveHost*>* touched);
  absl::Status NoteInLink(const UrlKey& key, const LinkRecord& link, absl::Time now,
                          Commit* commit);

  const ShardId shard_;
  const FrontierOptions& options_;
  const CrawlStore* const store_;
  SeenCache* const seen_;
  LiveHosts* const hosts_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_LINK_INSERTER_H_
