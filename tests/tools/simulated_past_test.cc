#include "tools/simulated_past.h"

#include <memory>

#include "gtest/gtest.h"
#include "storage/verify.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"
#include "tools/simulated_crawl.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

class SimulatedPastTest : public ::testing::Test {
 protected:
  static SimulatedWebOptions SmallWeb() {
    SimulatedWebOptions options;
    options.host_count = 20;
    options.page_count = 4'000;
    return options;
  }

  void SetUp() override {
    store_ = OpenTestStore(dir_.path());
    ASSERT_TRUE(WritePast(web_, 1'000, kStart - absl::Seconds(1), store_.get()).ok());
  }

  uint64_t CountVerifiedUrls() {
    const auto report = Verify(store_->reader(), VerifyOptions());
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return 0;
    EXPECT_TRUE(report->ok()) << report->violations[0].where << ": "
                              << report->violations[0].message;
    return report->url_count;
  }

  const SimulatedWeb web_{SmallWeb()};
  const ScratchDir dir_;
  std::unique_ptr<CrawlStore> store_;
};

TEST_F(SimulatedPastTest, FitsTogether) { EXPECT_NEAR(CountVerifiedUrls(), 1'000, 200); }

TEST_F(SimulatedPastTest, ACrawlGoesOnFromItsQueue) {
  const uint64_t known = CountVerifiedUrls();
  PolitenessWatch watch{PolitenessOptions()};
  SimulatedCrawlOptions options;
  options.max_transfers = 10;
  SimulatedCrawl crawl(&web_, options, store_.get(), &watch, kStart);
  ASSERT_TRUE(crawl.Load().ok());
  ASSERT_EQ(crawl.known_count(), known);
  while (crawl.counts().requests < 300) ASSERT_TRUE(*crawl.Step());
  // Most links lead to what is known.
  const uint64_t fresh = crawl.known_count() - known;
  EXPECT_GT(fresh, 0);
  EXPECT_LT(fresh, crawl.counts().links / 3);
  EXPECT_EQ(CountVerifiedUrls(), crawl.known_count());
}

}  // namespace
}  // namespace spindle
