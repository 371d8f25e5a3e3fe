#include <optional>

#include "gtest/gtest.h"
#include "tests/shard/frontier_fixture.h"

namespace spindle {
namespace {

class FrontierVisitsTest : public FrontierTest {};

// A visit that is due, and a try again that is not: the run without visits waits for the latter.
TEST_F(FrontierVisitsTest, ADueVisitDoesNotMakeAHostComeAndGo) {
  options_.politeness.min_backoff = options_.politeness.max_backoff = absl::Hours(24 * 40);
  options_.politeness.robots_ttl = absl::Hours(24 * 1000);
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  StorePage(*Pop(), 1);
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  Complete(*task, UrlState::kQueued);
  const absl::Time retry = now_ + absl::Hours(24 * 40);
  now_ += absl::Hours(24 * 31);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->NextReadyTime(), retry);
  options_.visit_again = true;
  Restart();
  now_ += absl::Seconds(10);
  EXPECT_EQ(FinishNext(), "/a");
}

TEST_F(FrontierVisitsTest, WhatIsDueAtTheSameTimeIsStruckOutOnce) {
  options_.politeness.robots_ttl = absl::Minutes(1);
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  const std::optional<FetchTask> a = Pop();
  Release(*a);
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> b = Pop();
  Release(*b);
  Complete(*a, UrlState::kQueued);
  Complete(*b, UrlState::kQueued);
  now_ += absl::Hours(1);
  AnswerRobots(*Pop(), 200, "User-agent: *\nDisallow: /\n");
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(store_->reader().GetHost(KeyOf(kHost, "/").host_key())->value().retry_count, 0u);
  EXPECT_EQ(frontier_->pending_count(), 0);
}

TEST_F(FrontierVisitsTest, PagesAreVisitedAgainWhenDue) {
  options_.visit_again = true;
  options_.recrawl.initial_interval = absl::Hours(10);
  Restart();
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  StorePage(*Pop(), 7);
  EXPECT_EQ(frontier_->pending_count(), 0);
  EXPECT_EQ(Stored(kHost, "/a").lane, Lane::kRecrawl);
  now_ += absl::Hours(9);
  EXPECT_FALSE(Pop().has_value());
  now_ = Stored(kHost, "/a").enqueued;
  const std::optional<FetchTask> again = Pop();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->record.etag, "\"7\"");
  StorePage(*again, 7);
  const UrlRecord record = Stored(kHost, "/a");
  EXPECT_EQ(record.state, UrlState::kUnchanged);
  EXPECT_GT(record.enqueued - now_, absl::Hours(10));  // it grew
}

TEST_F(FrontierVisitsTest, PageThatIsVisitedAgainDoesNotCountAsARepeat) {
  options_.visit_again = true;
  options_.recrawl.initial_interval = options_.recrawl.max_interval = absl::Hours(1);
  options_.budgets.max_depth = 2;
  Restart();
  InsertParked();
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  for (int visit = 0; visit < 10; ++visit) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value()) << visit;
    StorePage(*task, visit + 1, /*simhash=*/0x1234);
    now_ = Stored(kHost, "/a").enqueued;
  }
  const InsertedLink link = LinkTo(kHost, "/b");
  Insert({link});
  EXPECT_EQ(Stored(kHost, "/b").priority, link.link.priority);
}

TEST_F(FrontierVisitsTest, WhatIsDueWaitsForARunThatVisitsAgain) {
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  StorePage(*Pop(), 7);
  now_ += absl::Hours(24 * 400);
  Restart();
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->NextReadyTime(), absl::InfiniteFuture());
  options_.visit_again = true;
  Restart();
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(10);
  AllowAll();  // that is due, too
  EXPECT_EQ(Pop()->record.path, "/a");
}

TEST_F(FrontierVisitsTest, ANewUrlIsTakenThoughDueVisitsOfItsHostWait) {
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  StorePage(*Pop(), 7);
  now_ += absl::Hours(24 * 400);
  EXPECT_FALSE(Pop().has_value());
  Insert({LinkTo(kHost, "/b")});
  AllowAll();  // it had expired
  EXPECT_EQ(Pop()->record.path, "/b");
}

TEST_F(FrontierVisitsTest, SitemapThatSaysNewerMakesAPageDue) {
  options_.visit_again = true;
  options_.recrawl.initial_interval = absl::Hours(1000);
  Restart();
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  StorePage(*Pop(), 7);
  now_ += absl::Hours(100);
  InsertedLink link = LinkTo(kHost, "/a");
  link.link.lastmod = now_ - absl::Hours(1);
  EXPECT_EQ(Insert({link}), 0u);
  EXPECT_EQ(Stored(kHost, "/a").enqueued, now_);
  AllowAll();  // it had expired
  EXPECT_EQ(Pop()->record.path, "/a");
}

// Hosts that wait long leave memory between two pages.
TEST_F(FrontierVisitsTest, VisitsAndNewUrlsTakeTurnsAlsoAtAHostThatComesForOnePage) {
  options_.visit_again = true;
  options_.politeness.per_host_delay = absl::Seconds(90);
  options_.politeness.robots_ttl = absl::Hours(24 * 1000);
  Restart();
  for (int i = 0; i < 3; ++i) Insert({LinkTo(kHost, absl::StrCat("/old", i))});
  AllowAll();
  for (int i = 0; i < 3; ++i) {
    StorePage(*Pop(), i + 1);
    now_ += absl::Seconds(90);
  }
  now_ += absl::Hours(24 * 40);  // they are due
  for (int i = 0; i < 100; ++i) Insert({LinkTo(kHost, absl::StrCat("/new", i))});
  int visit_count = 0;
  for (int i = 0; i < 30; ++i) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    visit_count += task->record.path[1] == 'o' ? 1 : 0;
    StorePage(*task, 100 + i);
    now_ += absl::Seconds(90);
  }
  EXPECT_EQ(visit_count, 3);
}

TEST_F(FrontierVisitsTest, OneCallDoesNotGoThroughAllThatIsDue) {
  options_.min_idle_hosts = 0;
  options_.max_live_hosts = 16;
  options_.politeness.per_host_delay = absl::ZeroDuration();
  Restart();
  for (int i = 0; i < 200; ++i) Insert({LinkTo(absl::StrCat("http://h", i, ".example"), "/")});
  for (int done = 0; done < 200;) {
    const std::optional<FetchTask> task = Pop();
    if (!task.has_value()) {
      now_ += absl::Milliseconds(200);
    } else if (task->kind == FetchTask::Kind::kRobots) {
      AnswerRobots(*task, 404);
    } else {
      Finish(*task);
      ++done;
    }
  }
  now_ += absl::Hours(24 * 400);
  Restart();  // without visits
  Commit commit = store_->NewCommit();
  const absl::StatusOr<std::optional<FetchTask>> task = frontier_->Pop(now_, &commit);
  ASSERT_TRUE(task.ok());
  EXPECT_FALSE(task->has_value());
  EXPECT_LE(frontier_->kept_host_count(), 16u);
  EXPECT_LE(frontier_->NextReadyTime(), now_);  // there is more
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->NextReadyTime(), absl::InfiniteFuture());
}

}  // namespace
}  // namespace spindle
