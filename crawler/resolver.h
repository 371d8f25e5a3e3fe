#ifndef SPINDLE_CRAWLER_RESOLVER_H_
#define SPINDLE_CRAWLER_RESOLVER_H_

#include <ares.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/event_loop.h"
#include "crawler/ip_address.h"

namespace spindle {

struct ResolverOptions {
  // "192.0.2.53" or "192.0.2.53:5353", comma-separated; empty: the system's.
  std::string servers;
  // One query to one server, and how often each is asked.
  absl::Duration query_timeout = absl::Seconds(2);
  int tries = 3;
  // Bounds on the time that an answer is kept, whatever its TTL says.
  absl::Duration min_ttl = absl::Minutes(1);
  absl::Duration max_ttl = absl::Hours(24);
  // How long "there is no such name" and other failures are kept.
  absl::Duration negative_ttl = absl::Minutes(1);
  size_t max_cached_names = 100'000;
  size_t max_addresses = 16;  // of one name
};

// Names to addresses, asynchronously on the loop by c-ares: hosts file, then DNS over UDP with TCP
// where an answer does not fit. Answers are kept for their TTL. It does not judge addresses:
// AddressGuard does. Belongs to the loop's thread; the loop must outlive it.
class Resolver {
 public:
  struct Answer {
    std::vector<IpAddress> addresses;  // IPv4 first; empty: failed
    std::string error;                 // for people, where it failed
  };
  using Callback = std::function<void(const Answer&)>;

  Resolver(EventLoop* loop, const ResolverOptions& options);
  // Forgets what is under way; its callbacks are not called.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `host` is a name or an address in URL form. May call back before it returns, where it knows the
  // answer.
  void Resolve(absl::string_view host, absl::Time now, Callback callback);

 private:
  struct Entry {
    Answer answer;
    absl::Time expires = absl::InfinitePast();
    bool in_flight = false;
    std::vector<Callback> waiting;
  };
  struct Query;

  static void OnSocketState(void* self, ares_socket_t fd, int readable, int writable);
  static void OnReady(int fd, int mask, void* self);
  static void OnAnswer(void* query, int status, int timeouts, ares_addrinfo* result);
  void Finish(const std::string& name, Answer answer, absl::Duration ttl);
  void UpdateTimer();
  void MakeRoom(absl::Time now);

  EventLoop* const loop_;
  const ResolverOptions options_;
  LoopTimer timer_;
  ares_channel channel_ = nullptr;
  absl::flat_hash_map<int, std::unique_ptr<IoWatcher>> watchers_;
  absl::flat_hash_map<std::string, Entry> cache_;
  bool closing_ = false;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_RESOLVER_H_
