// Hosts that share a clock, across workers.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/crawler/crawler_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

class CrawlerClocksTest : public CrawlerTest {
 protected:
  // And the clock of their address.
  static void SeedThreeNamesOfOneAddress(const TestWeb& web, CrawlOptions* options) {
    options->frontier.clocks = *ClockGroups::Create(ClockKind::kIp, {});
    for (const char* name : {"a", "b", "c"}) {
      options->seeds.push_back(absl::StrCat("http://", name, ".example:", web.port(), "/"));
      options->resolver.overrides.push_back(
          {absl::StrCat(name, ".example"), 0, *IpAddress::Parse(testing::WebModel::HostName(0))});
    }
  }
};

TEST_F(CrawlerClocksTest, AnAddressKeepsTheDelayThatItsHostAsksFor) {
  WebOptions model;
  model.host_count = 1;
  TestWeb web(model, 0, [&](const RequestRecord& request, int) -> std::optional<Answer> {
    Answer answer;
    answer.body = request.path == "/robots.txt" ? "User-agent: *\nCrawl-delay: 0.3\n" : "a page";
    return answer;
  });
  CrawlOptions options = OptionsFor("");
  options.frontier.politeness.per_host_delay = absl::Milliseconds(10);
  SeedThreeNamesOfOneAddress(web, &options);
  ASSERT_TRUE(Open(options)->Run().ok());
  std::vector<int64_t> starts;
  for (const RequestRecord& request : web.Requests()) {
    if (request.path == "/") starts.push_back(request.start_ns);
  }
  std::sort(starts.begin(), starts.end());
  ASSERT_EQ(starts.size(), 3u);
  // Two delays between three pages; a busy machine may have held up the first.
  EXPECT_GE(absl::Nanoseconds(starts.back() - starts.front()), absl::Milliseconds(500));
}

TEST_F(CrawlerClocksTest, HostsOfAnAddressTakeTurns) {
  WebOptions model;
  model.host_count = 1;
  TestWeb web(model, 0, [&](const RequestRecord&, int) -> std::optional<Answer> {
    Answer answer;
    answer.status = 404;
    return answer;
  });
  CrawlOptions options = OptionsFor("");
  options.frontier.politeness.per_host_delay = absl::Milliseconds(50);
  SeedThreeNamesOfOneAddress(web, &options);
  ASSERT_TRUE(Open(options)->Run().ok());
  std::vector<int64_t> starts;
  for (const RequestRecord& request : web.Requests()) starts.push_back(request.start_ns);
  std::sort(starts.begin(), starts.end());
  ASSERT_EQ(starts.size(), 6u);  // robots.txt and a page of each
  // Five delays between six requests; a busy machine may have held up the first.
  EXPECT_GE(absl::Nanoseconds(starts.back() - starts.front()), absl::Milliseconds(200));
}

}  // namespace
}  // namespace spindle
