#include "crawler/outage.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(OutageTest, LastsFromItsFirstFailureUntilItWorks) {
  Outage outage;
  EXPECT_FALSE(outage.Current().has_value());
  outage.Fails(kNow, "refused");
  outage.Fails(kNow + absl::Seconds(5), "silent");
  ASSERT_TRUE(outage.Current().has_value());
  EXPECT_EQ(outage.Current()->since, kNow);
  EXPECT_EQ(outage.Current()->why, "silent");
  EXPECT_FALSE(outage.ever_worked());
  outage.Works();
  EXPECT_FALSE(outage.Current().has_value());
  EXPECT_TRUE(outage.ever_worked());
}

TEST(OutageTest, NextOneBeginsAnew) {
  Outage outage;
  outage.Fails(kNow, "refused");
  outage.Works();
  outage.Fails(kNow + absl::Minutes(1), "refused");
  EXPECT_EQ(outage.Current()->since, kNow + absl::Minutes(1));
}

}  // namespace
}  // namespace spindle
