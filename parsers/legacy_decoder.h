// Decoders for every encoding that is not UTF-8, by the algorithms of the WHATWG Encoding standard
// (sections 9 to 14) over tables that are made from ICU's converters when an encoding is first met.
//
// A part of parsers/charset.h, which callers use: it knows about BOMs and passes through what needs
// no decoding. ICU's own converters are not run over pages because they take other decisions on bad
// input; ICU's tables differ from the standard's in few places, and
// docs/decisions/050-charset-tables.md names those that are left.
//
// Pure functions: thread-safe. The tables, about 750 KiB if every encoding is met, live as long as
// the process.

#ifndef SPINDLE_PARSERS_LEGACY_DECODER_H_
#define SPINDLE_PARSERS_LEGACY_DECODER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "parsers/encoding.h"

namespace spindle {

// Appends `bytes`, decoded, to `*out`; at most three times as many bytes. What cannot be decoded
// becomes U+FFFD. BOMs are decoded like other characters. Decodes kUtf8 too.
void DecodeLegacy(absl::string_view bytes, Encoding encoding, std::string* out);

// True where ASCII bytes of a text that has no others mean themselves in `encoding`.
bool KeepsAscii(Encoding encoding);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_LEGACY_DECODER_H_
