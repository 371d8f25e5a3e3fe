#include "shard/compact_time.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kTime = absl::FromUnixSeconds(1'700'000'000);

TEST(CompactTimeTest, KeepsMicrosecondsAndInfinities) {
  for (const absl::Time time : {kTime, kTime + absl::Microseconds(1), absl::UnixEpoch(),
                                absl::InfinitePast(), absl::InfiniteFuture()}) {
    EXPECT_EQ(absl::Time(CompactTime(time)), time);
  }
}

TEST(CompactTimeTest, IsNeverEarlierThanTheTimeItStandsFor) {
  for (const absl::Time time : {kTime, absl::FromUnixSeconds(-1)}) {
    EXPECT_EQ(absl::Time(CompactTime(time + absl::Nanoseconds(1))), time + absl::Microseconds(1));
  }
}

TEST(CompactTimeTest, IsOrderedAsTimesAre) {
  EXPECT_LT(CompactTime(absl::InfinitePast()), CompactTime(kTime));
  EXPECT_LT(CompactTime(kTime), CompactTime(kTime + absl::Microseconds(1)));
  EXPECT_LT(CompactTime(kTime), CompactTime(absl::InfiniteFuture()));
  EXPECT_EQ(CompactTime(kTime), CompactTime(kTime));
}

}  // namespace
}  // namespace spindle
