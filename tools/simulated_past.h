#ifndef SPINDLE_TOOLS_SIMULATED_PAST_H_
#define SPINDLE_TOOLS_SIMULATED_PAST_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/crawl_store.h"
#include "tools/simulated_web.h"

namespace spindle {

// Brings a new store to where a crawl of `web` would have left it once it knew `known_count` URLs:
// of each host the same share of its pages, the first ones. Those all of whose links are among them
// are done (as gone, so that they need no bodies), the rest waits in the queue. Written straight to
// the store, host by host in turns as pages bring them, the last at `now`.
//
// At most half of the web's pages become known, so that something is left to find.
absl::Status WritePast(const SimulatedWeb& web, uint64_t known_count, absl::Time now,
                       CrawlStore* store);

}  // namespace spindle

#endif  // SPINDLE_TOOLS_SIMULATED_PAST_H_
