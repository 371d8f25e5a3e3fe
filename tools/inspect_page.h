#ifndef SPINDLE_TOOLS_INSPECT_PAGE_H_
#define SPINDLE_TOOLS_INSPECT_PAGE_H_

#include "absl/status/status.h"
#include "tools/crawl_lookup.h"
#include "tools/inspect_options.h"
#include "tools/output.h"

namespace spindle {

// The inspector's "page": what was stored at the last fetch of a URL. NotFound where nothing was;
// DataLoss where the body does not decode, after as much of it as does.
absl::Status PrintPage(const CrawlLookup& lookup, const InspectOptions& options, Output* output);

}  // namespace spindle

#endif  // SPINDLE_TOOLS_INSPECT_PAGE_H_
