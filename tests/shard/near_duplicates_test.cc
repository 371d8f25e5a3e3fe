#include "shard/near_duplicates.h"

#include <random>

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr uint32_t kArea = 1;

// Fingerprints far from each other.
uint64_t Fingerprint(uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15; }

TEST(HostRepeatsTest, FindsWhatIsNearARecentPage) {
  HostRepeats host;
  const uint64_t page = Fingerprint(0);
  EXPECT_FALSE(host.ObservePage({}, kArea, page, false));
  EXPECT_TRUE(host.ObservePage({}, kArea, page, false));
  EXPECT_TRUE(host.ObservePage({}, kArea, page ^ 0x8000000000000101, false));
  EXPECT_FALSE(host.ObservePage({}, kArea, page ^ 0x8000000000010101, false));
}

TEST(HostRepeatsTest, ChainOfSmallChangesDoesNotCountAsOnePage) {
  HostRepeats host;
  const uint64_t page = Fingerprint(0);
  EXPECT_FALSE(host.ObservePage({}, kArea, page, false));
  EXPECT_TRUE(host.ObservePage({}, kArea, page ^ 0x7, false));
  EXPECT_FALSE(host.ObservePage({}, kArea, page ^ 0x77, false));
}

TEST(HostRepeatsTest, PageWithoutTextRepeatsOnlyByItsDigest) {
  HostRepeats host;
  EXPECT_FALSE(host.ObservePage({}, kArea, 0, false));
  EXPECT_FALSE(host.ObservePage({}, kArea, 0, false));
  EXPECT_TRUE(host.ObservePage({}, kArea, 0, true));
}

TEST(HostRepeatsTest, RemembersTheLastDistinctPages) {
  HostRepeats host;
  for (uint64_t i = 0; i < 32; ++i)
    EXPECT_FALSE(host.ObservePage({}, kArea, Fingerprint(i), false));
  // The first is asked for, so the second is now the oldest.
  EXPECT_TRUE(host.ObservePage({}, kArea, Fingerprint(0), false));
  EXPECT_FALSE(host.ObservePage({}, kArea, Fingerprint(32), false));
  EXPECT_TRUE(host.ObservePage({}, kArea, Fingerprint(0), false));
  EXPECT_FALSE(host.ObservePage({}, kArea, Fingerprint(1), false));
}

TEST(HostRepeatsTest, AreaThatKeepsRepeatingIsFetchedLater) {
  HostRepeats host;
  for (int i = 0; i < 7; ++i) host.ObservePage({}, kArea, 0, true);
  EXPECT_EQ(host.Penalty({}, kArea), 0);
  host.ObservePage({}, kArea, 0, true);
  EXPECT_EQ(host.Penalty({}, kArea), 8);
  EXPECT_EQ(host.Penalty({}, kArea + 1), 0);
}

TEST(HostRepeatsTest, PenaltyGrowsWithTheShareOfRepeats) {
  HostRepeats host;
  for (int i = 0; i < 75; ++i) host.ObservePage({}, kArea, 0, false);
  for (int i = 0; i < 25; ++i) host.ObservePage({}, kArea, 0, true);
  EXPECT_EQ(host.Penalty({}, kArea), 0);
  for (int i = 0; i < 60; ++i) host.ObservePage({}, kArea, 0, true);
  // 85 of 160 repeat: (0.53 - 0.25) / 0.75 of 8.
  EXPECT_EQ(host.Penalty({}, kArea), 3);
}

TEST(HostRepeatsTest, AreaThatTurnsNewIsForgiven) {
  HostRepeats host;
  for (int i = 0; i < 1'000; ++i) host.ObservePage({}, kArea, 0, true);
  for (int i = 0; i < 1'000; ++i) host.ObservePage({}, kArea, 0, false);
  EXPECT_EQ(host.Penalty({}, kArea), 0);
}

TEST(HostRepeatsTest, FloodOfAreasLeavesTheBusyOnesAndStaysBounded) {
  HostRepeats host;
  for (int i = 0; i < 100; ++i) host.ObservePage({}, kArea, 0, true);
  for (uint32_t i = 100; i < 10'000; ++i) host.ObservePage({}, i, Fingerprint(i), true);
  EXPECT_EQ(host.Penalty({}, kArea), 8);
  EXPECT_LT(host.Encode().size(), 450u);
}

TEST(HostRepeatsTest, WhatWasLearnedSurvivesItsBytes) {
  HostRepeats host;
  for (uint64_t i = 0; i < 10; ++i) host.ObservePage({}, kArea, Fingerprint(i), true);
  HostRepeats again;
  ASSERT_TRUE(HostRepeats::Decode(host.Encode(), &again).ok());
  EXPECT_EQ(again.Encode(), host.Encode());
  EXPECT_EQ(again.Penalty({}, kArea), 8);
  EXPECT_TRUE(again.ObservePage({}, kArea, Fingerprint(3), false));
}

TEST(HostRepeatsTest, BytesThatNobodyWroteAreRefused) {
  HostRepeats host;
  for (uint64_t i = 0; i < 3; ++i) host.ObservePage({}, kArea, Fingerprint(i), true);
  const std::string bytes = host.Encode();
  HostRepeats again;
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(HostRepeats::Decode(bytes.substr(0, length), &again).ok()) << length;
  }
  EXPECT_FALSE(HostRepeats::Decode(bytes + "x", &again).ok());
}

TEST(FolderTest, IsTheFirstTwoFoldersOfAPath) {
  EXPECT_EQ(FolderOf("/a/b/c/d?e"), FolderOf("/a/b/x"));
  EXPECT_NE(FolderOf("/a/b/x"), FolderOf("/a/c/x"));
  EXPECT_EQ(FolderOf("/a/x"), FolderOf("/a/y?/z/"));
  EXPECT_NE(FolderOf("/a/x"), FolderOf("/b/x"));
  EXPECT_EQ(FolderOf("/x"), FolderOf("/y"));
  EXPECT_NE(FolderOf(""), 0u);
}

}  // namespace
}  // namespace spindle
