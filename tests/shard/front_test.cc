#include "shard/front.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "storage/crawl_store.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr ShardId kShard = 1;

class FrontTest : public ::testing::Test {
 protected:
  void Put(HostId host, int second, HostRecord* record) {
    Commit commit = store_->NewCommit();
    front_.Put(host, At(second), record, &commit);
    ASSERT_TRUE(store_->Apply(commit).ok());
  }
  void Remove(HostId host, HostRecord* record) {
    Commit commit = store_->NewCommit();
    front_.Remove(host, record, &commit);
    ASSERT_TRUE(store_->Apply(commit).ok());
  }
  std::vector<HostId> TakeDue(int second, size_t limit = 10) {
    std::vector<HostId> hosts;
    const auto entries = front_.TakeDue(store_->reader(), At(second), limit);
    EXPECT_TRUE(entries.ok());
    for (const FrontKey& entry : *entries) hosts.push_back(entry.host);
    return hosts;
  }

  ScratchDir dir_;
  std::unique_ptr<CrawlStore> store_ = OpenTestStore(dir_.path());
  Front front_{kShard};
  HostRecord a_, b_;
};

TEST_F(FrontTest, GivesWhatIsDueOnceAndSaysWhenTheNextIs) {
  Put(7, 20, &a_);
  Put(8, 10, &b_);
  EXPECT_EQ(TakeDue(15), std::vector<HostId>({8}));
  EXPECT_EQ(front_.due(), At(20));
  EXPECT_EQ(TakeDue(30), std::vector<HostId>({7}));
  EXPECT_EQ(front_.due(), absl::InfiniteFuture());
  EXPECT_TRUE(TakeDue(30).empty());
}

TEST_F(FrontTest, MoreMayBeDueWhereTheLimitWasReached) {
  Put(7, 10, &a_);
  Put(8, 10, &b_);
  EXPECT_EQ(TakeDue(10, 1), std::vector<HostId>({7}));
  EXPECT_LE(front_.due(), At(10));
  EXPECT_EQ(TakeDue(10, 1), std::vector<HostId>({8}));
}

TEST_F(FrontTest, AHostHasOneEntryAndIsLookedAtAgainWherePut) {
  Put(7, 20, &a_);
  EXPECT_EQ(TakeDue(20), std::vector<HostId>({7}));
  EXPECT_TRUE(front_.HasPassed(7, a_));
  Put(7, 15, &a_);
  EXPECT_FALSE(front_.HasPassed(7, a_));
  EXPECT_EQ(front_.due(), At(15));
  EXPECT_EQ(TakeDue(20), std::vector<HostId>({7}));
}

TEST_F(FrontTest, AnEntryThatItHadBeforeIsNotTheHosts) {
  Put(7, 20, &a_);
  const FrontKey before{kShard, absl::ToUnixMicros(At(20)), 7};
  EXPECT_TRUE(Front::IsEntryOf(a_, before));
  Put(7, 30, &a_);
  EXPECT_FALSE(Front::IsEntryOf(a_, before));
}

TEST_F(FrontTest, WhatIsRemovedIsGone) {
  Put(7, 20, &a_);
  Remove(7, &a_);
  EXPECT_FALSE(Front::HasEntry(a_));
  EXPECT_TRUE(TakeDue(30).empty());
}

TEST_F(FrontTest, ForeverIsNeverDue) {
  Commit commit = store_->NewCommit();
  front_.Put(7, absl::InfiniteFuture(), &a_, &commit);
  ASSERT_TRUE(store_->Apply(commit).ok());
  EXPECT_TRUE(Front::HasEntry(a_));
  EXPECT_TRUE(TakeDue(1'000'000'000).empty());
  EXPECT_EQ(front_.due(), absl::InfiniteFuture());
}

}  // namespace
}  // namespace spindle
