#include "storage/compact.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/crawl_store.h"
#include "storage/verify.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr uint64_t kMemory = uint64_t{16} << 20;

uint64_t TableBytes(const CrawlReader& reader, const std::string& family) {
  for (const CrawlReader::FamilySize& size : reader.FamilySizes()) {
    if (size.name == family) return size.table_bytes;
  }
  return 0;
}

TEST(CompactTest, KeepsWhatIsThereAndGivesUpTheRoomOfTheRest) {
  const ScratchDir dir;
  {
    const std::unique_ptr<CrawlStore> store = OpenTestStore(dir.path());
    TestCrawl crawl(store.get());
    // Each rewrites its host's record.
    for (int i = 0; i < 300; ++i) crawl.AddQueued("https://a.example", absl::StrCat("/", i));
  }
  const auto before = CrawlReader::Open(dir.path());
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_TRUE(CompactCrawl(dir.path(), kMemory).ok());
  const auto after = CrawlReader::Open(dir.path());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_LE(TableBytes(**after, "hosts"), TableBytes(**before, "hosts"));
  const auto report = Verify(**after, VerifyOptions());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->url_count, 300);
}

TEST(CompactTest, RefusesWhatIsNoCrawlOrIsHeld) {
  const ScratchDir dir;
  EXPECT_FALSE(CompactCrawl(dir.path(), kMemory).ok());
  EXPECT_FALSE(CompactCrawl(dir.path("none"), kMemory).ok());
  const std::unique_ptr<CrawlStore> store = OpenTestStore(dir.path());
  EXPECT_EQ(CompactCrawl(dir.path(), kMemory).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace spindle
