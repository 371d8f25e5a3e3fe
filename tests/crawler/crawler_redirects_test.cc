// What becomes of URLs that lead to others.

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/public_suffix.h"
#include "shard/shard_map.h"
#include "storage/crawl_reader.h"
#include "tests/crawler/crawler_fixture.h"
#include "tests/storage/test_crawl.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

// A site of redirects: where each path leads, by which status; other paths are pages.
class RedirectTest : public CrawlerTest {
 protected:
  // Crawls from `seed` and returns what became of each path: "state reason".
  std::map<std::string, std::string> Crawl(const std::string& first_page,
                                           std::map<std::string, Answer> answers) {
    answers["/"] = Page(first_page);
    answers["/robots.txt"] = Answer{.status = 404, .headers = {}, .body = ""};
    TestWeb web(WebOptions{}, 0, [&](const RequestRecord& request, int) {
      const auto it = answers.find(request.path);
      return it == answers.end() ? Page("end") : it->second;
    });
    CrawlOptions options = OptionsFor(web.Url(0, "/"));
    options.scope = ScopeKind::kHost;
    EXPECT_TRUE(Open(options)->Run().ok());
    return Ends();
  }
  std::map<std::string, std::string> Ends() {
    const auto reader = CrawlReader::Open(dir_.path("crawl"));
    std::map<std::string, std::string> ends;
    EXPECT_TRUE((*reader)
                    ->ForEachUrl(std::nullopt,
                                 [&](const UrlKey&, const UrlRecord& url) {
                                   ends[url.path] =
                                       absl::StrCat(Name(url.state), " ", Name(url.reason));
                                   return true;
                                 })
                    .ok());
    return ends;
  }
  static Answer Page(const std::string& body) {
    return Answer{.status = 200, .headers = {{"Content-Type", "text/html"}}, .body = body};
  }
  static Answer Redirect(int status, const std::string& target) {
    return Answer{.status = status, .headers = {{"Location", target}}, .body = ""};
  }
};

TEST_F(RedirectTest, EveryKindLeadsToItsTarget) {
  std::map<std::string, Answer> answers;
  std::string links;
  for (const int status : {301, 302, 303, 307, 308}) {
    answers[absl::StrCat("/", status)] = Redirect(status, absl::StrCat("/to", status));
    absl::StrAppend(&links, "<a href=/", status, ">x</a>");
  }
  const auto ends = Crawl(links, answers);
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_EQ(ends.at(absl::StrCat("/", status)), "redirected none");
    EXPECT_EQ(ends.at(absl::StrCat("/to", status)), "fetched none");
  }
}

TEST_F(RedirectTest, LoopsEndWithAReasonOnTheUrlThatClosesThem) {
  const auto ends =
      Crawl("<a href=/a>a</a><a href=/self>s</a>", {{"/a", Redirect(302, "/b")},
                                                    {"/b", Redirect(302, "/c")},
                                                    {"/c", Redirect(302, "/a")},
                                                    {"/self", Redirect(301, "/self#again")}});
  EXPECT_EQ(ends.at("/a"), "redirected none");
  EXPECT_EQ(ends.at("/b"), "redirected none");
  EXPECT_EQ(ends.at("/c"), "failed redirect-limit");
  EXPECT_EQ(ends.at("/self"), "failed redirect-limit");
}

TEST_F(RedirectTest, ChainsAreCut) {
  std::map<std::string, Answer> answers;
  for (int i = 0; i < 30; ++i) {
    answers[absl::StrCat("/", i)] = Redirect(302, absl::StrCat("/", i + 1));
  }
  const auto ends = Crawl("<a href=/0>a</a>", answers);
  EXPECT_EQ(ends.at("/10"), "redirected none");
  EXPECT_EQ(ends.at("/11"), "excluded redirect-limit");
  EXPECT_FALSE(ends.contains("/12"));
}

TEST_F(RedirectTest, TargetsThatAreNotCrawledSayWhy) {
  const auto ends = Crawl("<a href=/out>o</a><a href=/mail>m</a><a href=/none>n</a>",
                          {{"/out", Redirect(302, "http://127.1.0.2/")},
                           {"/mail", Redirect(302, "mailto:a@b.example")},
                           {"/none", Answer{.status = 302, .headers = {}, .body = ""}}});
  EXPECT_EQ(ends.at("/out"), "redirected out-of-scope");
  EXPECT_EQ(ends.at("/mail"), "failed redirect-invalid");
  EXPECT_EQ(ends.at("/none"), "failed redirect-invalid");
}

TEST_F(RedirectTest, RefreshIsAHopWithAPage) {
  std::map<std::string, Answer> answers;
  answers["/header"] = Page("moved");
  answers["/header"].headers.push_back({"Refresh", "0; url=/by-header"});
  answers["/meta"] = Page("<meta http-equiv=refresh content='5; url=/by-meta'>");
  for (int i = 0; i < 30; ++i) {
    answers[absl::StrCat("/", i)] =
        Page(absl::StrCat("<meta http-equiv=refresh content='0; url=/", i + 1, "'>"));
  }
  const auto ends = Crawl("<a href=/header>h</a><a href=/meta>m</a><a href=/0>0</a>", answers);
  for (const char* path : {"/header", "/by-header", "/meta", "/by-meta", "/10"}) {
    EXPECT_EQ(ends.at(path), "fetched none") << path;
  }
  EXPECT_EQ(ends.at("/11"), "excluded redirect-limit");
  EXPECT_FALSE(ends.contains("/12"));
}

// Two workers go on when both have found a link.
class MeetingPoint : public LinkFilter {
 public:
  bool Follow(const Url&, const Url&) override {
    std::unique_lock<std::mutex> lock(mu_);
    ++count_;
    changed_.notify_all();
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return count_ >= 2; }));
    return true;
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  int count_ = 0;
};

// Two pages redirect to each other, and neither redirect is committed before both have come.
TEST_F(RedirectTest, LoopBetweenWorkersThatFetchAtOnceEnds) {
  OpenTestStore(dir_.path("crawl"));  // whose hosts are where they always are
  const ShardMap shards(kTestShardCount, kTestSalt, &PublicSuffixList::Builtin());
  const auto worker_of = [&](int host) {
    const std::string url = absl::StrCat("http://", testing::WebModel::HostName(host), "/");
    return shards.KeyOf(*Url::Parse(url)).shard % 2;
  };
  WebOptions model;
  model.host_count = 20;
  int other = 1;
  while (worker_of(other) == worker_of(0)) ++other;
  TestWeb web(model, 0, [&](const RequestRecord& request, int) {
    const std::string port = request.host_header.substr(request.host_header.find(':'));
    const auto url = [&](int host, absl::string_view path) {
      return absl::StrCat("http://", testing::WebModel::HostName(host), port, path);
    };
    if (request.path == "/a") return Redirect(302, url(other, "/b"));
    if (request.path == "/b") return Redirect(302, url(0, "/a"));
    return Answer{.status = 404, .headers = {}, .body = ""};
  });
  CrawlOptions options = OptionsFor(web.Url(0, "/a"));
  options.seeds.push_back(web.Url(other, "/b"));
  const std::unique_ptr<Crawler> crawler = Open(options);
  crawler->AddLinkFilter(std::make_unique<MeetingPoint>());
  ASSERT_TRUE(crawler->Run().ok());
  const std::map<std::string, std::string> ends = Ends();
  EXPECT_TRUE(ends.at("/a") == "failed redirect-limit" || ends.at("/b") == "failed redirect-limit")
      << ends.at("/a") << ", " << ends.at("/b");
}

}  // namespace
}  // namespace spindle
