#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/integration/processes.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {
namespace {

std::optional<Answer> Orchard(const RequestRecord& request, int) {
  Answer answer;
  if (request.path == "/") {
    answer.body = "<a href=/a>pears</a> <a href=/b>Apples</a> <a href=/c>plums</a>";
  } else if (request.path == "/b") {
    answer.body = "<a href=/d>cherries</a> <a href=/e>more apples</a>";
  } else if (request.path == "/robots.txt") {
    answer.status = 404;
  }
  answer.headers = {{"Content-Type", "text/html"}};
  return answer;
}

TEST(FocusedTest, FollowsTheWordBeforeAllOthers) {
  TestWeb web({.host_count = 1}, 0, Orchard);
  const ScratchDirectory scratch;
  Process crawl(RunfilePath("tools/examples/focused"), {web.Url(0, "/"), "apples", "127.0.0.0/8"},
                scratch.path());
  ASSERT_EQ(crawl.Wait(absl::Seconds(60)), 0) << crawl.Err();
  std::vector<std::string> paths;
  for (const RequestRecord& request : web.Requests()) paths.push_back(request.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/robots.txt", "/", "/b", "/e", "/a", "/c", "/d"}));
}

TEST(FocusedTest, SaysWhatIsWrong) {
  const ScratchDirectory scratch;
  Process crawl(RunfilePath("tools/examples/focused"), {}, scratch.path());
  EXPECT_EQ(crawl.Wait(absl::Seconds(60)), 1);
  EXPECT_NE(crawl.Err().find("no seeds"), std::string::npos) << crawl.Err();
}

}  // namespace
}  // namespace testing
}  // namespace spindle
