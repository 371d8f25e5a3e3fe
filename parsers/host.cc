#include "parsers/host.h"

#include <array>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "parsers/idna.h"

namespace spindle {
namespace {

// Per byte of a domain: its lower case, or 0 for a forbidden domain code point (section 3.1), '%',
// and what is not ASCII.
constexpr std::array<char, 256> MakeDomainTable() {
  std::array<char, 256> table{};
  for (int c = 0x21; c < 0x7F; ++c) table[c] = static_cast<char>(c);
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = static_cast<char>(c - 'A' + 'a');
  for (const char c : {'#', '%', '/', ':', '<', '>', '?', '@', '[', '\\', ']', '^', '|'}) {
    table[static_cast<unsigned char>(c)] = 0;
  }
  return table;
}

constexpr std::array<char, 256> kDomainTable = MakeDomainTable();

// Forbidden host code points (section 3.1).
constexpr absl::string_view kForbiddenInOpaqueHost("\0\t\n\r #/:<>?@[\\]^|", 17);

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecode(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

// The IPv4 number parser (section 3.5): decimal, 0octal, 0xhex. Numbers beyond 32 bits come back as
// UINT64_MAX.
std::optional<uint64_t> ParseIpv4Number(absl::string_view text) {
  if (text.empty()) return std::nullopt;
  int base = 10;
  if (text.size() >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() >= 2 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  uint64_t value = 0;
  bool overflow = false;
  for (const char c : text) {
    const int digit = HexValue(c);
    if (digit < 0 || digit >= base) return std::nullopt;
    value = value * base + digit;
    overflow = overflow || value > UINT32_MAX;
    if (overflow) value = 0;
  }
  return overflow ? UINT64_MAX : value;
}

absl::string_view WithoutTrailingDot(absl::string_view domain) {
  if (!domain.empty() && domain.back() == '.') domain.remove_suffix(1);
  return domain;
}

// The ends-in-a-number checker (section 3.5).
bool EndsInNumber(absl::string_view domain) {
  domain = WithoutTrailingDot(domain);
  const size_t dot = domain.rfind('.');
  const absl::string_view last = dot == absl::string_view::npos ? domain : domain.substr(dot + 1);
  if (last.empty() || !absl::ascii_isdigit(last[0])) return false;
  for (const char c : last) {
    if (!absl::ascii_isdigit(c)) return ParseIpv4Number(last).has_value();
  }
  return true;
}

// The IPv4 parser and serialiser (section 3.5).
bool AppendIpv4(absl::string_view text, std::string* out) {
  text = WithoutTrailingDot(text);
  std::array<uint64_t, 4> numbers{};
  size_t count = 0;
  while (true) {
    const size_t dot = text.find('.');
    const std::optional<uint64_t> number = ParseIpv4Number(text.substr(0, dot));
    if (!number.has_value() || count == numbers.size()) return false;
    numbers[count++] = *number;
    if (dot == absl::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  // The last number fills all the bytes that the others leave.
  uint64_t address = numbers[count - 1];
  if (address >= uint64_t{1} << (8 * (5 - count))) return false;
  for (size_t i = 0; i + 1 < count; ++i) {
    if (numbers[i] > 255) return false;
    address |= numbers[i] << (8 * (3 - i));
  }
  absl::StrAppend(out, address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".");
  absl::StrAppend(out, address & 255);
  return true;
}

using Ipv6 = std::array<uint16_t, 8>;

// The dotted end of an IPv6 address: exactly four decimal numbers without leading zeros.
std::optional<uint32_t> ParseEmbeddedIpv4(absl::string_view text) {
  uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text[0] != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    uint32_t value = 0;
    size_t digits = 0;
    while (digits < text.size() && absl::ascii_isdigit(text[digits])) {
      if (digits > 0 && value == 0) return std::nullopt;
      value = value * 10 + (text[digits++] - '0');
      if (value > 255) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    address = address << 8 | value;
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

// The IPv6 parser (section 3.5) on the text between the brackets.
std::optional<Ipv6> ParseIpv6(absl::string_view text) {
  Ipv6 address{};
  size_t piece = 0;
  std::optional<size_t> compress;
  if (!text.empty() && text[0] == ':') {
    if (text.size() < 2 || text[1] != ':') return std::nullopt;
    text.remove_prefix(2);
    compress = ++piece;
  }
  while (!text.empty()) {
    if (piece == address.size()) return std::nullopt;
    if (text[0] == ':') {
      if (compress.has_value()) return std::nullopt;
      text.remove_prefix(1);
      compress = ++piece;
      continue;
    }
    unsigned value = 0;
    size_t length = 0;
    while (length < 4 && length < text.size() && HexValue(text[length]) >= 0) {
      value = value * 16 + HexValue(text[length++]);
    }
    if (length < text.size() && text[length] == '.') {
      if (length == 0 || piece > 6) return std::nullopt;
      const std::optional<uint32_t> ipv4 = ParseEmbeddedIpv4(text);
      if (!ipv4.has_value()) return std::nullopt;
      address[piece++] = *ipv4 >> 16;
      address[piece++] = *ipv4 & 0xFFFF;
      break;
    }
    text.remove_prefix(length);
    if (!text.empty()) {
      if (text[0] != ':' || text.size() == 1) return std::nullopt;
      text.remove_prefix(1);
    }
    address[piece++] = value;
  }
  if (compress.has_value()) {
    size_t swaps = piece - *compress;
    for (piece = 7; piece != 0 && swaps > 0; --piece, --swaps) {
      std::swap(address[piece], address[*compress + swaps - 1]);
    }
  } else if (piece != address.size()) {
    return std::nullopt;
  }
  return address;
}

// The IPv6 serialiser (section 3.5): the first longest run of two or more zero pieces becomes "::".
void AppendIpv6(const Ipv6& address, std::string* out) {
  size_t run_begin = 0;
  size_t run_length = 1;
  for (size_t begin = 0; begin < address.size(); ++begin) {
    size_t length = 0;
    while (begin + length < address.size() && address[begin + length] == 0) ++length;
    if (length > run_length) {
      run_begin = begin;
      run_length = length;
    }
  }
  const bool compressed = run_length > 1;
  out->push_back('[');
  for (size_t piece = 0; piece < address.size(); ++piece) {
    if (compressed && piece == run_begin) {
      out->append(piece == 0 ? "::" : ":");
      piece += run_length - 1;
      continue;
    }
    absl::StrAppend(out, absl::Hex(address[piece]));
    if (piece < 7) out->push_back(':');
  }
  out->push_back(']');
}

// The opaque-host parser (section 3.5).
bool AppendOpaqueHost(absl::string_view input, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const unsigned char c : input) {
    if (kForbiddenInOpaqueHost.find(static_cast<char>(c)) != absl::string_view::npos) return false;
    if (c > 0x1F && c < 0x7F) {
      out->push_back(static_cast<char>(c));
      continue;
    }
    out->append({'%', kHex[c >> 4], kHex[c & 15]});
  }
  return true;
}

// Appends `domain` in lower case if it is made of ASCII that a domain may hold. Otherwise `*out`
// keeps a part of it.
bool AppendPlainDomain(absl::string_view domain, std::string* out) {
  const size_t start = out->size();
  out->resize(start + domain.size());
  char* to = &(*out)[start];
  for (const unsigned char c : domain) {
    const char lower = kDomainTable[c];
    if (lower == 0) return false;
    *to++ = lower;
  }
  return true;
}

bool IsAscii(absl::string_view text) {
  unsigned char all = 0;
  for (const unsigned char c : text) all |= c;
  return all < 0x80;
}

// Percent-decoding and domain to ASCII (sections 3.3 and 3.5). A name that is ASCII already is only
// put in lower case, be its "xn--" labels valid or not, as browsers and DNS do.
bool AppendDomain(absl::string_view input, std::string* out) {
  const size_t start = out->size();
  if (AppendPlainDomain(input, out)) return true;
  out->resize(start);
  const std::string decoded = PercentDecode(input);
  if (IsAscii(decoded)) return AppendPlainDomain(decoded, out);
  std::string ascii;
  return AppendDomainToAscii(decoded, &ascii) && AppendPlainDomain(ascii, out);
}

}  // namespace

HostKind AppendHost(absl::string_view input, bool is_special, std::string* out) {
  if (!input.empty() && input[0] == '[') {
    if (input.back() != ']') return HostKind::kNone;
    const std::optional<Ipv6> address = ParseIpv6(input.substr(1, input.size() - 2));
    if (!address.has_value()) return HostKind::kNone;
    AppendIpv6(*address, out);
    return HostKind::kIpv6;
  }
  if (!is_special) return AppendOpaqueHost(input, out) ? HostKind::kOpaque : HostKind::kNone;
  const size_t start = out->size();
  if (!AppendDomain(input, out) || out->size() == start) return HostKind::kNone;
  if (!EndsInNumber(absl::string_view(*out).substr(start))) return HostKind::kDomain;
  const std::string number = out->substr(start);
  out->resize(start);
  return AppendIpv4(number, out) ? HostKind::kIpv4 : HostKind::kNone;
}

bool VerifyDnsLength(absl::string_view domain) {
  domain = WithoutTrailingDot(domain);
  if (domain.empty() || domain.size() > 253) return false;
  size_t label_bytes = 0;
  for (const char c : domain) {
    if (c != '.') {
      if (++label_bytes > 63) return false;
    } else if (label_bytes == 0) {
      return false;
    } else {
      label_bytes = 0;
    }
  }
  return label_bytes > 0;
}

}  // namespace spindle
