#ifndef SPINDLE_TESTS_TESTING_TLS_SERVER_H_
#define SPINDLE_TESTS_TESTING_TLS_SERVER_H_

#include <openssl/ssl.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// Certificates, as real as the openssl command makes them, and a server to show them: what a
// crawler makes of good and of bad ones.

namespace spindle {
namespace testing {

// A directory of keys and certificates in PEM, signed by an authority of its own.
// Thread-compatible.
class TestAuthority {
 public:
  // Files are kept in `dir`, which must outlive this. Aborts the process where the openssl command
  // does not do as it is told.
  TestAuthority(std::string dir, const std::string& name);

  // The authority's own certificate: who trusts it trusts all of them.
  std::string ca_file() const;

  // Makes NAME.pem and NAME.key. `names`: "DNS:good.example,IP:127.0.0.1". `days` from now that it
  // is valid; negative: it ended so long ago.
  void Issue(const std::string& name, const std::string& names, int days);
  std::string certificate(const std::string& name) const { return dir_ + "/" + name + ".pem"; }
  std::string key(const std::string& name) const { return dir_ + "/" + name + ".key"; }

 private:
  const std::string dir_;
  const std::string ca_;
};

struct TlsServerOptions {
  std::string certificate;  // files
  std::string key;
  bool demands_certificate = false;
  bool only_tls_1_2 = false;
  bool close_after_answer = true;
  bool ipv6 = false;  // listens on ::1, and not on 127.0.0.1
};

// Answers every request over TLS with 200 and "ok", one connection after the other, on a thread of
// its own. Thread-safe.
class TlsServer {
 public:
  explicit TlsServer(const TlsServerOptions& options);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  int port() const { return port_; }
  int full_handshakes() const { return full_handshakes_; }
  int resumed_handshakes() const { return resumed_handshakes_; }
  // Of each handshake that got so far; "" where there was none.
  std::vector<std::string> server_names() const;

 private:
  static int OnServerName(SSL* connection, int* alert, void* self);
  void Serve();
  void ServeConnection(int fd);

  const TlsServerOptions options_;
  SSL_CTX* const context_;
  int listener_;
  int port_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connection_{-1};
  std::atomic<int> full_handshakes_{0};
  std::atomic<int> resumed_handshakes_{0};
  mutable std::mutex mu_;
  std::vector<std::string> server_names_;
  std::thread thread_;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_TLS_SERVER_H_
