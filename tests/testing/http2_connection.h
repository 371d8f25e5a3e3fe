// The server's side of HTTP/2 over TLS (RFC 9113), frame by frame and with no rule of it kept: for
// answers that no library would send.
//
//   Http2Connection h2(connection);
//   if (!h2.Start()) return;
//   while (h2.ReadRequest()) {
//     h2.Send(Headers(h2.stream(), Field(":status", "200"), kEndHeaders) +
//             Data(h2.stream(), "hello", kEndStream));
//   }
//
// Belongs to one thread.

#ifndef SPINDLE_TESTS_TESTING_HTTP2_CONNECTION_H_
#define SPINDLE_TESTS_TESTING_HTTP2_CONNECTION_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/testing/hostile_connection.h"

namespace spindle {
namespace testing {

// --- Frames (RFC 9113 4, 6) ----------------------------------------------------------------------

enum Http2Type : uint8_t {
  kDataFrame = 0,
  kHeadersFrame = 1,
  kPriorityFrame = 2,
  kResetFrame = 3,
  kSettingsFrame = 4,
  kPushPromiseFrame = 5,
  kPingFrame = 6,
  kGoAwayFrame = 7,
  kWindowUpdateFrame = 8,
  kContinuationFrame = 9,
};

enum Http2Flags : uint8_t {
  kNoFlags = 0,
  kEndStream = 1,
  kAck = 1,
  kEndHeaders = 4,
  kPadded = 8,
};

enum Http2Error : uint32_t {
  kNoError = 0,
  kProtocolError = 1,
  kInternalError = 2,
  kRefusedStream = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11,
  kHttp11Required = 13,
};

enum Http2Setting : uint16_t {
  kMaxConcurrentStreams = 3,
  kInitialWindowSize = 4,
  kMaxFrameSize = 5,
};

using Http2Settings = std::vector<std::pair<uint16_t, uint32_t>>;

std::string Number32(uint32_t number);  // in network order
std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload);
std::string Data(uint32_t stream, absl::string_view data, uint8_t flags = kNoFlags);
std::string Headers(uint32_t stream, absl::string_view block, uint8_t flags);
std::string ResetStream(uint32_t stream, uint32_t error);
std::string GoAway(uint32_t last_stream, uint32_t error);
std::string Settings(const Http2Settings& settings = {});
std::string WindowUpdate(uint32_t stream, uint32_t increment);

// --- Header blocks (RFC 7541) --------------------------------------------------------------------

// A literal field, which nobody is to remember.
std::string Field(absl::string_view name, absl::string_view value);
// A literal field that goes to the front of the table, where it is field 62.
std::string RememberedField(absl::string_view name, absl::string_view value);
// A field of the table; below 128.
std::string IndexedField(uint8_t index);

// --- The connection ------------------------------------------------------------------------------

class Http2Connection {
 public:
  // `connection` must outlive this.
  explicit Http2Connection(HostileConnection* connection);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;

  // The TLS handshake, which takes h2 where it is offered, and http/1.1 else; then the client's
  // preface. Sends no settings. False: the client is gone.
  bool Start();
  bool is_http2() const { return is_http2_; }

  // The next request of the client; other frames are read and dropped. Knows two paths:
  // "/robots.txt" and "/", which stands for any other. False: the client is gone.
  bool ReadRequest();
  uint32_t stream() const { return stream_; }
  const std::string& path() const { return connection_->path(); }

  // False: the client is gone.
  bool Send(absl::string_view bytes);
  HostileConnection& connection() { return *connection_; }

 private:
  // Runs one of OpenSSL's calls, with what it needs from the client; its result if that is
  // positive.
  int Run(const std::function<int()>& call);
  bool Fill(size_t bytes);

  HostileConnection* const connection_;
  SSL* const ssl_;
  bool is_http2_ = false;
  std::string in_;
  uint32_t stream_ = 0;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HTTP2_CONNECTION_H_
