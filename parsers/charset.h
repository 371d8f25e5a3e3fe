// The character encoding of a page: found, and undone into UTF-8.
//
// Stands between the decoded body (parsers/content_coding.h) and every parser of text, all of which
// take UTF-8. ResolveCharset decides by BOM, HTTP, the page's own markup and, last, by looking at
// the bytes; ToUtf8 converts by the rules of the WHATWG Encoding standard with ICU's tables. Any
// bytes are accepted: what cannot be decoded becomes U+FFFD. This unit does not parse HTML beyond
// the standard's prescan for <meta>.
//
// All functions are pure and thread-safe.

#ifndef SPINDLE_PARSERS_CHARSET_H_
#define SPINDLE_PARSERS_CHARSET_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "parsers/encoding.h"

namespace spindle {

// Who decided. In falling order of trust.
enum class CharsetSource : uint8_t {
  kBom,       // A byte order mark.
  kHttp,      // The charset parameter of Content-Type.
  kMeta,      // <meta>, or the encoding of an XML declaration.
  kUtf8,      // Nothing says so, but the bytes are valid UTF-8. ASCII ends here.
  kDetected,  // Statistics over the bytes.
  kDefault,   // Nothing: windows-1252, as browsers in the west do.
};

// "bom", "http", ...: for logs and records.
absl::string_view CharsetSourceName(CharsetSource source);

struct CharsetGuess {
  Encoding encoding = Encoding::kWindows1252;
  CharsetSource source = CharsetSource::kDefault;
};

// What finding the encoding may cost.
struct CharsetLimits {
  // Bytes that the prescan for <meta> reads (HTML standard section 13.2.3.2: at least 1,024
  // suffice).
  size_t prescan_bytes = 1024;
  // A <meta> behind prescan_bytes still counts up to here while the page is in its head and outside
  // of raw text: a browser's parser would meet it and start again. 0: not looked for.
  size_t late_meta_bytes = 64 << 10;
  // Bytes of text that the statistical detector is shown. 0: no detection.
  size_t detect_bytes = 4 << 10;
};

// The encoding of the page `bytes` whose Content-Type field is `content_type` ("" for none): BOM,
// HTTP, <meta>, valid UTF-8, detection, windows-1252, the first that has an answer. Unknown labels
// are passed over.
CharsetGuess ResolveCharset(absl::string_view bytes, absl::string_view content_type,
                            const CharsetLimits& limits = {});

// "Prescan a byte stream to determine its encoding" (HTML standard section 13.2.3.2) over all of
// `bytes`: what <meta> or an XML declaration says, UTF-16 corrected to UTF-8. nullopt where nothing
// is said.
std::optional<Encoding> PrescanMeta(absl::string_view bytes);

// What ICU's detector makes of bytes that nothing declares, nullopt where it is not sure enough.
// Looks at up to `max_bytes` of text around non-ASCII bytes outside of tags. Costs about a
// millisecond.
std::optional<Encoding> DetectEncoding(absl::string_view bytes, size_t max_bytes);

// Decodes `bytes` ("decode" of the Encoding standard, section 6, with the BOM of `encoding` itself
// removed) to well-formed UTF-8. Returns either a view into `bytes`, where they already are UTF-8,
// or a view of *storage, which it overwrites; the view lives as long as both. The result is at most
// three times as long as the input.
//
//   std::string storage;
//   const CharsetGuess guess = ResolveCharset(body, content_type);
//   const absl::string_view text = ToUtf8(body, guess.encoding, &storage);
absl::string_view ToUtf8(absl::string_view bytes, Encoding encoding, std::string* storage);

// The same for an owner of the bytes: moves them through where nothing needs to change.
std::string ToUtf8(std::string bytes, Encoding encoding);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_CHARSET_H_
