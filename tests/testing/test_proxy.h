// TestProxy is a proxy on loopback: HTTP (RFC 9112 3.2.2, and CONNECT, RFC 9110 9.3.6) and SOCKS5
// (RFC 1928) on the same port. It keeps what it was asked for. Thread-safe.

#ifndef SPINDLE_TESTS_TESTING_TEST_PROXY_H_
#define SPINDLE_TESTS_TESTING_TEST_PROXY_H_

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "tests/testing/raw_http_server.h"

namespace spindle {
namespace testing {

class TestProxy {
 public:
  enum class Mode {
    kWorks,
    kTargetFails,  // says that the target cannot be reached
    kRefuses,      // 403; of SOCKS5, as kTargetFails
    // 407 without "Proxy-Authorization: Basic dTpw" (u:p); of SOCKS5, RFC 1929 with the same.
    kDemandsCredentials,
    kHangsUp,  // closes every connection at once
    kSilent,   // takes requests, and no more
  };

  explicit TestProxy(Mode mode = Mode::kWorks)
      : mode_(mode), server_([this](int connection) { Serve(connection); }) {}

  void SetMode(Mode mode) { mode_ = mode; }
  int port() const { return server_.port(); }
  std::string http() const;    // "http://127.0.0.1:PORT"
  std::string socks5() const;  // "socks5://127.0.0.1:PORT"
  // As asked for: "127.0.0.1:80" to connect to, "http://example.org/" to fetch. A name that is to
  // be fetched from is 127.0.0.1.
  std::vector<std::string> Targets() const;

 private:
  void Serve(int connection);
  void ServeHttp(int connection);
  void Forward(int connection, const std::string& url, const std::string& request);
  void ServeSocks(int connection);
  bool GreetSocks(int connection);
  void Note(const std::string& target);

  std::atomic<Mode> mode_;
  mutable std::mutex mu_;
  std::vector<std::string> targets_;
  ConnectionServer server_;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_TEST_PROXY_H_
