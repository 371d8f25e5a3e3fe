#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/verify.h"
#include "tests/shard/frontier_fixture.h"

namespace spindle {
namespace {

class FrontierInsertionTest : public FrontierTest {};

TEST_F(FrontierInsertionTest, KnowsAUrlOnlyOnce) {
  EXPECT_EQ(Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b"), LinkTo(kHost, "/a")}), 2u);
  EXPECT_EQ(Insert({LinkTo(kHost, "/a")}), 0u);
  Restart();
  EXPECT_EQ(Insert({LinkTo(kHost, "/b"), LinkTo(kHost, "/c")}), 1u);
  EXPECT_EQ(frontier_->pending_count(), 3);
}

TEST_F(FrontierInsertionTest, CollidingIdsKeepBothUrls) {
  InsertedLink a = LinkTo(kHost, "/a");
  InsertedLink b = LinkTo(kHost, "/b");
  InsertedLink c = LinkTo(kHost, "/c");
  b.key = c.key = a.key;
  EXPECT_EQ(Insert({a, b}), 2u);
  EXPECT_EQ(Insert({c, b, a}), 1u);
  AllowAll();
  std::set<std::string> paths;
  for (int i = 0; i < 3; ++i) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    paths.insert(task->record.path);
    Finish(*task);
    now_ += absl::Seconds(10);
  }
  EXPECT_EQ(paths, (std::set<std::string>{"/a", "/b", "/c"}));
}

TEST_F(FrontierInsertionTest, TooDeepIsRecordedAndNotQueued) {
  options_.max_depth = 2;
  Restart();
  Insert({LinkTo(kHost, "/deep", 3)});
  EXPECT_EQ(Stored(kHost, "/deep").state, UrlState::kExcluded);
  EXPECT_EQ(Stored(kHost, "/deep").reason, Reason::kDepth);
  EXPECT_FALSE(Pop().has_value());
}

TEST_F(FrontierInsertionTest, TooManyRedirectsAreCutWithAReason) {
  InsertedLink link = LinkTo(kHost, "/hop");
  link.link.redirects = 11;
  Insert({link});
  EXPECT_EQ(Stored(kHost, "/hop").reason, Reason::kRedirectLimit);
}

TEST_F(FrontierInsertionTest, AHostThatComesBackBringsItsKnownUrlsAlong) {
  for (int i = 0; i < 100; ++i) Insert({LinkTo(kHost, absl::StrCat("/", i))});
  Restart();
  now_ += absl::Seconds(10);
  ASSERT_TRUE(Pop().has_value());
  for (int i = 0; i < 100; ++i) Insert({LinkTo(kHost, absl::StrCat("/", i))});
  EXPECT_EQ(frontier_->caches().seen.hit_count(), 100u);
  EXPECT_EQ(frontier_->caches().seen.miss_count(), 0u);
}

TEST_F(FrontierInsertionTest, AHostOfFewPagesToComeLeavesItsManyKnownUrlsInTheStore) {
  options_.max_depth = 5;
  Restart();
  for (int i = 0; i < 100; ++i) Insert({LinkTo(kHost, absl::StrCat("/deep", i), 9)});
  Insert({LinkTo(kHost, "/")});
  Restart();
  now_ += absl::Seconds(10);
  ASSERT_TRUE(Pop().has_value());
  Insert({LinkTo(kHost, "/deep7", 9)});
  EXPECT_EQ(frontier_->caches().seen.hit_count(), 0u);
}

TEST_F(FrontierInsertionTest, PagesThatRepeatPutTheirAreaBack) {
  options_.budgets.max_depth = 2;
  Restart();
  InsertParked();
  for (int page = 0; page < 10; ++page) {
    Insert({LinkTo(kHost, absl::StrCat("/page", page))});
    if (page == 0) AllowAll();
    StorePage(*Pop(), page + 1, /*simhash=*/0x1234);
    now_ += absl::Seconds(10);
  }
  const InsertedLink link = LinkTo(kHost, "/other");
  Insert({LinkTo(kHost, "/page10"), link});
  EXPECT_EQ(Stored(kHost, "/other").priority, link.link.priority);
  // Nine of ten repeat: 0.65 / 0.75 of the most.
  EXPECT_EQ(Stored(kHost, "/page10").priority, link.link.priority + 6);
}

TEST_F(FrontierInsertionTest, TrapsAreExcludedWithTheirReason) {
  Insert({LinkTo(kHost, "/a/b/a/b/a/b/a/b/")});
  EXPECT_EQ(Stored(kHost, "/a/b/a/b/a/b/a/b/").state, UrlState::kExcluded);
  EXPECT_EQ(Stored(kHost, "/a/b/a/b/a/b/a/b/").reason, Reason::kTrapRepeat);
  EXPECT_EQ(frontier_->pending_count(), 0);
}

TEST_F(FrontierInsertionTest, DateFarAheadIsExcludedWhereLittleIsKnownOfTheHost) {
  Insert({LinkTo(kHost, "/fut/2100/01/01"), LinkTo(kHost, "/fut/1972/01/01"),
          LinkTo(kHost, "/product/2100/01")});
  EXPECT_EQ(Stored(kHost, "/fut/2100/01/01").reason, Reason::kTrapTemplate);
  EXPECT_EQ(Stored(kHost, "/fut/1972/01/01").state, UrlState::kQueued);
  EXPECT_EQ(Stored(kHost, "/product/2100/01").state, UrlState::kQueued);
}

TEST_F(FrontierInsertionTest, SeedIsNoTrapWhateverItsLooks) {
  Insert({LinkTo(kHost, "/a/b/a/b/a/b/a/b/", 0)});
  EXPECT_EQ(Stored(kHost, "/a/b/a/b/a/b/a/b/").state, UrlState::kQueued);
}

TEST_F(FrontierInsertionTest, WhatWasExcludedIsQueuedOnceASeedAsksForIt) {
  const std::string trap = "/a/b/a/b/a/b/a/b/";
  Insert({LinkTo(kHost, trap)});
  EXPECT_EQ(Insert({LinkTo(kHost, trap)}), 0u);
  EXPECT_EQ(Stored(kHost, trap).state, UrlState::kExcluded);
  EXPECT_EQ(Insert({LinkTo(kHost, trap, 0)}), 0u);
  EXPECT_EQ(Stored(kHost, trap).state, UrlState::kQueued);
  EXPECT_EQ(Stored(kHost, trap).depth, 0);
  EXPECT_EQ(frontier_->pending_count(), 1);
  EXPECT_TRUE(Verify(store_->reader(), VerifyOptions())->ok());
}

TEST_F(FrontierInsertionTest, SeedGivenTwiceBringsBackOnce) {
  options_.budgets.max_depth = 2;
  Restart();
  Insert({LinkTo(kHost, "/deep", 3)});
  ASSERT_EQ(Stored(kHost, "/deep").state, UrlState::kParked);
  Insert({LinkTo(kHost, "/deep", 0), LinkTo(kHost, "/deep", 0)});
  EXPECT_EQ(frontier_->pending_count(), 1);
  EXPECT_TRUE(Verify(store_->reader(), VerifyOptions())->ok());
}

TEST_F(FrontierInsertionTest, CollidingHostIdsKeepBothHosts) {
  InsertedLink a = LinkTo("http://a.example", "/");
  InsertedLink b = LinkTo("http://b.example", "/");
  b.key.host = a.key.host;
  EXPECT_EQ(Insert({a, b}), 2u);
  Restart();
  EXPECT_EQ(Insert({b, a}), 0u);
  std::set<std::string> asked;
  now_ += absl::Seconds(10);
  for (int i = 0; i < 2; ++i) asked.insert(Pop()->url);
  EXPECT_EQ(asked,
            (std::set<std::string>{"http://a.example/robots.txt", "http://b.example/robots.txt"}));
}

TEST_F(FrontierInsertionTest, WhatAHostTaughtSurvivesARestart) {
  options_.traps.dates = {10, 5, 0.5, 20};
  Restart();
  std::vector<InsertedLink> links;
  for (int i = 0; i < 40; ++i) links.push_back(LinkTo(kHost, absl::StrCat("/page", i, ".html")));
  for (int i = 0; i < 21; ++i) links.push_back(LinkTo(kHost, absl::StrCat("/cal/2024/05/", 1 + i)));
  Insert(links);
  EXPECT_EQ(Stored(kHost, "/cal/2024/05/21").reason, Reason::kTrapTemplate);
  AllowAll();
  for (int i = 0; i < 130; ++i) {  // until it is stored
    if (const std::optional<FetchTask> task = Pop()) StorePage(*task, i + 1);
    now_ += absl::Seconds(10);
  }
  Restart();
  Insert({LinkTo(kHost, "/cal/2024/06/01")});
  EXPECT_EQ(Stored(kHost, "/cal/2024/06/01").reason, Reason::kTrapTemplate);
}

TEST_F(FrontierInsertionTest, HostsThatLinksLeadToLeaveMemory) {
  for (int i = 0; i < 3000; ++i) Insert({LinkTo(absl::StrCat("http://h", i, ".example"), "/")});
  EXPECT_LE(frontier_->kept_host_count(), options_.max_live_hosts / 4 + 1);
}

}  // namespace
}  // namespace spindle
