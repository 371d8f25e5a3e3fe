// A real name server, Debian's dnsmasq, on a free port of loopback.
//
//   Dnsmasq dns({"host-record=a.example,127.0.0.1"});
//   options.servers = *ParseDnsServers(dns.server());

#ifndef SPINDLE_TESTS_TESTING_DNSMASQ_H_
#define SPINDLE_TESTS_TESTING_DNSMASQ_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace spindle {
namespace testing {

class Dnsmasq {
 public:
  // Knows what `settings` say (lines of dnsmasq.conf) and asks no other server. Returns once it
  // answers; aborts the process where it does not come to that.
  explicit Dnsmasq(const std::vector<std::string>& settings);
  ~Dnsmasq();
  Dnsmasq(const Dnsmasq&) = delete;
  Dnsmasq& operator=(const Dnsmasq&) = delete;

  int port() const { return port_; }
  std::string server() const;  // "127.0.0.1:PORT"

 private:
  int port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_DNSMASQ_H_
