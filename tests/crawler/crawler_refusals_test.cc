// What is not begun, and the words for why.

#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "storage/crawl_store.h"
#include "tests/crawler/crawler_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

TEST_F(CrawlerTest, RefusesWhatMakesNoSense) {
  const auto message = [&](CrawlOptions options) {
    return std::string(Crawler::Open(std::move(options)).status().message());
  };
  EXPECT_TRUE(absl::StrContains(message(OptionsFor("")), "no seeds"));
  EXPECT_TRUE(absl::StrContains(message(OptionsFor("mailto:a@b.example")), "mailto:a@b.example"));
  EXPECT_TRUE(absl::StrContains(message(OptionsFor("http://[::1")), "http://[::1"));
  const std::string too_long = message(OptionsFor("http://a.example/" + std::string(9000, 'a')));
  EXPECT_TRUE(absl::StrContains(too_long, "has 9017 bytes, and --max_url_bytes is 8192"))
      << too_long;
  EXPECT_LT(too_long.size(), 300u);
  CrawlOptions options = OptionsFor("http://a.example/");
  options.shards = 0;
  EXPECT_TRUE(absl::StrContains(message(options), "--shards"));
  options = OptionsFor("http://a.example/");
  options.public_suffix_list = "/no/such/list";
  EXPECT_TRUE(absl::StrContains(message(options), "/no/such/list"));
  EXPECT_FALSE(CrawlStore::Exists(options.dir));
}

TEST_F(CrawlerTest, LimitsOfNothingAreRefusedByName) {
  CrawlOptions options = OptionsFor("http://a.example/");
  options.fetcher.max_body_bytes = 0;
  EXPECT_TRUE(
      absl::StrContains(Crawler::Open(options).status().message(), "--max_body_bytes cannot be 0"));
  options = OptionsFor("http://a.example/");
  options.fetcher.max_header_bytes = 1;
  EXPECT_TRUE(absl::StrContains(Crawler::Open(options).status().message(),
                                "--max_header_bytes cannot be 1"));
  options = OptionsFor("http://a.example/");
  options.frontier.max_depth = -7;
  EXPECT_TRUE(
      absl::StrContains(Crawler::Open(options).status().message(), "--max_depth cannot be -7"));
}

TEST_F(CrawlerTest, RefusesLessMemoryThanACrawlNeeds) {
  CrawlOptions options = OptionsFor("http://127.0.0.1/");
  options.memory_bytes = 1000;
  const absl::Status status = Crawler::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "--memory is 1000 bytes")) << status;
}

TEST_F(CrawlerTest, RefusesAnotherSuffixListThanItBeganWith) {
  TestWeb web(WebOptions{});
  const CrawlOptions options = OptionsFor(web.Url(0, "/"));
  ASSERT_TRUE(Open(options)->Run().ok());
  const std::string path = options.dir + "/public_suffix_list.dat";
  std::ofstream(path, std::ios::app) << "another.example\n";
  const absl::Status status = Crawler::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(status.message(), path + " is damaged or was replaced")) << status;
}

}  // namespace
}  // namespace spindle
