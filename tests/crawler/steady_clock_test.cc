#include "crawler/steady_clock.h"

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(SteadyClockTest, NeverGoesBackAndAgreesWithTheWall) {
  absl::Time last = SteadyNow();
  EXPECT_LT(absl::AbsDuration(absl::Now() - last), absl::Minutes(1));
  for (int i = 0; i < 10'000; ++i) {
    const absl::Time now = SteadyNow();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace spindle
