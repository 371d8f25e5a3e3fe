#ifndef SPINDLE_CRAWLER_MULTI_HANDLE_H_
#define SPINDLE_CRAWLER_MULTI_HANDLE_H_

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "crawler/event_loop.h"

namespace spindle {

// How many multi handles the transfers of one loop are spread over. What libcurl 7.88 does for each
// transfer grows with those of its multi handle, and a multi handle takes 40 KB.
int MultiHandleCount(int max_transfers);

// Of each multi handle, besides those of its connections.
inline constexpr int kMultiHandleDescriptors = 2;

// One curl multi handle on an event loop, by the multi_socket protocol: one timer, one watcher per
// socket, no call into curl from its own callbacks. Transfers that are added run; `on_done` tells
// their end. It reads what it wants to know of the transfer, then must Remove() it, and may add
// others.
//
// A loop has several of these (see Fetcher). Belongs to the loop's thread; the loop must outlive
// it.
class MultiHandle {
 public:
  using DoneCallback = std::function<void(CURL* easy, CURLcode result)>;
  // Told where a transfer waits for a socket; not to call into curl's multi handles.
  using SocketCallback = std::function<void(CURL* easy, curl_socket_t socket)>;

  // Keeps up to `max_idle_connections` that no transfer uses. With `multiplex`, transfers to a host
  // that speaks HTTP/2 share a connection. REQUIRES: curl_global_init() was called.
  MultiHandle(EventLoop* loop, int max_idle_connections, bool multiplex, DoneCallback on_done,
              SocketCallback on_socket = nullptr);
  // All transfers must have ended or been removed.
  ~MultiHandle();
  MultiHandle(const MultiHandle&) = delete;
  MultiHandle& operator=(const MultiHandle&) = delete;

  // Starts on the loop's next round. Add few at a time: all that were added since run in one go.
  void Add(CURL* easy);
  // Takes a transfer out, in on_done or before its end (then on_done is not called for it).
  void Remove(CURL* easy);

 private:
  static int OnSocket(CURL* easy, curl_socket_t fd, int what, void* self, void* socket);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);
  static void OnReady(int fd, int mask, void* self);
  void Act(curl_socket_t fd, int mask);
  void Drain();
  void OnDue();
  void LimitConnections();

  EventLoop* const loop_;
  const int max_idle_connections_;
  const DoneCallback on_done_;
  const SocketCallback on_socket_;
  int active_count_ = 0;
  bool acting_ = false;
  bool due_ = false;  // curl wants to run at once, while it is acting_
  // When curl wants to run. It changes its mind several times a transfer, mostly to a later time
  // some seconds away: the timer is left to find that out when it comes.
  absl::Time due_at_ = absl::InfiniteFuture();
  absl::Time timer_at_ = absl::InfiniteFuture();  // no later than due_at_
  LoopTimer timer_;
  std::vector<std::unique_ptr<IoWatcher>> free_watchers_;
  CURLM* const multi_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_MULTI_HANDLE_H_
