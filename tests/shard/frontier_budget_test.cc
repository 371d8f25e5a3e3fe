#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/public_suffix.h"
#include "tests/shard/frontier_fixture.h"

namespace spindle {
namespace {

class FrontierBudgetTest : public FrontierTest {
 protected:
  // Of two hosts of one domain, past their robots.txt.
  void BeginDomain(const Budget& budget) {
    options_.suffixes = &PublicSuffixList::Builtin();
    options_.budgets.domain = budget;
    options_.per_host_concurrency = 2;
    options_.politeness.per_host_delay = absl::ZeroDuration();
    Restart();
    for (const char* path : {"/1", "/2", "/3"}) {
      Insert({LinkTo(kFirst, path), LinkTo(kSecond, path)});
    }
    AllowAll();
    AllowAll();
  }
  uint64_t PagesOfDomain() const {
    const HostKey key{kShard, MakeHostId(kTestSalt, "a.example")};
    return store_->reader().GetDomain(key)->value_or(DomainRecord()).page_count;
  }
  void PassDomainWait() { now_ += absl::Seconds(1); }

  static constexpr char kFirst[] = "http://x.a.example";
  static constexpr char kSecond[] = "http://y.a.example";
};

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

TEST_F(FrontierBudgetTest, WhatIsUnderWayAtAllHostsOfADomainCountsForItsBudget) {
  BeginDomain({.max_page_count = 3});
  std::vector<FetchTask> tasks;
  while (std::optional<FetchTask> task = Pop()) tasks.push_back(*std::move(task));
  ASSERT_EQ(tasks.size(), 3u);
  for (size_t i = 0; i < tasks.size(); ++i) StorePage(tasks[i], i + 1);
  PassDomainWait();
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(PagesOfDomain(), 3u);
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kDomainBudget)], 2u);
}

TEST_F(FrontierBudgetTest, AnotherHostOfADomainTakesThePlaceOfAPageThatDidNotCome) {
  BeginDomain({.max_page_count = 1});
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  PassDomainWait();
  EXPECT_FALSE(Pop().has_value());
  Complete(*task, UrlState::kGone);
  PassDomainWait();
  StorePage(*Pop(), 1);
  PassDomainWait();
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(PagesOfDomain(), 1u);
}

TEST_F(FrontierBudgetTest, APageThatWasPutOffGivesBackItsPlace) {
  BeginDomain({.max_page_count = 1});
  const std::optional<FetchTask> task = Pop();
  Commit commit = store_->NewCommit();
  ASSERT_TRUE(frontier_->Defer(*task, now_ + absl::Hours(1), now_, &commit).ok());
  const std::optional<FetchTask> other = Pop();
  ASSERT_TRUE(other.has_value());
  EXPECT_NE(other->host, task->host);
}

TEST_F(FrontierBudgetTest, ABudgetOfADomainHoldsOverRestarts) {
  BeginDomain({.max_page_count = 2});
  StorePage(*Pop(), 1);
  const std::optional<FetchTask> lost = Pop();
  Restart();
  now_ += absl::Seconds(10);
  StorePage(*Pop(), 2);
  PassDomainWait();
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(PagesOfDomain(), 2u);
}

TEST_F(FrontierBudgetTest, NoMoreIsUnderWayThanABudgetOfBytesHasLeft) {
  BeginDomain({.max_body_bytes = 3000});
  // How large pages are is not known yet.
  const std::optional<FetchTask> first = Pop();
  EXPECT_FALSE(Pop().has_value());
  StorePage(*first, 1, 0, 1000);
  PassDomainWait();
  EXPECT_TRUE(Pop().has_value());
  EXPECT_TRUE(Pop().has_value());
  EXPECT_FALSE(Pop().has_value());
}

TEST_F(FrontierBudgetTest, WhatIsUnderWayIsRememberedWhereDomainsAreMany) {
  options_.budgets.by_in_links = true;
  options_.max_live_hosts = 8;
  BeginDomain({.max_page_count = 1});
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  for (int i = 0; i < 500; ++i) {
    InsertedLink link = LinkTo(absl::StrCat("http://site", i, ".example"), "/");
    link.link.from_domain = 12345;
    Insert({link});
  }
  PassDomainWait();
  while (const std::optional<FetchTask> other = Pop()) {
    EXPECT_EQ(other->kind, FetchTask::Kind::kRobots) << other->url;
  }
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

TEST_F(FrontierBudgetTest, LargerDomainBudgetIsForAllHostsOfTheDomain) {
  options_.suffixes = &PublicSuffixList::Builtin();
  options_.budgets.by_in_links = true;
  options_.budgets.in_link_base = 1;
  options_.budgets.in_link_factor = 10;
  Restart();
  const std::string www = "http://www.site.com";
  const std::string blog = "http://blog.site.com";
  Insert({LinkTo(www, "/a"), LinkTo(www, "/b")});
  AllowAll();
  StorePage(*Pop(), 7);
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kDomainBudget)], 1u);
  for (uint32_t i = 1; i <= 12; ++i) {
    InsertedLink link = LinkTo(blog, "/x");
    link.link.from_domain = i * 1000;
    Insert({link});
  }
  bool goes_on = false;
  for (const absl::Time end = now_ + absl::Hours(2); now_ < end; now_ += absl::Minutes(1)) {
    while (const std::optional<FetchTask> task = Pop()) {
      if (task->kind == FetchTask::Kind::kRobots) {
        AnswerRobots(*task, 404);
        continue;
      }
      goes_on = goes_on || task->url == www + "/b";
      StorePage(*task, 8);
    }
  }
  EXPECT_TRUE(goes_on);
}

}  // namespace
}  // namespace spindle
