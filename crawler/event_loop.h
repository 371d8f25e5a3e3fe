#ifndef SPINDLE_CRAWLER_EVENT_LOOP_H_
#define SPINDLE_CRAWLER_EVENT_LOOP_H_

#include <event2/event.h>
#include <event2/event_struct.h>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "absl/time/time.h"

namespace spindle {

class LoopTimer;

// One thread's event loop on libevent: sockets, timers and a wake-up from other threads. Timers
// that are due and wake-ups go before sockets, and between two of them where a thousand are ready.
// The only unit that calls libevent. Belongs to the thread that calls Run(); only Wake() may be
// called from others.
class EventLoop {
 public:
  // `on_wake` runs on the loop's thread after Wake().
  explicit EventLoop(std::function<void()> on_wake);
  // No timer may be left.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until Stop().
  void Run();
  // Nothing is called back any more, until Run().
  void Stop();

  // Thread-safe. Several calls may lead to one on_wake().
  void Wake();

 private:
  friend class IoWatcher;
  friend class LoopTimer;
  struct BaseDeleter {
    void operator()(event_base* base) const { event_base_free(base); }
  };
  using Timers = std::set<std::pair<absl::Time, LoopTimer*>>;  // in the order of their times

  void ServeTimers();
  void WaitForTimers();
  void OnSocketServed();

  std::unique_ptr<event_base, BaseDeleter> base_;
  const std::function<void()> on_wake_;
  const int wake_fd_;
  std::atomic<bool> woken_{false};
  event wake_event_;
  Timers timers_;
  event timer_event_;                                   // one for all timers,
  absl::Time timer_event_at_ = absl::InfiniteFuture();  // no later than the first of them
  absl::Time sockets_until_ = absl::InfinitePast();
};

// Calls back once after a time. The loop must outlive it. Belongs to the loop's thread.
class LoopTimer {
 public:
  LoopTimer(EventLoop* loop, std::function<void()> callback);
  ~LoopTimer();
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  // From now; replaces an earlier time. Not negative. Zero: on the loop's next round.
  void Set(absl::Duration delay);
  void Cancel();

 private:
  friend class EventLoop;

  EventLoop* const loop_;
  const std::function<void()> callback_;
  EventLoop::Timers::node_type idle_;  // while it is not set
  EventLoop::Timers::iterator place_;  // while it is
};

// Tells when a descriptor can be read or written, level-triggered. It does not own the descriptor.
// The loop must outlive it. Belongs to the loop's thread.
class IoWatcher {
 public:
  enum : int { kNone = 0, kRead = EV_READ, kWrite = EV_WRITE };
  // `mask` tells which of the two it is; `context` is what Watch() was given.
  using Callback = void (*)(int fd, int mask, void* context);

  explicit IoWatcher(EventLoop* loop) : loop_(loop) {}
  ~IoWatcher() { Clear(); }
  IoWatcher(const IoWatcher&) = delete;
  IoWatcher& operator=(const IoWatcher&) = delete;

  // Replaces what was watched before; costs nothing where that is the same.
  void Watch(int fd, int mask, Callback callback, void* context);
  void Clear();

 private:
  static void Fire(evutil_socket_t fd, short what, void* self);

  EventLoop* const loop_;
  int fd_ = -1;
  int mask_ = kNone;
  Callback callback_ = nullptr;
  void* context_ = nullptr;
  event event_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_EVENT_LOOP_H_
