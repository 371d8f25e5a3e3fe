#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/shard/frontier_fixture.h"

namespace spindle {
namespace {

TEST_F(FrontierTest, EveryTryCountsThatLedToGivingUp) {
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  const std::optional<FetchTask> task = Pop();
  Release(*task);
  Complete(*task, UrlState::kFailed);
  EXPECT_EQ(Stored(kHost, "/a").failures, 1);
}

TEST_F(FrontierTest, HoldsBackHostUntilDelayPasses) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  const std::optional<FetchTask> first = Pop();
  ASSERT_TRUE(first.has_value());
  now_ += absl::Seconds(3);
  EXPECT_FALSE(Pop().has_value());
  Finish(*first);
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->NextReadyTime(), now_ + absl::Seconds(10));
  now_ += absl::Seconds(10) - absl::Nanoseconds(1);
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Nanoseconds(1);
  EXPECT_TRUE(Pop().has_value());
}

TEST_F(FrontierTest, NeverTwoRequestsAtOnceToOneHost) {
  options_.politeness.per_host_delay = absl::ZeroDuration();
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  const std::optional<FetchTask> first = Pop();
  ASSERT_TRUE(first.has_value());
  now_ += absl::Hours(1);
  EXPECT_FALSE(Pop().has_value());
  Release(*first);
  EXPECT_TRUE(Pop().has_value());
}

TEST_F(FrontierTest, ConcurrencyIsAllowedWhereAskedForADelayApart) {
  options_.per_host_concurrency = 2;
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b"), LinkTo(kHost, "/c")});
  AllowAll();
  EXPECT_TRUE(Pop().has_value());
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(10);
  EXPECT_TRUE(Pop().has_value());
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());
}

TEST_F(FrontierTest, OtherHostsDoNotWait) {
  Insert({LinkTo(kHost, "/a"), LinkTo("http://b.example", "/a")});
  EXPECT_TRUE(Pop().has_value());
  EXPECT_TRUE(Pop().has_value());
  EXPECT_FALSE(Pop().has_value());
}

// A server that is started anew fails all requests that were under way.
TEST_F(FrontierTest, RequestsThatFailTogetherAreOneFailure) {
  options_.per_host_concurrency = 4;
  options_.politeness.per_host_delay = absl::ZeroDuration();
  Restart();
  std::vector<InsertedLink> links;
  for (int i = 0; i < 12; ++i) links.push_back(LinkTo(kHost, absl::StrCat("/", i)));
  Insert(links);
  AllowAll();
  const absl::Duration backoff = options_.politeness.min_backoff;
  for (const absl::Duration expected : {backoff, 2 * backoff}) {
    std::vector<FetchTask> tasks;
    while (std::optional<FetchTask> task = Pop()) tasks.push_back(*std::move(task));
    ASSERT_EQ(tasks.size(), 4u);
    for (const FetchTask& task : tasks) {
      now_ += absl::Milliseconds(1);
      Release(task, /*failed=*/true);
      Complete(task, UrlState::kFailed);
    }
    EXPECT_EQ(frontier_->NextReadyTime(), now_ + expected);
    now_ += expected;
  }
}

TEST_F(FrontierTest, ParkedHostWithoutWorkHasAnotherChanceInTheNextRun) {
  options_.politeness.max_host_failures = 1;
  Restart();
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  const std::optional<FetchTask> task = Pop();
  Release(*task, /*failed=*/true);
  Complete(*task, UrlState::kExcluded);
  EXPECT_EQ(frontier_->parked_host_count(), 1u);
  Restart();
  Insert({LinkTo(kHost, "/b")});
  now_ += absl::Seconds(10);
  EXPECT_EQ(FinishNext(), "/b");
}

TEST_F(FrontierTest, BreadthFirstAcrossWindowAndDisk) {
  options_.window_count = 4;
  options_.politeness.per_host_delay = absl::ZeroDuration();
  Restart();
  std::vector<InsertedLink> links;
  for (int i = 0; i < 40; ++i) links.push_back(LinkTo(kHost, absl::StrCat("/", i), 1 + i % 5));
  Insert(links);
  AllowAll();
  int last_depth = 0;
  for (int i = 0; i < 40; ++i) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value()) << i;
    EXPECT_GE(task->record.depth, last_depth);
    last_depth = task->record.depth;
    Finish(*task);
  }
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->pending_count(), 0);
}

TEST_F(FrontierTest, ShallowerUrlsOvertakeWhatWaits) {
  options_.window_count = 2;
  options_.politeness.per_host_delay = absl::ZeroDuration();
  Restart();
  Insert({LinkTo(kHost, "/5a", 5), LinkTo(kHost, "/5b", 5), LinkTo(kHost, "/5c", 5)});
  AllowAll();
  const std::optional<FetchTask> first = Pop();
  EXPECT_EQ(first->record.path, "/5a");
  Insert({LinkTo(kHost, "/1a", 1), LinkTo(kHost, "/1b", 1), LinkTo(kHost, "/1c", 1)});
  Finish(*first);
  std::vector<std::string> order;
  while (const std::optional<FetchTask> task = Pop()) {
    order.push_back(task->record.path);
    Finish(*task);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"/1a", "/1b", "/1c", "/5b", "/5c"}));
}

TEST_F(FrontierTest, FailedTryIsDueAfterItsBackOffAlsoAfterARestart) {
  options_.politeness.per_host_delay = absl::Seconds(1);
  options_.politeness.min_backoff = absl::Seconds(30);
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b"), LinkTo(kHost, "/c")});
  AllowAll();
  const std::optional<FetchTask> first = Pop();
  EXPECT_EQ(first->record.path, "/a");
  Release(*first);  // the host is well
  Complete(*first, UrlState::kQueued);
  EXPECT_EQ(Stored(kHost, "/a").failures, 1);
  EXPECT_EQ(Stored(kHost, "/a").lane, Lane::kRetry);
  now_ += absl::Seconds(1);
  EXPECT_EQ(FinishNext(), "/b");
  Restart();
  EXPECT_EQ(frontier_->pending_count(), 2);
  now_ += absl::Seconds(29);
  EXPECT_EQ(FinishNext(), "/a");
  now_ += absl::Seconds(1);
  EXPECT_EQ(FinishNext(), "/c");
  EXPECT_EQ(frontier_->pending_count(), 0);
}

TEST_F(FrontierTest, HostsBeyondTheLimitWaitOnDisk) {
  options_.max_live_hosts = 3;
  Restart();
  std::set<std::string> hosts;
  for (int i = 0; i < 20; ++i) {
    const std::string origin = absl::StrCat("http://h", i, ".example");
    Insert({LinkTo(origin, "/a"), LinkTo(origin, "/b")});
    hosts.insert(origin);
  }
  for (int rounds = 0; frontier_->pending_count() > 0; ++rounds) {
    ASSERT_LT(rounds, 1000);
    EXPECT_LE(frontier_->live_host_count(), 3u);
    const std::optional<FetchTask> task = Pop();
    if (!task.has_value()) {
      ASSERT_GT(frontier_->NextReadyTime(), now_);
      now_ = frontier_->NextReadyTime();
    } else if (task->kind == FetchTask::Kind::kRobots) {
      AnswerRobots(*task, 404);
    } else {
      Finish(*task);
    }
  }
  for (const std::string& origin : hosts) {
    EXPECT_EQ(Stored(origin, "/b").state, UrlState::kGone) << origin;
  }
}

TEST_F(FrontierTest, HostWithNothingToDoForLongLeavesAndComesBackInTime) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  const std::optional<FetchTask> task = Pop();
  HostObservation seen;
  seen.now = seen.request_seen = now_;
  seen.answered = seen.failed = true;
  seen.retry_after = absl::Hours(2);
  Commit commit = store_->NewCommit();
  frontier_->Release(*task, seen, &commit);
  Complete(*task, UrlState::kGone);
  EXPECT_EQ(frontier_->live_host_count(), 0u);
  EXPECT_EQ(frontier_->NextReadyTime(), now_ + absl::Hours(2));
  now_ += absl::Hours(2);
  EXPECT_EQ(FinishNext(), "/b");
}

TEST_F(FrontierTest, DeferredTaskComesAgainAtItsTime) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  for (const std::string url : {"/robots.txt", "/a"}) {
    for (int tries = 0; tries < 2; ++tries) {
      const std::optional<FetchTask> task = Pop();
      ASSERT_TRUE(task.has_value());
      EXPECT_EQ(task->url, kHost + url);
      if (tries == 1) {
        task->kind == FetchTask::Kind::kRobots ? AnswerRobots(*task, 404) : Finish(*task);
        now_ += absl::Seconds(10);
        continue;
      }
      Commit commit = store_->NewCommit();
      EXPECT_TRUE(frontier_->Defer(*task, now_ + absl::Seconds(30), now_, &commit).ok());
      EXPECT_TRUE(store_->Apply(commit).ok());
      now_ += absl::Seconds(29);
      EXPECT_FALSE(Pop().has_value());
      now_ += absl::Seconds(1);
    }
  }
  EXPECT_EQ(FinishNext(), "/b");
}

TEST_F(FrontierTest, WhatWasUnderWayAtADeathIsStillQueued) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  ASSERT_EQ(Pop()->record.path, "/a");
  Restart();
  EXPECT_EQ(frontier_->pending_count(), 2);
  now_ += absl::Seconds(10);
  EXPECT_EQ(Pop()->record.path, "/a");
}

TEST_F(FrontierTest, AfterARestartEveryHostWaitsAFullDelay) {
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  now_ += absl::Hours(1);
  ASSERT_TRUE(Pop().has_value());
  Restart();
  EXPECT_FALSE(Pop().has_value());
  EXPECT_EQ(frontier_->NextReadyTime(), now_ + absl::Seconds(10));
}

TEST_F(FrontierTest, IdleHostsLeaveMemoryAndKeepTheirClock) {
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  Finish(*Pop());
  Pop();
  EXPECT_EQ(frontier_->live_host_count(), 0u);
  Insert({LinkTo(kHost, "/b")});
  EXPECT_EQ(frontier_->NextReadyTime(), now_ + absl::Seconds(10));
}

TEST_F(FrontierTest, DeadHostIsParkedWithItsQueue) {
  options_.politeness.max_tries = 100;
  options_.politeness.max_host_failures = 3;
  Restart();
  Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b")});
  AllowAll();
  for (int i = 0; i < 3; ++i) {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    Finish(*task, UrlState::kQueued);
    now_ += absl::Hours(1);
  }
  EXPECT_EQ(frontier_->pending_count(), 0);
  EXPECT_EQ(frontier_->parked_host_count(), 1u);
  now_ -= absl::Seconds(1);
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(1);  // an hour after its death
  const std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(frontier_->pending_count(), 2);
  Finish(*task, UrlState::kQueued);  // one more failure parks it again
  EXPECT_EQ(frontier_->pending_count(), 0);
  Restart();
  EXPECT_EQ(frontier_->pending_count(), 2);
}

// Random operations, with restarts between any two, against a model that only knows sets.
class FrontierModelTest : public FrontierTest, public ::testing::WithParamInterface<int> {};

TEST_P(FrontierModelTest, FetchesEachUrlOnceAndKeepsItsDistance) {
  std::mt19937 random(GetParam());
  const auto roll = [&](int n) { return static_cast<int>(random() % n); };
  options_.window_count = 1 + roll(6);
  options_.per_host_concurrency = 1 + roll(2);
  options_.politeness.per_host_delay = absl::Seconds(roll(3));
  Restart();
  std::set<std::string> known;
  std::set<std::string> done;
  std::map<HostId, absl::Time> last_start;
  std::vector<FetchTask> open;

  const auto start = [&](const FetchTask& task) {
    const auto it = last_start.find(task.host.host);
    if (it != last_start.end()) {
      EXPECT_GE(now_, it->second + options_.politeness.per_host_delay);
    }
    last_start[task.host.host] = now_;
    open.push_back(task);
  };
  const auto end = [&](size_t i) {
    const FetchTask task = open[i];
    open.erase(open.begin() + i);
    if (task.kind == FetchTask::Kind::kRobots) {
      AnswerRobots(task, 404);
      return;
    }
    EXPECT_FALSE(done.contains(task.url)) << task.url;
    const bool retry = roll(8) == 0 && task.record.failures < 2;
    Finish(task, retry ? UrlState::kQueued : UrlState::kGone);
    if (!retry) done.insert(task.url);
  };

  for (int step = 0; step < 600; ++step) {
    switch (roll(10)) {
      case 0:
      case 1: {
        std::vector<InsertedLink> links;
        for (int i = roll(12); i > 0; --i) {
          const std::string host = absl::StrCat("http://h", roll(4));
          const std::string path = absl::StrCat("/", roll(120));
          known.insert(host + path);
          links.push_back(LinkTo(host, path, 1 + roll(3)));
        }
        Insert(links);
        break;
      }
      case 2:
        now_ += absl::Milliseconds(roll(4000));
        break;
      case 3:
        if (roll(12) == 0) {
          open.clear();
          Restart();
        }
        break;
      case 4:
      case 5:
      case 6:
        if (!open.empty()) end(roll(open.size()));
        break;
      default:
        if (const std::optional<FetchTask> task = Pop()) start(*task);
    }
  }
  while (frontier_->pending_count() > 0) {
    while (!open.empty()) end(0);
    if (const std::optional<FetchTask> task = Pop()) {
      start(*task);
    } else if (frontier_->pending_count() > 0) {
      ASSERT_NE(frontier_->NextReadyTime(), absl::InfiniteFuture());
      now_ = std::max(now_, frontier_->NextReadyTime());
    }
  }
  EXPECT_EQ(done, known);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FrontierModelTest, ::testing::Range(0, 12));

TEST_F(FrontierTest, WhatLinksBringADeadHostWaitsForItsRevivalAndNoLonger) {
  for (const size_t min_idle_hosts : {size_t{64}, size_t{0}}) {
    options_.politeness.max_host_failures = 2;
    options_.min_idle_hosts = min_idle_hosts;
    options_.max_live_hosts = 1;
    Restart();
    const std::string host = absl::StrCat("http://idle", min_idle_hosts, ".example");
    Insert({LinkTo(host, "/a"), LinkTo(host, "/b")});
    now_ += absl::Minutes(1);
    AllowAll();
    for (int i = 0; i < 2; ++i) {
      const std::optional<FetchTask> task = Pop();
      ASSERT_TRUE(task.has_value());
      Release(*task, /*failed=*/true);
      Complete(*task, UrlState::kFailed);
      now_ += absl::Minutes(1);
    }
    EXPECT_EQ(frontier_->parked_host_count(), 1u);
    now_ += absl::Hours(2);
    EXPECT_FALSE(Pop().has_value());  // looked at: nothing to fetch
    EXPECT_FALSE(Pop().has_value());
    Insert({LinkTo(host, "/new")});
    now_ += absl::Hours(2);
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    Finish(*task);
    now_ += absl::Minutes(1);
  }
}

}  // namespace
}  // namespace spindle
