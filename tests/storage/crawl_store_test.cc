#include "storage/crawl_store.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/storage/child_process.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"
#include "tests/testing/memory_files.h"

namespace spindle {
namespace {

constexpr char kOrigin[] = "https://example.org";

absl::StatusOr<std::unique_ptr<CrawlStore>> Open(const std::string& dir) {
  return CrawlStore::Open(dir, StoreOptions(), CreateOptions{});
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
}

TEST(CrawlStoreTest, CreatesDirectoryAndItsParents) {
  ScratchDir scratch;
  const std::string dir = scratch.path("a/b");
  EXPECT_FALSE(CrawlStore::Exists(dir));
  std::unique_ptr<CrawlStore> store = OpenTestStore(dir);
  EXPECT_TRUE(CrawlStore::Exists(dir));
  EXPECT_EQ(store->meta().shard_count, kTestShardCount);
  EXPECT_EQ(store->meta().hash_salt, kTestSalt);
  EXPECT_EQ(store->meta().created, At(0));
  EXPECT_EQ(store->meta().runs, 1);
}

TEST(CrawlStoreTest, KeepsWhatTheCrawlWasCreatedWith) {
  ScratchDir scratch;
  OpenTestStore(scratch.path());
  CreateOptions other;
  other.shard_count = 99;
  other.hash_salt = 1;
  const auto store = CrawlStore::Open(scratch.path(), StoreOptions(), other);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ((*store)->meta().shard_count, kTestShardCount);
  EXPECT_EQ((*store)->meta().hash_salt, kTestSalt);
  EXPECT_EQ((*store)->meta().runs, 2);
}

TEST(CrawlStoreTest, RefusesShardCountsThatDoNotFitTheKeys) {
  ScratchDir scratch;
  for (const uint32_t count : {0u, 65537u}) {
    CreateOptions options;
    options.shard_count = count;
    EXPECT_EQ(CrawlStore::Open(scratch.path(), StoreOptions(), options).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(CrawlStore::Exists(scratch.path()));
}

TEST(CrawlStoreTest, CommitIsInvisibleUntilApplied) {
  ScratchDir scratch;
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  const UrlKey key{1, 2, 3};
  Commit commit = store->NewCommit();
  EXPECT_TRUE(commit.empty());
  UrlRecord url;
  url.path = "/";
  commit.PutUrl(key, url);
  EXPECT_FALSE(commit.empty());
  EXPECT_GT(commit.size_bytes(), 0);
  EXPECT_FALSE(store->reader().GetUrl(key)->has_value());
  ASSERT_TRUE(store->Apply(commit).ok());
  EXPECT_TRUE(store->reader().GetUrl(key)->has_value());
  EXPECT_TRUE(commit.empty());
}

TEST(CrawlStoreTest, LaterChangeOfTheSameKeyWins) {
  ScratchDir scratch;
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  const QueueKey entry{{1, 2, 3}, 0, 5};
  Commit commit = store->NewCommit();
  commit.PutQueueEntry(entry);
  commit.DeleteQueueEntry(entry);
  ASSERT_TRUE(store->Apply(commit).ok());
  EXPECT_TRUE(store->reader().ReadQueue({1, 2}, Lane::kReady, std::nullopt, 10)->empty());
}

TEST(CrawlStoreTest, ClearedCommitChangesNothing) {
  ScratchDir scratch;
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  Commit commit = store->NewCommit();
  commit.PutQueueEntry({{1, 2, 3}, 0, 5});
  commit.Clear();
  EXPECT_TRUE(commit.empty());
  ASSERT_TRUE(store->Apply(commit).ok());
  EXPECT_TRUE(store->reader().ReadQueue({1, 2}, Lane::kReady, std::nullopt, 10)->empty());
}

TEST(CrawlStoreTest, MergesSeedsAndKeepsThem) {
  ScratchDir scratch;
  {
    std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
    Commit commit = store->NewCommit();
    ASSERT_TRUE(store->AddSeeds({"https://a/", "https://b/"}, commit).ok());
    ASSERT_TRUE(store->AddSeeds({"https://b/", "https://c/"}, commit).ok());
  }
  EXPECT_EQ(OpenTestStore(scratch.path())->meta().seeds,
            (std::vector<std::string>{"https://a/", "https://b/", "https://c/"}));
}

TEST(CrawlStoreTest, SeedsOfAnyNumberKeepTheirOrder) {
  ScratchDir scratch;
  std::vector<std::string> seeds;
  for (int i = 0; i < 2500; ++i) seeds.push_back(absl::StrCat("https://", i, "/"));
  {
    std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
    Commit commit = store->NewCommit();
    ASSERT_TRUE(store->AddSeeds(absl::MakeSpan(seeds).first(1200), commit).ok());
    ASSERT_TRUE(store->AddSeeds(seeds, commit).ok());
  }
  EXPECT_EQ((*CrawlReader::Open(scratch.path()))->meta().seeds, seeds);
  EXPECT_EQ(OpenTestStore(scratch.path())->meta().seeds, seeds);
}

TEST(CrawlStoreTest, SeedsComeWithTheirLinksOrNotAtAll) {
  std::vector<std::string> seeds;
  for (int i = 0; i < 2500; ++i) seeds.push_back(absl::StrCat("https://", i, "/"));
  std::vector<size_t> outcomes;
  for (uint64_t changes = 0; outcomes.empty() || outcomes.back() == 0; ++changes) {
    MemoryFiles files;
    StoreOptions options;
    options.env = files.env();
    auto store = CrawlStore::Open("/crawl", options, CreateOptions());
    ASSERT_TRUE(store.ok()) << store.status();
    Commit commit = (*store)->NewCommit();
    for (const std::string& seed : seeds) {
      commit.PutInbox({1, 1, (*store)->NextInboxSequence()}, {LinkRecord{.origin = seed}});
    }
    files.CrashAfter(changes);
    ASSERT_TRUE((*store)->AddSeeds(seeds, commit).ok());
    store->reset();
    const std::unique_ptr<MemoryFiles> left = files.AfterDeath();
    options.env = left->env();
    const auto next = CrawlStore::Open("/crawl", options, CreateOptions());
    ASSERT_TRUE(next.ok()) << next.status();
    size_t links = 0;
    ASSERT_TRUE((*next)
                    ->reader()
                    .ForEachInbox(std::nullopt,
                                  [&](const InboxKey&, const LinkBatch& batch) {
                                    links += batch.size();
                                    return true;
                                  })
                    .ok());
    EXPECT_EQ((*next)->meta().seeds.size(), links);
    outcomes.push_back(links);
  }
  EXPECT_EQ(outcomes.front(), 0u);
  EXPECT_EQ(outcomes.back(), seeds.size());
}

TEST(CrawlStoreTest, InboxSequencesRiseAcrossRuns) {
  ScratchDir scratch;
  uint64_t last = 0;
  for (int run = 0; run < 3; ++run) {
    std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
    for (int i = 0; i < 3; ++i) {
      const uint64_t next = store->NextInboxSequence();
      EXPECT_GT(next, last);
      last = next;
    }
  }
}

TEST(CrawlStoreTest, RefusesCommitsOnceClosed) {
  ScratchDir scratch;
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  ASSERT_TRUE(store->Close().ok());
  EXPECT_TRUE(store->Close().ok());
  Commit commit = store->NewCommit();
  EXPECT_EQ(store->Apply(commit).code(), absl::StatusCode::kFailedPrecondition);
}

constexpr int kPagesPerRun = 300;

// Bytes that nothing compresses, so that write buffers fill.
std::string Noise(int seed, size_t bytes) {
  std::string noise(bytes, '\0');
  uint64_t random = seed;
  for (char& c : noise) c = static_cast<char>((random = random * 6364136223846793005 + 1) >> 56);
  return noise;
}

// In processes that the next test starts.
TEST(Child, DISABLED_CommitsAndDies) {
  std::unique_ptr<CrawlStore> store = OpenTestStore(ChildDir());
  TestCrawl crawl(store.get());
  for (int i = 0; i < kPagesPerRun; ++i) {
    crawl.AddPage(kOrigin, absl::StrCat("/", store->meta().runs, "/", i), Noise(i, 50000), i);
  }
  // What is not applied may go, and must go as a whole.
  Commit commit = store->NewCommit();
  commit.PutQueueEntry({crawl.KeyOf(kOrigin, "/never"), 0, 1});
  raise(SIGKILL);
}

TEST(CrawlStoreTest, LosesNothingAppliedWhenKilled) {
  ScratchDir scratch;
  constexpr int kRuns = 3;
  for (int run = 0; run < kRuns; ++run) {
    ASSERT_EQ(WaitForSignal(StartChild("DISABLED_CommitsAndDies", scratch.path())), SIGKILL);
  }
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  int pages = 0;
  const auto check = [&](const PageKey& key, const PageRecord&) {
    ++pages;
    EXPECT_EQ(store->reader().GetBody(key)->value().size(), 50000);
    return true;
  };
  ASSERT_TRUE(store->reader().ForEachPage(std::nullopt, check).ok());
  const HostKey host = TestCrawl(store.get()).HostOf(kOrigin);
  EXPECT_EQ(pages, kRuns * kPagesPerRun);
  EXPECT_EQ(store->reader().GetHost(host)->value().page_count, pages);
  EXPECT_TRUE(store->reader().ReadQueue(host, Lane::kReady, std::nullopt, 1)->empty());
  EXPECT_EQ(store->meta().runs, kRuns + 1);
}

// In processes that the next test starts and kills.
TEST(Child, DISABLED_CommitsForEver) {
  std::unique_ptr<CrawlStore> store = OpenTestStore(ChildDir());
  Commit commit = store->NewCommit();
  for (uint64_t i = 0;; ++i) {
    UrlRecord url;
    url.path = absl::StrCat("/", i);
    commit.PutUrl({1, 1, i}, url);
    commit.PutQueueEntry({{1, 1, i}, 0, 1});
    ASSERT_TRUE(store->Apply(commit).ok());
    if (i == 0) std::ofstream(ChildDir() + ".started") << "committed";
  }
}

TEST(CrawlStoreTest, CommitsAreWholeWhereverTheKillFalls) {
  ScratchDir scratch;
  size_t last = 0;
  for (int run = 0; run < 5; ++run) {
    const std::string started = scratch.path() + ".started";
    std::remove(started.c_str());
    const pid_t child = StartChild("DISABLED_CommitsForEver", scratch.path());
    // Not before it has written, so that there is a commit to fall into.
    while (!std::ifstream(started).is_open()) usleep(1000);
    usleep(20000 + 7000 * run);
    kill(child, SIGKILL);
    ASSERT_EQ(WaitForSignal(child), SIGKILL);
    std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
    size_t urls = 0;
    const auto count = [&](const UrlKey& key, const UrlRecord&) {
      EXPECT_EQ(key.url, urls++);
      return true;
    };
    ASSERT_TRUE(store->reader().ForEachUrl(std::nullopt, count).ok());
    EXPECT_EQ(store->reader().ReadQueue({1, 1}, Lane::kReady, std::nullopt, urls + 1)->size(),
              urls);
    EXPECT_GE(urls, last);
    last = urls;
    std::remove(started.c_str());
  }
  EXPECT_GT(last, 0);
}

// In a process that a test below starts. A file that may not grow any more fails as a full disk
// does.
TEST(Child, DISABLED_RunsIntoALimit) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit = {1 << 20, 1 << 20};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::unique_ptr<CrawlStore> store = OpenTestStore(ChildDir());
  absl::Status status;
  Commit commit = store->NewCommit();
  for (uint64_t i = 0; status.ok(); ++i) {
    ASSERT_LT(i, 1000);
    UrlRecord url;
    url.path = absl::StrCat("/", i);
    commit.PutUrl({1, 1, i}, url);
    commit.PutPage({{1, 1, i}, 1}, PageRecord(), Noise(1, 20000));
    status = store->Apply(commit);
    if (status.ok()) std::ofstream(ChildDir() + ".applied") << i + 1;
  }
  EXPECT_FALSE(commit.empty());
  EXPECT_TRUE(absl::StrContains(status.message(), ChildDir())) << status;
  // It stays, and nothing that is tried now makes it worse.
  EXPECT_EQ(store->Apply(commit), status);
  EXPECT_EQ(store->Sync(), status);
  EXPECT_EQ(store->Close(), status);
}

TEST(CrawlStoreTest, SurvivesAFullDiskWithAllThatWasApplied) {
  ScratchDir scratch;
  const std::string dir = scratch.path("crawl");
  ASSERT_EQ(WaitForExit(StartChild("DISABLED_RunsIntoALimit", dir)), 0);
  size_t applied = 0;
  std::ifstream(dir + ".applied") >> applied;
  EXPECT_GT(applied, 10);
  std::unique_ptr<CrawlStore> store = OpenTestStore(dir);
  size_t urls = 0;
  const auto count = [&](const UrlKey&, const UrlRecord&) { return ++urls > 0; };
  ASSERT_TRUE(store->reader().ForEachUrl(std::nullopt, count).ok());
  EXPECT_EQ(urls, applied);
}

TEST(CrawlStoreTest, OpensACrawlWhoseCreationWasCutOff) {
  ScratchDir scratch;
  WriteFile(scratch.path("FORMAT.new"), "spin");
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  EXPECT_EQ(store->meta().runs, 1);

  ScratchDir marked;
  WriteFile(marked.path("FORMAT"), "spindle crawl, format 2\n");
  EXPECT_EQ(OpenTestStore(marked.path())->meta().runs, 1);
}

TEST(CrawlStoreTest, RefusesADirectoryHeldByThisProcess) {
  ScratchDir scratch;
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  const absl::Status status = Open(scratch.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(absl::StrContains(status.message(),
                                absl::StrCat("another process is crawling into ", scratch.path())));
}

// In a process that the next test starts.
TEST(Child, DISABLED_IsRefused) {
  EXPECT_EQ(Open(ChildDir()).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(CrawlStoreTest, RefusesADirectoryHeldByAnotherProcess) {
  ScratchDir scratch;
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  EXPECT_EQ(WaitForExit(StartChild("DISABLED_IsRefused", scratch.path())), 0);
  TestCrawl(store.get()).AddQueued(kOrigin, "/still-ours");
}

TEST(CrawlStoreTest, RefusesAnotherFormatVersionAndSaysWhatToDo) {
  ScratchDir scratch;
  OpenTestStore(scratch.path());
  WriteFile(scratch.path("FORMAT"), "spindle crawl, format 7\n");
  const absl::Status status = Open(scratch.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  for (const std::string& part : {scratch.path(), std::string("format 7"), std::string("format 2"),
                                  std::string("another directory")}) {
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << status << " lacks " << part;
  }
  EXPECT_EQ(CrawlReader::Open(scratch.path()).status(), status);
}

TEST(CrawlStoreTest, RefusesADamagedFormatFile) {
  ScratchDir scratch;
  WriteFile(scratch.path("FORMAT"), "\xff\xff");
  EXPECT_EQ(Open(scratch.path()).status().code(), absl::StatusCode::kDataLoss);
}

TEST(CrawlStoreTest, LeavesADirectoryOfSomethingElseAlone) {
  ScratchDir scratch;
  WriteFile(scratch.path("thesis.txt"), "years of work");
  const absl::Status status = Open(scratch.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), scratch.path()));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    EXPECT_EQ(entry.path().filename(), "thesis.txt");
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST(CrawlStoreTest, RefusesPathsThatCannotBeDirectories) {
  ScratchDir scratch;
  WriteFile(scratch.path("file"), "");
  EXPECT_EQ(Open(scratch.path("file")).status().code(), absl::StatusCode::kInvalidArgument);
  const absl::Status below = Open(scratch.path("file/crawl")).status();
  EXPECT_FALSE(below.ok());
  EXPECT_TRUE(absl::StrContains(below.message(), scratch.path("file/crawl"))) << below;
}

TEST(CrawlStoreTest, WorkersCommitAtTheSameTime) {
  ScratchDir scratch;
  std::unique_ptr<CrawlStore> store = OpenTestStore(scratch.path());
  constexpr uint64_t kCommits = 500;
  const auto work = [&](ShardId shard) {
    Commit commit = store->NewCommit();
    for (uint64_t i = 0; i < kCommits; ++i) {
      UrlRecord url;
      url.path = absl::StrCat("/", i);
      commit.PutUrl({shard, 1, i}, url);
      commit.PutInbox({0, shard, store->NextInboxSequence()}, {});
      EXPECT_TRUE(store->Apply(commit).ok());
      EXPECT_TRUE(store->reader().GetUrl({shard, 1, i})->has_value());
    }
  };
  std::thread first(work, 1), second(work, 2);
  first.join();
  second.join();
  size_t batches = 0;
  ASSERT_TRUE(store->reader()
                  .ForEachInbox(0,
                                [&](const InboxKey&, const LinkBatch&) {
                                  ++batches;
                                  return true;
                                })
                  .ok());
  EXPECT_EQ(batches, 2 * kCommits);
}

TEST(CrawlStoreTest, SyncsEachCommitOnRequest) {
  ScratchDir scratch;
  StoreOptions options;
  options.sync_interval = absl::ZeroDuration();
  const auto store = CrawlStore::Open(scratch.path(), options, CreateOptions{});
  ASSERT_TRUE(store.ok()) << store.status();
  TestCrawl crawl(store->get());
  crawl.AddQueued(kOrigin, "/");
  EXPECT_TRUE((*store)->Sync().ok());
}

}  // namespace
}  // namespace spindle
