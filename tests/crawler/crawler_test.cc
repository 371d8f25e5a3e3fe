#include "crawler/crawler.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

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
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

class CrawlerTest : public ::testing::Test {
 protected:
  CrawlOptions OptionsFor(const std::string& seed) {
    CrawlOptions options;
    options.dir = dir_.path("crawl");
    if (!seed.empty()) options.seeds = {seed};
    options.scope = ScopeKind::kAny;
    options.workers = 2;
    options.shards = 8;
    options.frontier.politeness.per_host_delay = absl::ZeroDuration();
    options.frontier.politeness.min_backoff = absl::Milliseconds(10);
    options.fetcher.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
    return options;
  }
  // And the clock that they share.
  static void SeedThreeNamesOfOneAddress(const TestWeb& web, CrawlOptions* options) {
    options->frontier.clocks = *ClockGroups::Create(ClockKind::kIp, {});
    for (const char* name : {"a", "b", "c"}) {
      options->seeds.push_back(absl::StrCat("http://", name, ".example:", web.port(), "/"));
      options->resolver.overrides.push_back(
          {absl::StrCat(name, ".example"), 0, *IpAddress::Parse(testing::WebModel::HostName(0))});
    }
  }
  std::unique_ptr<Crawler> Open(const CrawlOptions& options) {
    absl::StatusOr<std::unique_ptr<Crawler>> crawler = Crawler::Open(options);
    EXPECT_TRUE(crawler.ok()) << crawler.status();
    return *std::move(crawler);
  }
  // URLs of a state in the directory, and whether every invariant holds there.
  std::set<std::string> StoredPages() {
    std::set<std::string> urls;
    const auto reader = CrawlReader::Open(dir_.path("crawl"));
    EXPECT_TRUE(reader.ok()) << reader.status();
    EXPECT_TRUE((*reader)
                    ->ForEachPage(std::nullopt,
                                  [&](const PageKey&, const PageRecord& page) {
                                    EXPECT_TRUE(urls.insert(page.url).second) << page.url;
                                    return true;
                                  })
                    .ok());
    return urls;
  }

  ScratchDir dir_;
};

TEST_F(CrawlerTest, StoresEveryReachablePageOnce) {
  WebOptions model;
  model.host_count = 12;
  model.pages_per_host = 8;
  model.robots_rules = true;
  model.redirects = true;
  TestWeb web(model);
  ASSERT_TRUE(Open(OptionsFor(web.Url(0, "/")))->Run().ok());
  const auto reachable = web.model().ReachableFrom(0, web.port(), false, false);
  EXPECT_EQ(StoredPages(), reachable.pages);
  EXPECT_TRUE(web.RobotsBeforePages());
}

TEST_F(CrawlerTest, MaxPagesIsExactAndTheNextRunGoesOn) {
  WebOptions model;
  model.host_count = 6;
  model.pages_per_host = 6;
  TestWeb web(model);
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.max_pages = 10;
  ASSERT_TRUE(Open(options)->Run().ok());
  EXPECT_EQ(StoredPages().size(), 10u);
  ASSERT_TRUE(Open(OptionsFor(""))->Run().ok());
  EXPECT_EQ(StoredPages(), web.model().ReachableFrom(0, web.port(), false, false).pages);
}

TEST_F(CrawlerTest, StopsBeforeTheDiskIsFullAndGoesOnOnceThereIsRoom) {
  WebOptions model;
  model.host_count = 3;
  TestWeb web(model);
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.min_free_disk_bytes = uint64_t{1} << 62;
  {
    const std::unique_ptr<Crawler> crawler = Open(options);
    EXPECT_TRUE(crawler->Run().ok());
    EXPECT_TRUE(absl::StrContains(crawler->stats().stopped_because, options.dir))
        << crawler->stats().stopped_because;
  }
  EXPECT_EQ(Crawler::Open(options).status().code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(Open(OptionsFor(""))->Run().ok());
  EXPECT_EQ(StoredPages(), web.model().ReachableFrom(0, web.port(), false, false).pages);
}

TEST_F(CrawlerTest, LimitsOfNothingAreRefusedByName) {
  CrawlOptions options = OptionsFor("http://a.example/");
  options.fetcher.max_body_bytes = 0;
  EXPECT_TRUE(
      absl::StrContains(Crawler::Open(options).status().message(), "--max_body_bytes cannot be 0"));
  options = OptionsFor("http://a.example/");
  options.fetcher.max_header_bytes = 1;
  EXPECT_TRUE(absl::StrContains(Crawler::Open(options).status().message(),
                                "--max_header_bytes cannot be 1"));
  options = OptionsFor("http://a.example/");
  options.frontier.max_depth = -7;
  EXPECT_TRUE(
      absl::StrContains(Crawler::Open(options).status().message(), "--max_depth cannot be -7"));
}

TEST_F(CrawlerTest, WithoutAnyProxyThatWorksItEndsAndSaysWhy) {
  TestWeb web(WebOptions{});
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.fetcher.access.proxies = *ParseProxies("http://127.0.0.1:1");
  options.fetcher.access.proxy_health.patience = absl::Milliseconds(50);
  {
    const std::unique_ptr<Crawler> crawler = Open(options);
    const absl::Status status = crawler->Run();
    EXPECT_TRUE(absl::StrContains(status.message(), "http://127.0.0.1:1: Connection refused"))
        << status;
    EXPECT_TRUE(absl::StrContains(crawler->stats().waiting_for, "no proxy works"));
  }
  ASSERT_TRUE(Open(OptionsFor(""))->Run().ok());
  EXPECT_EQ(StoredPages(), web.model().ReachableFrom(0, web.port(), false, false).pages);
}

TEST_F(CrawlerTest, VisitsAgainAskOnlyForWhatChanged) {
  WebOptions model;
  model.host_count = 1;
  std::atomic<int> conditional{0};
  TestWeb web(model, 0, [&](const RequestRecord& request, int visit) -> std::optional<Answer> {
    if (request.path == "/robots.txt") return std::nullopt;
    Answer answer;
    answer.headers = {{"Content-Type", "text/html"}, {"ETag", "\"v1\""}};
    answer.body = "<p>the same</p>";
    if (request.if_none_match == "\"v1\"") {
      answer.status = 304;
      answer.body.clear();
      ++conditional;
    } else {
      EXPECT_EQ(visit, 0) << request.path;
    }
    return answer;
  });
  CrawlOptions options = OptionsFor(web.Url(0, "/"));
  options.frontier.visit_again = true;
  options.frontier.recrawl.initial_interval = options.frontier.recrawl.min_interval =
      absl::Milliseconds(50);
  const std::unique_ptr<Crawler> crawler = Open(options);
  std::thread stopper([&] {
    while (conditional.load() < 3) std::this_thread::yield();
    crawler->Stop();
  });
  EXPECT_TRUE(crawler->Run().ok());
  stopper.join();
  EXPECT_EQ(StoredPages(), std::set<std::string>{web.Url(0, "/")});
}

TEST_F(CrawlerTest, SameBodyOfAHostIsStoredOnce) {
  WebOptions model;
  model.host_count = 1;
  TestWeb web(model, 0, [&](const RequestRecord& request, int) -> std::optional<Answer> {
    Answer answer;
    answer.headers = {{"Content-Type", "text/html"}};
    answer.body = request.path == "/" ? "<a href=/a>a</a><a href=/b>b</a>" : "<p>the same</p>";
    if (request.path == "/robots.txt") answer.status = 404;
    return answer;
  });
  ASSERT_TRUE(Open(OptionsFor(web.Url(0, "/")))->Run().ok());
  const auto reader = CrawlReader::Open(dir_.path("crawl"));
  int copies = 0;
  ASSERT_TRUE((*reader)
                  ->ForEachPage(std::nullopt,
                                [&](const PageKey& key, const PageRecord& page) {
                                  copies += page.original.has_value() ? 1 : 0;
                                  const bool home = page.url == web.Url(0, "/");
                                  EXPECT_EQ((*reader)->GetBody(key)->value() == "<p>the same</p>",
                                            !home);
                                  return true;
                                })
                  .ok());
  EXPECT_EQ(copies, 1);
}

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

TEST_F(CrawlerTest, AnAddressKeepsTheDelayThatItsHostAsksFor) {
  WebOptions model;
  model.host_count = 1;
  TestWeb web(model, 0, [&](const RequestRecord& request, int) -> std::optional<Answer> {
    Answer answer;
    answer.body = request.path == "/robots.txt" ? "User-agent: *\nCrawl-delay: 0.3\n" : "a page";
    return answer;
  });
  CrawlOptions options = OptionsFor("");
  options.frontier.politeness.per_host_delay = absl::Milliseconds(10);
  SeedThreeNamesOfOneAddress(web, &options);
  ASSERT_TRUE(Open(options)->Run().ok());
  std::vector<int64_t> starts;
  for (const RequestRecord& request : web.Requests()) {
    if (request.path == "/") starts.push_back(request.start_ns);
  }
  std::sort(starts.begin(), starts.end());
  ASSERT_EQ(starts.size(), 3u);
  // Two delays between three pages; a busy machine may have held up the first.
  EXPECT_GE(absl::Nanoseconds(starts.back() - starts.front()), absl::Milliseconds(500));
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

TEST_F(CrawlerTest, HostsOfAnAddressTakeTurns) {
  WebOptions model;
  model.host_count = 1;
  TestWeb web(model, 0, [&](const RequestRecord&, int) -> std::optional<Answer> {
    Answer answer;
    answer.status = 404;
    return answer;
  });
  CrawlOptions options = OptionsFor("");
  options.frontier.politeness.per_host_delay = absl::Milliseconds(50);
  SeedThreeNamesOfOneAddress(web, &options);
  ASSERT_TRUE(Open(options)->Run().ok());
  std::vector<int64_t> starts;
  for (const RequestRecord& request : web.Requests()) starts.push_back(request.start_ns);
  std::sort(starts.begin(), starts.end());
  ASSERT_EQ(starts.size(), 6u);  // robots.txt and a page of each
  // Five delays between six requests; a busy machine may have held up the first.
  EXPECT_GE(absl::Nanoseconds(starts.back() - starts.front()), absl::Milliseconds(200));
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

TEST_F(CrawlerTest, RefusesLessMemoryThanACrawlNeeds) {
  CrawlOptions options = OptionsFor("http://127.0.0.1/");
  options.memory_bytes = 1000;
  const absl::Status status = Crawler::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "--memory is 1000 bytes")) << status;
}

TEST_F(CrawlerTest, SitemapsOfRobotsTxtAreFollowed) {
  WebOptions model;
  model.host_count = 4;
  model.pages_per_host = 4;
  model.robots_rules = true;
  model.sitemaps = true;
  TestWeb web(model);
  ASSERT_TRUE(Open(OptionsFor(web.Url(0, "/")))->Run().ok());
  const std::set<std::string> stored = StoredPages();
  const auto with = web.model().ReachableFrom(0, web.port(), false, true);
  const auto without = web.model().ReachableFrom(0, web.port(), false, false);
  ASSERT_GT(with.pages.size(), without.pages.size());
  for (const std::string& url : with.pages) EXPECT_TRUE(stored.contains(url)) << url;
}

TEST_F(CrawlerTest, SitemapIndexesInIndexesEndWhereRedirectsEnd) {
  TestWeb* server = nullptr;
  TestWeb web(WebOptions{}, 0, [&server](const RequestRecord& request, int) {
    Answer answer;
    answer.headers = {{"Content-Type", "text/xml"}};
    if (request.path == "/robots.txt") {
      answer.body = absl::StrCat("Sitemap: ", server->Url(0, "/x"), "\n");
    } else if (request.path != "/") {
      answer.body = absl::StrCat(
          "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">", "<sitemap><loc>",
          server->Url(0, request.path), "x</loc></sitemap>", "</sitemapindex>");
    }
    return answer;
  });
  server = &web;
  ASSERT_TRUE(Open(OptionsFor(web.Url(0, "/")))->Run().ok());
  const size_t hops = FrontierOptions().max_redirects;
  EXPECT_EQ(web.Count(web.Url(0, "/" + std::string(1 + hops, 'x'))), 1);
  EXPECT_EQ(web.Count(web.Url(0, "/" + std::string(2 + hops, 'x'))), 0);
}

// A site of redirects: where each path leads, by which status; other paths are pages.
class RedirectTest : public CrawlerTest {
 protected:
  // Crawls from `seed` and returns what became of each path: "state reason".
  std::map<std::string, std::string> Crawl(const std::string& first_page,
                                           std::map<std::string, Answer> answers) {
    answers["/"] = Page(first_page);
    answers["/robots.txt"] = Answer{.status = 404, .headers = {}, .body = ""};
    TestWeb web(WebOptions{}, 0, [&](const RequestRecord& request, int) {
      const auto it = answers.find(request.path);
      return it == answers.end() ? Page("end") : it->second;
    });
    CrawlOptions options = OptionsFor(web.Url(0, "/"));
    options.scope = ScopeKind::kHost;
    EXPECT_TRUE(Open(options)->Run().ok());
    return Ends();
  }
  std::map<std::string, std::string> Ends() {
    const auto reader = CrawlReader::Open(dir_.path("crawl"));
    std::map<std::string, std::string> ends;
    EXPECT_TRUE((*reader)
                    ->ForEachUrl(std::nullopt,
                                 [&](const UrlKey&, const UrlRecord& url) {
                                   ends[url.path] =
                                       absl::StrCat(Name(url.state), " ", Name(url.reason));
                                   return true;
                                 })
                    .ok());
    return ends;
  }
  static Answer Page(const std::string& body) {
    return Answer{.status = 200, .headers = {{"Content-Type", "text/html"}}, .body = body};
  }
  static Answer Redirect(int status, const std::string& target) {
    return Answer{.status = status, .headers = {{"Location", target}}, .body = ""};
  }
};

TEST_F(RedirectTest, EveryKindLeadsToItsTarget) {
  std::map<std::string, Answer> answers;
  std::string links;
  for (const int status : {301, 302, 303, 307, 308}) {
    answers[absl::StrCat("/", status)] = Redirect(status, absl::StrCat("/to", status));
    absl::StrAppend(&links, "<a href=/", status, ">x</a>");
  }
  const auto ends = Crawl(links, answers);
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_EQ(ends.at(absl::StrCat("/", status)), "redirected none");
    EXPECT_EQ(ends.at(absl::StrCat("/to", status)), "fetched none");
  }
}

TEST_F(RedirectTest, LoopsEndWithAReasonOnTheUrlThatClosesThem) {
  const auto ends =
      Crawl("<a href=/a>a</a><a href=/self>s</a>", {{"/a", Redirect(302, "/b")},
                                                    {"/b", Redirect(302, "/c")},
                                                    {"/c", Redirect(302, "/a")},
                                                    {"/self", Redirect(301, "/self#again")}});
  EXPECT_EQ(ends.at("/a"), "redirected none");
  EXPECT_EQ(ends.at("/b"), "redirected none");
  EXPECT_EQ(ends.at("/c"), "failed redirect-limit");
  EXPECT_EQ(ends.at("/self"), "failed redirect-limit");
}

TEST_F(RedirectTest, ChainsAreCut) {
  std::map<std::string, Answer> answers;
  for (int i = 0; i < 30; ++i) {
    answers[absl::StrCat("/", i)] = Redirect(302, absl::StrCat("/", i + 1));
  }
  const auto ends = Crawl("<a href=/0>a</a>", answers);
  EXPECT_EQ(ends.at("/10"), "redirected none");
  EXPECT_EQ(ends.at("/11"), "excluded redirect-limit");
  EXPECT_FALSE(ends.contains("/12"));
}

TEST_F(RedirectTest, TargetsThatAreNotCrawledSayWhy) {
  const auto ends = Crawl("<a href=/out>o</a><a href=/mail>m</a><a href=/none>n</a>",
                          {{"/out", Redirect(302, "http://127.1.0.2/")},
                           {"/mail", Redirect(302, "mailto:a@b.example")},
                           {"/none", Answer{.status = 302, .headers = {}, .body = ""}}});
  EXPECT_EQ(ends.at("/out"), "redirected out-of-scope");
  EXPECT_EQ(ends.at("/mail"), "failed redirect-invalid");
  EXPECT_EQ(ends.at("/none"), "failed redirect-invalid");
}

TEST_F(RedirectTest, RefreshIsAHopWithAPage) {
  std::map<std::string, Answer> answers;
  answers["/header"] = Page("moved");
  answers["/header"].headers.push_back({"Refresh", "0; url=/by-header"});
  answers["/meta"] = Page("<meta http-equiv=refresh content='5; url=/by-meta'>");
  for (int i = 0; i < 30; ++i) {
    answers[absl::StrCat("/", i)] =
        Page(absl::StrCat("<meta http-equiv=refresh content='0; url=/", i + 1, "'>"));
  }
  const auto ends = Crawl("<a href=/header>h</a><a href=/meta>m</a><a href=/0>0</a>", answers);
  for (const char* path : {"/header", "/by-header", "/meta", "/by-meta", "/10"}) {
    EXPECT_EQ(ends.at(path), "fetched none") << path;
  }
  EXPECT_EQ(ends.at("/11"), "excluded redirect-limit");
  EXPECT_FALSE(ends.contains("/12"));
}

// Two workers go on when both have found a link.
class MeetingPoint : public LinkFilter {
 public:
  bool Follow(const Url&, const Url&) override {
    std::unique_lock<std::mutex> lock(mu_);
    ++count_;
    changed_.notify_all();
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return count_ >= 2; }));
    return true;
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  int count_ = 0;
};

// Two pages redirect to each other, and neither redirect is committed before both have come.
TEST_F(RedirectTest, LoopBetweenWorkersThatFetchAtOnceEnds) {
  OpenTestStore(dir_.path("crawl"));  // whose hosts are where they always are
  const ShardMap shards(kTestShardCount, kTestSalt, &PublicSuffixList::Builtin());
  const auto worker_of = [&](int host) {
    const std::string url = absl::StrCat("http://", testing::WebModel::HostName(host), "/");
    return shards.KeyOf(*Url::Parse(url)).shard % 2;
  };
  WebOptions model;
  model.host_count = 20;
  int other = 1;
  while (worker_of(other) == worker_of(0)) ++other;
  TestWeb web(model, 0, [&](const RequestRecord& request, int) {
    const std::string port = request.host_header.substr(request.host_header.find(':'));
    const auto url = [&](int host, absl::string_view path) {
      return absl::StrCat("http://", testing::WebModel::HostName(host), port, path);
    };
    if (request.path == "/a") return Redirect(302, url(other, "/b"));
    if (request.path == "/b") return Redirect(302, url(0, "/a"));
    return Answer{.status = 404, .headers = {}, .body = ""};
  });
  CrawlOptions options = OptionsFor(web.Url(0, "/a"));
  options.seeds.push_back(web.Url(other, "/b"));
  const std::unique_ptr<Crawler> crawler = Open(options);
  crawler->AddLinkFilter(std::make_unique<MeetingPoint>());
  ASSERT_TRUE(crawler->Run().ok());
  const std::map<std::string, std::string> ends = Ends();
  EXPECT_TRUE(ends.at("/a") == "failed redirect-limit" || ends.at("/b") == "failed redirect-limit")
      << ends.at("/a") << ", " << ends.at("/b");
}

class Tagger : public PageProcessor {
 public:
  absl::Status Process(const Page& page, PageActions& actions) override {
    if (absl::StrContains(page.record.url, "/bad")) return absl::InternalError("no good");
    if (absl::StrContains(page.record.url, "/drop")) actions.Drop("not wanted");
    actions.SetField("words", page.html.text.empty() ? "none" : "some");
    actions.AddLink("/added");
    return absl::OkStatus();
  }
};

class NoSecrets : public LinkFilter {
 public:
  bool Follow(const Url& link, const Url&) override {
    return !absl::StrContains(link.path(), "secret");
  }
};

TEST_F(CrawlerTest, ProcessorsSetFieldsAddLinksAndDropPages) {
  TestWeb web(WebOptions{}, 0, [](const RequestRecord& request, int) {
    Answer answer;
    if (request.path == "/robots.txt") {
      answer.status = 404;
    } else {
      answer.headers = {{"Content-Type", "text/html"}};
      answer.body = "<a href=/bad>b</a><a href=/drop>d</a><a href=/secret>s</a>";
    }
    return answer;
  });
  const std::unique_ptr<Crawler> crawler = Open(OptionsFor(web.Url(0, "/")));
  crawler->AddProcessor(std::make_unique<Tagger>());
  crawler->AddLinkFilter(std::make_unique<NoSecrets>());
  ASSERT_TRUE(crawler->Run().ok());
  EXPECT_EQ(StoredPages(), (std::set<std::string>{web.Url(0, "/"), web.Url(0, "/added")}));
  EXPECT_EQ(web.Count(web.Url(0, "/secret")), 0);
  EXPECT_EQ(web.Count(web.Url(0, "/bad")), 1);

  const auto reader = CrawlReader::Open(dir_.path("crawl"));
  std::set<std::string> details;
  EXPECT_TRUE((*reader)
                  ->ForEachUrl(std::nullopt,
                               [&](const UrlKey&, const UrlRecord& url) {
                                 if (url.state == UrlState::kExcluded) {
                                   EXPECT_EQ(url.reason, Reason::kProcessor);
                                   details.insert(url.detail);
                                 }
                                 return true;
                               })
                  .ok());
  EXPECT_EQ(details, (std::set<std::string>{"INTERNAL: no good", "not wanted"}));
}

TEST_F(CrawlerTest, StopFromAnotherThreadEndsTheRun) {
  WebOptions model;
  model.host_count = 50;
  model.pages_per_host = 50;
  model.latency = absl::Milliseconds(50);
  TestWeb web(model);
  const std::unique_ptr<Crawler> crawler = Open(OptionsFor(web.Url(0, "/")));
  std::thread stopper([&] {
    web.WaitForRequests(20, absl::Seconds(20));
    crawler->Stop();
  });
  EXPECT_TRUE(crawler->Run().ok());
  stopper.join();
  EXPECT_GT(crawler->stats().queued, 0);
}

TEST_F(CrawlerTest, RefusesAnotherSuffixListThanItBeganWith) {
  TestWeb web(WebOptions{});
  const CrawlOptions options = OptionsFor(web.Url(0, "/"));
  ASSERT_TRUE(Open(options)->Run().ok());
  const std::string path = options.dir + "/public_suffix_list.dat";
  std::ofstream(path, std::ios::app) << "another.example\n";
  const absl::Status status = Crawler::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(status.message(), path + " is damaged or was replaced")) << status;
}

TEST_F(CrawlerTest, RefusesWhatMakesNoSense) {
  const auto message = [&](CrawlOptions options) {
    return std::string(Crawler::Open(std::move(options)).status().message());
  };
  EXPECT_TRUE(absl::StrContains(message(OptionsFor("")), "no seeds"));
  EXPECT_TRUE(absl::StrContains(message(OptionsFor("mailto:a@b.example")), "mailto:a@b.example"));
  EXPECT_TRUE(absl::StrContains(message(OptionsFor("http://[::1")), "http://[::1"));
  CrawlOptions options = OptionsFor("http://a.example/");
  options.shards = 0;
  EXPECT_TRUE(absl::StrContains(message(options), "--shards"));
  options = OptionsFor("http://a.example/");
  options.public_suffix_list = "/no/such/list";
  EXPECT_TRUE(absl::StrContains(message(options), "/no/such/list"));
  EXPECT_FALSE(CrawlStore::Exists(options.dir));
}

}  // namespace
}  // namespace spindle
