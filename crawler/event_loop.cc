#include "crawler/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "crawler/steady_clock.h"

namespace spindle {
namespace {

// How long sockets are served before timers are looked at again. libevent could do that itself, but
// then asks the kernel anew about every socket that is ready.
constexpr absl::Duration kSocketSlice = absl::Milliseconds(5);

// epoll with batched changes: one epoll_ctl a socket and round at most.
event_base* NewBase() {
  event_config* config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();
}

int NewEventFd() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) Die("spindle: eventfd");
  return fd;
}

}  // namespace

EventLoop::EventLoop(std::function<void()> on_wake)
    : base_(NewBase()), on_wake_(std::move(on_wake)), wake_fd_(NewEventFd()) {
  if (base_ == nullptr) Die("spindle: event_base_new");
  event_assign(
      &wake_event_, base_.get(), wake_fd_, EV_READ | EV_PERSIST,
      [](evutil_socket_t fd, short, void* self) {
        uint64_t count;
        // Non-blocking: there may be nothing left to read, and that is fine.
        [[maybe_unused]] const ssize_t size = read(fd, &count, sizeof(count));
        static_cast<EventLoop*>(self)->ServeTimers();
      },
      this);
  event_add(&wake_event_, nullptr);
  event_assign(
      &timer_event_, base_.get(), -1, 0,
      [](evutil_socket_t, short, void* self) {
        auto* loop = static_cast<EventLoop*>(self);
        loop->timer_event_at_ = absl::InfiniteFuture();
        loop->ServeTimers();
      },
      this);
}

EventLoop::~EventLoop() {
  event_del(&timer_event_);
  event_del(&wake_event_);
  close(wake_fd_);
}

void EventLoop::Run() { event_base_loop(base_.get(), EVLOOP_NO_EXIT_ON_EMPTY); }

void EventLoop::Stop() { event_base_loopbreak(base_.get()); }

void EventLoop::Wake() {
  if (woken_.exchange(true)) return;
  const uint64_t one = 1;
  // Fails only where the counter is full, and then the loop is woken anyway.
  [[maybe_unused]] const ssize_t size = write(wake_fd_, &one, sizeof(one));
}

// Those that are due now: one that sets itself again at once does not keep the sockets waiting.
void EventLoop::ServeTimers() {
  const absl::Time now = SteadyNow();
  if (woken_.exchange(false)) on_wake_();
  while (!timers_.empty() && timers_.begin()->first <= now && !event_base_got_break(base_.get())) {
    LoopTimer* timer = timers_.begin()->second;
    timer->Cancel();
    timer->callback_();
  }
  WaitForTimers();
  sockets_until_ = SteadyNow() + kSocketSlice;
}

// The event may come early, for a timer that was cancelled or by the loop's idea of the time; it
// never comes late.
void EventLoop::WaitForTimers() {
  if (timers_.empty() || timers_.begin()->first >= timer_event_at_) return;
  timer_event_at_ = timers_.begin()->first;
  const timeval delay =
      absl::ToTimeval(std::max(timer_event_at_ - SteadyNow(), absl::ZeroDuration()));
  event_add(&timer_event_, &delay);
}

void EventLoop::OnSocketServed() {
  if (SteadyNow() >= sockets_until_) ServeTimers();
}

LoopTimer::LoopTimer(EventLoop* loop, std::function<void()> callback)
    : loop_(loop), callback_(std::move(callback)) {
  EventLoop::Timers one;
  one.emplace();
  idle_ = one.extract(one.begin());
}

LoopTimer::~LoopTimer() { Cancel(); }

void LoopTimer::Set(absl::Duration delay) {
  Cancel();
  idle_.value() = {SteadyNow() + delay, this};
  place_ = loop_->timers_.insert(std::move(idle_)).position;
  loop_->WaitForTimers();
}

void LoopTimer::Cancel() {
  if (idle_.empty()) idle_ = loop_->timers_.extract(place_);
}

void IoWatcher::Watch(int fd, int mask, Callback callback, void* context) {
  callback_ = callback;
  context_ = context;
  if (fd == fd_ && mask == mask_) return;
  Clear();
  if (mask == kNone) return;
  fd_ = fd;
  mask_ = mask;
  event_assign(&event_, loop_->base_.get(), fd, static_cast<short>(mask | EV_PERSIST), &Fire, this);
  event_add(&event_, nullptr);
}

void IoWatcher::Clear() {
  if (mask_ != kNone) event_del(&event_);
  fd_ = -1;
  mask_ = kNone;
}

void IoWatcher::Fire(evutil_socket_t fd, short what, void* self) {
  const auto* watcher = static_cast<IoWatcher*>(self);
  EventLoop* loop = watcher->loop_;  // it may not be there afterwards
  watcher->callback_(fd, what & (EV_READ | EV_WRITE), watcher->context_);
  loop->OnSocketServed();
}

}  // namespace spindle
