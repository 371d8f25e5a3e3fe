#ifndef SPINDLE_CRAWLER_DNS_MESSAGE_H_
#define SPINDLE_CRAWLER_DNS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/ip_address.h"

namespace spindle {

enum class DnsType : uint16_t { kA = 1, kAaaa = 28 };

// What is taken of one answer; a stranger may have written it.
struct DnsLimits {
  size_t max_addresses = 16;  // further ones are passed over
  size_t max_aliases = 8;     // CNAMEs from the name to its addresses; more are a broken answer
  size_t max_records =
      256;  // of the answer, and of the authority section; further ones are not read
};

// What an answer says about a name.
struct DnsAnswer {
  enum class Outcome {
    kAddresses,
    kNoAddresses,  // the name exists, and has none of this type
    kNoSuchName,
    kFailure,    // the server says that it cannot tell; `rcode` says why
    kMalformed,  // no DNS message, or one that leads nowhere
  };
  Outcome outcome = Outcome::kMalformed;
  int rcode = 0;                     // RFC 1035 4.1.1
  std::vector<IpAddress> addresses;  // of the type that was asked for
  // How long this holds: the least TTL on the way to the addresses; of a negative answer what RFC
  // 2308 5 says, and zero where the server did not say.
  absl::Duration ttl = absl::ZeroDuration();
};

// Reads the answer (RFC 1035 4.1) to a question for addresses of `name` (lower case, without a
// final dot). Records of names that `name` does not lead to are passed over. Takes any bytes. A
// pure function.
DnsAnswer ParseDnsAnswer(absl::string_view message, absl::string_view name, DnsType type,
                         const DnsLimits& limits);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_DNS_MESSAGE_H_
