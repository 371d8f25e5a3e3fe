#ifndef SPINDLE_CRAWLER_IP_ADDRESS_H_
#define SPINDLE_CRAWLER_IP_ADDRESS_H_

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spindle {

// An IPv4 or IPv6 address. IPv4 is kept in its v4-mapped form, ::ffff:a.b.c.d (RFC 4291 2.5.5.2),
// so that both forms of one address are equal. A value.
class IpAddress {
 public:
  // "192.0.2.1", "2001:db8::1", "[2001:db8::1]"; nullopt for anything else.
  static std::optional<IpAddress> Parse(absl::string_view text);
  // AF_INET or AF_INET6; nullopt for other families.
  static std::optional<IpAddress> FromSockaddr(const sockaddr* address);

  // The 16 bytes of bytes(), as they are stored; nullopt for any other number of them.
  static std::optional<IpAddress> FromBytes(absl::string_view bytes);

  bool is_v4() const;
  // Fills in *address and returns its length.
  socklen_t ToSockaddr(uint16_t port, sockaddr_storage* address) const;
  // IPv6 in brackets, as in a URL.
  std::string ToString() const;
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const IpAddress& address) {
    return H::combine(std::move(state), address.bytes_);
  }

 private:
  std::array<uint8_t, 16> bytes_ = {};
};

// A range of addresses, "10.0.0.0/8" or "fc00::/7".
class IpNetwork {
 public:
  // An address without a length is a range of one. InvalidArgument says what is wrong.
  static absl::StatusOr<IpNetwork> Parse(absl::string_view text);
  bool Contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  int prefix_bits_ = 128;  // of the v4-mapped form
};

// Decides which addresses a crawl may connect to: public ones, and those that the operator names.
// What it refuses are the special-purpose registries of IANA (RFC 6890 and updates): private,
// loopback, link-local with the metadata services of clouds, CGNAT, multicast, documentation,
// reserved; and all IPv6 that is no global unicast. An IPv6 address that carries an IPv4 address
// (v4-mapped, NAT64, SIIT, 6to4, ISATAP) is judged as that too. Ask it about the address that is
// connected to, never about a name. Immutable.
class AddressGuard {
 public:
  explicit AddressGuard(std::vector<IpNetwork> allowed = {});
  bool Allows(const IpAddress& address) const;

 private:
  std::vector<IpNetwork> allowed_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_IP_ADDRESS_H_
