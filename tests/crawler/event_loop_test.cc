#include "crawler/event_loop.h"

#include <unistd.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "crawler/steady_clock.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(EventLoopTest, WakesFromAnotherThread) {
  int wakes = 0;
  EventLoop* running = nullptr;
  EventLoop loop([&] {
    ++wakes;
    running->Stop();
  });
  running = &loop;
  std::thread other([&] { loop.Wake(); });
  loop.Run();
  other.join();
  EXPECT_EQ(wakes, 1);
}

TEST(EventLoopTest, TimersFireInOrderOnce) {
  EventLoop loop([] {});
  std::vector<int> fired;
  LoopTimer late(&loop, [&] {
    fired.push_back(2);
    loop.Stop();
  });
  LoopTimer early(&loop, [&] { fired.push_back(1); });
  LoopTimer cancelled(&loop, [&] { fired.push_back(3); });
  late.Set(absl::Milliseconds(20));
  early.Set(absl::ZeroDuration());
  cancelled.Set(absl::Milliseconds(1));
  cancelled.Cancel();
  loop.Run();
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
}

TEST(EventLoopTest, WatchesWhatIsAskedForAndNothingAfterwards) {
  EventLoop loop([] {});
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  struct State {
    EventLoop* loop;
    IoWatcher* watcher;
    int reads = 0;
  } state{&loop, nullptr};
  IoWatcher watcher(&loop);
  state.watcher = &watcher;
  watcher.Watch(
      pipe_fds[0], IoWatcher::kRead,
      [](int, int mask, void* context) {
        auto* state = static_cast<State*>(context);
        EXPECT_EQ(mask, static_cast<int>(IoWatcher::kRead));
        ++state->reads;
        state->watcher->Clear();
      },
      &state);
  ASSERT_EQ(write(pipe_fds[1], "x", 1), 1);
  LoopTimer end(&loop, [&] { loop.Stop(); });
  end.Set(absl::Milliseconds(20));
  loop.Run();
  // The byte is still there: level-triggered, it would have called again.
  EXPECT_EQ(state.reads, 1);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

// 64 pipes that all can be read, each of which keeps the loop busy for 2 ms.
class BusyLoopTest : public testing::Test {
 protected:
  static constexpr int kPipes = 64;

  BusyLoopTest()
      : loop_([this] { served_at_wake_ = served_; }), end_(&loop_, [this] { loop_.Stop(); }) {
    for (auto& fds : pipes_) {
      EXPECT_EQ(pipe(fds.data()), 0);
      EXPECT_EQ(write(fds[1], "x", 1), 1);
      watchers_.push_back(std::make_unique<IoWatcher>(&loop_));
      watchers_.back()->Watch(
          fds[0], IoWatcher::kRead,
          [](int fd, int, void* self) { static_cast<BusyLoopTest*>(self)->Serve(fd); }, this);
    }
  }
  ~BusyLoopTest() override {
    watchers_.clear();
    for (const auto& fds : pipes_) {
      close(fds[0]);
      close(fds[1]);
    }
  }

  void Serve(int fd) {
    char byte;
    EXPECT_EQ(read(fd, &byte, 1), 1);
    if (served_ == 0) loop_.Wake();
    const absl::Time until = SteadyNow() + absl::Milliseconds(2);
    while (SteadyNow() < until) {
    }
    if (++served_ == kPipes) end_.Set(absl::ZeroDuration());
  }

  EventLoop loop_;
  LoopTimer end_;
  std::array<std::array<int, 2>, kPipes> pipes_;
  std::vector<std::unique_ptr<IoWatcher>> watchers_;
  int served_ = 0;
  int served_at_wake_ = kPipes;
};

TEST_F(BusyLoopTest, TimersComeBetweenSockets) {
  int served = kPipes;
  LoopTimer timer(&loop_, [&] { served = served_; });
  timer.Set(absl::Milliseconds(1));
  loop_.Run();
  EXPECT_LT(served, kPipes / 2);
}

TEST_F(BusyLoopTest, WakeUpsComeBetweenSockets) {
  loop_.Run();
  EXPECT_LT(served_at_wake_, kPipes / 2);
}

TEST_F(BusyLoopTest, TimerThatSetsItselfAgainAtOnceLeavesTimeForSockets) {
  int fired = 0;
  LoopTimer* again = nullptr;
  LoopTimer timer(&loop_, [&] {
    ++fired;
    again->Set(absl::ZeroDuration());
  });
  again = &timer;
  timer.Set(absl::ZeroDuration());
  loop_.Run();
  EXPECT_EQ(served_, kPipes);
  EXPECT_GT(fired, 1);
}

}  // namespace
}  // namespace spindle
