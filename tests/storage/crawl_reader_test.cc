#include "storage/crawl_reader.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/crawl_store.h"
#include "tests/storage/child_process.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr char kOrigin[] = "https://example.org";
constexpr char kOther[] = "https://example.net";

class CrawlReaderTest : public ::testing::Test {
 protected:
  CrawlReaderTest() : store_(OpenTestStore(scratch_.path())), crawl_(store_.get()) {}

  const CrawlReader& reader() const { return store_->reader(); }

  std::unique_ptr<CrawlReader> OpenReader() {
    auto reader = CrawlReader::Open(scratch_.path());
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }

  ScratchDir scratch_;
  std::unique_ptr<CrawlStore> store_;
  TestCrawl crawl_;
};

// Names, sizes and times of everything in a directory.
std::map<std::string, std::pair<uintmax_t, std::filesystem::file_time_type>> Listing(
    const std::string& dir) {
  std::map<std::string, std::pair<uintmax_t, std::filesystem::file_time_type>> listing;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    listing[entry.path()] = {entry.is_regular_file() ? entry.file_size() : 0,
                             entry.last_write_time()};
  }
  return listing;
}

TEST_F(CrawlReaderTest, AnswersNothingForWhatIsNotThere) {
  const UrlKey key = crawl_.KeyOf(kOrigin, "/");
  EXPECT_FALSE(reader().GetHost(key.host_key())->has_value());
  EXPECT_FALSE(reader().GetRobots(key.host_key())->has_value());
  EXPECT_FALSE(reader().GetUrl(key)->has_value());
  EXPECT_FALSE(reader().GetPage({key, 1})->has_value());
  EXPECT_FALSE(reader().GetBody({key, 1})->has_value());
  EXPECT_TRUE(reader().ReadQueue(key.host_key(), Lane::kReady, std::nullopt, 10)->empty());
}

TEST_F(CrawlReaderTest, ReadsHostAndRobotsApart) {
  RobotsRecord robots;
  robots.outcome = RobotsPolicy::kRules;
  robots.body = "User-agent: *\nDisallow: /private\n";
  crawl_.AddRobots(kOrigin, robots);
  crawl_.AddQueued(kOther, "/");
  EXPECT_EQ(reader().GetHost(crawl_.HostOf(kOrigin))->value().origin, kOrigin);
  EXPECT_EQ(reader().GetRobots(crawl_.HostOf(kOrigin))->value().body, robots.body);
  EXPECT_FALSE(reader().GetRobots(crawl_.HostOf(kOther))->has_value());
  int hosts = 0;
  ASSERT_TRUE(reader()
                  .ForEachHost(std::nullopt,
                               [&](const HostKey&, const HostRecord&) {
                                 ++hosts;
                                 return true;
                               })
                  .ok());
  EXPECT_EQ(hosts, 2);
}

TEST_F(CrawlReaderTest, GivesBodiesAsReceived) {
  const std::string large(100000, 'a');
  EXPECT_EQ(reader().GetBody(crawl_.AddPage(kOrigin, "/large", large))->value(), large);
  EXPECT_EQ(reader().GetBody(crawl_.AddPage(kOrigin, "/small", "hello"))->value(), "hello");
  EXPECT_EQ(reader().GetBody(crawl_.AddPage(kOrigin, "/empty", ""))->value(), "");
}

TEST_F(CrawlReaderTest, MissingBodyIsDataLoss) {
  PageRecord page;
  page.wire_bytes = 5;
  Commit commit = store_->NewCommit();
  commit.PutPage({{1, 2, 3}, 4}, page, "");
  ASSERT_TRUE(store_->Apply(commit).ok());
  EXPECT_EQ(reader().GetBody({{1, 2, 3}, 4}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(CrawlReaderTest, LooksUpUrlsInAnyOrderAndMoreThanOnce) {
  using Known = CrawlReader::Known;
  std::vector<UrlKey> keys;
  for (const char* path : {"/c", "/a", "/b"}) keys.push_back(crawl_.AddQueued(kOrigin, path));
  keys.push_back(crawl_.KeyOf(kOrigin, "/missing"));
  keys.push_back(keys[0]);
  keys.push_back(crawl_.AddQueued(kOther, "/d"));
  std::vector<Known> known;
  ASSERT_TRUE(reader().LookUpUrls(keys, {"/c", "/a", "/x", "/missing", "/c", "/d"}, &known).ok());
  EXPECT_EQ(known, (std::vector<Known>{Known::kYes, Known::kYes, Known::kOther, Known::kNo,
                                       Known::kYes, Known::kYes}));
  ASSERT_TRUE(reader().LookUpUrls({}, {}, &known).ok());
  EXPECT_TRUE(known.empty());
}

TEST_F(CrawlReaderTest, FindsUrlsBehindCollisions) {
  const UrlKey key = crawl_.KeyOf(kOrigin, "/wanted");
  Commit commit = store_->NewCommit();
  UrlRecord squatter, wanted;
  squatter.path = "/squatter";
  wanted.path = "/wanted";
  commit.PutUrl(key, squatter);
  commit.PutUrl({key.shard, key.host, key.url + 1}, squatter);
  commit.PutUrl({key.shard, key.host, key.url + 2}, wanted);
  ASSERT_TRUE(store_->Apply(commit).ok());
  const auto found = reader().FindUrl(key.host_key(), kOrigin, "/wanted");
  ASSERT_TRUE(found.ok() && found->has_value()) << found.status();
  EXPECT_EQ((*found)->first.url, key.url + 2);
  EXPECT_EQ((*found)->second.path, "/wanted");
  EXPECT_FALSE(reader().FindUrl(key.host_key(), kOrigin, "/other")->has_value());
}

TEST_F(CrawlReaderTest, ReadsQueueFromAPlaceInOrder) {
  for (int i = 0; i < 5; ++i) crawl_.AddQueued(kOrigin, absl::StrCat("/", i), i);
  crawl_.AddQueued(kOther, "/elsewhere");
  const HostKey host = crawl_.HostOf(kOrigin);
  const auto all = reader().ReadQueue(host, Lane::kReady, std::nullopt, 100);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ((*all)[i].url, crawl_.KeyOf(kOrigin, absl::StrCat("/", i)));
    EXPECT_EQ((*all)[i].enqueued_us, absl::ToUnixMicros(At(i)));
  }
  EXPECT_EQ(*reader().ReadQueue(host, Lane::kReady, (*all)[2], 2),
            (std::vector{(*all)[2], (*all)[3]}));
  EXPECT_TRUE(reader().ReadQueue(host, Lane::kReady, std::nullopt, 0)->empty());
}

TEST_F(CrawlReaderTest, ScansStayWithinTheirHostUrlAndShard) {
  crawl_.AddPage(kOrigin, "/a", "one", 1);
  crawl_.AddPage(kOrigin, "/b", "two", 1);
  crawl_.AddQueued(kOther, "/c");
  Commit commit = store_->NewCommit();
  commit.PutInbox({1, 0, 1}, {LinkRecord{"https://x", "/y"}});
  commit.PutInbox({2, 0, 1}, {});
  ASSERT_TRUE(store_->Apply(commit).ok());

  int urls = 0, pages = 0, batches = 0, entries = 0;
  ASSERT_TRUE(reader()
                  .ForEachUrl(crawl_.HostOf(kOrigin),
                              [&](const UrlKey& key, const UrlRecord&) {
                                EXPECT_EQ(key.host_key(), crawl_.HostOf(kOrigin));
                                ++urls;
                                return true;
                              })
                  .ok());
  ASSERT_TRUE(reader()
                  .ForEachPage(crawl_.KeyOf(kOrigin, "/b"),
                               [&](const PageKey&, const PageRecord& page) {
                                 EXPECT_EQ(page.url, "https://example.org/b");
                                 ++pages;
                                 return true;
                               })
                  .ok());
  ASSERT_TRUE(reader()
                  .ForEachInbox(1,
                                [&](const InboxKey& key, const LinkBatch& links) {
                                  EXPECT_EQ(key.to, 1);
                                  EXPECT_EQ(links.size(), 1);
                                  ++batches;
                                  return true;
                                })
                  .ok());
  ASSERT_TRUE(reader()
                  .ForEachQueueEntry(std::nullopt,
                                     [&](const QueueKey&) {
                                       ++entries;
                                       return true;
                                     })
                  .ok());
  EXPECT_EQ(urls, 2);
  EXPECT_EQ(pages, 1);
  EXPECT_EQ(batches, 1);
  EXPECT_EQ(entries, 1);
}

TEST_F(CrawlReaderTest, ScansStopWhereTheCallbackSaysSo) {
  for (int i = 0; i < 3; ++i) crawl_.AddQueued(kOrigin, absl::StrCat("/", i), i);
  int urls = 0;
  ASSERT_TRUE(
      reader()
          .ForEachUrl(std::nullopt, [&](const UrlKey&, const UrlRecord&) { return ++urls < 2; })
          .ok());
  EXPECT_EQ(urls, 2);
}

TEST_F(CrawlReaderTest, CountsFilesOnceTheyAreWritten) {
  crawl_.AddPage(kOrigin, "/", std::string(100, 'a'));
  ASSERT_TRUE(store_->Close().ok());
  for (const CrawlReader::FamilySize& size : reader().FamilySizes()) {
    if (size.name == "pages") {
      EXPECT_GT(size.table_bytes, 0);
      EXPECT_EQ(size.estimated_count, 1);
    }
  }
}

TEST_F(CrawlReaderTest, LooksOnWhileTheCrawlWrites) {
  crawl_.AddQueued(kOrigin, "/logged");
  std::unique_ptr<CrawlReader> onlooker = OpenReader();
  ASSERT_NE(onlooker, nullptr);
  EXPECT_EQ(onlooker->meta().hash_salt, kTestSalt);
  EXPECT_TRUE(onlooker->GetUrl(crawl_.KeyOf(kOrigin, "/logged"))->has_value());

  const PageKey later = crawl_.AddPage(kOrigin, "/later", std::string(50000, 'x'));
  EXPECT_FALSE(onlooker->GetUrl(later.url)->has_value());
  ASSERT_TRUE(onlooker->Refresh().ok());
  EXPECT_TRUE(onlooker->GetUrl(later.url)->has_value());
  EXPECT_EQ(onlooker->GetBody(later)->value().size(), 50000);
}

TEST_F(CrawlReaderTest, RefreshThatFailsLeavesWhatWasThere) {
  const PageKey page = crawl_.AddPage(kOrigin, "/", "hello");
  ASSERT_TRUE(store_->Close().ok());
  store_.reset();
  std::unique_ptr<CrawlReader> onlooker = OpenReader();
  ASSERT_NE(onlooker, nullptr);
  for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
    if (entry.path().extension() == ".sst") std::filesystem::remove(entry.path());
  }
  EXPECT_FALSE(onlooker->Refresh().ok());
  EXPECT_TRUE(onlooker->GetUrl(page.url)->has_value());
}

TEST_F(CrawlReaderTest, FollowsTheCrawlFromTheLogIntoTables) {
  const PageKey page = crawl_.AddPage(kOrigin, "/", std::string(50000, 'x'));
  std::unique_ptr<CrawlReader> onlooker = OpenReader();
  ASSERT_TRUE(store_->Close().ok());
  store_.reset();
  EXPECT_TRUE(onlooker->GetUrl(page.url)->has_value());
  ASSERT_TRUE(onlooker->Refresh().ok());
  EXPECT_EQ(onlooker->GetBody(page)->value().size(), 50000);
  // And a crawl may start while somebody looks on.
  store_ = OpenTestStore(scratch_.path());
  TestCrawl(store_.get()).AddQueued(kOrigin, "/next");
  ASSERT_TRUE(onlooker->Refresh().ok());
  EXPECT_TRUE(onlooker->GetUrl(crawl_.KeyOf(kOrigin, "/next"))->has_value());
}

// Large bodies lie in blob files, which RocksDB's secondary instances cannot read.
TEST_F(CrawlReaderTest, ReadsBodiesOutOfBlobFiles) {
  std::string body;
  for (uint32_t i = 0, x = 1; i < 100'000; ++i)
    body.push_back(static_cast<char>((x = x * 48271) >> 9));
  const PageKey page = crawl_.AddPage(kOrigin, "/large", body);
  ASSERT_TRUE(store_->Close().ok());
  const std::unique_ptr<CrawlReader> reader = OpenReader();
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(**reader->GetBody(page), body);
}

TEST_F(CrawlReaderTest, ChangesNothingInTheDirectory) {
  crawl_.AddPage(kOrigin, "/", std::string(50000, 'x'));
  store_.reset();
  const auto before = Listing(scratch_.path());
  {
    std::unique_ptr<CrawlReader> onlooker = OpenReader();
    ASSERT_NE(onlooker, nullptr);
    ASSERT_TRUE(onlooker->Refresh().ok());
    EXPECT_EQ(Listing(scratch_.path()), before);
  }
  EXPECT_EQ(Listing(scratch_.path()), before);
}

// In a process that the next test starts.
TEST(Child, DISABLED_WritesAndDies) {
  std::unique_ptr<CrawlStore> store = OpenTestStore(ChildDir());
  TestCrawl(store.get()).AddQueued(kOrigin, "/logged");
  raise(SIGKILL);
}

TEST_F(CrawlReaderTest, ReadsWhatAKilledCrawlLeft) {
  store_.reset();
  ASSERT_EQ(WaitForSignal(StartChild("DISABLED_WritesAndDies", scratch_.path())), SIGKILL);
  std::unique_ptr<CrawlReader> onlooker = OpenReader();
  ASSERT_NE(onlooker, nullptr);
  EXPECT_TRUE(onlooker->GetUrl(crawl_.KeyOf(kOrigin, "/logged"))->has_value());
}

TEST_F(CrawlReaderTest, RefusesALogThatIsDamagedInTheMiddle) {
  for (int i = 0; i < 100; ++i) crawl_.AddQueued(kOrigin, absl::StrCat("/", i));
  std::string log;
  for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
    if (entry.path().extension() == ".log") log = entry.path();
  }
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(log) / 2)).write("damage", 6);
  file.close();
  const auto reader = CrawlReader::Open(scratch_.path());
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(reader.status().message(), log + " is damaged at byte"))
      << reader.status();
}

// In a process that a test below starts: each commit adds one URL and one page of a host and counts
// them in its record.
TEST(Child, DISABLED_WritesAndFlushes) {
  StoreOptions options;
  options.memory_bytes = 1;  // the least there is: tables are finished several times a second
  auto store = CrawlStore::Open(ChildDir(), options, CreateOptions{});
  ASSERT_TRUE(store.ok()) << store.status();
  TestCrawl crawl(store->get());
  std::string body(20000, '\0');
  uint64_t random = 1;
  for (int i = 0; i < 5000; ++i) {
    for (char& c : body) c = static_cast<char>((random = random * 6364136223846793005 + 1) >> 56);
    crawl.AddPage(kOrigin, absl::StrCat("/", i), body, i);
  }
  pause();
}

struct Counts {
  uint64_t urls = 0;
  uint64_t pages = 0;
  uint64_t said = 0;  // by the host's record
};

Counts Count(const CrawlReader& reader, const HostKey& host) {
  Counts counts;
  const auto count_url = [&](const UrlKey&, const UrlRecord&) { return ++counts.urls > 0; };
  const auto count_page = [&](const PageKey&, const PageRecord&) { return ++counts.pages > 0; };
  // In this order: were later commits visible, the record would say less than is found.
  const auto record = reader.GetHost(host);
  EXPECT_TRUE(record.ok()) << record.status();
  if (record.ok() && record->has_value()) counts.said = (*record)->page_count;
  EXPECT_TRUE(reader.ForEachUrl(host, count_url).ok());
  EXPECT_TRUE(reader.ForEachPage(std::nullopt, count_page).ok());
  return counts;
}

TEST_F(CrawlReaderTest, SeesOneMomentOfACrawlThatFlushesAllTheTime) {
  store_.reset();
  const pid_t child = StartChild("DISABLED_WritesAndFlushes", scratch_.path());
  uint64_t last = 0;
  for (int i = 0; i < 6; ++i) {
    std::unique_ptr<CrawlReader> onlooker = OpenReader();
    ASSERT_NE(onlooker, nullptr);
    for (int j = 0; j < 3; ++j) {
      const Counts counts = Count(*onlooker, crawl_.HostOf(kOrigin));
      EXPECT_EQ(counts.urls, counts.said);
      EXPECT_EQ(counts.pages, counts.said);
      EXPECT_GE(counts.said, last);
      last = counts.said;
      const absl::Status refreshed = onlooker->Refresh();
      ASSERT_TRUE(refreshed.ok()) << refreshed;
    }
  }
  kill(child, SIGKILL);
  EXPECT_EQ(WaitForSignal(child), SIGKILL);
  EXPECT_GT(last, 0);
}

TEST(CrawlReaderOpenTest, RefusesWhatIsNoCrawl) {
  ScratchDir scratch;
  EXPECT_EQ(CrawlReader::Open(scratch.path("missing")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(CrawlReader::Open(scratch.path()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path()));
}

TEST(CrawlReaderOpenTest, RefusesACrawlThatIsBeingCreated) {
  ScratchDir scratch;
  OpenTestStore(scratch.path("done"));
  std::filesystem::create_directory(scratch.path("begun"));
  std::filesystem::copy(scratch.path("done/FORMAT"), scratch.path("begun/FORMAT"));
  EXPECT_EQ(CrawlReader::Open(scratch.path("begun")).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace spindle
