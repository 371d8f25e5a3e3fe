// TestProxy is a proxy on loopback: HTTP's CONNECT (RFC 9110 9.3.6) and SOCKS5 (RFC 1928) on the
// same port. It keeps what it was asked to connect to. Thread-safe.

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
    kTargetFails,         // says that the target cannot be reached
    // 407 without "Proxy-Authorization: Basic dTpw" (u:p); of SOCKS5, RFC 1929 with the same.
    kDemandsCredentials,
    kHangsUp,             // closes every connection at once
  };

  explicit TestProxy(Mode mode = Mode::kWorks)
      : mode_(mode), server_([this](int connection) { Serve(connection); }) {}

  void SetMode(Mode mode) { mode_ = mode; }
  int port() const { return server_.port(); }
  std::string http() const;    // "http://127.0.0.1:PORT"
  std::string socks5() const;  // "socks5://127.0.0.1:PORT"
  // "127.0.0.1:80", as asked for: names stay names.
  std::vector<std::string> Targets() const;

 private:
  void Serve(int connection);
  void ServeHttp(int connection);
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
