// What a crawl is given beside its first seeds: while it runs, and by later runs with other rules.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/inbox_batches.h"
#include "crawler/inject_spool.h"
#include "gtest/gtest.h"
#include "parsers/public_suffix.h"
#include "shard/shard_map.h"
#include "storage/crawl_reader.h"
#include "storage/crawl_store.h"
#include "storage/verify.h"
#include "tests/crawler/crawler_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

TEST_F(CrawlerTest, TakesUrlsWhileItRuns) {
  WebOptions model;
  model.host_count = 4;
  model.pages_per_host = 1;
  TestWeb web(model);
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.scope = ScopeKind::kHost;
  options.frontier.visit_again = true;  // so that it does not end
  const std::unique_ptr<Crawler> crawler = Open(options);
  EXPECT_EQ(crawler->Inject({web.Url(3, "/")}).code(), absl::StatusCode::kFailedPrecondition);
  std::thread operator_thread([&] {
    while (web.Requests().empty()) std::this_thread::yield();
    const absl::Status status = crawler->Inject({"mailto:x", web.Url(3, "/")});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(status.message(), "mailto:x")) << status;
    EXPECT_TRUE(WriteInjection(options.dir, {web.Url(2, "/")}).ok());
    while (crawler->stats().pages < 3) std::this_thread::yield();
    crawler->Stop();
  });
  EXPECT_TRUE(crawler->Run().ok());
  operator_thread.join();
  EXPECT_TRUE(StoredPages().contains(web.Url(3, "/")));
  EXPECT_TRUE(StoredPages().contains(web.Url(2, "/")));
}

TEST_F(CrawlerTest, UrlsLeftForAFinishedCrawlAreTakenByTheNextRun) {
  WebOptions model;
  model.host_count = 2;
  model.pages_per_host = 1;
  TestWeb web(model);
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.scope = ScopeKind::kHost;
  ASSERT_TRUE(Open(options)->Run().ok());
  ASSERT_TRUE(WriteInjection(options.dir, {web.Url(1, "/")}).ok());
  options.seeds.clear();
  ASSERT_TRUE(Open(options)->Run().ok());
  EXPECT_TRUE(StoredPages().contains(web.Url(1, "/")));
}

TEST_F(CrawlerTest, SeedsThatARunThatDiedHadNotQueuedAreFetchedByTheNext) {
  WebOptions model;
  model.host_count = 3;
  model.pages_per_host = 1;
  TestWeb web(model);
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.scope = ScopeKind::kHost;
  ASSERT_TRUE(Open(options)->Run().ok());
  {
    auto store = CrawlStore::Open(options.dir, StoreOptions(), CreateOptions());
    ASSERT_TRUE(store.ok()) << store.status();
    const ShardMap shards((*store)->meta().shard_count, (*store)->meta().hash_salt,
                          &PublicSuffixList::Builtin());
    Commit commit = (*store)->NewCommit();
    InboxBatches batches(store->get(), &commit);
    for (const std::string& seed : {web.Url(1, "/"), web.Url(2, "/")}) {
      const Url url = *Url::Parse(seed);
      batches.Add(
          {shards.KeyOf(url), LinkRecord{.origin = std::string(url.origin()), .path = "/"}});
    }
    batches.Finish();
    ASSERT_TRUE((*store)->AddSeeds({web.Url(1, "/"), web.Url(2, "/")}, commit).ok());
  }
  options.seeds.clear();
  ASSERT_TRUE(Open(options)->Run().ok());
  EXPECT_TRUE(StoredPages().contains(web.Url(1, "/")));
  EXPECT_TRUE(StoredPages().contains(web.Url(2, "/")));
}

TEST_F(CrawlerTest, SeedsAreAskedForWhereARunDiedBeforeItKeptAny) {
  CrawlOptions options = OptionsFor("http://a.example/");
  Open(options).reset();
  options.seeds.clear();
  EXPECT_TRUE(absl::IsFailedPrecondition(Crawler::Open(options).status()));
}

TEST_F(CrawlerTest, ASeedThatWasKeptOutIsFetchedAfterAll) {
  WebOptions model;
  model.host_count = 1;
  model.pages_per_host = 8;
  TestWeb web(model);
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.frontier.max_depth = 0;
  ASSERT_TRUE(Open(options)->Run().ok());
  EXPECT_EQ(StoredPages().size(), 1u);
  options.seeds = {web.Url(0, "/p/1.html")};
  ASSERT_TRUE(Open(options)->Run().ok());
  EXPECT_EQ(StoredPages().size(), 2u);
  EXPECT_EQ(*FindKnown(options.dir, {web.Url(0, "/"), web.Url(0, "/p/2.html")}),
            std::vector<std::string>{web.Url(0, "/") + " (fetched)"});
}

TEST_F(CrawlerTest, SeedsOfAHostThatMovedToHttpsAreAskedThere) {
  const std::string host = "127.213.17.9";  // nobody listens there
  ASSERT_TRUE(Open(OptionsFor(absl::StrCat("http://", host, "/first")))->Run().ok());
  {
    auto store = CrawlStore::Open(dir_.path("crawl"), StoreOptions(), CreateOptions());
    ASSERT_TRUE(store.ok()) << store.status();
    Commit commit = (*store)->NewCommit();
    ASSERT_TRUE((*store)
                    ->reader()
                    .ForEachHost(std::nullopt,
                                 [&](const HostKey& key, HostRecord record) {
                                   record.https = true;
                                   commit.PutHost(key, record);
                                   return true;
                                 })
                    .ok());
    ASSERT_TRUE((*store)->Apply(commit).ok());
    ASSERT_TRUE((*store)->Close().ok());
  }
  ASSERT_TRUE(Open(OptionsFor(absl::StrCat("http://", host, "/second")))->Run().ok());
  const auto reader = CrawlReader::Open(dir_.path("crawl"));
  std::map<std::string, size_t> url_counts;
  ASSERT_TRUE((*reader)
                  ->ForEachHost(std::nullopt,
                                [&](const HostKey& key, const HostRecord& record) {
                                  size_t& count = url_counts[record.origin];
                                  return (*reader)
                                      ->ForEachUrl(key,
                                                   [&](const UrlKey&, const UrlRecord&) {
                                                     ++count;
                                                     return true;
                                                   })
                                      .ok();
                                })
                  .ok());
  EXPECT_EQ(url_counts, (std::map<std::string, size_t>{{absl::StrCat("http://", host), 1},
                                                       {absl::StrCat("https://", host), 1}}));
}

TEST_F(CrawlerTest, NarrowerScopeOnResumeExcludesWhatWaits) {
  WebOptions model;
  model.host_count = 8;
  model.pages_per_host = 8;
  TestWeb web(model);
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.max_pages = 12;
  ASSERT_TRUE(Open(options)->Run().ok());
  options.max_pages = 0;
  options.scope = ScopeKind::kHost;
  ASSERT_TRUE(Open(options)->Run().ok());
  const auto reader = CrawlReader::Open(dir_.path("crawl"));
  int excluded = 0;
  ASSERT_TRUE((*reader)
                  ->ForEachUrl(std::nullopt,
                               [&](const UrlKey&, const UrlRecord& url) {
                                 EXPECT_NE(url.state, UrlState::kQueued) << url.path;
                                 excluded += url.reason == Reason::kOutOfScope ? 1 : 0;
                                 return true;
                               })
                  .ok());
  EXPECT_GT(excluded, 0);
  EXPECT_TRUE(Verify(**reader, VerifyOptions())->ok());
  options.scope = ScopeKind::kAny;
  ASSERT_TRUE(Open(options)->Run().ok());
  EXPECT_EQ(StoredPages(), web.model().ReachableFrom(0, web.port(), false, false).pages);
}

}  // namespace
}  // namespace spindle
