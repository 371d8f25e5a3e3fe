#include "tests/testing/hostile_connection.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace spindle {
namespace testing {
namespace {

constexpr absl::Duration kMaxIdle = absl::Minutes(1);

}  // namespace

HostileConnection::HostileConnection(int fd, std::string origin, Recorder recorder)
    : fd_(fd), origin_(std::move(origin)), recorder_(std::move(recorder)) {}

HostileConnection::~HostileConnection() { close(fd_); }

bool HostileConnection::ReadRequest() {
  size_t end = 0;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
    if (!Receive(&in_)) return false;
  }
  const size_t path = in_.find(' ') + 1;
  const std::string asked = in_.substr(path, in_.find(' ', path) - path);
  in_.erase(0, end + 4);
  Note(asked);
  return true;
}

bool HostileConnection::Receive(std::string* bytes) {
  pollfd readable = {fd_, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(kMaxIdle))) <= 0) return false;
  char room[4096];
  const ssize_t got = recv(fd_, room, sizeof(room), 0);
  if (got <= 0) return false;
  bytes->append(room, got);
  return true;
}

void HostileConnection::Note(std::string path) {
  path_ = std::move(path);
  visit_ = recorder_(path_);
}

bool HostileConnection::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(sent);
  }
  return true;
}

bool HostileConnection::Pause(absl::Duration duration) {
  pollfd gone = {fd_, POLLRDHUP, 0};
  return poll(&gone, 1, static_cast<int>(absl::ToInt64Milliseconds(duration))) == 0;
}

void HostileConnection::Hold() {
  while (Pause(kMaxIdle)) {
  }
}

void HostileConnection::Reset() {
  const linger at_once = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void HostileConnection::End() { shutdown(fd_, SHUT_RDWR); }

}  // namespace testing
}  // namespace spindle
