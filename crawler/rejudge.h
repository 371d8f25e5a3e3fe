#ifndef SPINDLE_CRAWLER_REJUDGE_H_
#define SPINDLE_CRAWLER_REJUDGE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "crawler/scope.h"
#include "shard/frontier.h"
#include "storage/crawl_store.h"

namespace spindle {

// What a queued URL is judged by, as text: where it differs from that of the run before, everything
// that waits or was kept out is judged anew.
std::string DescribeRules(const Scope& scope, const FrontierOptions& options);

// Judges the URLs of a crawl by the scope and the limits of this run: what waits outside of them
// becomes excluded, with the reason; what was parked for its depth, or excluded for its depth or by
// the scope, and is inside now is queued, unless it is a trap. Reads every URL that waits, some
// 10 us each, and scans the URLs of every host that has others than those and known pages. Nothing
// else may use the store meanwhile. Safe to be interrupted at any moment: from its first change on
// until the caller names the rules (CrawlStore::SetJudgedBy()) the crawl is judged by none, so it
// is simply done again. Cancelled: `stopped` said so, which is asked before each URL.
absl::Status Rejudge(
    const Scope& scope, const FrontierOptions& options, absl::Time now, CrawlStore* store,
    absl::FunctionRef<bool()> stopped = [] { return false; });

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_REJUDGE_H_
