// Pages that are visited again, and bodies that the store has already.

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "absl/time/time.h"
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

}  // namespace
}  // namespace spindle
