// UTF-8 checked, repaired and written, by the rules of the WHATWG Encoding standard, section 8.1.
//
// Every parser of text works on UTF-8; parsers/charset.h uses this unit to see whether a page
// already is, and to write what it converts. Nothing here knows of other encodings.
//
// Pure functions: thread-safe. A Utf8Writer belongs to one thread.

#ifndef SPINDLE_PARSERS_UTF8_H_
#define SPINDLE_PARSERS_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace spindle {

// U+FFFD, what stands for bytes that cannot be decoded.
inline constexpr char32_t kReplacementCharacter = 0xfffd;

// How many of the first bytes are ASCII. Runs at memory speed.
size_t AsciiPrefixLength(absl::string_view bytes);

// How many of the first bytes are whole, well-formed UTF-8 sequences (Unicode table 3-7: no
// surrogates, no overlong forms); bytes.size() where all are.
size_t ValidUtf8PrefixLength(absl::string_view bytes);

// True where all of `bytes` is well-formed.
inline bool IsValidUtf8(absl::string_view bytes) {
  return ValidUtf8PrefixLength(bytes) == bytes.size();
}

// True where `bytes` is the beginning of a well-formed sequence, but not all of it.
bool IsCutUtf8Sequence(absl::string_view bytes);

// `bytes` with U+FFFD for each maximal part of a sequence that is not well-formed ("UTF-8 decode
// without BOM"): at most three times as long.
std::string RepairUtf8(absl::string_view bytes);

// Appends code points to a string, through a buffer.
class Utf8Writer {
 public:
  // `*out` must outlive this.
  explicit Utf8Writer(std::string* out) : out_(out) {}
  ~Utf8Writer() { Flush(); }
  Utf8Writer(const Utf8Writer&) = delete;
  Utf8Writer& operator=(const Utf8Writer&) = delete;

  // REQUIRES: a Unicode scalar value.
  void Put(char32_t code_point) {
    if (used_ + 4 > sizeof(buffer_)) Flush();
    char* const to = buffer_ + used_;
    if (code_point < 0x80) {
      to[0] = static_cast<char>(code_point);
      used_ += 1;
    } else if (code_point < 0x800) {
      to[0] = static_cast<char>(0xc0 | code_point >> 6);
      to[1] = static_cast<char>(0x80 | (code_point & 0x3f));
      used_ += 2;
    } else if (code_point < 0x10000) {
      to[0] = static_cast<char>(0xe0 | code_point >> 12);
      to[1] = static_cast<char>(0x80 | (code_point >> 6 & 0x3f));
      to[2] = static_cast<char>(0x80 | (code_point & 0x3f));
      used_ += 3;
    } else {
      to[0] = static_cast<char>(0xf0 | code_point >> 18);
      to[1] = static_cast<char>(0x80 | (code_point >> 12 & 0x3f));
      to[2] = static_cast<char>(0x80 | (code_point >> 6 & 0x3f));
      to[3] = static_cast<char>(0x80 | (code_point & 0x3f));
      used_ += 4;
    }
  }

  // Appends bytes that are UTF-8 already.
  void PutUtf8(absl::string_view bytes);

  // Everything put so far is in the string afterwards.
  void Flush();

 private:
  std::string* const out_;
  size_t used_ = 0;
  char buffer_[4096];
};

}  // namespace spindle

#endif  // SPINDLE_PARSERS_UTF8_H_
