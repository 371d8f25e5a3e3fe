#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/integration/processes.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {
namespace {

TEST(TextCorpusTest, PrintsEveryPageOfTheHostAsALine) {
  TestWeb web({.host_count = 2, .pages_per_host = 3});
  const ScratchDirectory scratch;
  Process corpus(RunfilePath("tools/examples/text_corpus"), {web.Url(0, "/"), "127.0.0.0/8"},
                 scratch.path());
  ASSERT_EQ(corpus.Wait(absl::Seconds(60)), 0) << corpus.Err();
  std::set<std::string> urls;
  std::istringstream lines(corpus.Out());
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json page = nlohmann::json::parse(line);
    EXPECT_TRUE(urls.insert(page["url"]).second) << line;
    EXPECT_FALSE(page["text"].get<std::string>().empty()) << line;
  }
  std::set<std::string> expected;
  for (const std::string& url : web.model().ReachableFrom(0, web.port(), false, false).pages) {
    if (url.rfind(web.Url(0, ""), 0) == 0) expected.insert(url);
  }
  EXPECT_EQ(urls, expected);
}

TEST(TextCorpusTest, SaysWhatIsWrong) {
  const ScratchDirectory scratch;
  Process corpus(RunfilePath("tools/examples/text_corpus"), {}, scratch.path());
  EXPECT_EQ(corpus.Wait(absl::Seconds(60)), 1);
  EXPECT_NE(corpus.Err().find("no seeds"), std::string::npos) << corpus.Err();
}

}  // namespace
}  // namespace testing
}  // namespace spindle
