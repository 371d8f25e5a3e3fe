#include "crawler/address_clocks.h"

#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kDelay = absl::Seconds(2);

class AddressClocksTest : public ::testing::Test {
 protected:
  absl::Time Admit(absl::Time now, bool waited = false) {
    return addresses_.Admit(address_, now, kDelay, waited);
  }

  const IpAddress address_ = *IpAddress::Parse("192.0.2.1");
  SharedClocks clocks_;
  AddressClocks addresses_{&clocks_};
};

TEST_F(AddressClocksTest, DelayCountsFromWhenTheRequestBegins) {
  EXPECT_EQ(Admit(kStart), kStart);
  const absl::Time begin = kStart + absl::Seconds(1);
  addresses_.Begin(address_, begin, kDelay);
  EXPECT_EQ(Admit(begin, true), begin + kDelay);
  EXPECT_EQ(Admit(begin + kDelay, true), begin + kDelay);
}

TEST_F(AddressClocksTest, NobodyIsLetGoWhileOneIsOnTheWay) {
  EXPECT_EQ(Admit(kStart), kStart);
  absl::Time now = Admit(kStart);
  for (int i = 0; i < 10; ++i) {
    const absl::Time told = Admit(now, true);
    EXPECT_EQ(told, now + kDelay / 2);
    now = told;
  }
  addresses_.Begin(address_, now, kDelay);
  EXPECT_EQ(Admit(now + kDelay, true), now + kDelay);
}

TEST_F(AddressClocksTest, RequestThatBeginsAnewHoldsTheOthersAnew) {
  EXPECT_EQ(Admit(kStart), kStart);
  addresses_.Begin(address_, kStart, kDelay);
  addresses_.Begin(address_, kStart + absl::Seconds(1), kDelay);
  EXPECT_EQ(Admit(kStart + kDelay, true), kStart + absl::Seconds(1) + kDelay);
}

TEST_F(AddressClocksTest, OtherAddressesAreFree) {
  EXPECT_EQ(Admit(kStart), kStart);
  const IpAddress other = *IpAddress::Parse("192.0.2.2");
  EXPECT_EQ(addresses_.Admit(other, kStart, kDelay, false), kStart);
}

TEST_F(AddressClocksTest, WithoutADelayAnyNumberMayBeOnTheWay) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(addresses_.Admit(address_, kStart, absl::ZeroDuration(), false), kStart);
  }
}

TEST_F(AddressClocksTest, RequestsOfAHundredHostsKeepTheDelayHoweverLongTheirWays) {
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
      addresses_.Begin(address_, event.when, kDelay);
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
