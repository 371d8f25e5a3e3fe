#include "crawler/event_loop.h"

#include <unistd.h>

#include <thread>
#include <vector>

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

}  // namespace
}  // namespace spindle
