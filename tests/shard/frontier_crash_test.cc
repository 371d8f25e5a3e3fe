// A crawl that dies between any two changes of its files, over and over. By hand, more often:
//   bazel run -c opt //tests/shard:frontier_crash_test -- --crashes=10000 --seed=7

#include <algorithm>
#include <iostream>
#include <memory>
#include <random>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "storage/verify.h"
#include "tests/shard/random_crawl.h"
#include "tests/storage/test_crawl.h"
#include "tests/testing/memory_files.h"

ABSL_FLAG(int, crashes, 60, "deaths of the crawl");
ABSL_FLAG(uint64_t, seed, 1, "of the first crawl");

namespace spindle {
namespace {

constexpr char kDir[] = "/crawl";

// Then another crawl begins, before it has found everything.
constexpr int kCrashesOfACrawl = 50;

class FrontierCrashTest : public ::testing::Test {
 protected:
  void OpenStore() {
    auto store = OpenTestStore(kDir, files_->env());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  void RunIntoACrash() {
    files_->CrashAfter(random_() % 150);
    OpenStore();
    if (!files_->crashed()) crawl_->Open(store_.get());
    while (!files_->crashed()) {
      crawl_->Step();
      ++steps_;
    }
    crawl_->Close();
    store_.reset();
    files_ = files_->AfterDeath();
  }

  void ExpectNothingIsWrong() {
    const auto report = Verify(store_->reader(), VerifyOptions());
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->ok()) << report->violations[0].where << ": "
                              << report->violations[0].message;
    crawl_->CompareStore(*store_);
    ASSERT_TRUE(crawl_->errors().empty()) << absl::StrJoin(crawl_->errors(), "\n");
  }

  void Begin(uint64_t seed) {
    random_.seed(seed);
    crawl_ = std::make_unique<RandomCrawl>(seed);
    files_ = std::make_unique<MemoryFiles>();
  }

  std::mt19937_64 random_;
  std::unique_ptr<RandomCrawl> crawl_;
  std::unique_ptr<MemoryFiles> files_;
  std::unique_ptr<CrawlStore> store_;
  uint64_t steps_ = 0;
};

TEST_F(FrontierCrashTest, LosesNoUrlStoresNoPageTwiceAndHurriesNoHost) {
  const int crashes = absl::GetFlag(FLAGS_crashes);
  uint64_t pages = 0;
  for (int first = 0; first < crashes; first += kCrashesOfACrawl) {
    const uint64_t seed = absl::GetFlag(FLAGS_seed) + first / kCrashesOfACrawl;
    Begin(seed);
    for (int crash = first; crash < std::min(first + kCrashesOfACrawl, crashes); ++crash) {
      SCOPED_TRACE(absl::StrCat("--seed=", seed, ", crash ", crash - first));
      RunIntoACrash();
      ASSERT_FALSE(HasFatalFailure());
      OpenStore();
      crawl_->AdoptLastStep(*store_);
      ExpectNothingIsWrong();
      ASSERT_FALSE(HasFatalFailure());
      store_.reset();
    }
    OpenStore();
    crawl_->Open(store_.get());
    crawl_->Finish();
    ExpectNothingIsWrong();
    pages += crawl_->page_count();
    crawl_->Close();
    store_.reset();
  }
  std::cout << crashes << " crashes in " << steps_ << " operations, " << pages << " pages stored\n";
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
