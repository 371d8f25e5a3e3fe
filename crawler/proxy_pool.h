#ifndef SPINDLE_CRAWLER_PROXY_POOL_H_
#define SPINDLE_CRAWLER_PROXY_POOL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace spindle {

struct Proxy {
  enum class Kind { kHttp, kSocks5 };
  Kind kind = Kind::kHttp;
  std::string host;  // a name or an address in URL form
  uint16_t port = 0;

  std::string origin() const;    // "http://127.0.0.1:3128": its key in CredentialStore
  std::string ToString() const;  // "socks5://127.0.0.1:1080"
};

// "http://192.0.2.1:3128,socks5://proxy.example:1080". InvalidArgument names what is no proxy;
// user names and passwords are refused, since a command line is no secret: see CredentialStore.
absl::StatusOr<std::vector<Proxy>> ParseProxies(absl::string_view list);

struct ProxyHealthOptions {
  // A proxy that fails is set aside; the time doubles with each further failure.
  absl::Duration min_pause = absl::Seconds(1);
  absl::Duration max_pause = absl::Minutes(5);
  // Hosts that came to nothing over it, in a row, which may be their own fault: it is set aside.
  size_t max_doubtful_hosts = 5;
  // A crawl over proxies of which none has worked for so long since its start ends.
  absl::Duration patience = absl::Seconds(60);
};

// Proxies in rotation. One that fails is set aside for a while and then tried by a single request:
// others follow once that worked. Belongs to one thread. Time is an argument.
class ProxyPool {
 public:
  explicit ProxyPool(std::vector<Proxy> proxies, const ProxyHealthOptions& options = {});

  bool empty() const { return states_.empty(); }
  size_t size() const { return states_.size(); }
  const Proxy& proxy(size_t index) const { return states_[index].proxy; }
  bool has_worked(size_t index) const { return states_[index].last_worked > absl::InfinitePast(); }

  // The next one in turn but for those in `except`; nullopt: all are set aside, see NextTry().
  // REQUIRES: Observe() or ObserveDoubt() is called for what it returned.
  std::optional<size_t> Pick(absl::Time now, absl::Span<const size_t> except = {});

  // When Pick() may have one again.
  absl::Time NextTry(absl::Time now) const;

  // What a request over it showed of the proxy, whatever became of the request. `why`: what is
  // wrong with it, for people.
  void Observe(size_t index, bool works, absl::Time now, absl::string_view why = "");
  // A request to `host` came to nothing, by the fault of the one or the other. It is the host's
  // unless other hosts follow: then the proxy has a pause; and where others work, it has failed.
  void ObserveDoubt(size_t index, absl::string_view host, absl::Time now, absl::string_view why);

  // "http://192.0.2.1:3128: Connection refused; ...": what was last wrong with each, for people.
  std::string Describe() const;

 private:
  struct State {
    Proxy proxy;
    int failures = 0;  // in a row
    bool on_trial = false;
    absl::Time paused_until = absl::InfinitePast();
    absl::Time last_worked = absl::InfinitePast();
    std::vector<std::string> doubtful_hosts;  // since it was last seen to work, or paused
    absl::Time first_doubt = absl::InfinitePast();
    std::string why;
  };

  const ProxyHealthOptions options_;
  std::vector<State> states_;
  size_t next_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PROXY_POOL_H_
