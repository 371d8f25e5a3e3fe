// A store whose process dies, or whose machine loses power, between any two changes of its files.

#include <stdlib.h>

#include <memory>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/crawl_store.h"
#include "storage/verify.h"
#include "tests/storage/test_crawl.h"
#include "tests/testing/memory_files.h"

namespace spindle {
namespace {

constexpr char kDir[] = "/crawl";

// FULL_SIZE: by hand, see README.md.
int CrashCount() { return getenv("FULL_SIZE") != nullptr ? 5000 : 30; }
// A crawl grows with each run; after so many crashes a new one begins.
constexpr int kCrashesPerCrawl = 15;

// Bytes that nothing compresses, so that write buffers fill.
std::string Noise(std::mt19937_64& random, size_t bytes) {
  std::string noise(bytes, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

// Runs of a crawl that all end in a crash, each upon what the one before has left.
class CrashTest : public ::testing::Test {
 protected:
  std::string PathOf(uint64_t i) { return absl::StrCat("/", i); }
  std::string OriginOf(uint64_t i) { return absl::StrCat("https://host", i % 5); }

  // Returns the number of its commits.
  uint64_t StartCrawl() {
    files_ = std::make_unique<MemoryFiles>();
    return 0;
  }

  void Open() {
    auto store = OpenTestStore(kDir, files_->env());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // Commit number i: a URL of its own, and what goes with it.
  void CommitNumber(uint64_t i) {
    TestCrawl crawl(store_.get());
    switch (random_() % 4) {
      case 0:
        crawl.AddQueued(OriginOf(i), PathOf(i), static_cast<int>(i));
        break;
      case 1:
        crawl.AddEnded(OriginOf(i), PathOf(i), UrlState::kGone, Reason::kHttpStatus);
        break;
      default:
        crawl.AddPage(OriginOf(i), PathOf(i), Noise(random_, random_() % 6000));
    }
  }

  // Commits until the crash; `*synced`: how many commits a sync has made safe by then.
  void RunIntoACrash(uint64_t first, uint64_t* done, uint64_t* synced) {
    files_->CrashAfter(random_() % 200);
    Open();
    *done = *synced = first;
    while (!files_->crashed()) {
      CommitNumber(*done);
      if (files_->crashed()) break;
      ++*done;
      if (random_() % 16 != 0) continue;
      ASSERT_TRUE(store_->Sync().ok());
      if (!files_->crashed()) *synced = *done;
    }
    store_.reset();
  }

  // The commits that are there are the first ones; returns their number.
  uint64_t CountCommits(uint64_t limit) {
    TestCrawl crawl(store_.get());
    uint64_t count = 0;
    bool gap = false;
    for (uint64_t i = 0; i < limit; ++i) {
      const bool there = store_->reader().GetUrl(crawl.KeyOf(OriginOf(i), PathOf(i)))->has_value();
      if (!there) gap = true;
      if (!there) continue;
      EXPECT_FALSE(gap) << "commit " << i << " is there, and one before it is not";
      ++count;
    }
    return count;
  }

  void ExpectVerified() {
    VerifyOptions options;
    options.deep = true;
    const auto report = Verify(store_->reader(), options);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->violations[0].where << ": "
                              << report->violations[0].message;
  }

  std::mt19937_64 random_{1};
  std::unique_ptr<MemoryFiles> files_;
  std::unique_ptr<CrawlStore> store_;
};

TEST_F(CrashTest, DeathLosesNothingThatWasApplied) {
  uint64_t commits = 0, all = 0;
  for (int crash = 0; crash < CrashCount(); ++crash) {
    SCOPED_TRACE(crash);
    if (crash % kCrashesPerCrawl == 0) commits = StartCrawl();
    uint64_t done = 0, synced = 0;
    RunIntoACrash(commits, &done, &synced);
    files_ = files_->AfterDeath();
    Open();
    all += CountCommits(done + 2) - commits;
    commits = CountCommits(done + 2);
    ASSERT_GE(commits, done);
    ASSERT_LE(commits, done + 1);  // one was under way
    ExpectVerified();
    store_.reset();
  }
  EXPECT_GT(all, CrashCount());
}

TEST_F(CrashTest, PowerLossLeavesTheFirstCommitsAndAllThatWereSynced) {
  uint64_t commits = 0, all = 0, lost = 0;
  for (int crash = 0; crash < CrashCount(); ++crash) {
    SCOPED_TRACE(crash);
    if (crash % kCrashesPerCrawl == 0) commits = StartCrawl();
    uint64_t done = 0, synced = 0;
    RunIntoACrash(commits, &done, &synced);
    files_ = files_->AfterPowerLoss(random_());
    Open();
    all += done - commits;
    commits = CountCommits(done + 2);
    ASSERT_GE(commits, synced);
    ASSERT_LE(commits, done + 1);
    lost += done - std::min(commits, done);
    ExpectVerified();
    store_.reset();
  }
  EXPECT_GT(all, CrashCount());
  EXPECT_GT(lost, 0);
}

// A URL that nothing else goes with, so that the caller sees the status.
absl::Status CommitUrl(CrawlStore& store, uint64_t i, std::mt19937_64& random) {
  UrlRecord url;
  url.path = absl::StrCat("/", i);
  url.detail = Noise(random, random() % 20'000);
  Commit commit = store.NewCommit();
  commit.PutUrl({1, 1, i}, url);
  commit.PutQueueEntry({{1, 1, i}, 0, 1});
  return store.Apply(commit);
}

TEST_F(CrashTest, FullOrBrokenDiskStopsTheStoreAndTheNextRunGoesOn) {
  uint64_t commits = 0, stops = 0;
  for (int run = 0; run < CrashCount() / 2; ++run) {
    SCOPED_TRACE(run);
    if (run % kCrashesPerCrawl == 0) commits = StartCrawl();
    const bool full = random_() % 2 == 0;
    files_->FailAfter(random_() % 300,
                      full ? MemoryFiles::Failure::kNoSpace : MemoryFiles::Failure::kIoError);
    auto store = OpenTestStore(kDir, files_->env());
    absl::Status status = store.status();
    uint64_t done = commits;
    while (status.ok()) {
      status = CommitUrl(**store, done, random_);
      if (status.ok()) ++done;
    }
    ++stops;
    EXPECT_EQ(status.code(),
              full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable)
        << status;
    if (store.ok()) {
      EXPECT_FALSE((*store)->Close().ok());
      store->reset();
    }
    files_->Heal();
    Open();
    uint64_t urls = 0;
    const auto count = [&](const UrlKey& key, const UrlRecord&) { return key.url == urls++; };
    ASSERT_TRUE(store_->reader().ForEachUrl(std::nullopt, count).ok());
    ASSERT_GE(urls, done);
    ASSERT_LE(urls, done + 1);
    ASSERT_EQ(store_->reader().ReadQueue({1, 1}, Lane::kReady, std::nullopt, urls + 1)->size(),
              urls);
    commits = urls;
    store_.reset();
  }
  EXPECT_EQ(stops, CrashCount() / 2);
}

}  // namespace
}  // namespace spindle
