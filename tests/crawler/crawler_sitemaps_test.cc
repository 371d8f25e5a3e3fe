// Sitemaps, from robots.txt to the pages that they name.

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/crawler/crawler_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

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

}  // namespace
}  // namespace spindle
