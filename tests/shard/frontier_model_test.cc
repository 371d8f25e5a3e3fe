// The frontier against a naive model of it, by random operations. By hand, with more of them:
//   bazel run -c opt //tests/shard:frontier_model_test -- --steps=10000000 --seed=7

#include "tests/shard/frontier_model.h"

#include <iostream>
#include <memory>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "storage/verify.h"
#include "tests/shard/random_crawl.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

ABSL_FLAG(uint64_t, steps, 6'000, "random operations of each crawl");
ABSL_FLAG(uint64_t, seed, 1, "of the first crawl");
ABSL_FLAG(int, crawls, 3, "each with a seed of its own");

namespace spindle {
namespace {

class FrontierModelTest : public ::testing::Test {
 protected:
  void Open() {
    store_ = OpenTestStore(dir_.path());
    crawl_->Open(store_.get());
  }
  void Close() {
    crawl_->Close();
    store_.reset();
  }
  void ExpectVerified() {
    const auto report = Verify(store_->reader(), VerifyOptions());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->ok()) << report->violations[0].where << ": "
                              << report->violations[0].message;
    EXPECT_EQ(report->refetched_count, 0);
  }

  ScratchDir dir_;
  std::unique_ptr<RandomCrawl> crawl_;
  std::unique_ptr<CrawlStore> store_;
};

TEST_F(FrontierModelTest, DoesWhatTheModelDoes) {
  for (int i = 0; i < absl::GetFlag(FLAGS_crawls); ++i) {
    const uint64_t seed = absl::GetFlag(FLAGS_seed) + i;
    SCOPED_TRACE(absl::StrCat("--seed=", seed));
    const ScratchDir dir;
    crawl_ = std::make_unique<RandomCrawl>(seed);
    store_ = OpenTestStore(dir.path());
    crawl_->Open(store_.get());
    for (uint64_t step = 0; step < absl::GetFlag(FLAGS_steps); ++step) {
      crawl_->Step();
      if (step % 1000 == 999) {
        crawl_->CompareStore(*store_);
        ExpectVerified();
      }
      // Now a new frontier, now the whole store anew.
      if (step % 700 == 699) {
        crawl_->Close();
        if (step % 2800 == 2799) {
          store_.reset();
          store_ = OpenTestStore(dir.path());
        }
        crawl_->Open(store_.get());
      }
      ASSERT_TRUE(crawl_->errors().empty())
          << "step " << step << ": " << absl::StrJoin(crawl_->errors(), "\n");
    }
    crawl_->Finish();
    crawl_->CompareStore(*store_);
    ExpectVerified();
    ASSERT_TRUE(crawl_->errors().empty()) << absl::StrJoin(crawl_->errors(), "\n");
    EXPECT_GT(crawl_->page_count(), 100);
    crawl_->Close();
    store_.reset();
  }
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
