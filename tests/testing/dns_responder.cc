#include "tests/testing/dns_responder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace spindle {
namespace testing {
namespace {

constexpr size_t kHeaderBytes = 12;

std::string Number16(uint16_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}
std::string Number32(uint32_t value) { return Number16(value >> 16) + Number16(value & 0xffff); }

uint16_t Read16(const std::string& bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]) << 8 | static_cast<uint8_t>(bytes[at + 1]);
}

std::string WireName(absl::string_view name) {
  std::string wire;
  for (const absl::string_view label : absl::StrSplit(name, '.', absl::SkipEmpty())) {
    wire += static_cast<char>(label.size());
    absl::StrAppend(&wire, label);
  }
  return wire + '\0';
}

std::string Record(absl::string_view owner, uint16_t type, uint32_t ttl, const std::string& data) {
  return WireName(owner) + Number16(type) + Number16(1) + Number32(ttl) + Number16(data.size()) +
         data;
}

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool ReadAll(int fd, size_t count, std::string* bytes) {
  bytes->resize(count);
  size_t got = 0;
  while (got < count) {
    const ssize_t size = read(fd, bytes->data() + got, count - got);
    if (size <= 0) return false;
    got += size;
  }
  return true;
}

void SendAll(int fd, const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t size = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;
    sent += size;
  }
}

void SetTimeout(int fd, int seconds) {
  const timeval timeout = {seconds, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
}

}  // namespace

DnsMessage& DnsMessage::Id(uint16_t id) {
  id_ = id;
  return *this;
}
DnsMessage& DnsMessage::Rcode(int rcode) {
  flags_ |= rcode;
  return *this;
}
DnsMessage& DnsMessage::Truncated() {
  flags_ |= 0x0200;
  return *this;
}
DnsMessage& DnsMessage::Address(absl::string_view address, uint32_t ttl, absl::string_view owner) {
  char bytes[16];
  const bool v6 = absl::StrContains(address, ':');
  if (inet_pton(v6 ? AF_INET6 : AF_INET, std::string(address).c_str(), bytes) != 1) abort();
  return Raw(Record(owner.empty() ? question_.name : owner, v6 ? kDnsAaaa : kDnsA, ttl,
                    std::string(bytes, v6 ? 16 : 4)));
}
DnsMessage& DnsMessage::Alias(absl::string_view owner, absl::string_view target, uint32_t ttl) {
  return Raw(Record(owner, 5, ttl, WireName(target)));
}
DnsMessage& DnsMessage::Soa(uint32_t ttl, uint32_t minimum) {
  const std::string data = WireName("ns.example") + WireName("admin.example") + Number32(1) +
                           Number32(2) + Number32(3) + Number32(4) + Number32(minimum);
  authorities_ += Record("example", 6, ttl, data);
  ++authority_count_;
  return *this;
}
DnsMessage& DnsMessage::Raw(absl::string_view record) {
  absl::StrAppend(&answers_, record);
  ++answer_count_;
  return *this;
}
std::string DnsMessage::Bytes() const {
  return Number16(id_) + Number16(flags_) + Number16(1) + Number16(answer_count_) +
         Number16(authority_count_) + Number16(0) + WireName(question_.name) +
         Number16(question_.type) + Number16(1) + answers_ + authorities_;
}

// A message that waits for its time.
struct DnsResponder::Pending {
  absl::Time when;
  sockaddr_in to;
  std::string message;
};

DnsResponder::DnsResponder(Handler handler) : handler_(std::move(handler)) {
  // The same port for both: where the second is taken, another first one is tried.
  for (int tries = 0; tries < 100 && tcp_ < 0; ++tries) {
    udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    if (bind(udp_, reinterpret_cast<sockaddr*>(&address), size) != 0) abort();
    getsockname(udp_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        listen(listener, 16) == 0) {
      tcp_ = listener;
    } else {
      close(listener);
      close(udp_);
    }
  }
  if (tcp_ < 0 || pipe2(wake_, O_CLOEXEC) != 0) abort();
  thread_ = std::thread([this] { Serve(); });
}

DnsResponder::~DnsResponder() {
  close(wake_[1]);
  thread_.join();
  close(wake_[0]);
  close(udp_);
  close(tcp_);
}

std::string DnsResponder::server() const { return absl::StrCat("127.0.0.1:", port_); }

std::vector<DnsQuestion> DnsResponder::Questions() const {
  std::lock_guard<std::mutex> lock(mu_);
  return questions_;
}

int DnsResponder::Count(absl::string_view name, uint16_t type) const {
  std::lock_guard<std::mutex> lock(mu_);
  return std::count_if(questions_.begin(), questions_.end(), [&](const DnsQuestion& question) {
    return question.name == name && question.type == type;
  });
}

DnsQuestion DnsResponder::Note(const std::string& bytes, bool tcp, uint16_t port) {
  DnsQuestion question;
  question.raw = bytes;
  question.tcp = tcp;
  question.port = port;
  if (bytes.size() < kHeaderBytes + 5) return question;
  question.id = Read16(bytes, 0);
  size_t at = kHeaderBytes;
  while (at < bytes.size() && bytes[at] != 0) {
    const size_t length = static_cast<uint8_t>(bytes[at]);
    if (!question.name.empty()) question.name += '.';
    question.name += bytes.substr(at + 1, length);
    at += 1 + length;
  }
  if (at + 3 <= bytes.size()) question.type = Read16(bytes, at + 1);
  std::lock_guard<std::mutex> lock(mu_);
  for (const DnsQuestion& earlier : questions_) {
    if (earlier.name == question.name && earlier.type == question.type) ++question.visit;
  }
  questions_.push_back(question);
  return question;
}

void DnsResponder::ServeTcp(int connection) {
  SetTimeout(connection, 1);
  std::string length;
  std::string bytes;
  if (ReadAll(connection, 2, &length) && ReadAll(connection, Read16(length, 0), &bytes)) {
    const DnsReply reply = handler_(Note(bytes, true, 0));
    for (const std::string& message : reply.messages) {
      SendAll(connection, Number16(message.size()) + message);
    }
  }
  close(connection);
}

void DnsResponder::Serve() {
  std::vector<Pending> pending;
  for (;;) {
    const absl::Time now = absl::Now();
    absl::Duration wait = absl::Hours(1);
    for (size_t i = 0; i < pending.size();) {
      if (pending[i].when > now) {
        wait = std::min(wait, pending[i].when - now);
        ++i;
        continue;
      }
      sendto(udp_, pending[i].message.data(), pending[i].message.size(), 0,
             reinterpret_cast<const sockaddr*>(&pending[i].to), sizeof(pending[i].to));
      pending.erase(pending.begin() + i);
    }
    pollfd fds[] = {{wake_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    poll(fds, 3,
         static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1)))));
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) {
      char buffer[4096];
      Pending next;
      socklen_t size = sizeof(next.to);
      const ssize_t got =
          recvfrom(udp_, buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr*>(&next.to), &size);
      if (got <= 0) continue;
      const DnsReply reply =
          handler_(Note(std::string(buffer, got), false, ntohs(next.to.sin_port)));
      for (const std::string& message : reply.messages) {
        next.when = absl::Now() + reply.delay;
        next.message = message;
        pending.push_back(next);
      }
    }
    if (fds[2].revents != 0) ServeTcp(accept(tcp_, nullptr, nullptr));
  }
}

std::string AskDnsServer(int port, const DnsQuestion& question) {
  const int fd = socket(AF_INET, (question.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  SetTimeout(fd, 2);
  const sockaddr_in address = Loopback(port);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    SendAll(fd, question.tcp ? Number16(question.raw.size()) + question.raw : question.raw);
    if (question.tcp) {
      std::string length;
      if (!ReadAll(fd, 2, &length) || !ReadAll(fd, Read16(length, 0), &answer)) answer.clear();
    } else {
      answer.resize(65536);
      const ssize_t got = recv(fd, answer.data(), answer.size(), 0);
      answer.resize(std::max<ssize_t>(0, got));
    }
  }
  close(fd);
  return answer;
}

}  // namespace testing
}  // namespace spindle
