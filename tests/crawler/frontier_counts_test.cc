#include "crawler/frontier_counts.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr ShardId kShard = 1;
constexpr char kOrigin[] = "http://a.example";

class FrontierCountsTest : public ::testing::Test {
 protected:
  FrontierCountsTest() {
    frontiers_.push_back(std::make_unique<Frontier>(kShard, options_, store_.get()));
    EXPECT_TRUE(frontiers_[0]->Load(At(0)).ok());
  }
  void Insert(const std::string& path) {
    InsertedLink link;
    link.key = {kShard, MakeHostId(kTestSalt, kOrigin), MakeUrlId(kTestSalt, kOrigin, path)};
    link.link.origin = kOrigin;
    link.link.path = path;
    Commit commit = store_->NewCommit();
    ASSERT_TRUE(frontiers_[0]->Insert({link}, At(0), &commit, nullptr).ok());
    ASSERT_TRUE(store_->Apply(commit).ok());
  }

  const FrontierOptions options_;
  ScratchDir dir_;
  const std::unique_ptr<CrawlStore> store_ = OpenTestStore(dir_.path("crawl"));
  std::vector<std::unique_ptr<Frontier>> frontiers_;
  CrawlCounters counters_;
  FrontierCounts counts_{&counters_};
};

TEST_F(FrontierCountsTest, TellsWhatChanged) {
  Insert("/1");
  EXPECT_FALSE(counts_.Publish(frontiers_));
  EXPECT_EQ(counters_.pending, 1);
  EXPECT_EQ(counters_.hosts, 1);
  Insert("/2");
  EXPECT_FALSE(counts_.Publish(frontiers_));
  EXPECT_FALSE(counts_.Publish(frontiers_));
  EXPECT_EQ(counters_.pending, 2);
  EXPECT_EQ(counters_.hosts, 1);
}

TEST_F(FrontierCountsTest, LastOfTheCrawlIsToldOnce) {
  Insert("/1");
  counts_.Publish(frontiers_);
  frontiers_.clear();
  EXPECT_TRUE(counts_.Publish(frontiers_));
  EXPECT_FALSE(counts_.Publish(frontiers_));
}

TEST_F(FrontierCountsTest, OtherWorkersMayHaveSomethingLeft) {
  counters_.pending = 1;
  Insert("/1");
  counts_.Publish(frontiers_);
  frontiers_.clear();
  EXPECT_FALSE(counts_.Publish(frontiers_));
  EXPECT_EQ(counters_.pending, 1);
}

}  // namespace
}  // namespace spindle
