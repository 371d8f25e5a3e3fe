#include "crawler/free_disk.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"

namespace spindle {
namespace {

TEST(FreeDiskTest, IsContentWithWhatIsThere) {
  ScratchDir scratch;
  EXPECT_TRUE(CheckFreeDisk(scratch.path(), 1).ok());
  EXPECT_TRUE(CheckFreeDisk(scratch.path(), 0).ok());
}

TEST(FreeDiskTest, NamesTheDirectoryAndWhatIsNeeded) {
  ScratchDir scratch;
  const absl::Status status = CheckFreeDisk(scratch.path(), uint64_t{1} << 60);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(absl::StrContains(status.message(), scratch.path())) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "1099511627776.0 MB")) << status;
}

TEST(FreeDiskTest, LetsPassWhatCannotBeAsked) {
  EXPECT_TRUE(CheckFreeDisk("/no/such/directory", uint64_t{1} << 60).ok());
}

}  // namespace
}  // namespace spindle
