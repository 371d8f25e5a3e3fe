#include "tests/testing/test_web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace spindle {
namespace testing {
namespace {

constexpr size_t kMaxRequestBytes = 64 * 1024;
constexpr size_t kReadBytes = 16 * 1024;

[[noreturn]] void Die(const char* what) {
  fprintf(stderr, "test web: %s: %s\n", what, strerror(errno));
  abort();
}

int64_t Nanoseconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * int64_t{1000000000} + now.tv_nsec;
}

int64_t SteadyNow() { return Nanoseconds(CLOCK_MONOTONIC); }

// What turns the wall clock's time, of which the kernel's stamps are, into the steady clock's. Read
// until both readings are of the same moment: this thread may lose the processor between them.
int64_t SteadyAheadOfWall() {
  constexpr int64_t kSameMomentNs = 20'000;
  for (;;) {
    const int64_t before = SteadyNow();
    const int64_t wall = Nanoseconds(CLOCK_REALTIME);
    const int64_t after = SteadyNow();
    if (after - before <= kSameMomentNs) return before - wall;
  }
}

void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

const char* ReasonPhrase(int status) { return status < 400 ? "Fine" : "Not fine"; }

// The request line and headers as far as this server reads them.
struct RequestHead {
  std::string method;
  std::string path;
  std::string host;
  std::string user_agent;
  std::string if_none_match;
  bool accepts_gzip = false;
  bool keep_alive = true;
};

std::optional<RequestHead> ParseHead(absl::string_view text) {
  RequestHead head;
  const std::vector<absl::string_view> lines = absl::StrSplit(text, "\r\n");
  const std::vector<absl::string_view> words = absl::StrSplit(lines[0], ' ');
  if (words.size() != 3 || !absl::StartsWith(words[2], "HTTP/1.")) return std::nullopt;
  head.method = std::string(words[0]);
  head.path = std::string(words[1]);
  head.keep_alive = words[2] == "HTTP/1.1";
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(lines[i], absl::MaxSplits(':', 1));
    const absl::string_view value = absl::StripAsciiWhitespace(field.second);
    if (absl::EqualsIgnoreCase(field.first, "Host")) head.host = std::string(value);
    if (absl::EqualsIgnoreCase(field.first, "User-Agent")) head.user_agent = std::string(value);
    if (absl::EqualsIgnoreCase(field.first, "If-None-Match")) {
      head.if_none_match = std::string(value);
    }
    if (absl::EqualsIgnoreCase(field.first, "Accept-Encoding")) {
      head.accepts_gzip = absl::StrContains(absl::AsciiStrToLower(value), "gzip");
    }
    if (absl::EqualsIgnoreCase(field.first, "Connection")) {
      head.keep_alive = !absl::EqualsIgnoreCase(value, "close");
    }
  }
  return head;
}

std::string Serialize(const Answer& answer, bool with_body, bool keep_alive) {
  std::string out =
      absl::StrCat("HTTP/1.1 ", answer.status, " ", ReasonPhrase(answer.status),
                   "\r\nContent-Length: ", answer.body.size() + answer.missing_bytes, "\r\n");
  for (const auto& [name, value] : answer.headers) absl::StrAppend(&out, name, ": ", value, "\r\n");
  absl::StrAppend(&out, keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
  if (with_body) out += answer.body;
  return out;
}

}  // namespace

class TestWeb::Server {
 public:
  Server(const WebOptions& options, int port, Override answer_override)
      : model_(options), override_(std::move(answer_override)) {
    RaiseDescriptorLimit();
    Listen(port);
    event_config* config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    base_ = event_base_new_with_config(config);
    event_config_free(config);
    wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (base_ == nullptr || wake_fd_ < 0) Die("event loop");
    event_assign(&accept_event_, base_, listen_fd_, EV_READ | EV_PERSIST, OnAccept, this);
    event_assign(&wake_event_, base_, wake_fd_, EV_READ | EV_PERSIST, OnWake, this);
    event_add(&accept_event_, nullptr);
    event_add(&wake_event_, nullptr);
    thread_ = std::thread([this] { event_base_dispatch(base_); });
  }

  ~Server() {
    stop_ = true;
    Wake();
    thread_.join();
    while (!connections_.empty()) Close(*connections_.begin());
    event_del(&accept_event_);
    event_del(&wake_event_);
    event_base_free(base_);
    close(listen_fd_);
    close(wake_fd_);
  }

  int port() const { return port_; }
  const WebModel& model() const { return model_; }

  template <typename Function>
  auto WithRecords(Function function) const {
    const std::lock_guard<std::mutex> lock(mu_);
    return function(*this);
  }

  const std::vector<RequestRecord>& records() const { return records_; }

  bool WaitForRequests(size_t count, absl::Duration timeout) const {
    std::unique_lock<std::mutex> lock(mu_);
    return arrived_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                             [&] { return records_.size() >= count; });
  }

  int Visits(const std::string& url) const {
    const auto it = visits_.find(url);
    return it == visits_.end() ? 0 : it->second;
  }

  void ClearRecords() {
    const std::lock_guard<std::mutex> lock(mu_);
    records_.clear();
    visits_.clear();
    in_flight_.clear();
  }

  void HoldAnswers(bool hold) {
    hold_ = hold;
    Wake();
  }

 private:
  struct Connection {
    Server* server;
    int fd;
    std::string host;   // The local address.
    event read_event;   // Added as long as the connection lives.
    event write_event;  // Added while `out` waits for room.
    event timer;        // Added while an answer waits for its time.
    std::string in;
    int64_t first_byte_ns = 0;
    std::string out;
    size_t sent = 0;
    bool busy = false;  // Between a request's head and the end of its answer.
    bool close_after = false;
    size_t record = 0;  // Index of the open request; valid while busy.
  };

  void Listen(int port) {
    listen_fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listen_fd_ < 0) Die("socket");
    const int on = 1;
    setsockopt(listen_fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    // Both are inherited by the accepted sockets.
    setsockopt(listen_fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(listen_fd_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons(port);
    if (bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Die("bind");
    if (listen(listen_fd_, 65535) != 0) Die("listen");
    socklen_t size = sizeof(address);
    getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  void Wake() {
    const uint64_t one = 1;
    if (write(wake_fd_, &one, sizeof(one)) != sizeof(one)) Die("wake");
  }

  static void OnWake(evutil_socket_t fd, short, void* self) {
    uint64_t count;
    if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN) Die("wake");
    Server* server = static_cast<Server*>(self);
    if (server->stop_) event_base_loopbreak(server->base_);
    if (server->hold_) return;
    for (Connection* held : std::exchange(server->held_, {})) Send(held);
  }

  static void OnAccept(evutil_socket_t listen_fd, short, void* self) {
    Server* server = static_cast<Server*>(self);
    while (true) {
      const int fd = accept4(listen_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        if (errno == EAGAIN) return;
        if (errno == ECONNABORTED || errno == EINTR) continue;
        Die("accept");
      }
      server->Open(fd);
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
    Connection* connection = new Connection{.server = this, .fd = fd, .host = name};
    connections_.insert(connection);
    event_assign(&connection->read_event, base_, fd, EV_READ | EV_PERSIST, OnReadable, connection);
    event_assign(&connection->write_event, base_, fd, EV_WRITE, OnWritable, connection);
    event_assign(&connection->timer, base_, -1, 0, OnDue, connection);
    event_add(&connection->read_event, nullptr);
  }

  // Ends a request that is still open as not answered.
  void Close(Connection* connection) {
    if (connection->busy) {
      const std::lock_guard<std::mutex> lock(mu_);
      EndRequest(connection, SteadyNow(), /*answered=*/false);
    }
    held_.erase(connection);
    connections_.erase(connection);
    event_del(&connection->read_event);
    event_del(&connection->write_event);
    event_del(&connection->timer);
    close(connection->fd);
    delete connection;
  }

  // REQUIRES: mu_ is held.
  void EndRequest(Connection* connection, int64_t now_ns, bool answered) {
    RequestRecord& record = records_[connection->record];
    record.end_ns = now_ns;
    record.answered = answered;
    if (!answered) record.status = 0;
    --in_flight_[record.host];
    connection->busy = false;
  }

  // Reads what is there and stamps it with the kernel's time of arrival, or with the present where
  // the kernel has none. 0 where the connection is at its end.
  ssize_t Receive(Connection* connection, int64_t* arrived_ns) {
    char bytes[kReadBytes];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
    iovec part = {bytes, sizeof(bytes)};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t got = recvmsg(connection->fd, &message, 0);
    if (got <= 0) return got;
    connection->in.append(bytes, got);
    const int64_t steady_ahead_ns = SteadyAheadOfWall();
    *arrived_ns = SteadyNow();
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamp;
      memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
      *arrived_ns = stamp.tv_sec * int64_t{1000000000} + stamp.tv_nsec + steady_ahead_ns;
    }
    return got;
  }

  static void OnReadable(evutil_socket_t, short, void* self) {
    Connection* connection = static_cast<Connection*>(self);
    Server* server = connection->server;
    const bool was_empty = connection->in.empty();
    int64_t arrived_ns = 0;
    const ssize_t got = server->Receive(connection, &arrived_ns);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || connection->in.size() > kMaxRequestBytes) return server->Close(connection);
    if (was_empty) connection->first_byte_ns = arrived_ns;
    server->Serve(connection);
  }

  // Takes one request from the input where there is a whole one and none is open.
  void Serve(Connection* connection) {
    const size_t end = connection->in.find("\r\n\r\n");
    if (connection->busy || end == std::string::npos) return;
    const std::optional<RequestHead> head =
        ParseHead(absl::string_view(connection->in).substr(0, end));
    if (!head) return Close(connection);
    connection->in.erase(0, end + 4);

    RequestRecord record;
    record.host = connection->host;
    record.path = head->path;
    record.user_agent = head->user_agent;
    record.if_none_match = head->if_none_match;
    record.host_header = head->host;
    record.start_ns = connection->first_byte_ns;
    int visit = 0;
    {
      const std::lock_guard<std::mutex> lock(mu_);
      visit = visits_[absl::StrCat(record.host, record.path)]++;
      record.in_flight = ++in_flight_[record.host];
    }
    std::optional<Answer> answer;
    if (override_) answer = override_(record, visit);
    if (!answer) {
      if (const std::optional<int> host = model_.HostIndex(record.host)) {
        answer = model_.Get(*host, record.path, visit, head->accepts_gzip, port_);
      } else {
        answer = Answer{.status = 404};
      }
    }
    record.status = answer->status;
    connection->busy = true;
    {
      const std::lock_guard<std::mutex> lock(mu_);
      connection->record = records_.size();
      records_.push_back(std::move(record));
    }
    arrived_.notify_all();

    connection->sent = 0;
    connection->close_after =
        !head->keep_alive || answer->close_without_answer || answer->missing_bytes > 0;
    connection->out.clear();
    if (!answer->close_without_answer) {
      connection->out = Serialize(*answer, head->method != "HEAD", !connection->close_after);
    }
    if (answer->latency > absl::ZeroDuration()) {
      const timeval latency = ToTimeval(answer->latency);
      event_add(&connection->timer, &latency);
    } else {
      SendOrHold(connection);
    }
  }

  static void OnDue(evutil_socket_t, short, void* self) {
    Connection* connection = static_cast<Connection*>(self);
    connection->server->SendOrHold(connection);
  }

  static void OnWritable(evutil_socket_t, short, void* self) {
    Send(static_cast<Connection*>(self));
  }

  void SendOrHold(Connection* connection) {
    if (hold_) {
      held_.insert(connection);
    } else {
      Send(connection);
    }
  }

  static void Send(Connection* connection) { connection->server->SendRest(connection); }

  void SendRest(Connection* connection) {
    if (connection->out.empty()) return Close(connection);
    {
      // Held across the last send: who has the whole answer finds it recorded.
      const std::lock_guard<std::mutex> lock(mu_);
      const int64_t now_ns = SteadyNow();
      const ssize_t sent = send(connection->fd, connection->out.data() + connection->sent,
                                connection->out.size() - connection->sent, MSG_NOSIGNAL);
      if (sent > 0) connection->sent += sent;
      if (connection->sent == connection->out.size()) {
        EndRequest(connection, now_ns, /*answered=*/true);
      } else if (sent >= 0 || errno == EAGAIN || errno == EINTR) {
        event_add(&connection->write_event, nullptr);
        return;
      }
    }
    if (connection->busy || connection->close_after) return Close(connection);
    Serve(connection);
  }

  // Constant after construction.
  const WebModel model_;
  const Override override_;
  int listen_fd_ = -1;
  int wake_fd_ = -1;
  int port_ = 0;
  event_base* base_ = nullptr;
  event accept_event_;
  event wake_event_;
  std::thread thread_;

  std::atomic<bool> stop_{false};
  std::atomic<bool> hold_{false};

  // Guarded by mu_.
  mutable std::mutex mu_;
  mutable std::condition_variable arrived_;
  std::vector<RequestRecord> records_;
  std::unordered_map<std::string, int> visits_;     // By host and path.
  std::unordered_map<std::string, int> in_flight_;  // By host.

  // Owned by the server's thread; by the destructor once that is joined.
  std::unordered_set<Connection*> connections_;
  std::unordered_set<Connection*> held_;
};

TestWeb::TestWeb(const WebOptions& options, int port, Override answer_override)
    : server_(std::make_unique<Server>(options, port, std::move(answer_override))) {}

TestWeb::~TestWeb() = default;

int TestWeb::port() const { return server_->port(); }

const WebModel& TestWeb::model() const { return server_->model(); }

std::string TestWeb::Url(int index, absl::string_view path) const {
  return absl::StrCat("http://", WebModel::HostName(index), ":", port(), path);
}

std::vector<RequestRecord> TestWeb::Requests(absl::string_view host) const {
  std::vector<RequestRecord> requests =
      server_->WithRecords([](const Server& s) { return s.records(); });
  if (!host.empty()) {
    requests.erase(std::remove_if(requests.begin(), requests.end(),
                                  [host](const RequestRecord& r) { return r.host != host; }),
                   requests.end());
  }
  std::stable_sort(requests.begin(), requests.end(),
                   [](const auto& a, const auto& b) { return a.start_ns < b.start_ns; });
  return requests;
}

bool TestWeb::WaitForRequests(size_t count, absl::Duration timeout) const {
  return server_->WaitForRequests(count, timeout);
}

int TestWeb::Count(absl::string_view url) const {
  const std::string port_part = absl::StrCat(":", port());
  std::string key(url.substr(std::min(url.size(), strlen("http://"))));
  const size_t at = key.find(port_part);
  if (at == std::string::npos) return 0;
  key.erase(at, port_part.size());
  return server_->WithRecords([&key](const Server& s) { return s.Visits(key); });
}

int TestWeb::MaxInFlight(absl::string_view host) const {
  int most = 0;
  for (const RequestRecord& request : Requests(host)) most = std::max(most, request.in_flight);
  return most;
}

int TestWeb::MaxInFlight() const {
  // +1 at each start, -1 at each end; at equal times the end comes first.
  std::vector<std::pair<int64_t, int>> changes;
  for (const RequestRecord& request : Requests()) {
    changes.emplace_back(request.start_ns, 1);
    if (request.end_ns != 0) changes.emplace_back(request.end_ns, -1);
  }
  std::sort(changes.begin(), changes.end());
  int open = 0;
  int most = 0;
  for (const auto& change : changes) most = std::max(most, open += change.second);
  return most;
}

absl::Duration TestWeb::MinGap(absl::string_view host) const {
  const std::vector<RequestRecord> requests = Requests(host);
  absl::Duration least = absl::InfiniteDuration();
  for (size_t i = 1; i < requests.size(); ++i) {
    least = std::min(least, absl::Nanoseconds(requests[i].start_ns - requests[i - 1].start_ns));
  }
  return least;
}

bool TestWeb::RobotsBeforePages() const {
  std::unordered_map<std::string, const RequestRecord*> first;
  const std::vector<RequestRecord> requests = Requests();
  for (const RequestRecord& request : requests) {
    const auto [it, is_first] = first.emplace(request.host, &request);
    if (is_first ? request.path != "/robots.txt" : request.start_ns < it->second->end_ns) {
      return false;
    }
  }
  return true;
}

void TestWeb::ClearRecords() { server_->ClearRecords(); }

void TestWeb::HoldAnswers(bool hold) { server_->HoldAnswers(hold); }

}  // namespace testing
}  // namespace spindle
