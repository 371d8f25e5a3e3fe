// The names of character encodings: the table of the WHATWG Encoding standard, section 4.2.
//
// Turns what headers and markup call an encoding into one of the forty that browsers know. Which
// one a page is in is decided by parsers/charset.h, which converts it too.
//
// Immutable tables and pure functions: thread-safe.

#ifndef SPINDLE_PARSERS_ENCODING_H_
#define SPINDLE_PARSERS_ENCODING_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace spindle {

// The encodings of the WHATWG Encoding standard (section 4.2), in its order. Values are not stored
// anywhere: records keep EncodingName().
enum class Encoding : uint8_t {
  kUtf8,
  kIbm866,
  kIso8859_2,
  kIso8859_3,
  kIso8859_4,
  kIso8859_5,
  kIso8859_6,
  kIso8859_7,
  kIso8859_8,
  kIso8859_8I,
  kIso8859_10,
  kIso8859_13,
  kIso8859_14,
  kIso8859_15,
  kIso8859_16,
  kKoi8R,
  kKoi8U,
  kMacintosh,
  kWindows874,
  kWindows1250,
  kWindows1251,
  kWindows1252,
  kWindows1253,
  kWindows1254,
  kWindows1255,
  kWindows1256,
  kWindows1257,
  kWindows1258,
  kXMacCyrillic,
  kGbk,
  kGb18030,
  kBig5,
  kEucJp,
  kIso2022Jp,
  kShiftJis,
  kEucKr,
  kReplacement,  // Encodings that are unsafe to decode: a page becomes one U+FFFD.
  kUtf16Be,
  kUtf16Le,
  kXUserDefined,
};
inline constexpr size_t kEncodingCount = static_cast<size_t>(Encoding::kXUserDefined) + 1;

// "UTF-8", "windows-1252", ...: the standard's name.
absl::string_view EncodingName(Encoding encoding);

// "Get an encoding" from a label such as "latin1" (section 4.2): case-insensitive, ASCII whitespace
// around it ignored. nullopt for labels that are not in the standard.
std::optional<Encoding> EncodingForLabel(absl::string_view label);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_ENCODING_H_
