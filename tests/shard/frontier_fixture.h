#ifndef SPINDLE_TESTS_SHARD_FRONTIER_FIXTURE_H_
#define SPINDLE_TESTS_SHARD_FRONTIER_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shard/frontier.h"
#include "storage/crawl_store.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {

inline constexpr absl::Time kStart = absl::FromUnixSeconds(31'536'000);
inline constexpr ShardId kShard = 1;
inline constexpr char kHost[] = "http://a.example";

// One shard's frontier over a store of its own, on a clock that the test moves. What a call changes
// is applied at once, as a worker does.
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
    clocks_.emplace();
    frontier_ = std::make_unique<Frontier>(kShard, options_, store_.get(), nullptr, &*clocks_);
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
      const bool looked_through = commit.empty() && frontier_->NextReadyTime() > now_;
      const bool again = !task->has_value() && !looked_through;
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
  void StorePage(const FetchTask& task, uint64_t digest, uint64_t simhash = 0,
                 uint64_t body_bytes = 0) {
    Release(task);
    FetchOutcome outcome;
    outcome.http_status = 200;
    outcome.digest = digest;
    outcome.simhash = simhash;
    outcome.etag = absl::StrCat("\"", digest, "\"");
    outcome.stored = true;
    outcome.body_bytes = body_bytes;
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
  std::optional<RequestClocks> clocks_;
  std::unique_ptr<Frontier> frontier_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_SHARD_FRONTIER_FIXTURE_H_
