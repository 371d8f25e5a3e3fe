// Media types: parsing, writing and sniffing them by the rules of the WHATWG MIME Sniffing
// standard, and the two HTTP fields whose combined values need rules of their own (Fetch standard):
// Content-Type, Content-Length.
//
// A crawler asks twice: at the headers, whether it wants the body at all (ExtractMediaType), and
// over the first bytes, what the body really is (SniffContent) so that the right parser gets it.
// This unit does not decode charsets and does not look further into a body than kSniffBytes.
//
// Immutable values and pure functions: thread-safe.

#ifndef SPINDLE_PARSERS_MIME_H_
#define SPINDLE_PARSERS_MIME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace spindle {

// A media type such as `text/html;charset=gbk`: a type, a subtype and parameters in order.
//
// Bytes are read as isomorphic (Latin-1) characters, as HTTP fields are: 0x80-0xFF may stand in
// parameter values. Type, subtype and parameter names are lower case; values are as written.
class MediaType {
 public:
  // Parameters after the first kMaxParameters are dropped.
  static constexpr size_t kMaxParameters = 32;

  // "Parse a MIME type" (MIME Sniffing section 4.4); nullopt where it fails. Takes time linear in
  // the input.
  static std::optional<MediaType> Parse(absl::string_view input);

  // REQUIRES: `essence` is a valid lower-case "type/subtype".
  static MediaType FromEssence(absl::string_view essence);

  // "text/html"
  absl::string_view essence() const { return essence_; }
  // "text"
  absl::string_view type() const { return absl::string_view(essence_).substr(0, slash_); }
  // "html"
  absl::string_view subtype() const { return absl::string_view(essence_).substr(slash_ + 1); }

  // Value of the parameter called `lower_case_name`, nullopt where there is none. Valid as long as
  // this object stays as it is.
  std::optional<absl::string_view> Parameter(absl::string_view lower_case_name) const;

  // Name and value pairs, no name twice.
  const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }

  // "Serialize a MIME type" (section 4.5): values are quoted where they must be.
  std::string ToString() const;

  // The groups of section 4.6.
  bool IsImage() const;
  bool IsAudioOrVideo() const;
  bool IsFont() const;
  bool IsZipBased() const;
  bool IsArchive() const;
  bool IsXml() const;
  bool IsHtml() const;
  bool IsScriptable() const;
  bool IsJavaScript() const;
  bool IsJson() const;

  friend bool operator==(const MediaType& a, const MediaType& b) {
    return a.essence_ == b.essence_ && a.parameters_ == b.parameters_;
  }

 private:
  friend std::optional<MediaType> ExtractMediaType(absl::string_view content_type);

  MediaType(std::string essence, size_t slash) : essence_(std::move(essence)), slash_(slash) {}

  void ParseParameters(absl::string_view input);

  std::string essence_;
  size_t slash_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

// "Extract a MIME type" (Fetch section 3.5) from the value of Content-Type; several fields are
// joined with
// ", " first. The last valid type counts; it inherits the charset of an equal essence before it.
// nullopt where no valid type is found.
std::optional<MediaType> ExtractMediaType(absl::string_view content_type);

// "Minimize a supported MIME type" (MIME Sniffing section 4.7) for records and statistics:
// text/javascript, application/json, image/svg+xml or application/xml for their kin; the essence of
// a type that browsers show or play; otherwise "".
std::string MinimizedMediaType(const MediaType& media_type);

// What Content-Length says (Fetch, "extract a length").
struct ContentLength {
  enum class Outcome {
    kKnown,        // `bytes` is the length; saturates at the largest uint64_t.
    kUnknown,      // Absent, empty or not a number: the body ends where it ends.
    kConflicting,  // Values that differ: the message cannot be trusted (RFC 9112 section 6.3).
  };
  Outcome outcome = Outcome::kUnknown;
  uint64_t bytes = 0;
};

// Reads the value of Content-Length; several fields are joined with "," first.
ContentLength ParseContentLength(absl::string_view content_length);

// What a body is for the crawler: which parser, if any, takes it.
enum class ContentKind {
  kHtml,  // text/html and application/xhtml+xml.
  kXml,   // Other XML: sitemaps among them. SVG is kImage.
  kFeed,  // RSS or Atom, by type or by root element.
  kText,
  kCss,
  kJavaScript,
  kJson,  // JSON Feed included.
  kPdf,
  kImage,
  kAudioVideo,
  kArchive,  // zip and its kin (office documents too), gzip, rar, ...
  kFont,
  kBinary,  // Everything else, and what looks like nothing.
};

// "html", "xml", ...: for logs and records.
absl::string_view ContentKindName(ContentKind kind);

// The kind that a media type stands for, with no bytes seen. For the decision at the headers.
ContentKind KindOf(const MediaType& media_type);

// Bytes of a body's start that SniffContent looks at ("resource header", MIME Sniffing
// section 5.2).
inline constexpr size_t kSniffBytes = 1445;

struct SniffedContent {
  ContentKind kind = ContentKind::kBinary;
  // The computed MIME type; keeps the declared one's parameters where it is the declared one.
  MediaType media_type = MediaType::FromEssence("application/octet-stream");
};

// The computed MIME type (MIME Sniffing section 7) of a body that begins with `first_bytes`,
// content codings undone; only its first kSniffBytes are looked at. `declared` is what Content-Type
// says or null. `nosniff` is the X-Content-Type-Options flag (Fetch), as browsers honour it.
//
// Beyond the standard, which protects browsers where a crawler only picks a parser:
// - the kind of XML whose root is that of RSS or Atom is kFeed (its type stays as declared);
// - what is declared text/html but begins as PDF, or as an image, audio, video or archive and holds
// bytes that
//   no text has, is that;
// - MP3 audio without an ID3 tag is not recognised where nothing is declared.
SniffedContent SniffContent(const MediaType* declared, absl::string_view first_bytes, bool nosniff);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_MIME_H_
