#ifndef SPINDLE_TOOLS_INSPECT_WHY_H_
#define SPINDLE_TOOLS_INSPECT_WHY_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tools/crawl_lookup.h"
#include "tools/inspect_options.h"
#include "tools/output.h"

namespace spindle {

// The inspector's "why": the state of one URL, how it came to it and what it waits for, in words.
// NotFound where the crawl has never seen it; then too the answer is printed.
absl::Status PrintWhy(CrawlLookup* lookup, const InspectOptions& options, absl::Time now,
                      Output* output);

}  // namespace spindle

#endif  // SPINDLE_TOOLS_INSPECT_WHY_H_
