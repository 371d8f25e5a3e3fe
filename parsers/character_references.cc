#include "parsers/character_references.h"

#include <cstdint>
#include <cstring>

namespace spindle {
namespace {

struct NamedReference {
  uint16_t name_offset;
  uint8_t name_length;
  uint8_t utf8_length;
  bool may_lack_semicolon;
  char utf8[7];
};

#include "parsers/character_references_table.inc"

constexpr char32_t kReplacement = 0xFFFD;

// What a numeric reference to 0x80-0x9F means: windows-1252, with 0 where that code page has no
// letter and the C1 control stays (HTML, "numeric character reference end state").
constexpr char16_t kC1Meaning[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

bool IsAsciiAlpha(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }
bool IsAsciiDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// The digit's value, or `base` or more where `c` is none.
unsigned DigitValue(char c, unsigned base) {
  if (IsAsciiDigit(c)) return c - '0';
  if (base == 16 && static_cast<unsigned char>((c | 0x20) - 'a') < 6) return (c | 0x20) - 'a' + 10;
  return base;
}

char32_t Sanitised(char32_t code) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return kReplacement;
  if (code >= 0x80 && code <= 0x9F && kC1Meaning[code - 0x80] != 0) return kC1Meaning[code - 0x80];
  return code;
}

// HTML, "numeric character reference state". `text` starts with "&#".
size_t DecodeNumeric(absl::string_view text, std::string* out) {
  size_t at = 2;
  unsigned base = 10;
  if (at < text.size() && (text[at] | 0x20) == 'x') {
    base = 16;
    ++at;
  }
  const size_t first_digit = at;
  char32_t code = 0;
  for (; at < text.size(); ++at) {
    const unsigned digit = DigitValue(text[at], base);
    if (digit >= base) break;
    if (code <= 0x10FFFF) code = code * base + digit;
  }
  if (at == first_digit) return 0;
  if (at < text.size() && text[at] == ';') ++at;
  AppendUtf8(Sanitised(code), out);
  return at;
}

// HTML, "named character reference state": narrows the range of names that share the text's prefix,
// one character a step, and keeps the longest name that was complete on the way.
size_t DecodeNamed(absl::string_view text, ReferenceContext context, std::string* out) {
  const char* const name = text.data() + 1;
  const size_t available = text.size() - 1;
  if (available == 0 || !IsAsciiAlpha(name[0])) return 0;
  size_t begin = kFirstEntry[name[0] - 'A'];
  size_t end = kFirstEntry[name[0] - 'A' + 1];
  const NamedReference* best = nullptr;
  size_t best_consumed = 0;
  for (size_t depth = 1; begin < end; ++depth) {
    const char next = depth < available ? name[depth] : '\0';
    // The shortest of the names with this prefix sorts first.
    const NamedReference& shortest = kNamedReferences[begin];
    if (shortest.name_length == depth) {
      if (next == ';') {
        out->append(shortest.utf8, shortest.utf8_length);
        return 1 + depth + 1;
      }
      if (shortest.may_lack_semicolon) {
        best = &shortest;
        best_consumed = 1 + depth;
      }
      ++begin;
    }
    const auto character_at = [depth](size_t entry) {
      return kNames[kNamedReferences[entry].name_offset + depth];
    };
    size_t low = begin;
    for (size_t high = end; low < high;) {
      const size_t middle = (low + high) / 2;
      if (character_at(middle) < next) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    begin = low;
    for (size_t high = end; low < high;) {
      const size_t middle = (low + high) / 2;
      if (character_at(middle) <= next) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    end = low;
  }
  if (best == nullptr) return 0;
  if (context == ReferenceContext::kAttribute && best_consumed < text.size()) {
    const char following = text[best_consumed];
    if (following == '=' || IsAsciiAlpha(following) || IsAsciiDigit(following)) return 0;
  }
  out->append(best->utf8, best->utf8_length);
  return best_consumed;
}

}  // namespace

void AppendUtf8(char32_t code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
    return;
  }
  if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | code >> 6));
  } else {
    if (code < 0x10000) {
      out->push_back(static_cast<char>(0xE0 | code >> 12));
    } else {
      out->push_back(static_cast<char>(0xF0 | code >> 18));
      out->push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    }
    out->push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
  }
  out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
}

size_t DecodeCharacterReference(absl::string_view text, ReferenceContext context,
                                std::string* out) {
  if (text.size() > 1 && text[1] == '#') return DecodeNumeric(text, out);
  return DecodeNamed(text, context, out);
}

void AppendWithReferencesDecoded(absl::string_view text, ReferenceContext context,
                                 std::string* out) {
  while (!text.empty()) {
    const void* const ampersand = std::memchr(text.data(), '&', text.size());
    if (ampersand == nullptr) break;
    const size_t before = static_cast<const char*>(ampersand) - text.data();
    out->append(text.data(), before);
    text.remove_prefix(before);
    size_t consumed = DecodeCharacterReference(text, context, out);
    if (consumed == 0) {
      out->push_back('&');
      consumed = 1;
    }
    text.remove_prefix(consumed);
  }
  out->append(text.data(), text.size());
}

}  // namespace spindle
