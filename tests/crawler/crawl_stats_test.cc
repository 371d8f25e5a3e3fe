#include "crawler/crawl_stats.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(CrawlStatsTest, LatenessWithinIsTheLeastThatCoversTheShare) {
  CrawlStats stats;
  stats.loop_lateness[0] = 90;  // less than a millisecond late
  stats.loop_lateness[4] = 9;
  stats.loop_lateness[30] = 1;
  EXPECT_EQ(LatenessWithin(stats, 0.5), 1);
  EXPECT_EQ(LatenessWithin(stats, 0.9), 1);
  EXPECT_EQ(LatenessWithin(stats, 0.91), 5);
  EXPECT_EQ(LatenessWithin(stats, 0.99), 5);
  EXPECT_EQ(LatenessWithin(stats, 0.999), 31);
  EXPECT_EQ(LatenessWithin(stats, 1), 31);
}

TEST(CrawlStatsTest, NothingIsLateBeforeAnythingRan) {
  EXPECT_EQ(LatenessWithin(CrawlStats(), 0.99), 0);
}

TEST(CrawlStatsTest, WhatIsLaterThanIsCountedIsInTheLast) {
  CrawlStats stats;
  stats.loop_lateness[kLatenessCount - 1] = 5;
  EXPECT_EQ(LatenessWithin(stats, 0.5), static_cast<int>(kLatenessCount));
}

}  // namespace
}  // namespace spindle
