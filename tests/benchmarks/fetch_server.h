#ifndef SPINDLE_TESTS_BENCHMARKS_FETCH_SERVER_H_
#define SPINDLE_TESTS_BENCHMARKS_FETCH_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

// The other side of the fetch benchmark: processes that answer every request but one for robots.txt
// with the same page, so that no work of a server is counted against the client. Thread-compatible.

namespace spindle {

// Of the server, of the intermediate and of the trusted authority.
enum class CertificateKeys {
  kP256,  // all of them ECDSA P-256
  kP384,  // P-256, P-384, P-384
  kRsa,   // 2048, 2048 and 4096 bits
};

struct FetchServerOptions {
  // Serves https with a certificate for `addresses`, signed by the authority in ca_file(), or by an
  // intermediate one that is signed by that.
  bool tls = false;
  bool intermediate = true;
  CertificateKeys keys = CertificateKeys::kP256;
  std::vector<std::string> addresses;  // of 127.0.0.0/8
  int port_count = 1;                  // on each address; an address and a port are a host
  size_t body_bytes = 10'000;
  std::string content_type = "text/html";
  std::string body;  // instead of body_bytes of filling
  // Never sleeps, and leaves the first processor to the client: over loopback, who sends pays for
  // waking who receives.
  bool busy_wait = false;
};

class FetchServer {
 public:
  // Aborts the process where it cannot listen. REQUIRES: no other threads run, since it forks.
  explicit FetchServer(const FetchServerOptions& options);
  // Ends the processes.
  ~FetchServer();
  FetchServer(const FetchServer&) = delete;
  FetchServer& operator=(const FetchServer&) = delete;

  size_t host_count() const { return addresses_.size() * ports_.size(); }
  // "https://127.0.1.7:40001/page" of host `index`.
  std::string Url(size_t index) const;
  const std::string& address(size_t index) const { return addresses_[index % addresses_.size()]; }
  int port(size_t index) const { return ports_[index / addresses_.size() % ports_.size()]; }
  // The system's authorities and that of the server's chain (PEM).
  std::string ca_file() const;

 private:
  const bool tls_;
  const std::vector<std::string> addresses_;
  std::string dir_;
  std::vector<int> ports_;
  std::vector<pid_t> processes_;
};

// "127.0.64.1" and so on, `count` of them.
std::vector<std::string> LoopbackAddresses(int count);

}  // namespace spindle

#endif  // SPINDLE_TESTS_BENCHMARKS_FETCH_SERVER_H_
