#include "crawler/rejudge.h"

#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "parsers/url.h"
#include "shard/frontier.h"
#include "storage/crawl_store.h"
#include "storage/verify.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr ShardId kShard = 1;
constexpr char kOrigin[] = "http://a.example";

class RejudgeTest : public ::testing::Test {
 protected:
  RejudgeTest() {
    options_.budgets.max_depth = 1;
    Load();
  }

  void Load() {
    frontier_ = std::make_unique<Frontier>(kShard, options_, store_.get());
    ASSERT_TRUE(frontier_->Load(now_).ok());
  }
  UrlKey KeyOf(const std::string& path) const {
    return {kShard, MakeHostId(kTestSalt, kOrigin), MakeUrlId(kTestSalt, kOrigin, path)};
  }
  void Insert(const std::string& path, int depth) {
    InsertedLink link;
    link.key = KeyOf(path);
    link.link.origin = kOrigin;
    link.link.path = path;
    link.link.depth = static_cast<uint16_t>(depth);
    link.link.priority = static_cast<uint8_t>(depth);
    link.link.found_on = KeyOf("/");
    Commit commit = store_->NewCommit();
    ASSERT_TRUE(frontier_->Insert({link}, now_, &commit, nullptr).ok());
    ASSERT_TRUE(store_->Apply(commit).ok());
  }
  // Its robots.txt, or a page that is gone; empty: nothing may be fetched.
  std::string FetchNext() {
    Commit commit = store_->NewCommit();
    const auto task = frontier_->Pop(now_, &commit);
    EXPECT_TRUE(task.ok() && store_->Apply(commit).ok());
    if (!task->has_value()) return "";
    HostObservation seen;
    seen.now = seen.request_seen = now_;
    seen.answered = true;
    frontier_->Release(**task, seen, &commit);
    if ((*task)->kind == FetchTask::Kind::kRobots) {
      RobotsAnswer answer;
      answer.http_status = robots_status_;
      EXPECT_TRUE(frontier_->SetRobots((*task)->host, answer, now_, &commit).ok());
    } else {
      FetchOutcome outcome;
      outcome.verdict = {UrlState::kGone, Reason::kHttpStatus};
      EXPECT_TRUE(frontier_->Complete(**task, outcome, now_, &commit).ok());
    }
    EXPECT_TRUE(store_->Apply(commit).ok());
    now_ += absl::Seconds(5);
    return (*task)->url;
  }
  void JudgeAnew(bool in_scope = true) {
    frontier_.reset();
    now_ += absl::Seconds(5);
    Scope scope(ScopeKind::kHost, nullptr);
    if (in_scope) scope.AddSeed(*Url::Parse(kOrigin));
    ASSERT_TRUE(Rejudge(scope, options_, now_, store_.get()).ok());
    now_ += absl::Seconds(5);
    Load();
    now_ += absl::Seconds(5);
  }
  UrlRecord Stored(const std::string& path) {
    return store_->reader().GetUrl(KeyOf(path))->value_or(UrlRecord());
  }

  ScratchDir dir_;
  std::unique_ptr<CrawlStore> store_ = OpenTestStore(dir_.path());
  FrontierOptions options_;
  absl::Time now_ = At(0);
  uint16_t robots_status_ = 404;
  std::unique_ptr<Frontier> frontier_;
};

TEST_F(RejudgeTest, WhatIsOutOfScopeIsExcludedAndWhatIsTooDeepIsParked) {
  Insert("/a", 1);
  JudgeAnew(/*in_scope=*/false);
  EXPECT_EQ(Stored("/a").reason, Reason::kOutOfScope);
  Insert("/b", 1);
  options_.budgets.max_depth = 0;
  JudgeAnew();
  EXPECT_EQ(Stored("/b").state, UrlState::kParked);
  const auto report = Verify(store_->reader(), VerifyOptions());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->ok());
}

TEST_F(RejudgeTest, AParkedHostWhoseQueueIsEmptiedHasAnotherChance) {
  options_.politeness.max_tries = 1;
  robots_status_ = 503;
  Load();
  Insert("/a", 1);
  EXPECT_EQ(FetchNext(), "http://a.example/robots.txt");
  EXPECT_EQ(frontier_->parked_host_count(), 1u);
  JudgeAnew(/*in_scope=*/false);
  Insert("/b", 1);
  EXPECT_EQ(FetchNext(), "http://a.example/robots.txt");
}

TEST_F(RejudgeTest, WhatAnEarlierRunKeptOutComesBackOnceItIsInside) {
  options_.max_depth = 1;
  options_.budgets.max_depth = -1;
  Load();
  Insert("/a", 1);
  Insert("/deep", 2);
  Insert("/a/a/a/a/a/a/a/a/trap", 2);
  EXPECT_EQ(Stored("/deep").reason, Reason::kDepth);
  JudgeAnew(/*in_scope=*/false);
  EXPECT_EQ(Stored("/a").reason, Reason::kOutOfScope);
  options_.max_depth = 2;
  JudgeAnew();
  EXPECT_EQ(Stored("/a").state, UrlState::kQueued);
  EXPECT_EQ(Stored("/deep").state, UrlState::kQueued);
  EXPECT_EQ(Stored("/a/a/a/a/a/a/a/a/trap").reason, Reason::kTrapRepeat);
  EXPECT_EQ(frontier_->pending_count(), 2);
  EXPECT_TRUE(Verify(store_->reader(), VerifyOptions())->ok());
  EXPECT_EQ(FetchNext(), "http://a.example/robots.txt");
  EXPECT_EQ(FetchNext(), "http://a.example/a");
  EXPECT_EQ(FetchNext(), "http://a.example/deep");
}

TEST_F(RejudgeTest, WhatStaysOutsideStaysAsItIs) {
  options_.max_depth = 1;
  Load();
  Insert("/deep", 3);
  options_.max_depth = 2;
  JudgeAnew();
  EXPECT_EQ(Stored("/deep").reason, Reason::kDepth);
  options_.max_depth = 3;
  JudgeAnew(/*in_scope=*/false);
  EXPECT_EQ(Stored("/deep").reason, Reason::kOutOfScope);
  EXPECT_EQ(frontier_->pending_count(), 0);
  EXPECT_TRUE(Verify(store_->reader(), VerifyOptions())->ok());
}

TEST_F(RejudgeTest, RulesDifferWhereTheSeedsWidenTheScope) {
  Scope host(ScopeKind::kHost, nullptr);
  Scope any(ScopeKind::kAny, nullptr);
  const std::string host_rules = DescribeRules(host, options_);
  const std::string any_rules = DescribeRules(any, options_);
  host.AddSeed(*Url::Parse(kOrigin));
  any.AddSeed(*Url::Parse(kOrigin));
  EXPECT_NE(DescribeRules(host, options_), host_rules);
  EXPECT_EQ(DescribeRules(any, options_), any_rules);
}

TEST_F(RejudgeTest, IsDoneAgainAfterItWasStopped) {
  Insert("/deep", 2);
  options_.budgets.max_depth = 2;
  frontier_.reset();
  Scope scope(ScopeKind::kAny, nullptr);
  EXPECT_TRUE(absl::IsCancelled(Rejudge(scope, options_, now_, store_.get(), [] { return true; })));
  EXPECT_EQ(Stored("/deep").state, UrlState::kParked);
  JudgeAnew();
  EXPECT_EQ(Stored("/deep").state, UrlState::kQueued);
}

// The host's place in the front was that of its next visit.
TEST_F(RejudgeTest, WhatComesBackDoesNotWaitForAVisit) {
  Insert("/a", 1);
  Insert("/deep", 2);
  EXPECT_EQ(FetchNext(), "http://a.example/robots.txt");
  EXPECT_EQ(FetchNext(), "http://a.example/a");
  EXPECT_EQ(FetchNext(), "");
  options_.budgets.max_depth = 2;
  JudgeAnew();
  EXPECT_EQ(FetchNext(), "http://a.example/deep");
}

TEST_F(RejudgeTest, UntilTheCallerNamesTheRulesTheCrawlIsJudgedByNone) {
  ASSERT_TRUE(store_->SetJudgedBy("rules of the run before").ok());
  Insert("/a", 1);
  JudgeAnew(/*in_scope=*/false);
  frontier_.reset();
  store_.reset();
  store_ = OpenTestStore(dir_.path());
  EXPECT_EQ(store_->meta().judged_by, "");
}

}  // namespace
}  // namespace spindle
