#include "parsers/mime.h"

#include <algorithm>
#include <limits>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace spindle {
namespace {

// RFC 9110 section 5.6.2.
bool IsTokenByte(char c) {
  return absl::ascii_isalnum(c) || (c != '\0' && absl::StrContains("!#$%&'*+-.^_`|~", c));
}

bool IsToken(absl::string_view text) { return !text.empty() && absl::c_all_of(text, IsTokenByte); }

bool IsHttpWhitespace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// MIME Sniffing section 2, "HTTP quoted-string token code point".
bool IsQuotedStringByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

absl::string_view TrimRight(absl::string_view text) {
  while (!text.empty() && IsHttpWhitespace(text.back())) text.remove_suffix(1);
  return text;
}

absl::string_view Trim(absl::string_view text) {
  while (!text.empty() && IsHttpWhitespace(text.front())) text.remove_prefix(1);
  return TrimRight(text);
}

// Takes everything before the first byte of `stops` off the front of `input`.
absl::string_view TakeUntil(absl::string_view stops, absl::string_view& input) {
  const absl::string_view taken = input.substr(0, input.find_first_of(stops));
  input.remove_prefix(taken.size());
  return taken;
}

// "Collect an HTTP quoted string" (Fetch section 2.2); `input` begins with the opening quote and is
// moved behind the closing one.
std::string TakeQuotedString(absl::string_view& input) {
  std::string value;
  input.remove_prefix(1);
  while (true) {
    absl::StrAppend(&value, TakeUntil("\"\\", input));
    if (input.empty()) return value;
    const char delimiter = input.front();
    input.remove_prefix(1);
    if (delimiter == '"') return value;
    if (input.empty()) {
      value += '\\';
      return value;
    }
    value += input.front();
    input.remove_prefix(1);
  }
}

// Takes one value off the front of a list in which quoted strings may hold commas ("get, decode,
// and split", Fetch section 2.2.2). False: that was the last.
bool TakeListMember(absl::string_view& input, absl::string_view& member) {
  const absl::string_view start = input;
  while (true) {
    TakeUntil("\",", input);
    if (input.empty() || input.front() == ',') break;
    TakeQuotedString(input);
    if (input.empty()) break;
  }
  member = start.substr(0, start.size() - input.size());
  while (!member.empty() && (member.front() == ' ' || member.front() == '\t')) {
    member.remove_prefix(1);
  }
  while (!member.empty() && (member.back() == ' ' || member.back() == '\t')) {
    member.remove_suffix(1);
  }
  if (input.empty()) return false;
  input.remove_prefix(1);
  return true;
}

constexpr absl::string_view kJavaScriptTypes[] = {
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
};

constexpr absl::string_view kFontTypes[] = {
    "application/font-cff",        "application/font-off",  "application/font-sfnt",
    "application/font-ttf",        "application/font-woff", "application/vnd.ms-fontobject",
    "application/vnd.ms-opentype",
};

// What browsers show or play by themselves, beyond the groups.
constexpr absl::string_view kSupportedTypes[] = {
    "application/ogg",
    "application/pdf",
    "application/wasm",
    "audio/aac",
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/wave",
    "audio/webm",
    "audio/x-wav",
    "font/collection",
    "font/otf",
    "font/sfnt",
    "font/ttf",
    "font/woff",
    "font/woff2",
    "image/apng",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/vnd.microsoft.icon",
    "image/webp",
    "image/x-icon",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/vtt",
    "video/mp4",
    "video/ogg",
    "video/webm",
};

// Archives and packed files that the standard's group leaves out.
constexpr absl::string_view kMoreArchiveTypes[] = {
    "application/gzip",
    "application/java-archive",
    "application/vnd.rar",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-compressed-tar",
    "application/x-gtar",
    "application/x-rar",
    "application/x-tar",
    "application/x-xz",
    "application/x-zip-compressed",
    "application/zstd",
};

// A row of the tables in MIME Sniffing section 6. A '?' in a pattern with a hole matches any byte.
struct Signature {
  absl::string_view pattern;
  absl::string_view essence;
  bool has_hole = false;
};

constexpr absl::string_view Bytes(const char* data, size_t size) { return {data, size}; }

constexpr Signature kTextSignatures[] = {
    {"%!PS-Adobe-", "application/postscript"},
    {Bytes("\xfe\xff??", 4), "text/plain", true},
    {Bytes("\xff\xfe??", 4), "text/plain", true},
    {Bytes("\xef\xbb\xbf?", 4), "text/plain", true},
};

constexpr Signature kImageSignatures[] = {
    {Bytes("\0\0\1\0", 4), "image/x-icon"},
    {Bytes("\0\0\2\0", 4), "image/x-icon"},
    {"BM", "image/bmp"},
    {"GIF87a", "image/gif"},
    {"GIF89a", "image/gif"},
    {"RIFF????WEBPVP", "image/webp", true},
    {"\x89PNG\r\n\x1a\n", "image/png"},
    {"\xff\xd8\xff", "image/jpeg"},
};

constexpr Signature kAudioVideoSignatures[] = {
    {"FORM????AIFF", "audio/aiff", true},    {"ID3", "audio/mpeg"},
    {Bytes("OggS\0", 5), "application/ogg"}, {Bytes("MThd\0\0\0\6", 8), "audio/midi"},
    {"RIFF????AVI ", "video/avi", true},     {"RIFF????WAVE", "audio/wave", true},
};

// The standard spells RAR's mark with a blank; files have an exclamation mark.
constexpr Signature kArchiveSignatures[] = {
    {"\x1f\x8b\x08", "application/x-gzip"},
    {"PK\3\4", "application/zip"},
    {"Rar!\x1a\x07", "application/x-rar-compressed"},
};

// Tags that begin an HTML page; a blank or '>' has to follow (section 7.1).
constexpr absl::string_view kHtmlStarts[] = {
    "<!DOCTYPE HTML", "<HTML", "<HEAD",  "<SCRIPT", "<IFRAME", "<H1",   "<DIV", "<FONT",
    "<TABLE",         "<A",    "<STYLE", "<TITLE",  "<B",      "<BODY", "<BR",  "<P",
    "<!--",
};

bool Matches(const Signature& signature, absl::string_view bytes) {
  if (!signature.has_hole) return absl::StartsWith(bytes, signature.pattern);
  if (bytes.size() < signature.pattern.size()) return false;
  for (size_t i = 0; i < signature.pattern.size(); ++i) {
    if (signature.pattern[i] != '?' && signature.pattern[i] != bytes[i]) return false;
  }
  return true;
}

template <typename Table>
absl::string_view FindSignature(const Table& table, absl::string_view bytes) {
  for (const Signature& signature : table) {
    if (Matches(signature, bytes)) return signature.essence;
  }
  return "";
}

// Section 6.2.1: an ftyp box that names a brand beginning with "mp4".
bool IsMp4(absl::string_view bytes) {
  if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return false;
  uint32_t box_bytes = 0;
  for (int i = 0; i < 4; ++i) box_bytes = box_bytes << 8 | static_cast<uint8_t>(bytes[i]);
  if (bytes.size() < box_bytes || box_bytes % 4 != 0) return false;
  if (bytes.substr(8, 3) == "mp4") return true;
  for (size_t at = 16; at < box_bytes; at += 4) {  // 12-15 is the version.
    if (bytes.substr(at, 3) == "mp4") return true;
  }
  return false;
}

// Section 6.2.2: an EBML header whose DocType (element 42 82) is "webm".
bool IsWebm(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, "\x1a\x45\xdf\xa3")) return false;
  const absl::string_view header = bytes.substr(0, 64);
  const size_t doc_type = header.substr(0, 40).find("\x42\x82");
  if (doc_type == absl::string_view::npos) return false;
  size_t at = doc_type + 2;
  if (at >= header.size()) return false;
  // The element's size is a number of as many bytes as its first has leading zero bits, plus one.
  const unsigned first = static_cast<uint8_t>(header[at]);
  at += first == 0 ? 8 : __builtin_clz(first) - 24 + 1;
  while (at < header.size() && header[at] == '\0') ++at;
  return at < header.size() && absl::StartsWith(header.substr(at), "webm");
}

absl::string_view FindAudioVideo(absl::string_view bytes) {
  const absl::string_view essence = FindSignature(kAudioVideoSignatures, bytes);
  if (!essence.empty()) return essence;
  if (IsMp4(bytes)) return "video/mp4";
  return IsWebm(bytes) ? "video/webm" : "";
}

// What only a file of that type begins with.
absl::string_view FindMedia(absl::string_view bytes) {
  absl::string_view essence = FindSignature(kImageSignatures, bytes);
  if (essence.empty()) essence = FindAudioVideo(bytes);
  if (essence.empty()) essence = FindSignature(kArchiveSignatures, bytes);
  return essence;
}

// Section 3, "binary data byte".
bool IsBinaryByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\f' && byte != '\r' &&
         byte != 0x1b;
}

bool HasBinaryByte(absl::string_view bytes) { return absl::c_any_of(bytes, IsBinaryByte); }

absl::string_view SkipWhitespace(absl::string_view bytes) {
  const size_t start = bytes.find_first_not_of(" \t\n\f\r");
  return start == absl::string_view::npos ? "" : bytes.substr(start);
}

bool StartsHtml(absl::string_view bytes) {
  bytes = SkipWhitespace(bytes);
  return absl::c_any_of(kHtmlStarts, [bytes](absl::string_view start) {
    return bytes.size() > start.size() && absl::StartsWithIgnoreCase(bytes, start) &&
           (bytes[start.size()] == ' ' || bytes[start.size()] == '>');
  });
}

// "Rules for identifying an unknown MIME type" (section 7.1).
absl::string_view SniffUnknown(absl::string_view bytes, bool sniff_scriptable) {
  if (sniff_scriptable) {
    if (StartsHtml(bytes)) return "text/html";
    if (absl::StartsWith(SkipWhitespace(bytes), "<?xml")) return "text/xml";
    if (absl::StartsWith(bytes, "%PDF-")) return "application/pdf";
  }
  absl::string_view essence = FindSignature(kTextSignatures, bytes);
  if (essence.empty()) essence = FindMedia(bytes);
  if (!essence.empty()) return essence;
  return HasBinaryByte(bytes) ? "application/octet-stream" : "text/plain";
}

// "Rules for distinguishing if a resource is text or binary" (section 7.2).
absl::string_view SniffTextOrBinary(absl::string_view bytes) {
  const bool is_text = absl::StartsWith(bytes, "\xfe\xff") || absl::StartsWith(bytes, "\xff\xfe") ||
                       absl::StartsWith(bytes, "\xef\xbb\xbf") || !HasBinaryByte(bytes);
  return is_text ? "text/plain" : "application/octet-stream";
}

// Moves `bytes` behind the first `end`; to the end where there is none.
void SkipPast(absl::string_view end, absl::string_view& bytes) {
  const size_t at = bytes.find(end);
  bytes.remove_prefix(at == absl::string_view::npos ? bytes.size() : at + end.size());
}

// The type of feed that the root element tells, "" where it is another's ("rules for sniffing
// feeds", section 7.3).
absl::string_view SniffFeed(absl::string_view bytes) {
  absl::ConsumePrefix(&bytes, "\xef\xbb\xbf");
  while (true) {
    bytes = SkipWhitespace(bytes);
    if (!absl::ConsumePrefix(&bytes, "<")) return "";
    if (absl::ConsumePrefix(&bytes, "!--")) {
      SkipPast("-->", bytes);
    } else if (absl::ConsumePrefix(&bytes, "!")) {
      SkipPast(">", bytes);
    } else if (absl::ConsumePrefix(&bytes, "?")) {
      SkipPast("?>", bytes);
    } else if (absl::StartsWith(bytes, "rss")) {
      return "application/rss+xml";
    } else if (absl::StartsWith(bytes, "feed")) {
      return "application/atom+xml";
    } else {
      const bool is_rss1 = absl::StartsWith(bytes, "rdf:RDF") &&
                           absl::StrContains(bytes, "http://purl.org/rss/1.0/") &&
                           absl::StrContains(bytes, "http://www.w3.org/1999/02/22-rdf-syntax-ns#");
      return is_rss1 ? "application/rss+xml" : "";
    }
  }
}

bool IsUnknownType(const MediaType& media_type) {
  return media_type.essence() == "unknown/unknown" ||
         media_type.essence() == "application/unknown" || media_type.essence() == "*/*";
}

// Section 5.1, the "Apache bug": what a server says of files that it knows nothing about.
bool IsServersDefault(const MediaType& media_type) {
  if (media_type.essence() != "text/plain" || media_type.parameters().size() > 1) return false;
  if (media_type.parameters().empty()) return true;
  const std::optional<absl::string_view> charset = media_type.Parameter("charset");
  return charset && (absl::EqualsIgnoreCase(*charset, "iso-8859-1") ||
                     absl::EqualsIgnoreCase(*charset, "utf-8"));
}

// Section 7, from step 2 on, and our own rule for mislabelled HTML. "" where `declared` is right.
absl::string_view SniffDeclared(const MediaType& declared, absl::string_view bytes) {
  if (IsServersDefault(declared)) return SniffTextOrBinary(bytes);
  if (declared.IsXml()) return "";
  if (declared.IsHtml()) {
    if (absl::StartsWith(bytes, "%PDF-")) return "application/pdf";
    // Signatures such as "BM" could begin a text as well.
    if (HasBinaryByte(bytes)) return FindMedia(bytes);
    return SniffFeed(bytes);
  }
  if (declared.IsImage()) return FindSignature(kImageSignatures, bytes);
  if (declared.IsAudioOrVideo()) return FindAudioVideo(bytes);
  return "";
}

}  // namespace

std::optional<MediaType> MediaType::Parse(absl::string_view input) {
  input = Trim(input);
  const absl::string_view type = TakeUntil("/", input);
  if (!IsToken(type) || input.empty()) return std::nullopt;
  input.remove_prefix(1);
  const absl::string_view subtype = TrimRight(TakeUntil(";", input));
  if (!IsToken(subtype)) return std::nullopt;
  MediaType result(absl::AsciiStrToLower(absl::StrCat(type, "/", subtype)), type.size());
  result.ParseParameters(input);
  return result;
}

// `input` is empty or begins with the semicolon before a parameter.
void MediaType::ParseParameters(absl::string_view input) {
  while (!input.empty() && parameters_.size() < kMaxParameters) {
    input.remove_prefix(1);
    while (!input.empty() && IsHttpWhitespace(input.front())) input.remove_prefix(1);
    const absl::string_view name = TakeUntil(";=", input);
    if (input.empty()) return;
    if (input.front() == ';') continue;
    input.remove_prefix(1);
    if (input.empty()) return;

    std::string value;
    if (input.front() == '"') {
      value = TakeQuotedString(input);
      TakeUntil(";", input);
    } else {
      value = std::string(TrimRight(TakeUntil(";", input)));
      if (value.empty()) continue;
    }
    if (!IsToken(name) || !absl::c_all_of(value, IsQuotedStringByte)) continue;
    std::string lower_case_name = absl::AsciiStrToLower(name);
    if (Parameter(lower_case_name)) continue;
    parameters_.emplace_back(std::move(lower_case_name), std::move(value));
  }
}

MediaType MediaType::FromEssence(absl::string_view essence) {
  return MediaType(std::string(essence), essence.find('/'));
}

std::optional<absl::string_view> MediaType::Parameter(absl::string_view lower_case_name) const {
  for (const auto& [name, value] : parameters_) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

std::string MediaType::ToString() const {
  std::string result = essence_;
  for (const auto& [name, value] : parameters_) {
    absl::StrAppend(&result, ";", name, "=");
    if (IsToken(value)) {
      result += value;
      continue;
    }
    result += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
    result += '"';
  }
  return result;
}

bool MediaType::IsImage() const { return type() == "image"; }

bool MediaType::IsAudioOrVideo() const {
  return type() == "audio" || type() == "video" || essence_ == "application/ogg";
}

bool MediaType::IsFont() const {
  return type() == "font" || absl::c_linear_search(kFontTypes, essence());
}

bool MediaType::IsZipBased() const {
  return absl::EndsWith(subtype(), "+zip") || essence_ == "application/zip";
}

bool MediaType::IsArchive() const {
  return essence_ == "application/zip" || essence_ == "application/x-gzip" ||
         essence_ == "application/x-rar-compressed";
}

bool MediaType::IsXml() const {
  return absl::EndsWith(subtype(), "+xml") || essence_ == "text/xml" ||
         essence_ == "application/xml";
}

bool MediaType::IsHtml() const { return essence_ == "text/html"; }

bool MediaType::IsScriptable() const {
  return IsXml() || IsHtml() || essence_ == "application/pdf";
}

bool MediaType::IsJavaScript() const { return absl::c_linear_search(kJavaScriptTypes, essence()); }

bool MediaType::IsJson() const {
  return absl::EndsWith(subtype(), "+json") || essence_ == "application/json" ||
         essence_ == "text/json";
}

std::optional<MediaType> ExtractMediaType(absl::string_view content_type) {
  std::optional<MediaType> result;
  std::optional<std::string> charset;  // That of the last run of equal essences.
  absl::string_view member;
  bool more = true;
  while (more) {
    more = TakeListMember(content_type, member);
    std::optional<MediaType> media_type = MediaType::Parse(member);
    if (!media_type || media_type->essence() == "*/*") continue;
    const std::optional<absl::string_view> own_charset = media_type->Parameter("charset");
    if (!result || media_type->essence() != result->essence()) {
      charset.reset();
      if (own_charset) charset = std::string(*own_charset);
    } else if (!own_charset && charset) {
      media_type->parameters_.emplace_back("charset", *charset);
    }
    result = std::move(media_type);
  }
  return result;
}

std::string MinimizedMediaType(const MediaType& media_type) {
  if (media_type.IsJavaScript()) return "text/javascript";
  if (media_type.IsJson()) return "application/json";
  if (media_type.essence() == "image/svg+xml") return "image/svg+xml";
  if (media_type.IsXml()) return "application/xml";
  if (absl::c_linear_search(kSupportedTypes, media_type.essence())) {
    return std::string(media_type.essence());
  }
  return "";
}

ContentLength ParseContentLength(absl::string_view content_length) {
  absl::string_view first;
  absl::string_view member;
  bool more = TakeListMember(content_length, first);
  while (more) {
    more = TakeListMember(content_length, member);
    if (member != first) return {ContentLength::Outcome::kConflicting};
  }
  if (first.empty() || !absl::c_all_of(first, absl::ascii_isdigit)) return {};
  uint64_t bytes = 0;
  for (const char c : first) {
    if (__builtin_mul_overflow(bytes, uint64_t{10}, &bytes) ||
        __builtin_add_overflow(bytes, static_cast<uint64_t>(c - '0'), &bytes)) {
      bytes = std::numeric_limits<uint64_t>::max();
      break;
    }
  }
  return {ContentLength::Outcome::kKnown, bytes};
}

absl::string_view ContentKindName(ContentKind kind) {
  switch (kind) {
    case ContentKind::kHtml:
      return "html";
    case ContentKind::kXml:
      return "xml";
    case ContentKind::kFeed:
      return "feed";
    case ContentKind::kText:
      return "text";
    case ContentKind::kCss:
      return "css";
    case ContentKind::kJavaScript:
      return "javascript";
    case ContentKind::kJson:
      return "json";
    case ContentKind::kPdf:
      return "pdf";
    case ContentKind::kImage:
      return "image";
    case ContentKind::kAudioVideo:
      return "audio_video";
    case ContentKind::kArchive:
      return "archive";
    case ContentKind::kFont:
      return "font";
    case ContentKind::kBinary:
      return "binary";
  }
  return "unknown";
}

ContentKind KindOf(const MediaType& media_type) {
  const absl::string_view essence = media_type.essence();
  if (media_type.IsHtml() || essence == "application/xhtml+xml") return ContentKind::kHtml;
  if (essence == "application/rss+xml" || essence == "application/atom+xml") {
    return ContentKind::kFeed;
  }
  if (media_type.IsImage()) return ContentKind::kImage;
  if (media_type.IsXml()) return ContentKind::kXml;
  if (essence == "text/css") return ContentKind::kCss;
  if (media_type.IsJavaScript()) return ContentKind::kJavaScript;
  if (media_type.IsJson()) return ContentKind::kJson;
  if (essence == "application/pdf" || essence == "application/x-pdf") return ContentKind::kPdf;
  if (media_type.IsAudioOrVideo()) return ContentKind::kAudioVideo;
  if (media_type.IsFont()) return ContentKind::kFont;
  if (media_type.IsArchive() || media_type.IsZipBased() ||
      absl::c_linear_search(kMoreArchiveTypes, essence) ||
      absl::StartsWith(essence, "application/vnd.openxmlformats-officedocument.") ||
      absl::StartsWith(essence, "application/vnd.oasis.opendocument.")) {
    return ContentKind::kArchive;
  }
  return media_type.type() == "text" ? ContentKind::kText : ContentKind::kBinary;
}

SniffedContent SniffContent(const MediaType* declared, absl::string_view first_bytes,
                            bool nosniff) {
  first_bytes = first_bytes.substr(0, kSniffBytes);
  SniffedContent result;
  if (declared == nullptr || IsUnknownType(*declared)) {
    result.media_type = MediaType::FromEssence(SniffUnknown(first_bytes, !nosniff));
  } else {
    const absl::string_view sniffed = nosniff ? "" : SniffDeclared(*declared, first_bytes);
    const bool keep = sniffed.empty() || sniffed == declared->essence();
    result.media_type = keep ? *declared : MediaType::FromEssence(sniffed);
  }
  result.kind = KindOf(result.media_type);
  if (result.kind == ContentKind::kXml && !SniffFeed(first_bytes).empty()) {
    result.kind = ContentKind::kFeed;
  }
  return result;
}

}  // namespace spindle
