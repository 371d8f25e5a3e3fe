#include "parsers/charset.h"

#include <unicode/ucsdet.h>

#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "parsers/legacy_decoder.h"
#include "parsers/mime.h"
#include "parsers/utf8.h"

namespace spindle {
namespace {

constexpr absl::string_view kWhitespace = "\t\n\f\r ";

bool IsWhitespace(char c) { return absl::StrContains(kWhitespace, c); }

std::optional<Encoding> EncodingOfBom(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\xef\xbb\xbf")) return Encoding::kUtf8;
  if (absl::StartsWith(bytes, "\xfe\xff")) return Encoding::kUtf16Be;
  if (absl::StartsWith(bytes, "\xff\xfe")) return Encoding::kUtf16Le;
  return std::nullopt;
}

// A page whose markup could be read as ASCII is not in UTF-16, whatever it says.
Encoding NotUtf16(Encoding encoding) {
  const bool is_utf16 = encoding == Encoding::kUtf16Be || encoding == Encoding::kUtf16Le;
  return is_utf16 ? Encoding::kUtf8 : encoding;
}

// "Extracting a character encoding from a meta element" (HTML section 2.6.5). `content` is in lower
// case.
std::optional<Encoding> EncodingInContent(absl::string_view content) {
  constexpr absl::string_view kCharset = "charset";
  const auto skip_whitespace = [&content] {
    content.remove_prefix(std::min(content.find_first_not_of(kWhitespace), content.size()));
  };
  while (true) {
    const size_t at = content.find(kCharset);
    if (at == absl::string_view::npos) return std::nullopt;
    content.remove_prefix(at + kCharset.size());
    skip_whitespace();
    if (absl::StartsWith(content, "=")) break;
  }
  content.remove_prefix(1);
  skip_whitespace();
  if (content.empty()) return std::nullopt;
  if (content.front() == '"' || content.front() == '\'') {
    const size_t end = content.find(content.front(), 1);
    if (end == absl::string_view::npos) return std::nullopt;
    return EncodingForLabel(content.substr(1, end - 1));
  }
  return EncodingForLabel(content.substr(0, content.find_first_of("\t\n\f\r ;")));
}

// "Get an XML encoding" (HTML section 13.2.3.2).
std::optional<Encoding> EncodingOfXmlDeclaration(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, "<?xml")) return std::nullopt;
  absl::string_view declaration = bytes.substr(0, bytes.find('>'));
  if (declaration.size() == bytes.size()) return std::nullopt;
  const size_t at = declaration.find("encoding");
  if (at == absl::string_view::npos) return std::nullopt;
  declaration.remove_prefix(at + absl::string_view("encoding").size());
  const auto skip_blanks = [&declaration] {
    while (!declaration.empty() && static_cast<uint8_t>(declaration.front()) <= 0x20) {
      declaration.remove_prefix(1);
    }
  };
  skip_blanks();
  if (!absl::StartsWith(declaration, "=")) return std::nullopt;
  declaration.remove_prefix(1);
  skip_blanks();
  if (declaration.empty() || (declaration.front() != '"' && declaration.front() != '\'')) {
    return std::nullopt;
  }
  const size_t end = declaration.find(declaration.front(), 1);
  if (end == absl::string_view::npos) return std::nullopt;
  const absl::string_view label = declaration.substr(1, end - 1);
  if (absl::c_any_of(label, [](char c) { return static_cast<uint8_t>(c) <= 0x20; })) {
    return std::nullopt;
  }
  const std::optional<Encoding> encoding = EncodingForLabel(label);
  if (!encoding) return std::nullopt;
  return NotUtf16(*encoding);
}

// Reads markup as the standard's prescan does, without its tokenizer. Once it is out of bytes, what
// it read last does not count: `exhausted` says so.
class MarkupReader {
 public:
  explicit MarkupReader(absl::string_view bytes) : bytes_(bytes) {}

  bool exhausted() const { return at_ >= bytes_.size(); }
  absl::string_view rest() const { return bytes_.substr(std::min(at_, bytes_.size())); }
  void Skip(size_t count) { at_ += count; }

  // Moves to the first of `stops`.
  void SkipTo(absl::string_view stops) { at_ = std::min(bytes_.find_first_of(stops, at_), End()); }

  // Moves behind the first `text`.
  void SkipPast(absl::string_view text) {
    const size_t found = bytes_.find(text, at_);
    at_ = found == absl::string_view::npos ? End() : found + text.size();
  }

  // "Get an attribute" (HTML section 13.2.3.2) into name() and value(), lower-cased. False: the tag
  // has no more.
  bool ReadAttribute() {
    name_.clear();
    value_.clear();
    while (!exhausted() && (IsWhitespace(Front()) || Front() == '/')) ++at_;
    if (exhausted() || Front() == '>') return false;
    // An equals sign in front belongs to the name.
    for (; !exhausted(); ++at_) {
      const char c = Front();
      if ((c == '=' && !name_.empty()) || IsWhitespace(c) || c == '/' || c == '>') break;
      name_ += absl::ascii_tolower(c);
    }
    if (exhausted() || Front() == '/' || Front() == '>') return true;
    SkipWhitespace();
    if (exhausted() || Front() != '=') return true;
    ++at_;
    SkipWhitespace();
    if (exhausted()) return true;
    if (Front() == '"' || Front() == '\'') {
      const char quote = Front();
      for (++at_; !exhausted() && Front() != quote; ++at_) value_ += absl::ascii_tolower(Front());
      if (!exhausted()) ++at_;
      return true;
    }
    for (; !exhausted() && !IsWhitespace(Front()) && Front() != '>'; ++at_) {
      value_ += absl::ascii_tolower(Front());
    }
    return true;
  }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  // Reads the attributes of a <meta> whose name has been read, and says what they declare; nullopt
  // where that is nothing, or the bytes end first.
  std::optional<Encoding> ReadMetaAttributes() {
    bool got_pragma = false;
    std::optional<bool> need_pragma;
    std::optional<Encoding> encoding;
    bool seen_http_equiv = false, seen_content = false, seen_charset = false;
    while (ReadAttribute()) {
      if (exhausted()) return std::nullopt;
      if (name_ == "http-equiv" && !std::exchange(seen_http_equiv, true)) {
        got_pragma = value_ == "content-type";
      } else if (name_ == "content" && !std::exchange(seen_content, true)) {
        // A charset attribute that came before, even one that names nothing, wins.
        if (encoding || seen_charset) continue;
        encoding = EncodingInContent(value_);
        if (encoding) need_pragma = true;
      } else if (name_ == "charset" && !std::exchange(seen_charset, true)) {
        encoding = EncodingForLabel(value_);
        need_pragma = false;
      }
    }
    if (!need_pragma || (*need_pragma && !got_pragma) || !encoding) return std::nullopt;
    if (*encoding == Encoding::kXUserDefined) return Encoding::kWindows1252;
    return NotUtf16(*encoding);
  }

 private:
  char Front() const { return bytes_[at_]; }
  size_t End() const { return bytes_.size(); }
  void SkipWhitespace() {
    while (!exhausted() && IsWhitespace(Front())) ++at_;
  }

  const absl::string_view bytes_;
  size_t at_ = 0;
  std::string name_;
  std::string value_;
};

// True where `rest` begins with '<' and a letter, after a slash or not.
bool StartsTag(absl::string_view rest) {
  if (rest.size() >= 2 && absl::ascii_isalpha(rest[1])) return true;
  return rest.size() >= 3 && rest[1] == '/' && absl::ascii_isalpha(rest[2]);
}

bool StartsMeta(absl::string_view rest) {
  return rest.size() > 5 && absl::StartsWithIgnoreCase(rest, "<meta") &&
         (IsWhitespace(rest[5]) || rest[5] == '/');
}

// Moves behind the attributes of a tag whose name has been read.
void SkipAttributes(MarkupReader& reader) {
  while (reader.ReadAttribute()) {
  }
}

// Elements of the head whose content is not markup, or not the page's own.
constexpr absl::string_view kOpaqueElements[] = {"noframes", "noscript", "script",
                                                 "style",    "template", "title"};
constexpr absl::string_view kHeadElements[] = {"base", "basefont", "bgsound", "head",
                                               "html", "link",     "meta"};

// Longer names than any of these need not be told apart.
constexpr size_t kMaxElementBytes = 16;

// Moves behind the end tag of `name`.
void SkipElement(absl::string_view name, MarkupReader& reader) {
  while (!reader.exhausted()) {
    reader.SkipPast("</");
    if (absl::StartsWithIgnoreCase(reader.rest(), name)) return reader.SkipPast(">");
  }
}

// The <meta> that a browser's parser would meet in the head, wherever that is in `bytes`, or
// anywhere if it begins in the first `prescan_bytes`.
std::optional<Encoding> FindMetaAsParser(absl::string_view bytes, size_t prescan_bytes) {
  MarkupReader reader(bytes);
  bool in_head = true;
  while (true) {
    reader.SkipTo("<");
    const absl::string_view rest = reader.rest();
    if (rest.empty()) return std::nullopt;
    if (!in_head && bytes.size() - rest.size() >= prescan_bytes) return std::nullopt;
    if (StartsMeta(rest)) {
      reader.Skip(5);
      const std::optional<Encoding> encoding = reader.ReadMetaAttributes();
      if (encoding) return encoding;
    } else if (absl::StartsWith(rest, "<!--")) {
      reader.Skip(2);
      reader.SkipPast("-->");
    } else if (StartsTag(rest) && rest[1] != '/') {
      const absl::string_view written =
          rest.substr(1, std::min(rest.find_first_of("\t\n\f\r />"), kMaxElementBytes + 1) - 1);
      const std::string name = absl::AsciiStrToLower(written);
      reader.Skip(1 + name.size());
      SkipAttributes(reader);
      if (absl::c_linear_search(kOpaqueElements, name)) {
        SkipElement(name, reader);
      } else if (!absl::c_linear_search(kHeadElements, name)) {
        in_head = false;
      }
    } else {
      if (absl::StartsWithIgnoreCase(rest, "</head")) in_head = false;
      reader.SkipTo(">");
    }
  }
}

// Shows the detector what it can judge by: text outside of tags, from the lines that hold bytes
// over 0x7f.
std::string TextSample(absl::string_view bytes, size_t max_bytes) {
  std::string sample;
  bool in_tag = false;
  std::string run;
  bool run_has_high_byte = false;
  const auto end_run = [&] {
    if (run_has_high_byte) {
      sample += run;
      sample += '\n';
    }
    run.clear();
    run_has_high_byte = false;
  };
  size_t at = AsciiPrefixLength(bytes);
  // The text before the first such byte is of its line.
  at -= std::min<size_t>(at, 64);
  for (; at < bytes.size() && sample.size() + run.size() < max_bytes; ++at) {
    const char c = bytes[at];
    if (c == '<' && at + 1 < bytes.size() &&
        (absl::ascii_isalpha(bytes[at + 1]) || bytes[at + 1] == '/' || bytes[at + 1] == '!')) {
      in_tag = true;
      end_run();
    } else if (c == '>' && in_tag) {
      in_tag = false;
    } else if (!in_tag) {
      if (c == '\n') {
        end_run();
      } else {
        run += c;
        if (static_cast<uint8_t>(c) >= 0x80) run_has_high_byte = true;
      }
    }
  }
  end_run();
  return sample;
}

// Well-formed, or cut off in the middle of what is not the first character of more than one byte.
bool LooksLikeUtf8(absl::string_view bytes) {
  const size_t valid = ValidUtf8PrefixLength(bytes);
  if (valid == bytes.size()) return true;
  return AsciiPrefixLength(bytes) < valid && IsCutUtf8Sequence(bytes.substr(valid));
}

// ICU gives 10 for "can be anything"; below this its guess is worse than windows-1252.
constexpr int kMinConfidence = 20;

// For what ICU, which has no statistics of Thai, leaves undecided: all bytes over 0x7f are Thai
// letters, and no vowel sign or tone mark stands where there is no letter before it.
bool LooksLikeThai(absl::string_view sample) {
  constexpr size_t kMinLetters = 16;
  size_t letters = 0, marks = 0;
  uint8_t before = 0;
  for (const char c : sample) {
    const auto byte = static_cast<uint8_t>(c);
    const bool is_mark =
        byte == 0xd1 || (byte >= 0xd4 && byte <= 0xda) || (byte >= 0xe7 && byte <= 0xee);
    if (byte >= 0x80) {
      if (byte < 0xa0 || (byte > 0xda && byte < 0xdf) || byte > 0xfb) return false;
      if (is_mark && before < 0xa1) return false;
      ++letters;
      marks += is_mark;
    }
    before = byte;
  }
  return letters >= kMinLetters && marks * 20 >= letters;
}

// What ICU's name for an encoding stands for on the web, nullopt for what is not there.
std::optional<Encoding> EncodingForIcuName(absl::string_view name) {
  const std::optional<Encoding> encoding = EncodingForLabel(name);
  // UTF-16 is not guessed, as browsers do not.
  if (!encoding || NotUtf16(*encoding) != *encoding) return std::nullopt;
  // Windows' superset has the same letters.
  if (*encoding == Encoding::kIso8859_8 || *encoding == Encoding::kIso8859_8I) {
    return Encoding::kWindows1255;
  }
  return encoding;
}

std::optional<Encoding> AskIcu(absl::string_view sample) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, void (*)(UCharsetDetector*)> detector(ucsdet_open(&error),
                                                                                ucsdet_close);
  if (U_FAILURE(error)) return std::nullopt;
  ucsdet_setText(detector.get(), sample.data(), sample.size(), &error);
  const UCharsetMatch* const match = ucsdet_detect(detector.get(), &error);
  if (U_FAILURE(error) || match == nullptr) return std::nullopt;
  if (ucsdet_getConfidence(match, &error) < kMinConfidence) return std::nullopt;
  const char* const name = ucsdet_getName(match, &error);
  if (U_FAILURE(error) || name == nullptr) return std::nullopt;
  return EncodingForIcuName(name);
}

}  // namespace

absl::string_view CharsetSourceName(CharsetSource source) {
  switch (source) {
    case CharsetSource::kBom:
      return "bom";
    case CharsetSource::kHttp:
      return "http";
    case CharsetSource::kMeta:
      return "meta";
    case CharsetSource::kUtf8:
      return "utf8";
    case CharsetSource::kDetected:
      return "detected";
    case CharsetSource::kDefault:
      return "default";
  }
  return "unknown";
}

std::optional<Encoding> PrescanMeta(absl::string_view bytes) {
  if (absl::StartsWith(bytes, absl::string_view("<\0?\0x\0", 6))) return Encoding::kUtf16Le;
  if (absl::StartsWith(bytes, absl::string_view("\0<\0?\0x", 6))) return Encoding::kUtf16Be;
  MarkupReader reader(bytes);
  while (true) {
    reader.SkipTo("<");
    const absl::string_view rest = reader.rest();
    if (rest.empty()) return EncodingOfXmlDeclaration(bytes);
    if (absl::StartsWith(rest, "<!--")) {
      reader.Skip(2);  // The dashes may be those of the end, too.
      reader.SkipPast("-->");
      continue;
    }
    if (StartsMeta(rest)) {
      reader.Skip(5);
      const std::optional<Encoding> encoding = reader.ReadMetaAttributes();
      if (encoding && !reader.exhausted()) return encoding;
    } else if (StartsTag(rest)) {
      reader.SkipTo("\t\n\f\r >");
      SkipAttributes(reader);
    } else if (rest.size() >= 2 && absl::StrContains("!/?", rest[1])) {
      reader.SkipTo(">");
    }
    reader.Skip(1);
  }
}

std::optional<Encoding> DetectEncoding(absl::string_view bytes, size_t max_bytes) {
  const std::string sample = TextSample(bytes, max_bytes);
  if (sample.empty()) return std::nullopt;
  if (const auto encoding = AskIcu(sample)) return encoding;
  if (LooksLikeThai(sample)) return Encoding::kWindows874;
  return std::nullopt;
}

CharsetGuess ResolveCharset(absl::string_view bytes, absl::string_view content_type,
                            const CharsetLimits& limits) {
  if (const auto bom = EncodingOfBom(bytes)) return {*bom, CharsetSource::kBom};
  if (!content_type.empty()) {
    const std::optional<MediaType> media_type = ExtractMediaType(content_type);
    if (media_type) {
      const auto label = media_type->Parameter("charset");
      const auto encoding = label ? EncodingForLabel(*label) : std::nullopt;
      if (encoding) return {*encoding, CharsetSource::kHttp};
    }
  }
  if (const auto meta = PrescanMeta(bytes.substr(0, limits.prescan_bytes))) {
    return {*meta, CharsetSource::kMeta};
  }
  if (const auto meta =
          FindMetaAsParser(bytes.substr(0, limits.late_meta_bytes), limits.prescan_bytes)) {
    return {*meta, CharsetSource::kMeta};
  }
  if (LooksLikeUtf8(bytes)) {
    // ISO-2022-JP is ASCII to the eye of a UTF-8 decoder.
    const bool is_iso2022jp =
        absl::StrContains(bytes, '\x1b') &&
        (absl::StrContains(bytes, "\x1b$B") || absl::StrContains(bytes, "\x1b$@"));
    if (is_iso2022jp) return {Encoding::kIso2022Jp, CharsetSource::kDetected};
    return {Encoding::kUtf8, CharsetSource::kUtf8};
  }
  if (const auto detected = DetectEncoding(bytes, limits.detect_bytes)) {
    return {*detected, CharsetSource::kDetected};
  }
  return {Encoding::kWindows1252, CharsetSource::kDefault};
}

absl::string_view ToUtf8(absl::string_view bytes, Encoding encoding, std::string* storage) {
  if (EncodingOfBom(bytes) == encoding) bytes.remove_prefix(encoding == Encoding::kUtf8 ? 3 : 2);
  const bool is_utf8 = encoding == Encoding::kUtf8
                           ? IsValidUtf8(bytes)
                           : KeepsAscii(encoding) && AsciiPrefixLength(bytes) == bytes.size();
  if (is_utf8) return bytes;
  storage->clear();
  if (encoding == Encoding::kUtf8) {
    *storage = RepairUtf8(bytes);
  } else {
    storage->reserve(bytes.size() + bytes.size() / 2);
    DecodeLegacy(bytes, encoding, storage);
  }
  return *storage;
}

std::string ToUtf8(std::string bytes, Encoding encoding) {
  std::string storage;
  const absl::string_view text = ToUtf8(bytes, encoding, &storage);
  if (text.data() == storage.data() && !text.empty()) return storage;
  // A view into the bytes lacks at most a BOM in front.
  bytes.erase(0, bytes.size() - text.size());
  return bytes;
}

}  // namespace spindle
