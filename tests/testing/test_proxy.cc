#include "tests/testing/test_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace spindle {
namespace testing {
namespace {

// A connection to "127.0.0.1:80"; -1: none. Only loopback is ever connected to.
int ConnectTo(const std::string& target) {
  const std::vector<std::string> parts = absl::StrSplit(target, ':');
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  uint32_t port = 0;
  if (parts.size() != 2 || inet_pton(AF_INET, parts[0].c_str(), &address.sin_addr) != 1 ||
      !absl::SimpleAtoi(parts[1], &port) || !absl::StartsWith(target, "127.")) {
    return -1;
  }
  address.sin_port = htons(port);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

// Both ways, until one side ends.
void Relay(int a, int b) {
  for (;;) {
    pollfd fds[] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    if (poll(fds, 2, 10'000) <= 0) return;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t size = recv(fds[i].fd, buffer, sizeof(buffer), 0);
      if (size <= 0) return;
      if (!WriteAll(fds[1 - i].fd, absl::string_view(buffer, size))) return;
    }
  }
}

}  // namespace

std::string TestProxy::http() const { return absl::StrCat("http://127.0.0.1:", port()); }
std::string TestProxy::socks5() const { return absl::StrCat("socks5://127.0.0.1:", port()); }

std::vector<std::string> TestProxy::Targets() const {
  std::lock_guard<std::mutex> lock(mu_);
  return targets_;
}

void TestProxy::Note(const std::string& target) {
  std::lock_guard<std::mutex> lock(mu_);
  targets_.push_back(target);
}

void TestProxy::Serve(int connection) {
  if (mode_ == Mode::kHangsUp) return;
  char first = 0;
  if (recv(connection, &first, 1, MSG_PEEK) != 1) return;
  first == 5 ? ServeSocks(connection) : ServeHttp(connection);
}

void TestProxy::ServeHttp(int connection) {
  for (;;) {
    const std::string request = ReadHead(connection);
    const std::vector<std::string> words = absl::StrSplit(request, ' ');
    if (words.size() < 2) return;
    Note(words[1]);
    if (mode_ == Mode::kSilent) continue;
    if (mode_ == Mode::kDemandsCredentials &&
        !absl::StrContains(request, "Proxy-Authorization: Basic dTpw\r\n")) {
      if (!WriteAll(connection,
                    "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                    "Content-Length: 0\r\n\r\n")) {
        return;
      }
      continue;
    }
    if (mode_ == Mode::kRefuses) {
      WriteAll(connection, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    if (mode_ != Mode::kTargetFails && words[0] != "CONNECT") {
      return Forward(connection, words[1], request);
    }
    const int target = mode_ == Mode::kTargetFails ? -1 : ConnectTo(words[1]);
    if (target < 0) {
      WriteAll(connection, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    if (WriteAll(connection, "HTTP/1.1 200 OK\r\nX-Proxy: yes\r\n\r\n")) Relay(connection, target);
    close(target);
    return;
  }
}

// One request, and its answer to the end of the connection; without the fields that are for the
// proxy.
void TestProxy::Forward(int connection, const std::string& url, const std::string& request) {
  const size_t host = sizeof("http://") - 1;
  const size_t path = std::min(url.find('/', host), url.size());
  const size_t port = url.find(':', host);
  if (port == std::string::npos || port > path) return;
  const int target = ConnectTo("127.0.0.1" + url.substr(port, path - port));
  if (target < 0) return;
  std::string forwarded = absl::StrCat("GET ", url.substr(path), " HTTP/1.1\r\n");
  const std::vector<std::string> lines = absl::StrSplit(request, "\r\n", absl::SkipEmpty());
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!absl::StartsWith(lines[i], "Proxy-")) absl::StrAppend(&forwarded, lines[i], "\r\n");
  }
  if (WriteAll(target, forwarded + "\r\n")) Relay(connection, target);
  close(target);
}

// Agrees on how the client says who it is (RFC 1928 3), and hears it (RFC 1929 2).
bool TestProxy::GreetSocks(int connection) {
  std::string text;
  const auto read = [&](size_t count) {
    text.resize(count);
    return recv(connection, text.data(), count, MSG_WAITALL) == static_cast<ssize_t>(count);
  };
  if (!read(2) || !read(static_cast<unsigned char>(text[1]))) return false;
  if (mode_ != Mode::kDemandsCredentials) {
    return WriteAll(connection, absl::string_view("\x05\0", 2));
  }
  if (!absl::StrContains(text, '\x02')) {
    WriteAll(connection, "\x05\xff");  // nothing that was offered is good enough
    return false;
  }
  if (!WriteAll(connection, "\x05\x02") || !read(5)) return false;
  const bool known = text == absl::string_view("\x01\x01u\x01p", 5);
  return WriteAll(connection, absl::string_view(known ? "\x01\0" : "\x01\x01", 2)) && known;
}

void TestProxy::ServeSocks(int connection) {
  unsigned char bytes[300];
  const auto read = [&](size_t count) {
    return recv(connection, bytes, count, MSG_WAITALL) == static_cast<ssize_t>(count);
  };
  if (!GreetSocks(connection) || !read(4)) return;
  std::string host;
  if (bytes[3] == 1) {
    if (!read(4)) return;
    host = absl::StrCat(bytes[0], ".", bytes[1], ".", bytes[2], ".", bytes[3]);
  } else {
    if (!read(1) || !read(bytes[0])) return;
    host = "a name";
  }
  if (!read(2)) return;
  const std::string to = absl::StrCat(host, ":", bytes[0] << 8 | bytes[1]);
  Note(to);
  const int target = mode_ == Mode::kTargetFails || mode_ == Mode::kRefuses ? -1 : ConnectTo(to);
  // 5: connection refused.
  const std::string reply = {5, static_cast<char>(target < 0 ? 5 : 0), 0, 1, 0, 0, 0, 0, 0, 0};
  if (WriteAll(connection, reply) && target >= 0) Relay(connection, target);
  if (target >= 0) close(target);
}

}  // namespace testing
}  // namespace spindle
