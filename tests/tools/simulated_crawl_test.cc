#include "tools/simulated_crawl.h"

#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/verify.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// A crawl of a small web up to its end.
class SimulatedCrawlTest : public ::testing::Test {
 protected:
  SimulatedCrawlTest() { options_.max_transfers = 50; }

  static SimulatedWebOptions SmallWeb() {
    SimulatedWebOptions options;
    options.host_count = 60;
    options.page_count = 2'000;
    options.throttling_share = 0.1;
    options.crawl_delay_share = 0.1;
    return options;
  }
  void Open() {
    store_ = OpenTestStore(dir_.path());
    crawl_ = std::make_unique<SimulatedCrawl>(&web_, options_, store_.get(), &watch_, now_);
    ASSERT_TRUE(crawl_->Load().ok());
    ASSERT_TRUE(crawl_->InsertSeeds(10).ok());
  }
  // False: at its end.
  bool Run(int steps) {
    for (int i = 0; i < steps; ++i) {
      const absl::StatusOr<bool> more = crawl_->Step();
      EXPECT_TRUE(more.ok()) << more.status();
      now_ = crawl_->now();
      if (!more.ok() || !*more) return false;
    }
    return true;
  }
  void ExpectAllIsWell() {
    EXPECT_EQ(watch_.violation_count(), 0) << watch_.last_violator();
    const auto report = Verify(store_->reader(), VerifyOptions());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->violations[0].where << ": "
                              << report->violations[0].message;
    EXPECT_EQ(report->refetched_count, 0);
  }
  // What a crawl that follows every link of every stored page must know.
  void ExpectLinksOfPagesKnown() {
    std::set<std::string> expected;
    ASSERT_TRUE(store_->reader()
                    .ForEachPage(std::nullopt,
                                 [&](const PageKey&, const PageRecord& page) {
                                   std::vector<SimulatedPage> links;
                                   web_.AppendLinks(*web_.ParseUrl(page.url), &links);
                                   for (const SimulatedPage& link : links) {
                                     expected.insert(web_.Origin(link.host) + web_.Path(link));
                                   }
                                   return true;
                                 })
                    .ok());
    for (const std::string& url : expected) {
      const UrlKey key = crawl_->KeyOf(*web_.ParseUrl(url));
      EXPECT_TRUE(store_->reader().GetUrl(key)->has_value()) << url;
    }
    EXPECT_GT(expected.size(), 500);
  }

  ScratchDir dir_;
  const SimulatedWeb web_{SmallWeb()};
  SimulatedCrawlOptions options_;
  PolitenessWatch watch_{PolitenessOptions()};
  absl::Time now_ = kStart;
  std::unique_ptr<CrawlStore> store_;
  std::unique_ptr<SimulatedCrawl> crawl_;
};

TEST_F(SimulatedCrawlTest, CrawlsAWebToItsEndPolitely) {
  Open();
  while (Run(1000)) {
  }
  EXPECT_EQ(crawl_->pending_count(), 0);
  EXPECT_GT(crawl_->counts().pages, 1000);
  ExpectAllIsWell();
  ExpectLinksOfPagesKnown();
}

TEST_F(SimulatedCrawlTest, WorkersSendTheirLinksThroughTheInbox) {
  options_.worker_count = 3;
  Open();
  while (Run(1000)) {
  }
  EXPECT_EQ(crawl_->pending_count(), 0);
  ExpectAllIsWell();
  ExpectLinksOfPagesKnown();
}

TEST_F(SimulatedCrawlTest, StartsAgainWhereItStopped) {
  options_.worker_count = 2;
  for (int run = 0; run < 5; ++run) {
    Open();
    Run(1000);
    crawl_.reset();
    store_.reset();
    watch_.OnRestart();
  }
  Open();
  while (Run(1000)) {
  }
  ExpectAllIsWell();
  ExpectLinksOfPagesKnown();
}

}  // namespace
}  // namespace spindle
