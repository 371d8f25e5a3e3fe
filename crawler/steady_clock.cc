#include "crawler/steady_clock.h"

#include <time.h>

namespace spindle {
namespace {

absl::Duration Read(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return absl::DurationFromTimespec(now);
}

}  // namespace

absl::Time SteadyNow() {
  static const absl::Time boot = absl::UnixEpoch() + Read(CLOCK_REALTIME) - Read(CLOCK_MONOTONIC);
  return boot + Read(CLOCK_MONOTONIC);
}

int64_t CoarseNanoseconds() { return absl::ToInt64Nanoseconds(Read(CLOCK_MONOTONIC_COARSE)); }

}  // namespace spindle
