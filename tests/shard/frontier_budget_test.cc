#include <optional>

#include "gtest/gtest.h"
#include "tests/shard/frontier_fixture.h"

namespace spindle {
namespace {

class FrontierBudgetTest : public FrontierTest {};

TEST_F(FrontierBudgetTest, HostOverItsBudgetIsParkedUntilItIsRaised) {
  options_.budgets.host.max_page_count = 1;
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  StorePage(*Pop(), 7);
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kHostBudget)], 1u);
  EXPECT_EQ(frontier_->pending_count(), 0);
  Restart();
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());
  options_.budgets.host.max_page_count = 2;
  Restart();
  now_ += absl::Seconds(10);
  EXPECT_EQ(FinishNext(), "/b");
}

TEST_F(FrontierBudgetTest, VisitsAgainGoOnAtAHostOverItsBudgetAndTakeNothingOfIt) {
  options_.visit_again = true;
  options_.budgets.host.max_page_count = 1;
  options_.politeness.robots_ttl = absl::Hours(24 * 1000);
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  for (int visit = 0; visit < 3; ++visit) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    EXPECT_EQ(task->record.path, "/a");
    StorePage(*task, visit + 1);
    now_ += absl::Seconds(10);
    EXPECT_FALSE(Pop().has_value());
    now_ += absl::Hours(24 * 31);
  }
  EXPECT_EQ(store_->reader().GetHost(KeyOf(kHost, "/").host_key())->value().page_count, 1u);
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kHostBudget)], 1u);
  EXPECT_EQ(frontier_->pending_count(), 0);
}

TEST_F(FrontierBudgetTest, ANewPageThatFailedWaitsWithTheOthersForALargerBudget) {
  options_.visit_again = true;
  options_.budgets.host.max_page_count = 1;
  options_.politeness.min_backoff = options_.politeness.max_backoff = absl::Hours(1);
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  Complete(*task, UrlState::kQueued);
  now_ += absl::Seconds(10);
  StorePage(*Pop(), 1);  // of "/b"
  now_ += absl::Hours(1);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(Stored(kHost, "/a").lane, Lane::kReady);
  options_.budgets.host.max_page_count = 2;
  Restart();
  now_ += absl::Seconds(10);
  EXPECT_EQ(FinishNext(), "/a");
}

TEST_F(FrontierBudgetTest, WhatWasMissingIsNotVisitedOverTheBudget) {
  options_.visit_again = true;
  options_.budgets.host.max_page_count = 1;
  options_.politeness.robots_ttl = absl::Hours(24 * 1000);
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  EXPECT_EQ(FinishNext(), "/a");  // 404
  now_ += absl::Seconds(10);
  StorePage(*Pop(), 1);
  now_ += absl::Hours(25);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(Stored(kHost, "/a").enqueued, now_ + absl::Hours(24));
}

TEST_F(FrontierBudgetTest, WhatIsUnderWayCountsForTheBudget) {
  options_.budgets.host.max_page_count = 1;
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());  // it may be parsed to be the one page
  Complete(*task, UrlState::kGone);
  EXPECT_EQ(Pop()->record.path, "/b");
}

TEST_F(FrontierBudgetTest, AHostOverItsBudgetThatDiesIsCountedAsDead) {
  options_.visit_again = true;
  options_.budgets.host.max_page_count = 1;
  options_.politeness.max_host_failures = 1;
  options_.politeness.robots_ttl = absl::Hours(24 * 1000);
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  StorePage(*Pop(), 1);
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Hours(24 * 31);
  const std::optional<FetchTask> visit = Pop();
  Release(*visit, /*failed=*/true);
  Complete(*visit, UrlState::kFailed);
  EXPECT_EQ(frontier_->parked_host_count(), 1u);
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kHostDead)], 1u);
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kHostBudget)], 0u);
}

TEST_F(FrontierBudgetTest, DomainBudgetGrowsWithTheDomainsThatLinkToIt) {
  options_.budgets.by_in_links = true;
  options_.budgets.in_link_base = 1;
  options_.budgets.in_link_factor = 1;
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  StorePage(*Pop(), 7);
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->pending_count(), 0);
  InsertedLink link = LinkTo(kHost, "/a");
  link.link.from_domain = 12345;
  Insert({link});
  now_ += absl::Seconds(10);
  EXPECT_EQ(FinishNext(), "/b");
}

TEST_F(FrontierBudgetTest, TooDeepForTheBudgetIsParkedAndCounted) {
  options_.budgets.max_depth = 2;
  Restart();
  Insert({LinkTo(kHost, "/a", 2), LinkTo(kHost, "/b", 3)});
  EXPECT_EQ(Stored(kHost, "/b").state, UrlState::kParked);
  EXPECT_EQ(frontier_->pending_count(), 1);
  EXPECT_EQ(store_->reader().GetHost(KeyOf(kHost, "/").host_key())->value().parked_count, 1u);
}

}  // namespace
}  // namespace spindle
