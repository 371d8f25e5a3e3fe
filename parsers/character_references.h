// HTML character references (`&amp;`, `&#8364;`, `&notin`) to UTF-8, by the WHATWG rules: the
// longest name of the standard's table wins, old names may lack their semicolon, numbers outside
// Unicode become U+FFFD and 0x80-0x9F are read as windows-1252. The tokenizer uses it for text and
// attribute values; nothing here knows tags. Any bytes are accepted and passed through.
//
// Stateless functions over an immutable table: safe from any thread.

#ifndef SPINDLE_PARSERS_CHARACTER_REFERENCES_H_
#define SPINDLE_PARSERS_CHARACTER_REFERENCES_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace spindle {

// Where a reference stands. In an attribute value a name without its semicolon is left alone when
// `=` or a letter or digit follows, so that `?a=1&copy=2` keeps its meaning.
enum class ReferenceContext { kText, kAttribute };

// Reads the reference at the start of `text` and appends its characters to `*out`. Returns the
// bytes consumed, or 0 with `*out` untouched where there is no reference: the `&` is then ordinary
// text. REQUIRES: text starts with '&'.
size_t DecodeCharacterReference(absl::string_view text, ReferenceContext context, std::string* out);

// Appends `text` to `*out` with all its references decoded. Linear in text.size(); the appended
// bytes are at most a fifth more than text.size().
void AppendWithReferencesDecoded(absl::string_view text, ReferenceContext context,
                                 std::string* out);

// Appends code point `code` as UTF-8. REQUIRES: a scalar value (at most 0x10FFFF, no surrogate).
void AppendUtf8(char32_t code, std::string* out);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_CHARACTER_REFERENCES_H_
