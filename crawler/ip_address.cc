#include "crawler/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Where addresses of the public IPv6 Internet lie (RFC 4291 2.4): whatever is outside is refused,
// unique local (fd00:ec2::254, a metadata service), link-local, site-local and multicast included.
constexpr absl::string_view kGlobalUnicast = "2000::/3";

// IANA's special-purpose address registries (RFC 6890), multicast, and what is no one's. IPv6 as
// far as it lies in kGlobalUnicast.
constexpr absl::string_view kSpecial[] = {
    "0.0.0.0/8",         // this network, RFC 791
    "10.0.0.0/8",        // private, RFC 1918
    "100.64.0.0/10",     // carrier-grade NAT, RFC 6598; a metadata service
    "127.0.0.0/8",       // loopback, RFC 1122
    "168.63.129.16/32",  // a metadata service that has a public address
    "169.254.0.0/16",    // link-local, RFC 3927; metadata services
    "172.16.0.0/12",     // private, RFC 1918
    "192.0.0.0/24",      // protocol assignments, RFC 6890; a metadata service
    "192.0.2.0/24",      // documentation, RFC 5737
    "192.88.99.0/24",    // 6to4 relays, RFC 7526
    "192.168.0.0/16",    // private, RFC 1918
    "198.18.0.0/15",     // benchmarks, RFC 2544
    "198.51.100.0/24",   // documentation, RFC 5737
    "203.0.113.0/24",    // documentation, RFC 5737
    "224.0.0.0/4",       // multicast, RFC 5771
    "240.0.0.0/4",       // reserved and broadcast, RFC 1112
    "2001::/23",         // protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID
    "2001:db8::/32",     // documentation, RFC 3849
    "3ffe::/16",         // the former 6bone, RFC 3701
    "3fff::/20",         // documentation, RFC 9637
};

const std::vector<IpNetwork>& SpecialNetworks() {
  static const auto* const networks = [] {
    auto* parsed = new std::vector<IpNetwork>;
    for (const absl::string_view text : kSpecial) parsed->push_back(*IpNetwork::Parse(text));
    return parsed;
  }();
  return *networks;
}

IpAddress FromV4Bytes(const uint8_t* bytes) {
  in_addr v4;
  std::memcpy(&v4, bytes, 4);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr = v4;
  return *IpAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&address));
}

// The well-known prefix of NAT64.
const IpNetwork& Nat64() {
  static const auto* const network = new IpNetwork(*IpNetwork::Parse("64:ff9b::/96"));
  return *network;
}

// The IPv4 address that an IPv6 address leads to: NAT64 (RFC 6052), SIIT (RFC 2765), 6to4 (RFC
// 3056) and, under any prefix, ISATAP (RFC 5214). v4-mapped ones are IPv4 addresses to begin with.
std::optional<IpAddress> EmbeddedV4(const IpAddress& address) {
  static const IpNetwork* const siit = new IpNetwork(*IpNetwork::Parse("::ffff:0:0:0/96"));
  static const IpNetwork* const six_to_four = new IpNetwork(*IpNetwork::Parse("2002::/16"));
  const std::array<uint8_t, 16>& bytes = address.bytes();
  if (Nat64().Contains(address) || siit->Contains(address)) return FromV4Bytes(&bytes[12]);
  if (six_to_four->Contains(address)) return FromV4Bytes(&bytes[2]);
  const bool isatap =
      (bytes[8] & ~2) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
  if (isatap) return FromV4Bytes(&bytes[12]);
  return std::nullopt;
}

bool AnyContains(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.Contains(address); });
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  const std::string terminated(text);
  if (sockaddr_in v4 = {}; inet_pton(AF_INET, terminated.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return FromSockaddr(reinterpret_cast<const sockaddr*>(&v4));
  }
  if (sockaddr_in6 v6 = {}; inet_pton(AF_INET6, terminated.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    return FromSockaddr(reinterpret_cast<const sockaddr*>(&v6));
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::FromSockaddr(const sockaddr* address) {
  IpAddress result;
  if (address->sa_family == AF_INET) {
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), result.bytes_.begin());
    std::memcpy(&result.bytes_[12], &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return result;
  }
  if (address->sa_family == AF_INET6) {
    std::memcpy(result.bytes_.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr,
                16);
    return result;
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::FromBytes(absl::string_view bytes) {
  IpAddress result;
  if (bytes.size() != result.bytes_.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), result.bytes_.begin());
  return result;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

socklen_t IpAddress::ToSockaddr(uint16_t port, sockaddr_storage* address) const {
  *address = {};
  if (is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(address);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, &bytes_[12], 4);
    return sizeof(*v4);
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(address);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  std::memcpy(&v6->sin6_addr, bytes_.data(), 16);
  return sizeof(*v6);
}

std::string IpAddress::ToString() const {
  if (is_v4()) {
    return absl::StrCat(bytes_[12], ".", bytes_[13], ".", bytes_[14], ".", bytes_[15]);
  }
  char text[INET6_ADDRSTRLEN];
  return absl::StrCat("[", inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text)), "]");
}

absl::StatusOr<IpNetwork> IpNetwork::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> base = IpAddress::Parse(text.substr(0, slash));
  if (!base.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no network; write one as 10.0.0.0/8 or fc00::/7"));
  }
  const bool v4 = text.find(':') == absl::string_view::npos;
  const int width = v4 ? 32 : 128;
  int bits = width;
  if (slash != absl::string_view::npos &&
      (!absl::SimpleAtoi(text.substr(slash + 1), &bits) || bits < 0 || bits > width)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\": the length after the slash is 0 to ", width));
  }
  IpNetwork network;
  network.base_ = *base;
  network.prefix_bits_ = bits + (v4 ? 96 : 0);
  return network;
}

bool IpNetwork::Contains(const IpAddress& address) const {
  const auto& a = base_.bytes();
  const auto& b = address.bytes();
  const size_t whole = prefix_bits_ / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int rest = prefix_bits_ % 8;
  return rest == 0 || (a[whole] >> (8 - rest)) == (b[whole] >> (8 - rest));
}

AddressGuard::AddressGuard(std::vector<IpNetwork> allowed) : allowed_(std::move(allowed)) {}

bool AddressGuard::Allows(const IpAddress& address) const {
  static const IpNetwork* const global = new IpNetwork(*IpNetwork::Parse(kGlobalUnicast));
  if (AnyContains(allowed_, address)) return true;
  if (AnyContains(SpecialNetworks(), address)) return false;
  const std::optional<IpAddress> inner = EmbeddedV4(address);
  if (inner.has_value() && !Allows(*inner)) return false;
  return address.is_v4() || global->Contains(address) || Nat64().Contains(address);
}

}  // namespace spindle
