#ifndef SPINDLE_CRAWLER_RESOLVER_H_
#define SPINDLE_CRAWLER_RESOLVER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/dns_channel.h"
#include "crawler/dns_message.h"
#include "crawler/dns_witnesses.h"
#include "crawler/event_loop.h"
#include "crawler/ip_address.h"
#include "crawler/outage.h"

namespace spindle {

enum class IpFamilies {
  kAuto,  // those that this machine has a way out for
  kIpv4,
  kIpv6,
  kBoth,
};

// An address that a host is to have, whatever DNS says.
struct HostOverride {
  std::string host;
  uint16_t port = 0;  // 0: all
  IpAddress address;
};

// "example.org:192.0.2.1,example.net:8080:[2001:db8::1]". InvalidArgument names what is none.
absl::StatusOr<std::vector<HostOverride>> ParseHostOverrides(absl::string_view list);

struct ResolverOptions {
  std::vector<DnsServer> servers;  // empty: the system's
  std::vector<HostOverride> overrides;
  std::string hosts_file = "/etc/hosts";  // read once; empty: none
  IpFamilies families = IpFamilies::kAuto;
  // One question to one server, and how often one is asked at most; each server gets its turn.
  absl::Duration query_timeout = absl::Seconds(2);
  int tries = 3;
  // With addresses of one family at hand, the wait for the other's (RFC 8305 3).
  absl::Duration family_wait = absl::Milliseconds(50);
  // A server with so many questions unanswered in a row is set aside, for a time that doubles.
  int max_server_failures = 3;
  absl::Duration min_server_pause = absl::Seconds(1);
  absl::Duration max_server_pause = absl::Seconds(30);
  // Bounds on the time that an answer is kept, whatever its TTL says.
  absl::Duration min_ttl = absl::Minutes(1);
  absl::Duration max_ttl = absl::Hours(24);
  // How long "no such name" and "no address" are kept at most (RFC 2308 5), and how long a failure
  // to find out is (RFC 9520 3.2).
  absl::Duration negative_ttl = absl::Minutes(1);
  absl::Duration failure_ttl = absl::Seconds(1);
  size_t max_cached_names = 100'000;
  size_t max_lookups = 256;  // names asked for at the same time; others wait for their turn
  // Servers that have never answered are waited for so long; then names are to blame. So long where
  // they did, and no other domain is known by which to find out whose fault it is.
  absl::Duration patience = absl::Seconds(60);
  absl::Duration lone_domain_patience = absl::Minutes(10);
  DnsLimits limits;
  // Told whether any server answers. Null: nobody is.
  Outage* outage = nullptr;
  // Names that other resolvers found, too. Null: this one is alone.
  DnsWitnesses* witnesses = nullptr;
};

// Addresses of a host and how long they hold.
struct HostAddresses {
  std::vector<IpAddress> addresses;           // in the order to be tried, families in turn
  absl::Time expires = absl::InfinitePast();  // past: not worth keeping
};

// Puts `address` first, the others keep their order.
void PreferAddress(const IpAddress& address, std::vector<IpAddress>* addresses);

// Names to addresses, asynchronously on the loop: --resolve and the hosts file first, then DNS over
// several servers. Answers are kept for their TTL, negative ones too. It does not judge addresses:
// AddressGuard does. Belongs to the loop's thread; the loop must outlive it.
class Resolver {
 public:
  struct Answer {
    HostAddresses found;         // no addresses: failed
    std::string error;           // for people, where it failed
    bool server_failed = false;  // no server said whether the name resolves
    std::string name;            // that they were asked for, where server_failed
  };
  using Callback = std::function<void(const Answer&)>;

  Resolver(EventLoop* loop, const ResolverOptions& options);
  // Forgets what is under way; its callbacks are not called.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `host` is a name or an address in URL form. `known`: what an earlier answer said, taken while
  // it holds. May call back before it returns, where it knows the answer.
  void Resolve(absl::string_view host, uint16_t port, const HostAddresses& known, absl::Time now,
               Callback callback);

  // Whose fault it is that no server said whether a name resolves: calls back with
  // absl::InfinitePast() where it is the name's, since they tell of others; else with when to ask
  // again. Names of other domains are asked for, to find out; where none is known, the servers are
  // waited for, but not without end. May call back before it returns.
  void Blame(const Answer& answer, absl::Time now,
             std::function<void(absl::Time retry_at)> callback);

  // Its addresses turned out to be of no use: the next Resolve() asks anew.
  void Forget(absl::string_view host);
  // `address` took a connection where others before it did not: it comes first from now on.
  void Prefer(absl::string_view host, const IpAddress& address);

 private:
  struct Family {
    bool open = false;  // being asked
    bool failed = false;
    std::vector<size_t> servers_asked;  // one for each try
    DnsAnswer answer;
  };
  // One name on its way. It lives until each family has its end.
  struct Lookup {
    std::string name;
    std::vector<Callback> waiting;
    std::array<Family, 2> families;  // IPv4, IPv6
    std::string error;
    bool cannot_be_asked = false;  // and no server was
    std::unique_ptr<LoopTimer> family_wait;
  };
  struct Server {
    DnsServer address;
    std::unique_ptr<DnsChannel> channel;
    int failures = 0;  // in a row
    absl::Time paused_until = absl::InfinitePast();
  };

  static bool IsNoSuchName(const Family& family);
  void ReadHostsFile();
  std::vector<IpAddress> Fixed(absl::string_view name, uint16_t port) const;
  void StartWaiting();
  void Ask(Lookup* lookup, size_t index);
  void OnReply(Lookup* lookup, size_t index, size_t server, DnsChannel::Result result,
               absl::string_view message);
  void Settle(Lookup* lookup);
  void Deliver(Lookup* lookup, bool last);
  Answer AnswerOf(const Lookup& lookup, absl::Time now) const;
  size_t PickServer(const std::vector<size_t>& asked, absl::Time now);
  void ObserveServer(Server* server, bool answered, absl::Time now);
  void CheckRoutes(absl::Time now);
  void MakeRoom(absl::Time now);
  absl::Time WaitForServers(absl::string_view error, absl::Duration patience, absl::Time now);

  EventLoop* const loop_;
  const ResolverOptions options_;
  Outage own_outage_;
  Outage* const outage_;
  DnsWitnesses own_witnesses_;
  DnsWitnesses* const witnesses_;
  absl::flat_hash_map<std::string, std::vector<IpAddress>> hosts_;
  absl::flat_hash_map<std::string, Answer> cache_;
  absl::flat_hash_map<std::string, std::unique_ptr<Lookup>> lookups_;
  std::deque<Lookup*> waiting_;  // not started
  size_t started_ = 0;
  bool starting_ = false;
  std::array<bool, 2> wanted_ = {true, false};  // families
  absl::Time routes_checked_ = absl::InfinitePast();
  std::vector<Server> servers_;
  size_t next_server_ = 0;
  absl::Time last_answer_ = absl::InfinitePast();  // that told something of its name
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_RESOLVER_H_
