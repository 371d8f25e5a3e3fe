#include "crawler/back_pressure.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/crawler/fetch_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

class BackPressureTest : public FetchFixture {};

// Bodies of 1 MB each, and room for one and a half: all come whole, one after the other, and what
// is held never passes the limit by more than a body.
TEST_F(BackPressureTest, FullBudgetHoldsBackBodiesAndLosesNone) {
  constexpr size_t kBodyBytes = 1'000'000;
  constexpr size_t kLimit = 1'500'000;
  TestWeb web(WebOptions{}, 0, [](const RequestRecord&, int) {
    return Answer{.status = 200, .headers = {}, .body = std::string(kBodyBytes, 'x')};
  });
  ByteBudget budget(kLimit);
  options_.budget = &budget;
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  std::vector<FetchResponse> held;
  size_t most = 0;
  int done = 0;
  // Takes an answer off the hands of the crawl every 20 ms, as a slow disk would.
  LoopTimer slow_disk(&loop, [&] {
    most = std::max(most, budget.used_bytes());
    if (!held.empty()) held.erase(held.begin());
    done == 20 ? loop.Stop() : slow_disk.Set(absl::Milliseconds(20));
  });
  slow_disk.Set(absl::ZeroDuration());
  for (int i = 0; i < 20; ++i) {
    fetcher.Fetch(RequestOf(web.Url(i % 10, absl::StrCat("/", i)), false),
                  [&](FetchResponse response) {
                    EXPECT_EQ(response.reason, Reason::kNone) << response.message;
                    EXPECT_EQ(response.body.size(), kBodyBytes);
                    ++done;
                    most = std::max(most, budget.used_bytes());
                    held.push_back(std::move(response));
                  });
  }
  loop.Run();
  EXPECT_EQ(done, 20);
  EXPECT_GE(most, kLimit);
  EXPECT_LE(most, kLimit + kBodyBytes + 20 * (CURL_MAX_WRITE_SIZE + 1000));
  held.clear();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

// libcurl leaves a transfer whose bytes are not taken when it goes on to whoever made it go on.
TEST_F(BackPressureTest, BodyThatReachesItsLimitWhenItGoesOnEnds) {
  const RawServer server(
      "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + std::string(10'000, 'x'), /*hold=*/true);
  ByteBudget budget(100);
  options_.budget = &budget;
  options_.max_body_bytes = 1000;
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  ByteClaim other(&budget);
  other.Take(100);
  other.SetComplete();
  LoopTimer commit(&loop, [&] { other = ByteClaim(); });
  commit.Set(absl::Milliseconds(300));
  const FetchResponse response = FetchWith(&loop, &fetcher, server.Url(), false);
  EXPECT_EQ(response.reason, Reason::kNone) << response.message;
  EXPECT_TRUE(response.truncated);
  EXPECT_EQ(response.body.size(), 1000u);
  EXPECT_LT(response.ended - response.started, absl::Seconds(5));
}

TEST_F(BackPressureTest, SlowBodyDoesNotHoldUpTheOthers) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n";
  const RawServer stalls(head + std::string(60'000, 'x'), /*hold=*/true);
  const RawServer server(head + std::string(80'000, 'x'));
  ByteBudget budget(5000);
  options_.budget = &budget;
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  Reason slow = Reason::kNone;
  fetcher.Fetch(RequestOf(stalls.Url(), false),
                [&](FetchResponse response) { slow = response.reason; });
  LoopTimer poll(
      &loop, [&] { budget.used_bytes() > 60'000 ? loop.Stop() : poll.Set(absl::Milliseconds(5)); });
  poll.Set(absl::ZeroDuration());
  loop.Run();
  const FetchResponse response = FetchWith(&loop, &fetcher, server.Url(), false);
  EXPECT_EQ(slow, Reason::kLowSpeed);
  EXPECT_EQ(response.reason, Reason::kNone) << response.message;
  EXPECT_EQ(response.body.size(), 80'000u);
  EXPECT_LT(response.ended - response.started, options_.low_speed_time / 2);
}

}  // namespace
}  // namespace spindle
