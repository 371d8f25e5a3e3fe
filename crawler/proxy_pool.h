#ifndef SPINDLE_CRAWLER_PROXY_POOL_H_
#define SPINDLE_CRAWLER_PROXY_POOL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {

struct Proxy {
  enum class Kind { kHttp, kSocks5 };
  Kind kind = Kind::kHttp;
  std::string host;  // a name or an address in URL form
  uint16_t port = 0;

  std::string origin() const;  // "http://127.0.0.1:3128": its key in CredentialStore
};

// "http://192.0.2.1:3128,socks5://proxy.example:1080". InvalidArgument names what is no proxy;
// user names and passwords are refused, since a command line is no secret: see CredentialStore.
absl::StatusOr<std::vector<Proxy>> ParseProxies(absl::string_view list);

struct ProxyHealthOptions {
  // A proxy that fails is set aside; the time doubles with each further failure.
  absl::Duration min_pause = absl::Seconds(1);
  absl::Duration max_pause = absl::Minutes(5);
  // Requests in a row that ended without a word from a proxy: it fails.
  int max_silences = 5;
};

// Proxies in rotation. One that fails is set aside for a while and then tried by a single request:
// others follow once that worked. Belongs to one thread. Time is an argument.
class ProxyPool {
 public:
  explicit ProxyPool(std::vector<Proxy> proxies, const ProxyHealthOptions& options = {});

  bool empty() const { return states_.empty(); }
  size_t size() const { return states_.size(); }
  const Proxy& proxy(size_t index) const { return states_[index].proxy; }

  // The next one in turn; nullopt: all are set aside, see NextTry(). REQUIRES: Observe() is called
  // for what it returned.
  std::optional<size_t> Pick(absl::Time now);

  // When Pick() may have one again.
  absl::Time NextTry(absl::Time now) const;

  // What a request over it showed of the proxy, whatever became of the request.
  void Observe(size_t index, bool works, absl::Time now);
  // A request ended without a word from it. That is the target's fault unless it goes on.
  void ObserveSilence(size_t index, absl::Time now);

 private:
  struct State {
    Proxy proxy;
    int failures = 0;  // in a row
    int silences = 0;  // since it was last seen to work
    bool on_trial = false;
    absl::Time paused_until = absl::InfinitePast();
  };

  const ProxyHealthOptions options_;
  std::vector<State> states_;
  size_t next_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PROXY_POOL_H_
