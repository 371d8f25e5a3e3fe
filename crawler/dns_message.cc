#include "crawler/dns_message.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"

namespace spindle {
namespace {

constexpr int kNoError = 0;
constexpr int kNxDomain = 3;
constexpr uint16_t kTypeCname = 5;
constexpr uint16_t kTypeSoa = 6;
constexpr uint16_t kClassIn = 1;
constexpr size_t kMaxNameBytes = 255;  // RFC 1035 2.3.4

// Reads forward through a message; once something does not fit, everything is zero and !ok().
class Reader {
 public:
  explicit Reader(absl::string_view message) : message_(message) {}

  bool ok() const { return ok_; }
  size_t position() const { return position_; }

  uint16_t Read16() {
    const absl::string_view bytes = Take(2);
    return ok_ ? static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]) : 0;
  }
  uint32_t Read32() {
    const uint32_t high = Read16();
    return high << 16 | Read16();
  }
  absl::string_view Take(size_t count) {
    if (!ok_ || message_.size() - position_ < count) {
      ok_ = false;
      return "";
    }
    position_ += count;
    return message_.substr(position_ - count, count);
  }

  // A name in lower case with dots between its labels, and none at its end. A pointer (4.1.4) must
  // lead back to before the piece that it stands in, so every chain of them ends.
  std::string ReadName() {
    std::string name;
    size_t at = position_;
    size_t piece = position_;
    bool jumped = false;
    while (ok_) {
      if (at >= message_.size()) break;
      const uint8_t length = message_[at];
      if ((length & 0xc0) == 0xc0) {
        if (at + 1 >= message_.size()) break;
        const size_t target = (length & 0x3f) << 8 | static_cast<uint8_t>(message_[at + 1]);
        if (!jumped) position_ = at + 2;
        jumped = true;
        if (target >= piece) break;
        at = piece = target;
        continue;
      }
      if ((length & 0xc0) != 0 || message_.size() - at - 1 < length) break;
      if (length == 0) {
        if (!jumped) position_ = at + 1;
        return name;
      }
      if (!name.empty()) name += '.';
      for (const char c : message_.substr(at + 1, length)) {
        // A dot within a label is none between two.
        if (c == '.' || c == '\\') name += '\\';
        name += absl::ascii_tolower(c);
      }
      if (name.size() > 2 * kMaxNameBytes) break;
      at += 1 + length;
    }
    ok_ = false;
    return "";
  }

 private:
  absl::string_view message_;
  size_t position_ = 0;
  bool ok_ = true;
};

struct Record {
  std::string owner;
  uint16_t type = 0;
  absl::Duration ttl;
  std::string alias;                 // CNAME
  std::optional<IpAddress> address;  // of the type asked for
};

// RFC 2181 8: 31 bits; with the highest bit set it counts as zero.
absl::Duration ReadTtl(Reader* reader) {
  const uint32_t seconds = reader->Read32();
  return absl::Seconds(seconds > 0x7fffffff ? 0 : seconds);
}

std::optional<IpAddress> ReadAddress(absl::string_view bytes, DnsType type) {
  if (type == DnsType::kA && bytes.size() == 4) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, bytes.data(), 4);
    return IpAddress::FromSockaddr(reinterpret_cast<const sockaddr*>(&v4));
  }
  if (type == DnsType::kAaaa) return IpAddress::FromBytes(bytes);
  return std::nullopt;
}

// The next record of any kind; of other types and classes only its place is passed.
Record ReadRecord(Reader* reader, absl::string_view message, DnsType type) {
  Record record;
  record.owner = reader->ReadName();
  record.type = reader->Read16();
  const uint16_t record_class = reader->Read16();
  record.ttl = ReadTtl(reader);
  const uint16_t size = reader->Read16();
  const size_t begin = reader->position();
  const absl::string_view data = reader->Take(size);
  if (!reader->ok() || record_class != kClassIn) {
    record.type = 0;
  } else if (record.type == kTypeCname || record.type == kTypeSoa) {
    Reader inside(message.substr(0, begin + size));
    inside.Take(begin);
    record.alias = inside.ReadName();
    if (record.type == kTypeSoa) {
      inside.ReadName();
      inside.Take(16);                                      // serial, refresh, retry, expire
      record.ttl = std::min(record.ttl, ReadTtl(&inside));  // RFC 2308 5
    }
    if (!inside.ok()) record.type = 0;
  } else if (record.type == static_cast<uint16_t>(type)) {
    record.address = ReadAddress(data, type);
  }
  return record;
}

// From `name` over its aliases to its addresses. False: the aliases lead nowhere.
bool FollowAliases(const std::vector<Record>& records, absl::string_view name,
                   const DnsLimits& limits, DnsAnswer* answer) {
  absl::string_view current = name;
  absl::Duration ttl = absl::InfiniteDuration();
  for (size_t hops = 0; hops <= limits.max_aliases; ++hops) {
    const Record* alias = nullptr;
    for (const Record& record : records) {
      if (record.owner != current) continue;
      if (record.address.has_value() && answer->addresses.size() < limits.max_addresses) {
        answer->addresses.push_back(*record.address);
        ttl = std::min(ttl, record.ttl);
      }
      if (record.type == kTypeCname && alias == nullptr) alias = &record;
    }
    if (!answer->addresses.empty()) {
      answer->ttl = ttl;
      return true;
    }
    if (alias == nullptr) return true;
    ttl = std::min(ttl, alias->ttl);
    current = alias->alias;
  }
  return false;
}

}  // namespace

DnsAnswer ParseDnsAnswer(absl::string_view message, absl::string_view name, DnsType type,
                         const DnsLimits& limits) {
  DnsAnswer answer;
  Reader reader(message);
  reader.Read16();  // id: the channel compares it
  const uint16_t flags = reader.Read16();
  const uint16_t questions = reader.Read16();
  const uint16_t answers = reader.Read16();
  const uint16_t authorities = reader.Read16();
  reader.Read16();
  const bool is_answer = (flags & 0x8000) != 0;
  if (!reader.ok() || !is_answer || questions > 1) return answer;
  answer.rcode = flags & 0xf;
  if (answer.rcode != kNoError && answer.rcode != kNxDomain) {
    answer.outcome = DnsAnswer::Outcome::kFailure;
    return answer;
  }
  if (questions == 1) {
    reader.ReadName();
    reader.Read32();
  }
  std::vector<Record> records;
  for (size_t i = 0; i < answers && i < limits.max_records && reader.ok(); ++i) {
    records.push_back(ReadRecord(&reader, message, type));
  }
  if (!reader.ok() || !FollowAliases(records, name, limits, &answer)) return answer;
  if (!answer.addresses.empty()) {
    answer.outcome = DnsAnswer::Outcome::kAddresses;
    return answer;
  }
  answer.outcome = answer.rcode == kNxDomain ? DnsAnswer::Outcome::kNoSuchName
                                             : DnsAnswer::Outcome::kNoAddresses;
  if (answers > limits.max_records) return answer;
  for (size_t i = 0; i < authorities && i < limits.max_records && reader.ok(); ++i) {
    const Record record = ReadRecord(&reader, message, type);
    if (record.type == kTypeSoa) answer.ttl = record.ttl;
  }
  return answer;
}

}  // namespace spindle
