#include "shard/seen_cache.h"

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

UrlKey Key(uint64_t url) { return {1, 42, url}; }

TEST(SeenCacheTest, KnowsWhatItWasTold) {
  SeenCache cache(1 << 16);
  EXPECT_TRUE(cache.InsertIfNew(Key(7), "/a"));
  EXPECT_FALSE(cache.InsertIfNew(Key(7), "/a"));
  EXPECT_EQ(cache.hit_count(), 1u);
  EXPECT_EQ(cache.miss_count(), 1u);
}

TEST(SeenCacheTest, WhatIsInsertedIsKnownAndNoQuestion) {
  SeenCache cache(1 << 16);
  cache.Insert(SeenCache::FingerprintOf(Key(7), "/a"));
  EXPECT_EQ(cache.miss_count(), 0u);
  EXPECT_FALSE(cache.InsertIfNew(Key(7), "/a"));
}

TEST(SeenCacheTest, TellsUrlsApartThatShareAnId) {
  SeenCache cache(1 << 16);
  EXPECT_TRUE(cache.InsertIfNew(Key(7), "/a"));
  EXPECT_TRUE(cache.InsertIfNew(Key(7), "/b"));
  EXPECT_TRUE(cache.InsertIfNew({1, 43, 7}, "/a"));
}

TEST(SeenCacheTest, ForgetsTheOldestOfALine) {
  SeenCache cache(64);  // one line
  for (int i = 0; i < 8; ++i) cache.InsertIfNew(Key(i), "/");
  EXPECT_FALSE(cache.InsertIfNew(Key(0), "/"));  // the latest now
  EXPECT_TRUE(cache.InsertIfNew(Key(8), "/"));   // pushes out 1
  EXPECT_FALSE(cache.InsertIfNew(Key(0), "/"));
  EXPECT_TRUE(cache.InsertIfNew(Key(1), "/"));
}

TEST(SeenCacheTest, RemembersWhileItGrows) {
  constexpr int kCount = 400'000;  // many times what it begins with, three quarters of what fits
  SeenCache cache(size_t{1} << 22);
  std::mt19937_64 random(2);
  std::vector<uint64_t> ids(kCount);
  for (uint64_t& id : ids) cache.InsertIfNew(Key(id = random()), "/");
  // The latest first, since what is asked for and not known pushes out the oldest.
  std::reverse(ids.begin(), ids.end());
  int known = 0;
  for (const uint64_t id : ids) known += cache.InsertIfNew(Key(id), "/") ? 0 : 1;
  EXPECT_GT(known, kCount * 9 / 10);
}

TEST(SeenCacheTest, WithoutMemoryEverythingIsNew) {
  SeenCache cache(63);
  EXPECT_TRUE(cache.InsertIfNew(Key(7), "/a"));
  EXPECT_TRUE(cache.InsertIfNew(Key(7), "/a"));
}

TEST(SeenCacheTest, HoldsNearlyAsManyAsFit) {
  constexpr int kCount = 4096;
  SeenCache cache(kCount * sizeof(uint64_t) * 2);
  std::mt19937_64 random(1);
  std::vector<uint64_t> ids(kCount);
  for (uint64_t& id : ids) cache.InsertIfNew(Key(id = random()), "/");
  int known = 0;
  for (const uint64_t id : ids) known += cache.InsertIfNew(Key(id), "/") ? 0 : 1;
  EXPECT_GT(known, kCount * 9 / 10);
}

}  // namespace
}  // namespace spindle
