#ifndef SPINDLE_SHARD_COMPACT_TIME_H_
#define SPINDLE_SHARD_COMPACT_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace spindle {

// A time in half the memory, for what there is a lot of: whole microseconds, rounded up, so that
// nothing is early by it; and the infinities. Immutable but for assignment.
class CompactTime {
 public:
  explicit CompactTime(absl::Time time) : us_(ToMicros(time)) {}
  operator absl::Time() const {  // NOLINT: it stands for a time
    if (us_ == kFuture) return absl::InfiniteFuture();
    if (us_ == kPast) return absl::InfinitePast();
    return absl::FromUnixMicros(us_);
  }

  friend auto operator<=>(CompactTime a, CompactTime b) = default;

 private:
  static constexpr int64_t kFuture = std::numeric_limits<int64_t>::max();
  static constexpr int64_t kPast = std::numeric_limits<int64_t>::min();

  static int64_t ToMicros(absl::Time time) {
    const int64_t us = absl::ToUnixMicros(time);  // rounded down; it knows the infinities
    if (us == kFuture || us == kPast) return us;
    return us + (absl::FromUnixMicros(us) < time ? 1 : 0);
  }

  int64_t us_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_COMPACT_TIME_H_
