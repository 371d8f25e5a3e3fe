#ifndef SPINDLE_CRAWLER_EVENT_LOOP_H_
#define SPINDLE_CRAWLER_EVENT_LOOP_H_

#include <event2/event.h>
#include <event2/event_struct.h>

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace spindle {

// One thread's event loop on libevent: sockets, timers and a wake-up from other threads. The only
// unit that calls libevent. Belongs to the thread that calls Run(); only Wake() may be called from
// others.
class EventLoop {
 public:
  // `on_wake` runs on the loop's thread after Wake().
  explicit EventLoop(std::function<void()> on_wake);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until Stop().
  void Run();
  void Stop();

  // Thread-safe. Several calls may lead to one on_wake().
  void Wake();

 private:
  friend class IoWatcher;
  friend class LoopTimer;
  struct BaseDeleter {
    void operator()(event_base* base) const { event_base_free(base); }
  };

  std::unique_ptr<event_base, BaseDeleter> base_;
  const std::function<void()> on_wake_;
  const int wake_fd_;
  event wake_event_;
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
  EventLoop* const loop_;
  const std::function<void()> callback_;
  event event_;
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
