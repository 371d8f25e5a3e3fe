#include "crawler/multi_handle.h"

#include <algorithm>
#include <utility>

#include "crawler/steady_clock.h"

namespace spindle {
namespace {

constexpr int kTransfersEach = 64;
// While they are few, it costs little to have some more.
constexpr int kManyMultis = 16;
constexpr int kLeastTransfersEach = 16;

}  // namespace

int MultiHandleCount(int max_transfers) {
  return std::max(max_transfers / kTransfersEach,
                  std::clamp(max_transfers / kLeastTransfersEach, 1, kManyMultis));
}

MultiHandle::MultiHandle(EventLoop* loop, int max_idle_connections, bool multiplex,
                         DoneCallback on_done, SocketCallback on_socket)
    : loop_(loop),
      max_idle_connections_(max_idle_connections),
      on_done_(std::move(on_done)),
      on_socket_(std::move(on_socket)),
      timer_(loop, [this] { OnDue(); }),
      multi_(curl_multi_init()) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, multiplex ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
}

MultiHandle::~MultiHandle() { curl_multi_cleanup(multi_); }

void MultiHandle::Add(CURL* easy) {
  ++active_count_;
  LimitConnections();
  curl_multi_add_handle(multi_, easy);
}

void MultiHandle::Remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
  --active_count_;
  LimitConnections();
}

// libcurl's limit is one of active and idle connections together.
void MultiHandle::LimitConnections() {
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(active_count_ + max_idle_connections_));
}

int MultiHandle::OnSocket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket) {
  auto* multi = static_cast<MultiHandle*>(self);
  auto* watcher = static_cast<IoWatcher*>(socket);
  if (what == CURL_POLL_REMOVE) {
    if (watcher == nullptr) return 0;
    watcher->Clear();
    multi->free_watchers_.emplace_back(watcher);
    curl_multi_assign(multi->multi_, fd, nullptr);
    return 0;
  }
  if (multi->on_socket_ != nullptr) multi->on_socket_(easy, fd);
  if (watcher == nullptr) {
    if (multi->free_watchers_.empty()) {
      watcher = new IoWatcher(multi->loop_);
    } else {
      watcher = multi->free_watchers_.back().release();
      multi->free_watchers_.pop_back();
    }
    curl_multi_assign(multi->multi_, fd, watcher);
  }
  const int mask =
      (what & CURL_POLL_IN ? IoWatcher::kRead : 0) | (what & CURL_POLL_OUT ? IoWatcher::kWrite : 0);
  watcher->Watch(fd, mask, &OnReady, multi);
  return 0;
}

int MultiHandle::OnTimer(CURLM*, long timeout_ms, void* self) {
  auto* multi = static_cast<MultiHandle*>(self);
  multi->due_ = timeout_ms == 0 && multi->acting_;
  if (timeout_ms < 0 || multi->due_) {
    multi->due_at_ = absl::InfiniteFuture();
    return 0;
  }
  const absl::Duration delay = absl::Milliseconds(timeout_ms);
  multi->due_at_ = SteadyNow() + delay;
  if (multi->due_at_ < multi->timer_at_) {
    multi->timer_at_ = multi->due_at_;
    multi->timer_.Set(delay);
  }
  return 0;
}

void MultiHandle::OnDue() {
  timer_at_ = absl::InfiniteFuture();
  const absl::Time now = SteadyNow();
  if (due_at_ <= now) {
    due_at_ = absl::InfiniteFuture();
    Act(CURL_SOCKET_TIMEOUT, 0);
  } else if (due_at_ != absl::InfiniteFuture()) {
    timer_at_ = due_at_;
    timer_.Set(due_at_ - now);
  }
}

void MultiHandle::OnReady(int fd, int mask, void* self) {
  static_cast<MultiHandle*>(self)->Act(fd, (mask & IoWatcher::kRead ? CURL_CSELECT_IN : 0) |
                                               (mask & IoWatcher::kWrite ? CURL_CSELECT_OUT : 0));
}

void MultiHandle::Act(curl_socket_t fd, int mask) {
  int running = 0;
  acting_ = true;
  curl_multi_socket_action(multi_, fd, mask, &running);
  Drain();
  // A transfer that was added at the end of another one begins without a round of the loop between.
  if (due_) {
    due_ = false;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    Drain();
  }
  acting_ = false;
  if (due_) OnTimer(multi_, 0, this);
}

void MultiHandle::Drain() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // The message dies with the handle's removal.
    CURL* easy = message->easy_handle;
    const CURLcode result = message->data.result;
    on_done_(easy, result);
  }
}

}  // namespace spindle
