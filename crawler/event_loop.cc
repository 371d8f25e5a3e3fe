#include "crawler/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace spindle {
namespace {

// Timers and wake-ups go before sockets, so that a thousand ready sockets do not make them late.
constexpr int kPriorities = 2;
constexpr int kFirst = 0;
constexpr int kSockets = 1;

// How long sockets are served before timers are looked at again.
constexpr timeval kSocketSlice = {0, 5000};

// epoll with batched changes: one epoll_ctl a socket and round at most.
event_base* NewBase() {
  event_config* config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  event_config_set_max_dispatch_interval(config, &kSocketSlice, -1, kSockets);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  if (base != nullptr) event_base_priority_init(base, kPriorities);
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
        static_cast<EventLoop*>(self)->on_wake_();
      },
      this);
  event_priority_set(&wake_event_, kFirst);
  event_add(&wake_event_, nullptr);
}

EventLoop::~EventLoop() {
  event_del(&wake_event_);
  close(wake_fd_);
}

void EventLoop::Run() { event_base_loop(base_.get(), EVLOOP_NO_EXIT_ON_EMPTY); }

void EventLoop::Stop() { event_base_loopbreak(base_.get()); }

void EventLoop::Wake() {
  const uint64_t one = 1;
  // Fails only where the counter is full, and then the loop is woken anyway.
  [[maybe_unused]] const ssize_t size = write(wake_fd_, &one, sizeof(one));
}

LoopTimer::LoopTimer(EventLoop* loop, std::function<void()> callback)
    : loop_(loop), callback_(std::move(callback)) {
  event_assign(
      &event_, loop->base_.get(), -1, 0,
      [](evutil_socket_t, short, void* self) { static_cast<LoopTimer*>(self)->callback_(); }, this);
  event_priority_set(&event_, kFirst);
}

LoopTimer::~LoopTimer() { Cancel(); }

void LoopTimer::Set(absl::Duration delay) {
  // From now, not from when the loop's round began.
  if (delay > absl::ZeroDuration()) event_base_update_cache_time(loop_->base_.get());
  const timeval time = absl::ToTimeval(delay);
  event_add(&event_, &time);
}

void LoopTimer::Cancel() { event_del(&event_); }

void IoWatcher::Watch(int fd, int mask, Callback callback, void* context) {
  callback_ = callback;
  context_ = context;
  if (fd == fd_ && mask == mask_) return;
  Clear();
  if (mask == kNone) return;
  fd_ = fd;
  mask_ = mask;
  event_assign(&event_, loop_->base_.get(), fd, static_cast<short>(mask | EV_PERSIST), &Fire, this);
  event_priority_set(&event_, kSockets);
  event_add(&event_, nullptr);
}

void IoWatcher::Clear() {
  if (mask_ != kNone) event_del(&event_);
  fd_ = -1;
  mask_ = kNone;
}

void IoWatcher::Fire(evutil_socket_t fd, short what, void* self) {
  const IoWatcher* watcher = static_cast<IoWatcher*>(self);
  watcher->callback_(fd, what & (EV_READ | EV_WRITE), watcher->context_);
}

}  // namespace spindle
