#include "crawler/parse_pool.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(ParsePoolTest, RunsEveryJob) {
  std::atomic<int> done{0};
  std::promise<void> all;
  ParsePool pool(3);
  for (int i = 0; i < 100; ++i) {
    pool.Submit([&](Arena*) {
      if (++done == 100) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(done, 100);
}

TEST(ParsePoolTest, StopDropsWhatHasNotBegun) {
  std::promise<void> started;
  std::promise<void> go;
  std::atomic<int> later{0};
  ParsePool pool(1);
  pool.Submit([&](Arena*) {
    started.set_value();
    go.get_future().wait();
  });
  for (int i = 0; i < 10; ++i) pool.Submit([&](Arena*) { ++later; });
  started.get_future().wait();
  std::thread release([&] { go.set_value(); });
  pool.Stop();
  release.join();
  EXPECT_LE(later, 10);
  const int after = later;
  pool.Submit([&](Arena*) { ++later; });
  EXPECT_EQ(later, after);
}

TEST(ParsePoolTest, LoopsGoBeforeIt) {
  std::promise<int> niceness;
  ParsePool pool(1);
  pool.Submit([&](Arena*) { niceness.set_value(getpriority(PRIO_PROCESS, 0)); });
  EXPECT_GE(niceness.get_future().get(), std::min(19, getpriority(PRIO_PROCESS, 0) + 1));
}

}  // namespace
}  // namespace spindle
