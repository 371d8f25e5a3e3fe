// The crawler killed at random moments: nothing known is lost, nothing stored is fetched again, and
// the hosts notice nothing.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/integration/expectations.h"
#include "tests/integration/processes.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {
namespace {

TEST(KillTest, TenKillsLoseAndRepeatNothing) {
  const bool full_size = getenv("FULL_SIZE") != nullptr;
  const TestWeb web(OddButReliable(full_size ? 200 : 40, full_size ? 50 : 25));
  const auto reachable = ReachablePages(web);
  const CrawlDirectory directory;
  const std::vector<std::string> flags =
      WholeWebFlags(web, {"--per_host_delay=0s", "--max_transfers=32"});
  std::mt19937_64 random(1);
  // How often each page had been asked for when it was first seen stored.
  std::map<std::string, int> stored;
  std::map<std::string, std::string> known;

  for (int kill = 0; kill < 10; ++kill) {
    {
      Process crawl = directory.Crawl(flags);
      if (kill % 3 == 2) {  // While it opens the directory, or soon after.
        crawl.Wait(absl::Milliseconds(random() % 150));
      } else {
        web.WaitForRequests(web.Requests().size() + 1 + random() % (reachable.asked.size() / 12),
                            absl::Seconds(60));
        crawl.Wait(absl::Microseconds(random() % 5000));
      }
      crawl.Kill9();
      ASSERT_EQ(crawl.Wait(absl::Seconds(10)), -9) << "ended before kill " << kill << crawl.Err();
    }
    if (known.empty() && web.Requests().empty()) continue;  // Killed before there was a directory.
    ExpectVerifies(directory);
    const auto states = directory.States();
    for (const auto& [url, state] : known) ASSERT_TRUE(states.count(url)) << "lost " << url;
    for (const auto& [url, count] : stored) ASSERT_EQ(states.at(url), "fetched") << url;
    known = states;
    for (const auto& [url, state] : states) {
      if (state == "fetched") stored.emplace(url, web.Count(url));
    }
    if (HasFailure()) return;
  }
  EXPECT_GE(stored.size(), 10) << "the kills came too early to tell";
  EXPECT_LT(stored.size(), reachable.pages.size()) << "the kills came too late to tell";

  const Finished crawl = directory.CrawlToEnd(flags);
  ASSERT_EQ(crawl.code, 0) << crawl.err;
  ExpectStatesFit(directory.States(), reachable);
  ExpectOnlyAllowedAsked(web, reachable);
  ExpectVerifies(directory);
  for (const auto& [url, count] : stored) {
    EXPECT_EQ(web.Count(url), count) << url << " was stored and asked for again";
  }
}

TEST(KillTest, KeepsTheDelayOfEachHostAcrossAKillAndAResume) {
  const TestWeb web(OddButReliable(25, 8));
  const auto reachable = ReachablePages(web);
  const CrawlDirectory directory;
  const std::vector<std::string> flags = WholeWebFlags(web, {"--per_host_delay=200ms"});
  {
    Process crawl = directory.Crawl(flags);
    ASSERT_TRUE(web.WaitForRequests(80, absl::Seconds(30))) << crawl.Err();
    crawl.Kill9();
    ASSERT_EQ(crawl.Wait(absl::Seconds(10)), -9);
  }
  ASSERT_EQ(directory.CrawlToEnd(flags).code, 0);
  ExpectStatesFit(directory.States(), reachable);
  ExpectOnlyAllowedAsked(web, reachable);
  for (const std::string& host : HostsAsked(web)) {
    EXPECT_GE(web.MinGap(host), absl::Milliseconds(200)) << host;
  }
}

}  // namespace
}  // namespace testing
}  // namespace spindle
