#include "tests/testing/hostile_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace spindle {
namespace testing {
namespace {

constexpr int kFirstNetwork = 66;  // 127.66.0.0/16
constexpr int kLastNetwork = kFirstNetwork + 99;

[[noreturn]] void Die(const char* what) {
  fprintf(stderr, "hostile server: %s: %s\n", what, strerror(errno));
  abort();
}

// The behaviour that lives at an address; null: none.
const HostileBehaviour* BehaviourAt(uint32_t address) {
  const uint32_t network = address >> 16 & 0xff;
  const size_t number = address & 0xffff;
  const std::vector<HostileBehaviour>& all = HostileBehaviours();
  if (network < kFirstNetwork || network > kLastNetwork || number == 0 || number > all.size()) {
    return nullptr;
  }
  return &all[number - 1];
}

}  // namespace

class HostileServer::Impl {
 public:
  explicit Impl(int port) {
    listen_fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    stop_fd_ = eventfd(0, EFD_CLOEXEC);
    if (listen_fd_ < 0 || stop_fd_ < 0) Die("socket");
    const int on = 1;
    setsockopt(listen_fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(listen_fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons(port);
    socklen_t size = sizeof(address);
    if (bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0) Die("bind");
    if (listen(listen_fd_, 4096) != 0) Die("listen");
    getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    HostileBehaviours();  // Built before it is needed: some of it takes a moment.
    accepting_ = std::thread([this] { AcceptAll(); });
  }

  ~Impl() {
    const uint64_t one = 1;
    if (write(stop_fd_, &one, sizeof(one)) != sizeof(one)) Die("stop");
    accepting_.join();
    std::unique_lock<std::mutex> lock(mu_);
    for (HostileConnection* connection : open_) connection->End();
    ended_.wait(lock, [this] { return open_.empty(); });
    close(listen_fd_);
    close(stop_fd_);
  }

  int port() const { return port_; }

  std::vector<std::string> Requests(absl::string_view origin) const {
    const std::lock_guard<std::mutex> lock(mu_);
    const auto it = requests_.find(std::string(origin));
    return it == requests_.end() ? std::vector<std::string>() : it->second;
  }

 private:
  void AcceptAll() {
    for (;;) {
      pollfd events[] = {{listen_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
      if (poll(events, 2, -1) < 0 && errno != EINTR) Die("poll");
      if (events[1].revents != 0) return;
      if (events[0].revents == 0) continue;
      const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) Open(fd);
    }
  }

  void Open(int fd) {
    sockaddr_in local = {};
    socklen_t size = sizeof(local);
    char name[INET_ADDRSTRLEN];
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0 ||
        (ntohl(local.sin_addr.s_addr) >> 24) != 127 ||
        inet_ntop(AF_INET, &local.sin_addr, name, sizeof(name)) == nullptr) {
      close(fd);
      return;
    }
    const HostileBehaviour* behaviour = BehaviourAt(ntohl(local.sin_addr.s_addr));
    const std::string origin =
        absl::StrCat(behaviour != nullptr ? behaviour->scheme : "http", "://", name, ":", port_);
    auto* connection = new HostileConnection(
        fd, origin, [this, origin](const std::string& path) { return Record(origin, path); });
    const std::lock_guard<std::mutex> lock(mu_);
    open_.insert(connection);
    std::thread([this, connection, behaviour] {
      behaviour != nullptr ? behaviour->serve(*connection) : ServeWellBehaved(*connection);
      const std::lock_guard<std::mutex> lock(mu_);
      open_.erase(connection);
      delete connection;
      ended_.notify_all();
    }).detach();
  }

  int Record(const std::string& origin, const std::string& path) {
    const std::lock_guard<std::mutex> lock(mu_);
    requests_[origin].push_back(path);
    return visits_[origin + path]++;
  }

  int port_ = 0;
  int listen_fd_ = -1;
  int stop_fd_ = -1;
  std::thread accepting_;

  mutable std::mutex mu_;  // guards what follows
  std::condition_variable ended_;
  std::set<HostileConnection*> open_;
  std::map<std::string, std::vector<std::string>> requests_;  // by origin
  std::map<std::string, int> visits_;                         // by URL
};

HostileServer::HostileServer(int port) : impl_(std::make_unique<Impl>(port)) {}
HostileServer::~HostileServer() = default;

int HostileServer::port() const { return impl_->port(); }

std::string HostileServer::Origin(absl::string_view behaviour, int copy) const {
  const std::vector<HostileBehaviour>& all = HostileBehaviours();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name != behaviour) continue;
    return absl::StrCat(all[i].scheme, "://127.", kFirstNetwork + copy, ".", (i + 1) >> 8, ".",
                        (i + 1) & 0xff, ":", port());
  }
  fprintf(stderr, "hostile server: no behaviour %s\n", std::string(behaviour).c_str());
  abort();
}

std::string HostileServer::Url(absl::string_view behaviour, int copy) const {
  return Origin(behaviour, copy) + "/";
}

std::vector<std::string> HostileServer::Requests(absl::string_view origin) const {
  return impl_->Requests(origin);
}

}  // namespace testing
}  // namespace spindle
