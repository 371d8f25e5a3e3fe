#ifndef SPINDLE_CRAWLER_REDIRECT_LOOP_H_
#define SPINDLE_CRAWLER_REDIRECT_LOOP_H_

#include "absl/status/statusor.h"
#include "shard/shard_map.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"

namespace spindle {

// Whether the redirect of `key` closes a loop: others that are stored lead from its target back to
// it. If so it gets its reason there (failed: redirect-limit), which opens the loop. Loops of more
// than `max_redirects` + 1 hops are left to the limit of chains.
//
// REQUIRES: the redirect is committed. So of URLs that were under way at once, at whatever workers,
// at least the one that is committed last finds all others; more than one may. Thread-safe, but
// only the owner of the URL's shard may call it.
absl::StatusOr<bool> EndRedirectLoop(const UrlKey& key, const ShardMap& shards, int max_redirects,
                                     CrawlStore* store);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_REDIRECT_LOOP_H_
