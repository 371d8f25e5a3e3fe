#include "crawler/page_pipeline.h"

#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/simhash.h"
#include "tests/testing/coded_bytes.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr char kText[] = "the quick brown fox jumps over the lazy dog";

// Parses pages of http://a.example/.
class PagePipelineTest : public ::testing::Test {
 protected:
  ParsedPage Parse(const std::string& path, const std::string& type, const std::string& body,
                   UrlScorer* scorer = nullptr) {
    return ParseAnswer(path, absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: ", type, "\r\n\r\n"),
                       body, /*failures=*/0, scorer);
  }

  ParsedPage ParseAnswer(const std::string& path, const std::string& headers,
                         const std::string& body, uint8_t failures, UrlScorer* scorer = nullptr) {
    const PagePipeline pipeline(options_, &scope_, &shards_, {}, {}, scorer);
    FetchTask task;
    task.url = absl::StrCat("http://a.example", path);
    task.queue.url = shards_.KeyOf(*Url::Parse(task.url));
    task.record.depth = depth_;
    task.record.failures = failures;
    FetchResponse response;
    response.http_status = 200;
    response.headers = headers;
    response.body = body;
    response.started = response.ended = response.request_seen = kStart;
    return pipeline.Parse(std::move(task), PolitenessOptions(), std::move(response), &arena_);
  }

  PipelineOptions options_;
  uint16_t depth_ = 3;  // of the page
  Arena arena_;
  Scope scope_{ScopeKind::kAny, &PublicSuffixList::Builtin()};
  ShardMap shards_{8, 1, &PublicSuffixList::Builtin()};
};

std::map<std::string, LinkRecord> ByPath(const ParsedPage& page) {
  std::map<std::string, LinkRecord> links;
  for (const InsertedLink& link : page.links) links[link.link.path] = link.link;
  return links;
}

TEST_F(PagePipelineTest, OneLimitHoldsForTheUrlsOfAllLinks) {
  const std::string html = absl::StrCat("<a href=/", std::string(5000, 'a'), ">", "<a href=/",
                                        std::string(9000, 'b'), ">", "<a href=/c>");
  for (const ParseMode mode : {ParseMode::kDom, ParseMode::kScan}) {
    options_.parse = mode;
    options_.url.max_bytes = 8192;
    EXPECT_EQ(Parse("/", "text/html", html).links.size(), 2u);
    options_.url.max_bytes = 20'000;
    EXPECT_EQ(Parse("/", "text/html", html).links.size(), 3u);
    options_.url.max_bytes = 1000;
    EXPECT_EQ(Parse("/", "text/html", html).links.size(), 1u);
    EXPECT_EQ(Parse("/", "text/html", html).too_long_count, 2u);
  }
}

TEST_F(PagePipelineTest, LinksOfSitemapsAreCountedThatAreTooLong) {
  options_.url.max_bytes = 1000;
  const std::string entry = "<url><loc>http://a.example/";
  const ParsedPage page =
      Parse("/sitemap.xml", "application/xml",
            absl::StrCat("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">", entry,
                         std::string(2000, 'a'), "</loc></url>", entry, "b</loc></url></urlset>"));
  EXPECT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.too_long_count, 1u);
}

TEST_F(PagePipelineTest, FingerprintsTheVisibleTextOfHtmlAndPlainText) {
  const std::string html =
      absl::StrCat("<title>x</title><script>y</script><p>", kText, "<!-- z --></p>");
  EXPECT_EQ(Parse("/", "text/html", html).record.simhash, SimHash(kText));
  EXPECT_EQ(Parse("/", "text/plain", kText).record.simhash, SimHash(kText));
}

TEST_F(PagePipelineTest, WhatHasNoTextHasNoFingerprint) {
  EXPECT_EQ(Parse("/", "text/html", "<p>short</p>").record.simhash, 0u);
  EXPECT_EQ(Parse("/", "text/css", kText).record.simhash, 0u);
  EXPECT_EQ(Parse("/", "image/png", absl::StrCat("\x89PNG\r\n\x1a\n", kText)).record.simhash, 0u);
  options_.parse = ParseMode::kScan;
  EXPECT_EQ(Parse("/", "text/html", absl::StrCat("<p>", kText)).record.simhash, 0u);
}

TEST_F(PagePipelineTest, ValidatorsAreKeptUpToALimit) {
  for (const size_t size : {1024, 1025}) {
    const std::string value(size, 'v');
    const ParsedPage page = ParseAnswer(
        "/",
        absl::StrCat("HTTP/1.1 200 OK\r\nETag: ", value, "\r\nLast-Modified: ", value, "\r\n\r\n"),
        kText, /*failures=*/0);
    EXPECT_EQ(page.outcome.etag, size == 1024 ? value : "");
    EXPECT_EQ(page.outcome.last_modified, page.outcome.etag);
  }
}

TEST_F(PagePipelineTest, OutcomeHasTheFingerprintToo) {
  EXPECT_EQ(Parse("/", "text/plain", kText).outcome.simhash, SimHash(kText));
}

TEST_F(PagePipelineTest, LinksTellTheirDomainWhereItIsAskedFor) {
  const std::string html = "<a href=http://x.a.example/1>own</a><a href=http://b.example/2>b</a>";
  EXPECT_EQ(ByPath(Parse("/", "text/html", html)).at("/2").from_domain, 0u);
  options_.note_domains = true;
  const auto links = ByPath(Parse("/", "text/html", html));
  EXPECT_EQ(links.at("/1").from_domain, 0u);
  EXPECT_EQ(links.at("/2").from_domain, shards_.OtherDomain(*Url::Parse("http://a.example/"),
                                                            *Url::Parse("http://b.example/")));
}

// The beginning of a page in gzip.
TEST_F(PagePipelineTest, WhyABodyIsNotWholeIsTold) {
  std::set<std::string> details;
  const auto detail = [&](const std::string& coding, const std::string& body) {
    const std::string length = absl::StrCat("Content-Length: ", body.size(), "\r\n");
    const ParsedPage page = ParseAnswer(
        "/", absl::StrCat("HTTP/1.1 200 OK\r\n", length, "Content-Encoding: ", coding, "\r\n\r\n"),
        body, /*failures=*/0);
    EXPECT_EQ(page.outcome.verdict.state, UrlState::kFetched);
    EXPECT_TRUE(page.record.truncated);
    return page.outcome.detail;
  };
  const std::string gzip = testing::Gzip(kText);
  details.insert(detail("gzip", kText));
  details.insert(detail("gzip", gzip.substr(0, gzip.size() - 12)));
  details.insert(detail("rot13", kText));
  details.insert(detail("gzip, gzip, gzip, gzip, gzip, gzip", gzip));
  options_.decode.max_decoded_bytes = 10;
  details.insert(detail("gzip", gzip));
  EXPECT_EQ(details.size(), 5u);
  EXPECT_EQ(details.count(""), 0u);
}

std::string BrokenOffGzip() {
  const std::string whole =
      testing::Gzip(absl::StrCat("<title>x</title><a href=/1>1</a>", std::string(2000, ' ')));
  return whole.substr(0, whole.size() - 10);
}

TEST_F(PagePipelineTest, CodingTellsOfABodyWithoutLengthThatItBrokeOff) {
  for (const char* status : {"HTTP/2 200", "HTTP/1.0 200 OK"}) {
    const ParsedPage page = ParseAnswer(
        "/", absl::StrCat(status, "\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"),
        BrokenOffGzip(), /*failures=*/0);
    EXPECT_EQ(page.outcome.verdict.state, UrlState::kQueued);
    EXPECT_EQ(page.outcome.verdict.reason, Reason::kInterrupted);
    EXPECT_EQ(page.outcome.detail, "the body ends in the middle of its coding");
    EXPECT_FALSE(page.store);
    EXPECT_TRUE(page.links.empty());
  }
}

TEST_F(PagePipelineTest, WhatBrokeOffInTheLastTryIsKept) {
  const ParsedPage page =
      ParseAnswer("/", "HTTP/2 200\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n",
                  BrokenOffGzip(), static_cast<uint8_t>(PolitenessOptions().max_tries - 1));
  EXPECT_EQ(page.outcome.verdict.state, UrlState::kFetched);
  EXPECT_EQ(page.outcome.verdict.reason, Reason::kInterrupted);
  EXPECT_TRUE(page.store);
  EXPECT_TRUE(page.record.truncated);
  EXPECT_EQ(page.links.size(), 1u);
}

TEST_F(PagePipelineTest, BodyThatCameWholeIsNotTriedAgainWhateverItsCodingSays) {
  for (const char* length : {"Content-Length: 60", "Transfer-Encoding: chunked"}) {
    const ParsedPage page = ParseAnswer(
        "/", absl::StrCat("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n", length, "\r\n\r\n"),
        BrokenOffGzip(), /*failures=*/0);
    EXPECT_EQ(page.outcome.verdict.reason, Reason::kNone);
    EXPECT_TRUE(page.store);
    EXPECT_TRUE(page.record.truncated);
  }
}

constexpr char kSitemap[] =
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    "<url><loc>http://a.example/news</loc><lastmod>2023-11-01</lastmod>"
    "<changefreq>daily</changefreq><priority>0.5</priority></url>"
    "<url><loc>http://a.example/old</loc></url></urlset>";

TEST_F(PagePipelineTest, LinksOfASitemapCarryWhatItSays) {
  const auto links = ByPath(Parse("/sitemap.xml", "application/xml", kSitemap));
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links.at("/news").lastmod,
            absl::FromCivil(absl::CivilDay(2023, 11, 1), absl::UTCTimeZone()));
  EXPECT_EQ(links.at("/news").interval_hint, absl::Hours(24));
  EXPECT_EQ(links.at("/old").lastmod, absl::InfinitePast());
  EXPECT_EQ(links.at("/old").interval_hint, absl::ZeroDuration());
}

TEST_F(PagePipelineTest, SitemapTellsOfThePagesOfItsOwnDomainOnly) {
  const auto links =
      ByPath(Parse("/sitemap.xml", "application/xml",
                   "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                   "<url><loc>http://www.a.example/own</loc><lastmod>2023-11-01</lastmod></url>"
                   "<url><loc>http://b.example/other</loc><lastmod>2023-11-01</lastmod>"
                   "<changefreq>hourly</changefreq></url></urlset>"));
  ASSERT_EQ(links.size(), 2u);
  EXPECT_GT(links.at("/own").lastmod, absl::InfinitePast());
  EXPECT_EQ(links.at("/other").lastmod, absl::InfinitePast());
  EXPECT_EQ(links.at("/other").interval_hint, absl::ZeroDuration());
}

TEST_F(PagePipelineTest, DepthIsCountedAsFarAsItCanBe) {
  depth_ = UINT16_MAX;
  EXPECT_EQ(ByPath(Parse("/", "text/html", "<a href=/b>b</a>")).at("/b").depth, UINT16_MAX);
}

TEST_F(PagePipelineTest, SitemapsOfAnIndexCarryTheirDate) {
  const auto links =
      ByPath(Parse("/sitemap.xml", "application/xml",
                   "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap>"
                   "<loc>http://a.example/1.xml</loc><lastmod>2023-11-01T00:00:00Z</lastmod>"
                   "</sitemap></sitemapindex>"));
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links.at("/1.xml").lastmod,
            absl::FromCivil(absl::CivilDay(2023, 11, 1), absl::UTCTimeZone()));
}

TEST_F(PagePipelineTest, GoesBreadthFirstWithoutAScorer) {
  const auto links = ByPath(Parse("/", "text/html", "<a href=/b>b</a>"));
  EXPECT_EQ(links.at("/b").priority, 4);
}

// Gives 1 to links with "yes" in their text, 2 to those that a sitemap dates, else 9.
class TestScorer : public UrlScorer {
 public:
  uint8_t Priority(const Url& link, const LinkContext& context) override {
    EXPECT_EQ(link.host(), "a.example");
    EXPECT_EQ(context.found_on->host(), "a.example");
    if (absl::StrContains(context.anchor_text, "yes")) return 1;
    if (context.sitemap != nullptr && context.sitemap->lastmod.has_value()) return 2;
    return 9;
  }
};

TEST_F(PagePipelineTest, ScorerSeesAnchorsAndSitemaps) {
  TestScorer scorer;
  const auto links =
      ByPath(Parse("/", "text/html", "<a href=/b>oh yes</a><a href=/c>no</a>", &scorer));
  EXPECT_EQ(links.at("/b").priority, 1);
  EXPECT_EQ(links.at("/c").priority, 9);
  const auto listed = ByPath(Parse("/sitemap.xml", "application/xml", kSitemap, &scorer));
  EXPECT_EQ(listed.at("/news").priority, 2);
  EXPECT_EQ(listed.at("/old").priority, 9);
}

}  // namespace
}  // namespace spindle
