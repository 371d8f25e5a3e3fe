#ifndef SPINDLE_CRAWLER_INJECT_SPOOL_H_
#define SPINDLE_CRAWLER_INJECT_SPOOL_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

// How URLs reach a crawl that is running: files in the folder "inject" of its directory, one URL a
// line, which the crawl takes and deletes. A program of its own leaves them with WriteInjection();
// by hand, a file is written elsewhere on the same disk and renamed into the folder, with a name
// that ends in ".urls". What no crawl is there to take waits for the next run, which takes it
// first.

namespace spindle {

// The crawl in `dir` takes `urls` within a second, if it is running. NotFound: no crawl there.
absl::Status WriteInjection(const std::string& dir, const std::vector<std::string>& urls);

// Hands over the lines of each file that waits; the file goes once `take` has returned OK, which
// must mean that the URLs are stored. Stops at the first error.
absl::Status TakeInjections(const std::string& dir,
                            absl::FunctionRef<absl::Status(const std::vector<std::string>&)> take);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_INJECT_SPOOL_H_
