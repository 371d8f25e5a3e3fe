#ifndef SPINDLE_CRAWLER_DNS_CHANNEL_H_
#define SPINDLE_CRAWLER_DNS_CHANNEL_H_

#include <ares.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/dns_message.h"
#include "crawler/event_loop.h"
#include "crawler/ip_address.h"

namespace spindle {

struct DnsServer {
  IpAddress address;
  uint16_t port = 53;

  std::string ToString() const;  // "192.0.2.53:53", "[2001:db8::53]:53"
};

// "192.0.2.53,192.0.2.54:5353,[2001:db8::53]:53". InvalidArgument names what is no server.
absl::StatusOr<std::vector<DnsServer>> ParseDnsServers(absl::string_view list);

// Those of the system's configuration (resolv.conf).
std::vector<DnsServer> SystemDnsServers();

// Questions to one name server, by c-ares on the loop: UDP, and TCP where an answer does not fit
// (RFC 7766). Answers that do not belong to a question (its number, its name and type, the server's
// address) are not taken; the port that questions leave from changes every few dozen of them, so
// that a stranger has to guess it too (RFC 5452 9.2). It asks once and knows neither retries nor a
// cache: that is the Resolver's. Belongs to the loop's thread; the loop must outlive it.
class DnsChannel {
 public:
  enum class Result {
    kAnswer,       // `message` holds it, whatever it says
    kTimeout,      // nothing came in time
    kUnreachable,  // refused, no route
    kCannotAsk,    // DNS cannot carry the name: the server was not asked
  };
  using Callback = std::function<void(Result result, absl::string_view message)>;

  DnsChannel(EventLoop* loop, const DnsServer& server, absl::Duration timeout);
  // Forgets what is under way; its callbacks are not called.
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  // May call back before it returns.
  void Ask(const std::string& name, DnsType type, Callback callback);

 private:
  class Session;

  EventLoop* const loop_;
  const DnsServer server_;
  const absl::Duration timeout_;
  std::unique_ptr<Session> session_;
  std::vector<std::unique_ptr<Session>> ending_;  // waiting for their last answers
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_DNS_CHANNEL_H_
