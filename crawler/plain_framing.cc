#include "crawler/plain_framing.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace spindle {
namespace {

constexpr int64_t kMaxFramingBytes = 4 << 20;

// Between two calls libcurl reads 1.6 MB at most.
constexpr uint32_t kCallsPerLook = 4;

}  // namespace

bool PlainFraming::IsTooMuch(int socket, int64_t received_bytes) {
  if (++calls_ % kCallsPerLook != 0) return false;
  tcp_info info = {};
  socklen_t size = sizeof(info);
  int unread = 0;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      ioctl(socket, FIONREAD, &unread) != 0) {
    return false;
  }
  const int64_t bytes = static_cast<int64_t>(info.tcpi_bytes_received) - unread - received_bytes;
  if (!least_bytes_.has_value()) least_bytes_ = bytes;
  return bytes - *least_bytes_ > kMaxFramingBytes;
}

}  // namespace spindle
