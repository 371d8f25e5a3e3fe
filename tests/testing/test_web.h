// TestWeb serves a WebModel over HTTP/1.1 on loopback, from a thread of its own, and keeps a record
// of every request. A crawler is judged by that record: what was asked, how often, how close
// together and how many at once, all by the server's clock. It serves thousands of slow connections
// from one event loop at little cost, because it shares the processor with the crawler that is
// measured.
//
//   TestWeb web({.host_count = 200, .pages_per_host = 50, .robots_rules = true});
//   Crawl(web.Url(0, "/"));
//   EXPECT_EQ(web.MaxInFlight("127.1.0.1"), 1);
//
// The host that answers is the address that the client connected to, not the Host header.
// Connections from outside 127.0.0.0/8 are closed unanswered.
//
// Thread-safe: all methods may be called from any thread while it serves.

#ifndef SPINDLE_TESTS_TESTING_TEST_WEB_H_
#define SPINDLE_TESTS_TESTING_TEST_WEB_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/testing/web_model.h"

namespace spindle {
namespace testing {

// One request as the server saw it.
struct RequestRecord {
  std::string host;  // The address that was connected to.
  std::string path;  // As in the request line, with the query.
  std::string user_agent;
  std::string if_none_match;
  std::string host_header;

  // When the first byte of the request reached this machine's network stack, by the kernel's stamp,
  // as nanoseconds of a clock that does not jump. Waits of the server's thread are not in it.
  int64_t start_ns = 0;
  // When the last byte of the answer was handed to the kernel, or the connection was lost. 0: not
  // yet.
  int64_t end_ns = 0;

  int status = 0;         // Of the answer; 0 where none was sent.
  bool answered = false;  // All of the answer was handed to the kernel.

  // Requests to this host between first byte and end, this one included, when it came.
  int in_flight = 0;
};

class TestWeb {
 public:
  // Called on the server's thread before the model is asked; nothing returned means "ask the
  // model". Must not call into the TestWeb.
  using Override = std::function<std::optional<Answer>(const RequestRecord& request, int visit)>;

  // Listens on `port`, or on a free one where it is 0, and serves from when the constructor
  // returns. Aborts the process where it cannot listen. The descriptor limit is raised as far as it
  // goes.
  explicit TestWeb(const WebOptions& options, int port = 0, Override answer_override = nullptr);

  // Closes every connection and joins the thread.
  ~TestWeb();

  TestWeb(const TestWeb&) = delete;
  TestWeb& operator=(const TestWeb&) = delete;

  int port() const;
  const WebModel& model() const;

  // "http://127.1.0.1:PORT/path" of host `index`.
  std::string Url(int index, absl::string_view path) const;

  // The record, in the order in which requests arrived; of one host, or of all where `host` is
  // empty.
  std::vector<RequestRecord> Requests(absl::string_view host = "") const;

  // Waits until `count` requests have arrived since the start or the last ClearRecords(). False
  // where they have not within `timeout`.
  bool WaitForRequests(size_t count, absl::Duration timeout) const;

  // Requests for exactly that URL, as Url() writes it.
  int Count(absl::string_view url) const;

  // The most requests that were open at once, to one host or to all hosts together.
  int MaxInFlight(absl::string_view host) const;
  int MaxInFlight() const;

  // The least time between the starts of two successive requests to `host` (robots.txt counts as
  // one), or InfiniteDuration where there were fewer than two.
  absl::Duration MinGap(absl::string_view host) const;

  // Whether the first request to every host that was asked for anything was for its robots.txt, and
  // was answered before any other request began.
  bool RobotsBeforePages() const;

  // Forgets what was recorded, visit numbers included. REQUIRES: no request is open.
  void ClearRecords();

  // Sends no answer from now on until called with false: requests are recorded and wait.
  void HoldAnswers(bool hold);

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_TEST_WEB_H_
