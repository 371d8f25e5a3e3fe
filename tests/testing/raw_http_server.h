// RawHttpServer answers requests on loopback with bytes that a test writes, and keeps the requests
// as they came. One thread for each connection. Thread-safe.

#ifndef SPINDLE_TESTS_TESTING_RAW_HTTP_SERVER_H_
#define SPINDLE_TESTS_TESTING_RAW_HTTP_SERVER_H_

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"

namespace spindle {
namespace testing {

// Accepts connections on 127.0.0.1 and hands each to a thread of its own.
class ConnectionServer {
 public:
  // The descriptor is closed after the handler returns. Its reads time out after some seconds.
  using Handler = std::function<void(int connection)>;

  explicit ConnectionServer(Handler handler);
  // Waits for the handlers; open connections are shut down.
  ~ConnectionServer();
  ConnectionServer(const ConnectionServer&) = delete;
  ConnectionServer& operator=(const ConnectionServer&) = delete;

  int port() const { return port_; }

 private:
  void Accept();

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mu_;
  bool closing_ = false;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread accept_thread_;
};

// Reads up to and including an empty line; empty at the connection's end.
std::string ReadHead(int connection);
bool WriteAll(int connection, absl::string_view bytes);

class RawHttpServer {
 public:
  // From the head of a request to the whole answer; empty closes the connection.
  using Handler = std::function<std::string(const std::string& request)>;

  explicit RawHttpServer(Handler handler);

  int port() const { return server_.port(); }
  std::string Url(absl::string_view path) const;  // "http://127.0.0.1:PORT/path"
  std::vector<std::string> Requests() const;

 private:
  void Serve(int connection);

  const Handler handler_;
  mutable std::mutex mu_;
  std::vector<std::string> requests_;
  ConnectionServer server_;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_RAW_HTTP_SERVER_H_
