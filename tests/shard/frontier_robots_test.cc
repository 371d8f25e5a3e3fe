#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/shard/frontier_fixture.h"

namespace spindle {
namespace {

class FrontierRobotsTest : public FrontierTest {};

TEST_F(FrontierRobotsTest, AsksForRobotsBeforeAnyPage) {
  Insert({LinkTo(kHost, "/a")});
  const std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->kind, FetchTask::Kind::kRobots);
  EXPECT_EQ(task->url, "http://a.example/robots.txt");
  now_ += absl::Hours(1);
  EXPECT_FALSE(Pop().has_value());
}

TEST_F(FrontierRobotsTest, RobotsRulesExcludeWithAReason) {
  Insert({LinkTo(kHost, "/private/a"), LinkTo(kHost, "/b")});
  AnswerRobots(*Pop(), 200, "User-agent: *\nDisallow: /private/\n");
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->record.path, "/b");
  EXPECT_EQ(Stored(kHost, "/private/a").state, UrlState::kExcluded);
  EXPECT_EQ(Stored(kHost, "/private/a").reason, Reason::kRobotsDisallowed);
  EXPECT_EQ(frontier_->pending_count(), 1);
}

// 2 MB to search for each URL.
TEST_F(FrontierRobotsTest, OnePopStrikesOutFewUrlsWhereRulesAreSlow) {
  std::string robots = "User-agent: *\nDisallow: /\n";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&robots, "Disallow: /*aaaaaab\n");
  std::vector<InsertedLink> links;
  for (int i = 0; i < 20; ++i) {
    links.push_back(LinkTo(kHost, absl::StrCat("/ab/", i, "/", std::string(2000, 'a'))));
  }
  Insert(links);
  AnswerRobots(*Pop(), 200, robots);
  now_ += absl::Seconds(10);
  Commit commit = store_->NewCommit();
  ASSERT_FALSE((*frontier_->Pop(now_, &commit)).has_value());
  ASSERT_TRUE(store_->Apply(commit).ok());
  EXPECT_EQ(frontier_->pending_count(), 19);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->pending_count(), 0);
}

TEST_F(FrontierRobotsTest, CountersAreStoredWithWhatRobotsExcluded) {
  Insert({LinkTo(kHost, "/private/a"), LinkTo(kHost, "/b")});
  AnswerRobots(*Pop(), 200, "User-agent: *\nDisallow: /private/\n");
  now_ += absl::Seconds(10);
  ASSERT_TRUE(Pop().has_value());
  EXPECT_EQ(store_->reader().GetHost(KeyOf(kHost, "/").host_key())->value().queued_count, 1u);
}

TEST_F(FrontierRobotsTest, RefusedAddressParksAtOnce) {
  Insert({LinkTo(kHost, "/a")});
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  RobotsAnswer answer;
  answer.reason = Reason::kAddressRefused;
  Commit commit = store_->NewCommit();
  EXPECT_TRUE(frontier_->SetRobots(task->robots_for, answer, now_, &commit).ok());
  EXPECT_TRUE(store_->Apply(commit).ok());
  EXPECT_EQ(frontier_->pending_count(), 0);
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kAddressRefused)], 1u);
}

TEST_F(FrontierRobotsTest, RefusedAddressBehindARedirectIsNotTheHosts) {
  Insert({LinkTo(kHost, "/a")});
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  RobotsAnswer answer;
  answer.reason = Reason::kAddressRefused;
  answer.url = "http://private.example/robots.txt";
  answer.detail = "10.0.0.1 is private";
  Commit commit = store_->NewCommit();
  EXPECT_TRUE(frontier_->SetRobots(task->robots_for, answer, now_, &commit).ok());
  EXPECT_TRUE(store_->Apply(commit).ok());
  EXPECT_EQ(frontier_->parked_hosts()[static_cast<size_t>(Reason::kRobotsUnreachable)], 1u);
  EXPECT_EQ(store_->reader().GetRobots(task->robots_for)->value().body, answer.detail);
}

TEST_F(FrontierRobotsTest, ManyDisallowedUrlsAreStruckOutInTheEnd) {
  std::vector<InsertedLink> links;
  for (int i = 0; i < 500; ++i) links.push_back(LinkTo(kHost, absl::StrCat("/private/", i)));
  links.push_back(LinkTo(kHost, "/b", 2));
  Insert(links);
  AnswerRobots(*Pop(), 200, "User-agent: *\nDisallow: /private/\n");
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->record.path, "/b");
  EXPECT_EQ(frontier_->pending_count(), 1);
}

TEST_F(FrontierRobotsTest, CrawlDelayOfRobotsHoldsTheHostAndSurvivesARestart) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AnswerRobots(*Pop(), 200, "User-agent: *\nCrawl-delay: 60\n");
  EXPECT_EQ(frontier_->NextReadyTime(), now_ + absl::Seconds(60));
  now_ += absl::Seconds(60);
  Finish(*Pop());
  now_ += absl::Seconds(59);
  Restart();
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->NextReadyTime(), now_ + absl::Seconds(60));
}

TEST_F(FrontierRobotsTest, RobotsAreKeptForTheirTimeAcrossARestart) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b"), LinkTo(kHost, "/c")});
  AllowAll();
  Restart();
  now_ += absl::Seconds(10);
  std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->kind, FetchTask::Kind::kPage);
  Finish(*task);
  now_ += absl::Hours(24);
  task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->kind, FetchTask::Kind::kRobots);
}

TEST_F(FrontierRobotsTest, UnreachableRobotsAreAskedAgainThenParkTheHostUntilTheNextRun) {
  Insert({LinkTo(kHost, "/a")});
  for (const int backoff : {10, 10, 0}) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    AnswerRobots(*task, 503);
    now_ += absl::Seconds(backoff);
  }
  EXPECT_EQ(frontier_->pending_count(), 0);
  EXPECT_EQ(frontier_->parked_host_count(), 1u);
  EXPECT_EQ(Stored(kHost, "/a").state, UrlState::kQueued);
  const HostRecord host = store_->reader().GetHost(KeyOf(kHost, "/").host_key())->value();
  EXPECT_EQ(host.reason, Reason::kRobotsUnreachable);
  Restart();
  EXPECT_EQ(frontier_->pending_count(), 1);
  now_ += absl::Seconds(10);
  EXPECT_TRUE(Pop().has_value());
}

TEST_F(FrontierRobotsTest, RedirectedRobotsWaitForTheOtherHostsClock) {
  const std::string other = "http://b.example";
  Insert({LinkTo(kHost, "/a"), LinkTo(other, "/x")});
  // Whichever comes first: finish with b's own robots.txt, and keep a's.
  std::optional<FetchTask> robots_of_a;
  for (int i = 0; i < 2; ++i) {
    std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    if (task->host == KeyOf(other, "/").host_key()) {
      AnswerRobots(*task, 404);
    } else {
      robots_of_a = task;
    }
  }
  ASSERT_TRUE(robots_of_a.has_value());
  Release(*robots_of_a);
  const HostKey a = KeyOf(kHost, "/").host_key();
  const HostKey b = KeyOf(other, "/").host_key();
  ASSERT_TRUE(*frontier_->RequestRobots({b, other, other + "/rules.txt", a, 1}));
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> hop = Pop();
  ASSERT_TRUE(hop.has_value());
  EXPECT_EQ(hop->url, "http://b.example/rules.txt");
  EXPECT_EQ(hop->host, b);
  EXPECT_FALSE(Pop().has_value());
  AnswerRobots(*hop, 200, "User-agent: *\nDisallow: /\n");
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(Stored(kHost, "/a").reason, Reason::kNone);
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> page = Pop();
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->url, "http://b.example/x");
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(Stored(kHost, "/a").reason, Reason::kRobotsDisallowed);
}

TEST_F(FrontierRobotsTest, UnreachableRobotsBehindARedirectAreTriedAgainToo) {
  Insert({LinkTo(kHost, "/a")});
  RobotsAnswer answer;
  answer.http_status = 503;
  for (const int tries : {1, 2, 3}) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value()) << tries;
    Release(*task);  // a redirect: the host itself is well
    Commit commit = store_->NewCommit();
    EXPECT_TRUE(frontier_->SetRobots(task->robots_for, answer, now_, &commit).ok());
    ASSERT_TRUE(store_->Apply(commit).ok());
    EXPECT_EQ(frontier_->parked_host_count(), tries == 3 ? 1u : 0u);
    now_ += absl::Seconds(10);
  }
}

TEST_F(FrontierRobotsTest, NotModifiedThatNobodyAskedForIsNoPermission) {
  Insert({LinkTo(kHost, "/a")});
  AnswerRobots(*Pop(), 304);
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->kind, FetchTask::Kind::kRobots);
}

TEST_F(FrontierRobotsTest, OneHostTakesOnlySoManyRequestsForOthers) {
  const std::string other = "http://b.example";
  const HostKey a = KeyOf(kHost, "/").host_key();
  const HostKey b = KeyOf(other, "/").host_key();
  int accepted = 0;
  while (accepted < 1000 && *frontier_->RequestRobots({b, other, other + "/r", a, 1})) ++accepted;
  EXPECT_EQ(accepted, 64);
}

TEST_F(FrontierRobotsTest, HostAskedForAnotherOnlyLeavesMemoryAgain) {
  const std::string other = "http://b.example";
  const HostKey b = KeyOf(other, "/").host_key();
  ASSERT_TRUE(*frontier_->RequestRobots({b, other, other + "/r", KeyOf(kHost, "/").host_key(), 1}));
  const std::optional<FetchTask> hop = Pop();
  ASSERT_TRUE(hop.has_value());
  EXPECT_EQ(frontier_->live_host_count(), 1u);
  Release(*hop);
  EXPECT_EQ(frontier_->live_host_count(), 0u);
}

TEST_F(FrontierRobotsTest, DeadHostIsNotAskedForOthersEither) {
  options_.politeness.max_host_failures = 3;
  Restart();
  const std::string other = "http://b.example";
  const HostKey b = KeyOf(other, "/").host_key();
  for (int i = 0; i < 60; ++i) {
    const HostKey asker = KeyOf(absl::StrCat("http://a", i, ".example"), "/").host_key();
    ASSERT_TRUE(*frontier_->RequestRobots({b, other, other + "/r", asker, 1}));
  }
  for (int i = 0; i < 3; ++i) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    Release(*task, /*failed=*/true);
    now_ += absl::Minutes(1);
  }
  EXPECT_EQ(frontier_->parked_host_count(), 1u);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->TakeRefusedRobots().size(), 57u);
  EXPECT_TRUE(frontier_->TakeRefusedRobots().empty());
}

TEST_F(FrontierRobotsTest, PagesAndRequestsForOthersTakeTurns) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  const HostKey own = KeyOf(kHost, "/").host_key();
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const HostKey asker = KeyOf(absl::StrCat("http://other", i, ".example"), "/").host_key();
    ASSERT_TRUE(*frontier_->RequestRobots({own, kHost, absl::StrCat(kHost, "/r"), asker, 1}));
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    if (task->kind == FetchTask::Kind::kPage) {
      order += task->record.path;
      Finish(*task);
    } else {
      order += " other ";
      Release(*task);
    }
    now_ += absl::Seconds(10);
  }
  EXPECT_EQ(order, " other /a other /b other  other ");
}

// The host itself answers, with a redirect to where there is nothing.
class FrontierRedirectedRobotsTest : public FrontierRobotsTest {
 protected:
  void AnswerElsewhere(const FetchTask& task) {
    Release(task);
    RobotsAnswer answer;
    answer.http_status = 503;
    answer.url = "http://elsewhere.example/robots.txt";
    Commit commit = store_->NewCommit();
    EXPECT_TRUE(frontier_->SetRobots(task.robots_for, answer, now_, &commit).ok());
    EXPECT_TRUE(store_->Apply(commit).ok());
  }
};

TEST_F(FrontierRedirectedRobotsTest, TriesAreCountedAlsoWhereTheHostLeavesMemory) {
  options_.politeness.per_host_delay = absl::Minutes(2);
  options_.min_idle_hosts = 0;
  options_.max_live_hosts = 1;
  Restart();
  Insert({LinkTo(kHost, "/a")});
  now_ += absl::Minutes(3);
  int request_count = 0;
  for (; request_count < 20; ++request_count) {
    const std::optional<FetchTask> task = Pop();
    if (!task.has_value()) break;
    AnswerElsewhere(*task);
    now_ += absl::Minutes(3);
    EXPECT_EQ(frontier_->live_host_count(), 0u);
  }
  EXPECT_EQ(request_count, 3);
  EXPECT_EQ(frontier_->parked_host_count(), 1u);
}

TEST_F(FrontierRedirectedRobotsTest, RestsGrow) {
  Insert({LinkTo(kHost, "/a")});
  int request_count = 0;
  for (const absl::Time end = now_ + absl::Hours(24 * 5); now_ < end;) {
    const std::optional<FetchTask> task = Pop();
    if (task.has_value()) {
      ++request_count;
      AnswerElsewhere(*task);
    } else {
      now_ = std::max(now_ + absl::Seconds(1), frontier_->NextReadyTime());
    }
  }
  EXPECT_LE(request_count, 30);
}

}  // namespace
}  // namespace spindle
