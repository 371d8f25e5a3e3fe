#include "shard/robots_cache.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

RobotsTxt Rules() { return RobotsTxt::Parse("User-agent: *\nDisallow: /no\n", "spindle"); }

TEST(RobotsCacheTest, GivesBackWhatItHas) {
  RobotsCache cache(1 << 20);
  EXPECT_EQ(cache.Get(1), nullptr);
  EXPECT_FALSE(cache.Put(1, Rules(), 30)->Allows("/no"));
  ASSERT_NE(cache.Get(1), nullptr);
  EXPECT_TRUE(cache.Get(1)->Allows("/yes"));
  cache.Erase(1);
  EXPECT_EQ(cache.Get(1), nullptr);
  EXPECT_EQ(cache.size_bytes(), 0u);
}

TEST(RobotsCacheTest, EvictsWhatWasUsedLongestAgo) {
  RobotsCache cache(3000);
  for (HostId host = 1; host <= 3; ++host) cache.Put(host, Rules(), 30);
  cache.Get(1);
  cache.Put(4, Rules(), 30);
  EXPECT_NE(cache.Get(1), nullptr);
  EXPECT_EQ(cache.Get(2), nullptr);
  EXPECT_LE(cache.size_bytes(), 3000u);
}

TEST(RobotsCacheTest, LatestRulesAreKeptWhateverTheirSize) {
  RobotsCache cache(100);
  cache.Put(1, Rules(), 1 << 20);
  EXPECT_NE(cache.Get(1), nullptr);
  cache.Put(2, Rules(), 1 << 20);
  EXPECT_EQ(cache.Get(1), nullptr);
  EXPECT_NE(cache.Get(2), nullptr);
}

TEST(RobotsCacheTest, NewRulesReplaceOldOnes) {
  RobotsCache cache(1 << 20);
  cache.Put(1, Rules(), 30);
  cache.Put(1, RobotsTxt::Parse("", "spindle"), 0);
  EXPECT_TRUE(cache.Get(1)->Allows("/no"));
}

}  // namespace
}  // namespace spindle
