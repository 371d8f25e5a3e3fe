#include "shard/frontier.h"

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/crawl_store.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(31'536'000);
constexpr ShardId kShard = 1;
constexpr char kHost[] = "http://a.example";

class FrontierTest : public ::testing::Test {
 protected:
  FrontierTest() {
    options_.politeness.per_host_delay = absl::Seconds(10);
    options_.politeness.latency_factor = 0;
    Open();
  }

  void Open() {
    store_ = OpenTestStore(dir_.path());
    Restart();
  }
  // As if the process had died and another one had opened the directory.
  void Restart() {
    frontier_ = std::make_unique<Frontier>(kShard, options_, store_.get());
    ASSERT_TRUE(frontier_->Load(now_).ok());
  }

  UrlKey KeyOf(const std::string& origin, const std::string& path) const {
    return {kShard, MakeHostId(kTestSalt, origin), MakeUrlId(kTestSalt, origin, path)};
  }
  InsertedLink LinkTo(const std::string& origin, const std::string& path, int depth = 1) const {
    InsertedLink link;
    link.key = KeyOf(origin, path);
    link.link.origin = origin;
    link.link.path = path;
    link.link.depth = depth;
    link.link.priority = depth;
    return link;
  }
  size_t Insert(const std::vector<InsertedLink>& links) {
    Commit commit = store_->NewCommit();
    size_t inserted = 0;
    EXPECT_TRUE(frontier_->Insert(links, now_, &commit, &inserted).ok());
    EXPECT_TRUE(store_->Apply(commit).ok());
    return inserted;
  }
  std::optional<FetchTask> Pop() {
    for (;;) {
      Commit commit = store_->NewCommit();
      absl::StatusOr<std::optional<FetchTask>> task = frontier_->Pop(now_, &commit);
      EXPECT_TRUE(task.ok()) << task.status();
      const bool again = !task->has_value() && !commit.empty();
      EXPECT_TRUE(store_->Apply(commit).ok());
      if (!again) return *std::move(task);
    }
  }
  void Release(const FetchTask& task, bool failed = false) {
    HostObservation seen;
    seen.now = seen.request_seen = now_;
    seen.answered = !failed;
    seen.failed = failed;
    Commit commit = store_->NewCommit();
    frontier_->Release(task, seen, &commit);
    EXPECT_TRUE(store_->Apply(commit).ok());
  }
  void Finish(const FetchTask& task, UrlState state = UrlState::kGone) {
    Release(task, state == UrlState::kQueued);
    Complete(task, state);
  }
  // The path of the next task, which ends as gone.
  std::string FinishNext() {
    const std::optional<FetchTask> task = Pop();
    if (!task.has_value()) return "none";
    Finish(*task);
    return task->record.path;
  }
  void StorePage(const FetchTask& task, uint64_t digest, uint64_t simhash = 0) {
    Release(task);
    FetchOutcome outcome;
    outcome.http_status = 200;
    outcome.digest = digest;
    outcome.simhash = simhash;
    outcome.etag = absl::StrCat("\"", digest, "\"");
    outcome.stored = true;
    outcome.fetched = now_;
    Commit commit = store_->NewCommit();
    EXPECT_TRUE(frontier_->Complete(task, outcome, now_, &commit).ok());
    EXPECT_TRUE(store_->Apply(commit).ok());
  }
  void Complete(const FetchTask& task, UrlState state) {
    FetchOutcome outcome;
    outcome.verdict = {state, state == UrlState::kFetched ? Reason::kNone : Reason::kHttpStatus};
    Commit commit = store_->NewCommit();
    EXPECT_TRUE(frontier_->Complete(task, outcome, now_, &commit).ok());
    EXPECT_TRUE(store_->Apply(commit).ok());
  }
  void AnswerRobots(const FetchTask& task, int status, const std::string& body = "") {
    ASSERT_EQ(task.kind, FetchTask::Kind::kRobots);
    Release(task, status >= 500);
    RobotsAnswer answer;
    answer.http_status = status;
    answer.body = body;
    Commit commit = store_->NewCommit();
    EXPECT_TRUE(frontier_->SetRobots(task.robots_for, answer, now_, &commit).ok());
    EXPECT_TRUE(store_->Apply(commit).ok());
  }
  // Makes the host known well enough to be learned about. REQUIRES: a budget of depth.
  void InsertParked() {
    for (int i = 0; i < 40; ++i) {
      Insert({LinkTo(kHost, absl::StrCat("/deep", i), options_.budgets.max_depth + 1)});
    }
  }
  // Past robots.txt of the host that is next.
  void AllowAll() {
    const std::optional<FetchTask> task = Pop();
    ASSERT_TRUE(task.has_value());
    AnswerRobots(*task, 404);
    now_ += options_.politeness.per_host_delay;
  }
  UrlRecord Stored(const std::string& origin, const std::string& path) {
    return store_->reader().GetUrl(KeyOf(origin, path))->value_or(UrlRecord());
  }

  ScratchDir dir_;
  FrontierOptions options_;
  absl::Time now_ = kStart;
  std::unique_ptr<CrawlStore> store_;
  std::unique_ptr<Frontier> frontier_;
};

TEST_F(FrontierTest, AsksForRobotsBeforeAnyPage) {
  Insert({LinkTo(kHost, "/a")});
  const std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->kind, FetchTask::Kind::kRobots);
  EXPECT_EQ(task->url, "http://a.example/robots.txt");
  now_ += absl::Hours(1);
  EXPECT_FALSE(Pop().has_value());
}

TEST_F(FrontierTest, KnowsAUrlOnlyOnce) {
  EXPECT_EQ(Insert({LinkTo(kHost, "/a"), LinkTo(kHost, "/b"), LinkTo(kHost, "/a")}), 2u);
  EXPECT_EQ(Insert({LinkTo(kHost, "/a")}), 0u);
  Restart();
  EXPECT_EQ(Insert({LinkTo(kHost, "/b"), LinkTo(kHost, "/c")}), 1u);
  EXPECT_EQ(frontier_->pending_count(), 3);
}

TEST_F(FrontierTest, CollidingIdsKeepBothUrls) {
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

TEST_F(FrontierTest, RobotsRulesExcludeWithAReason) {
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

TEST_F(FrontierTest, CountersAreStoredWithWhatRobotsExcluded) {
  Insert({LinkTo(kHost, "/private/a"), LinkTo(kHost, "/b")});
  AnswerRobots(*Pop(), 200, "User-agent: *\nDisallow: /private/\n");
  now_ += absl::Seconds(10);
  ASSERT_TRUE(Pop().has_value());
  EXPECT_EQ(store_->reader().GetHost(KeyOf(kHost, "/").host_key())->value().queued_count, 1u);
}

TEST_F(FrontierTest, RefusedAddressParksAtOnce) {
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

TEST_F(FrontierTest, ManyDisallowedUrlsAreStruckOutInTheEnd) {
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

TEST_F(FrontierTest, CrawlDelayOfRobotsHoldsTheHostAndSurvivesARestart) {
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

TEST_F(FrontierTest, RobotsAreKeptForTheirTimeAcrossARestart) {
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

TEST_F(FrontierTest, UnreachableRobotsAreAskedAgainThenParkTheHostUntilTheNextRun) {
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

TEST_F(FrontierTest, RedirectedRobotsWaitForTheOtherHostsClock) {
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

TEST_F(FrontierTest, UnreachableRobotsBehindARedirectAreTriedAgainToo) {
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

TEST_F(FrontierTest, NotModifiedThatNobodyAskedForIsNoPermission) {
  Insert({LinkTo(kHost, "/a")});
  AnswerRobots(*Pop(), 304);
  now_ += absl::Seconds(10);
  const std::optional<FetchTask> task = Pop();
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->kind, FetchTask::Kind::kRobots);
}

TEST_F(FrontierTest, OneHostTakesOnlySoManyRequestsForOthers) {
  const std::string other = "http://b.example";
  const HostKey a = KeyOf(kHost, "/").host_key();
  const HostKey b = KeyOf(other, "/").host_key();
  int accepted = 0;
  while (accepted < 1000 && *frontier_->RequestRobots({b, other, other + "/r", a, 1})) ++accepted;
  EXPECT_EQ(accepted, 64);
}

TEST_F(FrontierTest, HostAskedForAnotherOnlyLeavesMemoryAgain) {
  const std::string other = "http://b.example";
  const HostKey b = KeyOf(other, "/").host_key();
  ASSERT_TRUE(*frontier_->RequestRobots({b, other, other + "/r", KeyOf(kHost, "/").host_key(), 1}));
  const std::optional<FetchTask> hop = Pop();
  ASSERT_TRUE(hop.has_value());
  EXPECT_EQ(frontier_->live_host_count(), 1u);
  Release(*hop);
  EXPECT_EQ(frontier_->live_host_count(), 0u);
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

// A visit that is due, and a try again that is not: the run without visits waits for the latter.
TEST_F(FrontierTest, ADueVisitDoesNotMakeAHostComeAndGo) {
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

TEST_F(FrontierTest, WhatIsDueAtTheSameTimeIsStruckOutOnce) {
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

TEST_F(FrontierTest, TooDeepIsRecordedAndNotQueued) {
  options_.max_depth = 2;
  Restart();
  Insert({LinkTo(kHost, "/deep", 3)});
  EXPECT_EQ(Stored(kHost, "/deep").state, UrlState::kExcluded);
  EXPECT_EQ(Stored(kHost, "/deep").reason, Reason::kDepth);
  EXPECT_FALSE(Pop().has_value());
}

TEST_F(FrontierTest, TooManyRedirectsAreCutWithAReason) {
  InsertedLink link = LinkTo(kHost, "/hop");
  link.link.redirects = 11;
  Insert({link});
  EXPECT_EQ(Stored(kHost, "/hop").reason, Reason::kRedirectLimit);
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

TEST_F(FrontierTest, AHostThatComesBackBringsItsKnownUrlsAlong) {
  for (int i = 0; i < 100; ++i) Insert({LinkTo(kHost, absl::StrCat("/", i))});
  Restart();
  now_ += absl::Seconds(10);
  ASSERT_TRUE(Pop().has_value());
  for (int i = 0; i < 100; ++i) Insert({LinkTo(kHost, absl::StrCat("/", i))});
  EXPECT_EQ(frontier_->caches().seen.hit_count(), 100u);
  EXPECT_EQ(frontier_->caches().seen.miss_count(), 0u);
}

TEST_F(FrontierTest, AHostOfFewPagesToComeLeavesItsManyKnownUrlsInTheStore) {
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

TEST_F(FrontierTest, PagesAreVisitedAgainWhenDue) {
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

TEST_F(FrontierTest, PageThatIsVisitedAgainDoesNotCountAsARepeat) {
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

TEST_F(FrontierTest, PagesThatRepeatPutTheirAreaBack) {
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

TEST_F(FrontierTest, WhatIsDueWaitsForARunThatVisitsAgain) {
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

TEST_F(FrontierTest, ANewUrlIsTakenThoughDueVisitsOfItsHostWait) {
  Insert({LinkTo(kHost, "/a")});
  AllowAll();
  StorePage(*Pop(), 7);
  now_ += absl::Hours(24 * 400);
  EXPECT_FALSE(Pop().has_value());
  Insert({LinkTo(kHost, "/b")});
  AllowAll();  // it had expired
  EXPECT_EQ(Pop()->record.path, "/b");
}

TEST_F(FrontierTest, SitemapThatSaysNewerMakesAPageDue) {
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

TEST_F(FrontierTest, HostOverItsBudgetIsParkedUntilItIsRaised) {
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

TEST_F(FrontierTest, VisitsAgainGoOnAtAHostOverItsBudgetAndTakeNothingOfIt) {
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

TEST_F(FrontierTest, ANewPageThatFailedWaitsWithTheOthersForALargerBudget) {
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

TEST_F(FrontierTest, WhatWasMissingIsNotVisitedOverTheBudget) {
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

TEST_F(FrontierTest, WhatIsUnderWayCountsForTheBudget) {
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

TEST_F(FrontierTest, AHostOverItsBudgetThatDiesIsCountedAsDead) {
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

TEST_F(FrontierTest, DomainBudgetGrowsWithTheDomainsThatLinkToIt) {
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

TEST_F(FrontierTest, TooDeepForTheBudgetIsParkedAndCounted) {
  options_.budgets.max_depth = 2;
  Restart();
  Insert({LinkTo(kHost, "/a", 2), LinkTo(kHost, "/b", 3)});
  EXPECT_EQ(Stored(kHost, "/b").state, UrlState::kParked);
  EXPECT_EQ(frontier_->pending_count(), 1);
  EXPECT_EQ(store_->reader().GetHost(KeyOf(kHost, "/").host_key())->value().parked_count, 1u);
}

TEST_F(FrontierTest, TrapsAreExcludedWithTheirReason) {
  Insert({LinkTo(kHost, "/a/b/a/b/a/b/a/b/")});
  EXPECT_EQ(Stored(kHost, "/a/b/a/b/a/b/a/b/").state, UrlState::kExcluded);
  EXPECT_EQ(Stored(kHost, "/a/b/a/b/a/b/a/b/").reason, Reason::kTrapRepeat);
  EXPECT_EQ(frontier_->pending_count(), 0);
}

TEST_F(FrontierTest, SeedIsNoTrapWhateverItsLooks) {
  Insert({LinkTo(kHost, "/a/b/a/b/a/b/a/b/", 0)});
  EXPECT_EQ(Stored(kHost, "/a/b/a/b/a/b/a/b/").state, UrlState::kQueued);
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

TEST_F(FrontierTest, HostsOfAGroupShareAClock) {
  options_.clocks =
      *ClockGroups::Create(ClockKind::kHost, {*ParseClockGroup("farm:a.example,b.example")});
  Restart();
  Insert({LinkTo("http://a.example", "/"), LinkTo("http://b.example", "/"),
          LinkTo("http://c.example", "/")});
  EXPECT_TRUE(Pop().has_value());
  EXPECT_TRUE(Pop().has_value());  // one of the group, and c
  EXPECT_FALSE(Pop().has_value());
  now_ += absl::Seconds(10);
  EXPECT_TRUE(Pop().has_value());
}

TEST_F(FrontierTest, CollidingHostIdsKeepBothHosts) {
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

TEST_F(FrontierTest, WhatAHostTaughtSurvivesARestart) {
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

}  // namespace
}  // namespace spindle
