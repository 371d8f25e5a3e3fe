#include "storage/coding.h"

namespace spindle {
namespace {

template <typename Number>
void PutFixed(std::string* out, Number value) {
  char bytes[sizeof(value)];
  for (size_t i = sizeof(value); i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
  out->append(bytes, sizeof(bytes));
}

}  // namespace

void PutFixed16(std::string* out, uint16_t value) { PutFixed(out, value); }

void PutFixed64(std::string* out, uint64_t value) { PutFixed(out, value); }

void PutVarint(std::string* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>((value & 0x7f) | 0x80));
  out->push_back(static_cast<char>(value));
}

void PutString(std::string* out, absl::string_view value) {
  PutVarint(out, value.size());
  out->append(value.data(), value.size());
}

void ByteReader::Fail() {
  ok_ = false;
  rest_ = {};
}

absl::string_view ByteReader::Take(uint64_t count) {
  if (count > rest_.size()) {
    Fail();
    return {};
  }
  const absl::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

uint8_t ByteReader::ReadByte() {
  const absl::string_view bytes = Take(1);
  return bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
}

uint16_t ByteReader::ReadFixed16() {
  uint16_t value = 0;
  for (const char c : Take(2)) value = static_cast<uint16_t>(value << 8 | static_cast<uint8_t>(c));
  return value;
}

uint64_t ByteReader::ReadFixed64() {
  uint64_t value = 0;
  for (const char c : Take(8)) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

uint64_t ByteReader::ReadVarint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint64_t byte = ReadByte();
    // The tenth byte has room for one bit.
    if (shift == 63 && byte > 1) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  Fail();
  return 0;
}

uint64_t ByteReader::ReadVarintUpTo(uint64_t max) {
  const uint64_t value = ReadVarint();
  if (value <= max) return value;
  Fail();
  return 0;
}

absl::string_view ByteReader::ReadString() { return Take(ReadVarint()); }

}  // namespace spindle
