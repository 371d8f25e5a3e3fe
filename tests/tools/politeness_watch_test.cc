#include "tools/politeness_watch.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

class PolitenessWatchTest : public ::testing::Test {
 protected:
  // One request at `seconds` that ends half a second later.
  void Request(double seconds, int status = 200,
               std::optional<absl::Duration> retry_after = std::nullopt) {
    const absl::Time start = kStart + absl::Seconds(seconds);
    watch_.OnStart(7, start, crawl_delay_);
    const absl::Time end = start + absl::Milliseconds(500);
    watch_.OnEnd(7, {end, end, latency_, status, retry_after});
  }

  absl::Duration crawl_delay_;
  absl::Duration latency_ = absl::Milliseconds(1);
  PolitenessWatch watch_{PolitenessOptions()};
};

TEST_F(PolitenessWatchTest, SeesARequestBeforeTheDelay) {
  Request(0);
  Request(1);
  EXPECT_EQ(watch_.violation_count(), 0);
  Request(1.9);
  EXPECT_EQ(watch_.early_count(), 1);
  EXPECT_EQ(watch_.last_violator(), 7);
}

TEST_F(PolitenessWatchTest, SeesTwoAtOnce) {
  watch_.OnStart(7, kStart, absl::ZeroDuration());
  watch_.OnStart(8, kStart, absl::ZeroDuration());
  EXPECT_EQ(watch_.violation_count(), 0);
  watch_.OnStart(7, kStart + absl::Hours(1), absl::ZeroDuration());
  EXPECT_EQ(watch_.parallel_count(), 1);
}

TEST_F(PolitenessWatchTest, CountsTheAdaptiveDelayFromTheFirstByte) {
  latency_ = absl::Milliseconds(500);
  Request(0);
  Request(2.99);
  EXPECT_EQ(watch_.early_count(), 1);
  Request(6);
  EXPECT_EQ(watch_.early_count(), 1);
}

TEST_F(PolitenessWatchTest, KnowsCrawlDelay) {
  crawl_delay_ = absl::Seconds(20);
  Request(0);
  Request(19);
  EXPECT_EQ(watch_.early_count(), 1);
}

TEST_F(PolitenessWatchTest, KnowsRetryAfter) {
  Request(0, 429, absl::Seconds(60));
  Request(60);
  EXPECT_EQ(watch_.early_count(), 1);
}

TEST_F(PolitenessWatchTest, BackOffDoublesUntilAnAnswerIsGood) {
  Request(0, 503);
  Request(1.5, 503);
  Request(4, 503);
  EXPECT_EQ(watch_.violation_count(), 0);
  Request(8, 200);  // 4.5 + 4
  EXPECT_EQ(watch_.early_count(), 1);
  Request(9.5, 503);
  Request(11, 200);
  EXPECT_EQ(watch_.early_count(), 1);
}

TEST_F(PolitenessWatchTest, ARestartForgetsNoDelay) {
  watch_.OnStart(7, kStart, absl::ZeroDuration());
  watch_.OnRestart();
  watch_.OnStart(7, kStart + absl::Milliseconds(900), absl::ZeroDuration());
  EXPECT_EQ(watch_.parallel_count(), 0);
  EXPECT_EQ(watch_.early_count(), 1);
}

TEST_F(PolitenessWatchTest, ARestartForgetsTheFailuresOfAHostThatWasGivenUpAlone) {
  for (const bool given_up : {false, true}) {
    const uint32_t host = given_up ? 8 : 9;
    const auto fail = [&](double seconds) {
      const absl::Time start = kStart + absl::Seconds(seconds);
      watch_.OnStart(host, start, absl::ZeroDuration());
      watch_.OnEnd(host, {start, start, absl::ZeroDuration(), 503, std::nullopt});
    };
    fail(0);
    watch_.OnRestart();
    if (given_up) watch_.OnGivenUp(host);
    fail(2);
    fail(3.5);  // after two failures, two seconds
    EXPECT_EQ(watch_.early_count(), 1);
  }
}

TEST_F(PolitenessWatchTest, ForgetsHostsThatAreFree) {
  for (uint32_t host = 0; host < 100'000; ++host) {
    const absl::Time start = kStart + absl::Milliseconds(host);
    watch_.OnStart(host, start, absl::ZeroDuration());
    watch_.OnEnd(host, {start, start, absl::ZeroDuration(), 200, std::nullopt});
  }
  EXPECT_LT(watch_.clock_count(), 10'000);
}

}  // namespace
}  // namespace spindle
