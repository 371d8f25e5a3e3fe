#ifndef SPINDLE_STORAGE_CODING_H_
#define SPINDLE_STORAGE_CODING_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

// The bytes of numbers and strings in keys and records (docs/storage_format.md): fixed-width
// numbers are big-endian, so that byte order is number order; varints are LEB128; a string is its
// length as a varint, then its bytes.

namespace spindle {

void PutFixed16(std::string* out, uint16_t value);
void PutFixed64(std::string* out, uint64_t value);
void PutVarint(std::string* out, uint64_t value);
void PutString(std::string* out, absl::string_view value);

// Takes values off the front of any bytes. The first read that does not fit fails this reader for
// good: from then on every read gives zero or empty, so a decoder checks ok() once, at its end.
// Thread-compatible; the bytes must outlive it and the strings it gives out.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : rest_(bytes) {}

  uint8_t ReadByte();
  uint16_t ReadFixed16();
  uint64_t ReadFixed64();
  // Fails on a varint of more than 64 bits.
  uint64_t ReadVarint();
  // As ReadVarint(); fails on a number above `max`.
  uint64_t ReadVarintUpTo(uint64_t max);
  absl::string_view ReadString();

  // Fails this reader from outside: a value made no sense.
  void Fail();

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  // Upper bound for counts read from the bytes: each element takes at least one.
  size_t remaining_bytes() const { return rest_.size(); }

 private:
  absl::string_view Take(uint64_t count);

  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace spindle

#endif  // SPINDLE_STORAGE_CODING_H_
