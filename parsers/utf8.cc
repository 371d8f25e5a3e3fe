#include "parsers/utf8.h"

#include <cstring>

namespace spindle {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

// The well-formed sequence that a text begins with, or the part of one that a U+FFFD stands for.
struct Sequence {
  size_t length;
  bool well_formed;
};

// REQUIRES: `bytes` is not empty and begins with a byte over 0x7f.
Sequence FirstSequence(absl::string_view bytes) {
  const auto at = [bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = at(0);
  size_t length = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if ((lead & 0xf0) == 0xe0) {
    length = 3;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
  } else {
    return {1, false};
  }
  // The second byte's range keeps out overlong forms, surrogates and what is over U+10FFFF.
  uint8_t lowest = 0x80;
  uint8_t highest = 0xbf;
  if (lead == 0xe0) lowest = 0xa0;
  if (lead == 0xed) highest = 0x9f;
  if (lead == 0xf0) lowest = 0x90;
  if (lead == 0xf4) highest = 0x8f;
  for (size_t i = 1; i < length; ++i) {
    if (i == bytes.size() || at(i) < lowest || at(i) > highest) return {i, false};
    lowest = 0x80;
    highest = 0xbf;
  }
  return {length, true};
}

}  // namespace

size_t AsciiPrefixLength(absl::string_view bytes) {
  size_t at = 0;
  for (; at + 16 <= bytes.size(); at += 16) {
    uint64_t words[2];
    std::memcpy(words, bytes.data() + at, 16);
    if (((words[0] | words[1]) & kHighBits) != 0) break;
  }
  while (at < bytes.size() && static_cast<uint8_t>(bytes[at]) < 0x80) ++at;
  return at;
}

size_t ValidUtf8PrefixLength(absl::string_view bytes) {
  size_t at = 0;
  while (true) {
    at += AsciiPrefixLength(bytes.substr(at));
    // Text that is not ASCII comes in runs, in which looking for ASCII by the word does not pay.
    while (at < bytes.size() && static_cast<uint8_t>(bytes[at]) >= 0x80) {
      const Sequence sequence = FirstSequence(bytes.substr(at));
      if (!sequence.well_formed) return at;
      at += sequence.length;
    }
    if (at == bytes.size()) return at;
  }
}

bool IsCutUtf8Sequence(absl::string_view bytes) {
  if (bytes.empty() || static_cast<uint8_t>(bytes[0]) < 0xc2 ||
      static_cast<uint8_t>(bytes[0]) > 0xf4) {
    return false;
  }
  const Sequence sequence = FirstSequence(bytes);
  return !sequence.well_formed && sequence.length == bytes.size();
}

std::string RepairUtf8(absl::string_view bytes) {
  std::string result;
  result.reserve(bytes.size() + bytes.size() / 8 + 16);
  while (true) {
    const size_t valid = ValidUtf8PrefixLength(bytes);
    result.append(bytes.data(), valid);
    bytes.remove_prefix(valid);
    if (bytes.empty()) return result;
    result += "\xef\xbf\xbd";
    bytes.remove_prefix(FirstSequence(bytes).length);
  }
}

void Utf8Writer::PutUtf8(absl::string_view bytes) {
  if (bytes.size() > sizeof(buffer_) - used_) {
    Flush();
    if (bytes.size() > sizeof(buffer_)) {
      out_->append(bytes.data(), bytes.size());
      return;
    }
  }
  std::memcpy(buffer_ + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
}

void Utf8Writer::Flush() {
  out_->append(buffer_, used_);
  used_ = 0;
}

}  // namespace spindle
