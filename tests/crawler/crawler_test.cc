// The whole crawl: what it reaches, and what ends it.

#include <memory>
#include <thread>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/crawler/crawler_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

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

}  // namespace
}  // namespace spindle
