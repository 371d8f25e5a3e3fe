// The frontier against a naive model of it, by random operations. By hand, with more of them:
//   bazel run -c opt //tests/shard:frontier_model_test -- --steps=10000000 --seed=7
// A crawl has --crawl_steps of them, since what there is to know comes to an end; the next one has
// the next seed.

#include "tests/shard/frontier_model.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "storage/verify.h"
#include "tests/shard/random_crawl.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

ABSL_FLAG(uint64_t, steps, 12'000, "random operations of all crawls together");
ABSL_FLAG(uint64_t, crawl_steps, 4'000, "of a crawl");
ABSL_FLAG(uint64_t, seed, 1, "of the first crawl");

namespace spindle {
namespace {

class FrontierModelTest : public ::testing::Test {
 protected:
  void ExpectNothingIsWrong() {
    const auto report = Verify(store_->reader(), VerifyOptions());
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->ok()) << report->violations[0].where << ": "
                              << report->violations[0].message;
    crawl_->CompareStore(*store_);
    ASSERT_TRUE(crawl_->errors().empty()) << absl::StrJoin(crawl_->errors(), "\n");
  }
  void Run(uint64_t seed, uint64_t steps) {
    const ScratchDir dir;
    crawl_ = std::make_unique<RandomCrawl>(seed);
    store_ = OpenTestStore(dir.path());
    crawl_->Open(store_.get());
    for (uint64_t step = 0; step < steps; ++step) {
      SCOPED_TRACE(absl::StrCat("step ", step));
      crawl_->Step();
      ASSERT_TRUE(crawl_->errors().empty()) << absl::StrJoin(crawl_->errors(), "\n");
      if (step % 1000 == 999) ExpectNothingIsWrong();
      // Now a new frontier, now the whole store anew.
      if (step % 700 == 699) {
        crawl_->Close();
        if (step % 2800 == 2799) {
          store_.reset();
          store_ = OpenTestStore(dir.path());
        }
        crawl_->Open(store_.get());
      }
      if (HasFatalFailure()) return;
    }
    crawl_->Finish();
    ExpectNothingIsWrong();
    EXPECT_GT(crawl_->page_count(), 100);
    crawl_->Close();
    store_.reset();
  }

  std::unique_ptr<RandomCrawl> crawl_;
  std::unique_ptr<CrawlStore> store_;
};

TEST_F(FrontierModelTest, DoesWhatTheModelDoes) {
  const uint64_t steps = absl::GetFlag(FLAGS_steps);
  const uint64_t crawl_steps = absl::GetFlag(FLAGS_crawl_steps);
  uint64_t seed = absl::GetFlag(FLAGS_seed);
  for (uint64_t done = 0; done < steps; done += crawl_steps, ++seed) {
    SCOPED_TRACE(absl::StrCat("--seed=", seed));
    Run(seed, std::min(crawl_steps, steps - done));
    if (HasFatalFailure()) return;
    std::cout << "--seed=" << seed << ": " << crawl_->page_count() << " pages stored" << std::endl;
  }
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
