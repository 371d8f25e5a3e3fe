#include "crawler/dns_channel.h"

#include <arpa/nameser.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace spindle {
namespace {

// Questions from one port: a new session costs a few dozen microseconds.
constexpr int kQuestionsPerSession = 64;

constexpr uint16_t kDnsPort = 53;

void InitLibraryOnce() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  (void)status;
}

}  // namespace

std::string DnsServer::ToString() const { return absl::StrCat(address.ToString(), ":", port); }

absl::StatusOr<std::vector<DnsServer>> ParseDnsServers(absl::string_view list) {
  std::vector<DnsServer> servers;
  for (absl::string_view text : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    text = absl::StripAsciiWhitespace(text);
    absl::string_view address = text;
    uint32_t port = kDnsPort;
    const size_t colon = text.rfind(':');
    const bool has_port = colon != absl::string_view::npos && !IpAddress::Parse(text).has_value();
    if (has_port) address = text.substr(0, colon);
    const std::optional<IpAddress> parsed = IpAddress::Parse(address);
    if (!parsed.has_value() || (has_port && (!absl::SimpleAtoi(text.substr(colon + 1), &port) ||
                                             port == 0 || port > 65535))) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text,
                       "\" is no name server; write one as 192.0.2.53, 192.0.2.53:5353 or "
                       "[2001:db8::53]:53"));
    }
    servers.push_back({*parsed, static_cast<uint16_t>(port)});
  }
  return servers;
}

std::vector<DnsServer> SystemDnsServers() {
  InitLibraryOnce();
  std::vector<DnsServer> servers;
  ares_channel channel = nullptr;
  if (ares_init(&channel) != ARES_SUCCESS) return servers;
  ares_addr_port_node* nodes = nullptr;
  ares_get_servers_ports(channel, &nodes);
  for (const ares_addr_port_node* node = nodes; node != nullptr; node = node->next) {
    char text[INET6_ADDRSTRLEN];
    if (ares_inet_ntop(node->family, &node->addr, text, sizeof(text)) == nullptr) continue;
    if (const std::optional<IpAddress> address = IpAddress::Parse(text)) {
      const int port = node->udp_port == 0 ? kDnsPort : node->udp_port;
      servers.push_back({*address, static_cast<uint16_t>(port)});
    }
  }
  if (nodes != nullptr) ares_free_data(nodes);
  ares_destroy(channel);
  return servers;
}

// One c-ares channel: its sockets, its timer.
class DnsChannel::Session {
 public:
  Session(EventLoop* loop, const DnsServer& server, absl::Duration timeout)
      : loop_(loop), timer_(loop, [this] { Process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {
    InitLibraryOnce();
    ares_options options = {};
    // Whatever a server answers is an answer; names are absolute.
    options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
    options.timeout = static_cast<int>(absl::ToInt64Milliseconds(timeout));
    options.tries = 1;
    options.sock_state_cb = &OnSocketState;
    options.sock_state_cb_data = this;
    // The system's servers need not be looked up to be replaced.
    in_addr unused = {};
    options.servers = &unused;
    options.nservers = 1;
    ares_init_options(&channel_, &options,
                      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                          ARES_OPT_SOCK_STATE_CB | ARES_OPT_SERVERS);
    if (channel_ != nullptr) ares_set_servers_ports_csv(channel_, server.ToString().c_str());
  }
  ~Session() {
    closing_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);
  }

  bool used_up() const { return asked_ >= kQuestionsPerSession; }
  bool idle() const { return open_ == 0 && depth_ == 0; }

  void Ask(const std::string& name, DnsType type, Callback callback) {
    if (channel_ == nullptr) return callback(Result::kUnreachable, "");
    ++asked_;
    ++open_;
    ++depth_;
    ares_query(channel_, name.c_str(), ns_c_in, static_cast<int>(type), &OnAnswer,
               new Question{this, std::move(callback)});
    --depth_;
    UpdateTimer();
  }

 private:
  struct Question {
    Session* session;
    Callback callback;
  };

  static void OnAnswer(void* argument, int status, int, unsigned char* bytes, int size) {
    const std::unique_ptr<Question> question(static_cast<Question*>(argument));
    Session* session = question->session;
    if (session->closing_) return;
    --session->open_;
    Result result = Result::kUnreachable;
    if (bytes != nullptr) {
      result = Result::kAnswer;
    } else if (status == ARES_ETIMEOUT) {
      result = Result::kTimeout;
    } else if (status == ARES_EBADNAME) {
      result = Result::kCannotAsk;
    }
    question->callback(result, absl::string_view(reinterpret_cast<const char*>(bytes),
                                                 bytes == nullptr ? 0 : size));
  }

  static void OnSocketState(void* self, ares_socket_t fd, int readable, int writable) {
    auto* session = static_cast<Session*>(self);
    const int mask = (readable ? IoWatcher::kRead : 0) | (writable ? IoWatcher::kWrite : 0);
    if (mask == 0) {
      session->watchers_.erase(fd);
      return;
    }
    std::unique_ptr<IoWatcher>& watcher = session->watchers_[fd];
    if (watcher == nullptr) watcher = std::make_unique<IoWatcher>(session->loop_);
    watcher->Watch(fd, mask, &OnReady, session);
  }

  static void OnReady(int fd, int mask, void* self) {
    static_cast<Session*>(self)->Process(mask & IoWatcher::kRead ? fd : ARES_SOCKET_BAD,
                                         mask & IoWatcher::kWrite ? fd : ARES_SOCKET_BAD);
  }

  void Process(ares_socket_t readable, ares_socket_t writable) {
    ++depth_;
    ares_process_fd(channel_, readable, writable);
    --depth_;
    UpdateTimer();
  }

  void UpdateTimer() {
    timeval time;
    if (ares_timeout(channel_, nullptr, &time) == nullptr) {
      timer_.Cancel();
    } else {
      timer_.Set(absl::DurationFromTimeval(time));
    }
  }

  EventLoop* const loop_;
  LoopTimer timer_;
  ares_channel channel_ = nullptr;
  absl::flat_hash_map<int, std::unique_ptr<IoWatcher>> watchers_;
  int asked_ = 0;
  int open_ = 0;
  int depth_ = 0;  // of calls to c-ares, whose callbacks may lead back here
  bool closing_ = false;
};

DnsChannel::DnsChannel(EventLoop* loop, const DnsServer& server, absl::Duration timeout)
    : loop_(loop), server_(server), timeout_(timeout) {}

DnsChannel::~DnsChannel() = default;

void DnsChannel::Ask(const std::string& name, DnsType type, Callback callback) {
  ending_.erase(std::remove_if(ending_.begin(), ending_.end(),
                               [](const auto& session) { return session->idle(); }),
                ending_.end());
  if (session_ != nullptr && session_->used_up()) ending_.push_back(std::move(session_));
  if (session_ == nullptr) session_ = std::make_unique<Session>(loop_, server_, timeout_);
  session_->Ask(name, type, std::move(callback));
}

}  // namespace spindle
