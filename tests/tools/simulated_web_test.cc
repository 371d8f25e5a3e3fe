#include "tools/simulated_web.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace spindle {
namespace {

SimulatedWebOptions Small() {
  SimulatedWebOptions options;
  options.host_count = 1000;
  options.page_count = 1'000'000;
  return options;
}

std::vector<SimulatedPage> LinksOf(const SimulatedWeb& web, SimulatedPage page) {
  std::vector<SimulatedPage> links;
  web.AppendLinks(page, &links);
  return links;
}

TEST(SimulatedWebTest, UrlsNameTheirPages) {
  const SimulatedWeb web(Small());
  for (uint32_t host = 0; host < 1000; host += 7) {
    for (uint32_t page : {0u, 1u, 31u, 5000u, 123456789u}) {
      const SimulatedPage expected{host, page};
      EXPECT_EQ(web.ParseUrl(web.Origin(host) + web.Path(expected)), expected);
    }
  }
  EXPECT_FALSE(web.ParseUrl("https://www.h1000.apple3.com/").has_value());
  EXPECT_FALSE(web.ParseUrl("https://example.org/").has_value());
}

TEST(SimulatedWebTest, PathsAreAsLongAsTheyUsuallyAre) {
  const SimulatedWeb web(Small());
  size_t bytes = 0;
  for (uint32_t page = 1; page <= 1000; ++page) bytes += web.Path({page % 50, page * 97}).size();
  EXPECT_GT(bytes / 1000, 55);
  EXPECT_LT(bytes / 1000, 85);
}

TEST(SimulatedWebTest, HostsShareThePagesByRank) {
  const SimulatedWeb web(Small());
  uint64_t pages = 0;
  for (uint32_t host = 0; host < 1000; ++host) {
    pages += web.PageCount(host);
    EXPECT_GE(web.PageCount(host), web.PageCount(host + 1));
  }
  EXPECT_GT(pages, 900'000);
  EXPECT_LT(pages, 1'300'000);
}

TEST(SimulatedWebTest, LinksAreDistinctPagesThatExist) {
  const SimulatedWeb web(Small());
  for (uint32_t page = 0; page < 3000; ++page) {
    const SimulatedPage from{page % 10, page};
    std::set<SimulatedPage> seen;
    for (const SimulatedPage& to : LinksOf(web, from)) {
      EXPECT_TRUE(seen.insert(to).second) << page;
      EXPECT_LT(to.page, web.PageCount(to.host));
      EXPECT_NE(to, from);
    }
  }
}

TEST(SimulatedWebTest, ACrawlInOrderFindsATenthOfTheLinksNew) {
  const SimulatedWeb web(Small());
  std::set<SimulatedPage> known;
  uint64_t links = 0, intra = 0, fresh = 0;
  for (uint32_t page = 0; page < 3000; ++page) {
    for (const SimulatedPage& to : LinksOf(web, {0, page})) {
      const bool is_new = known.insert(to).second;
      if (page < 1000) continue;
      ++links;
      intra += to.host == 0 ? 1 : 0;
      fresh += is_new ? 1 : 0;
    }
  }
  EXPECT_NEAR(static_cast<double>(links) / 2000, 60, 6);
  EXPECT_NEAR(static_cast<double>(intra) / static_cast<double>(links), 0.8, 0.05);
  EXPECT_NEAR(static_cast<double>(fresh) / static_cast<double>(links), 0.12, 0.03);
}

TEST(SimulatedWebTest, EveryPageOfAHostIsReachedFromItsHomePage) {
  SimulatedWebOptions options = Small();
  options.page_count = 20'000;
  const SimulatedWeb web(options);
  std::set<SimulatedPage> known = {{3, 0}};
  std::vector<SimulatedPage> todo = {{3, 0}};
  while (!todo.empty()) {
    const SimulatedPage page = todo.back();
    todo.pop_back();
    for (const SimulatedPage& to : LinksOf(web, page)) {
      if (to.host == 3 && known.insert(to).second) todo.push_back(to);
    }
  }
  EXPECT_EQ(known.size(), web.PageCount(3));
}

TEST(SimulatedWebTest, AnswersAreMixedAndAlwaysTheSame) {
  const SimulatedWeb web(Small());
  std::set<int> statuses;
  for (uint32_t host = 0; host < 1000; ++host) {
    for (uint32_t page = 1; page < 20; ++page) {
      const SimulatedAnswer answer = web.Fetch({host, page}, 0);
      statuses.insert(answer.http_status);
      EXPECT_EQ(answer.http_status, web.Fetch({host, page}, 0).http_status);
      EXPECT_EQ(answer.http_status == 0, answer.reason != Reason::kNone);
      EXPECT_EQ(answer.http_status == 301, answer.redirect.has_value());
      EXPECT_EQ(answer.http_status == 429, answer.retry_after.has_value());
      EXPECT_LE(answer.latency, answer.elapsed);
    }
  }
  EXPECT_EQ(statuses, (std::set<int>{0, 200, 301, 404, 429, 503}));
}

}  // namespace
}  // namespace spindle
