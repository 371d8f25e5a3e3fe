// The host parser and serialiser of the URL Standard (section 3): domains, IPv4 in all its
// spellings, IPv6, and the opaque hosts of schemes that are not special. It turns the text between
// "//" and the port into the one canonical spelling of the host. It resolves nothing and knows no
// public suffixes.
//
// Pure functions. Thread-safe.

#ifndef SPINDLE_PARSERS_HOST_H_
#define SPINDLE_PARSERS_HOST_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace spindle {

enum class HostKind : uint8_t {
  kNone,    // The URL has no host, or an empty one.
  kDomain,  // A DNS name in ASCII, lower case.
  kIpv4,    // Four decimal numbers.
  kIpv6,    // Compressed as by section 3.5, in brackets.
  kOpaque,  // Of a scheme that is not special; percent-encoded, otherwise as written.
};

// Appends the canonical spelling of `input` (any bytes, not empty) to `*out` and returns its kind;
// kNone if it is not a valid host, and then the end of `*out` is unspecified. `is_special` selects
// between domains (http, https, ws, wss, ftp, file) and opaque hosts.
HostKind AppendHost(absl::string_view input, bool is_special, std::string* out);

// Whether DNS can carry the canonical `domain`: labels of 1 to 63 bytes, 253 in all, a final dot
// aside (RFC 1035, section 2.3.4). The URL Standard lets longer names pass.
bool VerifyDnsLength(absl::string_view domain);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_HOST_H_
