#ifndef SPINDLE_TOOLS_INSPECT_LISTS_H_
#define SPINDLE_TOOLS_INSPECT_LISTS_H_

#include "absl/status/status.h"
#include "tools/crawl_lookup.h"
#include "tools/inspect_options.h"
#include "tools/output.h"

// The inspector's commands that pass through the whole crawl.

namespace spindle {

absl::Status PrintStats(const CrawlLookup& lookup, const InspectOptions& options, Output* output);
absl::Status PrintHosts(const CrawlLookup& lookup, const InspectOptions& options, Output* output);
absl::Status PrintUrls(CrawlLookup* lookup, const InspectOptions& options, Output* output);
// FailedPrecondition where an invariant is broken; what was found is printed in any case.
absl::Status PrintVerify(const CrawlLookup& lookup, const InspectOptions& options, Output* output);

}  // namespace spindle

#endif  // SPINDLE_TOOLS_INSPECT_LISTS_H_
