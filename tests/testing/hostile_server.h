// HostileServer is the web at its worst, on loopback: each of its behaviours, listed with what it
// does and what a crawler must make of it in hostile_behaviours.cc, lives on a host of its own.
//
//   HostileServer server;
//   Crawl(server.Url("body-drip"));          // "http://127.66.0.23:PORT/"
//
// The host that answers is the address that was connected to: 127.66.0.N is behaviour N-1, and so
// is 127.67.0.N and so on, for a crawl that meets each of them many times. Addresses with no
// behaviour are a well-behaved host with two pages. A thread per connection, so keep it to some
// thousands.
//
// Thread-safe.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_SERVER_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/testing/hostile_behaviours.h"

namespace spindle {
namespace testing {

class HostileServer {
 public:
  // Listens on `port`, or on a free one where it is 0. Aborts the process where it cannot.
  explicit HostileServer(int port = 0);
  // Ends every connection and waits for its thread.
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;

  int port() const;

  // "http://127.66.0.1:PORT" of a behaviour; aborts where there is no such name. `copy` < 100.
  std::string Origin(absl::string_view behaviour, int copy = 0) const;
  // The URL that a crawl starts from.
  std::string Url(absl::string_view behaviour, int copy = 0) const;

  // What was asked of that origin, in order.
  std::vector<std::string> Requests(absl::string_view origin) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_SERVER_H_
