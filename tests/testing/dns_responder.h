// DnsResponder is a name server on loopback whose answers a test writes: lost, late, cut off,
// forged or broken ones included. It serves UDP and TCP on one port from a thread of its own.
//
//   DnsResponder dns([](const DnsQuestion& question) {
//     return DnsReply{{DnsMessage(question).Address("192.0.2.1", 60).Bytes()}};
//   });
//
// Thread-safe.

#ifndef SPINDLE_TESTS_TESTING_DNS_RESPONDER_H_
#define SPINDLE_TESTS_TESTING_DNS_RESPONDER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {
namespace testing {

inline constexpr uint16_t kDnsA = 1;
inline constexpr uint16_t kDnsAaaa = 28;

struct DnsQuestion {
  uint16_t id = 0;
  std::string name;  // "a.example"
  uint16_t type = 0;
  bool tcp = false;
  int visit = 0;      // earlier questions for the same name and type
  uint16_t port = 0;  // that it came from
  std::string raw;    // as received
};

// What is sent back, in this order; nothing: the question is lost.
struct DnsReply {
  std::vector<std::string> messages;
  absl::Duration delay = absl::ZeroDuration();
};

// Writes an answer to a question.
class DnsMessage {
 public:
  explicit DnsMessage(const DnsQuestion& question) : question_(question), id_(question.id) {}

  DnsMessage& Id(uint16_t id);
  DnsMessage& Rcode(int rcode);
  DnsMessage& Truncated();
  // An address of the family of `address`; of the name that was asked for, or of `owner`.
  DnsMessage& Address(absl::string_view address, uint32_t ttl, absl::string_view owner = "");
  DnsMessage& Alias(absl::string_view owner, absl::string_view target, uint32_t ttl);
  // The authority section of a negative answer.
  DnsMessage& Soa(uint32_t ttl, uint32_t minimum);
  DnsMessage& Raw(absl::string_view record);  // into the answer section, counted as one record
  std::string Bytes() const;

 private:
  const DnsQuestion question_;
  uint16_t id_;
  uint16_t flags_ = 0x8180;  // an answer, recursion desired and available
  uint16_t answer_count_ = 0;
  uint16_t authority_count_ = 0;
  std::string answers_;
  std::string authorities_;
};

class DnsResponder {
 public:
  // Called on the responder's thread.
  using Handler = std::function<DnsReply(const DnsQuestion& question)>;

  explicit DnsResponder(Handler handler);
  ~DnsResponder();
  DnsResponder(const DnsResponder&) = delete;
  DnsResponder& operator=(const DnsResponder&) = delete;

  int port() const { return port_; }
  std::string server() const;  // "127.0.0.1:PORT"
  // In the order in which they came.
  std::vector<DnsQuestion> Questions() const;
  int Count(absl::string_view name, uint16_t type) const;

 private:
  struct Pending;
  void Serve();
  DnsQuestion Note(const std::string& bytes, bool tcp, uint16_t port);
  void ServeTcp(int connection);

  const Handler handler_;
  int udp_ = -1;
  int tcp_ = -1;
  int port_ = 0;
  int wake_[2] = {-1, -1};
  mutable std::mutex mu_;
  std::vector<DnsQuestion> questions_;
  std::thread thread_;
};

// Passes a question on to the server at 127.0.0.1:`port` by UDP or TCP, as it came, and returns
// what that answered; empty where it did not.
std::string AskDnsServer(int port, const DnsQuestion& question);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_DNS_RESPONDER_H_
