// The real binary against a whole made-up web, judged by the server's record and by what the
// inspector finds stored: complete, exact and polite.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/expectations.h"
#include "tests/integration/processes.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {
namespace {

constexpr int kHosts = kSanitized ? 60 : 100;

TEST(WholeWebTest, StoresEveryReachablePageOnceAndAsksForNothingElse) {
  const TestWeb web(OddButReliable(kHosts, 50));
  const CrawlDirectory directory;
  const Finished crawl = directory.CrawlToEnd(WholeWebFlags(web, {"--per_host_delay=0s"}));
  ASSERT_EQ(crawl.code, 0) << crawl.err;

  const auto reachable = ReachablePages(web);
  ExpectStatesFit(directory.States(), reachable);
  ExpectOnlyAllowedAsked(web, reachable);
  EXPECT_TRUE(web.RobotsBeforePages());
  for (const std::string& url : reachable.asked) EXPECT_EQ(web.Count(url), 1) << url;
  for (int host = 0; host < kHosts; ++host) EXPECT_EQ(web.Count(web.Url(host, "/robots.txt")), 1);
  ExpectVerifies(directory);

  const nlohmann::json summary = directory.Summary();
  ASSERT_TRUE(summary.is_object()) << "no summary";
  EXPECT_EQ(summary.value("pages", 0u), reachable.pages.size()) << summary;
  EXPECT_EQ(summary.value("urls_known", 0u), reachable.asked.size() + reachable.forbidden.size())
      << summary;
  EXPECT_EQ(summary.value("hosts", 0), kHosts) << summary;
  EXPECT_GT(summary.value("bytes", 0u), 1000 * reachable.pages.size()) << summary;
  EXPECT_GT(summary.value("seconds", 0.0), 0) << summary;
  EXPECT_GT(summary.value("cpu_seconds", 0.0), 0) << summary;
  EXPECT_GT(summary.value("peak_rss_bytes", 0u), 1000000u) << summary;
  EXPECT_TRUE(summary.value("errors", nlohmann::json()).is_object()) << summary;
}

TEST(WholeWebTest, AFinishedCrawlHasNothingLeftToAskFor) {
  const TestWeb web(OddButReliable(10, 10));
  const CrawlDirectory directory;
  ASSERT_EQ(directory.CrawlToEnd(WholeWebFlags(web, {"--per_host_delay=0s"})).code, 0);
  const size_t asked = web.Requests().size();
  const auto states = directory.States();
  ASSERT_EQ(directory.CrawlToEnd(WholeWebFlags(web, {"--per_host_delay=0s"})).code, 0);
  EXPECT_EQ(web.Requests().size(), asked);
  EXPECT_EQ(directory.States(), states);
}

TEST(WholeWebTest, KeepsTheCrawlDelayThatAHostAsksFor) {
  WebOptions options;
  options.host_count = 10;
  options.pages_per_host = 4;
  options.crawl_delay = absl::Milliseconds(700);
  const TestWeb web(options);
  const CrawlDirectory directory;
  ASSERT_EQ(directory.CrawlToEnd(WholeWebFlags(web, {"--per_host_delay=0s"})).code, 0);
  EXPECT_EQ(directory.States().size(), 40u);
  for (int host = 0; host < 10; ++host) {
    std::vector<RequestRecord> requests = web.Requests(WebModel::HostName(host));
    ASSERT_EQ(requests.size(), 5u);
    if (host % 5 != 2) continue;
    // robots.txt has to be read before it can be obeyed.
    for (size_t i = 2; i < requests.size(); ++i) {
      EXPECT_GE(absl::Nanoseconds(requests[i].start_ns - requests[i - 1].start_ns),
                absl::Milliseconds(700))
          << host;
    }
  }
}

TEST(WholeWebTest, AsksAgainAfterErrorsThatPass) {
  WebOptions options;
  options.host_count = 30;
  options.pages_per_host = 6;
  options.server_errors = true;
  const TestWeb web(options);
  const CrawlDirectory directory;
  const Finished crawl = directory.CrawlToEnd(WholeWebFlags(web, {"--per_host_delay=0s"}));
  ASSERT_EQ(crawl.code, 0) << crawl.err;
  const auto reachable = ReachablePages(web);
  const auto states = directory.States();
  for (const std::string& url : reachable.asked) {
    ASSERT_TRUE(states.count(url)) << url;
    EXPECT_EQ(states.at(url), reachable.pages.count(url) ? "fetched" : "failed") << url;
  }
  ExpectVerifies(directory);
}

TEST(WholeWebTest, BrokenTransfersAreToldApartAndHinderNothingElse) {
  WebOptions options;
  options.host_count = 30;
  options.pages_per_host = 6;
  options.broken_transfers = true;
  const TestWeb web(options);
  const CrawlDirectory directory;
  const Finished crawl = directory.CrawlToEnd(WholeWebFlags(web, {"--per_host_delay=0s"}));
  ASSERT_EQ(crawl.code, 0) << crawl.err;
  const auto reachable = ReachablePages(web);
  ASSERT_FALSE(reachable.cut_short.empty());
  const auto states = directory.States();
  for (const std::string& url : reachable.asked) {
    if (reachable.cut_short.count(url)) continue;
    ASSERT_TRUE(states.count(url)) << url;
    EXPECT_EQ(states.at(url), reachable.pages.count(url) ? "fetched" : "failed") << url;
  }
  for (const std::string& url : reachable.cut_short) {
    if (states.at(url) != "fetched") continue;
    const std::vector<nlohmann::json> page = directory.InspectRows({"page", url});
    ASSERT_EQ(page.size(), 1u) << url;
    EXPECT_TRUE(page[0].value("truncated", false)) << page[0];
  }
  ExpectVerifies(directory);
}

}  // namespace
}  // namespace testing
}  // namespace spindle
