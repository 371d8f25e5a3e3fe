#include "shard/politeness.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(31'536'000);

PolitenessOptions PlainOptions() {
  PolitenessOptions options;
  options.per_host_delay = absl::Seconds(2);
  options.latency_factor = 0;
  return options;
}

HostObservation Answered(absl::Time now) {
  HostObservation seen;
  seen.now = now;
  seen.request_seen = now;
  seen.answered = true;
  return seen;
}

HostObservation Failed(absl::Time now) {
  HostObservation seen;
  seen.now = now;
  seen.request_seen = now;
  seen.failed = true;
  return seen;
}

TEST(PolitenessTest, DelayIsTheOperatorsUnlessTheHostAsksForMore) {
  HostRecord host;
  EXPECT_EQ(HostDelay(PlainOptions(), host), absl::Seconds(2));
  host.crawl_delay = absl::Seconds(1);
  EXPECT_EQ(HostDelay(PlainOptions(), host), absl::Seconds(2));
  host.crawl_delay = absl::Seconds(20);
  EXPECT_EQ(HostDelay(PlainOptions(), host), absl::Seconds(20));
}

TEST(PolitenessTest, CrawlDelayCountsUpToItsLimit) {
  HostRecord host;
  host.crawl_delay = absl::Hours(10);
  EXPECT_EQ(HostDelay(PlainOptions(), host), absl::Seconds(300));
}

TEST(PolitenessTest, SlowHostsAreAskedLessOften) {
  PolitenessOptions options = PlainOptions();
  options.latency_factor = 5;
  HostRecord host;
  host.last_latency = absl::Seconds(3);
  EXPECT_EQ(HostDelay(options, host), absl::Seconds(15));
  host.last_latency = absl::Seconds(60);
  EXPECT_EQ(HostDelay(options, host), absl::Seconds(30));
}

TEST(PolitenessTest, ZeroDelayMeansNoAdaptiveDelayEither) {
  PolitenessOptions options;
  options.per_host_delay = absl::ZeroDuration();
  HostRecord host;
  host.last_latency = absl::Seconds(3);
  EXPECT_EQ(HostDelay(options, host), absl::ZeroDuration());
}

TEST(PolitenessTest, NextRequestIsADelayAfterTheServerSawTheLast) {
  HostRecord host;
  HostObservation seen = Answered(kStart + absl::Seconds(5));
  seen.request_seen = kStart + absl::Seconds(1);
  Observe(PlainOptions(), seen, &host);
  EXPECT_EQ(host.next_fetch, kStart + absl::Seconds(3));
}

TEST(PolitenessTest, BackOffDoublesWithEachFailureInARowAndEndsWithSuccess) {
  PolitenessOptions options = PlainOptions();
  options.per_host_delay = absl::ZeroDuration();
  HostRecord host;
  absl::Time now = kStart;
  for (const int seconds : {1, 2, 4, 8}) {
    Observe(options, Failed(now), &host);
    EXPECT_EQ(host.next_fetch, now + absl::Seconds(seconds));
    now = host.next_fetch;
  }
  Observe(options, Answered(now), &host);
  EXPECT_EQ(host.failures, 0u);
  EXPECT_EQ(host.next_fetch, now);
}

TEST(PolitenessTest, BackOffHasACap) {
  PolitenessOptions options = PlainOptions();
  options.max_host_failures = 1000;
  HostRecord host;
  for (int i = 0; i < 100; ++i) Observe(options, Failed(kStart), &host);
  EXPECT_EQ(host.next_fetch, kStart + options.max_backoff);
}

TEST(PolitenessTest, RetryAfterHoldsTheWholeHostUpToItsLimit) {
  HostRecord host;
  HostObservation seen = Failed(kStart);
  seen.retry_after = absl::Seconds(90);
  Observe(PlainOptions(), seen, &host);
  EXPECT_EQ(host.next_fetch, kStart + absl::Seconds(90));
  seen.retry_after = absl::Hours(24 * 365);
  Observe(PlainOptions(), seen, &host);
  EXPECT_EQ(host.next_fetch, kStart + absl::Hours(24));
}

TEST(PolitenessTest, HostThatKeepsFailingIsParked) {
  HostRecord host;
  for (int i = 0; i < 9; ++i) Observe(PlainOptions(), Failed(kStart), &host);
  EXPECT_EQ(host.state, HostState::kLive);
  Observe(PlainOptions(), Failed(kStart), &host);
  EXPECT_EQ(host.state, HostState::kParked);
  EXPECT_EQ(host.reason, Reason::kHostDead);
}

TEST(PolitenessTest, JitterLengthensTheWaitByUpToATenth) {
  HostRecord host;
  HostObservation seen = Answered(kStart);
  seen.jitter = 0.5;
  Observe(PlainOptions(), seen, &host);
  EXPECT_EQ(host.next_fetch, kStart + absl::Milliseconds(2100));
  HostRecord failing;
  seen = Failed(kStart);
  seen.jitter = 0.5;
  for (int i = 0; i < 3; ++i) Observe(PlainOptions(), seen, &failing);
  EXPECT_EQ(failing.next_fetch, kStart + absl::Milliseconds(4200));
}

TEST(PolitenessTest, DeadHostIsTriedAgainAfterLongerAndLongerWaits) {
  const PolitenessOptions options = PlainOptions();
  HostRecord host;
  absl::Time now = kStart;
  for (int i = 0; i < 10; ++i) Observe(options, Failed(now), &host);
  host.next_fetch = now;
  for (const int hours : {1, 6, 24, 24}) {
    ASSERT_EQ(host.state, HostState::kParked);
    const absl::Duration wait = RevivalDelay(options, host.reason, host.revivals);
    EXPECT_EQ(wait, absl::Hours(hours));
    now += wait;
    ReviveHost(options, &host);
    EXPECT_EQ(host.state, HostState::kLive);
    Observe(options, Failed(now), &host);  // the one failure that it may have
    host.next_fetch = now;
  }
}

TEST(PolitenessTest, AnswerEndsTheFailuresOfARevivedHost) {
  const PolitenessOptions options = PlainOptions();
  HostRecord host;
  host.revivals = 3;
  host.state = HostState::kParked;
  ReviveHost(options, &host);
  EXPECT_EQ(host.revivals, 4);
  Observe(options, Answered(kStart), &host);
  Observe(options, Failed(kStart), &host);
  EXPECT_EQ(host.state, HostState::kLive);
}

TEST(PolitenessTest, TimeDoesNotMendABudgetOrARefusedAddress) {
  for (const Reason reason :
       {Reason::kHostBudget, Reason::kDomainBudget, Reason::kAddressRefused, Reason::kOutOfScope}) {
    EXPECT_EQ(RevivalDelay(PlainOptions(), reason, 0), absl::InfiniteDuration());
  }
}

TEST(PolitenessTest, NameServersAreAskedAgainSooner) {
  EXPECT_EQ(RevivalDelay(PlainOptions(), Reason::kDnsServer, 0), absl::Minutes(1));
  EXPECT_EQ(RevivalDelay(PlainOptions(), Reason::kDnsServer, 1), absl::Minutes(6));
  EXPECT_EQ(RevivalDelay(PlainOptions(), Reason::kDns, 0), absl::Hours(1));
}

TEST(PolitenessTest, RevivalCanBeTurnedOff) {
  PolitenessOptions options = PlainOptions();
  options.revive_after = absl::ZeroDuration();
  EXPECT_EQ(RevivalDelay(options, Reason::kHostDead, 0), absl::InfiniteDuration());
}

TEST(PolitenessTest, RestartHoldsAHostForAFullDelayAndForgivesParking) {
  HostRecord host;
  host.crawl_delay = absl::Seconds(20);
  host.state = HostState::kParked;
  host.failures = 10;
  HoldAfterRestart(PlainOptions(), kStart, &host);
  EXPECT_EQ(host.next_fetch, kStart + absl::Seconds(20));
  EXPECT_EQ(host.state, HostState::kLive);
  EXPECT_EQ(host.failures, 0u);
}

TEST(PolitenessTest, RestartNeverShortensAWait) {
  HostRecord host;
  host.next_fetch = kStart + absl::Hours(1);
  HoldAfterRestart(PlainOptions(), kStart, &host);
  EXPECT_EQ(host.next_fetch, kStart + absl::Hours(1));
}

struct JudgeCase {
  int status;
  Reason reason;
  uint8_t failures;
  UrlState state;
  Reason because;
  bool host_failed;
};

class JudgeTest : public ::testing::TestWithParam<JudgeCase> {};

TEST_P(JudgeTest, SaysWhatBecomesOfTheUrlAndWhetherTheHostIsToBlame) {
  const JudgeCase& c = GetParam();
  const Verdict verdict = Judge(PolitenessOptions(), c.status, c.reason, c.failures);
  EXPECT_EQ(verdict.state, c.state);
  EXPECT_EQ(verdict.reason, c.because);
  EXPECT_EQ(verdict.host_failed, c.host_failed);
}

constexpr Reason kNone = Reason::kNone;
constexpr Reason kHttp = Reason::kHttpStatus;

INSTANTIATE_TEST_SUITE_P(
    Answers, JudgeTest,
    ::testing::Values(JudgeCase{200, kNone, 0, UrlState::kFetched, kNone, false},
                      JudgeCase{204, kNone, 2, UrlState::kFetched, kNone, false},
                      // Nobody asked whether it changed.
                      JudgeCase{304, kNone, 0, UrlState::kFailed, kHttp, false},
                      JudgeCase{301, kNone, 0, UrlState::kRedirected, kNone, false},
                      JudgeCase{308, kNone, 0, UrlState::kRedirected, kNone, false},
                      JudgeCase{300, kNone, 0, UrlState::kFailed, kHttp, false},
                      JudgeCase{403, kNone, 0, UrlState::kFailed, kHttp, false},
                      JudgeCase{404, kNone, 0, UrlState::kGone, kHttp, false},
                      JudgeCase{410, kNone, 0, UrlState::kGone, kHttp, false},
                      JudgeCase{408, kNone, 0, UrlState::kQueued, kHttp, false},
                      JudgeCase{429, kNone, 0, UrlState::kQueued, kHttp, true},
                      JudgeCase{500, kNone, 1, UrlState::kQueued, kHttp, true},
                      JudgeCase{500, kNone, 2, UrlState::kFailed, kHttp, true},
                      JudgeCase{501, kNone, 0, UrlState::kFailed, kHttp, true}));

INSTANTIATE_TEST_SUITE_P(
    NoAnswers, JudgeTest,
    ::testing::Values(
        JudgeCase{0, Reason::kConnect, 0, UrlState::kQueued, Reason::kConnect, true},
        JudgeCase{0, Reason::kDns, 2, UrlState::kFailed, Reason::kDns, true},
        JudgeCase{0, Reason::kDnsServer, 0, UrlState::kQueued, Reason::kDnsServer, true},
        JudgeCase{0, Reason::kTimeout, 1, UrlState::kQueued, Reason::kTimeout, true},
        JudgeCase{0, Reason::kAddressRefused, 0, UrlState::kExcluded, Reason::kAddressRefused,
                  false},
        JudgeCase{0, Reason::kRefused, 0, UrlState::kQueued, Reason::kRefused, true},
        JudgeCase{0, Reason::kReset, 0, UrlState::kQueued, Reason::kReset, true},
        JudgeCase{0, Reason::kConnectTimeout, 0, UrlState::kQueued, Reason::kConnectTimeout, true},
        JudgeCase{0, Reason::kFirstByteTimeout, 0, UrlState::kQueued, Reason::kFirstByteTimeout,
                  true},
        JudgeCase{200, Reason::kLowSpeed, 0, UrlState::kQueued, Reason::kLowSpeed, false},
        // Another try would find the same.
        JudgeCase{0, Reason::kTls, 0, UrlState::kFailed, Reason::kTls, true},
        JudgeCase{0, Reason::kProtocol, 0, UrlState::kFailed, Reason::kProtocol, true},
        JudgeCase{200, Reason::kProtocol, 0, UrlState::kFetched, Reason::kProtocol, false},
        JudgeCase{200, Reason::kMediaType, 0, UrlState::kExcluded, Reason::kMediaType, false},
        JudgeCase{200, Reason::kTooLarge, 0, UrlState::kFailed, Reason::kTooLarge, false},
        JudgeCase{200, Reason::kInterrupted, 0, UrlState::kQueued, Reason::kInterrupted, false},
        // The last try of a page that never comes whole: better than nothing.
        JudgeCase{200, Reason::kInterrupted, 2, UrlState::kFetched, Reason::kInterrupted, false},
        JudgeCase{404, Reason::kInterrupted, 2, UrlState::kFailed, Reason::kInterrupted, false}));

}  // namespace
}  // namespace spindle
