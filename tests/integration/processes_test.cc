#include "tests/integration/processes.h"

#include <gtest/gtest.h>

#include <fstream>

namespace spindle {
namespace testing {
namespace {

TEST(ProcessTest, GivesCodeAndOutput) {
  const Finished finished = RunToEnd("/bin/sh", {"-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(finished.code, 7);
  EXPECT_EQ(finished.out, "out\n");
  EXPECT_EQ(finished.err, "err\n");
}

TEST(ProcessTest, FindsProgramsInThePath) { EXPECT_EQ(RunToEnd("true", {}).code, 0); }

TEST(ProcessTest, AProgramThatIsNotThereIsACode) {
  EXPECT_EQ(RunToEnd("/no/such/program", {}).code, 127);
}

TEST(ProcessTest, WaitGivesUpAndCanBeRepeated) {
  Process process("/bin/sleep", {"1000"});
  EXPECT_EQ(process.Wait(absl::ZeroDuration()), std::nullopt);
  EXPECT_EQ(process.Wait(absl::Milliseconds(10)), std::nullopt);
  process.Kill9();
  EXPECT_EQ(process.Wait(absl::Seconds(10)), -9);
  EXPECT_EQ(process.Wait(absl::Seconds(10)), -9);
}

TEST(ProcessTest, SignalsArrive) {
  Process process("/bin/sleep", {"1000"});
  process.Terminate();
  EXPECT_EQ(process.Wait(absl::Seconds(10)), -15);
}

TEST(ProcessTest, StartsInTheFolderItIsGiven) {
  const ScratchDirectory scratch;
  Process process("/bin/pwd", {}, scratch.path());
  EXPECT_EQ(process.Wait(absl::Seconds(10)), 0);
  EXPECT_EQ(process.Out(), scratch.path() + "\n");
}

TEST(ScratchDirectoryTest, IsGoneAfterwards) {
  std::string path;
  {
    const ScratchDirectory scratch;
    path = scratch.File("file");
    std::ofstream(path) << "text";
    EXPECT_EQ(ReadFile(path), "text");
  }
  EXPECT_EQ(ReadFile(path), "");
}

}  // namespace
}  // namespace testing
}  // namespace spindle
