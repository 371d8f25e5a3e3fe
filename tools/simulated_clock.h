#ifndef SPINDLE_TOOLS_SIMULATED_CLOCK_H_
#define SPINDLE_TOOLS_SIMULATED_CLOCK_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// Where the clock of a simulated crawl stands, kept in a file of its directory: hosts remember when
// they were asked, so the next run must not begin before that. Thread-compatible.

namespace spindle {

// A crawl that has none yet begins at the same moment as every other.
absl::StatusOr<absl::Time> ReadSimulatedClock(const std::string& dir);

// Replaces what is there, whole or not at all.
absl::Status WriteSimulatedClock(const std::string& dir, absl::Time now);

}  // namespace spindle

#endif  // SPINDLE_TOOLS_SIMULATED_CLOCK_H_
