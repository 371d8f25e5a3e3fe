#ifndef SPINDLE_STORAGE_COMPACT_H_
#define SPINDLE_STORAGE_COMPACT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace spindle {

// Rewrites all tables of the crawl in `dir`, so that what was deleted or replaced takes no room any
// more; bodies stay where they are. Takes long. For a crawl that is over, or to see what one takes.
// `memory_bytes` as StoreOptions has it. Fails as CrawlStore::Open() does; where it is broken off,
// the directory is as good as before. Thread-safe.
absl::Status CompactCrawl(const std::string& dir, uint64_t memory_bytes);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_COMPACT_H_
