#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/shard/frontier_fixture.h"

namespace spindle {
namespace {

// Hosts that share a clock: a group's, or that of an address, which fetchers ask.
class FrontierClocksTest : public FrontierTest {
 protected:
  void Group(const std::string& group) {
    options_.clocks = *ClockGroups::Create(ClockKind::kHost, {*ParseClockGroup(group)});
    Restart();
  }
  // The next request that its clock allows; its robots.txt is answered.
  std::optional<FetchTask> NextPage() {
    for (const absl::Time end = now_ + absl::Hours(1); now_ < end; now_ += absl::Seconds(1)) {
      const std::optional<FetchTask> task = Pop();
      if (!task.has_value()) continue;
      clocks_->Begin(task->clock, now_, task->delay);
      if (task->kind == FetchTask::Kind::kPage) return task;
      AnswerRobots(*task, 404);
    }
    return std::nullopt;
  }
};

TEST_F(FrontierClocksTest, HostsOfAGroupShareAClock) {
  Group("farm:a.example,b.example");
  Insert({LinkTo("http://a.example", "/"), LinkTo("http://b.example", "/"),
          LinkTo("http://c.example", "/")});
  std::vector<FetchTask> tasks = {*Pop(), *Pop()};  // one of the group, and c
  EXPECT_EQ(tasks[0].clock + tasks[1].clock, "group:farm");
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());  // it is on its way
  clocks_->Begin("group:farm", now_, absl::Seconds(10));
  now_ += absl::Seconds(9);
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(1);
  EXPECT_TRUE(Pop().has_value());
}

TEST_F(FrontierClocksTest, AHostThatHasNothingToAskGivesItsTurnBack) {
  Group("farm:a.example,b.example");
  Insert({LinkTo("http://a.example", "/no")});
  const std::optional<FetchTask> robots = Pop();
  clocks_->Begin("group:farm", now_, absl::Seconds(10));
  AnswerRobots(*robots, 200, "User-agent: *\nDisallow: /");
  now_ += absl::Seconds(10);
  EXPECT_FALSE(Pop().has_value());  // its page is struck out
  Insert({LinkTo("http://b.example", "/")});
  EXPECT_TRUE(Pop().has_value());
}

TEST_F(FrontierClocksTest, AfterARestartAPauseHoldsTheWholeGroupToItsEnd) {
  Group("farm:a.example,b.example");
  Insert({LinkTo("http://a.example", "/")});
  const std::optional<FetchTask> task = Pop();
  HostObservation seen;
  seen.now = seen.request_seen = now_;
  seen.answered = true;
  seen.retry_after = absl::Minutes(5);
  Commit commit = store_->NewCommit();
  frontier_->Release(*task, seen, &commit);
  RobotsAnswer answer;
  answer.http_status = 404;
  ASSERT_TRUE(frontier_->SetRobots(task->robots_for, answer, now_, &commit).ok());
  ASSERT_TRUE(store_->Apply(commit).ok());
  Insert({LinkTo("http://b.example", "/")});
  now_ += absl::Minutes(1);
  Restart();
  now_ += absl::Minutes(4) - absl::Seconds(1);
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(12);
  EXPECT_TRUE(Pop().has_value());
}

struct Sharing {
  int host_count;
  absl::Duration delay;
  bool by_address;
};

class FrontierTurnsTest : public FrontierClocksTest, public ::testing::WithParamInterface<Sharing> {
 protected:
  void Insert(int host_count, int page_count) {
    std::vector<InsertedLink> links;
    for (int i = 0; i < host_count * page_count; ++i) {
      links.push_back(LinkTo(absl::StrCat("http://h", i % host_count, ".farm.example"),
                             absl::StrCat("/", i / host_count)));
    }
    FrontierTest::Insert(links);
  }
  // Whether the clock of its address lets the task go now.
  bool Admitted(const FetchTask& task) {
    if (!GetParam().by_address) return true;
    const absl::Time when = clocks_->Admit("address", now_, task.delay, task.waited);
    if (when <= now_) return true;
    Commit commit = store_->NewCommit();
    EXPECT_TRUE(frontier_->Defer(task, when, now_, &commit).ok());
    EXPECT_TRUE(store_->Apply(commit).ok());
    return false;
  }
};

// Where a turn is more than a minute away, its host leaves memory until then.
TEST_P(FrontierTurnsTest, NoTurnIsLost) {
  options_.politeness.per_host_delay = GetParam().delay;
  if (!GetParam().by_address) {
    options_.clocks =
        *ClockGroups::Create(ClockKind::kHost, {*ParseClockGroup("farm:*.farm.example")});
  }
  Restart();
  Insert(GetParam().host_count, 1000 / GetParam().host_count);
  int request_count = 0;
  const absl::Time end = now_ + 500 * GetParam().delay;
  while (now_ < end) {
    const std::optional<FetchTask> task = Pop();
    if (!task.has_value()) {
      now_ = std::max(now_ + absl::Milliseconds(1), frontier_->NextReadyTime());
    } else if (Admitted(*task)) {
      ++request_count;
      clocks_->Begin(GetParam().by_address ? "address" : task->clock, now_, task->delay);
      if (task->kind == FetchTask::Kind::kRobots) {
        AnswerRobots(*task, 404);
      } else {
        Finish(*task);
      }
    }
  }
  EXPECT_GT(request_count, 400);
}

INSTANTIATE_TEST_SUITE_P(
    Clocks, FrontierTurnsTest,
    ::testing::Values(Sharing{30, absl::Seconds(1), false}, Sharing{100, absl::Seconds(1), false},
                      Sharing{10, absl::Seconds(10), false}, Sharing{2, absl::Seconds(90), false},
                      Sharing{100, absl::Seconds(1), true}, Sharing{2, absl::Seconds(90), true}));

TEST_F(FrontierClocksTest, TheLongestDelayHoldsTheWholeGroupAfterARestart) {
  Group("farm:a.example,b.example");
  const std::string other = "http://b.example";
  Insert({LinkTo(other, "/1"), LinkTo(other, "/2")});
  const std::optional<FetchTask> robots = Pop();
  clocks_->Begin(robots->clock, now_, robots->delay);
  AnswerRobots(*robots, 200, "User-agent: *\nCrawl-delay: 300\n");
  const std::optional<FetchTask> page = NextPage();
  ASSERT_TRUE(page.has_value());
  Finish(*page);
  Insert({LinkTo(kHost, "/1")});
  now_ += absl::Seconds(1);
  Restart();
  const absl::Time restarted = now_;
  const std::optional<FetchTask> next = NextPage();
  ASSERT_TRUE(next.has_value());
  EXPECT_GE(now_ - restarted, absl::Seconds(300));
}

TEST_F(FrontierClocksTest, ACrawlDelayHoldsTheGroupFromTheRequestThatToldIt) {
  Group("farm:a.example,b.example");
  Insert({LinkTo(kHost, "/1")});
  const std::optional<FetchTask> robots = Pop();
  clocks_->Begin(robots->clock, now_, robots->delay);
  AnswerRobots(*robots, 200, "User-agent: *\nCrawl-delay: 300\n");
  Insert({LinkTo("http://b.example", "/1")});
  const absl::Time told = now_;
  ASSERT_TRUE(NextPage().has_value());
  EXPECT_GE(now_ - told, absl::Seconds(300));
}

TEST_F(FrontierClocksTest, StrikingOutTakesNothingOfTheClock) {
  Group("farm:a.example,b.example");
  std::vector<InsertedLink> links;
  for (int i = 0; i < 1000; ++i) links.push_back(LinkTo(kHost, absl::StrCat("/no/", i)));
  links.push_back(LinkTo(kHost, "/yes", 2));
  Insert(links);
  const std::optional<FetchTask> robots = Pop();
  clocks_->Begin(robots->clock, now_, robots->delay);
  AnswerRobots(*robots, 200, "User-agent: *\nDisallow: /no/\n");
  const absl::Time begin = now_;
  const std::optional<FetchTask> page = NextPage();
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->record.path, "/yes");
  EXPECT_LE(now_ - begin, absl::Seconds(11));
}

// A host that fails for long backs off; the others of its clock have not failed.
TEST_F(FrontierClocksTest, APauseHoldsTheGroupNoLongerThanTheServerAsked) {
  Group("farm:a.example,b.example");
  Insert({LinkTo(kHost, "/1"), LinkTo(kHost, "/2")});
  std::optional<FetchTask> page = NextPage();
  ASSERT_TRUE(page.has_value());
  HostObservation seen;
  for (int i = 0; i < 8; ++i) {
    seen.now = seen.request_seen = now_;
    seen.answered = seen.failed = true;
    if (i == 7) seen.retry_after = absl::Seconds(20);
    Commit commit = store_->NewCommit();
    frontier_->Release(*page, seen, &commit);
    Complete(*page, UrlState::kQueued);
    if (i < 7) page = NextPage();
    ASSERT_TRUE(page.has_value());
  }
  Insert({LinkTo("http://b.example", "/1")});
  const absl::Time asked = now_;
  page = NextPage();
  ASSERT_TRUE(page.has_value());
  EXPECT_GE(now_ - asked, absl::Seconds(20));
  EXPECT_LE(now_ - asked, absl::Seconds(60));
}

}  // namespace
}  // namespace spindle
