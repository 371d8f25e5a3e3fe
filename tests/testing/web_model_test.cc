#include "tests/testing/web_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kPort = 8080;

WebOptions Everything() {
  WebOptions options;
  options.host_count = 30;
  options.pages_per_host = 40;
  options.robots_rules = options.redirects = options.missing_pages = true;
  options.server_errors = options.broken_transfers = true;
  options.gzip = options.charsets = options.sitemaps = options.requisites = true;
  return options;
}

std::string HeaderOf(const Answer& answer, absl::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return "";
}

Answer Get(const WebModel& web, int host, absl::string_view path, int visit = 0) {
  return web.Get(host, path, visit, /*accepts_gzip=*/false, kPort);
}

TEST(WebModelTest, HostNamesAndIndexesAgree) {
  WebOptions options;
  options.host_count = 200000;
  const WebModel web(options);
  EXPECT_EQ(WebModel::HostName(0), "127.1.0.1");
  EXPECT_EQ(WebModel::HostName(250), "127.1.1.1");
  EXPECT_EQ(WebModel::HostName(62500), "127.2.0.1");
  for (int index : {0, 1, 249, 250, 62499, 62500, 199999}) {
    EXPECT_EQ(web.HostIndex(WebModel::HostName(index)), index);
  }
  EXPECT_EQ(web.HostIndex(WebModel::HostName(200000)), std::nullopt);
  EXPECT_EQ(web.HostIndex("127.0.0.1"), std::nullopt);
  EXPECT_EQ(web.HostIndex("127.1.0.0"), std::nullopt);
  EXPECT_EQ(web.HostIndex("127.01.0.1"), std::nullopt);
  EXPECT_EQ(web.HostIndex("example.com"), std::nullopt);
}

TEST(WebModelTest, EveryPageOfAPlainWebIsReachable) {
  WebOptions options;
  options.host_count = 17;
  options.pages_per_host = 23;
  const auto found = WebModel(options).ReachableFrom(0, kPort, false, false);
  EXPECT_EQ(found.pages.size(), 17u * 23u);
  EXPECT_EQ(found.asked, found.pages);
  EXPECT_TRUE(found.forbidden.empty());
}

TEST(WebModelTest, EqualOptionsGiveEqualAnswers) {
  const WebModel a(Everything());
  const WebModel b(Everything());
  WebOptions other = Everything();
  other.seed = 2;
  const WebModel c(other);
  int different = 0;
  for (int page = 1; page < 40; ++page) {
    const std::string path = absl::StrCat("/p/", page, ".html");
    EXPECT_EQ(Get(a, 3, path).body, Get(b, 3, path).body);
    different += Get(a, 3, path).body != Get(c, 3, path).body;
  }
  EXPECT_GT(different, 20);
}

TEST(WebModelTest, ForbiddenPagesAndWhatOnlyTheyLinkToAreNotReached) {
  WebOptions options;
  options.host_count = 6;
  options.robots_rules = true;
  const auto found = WebModel(options).ReachableFrom(0, kPort, false, false);
  const auto url = [](int host, absl::string_view path) {
    return absl::StrCat("http://", WebModel::HostName(host), ":", kPort, path);
  };
  EXPECT_TRUE(found.forbidden.count(url(0, "/private/0")));
  EXPECT_FALSE(found.asked.count(url(0, "/hidden/0.html")));
  EXPECT_TRUE(found.forbidden.count(url(2, "/private/1")));
  EXPECT_TRUE(found.asked.count(url(2, "/private/open/0")));
  // No robots.txt, and one that forbids nothing.
  for (int host : {3, 5}) {
    EXPECT_TRUE(found.asked.count(url(host, "/private/0")));
    EXPECT_TRUE(found.pages.count(url(host, "/hidden/0.html")));
  }
  EXPECT_EQ(found.forbidden.size(), 3u * 3u + 2u);
}

TEST(WebModelTest, RobotsTextSaysWhatAllowedDecides) {
  const WebModel web(Everything());
  EXPECT_THAT(Get(web, 0, "/robots.txt").body, HasSubstr("Disallow: /private/"));
  EXPECT_THAT(Get(web, 2, "/robots.txt").body, HasSubstr("Allow: /private/open/"));
  EXPECT_THAT(Get(web, 4, "/robots.txt").body, HasSubstr("\r\n"));
  WebOptions options;
  options.robots_rules = true;
  EXPECT_EQ(Get(WebModel(options), 3, "/robots.txt").status, 404);
}

TEST(WebModelTest, CrawlDelayIsAskedForByEveryFifthHost) {
  WebOptions options;
  options.crawl_delay = absl::Milliseconds(1500);
  const WebModel web(options);
  EXPECT_EQ(Get(web, 2, "/robots.txt").body, "User-agent: *\nCrawl-delay: 1.5\n");
  EXPECT_EQ(Get(web, 1, "/robots.txt").status, 404);
}

TEST(WebModelTest, FlakyRobotsFailOnceOnly) {
  WebOptions options;
  options.robots_rules = options.robots_flaky = true;
  const WebModel web(options);
  EXPECT_EQ(Get(web, 10, "/robots.txt", 0).status, 500);
  EXPECT_EQ(Get(web, 10, "/robots.txt", 1).status, 200);
  EXPECT_EQ(Get(web, 11, "/robots.txt", 0).status, 200);
}

TEST(WebModelTest, EveryFeatureIsThere) {
  const WebModel web(Everything());
  std::set<int> statuses;
  bool closed = false;
  bool cut_short = false;
  for (int host = 0; host < 30; ++host) {
    for (int page = 1; page < 40; ++page) {
      const Answer answer = Get(web, host, absl::StrCat("/p/", page, ".html"));
      statuses.insert(answer.status);
      closed |= answer.close_without_answer;
      cut_short |= answer.missing_bytes > 0;
    }
  }
  for (int status : {200, 301, 302, 303, 307, 308, 404, 410, 500, 503}) {
    EXPECT_TRUE(statuses.count(status)) << status;
  }
  EXPECT_TRUE(closed);
  EXPECT_TRUE(cut_short);
}

TEST(WebModelTest, FeaturesAreOffByDefault) {
  const WebModel web{WebOptions()};
  for (int page = 1; page < 10; ++page) {
    const Answer answer =
        web.Get(4, absl::StrCat("/p/", page, ".html"), 0, /*accepts_gzip=*/true, kPort);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(HeaderOf(answer, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(HeaderOf(answer, "Content-Encoding"), "");
    EXPECT_GE(answer.body.size(), 1500u);
    EXPECT_LT(answer.body.size(), 2500u);
  }
  EXPECT_EQ(Get(web, 4, "/loop/0").status, 404);
  EXPECT_EQ(Get(web, 4, "/private/0").status, 404);
  EXPECT_EQ(Get(web, 4, "/sitemap.xml").status, 404);
}

TEST(WebModelTest, RedirectsLeadRoundAndDown) {
  WebOptions options;
  options.redirects = true;
  const WebModel web(options);
  const std::string host = absl::StrCat("http://", WebModel::HostName(1), ":", kPort);
  const auto lands_on = [&](absl::string_view path) {
    const std::string location = HeaderOf(Get(web, 1, path), "Location");
    return absl::StartsWith(location, "/") ? host + location : location;
  };
  EXPECT_EQ(lands_on("/loop/0"), host + "/loop/1");
  EXPECT_EQ(lands_on("/loop/1"), host + "/loop/0");
  EXPECT_EQ(lands_on("/chain/3"), host + "/chain/2");
  EXPECT_EQ(lands_on("/chain/0"), host + "/");
  const auto found = web.ReachableFrom(0, kPort, false, false);
  EXPECT_TRUE(found.asked.count(host + "/loop/1"));
  EXPECT_TRUE(found.asked.count(host + "/chain/0"));
  EXPECT_FALSE(found.pages.count(host + "/chain/0"));
}

TEST(WebModelTest, GzipIsForThoseWhoAcceptIt) {
  WebOptions options;
  options.gzip = true;
  const WebModel web(options);
  int zipped = 0;
  for (int page = 1; page < 10; ++page) {
    const std::string path = absl::StrCat("/p/", page, ".html");
    const Answer plain = web.Get(0, path, 0, false, kPort);
    const Answer answer = web.Get(0, path, 0, true, kPort);
    EXPECT_EQ(HeaderOf(plain, "Content-Encoding"), "");
    if (HeaderOf(answer, "Content-Encoding") != "gzip") continue;
    ++zipped;
    std::string body(plain.body.size(), '\0');
    z_stream stream = {};
    ASSERT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(answer.body.data()));
    stream.avail_in = answer.body.size();
    stream.next_out = reinterpret_cast<Bytef*>(body.data());
    stream.avail_out = body.size();
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    EXPECT_EQ(body, plain.body);
  }
  EXPECT_GT(zipped, 0);
  EXPECT_LT(zipped, 9);
}

TEST(WebModelTest, CharsetsAreNamedInDifferentPlaces) {
  WebOptions options;
  options.charsets = true;
  options.pages_per_host = 60;
  const WebModel web(options);
  std::set<std::string> types;
  bool in_meta = false;
  bool by_mark = false;
  for (int page = 1; page < 60; ++page) {
    const Answer answer = Get(web, 0, absl::StrCat("/p/", page, ".html"));
    types.insert(HeaderOf(answer, "Content-Type"));
    in_meta |= absl::StrContains(answer.body, "<meta charset=shift_jis>");
    by_mark |= absl::StartsWith(answer.body, "\xff\xfe");
  }
  EXPECT_THAT(types, ::testing::ElementsAre("text/html", "text/html; charset=utf-8",
                                            "text/html; charset=windows-1252"));
  EXPECT_TRUE(in_meta);
  EXPECT_TRUE(by_mark);
}

TEST(WebModelTest, SitemapsAndRequisitesCountWhereAskedFor) {
  WebOptions options;
  options.sitemaps = options.requisites = true;
  options.host_count = 3;
  const WebModel web(options);
  const auto plain = web.ReachableFrom(0, kPort, false, false);
  const auto all = web.ReachableFrom(0, kPort, true, true);
  EXPECT_EQ(all.asked.size(), plain.asked.size() + 3 * 3);
  EXPECT_THAT(Get(web, 1, "/robots.txt").body, HasSubstr("/sitemap.xml"));
  EXPECT_THAT(Get(web, 1, "/sitemap.xml").body, HasSubstr("/s/only.html"));
  EXPECT_THAT(Get(web, 1, "/").body, HasSubstr("/style.css"));
  EXPECT_THAT(Get(WebModel(WebOptions()), 1, "/").body, Not(HasSubstr("/style.css")));
}

}  // namespace
}  // namespace testing
}  // namespace spindle
