#ifndef SPINDLE_CRAWLER_STEADY_CLOCK_H_
#define SPINDLE_CRAWLER_STEADY_CLOCK_H_

#include <cstdint>

#include "absl/time/time.h"

namespace spindle {

// The time, by a clock that never jumps: the wall clock's reading when it was first asked, and from
// there on the kernel's monotonic clock. A wall clock that is set forward would let requests to a
// host come too close together. Thread-safe.
absl::Time SteadyNow();

// Nanoseconds since some moment, good to a few milliseconds and nearly free: for budgets.
int64_t CoarseNanoseconds();

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_STEADY_CLOCK_H_
