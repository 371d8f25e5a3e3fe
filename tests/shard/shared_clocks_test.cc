#include "shard/shared_clocks.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kDelay = absl::Seconds(2);

TEST(SharedClocksTest, GrantsOneRequestPerDelay) {
  SharedClocks clocks;
  const absl::Time next = kStart + kDelay;
  EXPECT_EQ(clocks.Reserve("a", kStart, kDelay), kStart);
  EXPECT_EQ(clocks.Reserve("a", kStart, kDelay), next);
  const absl::Time early = next - absl::Nanoseconds(1);
  EXPECT_EQ(clocks.Reserve("a", early, kDelay, true), next);
  EXPECT_EQ(clocks.Reserve("a", next, kDelay, true), next);
  EXPECT_GT(clocks.Reserve("a", next, kDelay, true), next);
}

TEST(SharedClocksTest, KeysHaveClocksOfTheirOwn) {
  SharedClocks clocks;
  EXPECT_EQ(clocks.Reserve(std::string(16, '\0'), kStart, kDelay), kStart);
  EXPECT_EQ(clocks.Reserve(std::string(15, '\0') + "\1", kStart, kDelay), kStart);
  EXPECT_EQ(clocks.Reserve("group:a", kStart, kDelay), kStart);
}

TEST(SharedClocksTest, ZeroDelayGrantsEveryone) {
  SharedClocks clocks;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(clocks.Reserve("a", kStart, absl::ZeroDuration()), kStart);
  }
}

TEST(SharedClocksTest, HostsThatWaitAreToldTurnsThatDoNotMeet) {
  SharedClocks clocks;
  absl::Time last = clocks.Reserve("a", kStart, kDelay);
  for (int i = 0; i < 10; ++i) {
    const absl::Time told = clocks.Reserve("a", kStart, kDelay);
    EXPECT_GE(told - last, kDelay);
    EXPECT_LE(told - last, 1.05 * kDelay);
    last = told;
  }
}

TEST(SharedClocksTest, WhoWaitedGoesBeforeWhoComesAnew) {
  SharedClocks clocks;
  clocks.Reserve("a", kStart, kDelay);
  const absl::Time turn = clocks.Reserve("a", kStart, kDelay);
  EXPECT_GT(clocks.Reserve("a", turn, kDelay), turn);
  EXPECT_EQ(clocks.Reserve("a", turn, kDelay, /*waited=*/true), turn);
}

TEST(SharedClocksTest, LateTurnPutsTheNextOneOffByNoMore) {
  SharedClocks clocks;
  clocks.Reserve("a", kStart, kDelay);
  const absl::Time first = clocks.Reserve("a", kStart, kDelay);
  const absl::Time second = clocks.Reserve("a", kStart, kDelay);
  clocks.Reserve("a", kStart, kDelay);
  const absl::Time late = first + absl::Seconds(1);
  EXPECT_EQ(clocks.Reserve("a", late, kDelay, true), late);
  EXPECT_EQ(clocks.Reserve("a", second, kDelay, true), late + kDelay);
}

TEST(SharedClocksTest, ThousandHostsAreServedInTurnAndSeldomAskInVain) {
  // Each comes a little after it was told, and again a delay after it was served.
  constexpr int kHosts = 1000;
  constexpr absl::Duration kLate = absl::Milliseconds(20);
  SharedClocks clocks;
  std::set<std::pair<absl::Time, int>> queue;
  for (int host = 0; host < kHosts; ++host) queue.insert({kStart, host});
  std::vector<int> served(kHosts);
  std::vector<bool> waited(kHosts);
  int asked = 0;
  absl::Time last = absl::InfinitePast();
  for (int requests = 0; requests < 3 * kHosts; ++asked) {
    const auto [when, host] = *queue.begin();
    queue.erase(queue.begin());
    const absl::Time now = when + kLate;
    const absl::Time told = clocks.Reserve("a", now, kDelay, waited[host]);
    waited[host] = told > now;
    queue.insert({waited[host] ? told : now + kDelay, host});
    if (told > now) continue;
    EXPECT_GE(now - last, kDelay);
    last = now;
    ++served[host];
    ++requests;
  }
  EXPECT_LE(last, kStart + 3 * kHosts * kDelay * 1.06);
  EXPECT_LE(asked, 7 * kHosts);
  for (const int times : served) EXPECT_NEAR(times, 3, 1);
}

TEST(SharedClocksTest, PauseHoldsAllWhoShareTheClockAndTheyComeBackInTurn) {
  SharedClocks clocks;
  clocks.Reserve("a", kStart, kDelay);
  const absl::Time turn = clocks.Reserve("a", kStart, kDelay);
  const absl::Time end = kStart + absl::Hours(2);
  clocks.HoldUntil("a", end);
  const absl::Time first = clocks.Reserve("a", turn, kDelay, true);
  const absl::Time second = clocks.Reserve("a", turn, kDelay, true);
  EXPECT_EQ(first, end);
  EXPECT_GE(second, end + kDelay);
  EXPECT_EQ(clocks.Reserve("a", first, kDelay, true), first);
}

TEST(SharedClocksTest, ForgetsClocksThatHaveRunOut) {
  SharedClocks clocks;
  for (int i = 0; i < 100'000; ++i) {
    clocks.Reserve(absl::StrCat(i), kStart + i * absl::Milliseconds(10), kDelay);
  }
  // 200 are running at any time.
  EXPECT_LT(clocks.size(), 16u * 130);
}

TEST(SharedClocksTest, FullTableHoldsRequestsBackInsteadOfForgettingClocks) {
  SharedClocksOptions options;
  options.max_clock_count = 1600;
  SharedClocks clocks(options);
  int granted = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (clocks.Reserve(absl::StrCat(i), kStart, kDelay) == kStart) ++granted;
  }
  EXPECT_LE(granted, 1600);
  EXPECT_GT(granted, 1500);
  EXPECT_LE(clocks.size(), 1600u);
  const absl::Time later = kStart + kDelay;
  EXPECT_EQ(clocks.Reserve("9999", later, kDelay), later);
}

TEST(SharedClocksTest, ThreadsShareAClockSafely) {
  SharedClocks clocks;
  std::atomic<int> granted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        const absl::Time now = kStart + i * absl::Milliseconds(10);
        if (clocks.Reserve("a", now, absl::Seconds(100)) == now) ++granted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(granted, 1);
}

}  // namespace
}  // namespace spindle
