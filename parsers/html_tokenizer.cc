#include "parsers/html_tokenizer.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "parsers/character_references.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace spindle {
namespace {

constexpr char kReplacementUtf8[] = "\xEF\xBF\xBD";

// Classes of bytes, for tests that are made once per byte.
enum : uint8_t {
  kSpace = 1,          // tab, LF, FF, CR (which stands for LF) and space
  kEndsTagName = 2,    // kSpace / >
  kEndsAttribute = 4,  // kSpace / > =
  kEndsUnquoted = 8,   // kSpace >
  kToDecode = 16,      // & CR NUL
  kNotPlainName = 32,  // upper case and NUL
};

struct ByteClasses {
  uint8_t of[256] = {};

  constexpr ByteClasses() {
    for (const char c : {'\t', '\n', '\f', '\r', ' '}) {
      at(c) |= kSpace | kEndsTagName | kEndsAttribute | kEndsUnquoted;
    }
    at('/') |= kEndsTagName | kEndsAttribute;
    at('>') |= kEndsTagName | kEndsAttribute | kEndsUnquoted;
    at('=') |= kEndsAttribute;
    for (const char c : {'&', '\r', '\0'}) at(c) |= kToDecode;
    for (char c = 'A'; c <= 'Z'; ++c) at(c) |= kNotPlainName;
    at('\0') |= kNotPlainName;
  }

  constexpr uint8_t& at(char c) { return of[static_cast<unsigned char>(c)]; }
};

constexpr ByteClasses kByteClasses;

inline bool Is(char c, uint8_t classes) {
  return (kByteClasses.of[static_cast<unsigned char>(c)] & classes) != 0;
}

inline bool IsAlpha(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }

// The first byte of class `classes` in [at, end), or end.
inline const char* FindClass(const char* at, const char* end, uint8_t classes) {
  while (at != end && !Is(*at, classes)) ++at;
  return at;
}

inline const char* SkipSpace(const char* at, const char* end) {
  while (at != end && Is(*at, kSpace)) ++at;
  return at;
}

// The first `c` in [at, end), or end. What is sought is mostly near: the first bytes are looked at
// without a call, the rest is the C library's, which has the machine's widest vectors.
inline const char* FindByte(const char* at, const char* end, char c) {
#if defined(__SSE2__)
  const __m128i sought = _mm_set1_epi8(c);
  for (int blocks = 0; blocks < 4 && end - at >= 16; ++blocks, at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(block, sought));
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  if (at == end) return end;
  const void* const found = std::memchr(at, c, static_cast<size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

// The first byte of class kToDecode in [at, end), or end. Few values and texts have one.
inline const char* FindToDecode(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i found = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('&')),
                                       _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('\r')),
                                                    _mm_cmpeq_epi8(block, _mm_setzero_si128())));
    const int mask = _mm_movemask_epi8(found);
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  return FindClass(at, end, kToDecode);
}

inline absl::string_view Slice(const char* from, const char* to) {
  return absl::string_view(from, static_cast<size_t>(to - from));
}

// Up to eight letters as one number, in lower case.
constexpr uint64_t Packed(const char* name, size_t size) {
  uint64_t word = 0;
  for (size_t i = 0; i < size; ++i) {
    word |= uint64_t{static_cast<unsigned char>(name[i] | 0x20)} << (8 * i);
  }
  return word;
}

template <size_t kSize>
constexpr uint64_t Packed(const char (&name)[kSize]) {
  static_assert(kSize - 1 <= 8);
  return Packed(name, kSize - 1);
}

HtmlTag LongTagNamed(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "plaintext")) return HtmlTag::kPlaintext;
  if (absl::EqualsIgnoreCase(name, "foreignobject")) return HtmlTag::kForeignObject;
  if (absl::EqualsIgnoreCase(name, "annotation-xml")) return HtmlTag::kAnnotationXml;
  return HtmlTag::kOther;
}

}  // namespace

HtmlTag HtmlTagNamed(absl::string_view name) {
  if (name.size() > 8) return name.size() > 14 ? HtmlTag::kOther : LongTagNamed(name);
  // Setting bit 5 makes lower case of letters and no letter of anything else.
  switch (Packed(name.data(), name.size())) {
    case Packed("a"):
      return HtmlTag::kA;
    case Packed("area"):
      return HtmlTag::kArea;
    case Packed("audio"):
      return HtmlTag::kAudio;
    case Packed("base"):
      return HtmlTag::kBase;
    case Packed("body"):
      return HtmlTag::kBody;
    case Packed("button"):
      return HtmlTag::kButton;
    case Packed("desc"):
      return HtmlTag::kDesc;
    case Packed("embed"):
      return HtmlTag::kEmbed;
    case Packed("form"):
      return HtmlTag::kForm;
    case Packed("frame"):
      return HtmlTag::kFrame;
    case Packed("frameset"):
      return HtmlTag::kFrameset;
    case Packed("html"):
      return HtmlTag::kHtml;
    case Packed("iframe"):
      return HtmlTag::kIframe;
    case Packed("image"):
      return HtmlTag::kImage;
    case Packed("img"):
      return HtmlTag::kImg;
    case Packed("input"):
      return HtmlTag::kInput;
    case Packed("link"):
      return HtmlTag::kLink;
    case Packed("math"):
      return HtmlTag::kMath;
    case Packed("meta"):
      return HtmlTag::kMeta;
    case Packed("mi"):
      return HtmlTag::kMi;
    case Packed("mn"):
      return HtmlTag::kMn;
    case Packed("mo"):
      return HtmlTag::kMo;
    case Packed("ms"):
      return HtmlTag::kMs;
    case Packed("mtext"):
      return HtmlTag::kMtext;
    case Packed("noembed"):
      return HtmlTag::kNoembed;
    case Packed("noframes"):
      return HtmlTag::kNoframes;
    case Packed("noscript"):
      return HtmlTag::kNoscript;
    case Packed("object"):
      return HtmlTag::kObject;
    case Packed("script"):
      return HtmlTag::kScript;
    case Packed("select"):
      return HtmlTag::kSelect;
    case Packed("source"):
      return HtmlTag::kSource;
    case Packed("style"):
      return HtmlTag::kStyle;
    case Packed("svg"):
      return HtmlTag::kSvg;
    case Packed("template"):
      return HtmlTag::kTemplate;
    case Packed("textarea"):
      return HtmlTag::kTextarea;
    case Packed("title"):
      return HtmlTag::kTitle;
    case Packed("track"):
      return HtmlTag::kTrack;
    case Packed("video"):
      return HtmlTag::kVideo;
    case Packed("xmp"):
      return HtmlTag::kXmp;
    default:
      return HtmlTag::kOther;
  }
}

HtmlTokenizer::HtmlTokenizer(absl::string_view input, size_t max_attributes)
    : begin_(input.data()),
      end_(input.data() + input.size()),
      max_attributes_(max_attributes),
      at_(begin_) {}

bool HtmlTokenizer::Next(HtmlToken* token) {
  while (at_ != end_) {
    switch (content_) {
      case HtmlContent::kData: {
        const char* const markup = FindMarkup(at_);
        if (markup != at_) {
          if (ReadText(markup, token)) return true;
          if (markup == end_) return false;
        }
        if (ReadMarkup(token)) return true;
        break;
      }
      case HtmlContent::kPlaintext:
        return ReadText(end_, token);
      case HtmlContent::kCdata: {
        const absl::string_view rest = Slice(at_, end_);
        const size_t close = rest.find("]]>");
        const bool reported =
            ReadText(close == absl::string_view::npos ? end_ : at_ + close, token);
        content_ = HtmlContent::kData;
        if (at_ != end_) at_ += 3;
        if (reported) return true;
        break;
      }
      case HtmlContent::kRcdata:
      case HtmlContent::kRawtext:
      case HtmlContent::kScript: {
        const char* const text_end =
            content_ == HtmlContent::kScript ? FindScriptEnd(at_) : FindEndTag(at_);
        const bool reported = ReadText(text_end, token);
        content_ = HtmlContent::kData;
        if (reported) return true;
        break;
      }
    }
  }
  return false;
}

// Moves to `text_end` and fills in the text passed over. False where it is empty or not reported.
bool HtmlTokenizer::ReadText(const char* text_end, HtmlToken* token) {
  const absl::string_view source = Slice(at_, text_end);
  at_ = text_end;
  if (source.empty() || !filter_.text) return false;
  token->kind = HtmlToken::Kind::kText;
  token->content = content_;
  token->source = source;
  return true;
}

// The first '<' at or after `from` that is not itself text ("tag open state"), or the end.
const char* HtmlTokenizer::FindMarkup(const char* from) const {
  for (;; ++from) {
    from = FindByte(from, end_, '<');
    if (from == end_) return end_;
    const ptrdiff_t left = end_ - from;
    if (left < 2) return end_;
    const char next = from[1];
    if (IsAlpha(next) || next == '!' || next == '?') return from;
    if (next == '/' && left > 2) return from;
  }
}

// REQUIRES: at_ is what FindMarkup() returned, not the end.
bool HtmlTokenizer::ReadMarkup(HtmlToken* token) {
  const char next = at_[1];
  if (next == '!') return ReadDeclaration(token);
  if (next == '?') return ReadBogusComment(at_ + 1, token);
  if (next != '/') return ReadTag(HtmlToken::Kind::kStartTag, at_ + 1, token);
  if (IsAlpha(at_[2])) return ReadTag(HtmlToken::Kind::kEndTag, at_ + 2, token);
  if (at_[2] != '>') return ReadBogusComment(at_ + 2, token);
  at_ += 3;
  return false;
}

bool HtmlTokenizer::ReadTag(HtmlToken::Kind kind, const char* name, HtmlToken* token) {
  const char* const name_end = FindClass(name, end_, kEndsTagName);
  const absl::string_view source = Slice(name, name_end);
  const HtmlTag tag = HtmlTagNamed(source);
  const bool is_start = kind == HtmlToken::Kind::kStartTag;
  const bool reported = (is_start ? filter_.start_tags : filter_.end_tags).Contains(tag);
  bool self_closing = false;
  const char* tag_end;
  attributes_.clear();
  if (is_start && reported && filter_.attributes.Contains(tag)) {
    attribute_names_seen_ = 0;
    tag_end = ReadAttributes<true>(name_end, &self_closing);
  } else {
    tag_end = ReadAttributes<false>(name_end, &self_closing);
  }
  if (tag_end == nullptr) {
    at_ = end_;
    return false;
  }
  at_ = tag_end;
  if (is_start) last_start_name_ = source;
  if (!reported) return false;
  token->kind = kind;
  token->tag = tag;
  token->self_closing = self_closing;
  token->source = source;
  token->attributes = is_start ? &attributes_ : nullptr;
  return true;
}

// From the end of a tag's name to behind its '>', or null where the input ends before it. The
// states "before attribute name" to "self-closing start tag", each at one place of the loop.
template <bool kRecord>
const char* HtmlTokenizer::ReadAttributes(const char* at, bool* self_closing) {
  const char* const end = end_;
  for (;;) {
    bool after_slash = false;
    for (; at != end && Is(*at, kSpace | kEndsTagName); ++at) {
      if (*at == '>') {
        *self_closing = after_slash;
        return at + 1;
      }
      after_slash = *at == '/';
    }
    if (at == end) return nullptr;
    const char* const name = at;
    at = FindClass(at + 1, end, kEndsAttribute);  // a first '=' is part of the name
    const absl::string_view name_source = Slice(name, at);
    at = SkipSpace(at, end);
    if (at == end) return nullptr;
    if (*at != '=') {
      if (kRecord) Record(name_source, absl::string_view());
      continue;
    }
    at = SkipSpace(at + 1, end);
    if (at == end) return nullptr;
    if (*at == '"' || *at == '\'') {
      const char* const value_end = FindByte(at + 1, end, *at);
      if (value_end == end) return nullptr;
      if (kRecord) Record(name_source, Slice(at + 1, value_end));
      at = value_end + 1;
      continue;
    }
    const char* const value_end = FindClass(at, end, kEndsUnquoted);
    if (value_end == end) return nullptr;
    if (kRecord) Record(name_source, Slice(at, value_end));
    at = value_end;
    if (*at == '>') return at + 1;  // not self-closing: a '/' before it was the value's
  }
}

void HtmlTokenizer::Record(absl::string_view name, absl::string_view value) {
  if (attributes_.size() >= max_attributes_) return;
  const unsigned hash = static_cast<unsigned>(name.size()) * 7 +
                        static_cast<unsigned char>(name.front() | 0x20) * 31 +
                        static_cast<unsigned char>(name.back() | 0x20);
  const uint64_t bit = uint64_t{1} << (hash & 63);
  if ((attribute_names_seen_ & bit) != 0) {
    for (const HtmlSourceAttribute& attribute : attributes_) {
      if (absl::EqualsIgnoreCase(attribute.name, name)) return;
    }
  }
  attribute_names_seen_ |= bit;
  attributes_.push_back({name, value});
}

// At "<!" ("markup declaration open state").
bool HtmlTokenizer::ReadDeclaration(HtmlToken* token) {
  const absl::string_view rest = Slice(at_ + 2, end_);
  if (absl::StartsWith(rest, "--")) return ReadComment(token);
  constexpr absl::string_view kDoctype = "doctype";
  if (absl::StartsWithIgnoreCase(rest, kDoctype)) {
    const char* const source = rest.data() + kDoctype.size();
    const char* close = FindByte(source, end_, '>');
    if (close != end_) ++close;
    at_ = close;
    if (!filter_.doctypes) return false;
    token->kind = HtmlToken::Kind::kDoctype;
    token->source = Slice(source, close);
    return true;
  }
  constexpr absl::string_view kCdataOpen = "[CDATA[";
  if (allow_cdata_ && absl::StartsWith(rest, kCdataOpen)) {
    at_ = rest.data() + kCdataOpen.size();
    content_ = HtmlContent::kCdata;
    return false;
  }
  return ReadBogusComment(rest.data(), token);
}

// From `data` to the next '>' or the end ("bogus comment state").
bool HtmlTokenizer::ReadBogusComment(const char* data, HtmlToken* token) {
  const char* const close = FindByte(data, end_, '>');
  at_ = close == end_ ? end_ : close + 1;
  if (!filter_.comments) return false;
  token->kind = HtmlToken::Kind::kComment;
  token->source = Slice(data, close);
  return true;
}

// At "<!--". The comment states come to this: it ends at the first "-->" or "--!>", where the
// dashes may be those of the opening only in "<!-->" and "<!--->"; at the end of the input, an
// unfinished end is not part of the data.
bool HtmlTokenizer::ReadComment(HtmlToken* token) {
  const char* const data = at_ + 4;
  const char* data_end = nullptr;
  const char* close = FindByte(data, end_, '>');
  for (; close != end_; close = FindByte(close + 1, end_, '>')) {
    const absl::string_view before = Slice(data, close);
    if (before.empty() || before == "-") {
      data_end = data;
    } else if (absl::EndsWith(before, "--")) {
      data_end = close - 2;
    } else if (absl::EndsWith(before, "--!")) {
      data_end = close - 3;
    }
    if (data_end != nullptr) break;
  }
  if (data_end == nullptr) {
    absl::string_view rest = Slice(data, end_);
    for (const absl::string_view unfinished : {"--!", "--", "-"}) {
      if (absl::ConsumeSuffix(&rest, unfinished)) break;
    }
    data_end = rest.data() + rest.size();
    at_ = end_;
  } else {
    at_ = close + 1;
  }
  if (!filter_.comments) return false;
  token->kind = HtmlToken::Kind::kComment;
  token->source = Slice(data, data_end);
  return true;
}

// Whether the "appropriate end tag" stands here: "</", the last start tag's name, a delimiter.
bool HtmlTokenizer::EndsElementAt(const char* less_than) const {
  const absl::string_view rest = Slice(less_than, end_);
  const size_t name_size = last_start_name_.size();
  return rest.size() > 2 + name_size && rest[1] == '/' && Is(rest[2 + name_size], kEndsTagName) &&
         name_size != 0 && absl::EqualsIgnoreCase(rest.substr(2, name_size), last_start_name_);
}

const char* HtmlTokenizer::FindEndTag(const char* from) const {
  const char* at = FindByte(from, end_, '<');
  while (at != end_ && !EndsElementAt(at)) at = FindByte(at + 1, end_, '<');
  return at;
}

// The script data states. A script ends at its end tag, except between "<!--<script" and "-->" or
// "</script".
const char* HtmlTokenizer::FindScriptEnd(const char* from) const {
  enum class Mode { kPlain, kEscaped, kDoubleEscaped } mode = Mode::kPlain;
  constexpr absl::string_view kScript = "script";
  for (const char* at = from; at != end_;) {
    if (mode == Mode::kPlain) {
      at = FindByte(at, end_, '<');
      if (at == end_ || EndsElementAt(at)) return at;
      if (absl::StartsWith(Slice(at, end_), "<!--")) {
        mode = Mode::kEscaped;
        at += 2;  // the dashes of the opening may be those of a "-->"
      } else {
        ++at;
      }
      continue;
    }
    const absl::string_view rest = Slice(at, end_);
    if (absl::StartsWith(rest, "-->")) {
      mode = Mode::kPlain;
      at += 3;
      continue;
    }
    if (*at == '<') {
      if (mode == Mode::kEscaped && EndsElementAt(at)) return at;
      // "<script" opens and "</script" closes the second level, each with a delimiter behind it.
      const size_t name_at = mode == Mode::kEscaped ? 1 : 2;
      if ((mode == Mode::kEscaped || absl::StartsWith(rest, "</")) &&
          absl::StartsWithIgnoreCase(rest.substr(std::min(name_at, rest.size())), kScript) &&
          rest.size() > name_at + kScript.size() &&
          Is(rest[name_at + kScript.size()], kEndsTagName)) {
        mode = mode == Mode::kEscaped ? Mode::kDoubleEscaped : Mode::kEscaped;
        at += name_at + kScript.size();
        continue;
      }
    }
    ++at;
  }
  return end_;
}

namespace {

void AppendDecoded(absl::string_view source, bool references, ReferenceContext context,
                   bool replace_nul, std::string* out) {
  const char* at = source.data();
  const char* const end = at + source.size();
  while (at != end) {
    const char* const special = FindToDecode(at, end);
    out->append(at, static_cast<size_t>(special - at));
    if (special == end) return;
    at = special + 1;
    switch (*special) {
      case '\r':
        out->push_back('\n');
        if (at != end && *at == '\n') ++at;
        break;
      case '\0':
        if (replace_nul) {
          out->append(kReplacementUtf8);
        } else {
          out->push_back('\0');
        }
        break;
      default: {
        const size_t consumed =
            references ? DecodeCharacterReference(Slice(special, end), context, out) : 0;
        if (consumed == 0) {
          out->push_back('&');
        } else {
          at = special + consumed;
        }
      }
    }
  }
}

}  // namespace

void AppendHtmlText(absl::string_view source, HtmlContent content, std::string* out) {
  const bool references = content == HtmlContent::kData || content == HtmlContent::kRcdata;
  const bool replace_nul = content != HtmlContent::kData && content != HtmlContent::kCdata;
  AppendDecoded(source, references, ReferenceContext::kText, replace_nul, out);
}

absl::string_view HtmlText(absl::string_view source, HtmlContent content, std::string* scratch) {
  const char* const end = source.data() + source.size();
  if (FindToDecode(source.data(), end) == end) return source;
  scratch->clear();
  AppendHtmlText(source, content, scratch);
  return *scratch;
}

absl::string_view HtmlAttributeValue(absl::string_view value, std::string* scratch) {
  const char* const end = value.data() + value.size();
  if (FindToDecode(value.data(), end) == end) return value;
  scratch->clear();
  AppendDecoded(value, /*references=*/true, ReferenceContext::kAttribute, /*replace_nul=*/true,
                scratch);
  return *scratch;
}

absl::string_view HtmlName(absl::string_view name, std::string* scratch) {
  const char* const end = name.data() + name.size();
  if (FindClass(name.data(), end, kNotPlainName) == end) return name;
  scratch->clear();
  for (const char c : name) {
    if (c == '\0') {
      scratch->append(kReplacementUtf8);
    } else {
      scratch->push_back(absl::ascii_tolower(c));
    }
  }
  return *scratch;
}

namespace {

// Reads a doctype's parts ("DOCTYPE state" and after). A '>' can only be the source's last byte.
class DoctypeReader {
 public:
  explicit DoctypeReader(absl::string_view source) : rest_(source) {
    terminated_ = absl::ConsumeSuffix(&rest_, ">");
  }

  HtmlDoctype Read() {
    HtmlDoctype doctype;
    SkipSpace();
    if (rest_.empty()) {
      doctype.force_quirks = true;
      return doctype;
    }
    ReadName(&doctype);
    SkipSpace();
    if (rest_.empty()) {
      doctype.force_quirks = !terminated_;
      return doctype;
    }
    if (absl::StartsWithIgnoreCase(rest_, "public")) {
      rest_.remove_prefix(6);
      SkipSpace();
      if (!ReadQuoted(&doctype.public_id)) return Quirky(doctype);
      SkipSpace();
      if (rest_.empty() && terminated_) return doctype;
    } else if (absl::StartsWithIgnoreCase(rest_, "system")) {
      rest_.remove_prefix(6);
      SkipSpace();
    } else {
      return Quirky(doctype);
    }
    if (!ReadQuoted(&doctype.system_id)) return Quirky(doctype);
    // Anything behind the system identifier is ignored, but for a missing '>'.
    SkipSpace();
    if (rest_.empty() && !terminated_) doctype.force_quirks = true;
    return doctype;
  }

 private:
  static HtmlDoctype Quirky(HtmlDoctype doctype) {
    doctype.force_quirks = true;
    return doctype;
  }

  void SkipSpace() {
    while (!rest_.empty() && Is(rest_.front(), kSpace)) rest_.remove_prefix(1);
  }

  void ReadName(HtmlDoctype* doctype) {
    size_t size = 0;
    while (size < rest_.size() && !Is(rest_[size], kSpace)) ++size;
    std::string scratch;
    const absl::string_view name = HtmlName(rest_.substr(0, size), &scratch);
    doctype->name.emplace(name.data(), name.size());
    rest_.remove_prefix(size);
  }

  // An identifier whose closing quote is missing keeps what was read, and fails.
  bool ReadQuoted(std::optional<std::string>* id) {
    if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) return false;
    const size_t close = rest_.find(rest_.front(), 1);
    id->emplace();
    AppendHtmlText(rest_.substr(1, close == absl::string_view::npos ? close : close - 1),
                   HtmlContent::kRawtext, &**id);
    rest_.remove_prefix(close == absl::string_view::npos ? rest_.size() : close + 1);
    return close != absl::string_view::npos;
  }

  absl::string_view rest_;
  bool terminated_ = false;
};

}  // namespace

HtmlDoctype ParseHtmlDoctype(absl::string_view source) { return DoctypeReader(source).Read(); }

}  // namespace spindle
