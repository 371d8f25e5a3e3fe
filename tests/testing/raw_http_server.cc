#include "tests/testing/raw_http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace testing {

ConnectionServer::ConnectionServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0) {
    std::abort();
  }
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  accept_thread_ = std::thread([this] { Accept(); });
}

ConnectionServer::~ConnectionServer() {
  {
    std::lock_guard<std::mutex> lock(mu_);
    closing_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  accept_thread_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void ConnectionServer::Accept() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard<std::mutex> lock(mu_);
    if (fd < 0 || closing_) {
      if (fd >= 0) close(fd);
      return;
    }
    const timeval timeout = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    open_.push_back(fd);
    threads_.emplace_back([this, fd] {
      handler_(fd);
      std::lock_guard<std::mutex> closing(mu_);
      open_.erase(std::find(open_.begin(), open_.end(), fd));
      close(fd);
    });
  }
}

std::string ReadHead(int connection) {
  std::string head;
  char c;
  while (!absl::EndsWith(head, "\r\n\r\n")) {
    if (recv(connection, &c, 1, 0) != 1) return "";
    head += c;
  }
  return head;
}

bool WriteAll(int connection, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(sent);
  }
  return true;
}

RawHttpServer::RawHttpServer(Handler handler)
    : handler_(std::move(handler)), server_([this](int connection) { Serve(connection); }) {}

std::string RawHttpServer::Url(absl::string_view path) const {
  return absl::StrCat("http://127.0.0.1:", port(), path);
}

std::vector<std::string> RawHttpServer::Requests() const {
  std::lock_guard<std::mutex> lock(mu_);
  return requests_;
}

void RawHttpServer::Serve(int connection) {
  for (;;) {
    const std::string request = ReadHead(connection);
    if (request.empty()) return;
    {
      std::lock_guard<std::mutex> lock(mu_);
      requests_.push_back(request);
    }
    const std::string answer = handler_(request);
    if (answer.empty() || !WriteAll(connection, answer)) return;
  }
}

}  // namespace testing
}  // namespace spindle
