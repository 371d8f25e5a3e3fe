#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/crawler.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

class CrawlerLimitsTest : public ::testing::Test {
 protected:
  CrawlerLimitsTest() {
    options_.dir = dir_.path("crawl");
    options_.scope = ScopeKind::kAny;
    options_.frontier.politeness.per_host_delay = absl::ZeroDuration();
    options_.fetcher.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
  }
  CrawlStats Crawl() {
    absl::StatusOr<std::unique_ptr<Crawler>> crawler = Crawler::Open(options_);
    EXPECT_TRUE(crawler.ok()) << crawler.status();
    EXPECT_TRUE((*crawler)->Run().ok());
    return (*crawler)->stats();
  }

  ScratchDir dir_;
  CrawlOptions options_;
};

// RFC 9309 2.5
TEST_F(CrawlerLimitsTest, LimitOfPagesCutsNoRobotsTxt) {
  const std::string rules =
      absl::StrCat("User-agent: *\n", std::string(3000, '#'), "\nDisallow: /secret\n");
  TestWeb web({}, 0, [&](const RequestRecord& request, int) {
    Answer answer;
    answer.body = request.path == "/robots.txt" ? rules : "<a href=/secret/1><a href=/open>";
    answer.headers = {{"Content-Type", "text/html"}};
    return std::make_optional(std::move(answer));
  });
  options_.seeds = {web.Url(0, "/")};
  options_.fetcher.max_body_bytes = 1000;
  const CrawlStats stats = Crawl();
  EXPECT_EQ(web.Count(web.Url(0, "/open")), 1);
  EXPECT_EQ(web.Count(web.Url(0, "/secret/1")), 0);
  EXPECT_EQ(stats.disallowed, 1);
}

TEST_F(CrawlerLimitsTest, FewerTransfersThanWorkersAreKeptToo) {
  WebOptions model;
  model.host_count = 12;
  model.latency = absl::Milliseconds(20);
  TestWeb web(model);
  for (int host = 0; host < 12; ++host) options_.seeds.push_back(web.Url(host, "/"));
  options_.scope = ScopeKind::kHost;
  options_.workers = 4;
  options_.max_transfers = 2;
  options_.max_pages = 12;
  Crawl();
  EXPECT_EQ(web.MaxInFlight(), 2);
}

TEST_F(CrawlerLimitsTest, TransfersAreDealtOutToTheLast) {
  WebOptions model;
  model.host_count = 64;
  model.latency = absl::Milliseconds(50);
  TestWeb web(model);
  for (int host = 0; host < 64; ++host) options_.seeds.push_back(web.Url(host, "/"));
  options_.scope = ScopeKind::kHost;
  options_.workers = 2;
  options_.max_transfers = 5;
  options_.max_pages = 64;
  Crawl();
  EXPECT_EQ(web.MaxInFlight(), 5);
}

TEST_F(CrawlerLimitsTest, SeedWithANameThatDnsCannotCarryIsRefused) {
  for (const char* seed : {"http://a..b/", "a..b", "http://.a/"}) {
    options_.seeds = {seed};
    const absl::Status status = Crawler::Open(options_).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "no name that DNS can carry")) << status;
    EXPECT_EQ(CheckSeeds(options_.seeds), status);
  }
}

TEST_F(CrawlerLimitsTest, StoppedBeforeItRunsItAsksForNothing) {
  TestWeb web(WebOptions{});
  options_.seeds = {web.Url(0, "/")};
  absl::StatusOr<std::unique_ptr<Crawler>> crawler = Crawler::Open(options_);
  ASSERT_TRUE(crawler.ok()) << crawler.status();
  (*crawler)->Stop();
  EXPECT_TRUE((*crawler)->Run().ok());
  EXPECT_TRUE(web.Requests().empty());
  crawler->reset();
  EXPECT_GT(Crawl().pages, 0);
}

}  // namespace
}  // namespace spindle
