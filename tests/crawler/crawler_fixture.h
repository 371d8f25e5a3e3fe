#ifndef SPINDLE_TESTS_CRAWLER_CRAWLER_FIXTURE_H_
#define SPINDLE_TESTS_CRAWLER_CRAWLER_FIXTURE_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "crawler/crawler.h"
#include "gtest/gtest.h"
#include "storage/crawl_reader.h"
#include "tests/storage/scratch_dir.h"

namespace spindle {

// Crawls of a web of its own, in one directory, as quickly as they can.
class CrawlerTest : public ::testing::Test {
 protected:
  CrawlOptions OptionsFor(const std::string& seed) {
    CrawlOptions options;
    options.dir = dir_.path("crawl");
    if (!seed.empty()) options.seeds = {seed};
    options.scope = ScopeKind::kAny;
    options.workers = 2;
    options.shards = 8;
    options.frontier.politeness.per_host_delay = absl::ZeroDuration();
    options.frontier.politeness.min_backoff = absl::Milliseconds(10);
    options.fetcher.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
    return options;
  }
  std::unique_ptr<Crawler> Open(const CrawlOptions& options) {
    absl::StatusOr<std::unique_ptr<Crawler>> crawler = Crawler::Open(options);
    EXPECT_TRUE(crawler.ok()) << crawler.status();
    return *std::move(crawler);
  }
  // Their URLs; no URL has two.
  std::set<std::string> StoredPages() {
    std::set<std::string> urls;
    const auto reader = CrawlReader::Open(dir_.path("crawl"));
    EXPECT_TRUE(reader.ok()) << reader.status();
    EXPECT_TRUE((*reader)
                    ->ForEachPage(std::nullopt,
                                  [&](const PageKey&, const PageRecord& page) {
                                    EXPECT_TRUE(urls.insert(page.url).second) << page.url;
                                    return true;
                                  })
                    .ok());
    return urls;
  }

  ScratchDir dir_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_CRAWLER_CRAWLER_FIXTURE_H_
