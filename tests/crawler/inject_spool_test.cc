#include "crawler/inject_spool.h"

#include <fstream>

#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

using Urls = std::vector<std::string>;

std::vector<Urls> Take(const std::string& dir, absl::Status answer = absl::OkStatus()) {
  std::vector<Urls> taken;
  const absl::Status status = TakeInjections(dir, [&](const Urls& urls) {
    taken.push_back(urls);
    return answer;
  });
  EXPECT_EQ(status, answer);
  return taken;
}

TEST(InjectSpoolTest, GivesEachBatchOnceInOrder) {
  ScratchDir dir;
  OpenTestStore(dir.path());
  ASSERT_TRUE(WriteInjection(dir.path(), {"https://a/", "https://b/"}).ok());
  ASSERT_TRUE(WriteInjection(dir.path(), {"https://c/"}).ok());
  EXPECT_EQ(Take(dir.path()), (std::vector<Urls>{{"https://a/", "https://b/"}, {"https://c/"}}));
  EXPECT_TRUE(Take(dir.path()).empty());
}

TEST(InjectSpoolTest, KeepsWhatCouldNotBeStored) {
  ScratchDir dir;
  OpenTestStore(dir.path());
  ASSERT_TRUE(WriteInjection(dir.path(), {"https://a/"}).ok());
  EXPECT_EQ(Take(dir.path(), absl::ResourceExhaustedError("full")).size(), 1u);
  EXPECT_EQ(Take(dir.path()).size(), 1u);
}

TEST(InjectSpoolTest, LeavesUnfinishedFilesAlone) {
  ScratchDir dir;
  OpenTestStore(dir.path());
  ASSERT_TRUE(WriteInjection(dir.path(), {"https://a/"}).ok());
  std::ofstream(dir.path("inject/1.urls.partial")) << "https://half";
  EXPECT_EQ(Take(dir.path()), (std::vector<Urls>{{"https://a/"}}));
}

TEST(InjectSpoolTest, RefusesADirectoryWithoutACrawl) {
  ScratchDir dir;
  EXPECT_EQ(WriteInjection(dir.path(), {"https://a/"}).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Take(dir.path()).empty());
}

}  // namespace
}  // namespace spindle
