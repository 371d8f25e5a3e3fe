// Code of users in the pipeline.

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "storage/crawl_reader.h"
#include "tests/crawler/crawler_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

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

}  // namespace
}  // namespace spindle
