#include "shard/request_clocks.h"

#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kDelay = absl::Seconds(2);

class RequestClocksTest : public ::testing::Test {
 protected:
  absl::Time Admit(absl::Time now, bool waited = false) {
    return clocks_.Admit("a", now, kDelay, waited);
  }

  RequestClocks clocks_;
};

TEST_F(RequestClocksTest, DelayCountsFromWhenTheRequestBegins) {
  EXPECT_EQ(Admit(kStart), kStart);
  const absl::Time begin = kStart + absl::Seconds(1);
  clocks_.Begin("a", begin, kDelay);
  EXPECT_EQ(Admit(begin, true), begin + kDelay);
  EXPECT_EQ(Admit(begin + kDelay, true), begin + kDelay);
}

TEST_F(RequestClocksTest, NobodyIsLetGoWhileOneIsOnTheWay) {
  EXPECT_EQ(Admit(kStart), kStart);
  absl::Time now = Admit(kStart);
  for (int i = 0; i < 10; ++i) {
    const absl::Time told = Admit(now, true);
    EXPECT_EQ(told, now + kDelay / 2);
    now = told;
  }
  clocks_.Begin("a", now, kDelay);
  EXPECT_EQ(Admit(now + kDelay, true), now + kDelay);
}

TEST_F(RequestClocksTest, RequestThatBeginsAnewHoldsTheOthersAnew) {
  EXPECT_EQ(Admit(kStart), kStart);
  clocks_.Begin("a", kStart, kDelay);
  clocks_.Begin("a", kStart + absl::Seconds(1), kDelay);
  EXPECT_EQ(Admit(kStart + kDelay, true), kStart + absl::Seconds(1) + kDelay);
}

TEST_F(RequestClocksTest, OtherKeysAreFree) {
  EXPECT_EQ(Admit(kStart), kStart);
  EXPECT_EQ(clocks_.Admit("b", kStart, kDelay, false), kStart);
}

TEST_F(RequestClocksTest, WithoutADelayAnyNumberMayBeOnTheWay) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(clocks_.Admit("a", kStart, absl::ZeroDuration(), false), kStart);
  }
}

TEST_F(RequestClocksTest, RequestsOfAHundredHostsKeepTheDelayHoweverLongTheirWays) {
  struct Event {
    absl::Time when;
    bool begins;
    int host;
    bool operator<(const Event& other) const {
      return std::tie(when, begins, host) < std::tie(other.when, other.begins, other.host);
    }
  };
  constexpr int kHosts = 100;
  std::set<Event> events;
  for (int host = 0; host < kHosts; ++host) events.insert({kStart, false, host});
  std::vector<bool> waited(kHosts);
  std::minstd_rand random;
  std::exponential_distribution<double> way_seconds(0.5);
  absl::Time last = absl::InfinitePast();
  for (int requests = 0; requests < 10 * kHosts;) {
    const Event event = *events.begin();
    events.erase(events.begin());
    if (event.begins) {
      clocks_.Begin("a", event.when, kDelay);
      EXPECT_GE(event.when - last, kDelay);
      last = event.when;
      ++requests;
      events.insert({event.when + kDelay, false, event.host});
      continue;
    }
    const absl::Time told = Admit(event.when, waited[event.host]);
    waited[event.host] = told > event.when;
    if (waited[event.host]) {
      events.insert({told, false, event.host});
    } else {
      events.insert({event.when + absl::Seconds(way_seconds(random)), true, event.host});
    }
  }
}

}  // namespace
}  // namespace spindle
