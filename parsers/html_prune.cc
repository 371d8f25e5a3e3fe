#include "parsers/html_prune.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "parsers/links.h"

namespace spindle {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
bool IsAlpha(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }
bool EndsName(char c) { return IsSpace(c) || c == '/' || c == '>'; }

// The first eight characters in lower case; longer names are told apart by their length.
constexpr uint64_t Pack(const char* name, size_t size) {
  uint64_t packed = 0;
  for (size_t i = 0; i < size && i < 8; ++i) {
    packed |= static_cast<uint64_t>(static_cast<unsigned char>(name[i]) | 0x20) << (8 * i);
  }
  return size <= 8 ? packed : packed ^ (uint64_t{size} << 56) ^ (uint64_t{1} << 63);
}
constexpr uint64_t operator""_tag(const char* name, size_t size) { return Pack(name, size); }

// What a tag's name means to the pruner.
enum class Role : uint8_t {
  kOther,
  kVoid,     // never open
  kImplied,  // its end is implied so often that it isn't counted as open
  kScript,
  kStyle,
  kRawText,  // xmp, iframe, noembed, noframes, and for this purpose title and textarea
  kPlaintext,
  kForeign,  // svg, math
  kSelect,
  kFrameset,
  kTemplate,
  kPre,
  kInline,  // may stand inside pre without raising doubts
};

Role RoleOf(uint64_t name) {
  switch (name) {
    case "area"_tag:
    case "base"_tag:
    case "basefont"_tag:
    case "bgsound"_tag:
    case "br"_tag:
    case "col"_tag:
    case "embed"_tag:
    case "frame"_tag:
    case "hr"_tag:
    case "image"_tag:
    case "img"_tag:
    case "input"_tag:
    case "keygen"_tag:
    case "link"_tag:
    case "meta"_tag:
    case "param"_tag:
    case "source"_tag:
    case "track"_tag:
    case "wbr"_tag:
      return Role::kVoid;
    case "body"_tag:
    case "caption"_tag:
    case "colgroup"_tag:
    case "dd"_tag:
    case "dt"_tag:
    case "head"_tag:
    case "html"_tag:
    case "li"_tag:
    case "nobr"_tag:
    case "optgroup"_tag:
    case "option"_tag:
    case "p"_tag:
    case "rb"_tag:
    case "rp"_tag:
    case "rt"_tag:
    case "rtc"_tag:
    case "tbody"_tag:
    case "td"_tag:
    case "tfoot"_tag:
    case "th"_tag:
    case "thead"_tag:
    case "tr"_tag:
      return Role::kImplied;
    case "script"_tag:
      return Role::kScript;
    case "style"_tag:
      return Role::kStyle;
    case "iframe"_tag:
    case "noembed"_tag:
    case "noframes"_tag:
    case "textarea"_tag:
    case "title"_tag:
    case "xmp"_tag:
      return Role::kRawText;
    case "plaintext"_tag:
      return Role::kPlaintext;
    case "math"_tag:
    case "svg"_tag:
      return Role::kForeign;
    case "select"_tag:
      return Role::kSelect;
    case "frameset"_tag:
      return Role::kFrameset;
    case "template"_tag:
      return Role::kTemplate;
    case "listing"_tag:
    case "pre"_tag:
      return Role::kPre;
    case "a"_tag:
    case "b"_tag:
    case "code"_tag:
    case "em"_tag:
    case "font"_tag:
    case "i"_tag:
    case "small"_tag:
    case "span"_tag:
    case "strong"_tag:
    case "u"_tag:
      return Role::kInline;
    default:
      return Role::kOther;
  }
}

// Start tags that end foreign content (HTML section 13.2.6.5) or, inside it, return to HTML: behind
// them only the tree knows where we are.
bool LeavesForeignContent(uint64_t name) {
  switch (name) {
    case "b"_tag:
    case "big"_tag:
    case "blockquote"_tag:
    case "body"_tag:
    case "br"_tag:
    case "center"_tag:
    case "code"_tag:
    case "dd"_tag:
    case "div"_tag:
    case "dl"_tag:
    case "dt"_tag:
    case "em"_tag:
    case "embed"_tag:
    case "font"_tag:
    case "h1"_tag:
    case "h2"_tag:
    case "h3"_tag:
    case "h4"_tag:
    case "h5"_tag:
    case "h6"_tag:
    case "head"_tag:
    case "hr"_tag:
    case "i"_tag:
    case "img"_tag:
    case "li"_tag:
    case "listing"_tag:
    case "menu"_tag:
    case "meta"_tag:
    case "nobr"_tag:
    case "ol"_tag:
    case "p"_tag:
    case "pre"_tag:
    case "ruby"_tag:
    case "s"_tag:
    case "small"_tag:
    case "span"_tag:
    case "strong"_tag:
    case "strike"_tag:
    case "sub"_tag:
    case "sup"_tag:
    case "table"_tag:
    case "tt"_tag:
    case "u"_tag:
    case "ul"_tag:
    case "var"_tag:
      return true;
    default:
      return false;
  }
}

constexpr int kFormattingCount = 13;

// Elements of svg and math whose children may be HTML.
bool IsIntegrationPoint(uint64_t name) {
  switch (name) {
    case "annotation-xml"_tag:
    case "desc"_tag:
    case "foreignobject"_tag:
    case "mi"_tag:
    case "mn"_tag:
    case "mo"_tag:
    case "ms"_tag:
    case "mtext"_tag:
    case "title"_tag:
      return true;
    default:
      return false;
  }
}

// Formatting elements (HTML section 13.2.4.2): closed by another's end tag they open again in what
// follows. -1 for others.
int FormattingIndex(uint64_t name) {
  static constexpr uint64_t kNames[] = {
      "a"_tag, "b"_tag,     "big"_tag,    "code"_tag,   "em"_tag, "font"_tag, "i"_tag,
      "s"_tag, "small"_tag, "strike"_tag, "strong"_tag, "tt"_tag, "u"_tag,
  };
  for (int i = 0; i < kFormattingCount; ++i) {
    if (kNames[i] == name) return i;
  }
  return -1;
}

struct Attribute {
  const char* begin = nullptr;  // of the name
  const char* name_end = nullptr;
  const char* value_begin = nullptr;  // null where there is none
  const char* value_end = nullptr;
};

// Reads an attribute at `*at`, which stands at neither space, '/' nor '>' (HTML sections 13.2.5.33
// to 39). False at the end of the input.
bool ReadAttribute(const char** at, const char* end, Attribute* attribute) {
  const char* p = *at;
  *attribute = {};
  attribute->begin = p++;  // a '=' here is part of the name
  while (p < end && !EndsName(*p) && *p != '=') ++p;
  attribute->name_end = p;
  while (p < end && IsSpace(*p)) ++p;
  if (p < end && *p == '=') {
    ++p;
    while (p < end && IsSpace(*p)) ++p;
    if (p == end) return false;
    if (*p == '"' || *p == '\'') {
      attribute->value_begin = p + 1;
      p = static_cast<const char*>(std::memchr(p + 1, *p, end - p - 1));
      if (p == nullptr) return false;
      attribute->value_end = p++;
    } else {
      attribute->value_begin = p;
      while (p < end && !IsSpace(*p) && *p != '>') ++p;
      attribute->value_end = p;
    }
  }
  *at = p;
  return p < end;
}

// Tags behind the point where only the tree knows what they are.
constexpr size_t kMaxTagsInDoubt = 20'000;

// The first numeric character reference in [from, to) whose number is beyond Unicode, and its end;
// null where there is none.
const char* FindHugeReference(const char* from, const char* to, const char** end) {
  for (const char* p = from; p + 2 < to; ++p) {
    p = static_cast<const char*>(std::memchr(p, '&', to - p));
    if (p == nullptr || p + 2 >= to) return nullptr;
    if (p[1] != '#') continue;
    const bool is_hex = (p[2] | 0x20) == 'x';
    uint32_t code = 0;
    const char* digit = p + (is_hex ? 3 : 2);
    for (; digit < to; ++digit) {
      const auto c = static_cast<unsigned char>(*digit);
      if (is_hex ? !absl::ascii_isxdigit(c) : !absl::ascii_isdigit(c)) break;
      const uint32_t value = absl::ascii_isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
      code = std::min<uint32_t>(code * (is_hex ? 16 : 10) + value, 0x110000);
    }
    if (code < 0x110000) continue;
    *end = digit < to && *digit == ';' ? digit + 1 : digit;
    return p;
  }
  return nullptr;
}

class Pruner {
 public:
  Pruner(absl::string_view input, const HtmlPruneOptions& options)
      : options_(options),
        begin_(input.data()),
        end_(begin_ + input.size()),
        at_(begin_),
        copied_(begin_),
        has_huge_references_(HasHugeReferences(input)) {}

  PrunedHtml Run();

 private:
  // Output.
  void Flush(const char* to);
  void Cut(const char* from, const char* to);
  void Replace(const char* from, const char* to, absl::string_view with);

  void FixReferences(const char* from, const char* to);

  // Input.
  void Text(const char* to);
  void MarkupDeclaration();
  void Comment();
  void SkipTo(const char* p) { at_ = p != nullptr ? p : end_; }
  void SkipPast(char c, const char* from);
  void Tag(bool is_end);
  bool Attributes(absl::string_view tag, bool is_end, bool* self_closing, bool* is_json_ld);
  bool WantsAttribute(absl::string_view tag, absl::string_view name) const;
  static bool HasHugeReferences(absl::string_view input);
  bool MayBeRepeatedToGumbo(absl::string_view name);
  bool IsRepeated(absl::string_view name);
  void StartTag(absl::string_view name, uint64_t packed, bool self_closing, bool is_json_ld);
  void EndTag(uint64_t packed);
  void RawText(absl::string_view name, bool prune);
  const char* FindEndTag(const char* from, absl::string_view name) const;
  const char* FindScriptEnd(const char* from) const;

  // State of the tree, as far as tokens tell it.
  bool InForeign() const { return foreign_floor_ > 0; }
  bool InDoubt() const { return in_doubt_ || select_open_; }
  void Misnest(uint64_t packed);
  void EndMisnesting(uint64_t packed);
  void Doubt();
  void GiveUp();
  void Truncate(const char* from);

  const HtmlPruneOptions& options_;
  const char* const begin_;
  const char* const end_;
  const char* at_;
  const char* copied_;  // all before it is in the output, or cut

  const bool has_huge_references_;

  PrunedHtml pruned_;
  uint32_t removed_bytes_ = 0;

  std::vector<std::pair<uint64_t, absl::string_view>> names_;  // of the tag's attributes so far
  bool odd_name_seen_ = false;
  std::vector<uint64_t> open_;  // names
  std::array<size_t, kFormattingCount> misnested_{};
  size_t misnested_count_ = 0;
  size_t foreign_floor_ = 0;  // size of open_ with the outermost svg or math on it; 0 outside
  bool select_open_ = false;
  bool template_seen_ = false;
  bool in_doubt_ = false;  // whether raw text elements are raw text depends on the tree
  enum class Pre : uint8_t { kOutside, kInside, kUnknown } pre_ = Pre::kOutside;
  uint64_t pre_name_ = 0;
};

void Pruner::Flush(const char* to) {
  if (to > copied_) pruned_.html.append(copied_, to - copied_);
  copied_ = std::max(copied_, to);
}

void Pruner::Cut(const char* from, const char* to) {
  if (from < to) Replace(from, to, "");
}

void Pruner::Replace(const char* from, const char* to, absl::string_view with) {
  Flush(from);
  pruned_.html.append(with.data(), with.size());
  removed_bytes_ += static_cast<uint32_t>((to - from) - with.size());
  copied_ = to;
  const uint32_t offset = static_cast<uint32_t>(pruned_.html.size());
  if (pruned_.cuts.empty() || pruned_.cuts.back().offset != offset) {
    pruned_.cuts.push_back({offset, removed_bytes_});
  } else {
    pruned_.cuts.back().removed_bytes = removed_bytes_;
  }
}

// From here on only the tree knows what is raw or preformatted text.
void Pruner::Doubt() {
  in_doubt_ = true;
  foreign_floor_ = 0;
  pre_ = Pre::kUnknown;
}

// Leaves the rest as it is, but for a number of tags that would make any depth harmless.
void Pruner::GiveUp() {
  const char* const start = at_;
  size_t left_count = kMaxTagsInDoubt;
  for (const char* p = at_; p + 1 < end_; ++p) {
    p = static_cast<const char*>(std::memchr(p, '<', end_ - p));
    if (p == nullptr || p + 1 == end_) break;
    if (IsAlpha(p[1]) && left_count-- == 0) {
      FixReferences(start, p);
      return Truncate(p);
    }
  }
  FixReferences(start, end_);
  at_ = end_;
}

void Pruner::Truncate(const char* from) {
  Flush(from);
  copied_ = at_ = end_;
  pruned_.truncated = true;
}

void Pruner::SkipPast(char c, const char* from) {
  const void* const found = from < end_ ? std::memchr(from, c, end_ - from) : nullptr;
  at_ = found != nullptr ? static_cast<const char*>(found) + 1 : end_;
}

// Replaces references to numbers beyond Unicode, of which gumbo makes broken UTF-8.
void Pruner::FixReferences(const char* from, const char* to) {
  if (!has_huge_references_) return;
  for (const char* end = nullptr; (from = FindHugeReference(from, to, &end)) != nullptr;) {
    Replace(from, end, "\xEF\xBF\xBD");
    from = end;
  }
}

void Pruner::Text(const char* to) {
  if (has_huge_references_) {
    FixReferences(at_, to);
    at_ = to;
    return;
  }
  if (options_.for_extraction && pre_ == Pre::kOutside) {
    const char* p = at_;
    while (p < to) {
      if (!IsSpace(*p++)) continue;
      const char* const second = p;
      while (p < to && IsSpace(*p)) ++p;
      if (p > second) Cut(second, p);
    }
  }
  at_ = to;
}

// HTML sections 13.2.5.43 to 52.
void Pruner::Comment() {
  const char* const start = at_;
  const char* p = at_ + 4;
  const char* close = end_;
  if (p < end_ && *p == '>') {
    close = p + 1;
  } else if (p + 1 < end_ && p[0] == '-' && p[1] == '>') {
    close = p + 2;
  } else {
    while (p < end_ && (p = static_cast<const char*>(std::memchr(p, '-', end_ - p))) != nullptr) {
      if (p + 2 < end_ && p[1] == '-' && p[2] == '>') {
        close = p + 3;
        break;
      }
      if (p + 3 < end_ && p[1] == '-' && p[2] == '!' && p[3] == '>') {
        close = p + 4;
        break;
      }
      ++p;
    }
  }
  constexpr absl::string_view kEmptyComment = "<!---->";
  if (options_.comments && static_cast<size_t>(close - start) > kEmptyComment.size()) {
    Replace(start, close, kEmptyComment);
  }
  at_ = close;
}

void Pruner::MarkupDeclaration() {
  const absl::string_view rest(at_, end_ - at_);
  if (absl::StartsWith(rest, "<!--")) return Comment();
  if (absl::StartsWith(rest, "<![CDATA[") && (InForeign() || InDoubt())) {
    const size_t close = rest.find("]]>");
    // A bogus comment in HTML, which ends at the first '>' already.
    if (InDoubt() && (close == absl::string_view::npos || rest.find('>') != close + 2)) {
      return GiveUp();
    }
    at_ = close == absl::string_view::npos ? end_ : at_ + close + 3;
    return;
  }
  SkipPast('>', at_ + 2);  // a doctype or a bogus comment
}

bool Pruner::WantsAttribute(absl::string_view tag, absl::string_view name) const {
  if (name.empty()) return false;
  char lower[16];
  if (name.size() > sizeof(lower)) return false;
  for (size_t i = 0; i < name.size(); ++i) lower[i] = absl::ascii_tolower(name[i]);
  const absl::string_view key(lower, name.size());
  // What decides about the tree itself: color, face and size of font, encoding of annotation-xml.
  if (tag.size() == 4 && absl::EqualsIgnoreCase(tag, "font")) return true;
  if (options_.style_attributes && key == "style") return true;
  return key == "encoding" || PageExtractor::WantsAttribute(key);
}

// To gumbo, control characters and broken UTF-8 are all U+FFFD: names with any of them may be the
// same.
bool Pruner::MayBeRepeatedToGumbo(absl::string_view name) {
  const bool is_odd = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F;
  });
  return is_odd && std::exchange(odd_name_seen_, true);
}

bool Pruner::IsRepeated(absl::string_view name) {
  const uint64_t packed = Pack(name.data(), name.size());
  for (const auto& [earlier_packed, earlier] : names_) {
    if (packed == earlier_packed && absl::EqualsIgnoreCase(name, earlier)) return true;
  }
  names_.emplace_back(packed, name);
  return false;
}

// Reads the attributes behind a tag's name, up to and with its '>'. False at the end of the input.
bool Pruner::Attributes(absl::string_view tag, bool is_end, bool* self_closing, bool* is_json_ld) {
  size_t count = 0;
  names_.clear();
  odd_name_seen_ = false;
  while (true) {
    *self_closing = false;
    for (; at_ < end_ && (IsSpace(*at_) || *at_ == '/'); ++at_) *self_closing = *at_ == '/';
    if (at_ == end_) return false;
    if (*at_ == '>') {
      ++at_;
      return true;
    }
    Attribute attribute;
    if (!ReadAttribute(&at_, end_, &attribute)) return false;
    if (is_end) continue;
    ++count;
    const absl::string_view name(attribute.begin, attribute.name_end - attribute.begin);
    const absl::string_view value(attribute.value_begin,
                                  attribute.value_end - attribute.value_begin);
    if (is_json_ld != nullptr && name.size() == 4 && absl::EqualsIgnoreCase(name, "type")) {
      *is_json_ld |=
          absl::StrContains(absl::AsciiStrToLower(value), "json") || absl::StrContains(value, '&');
    }
    // The standard ignores what repeats an attribute or is too much for us; gumbo forgets the value
    // of the attribute behind a repeated one, and a NUL at the front of a name.
    const bool is_extra = count > options_.max_attributes || name.front() == '\0' ||
                          IsRepeated(name) ||
                          (MayBeRepeatedToGumbo(name) && attribute.value_begin == nullptr);
    if (!is_extra && !options_.for_extraction) {
      FixReferences(attribute.value_begin, attribute.value_end);
      continue;
    }
    if (is_extra || !WantsAttribute(tag, name)) {
      const char* next = at_;
      while (next < end_ && IsSpace(*next)) ++next;
      // `<a/b>` without its attribute would be self-closing, and the name `=c` in `<a b d =c>`,
      // with d left out, the value of b.
      Flush(attribute.begin);
      if (next < end_ && (*next == '=' || (pruned_.html.back() == '/' && *next == '>'))) continue;
      Cut(attribute.begin, next);
      at_ = next;
    } else if (value.size() > 64 && absl::StartsWithIgnoreCase(value, "data:") &&
               !absl::EqualsIgnoreCase(name, "srcset")) {
      Cut(attribute.value_begin + 5, attribute.value_end);
    } else {
      FixReferences(attribute.value_begin, attribute.value_end);
    }
  }
}

void Pruner::Tag(bool is_end) {
  const char* const start = at_;
  const char* const name_begin = at_ + (is_end ? 2 : 1);
  const char* name_end = name_begin;
  bool has_upper = false;
  while (name_end < end_ && !EndsName(*name_end)) {
    has_upper |= absl::ascii_isupper(static_cast<unsigned char>(*name_end));
    ++name_end;
  }
  const absl::string_view name(name_begin, name_end - name_begin);
  at_ = name_end;
  if (has_upper && !is_end) {
    Flush(name_begin);
    for (const char c : name) pruned_.html.push_back(absl::ascii_tolower(c));
    copied_ = name_end;
  }
  const uint64_t packed = Pack(name.data(), name.size());
  bool self_closing = false;
  bool is_json_ld = false;
  if (!Attributes(name, is_end, &self_closing, packed == "script"_tag ? &is_json_ld : nullptr)) {
    at_ = end_;
    return;
  }
  if (is_end) {
    // The standard ignores attributes here; gumbo takes them for part of a name in svg and math.
    Cut(name_end, at_ - 1);
    EndTag(packed);
    return;
  }
  EndMisnesting(packed);
  if (open_.size() + misnested_count_ >= options_.max_depth) return Truncate(start);
  StartTag(name, packed, self_closing, is_json_ld);
}

void Pruner::StartTag(absl::string_view name, uint64_t packed, bool self_closing, bool is_json_ld) {
  if (InForeign()) {
    if (!LeavesForeignContent(packed) && !IsIntegrationPoint(open_.back())) {
      if (!self_closing) open_.push_back(packed);
      return;
    }
    Doubt();
  }
  const Role role = RoleOf(packed);
  if (pre_ == Pre::kInside && role != Role::kInline && role != Role::kVoid) pre_ = Pre::kUnknown;
  switch (role) {
    case Role::kVoid:
    case Role::kImplied:
      // Behind a column in a template all but columns is ignored (HTML section 13.2.6.4.12).
      if (template_seen_ && packed == "col"_tag) Doubt();
      break;
    case Role::kScript:
      RawText(name, options_.scripts && (options_.json_ld || !is_json_ld));
      break;
    case Role::kStyle:
      RawText(name, options_.styles);
      break;
    case Role::kRawText:
      RawText(name, false);
      break;
    case Role::kPlaintext:
      GiveUp();
      break;
    case Role::kForeign:
      if (!self_closing) open_.push_back(packed);
      if (InDoubt()) {
        Doubt();
      } else if (!self_closing) {
        foreign_floor_ = open_.size();
      }
      break;
    case Role::kSelect:
      open_.push_back(packed);
      select_open_ = true;
      break;
    case Role::kFrameset:
      open_.push_back(packed);
      Doubt();
      break;
    case Role::kTemplate:
      open_.push_back(packed);
      template_seen_ = true;
      if (select_open_) Doubt();
      break;
    case Role::kPre:
      open_.push_back(packed);
      if (pre_ == Pre::kOutside) {
        pre_ = Pre::kInside;
        pre_name_ = packed;
      }
      break;
    case Role::kInline:
    case Role::kOther:
      open_.push_back(packed);
      break;
  }
}

void Pruner::EndTag(uint64_t packed) {
  if (InForeign()) {
    if (open_.back() != packed) {
      Doubt();
    } else {
      open_.pop_back();
      if (open_.size() < foreign_floor_) foreign_floor_ = 0;
      return;
    }
  }
  switch (RoleOf(packed)) {
    case Role::kSelect:
      select_open_ = false;
      break;
    case Role::kPre:
      if (pre_ == Pre::kInside && packed == pre_name_) pre_ = Pre::kOutside;
      break;
    default:
      break;
  }
  for (size_t i = open_.size(); i-- > 0;) {
    if (open_[i] != packed) continue;
    for (size_t above = i + 1; above < open_.size(); ++above) Misnest(open_[above]);
    open_.resize(i);
    return;
  }
  if (const int index = FormattingIndex(packed); index >= 0 && misnested_[index] > 0) {
    --misnested_[index];
    --misnested_count_;
  }
}

void Pruner::Misnest(uint64_t packed) {
  const int index = FormattingIndex(packed);
  if (index < 0) return;
  ++misnested_[index];
  ++misnested_count_;
}

// Formatting doesn't pass the borders of a table's cells.
void Pruner::EndMisnesting(uint64_t packed) {
  if (misnested_count_ == 0 || (packed != "td"_tag && packed != "th"_tag)) return;
  if (std::find(open_.begin(), open_.end(), "table"_tag) == open_.end()) return;
  misnested_.fill(0);
  misnested_count_ = 0;
}

const char* Pruner::FindEndTag(const char* from, absl::string_view name) const {
  for (const char* p = from; p < end_; ++p) {
    p = static_cast<const char*>(std::memchr(p, '<', end_ - p));
    if (p == nullptr) break;
    const absl::string_view rest(p, end_ - p);
    if (rest.size() > name.size() + 2 && rest[1] == '/' && EndsName(rest[name.size() + 2]) &&
        absl::EqualsIgnoreCase(rest.substr(2, name.size()), name)) {
      return p;
    }
  }
  return end_;
}

// The script data states (HTML sections 13.2.5.4 and 13.2.5.15 to 31).
const char* Pruner::FindScriptEnd(const char* from) const {
  constexpr absl::string_view kScript = "script";
  enum { kPlain, kEscaped, kDoubleEscaped } state = kPlain;
  const auto names_script = [&](const char* p) {
    return static_cast<size_t>(end_ - p) > kScript.size() && EndsName(p[kScript.size()]) &&
           absl::EqualsIgnoreCase(absl::string_view(p, kScript.size()), kScript);
  };
  for (const char* p = from; p < end_;) {
    if (state == kPlain) {
      p = static_cast<const char*>(std::memchr(p, '<', end_ - p));
      if (p == nullptr) break;
    }
    if (*p == '<' && p + 1 < end_) {
      if (p[1] == '/' && names_script(p + 2)) {
        if (state != kDoubleEscaped) return p;
        state = kEscaped;
        p += 2 + kScript.size();
        continue;
      }
      if (state == kPlain && end_ - p >= 4 && p[1] == '!' && p[2] == '-' && p[3] == '-') {
        state = kEscaped;
        p += 2;  // its dashes may be those of "-->"
        continue;
      }
      if (state == kEscaped && names_script(p + 1)) {
        state = kDoubleEscaped;
        p += 1 + kScript.size();
        continue;
      }
    } else if (*p == '-' && end_ - p >= 3 && p[1] == '-' && p[2] == '>') {
      state = kPlain;
      p += 3;
      continue;
    }
    ++p;
  }
  return end_;
}

void Pruner::RawText(absl::string_view name, bool prune) {
  const char* const start = at_;
  const bool is_script = absl::EqualsIgnoreCase(name, "script");
  const char* const close = is_script ? FindScriptEnd(start) : FindEndTag(start, name);
  if (InDoubt()) {
    // Text, whatever the tree makes of it, only if it holds nothing that could be markup.
    if (close == end_ || std::memchr(start, '<', close - start) != nullptr) return GiveUp();
  } else if (prune) {
    Cut(start, close);
  } else if (!is_script) {
    FixReferences(start, close);  // title and textarea
  }
  at_ = close;
}

bool Pruner::HasHugeReferences(absl::string_view input) {
  const char* end = nullptr;
  return FindHugeReference(input.data(), input.data() + input.size(), &end) != nullptr;
}

PrunedHtml Pruner::Run() {
  pruned_.html.reserve(end_ - begin_ + 16);
  constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (absl::StartsWith(absl::string_view(begin_, end_ - begin_), kByteOrderMark)) {
    Cut(begin_, begin_ + kByteOrderMark.size());
    at_ = copied_;
  }
  while (at_ < end_) {
    const void* const found = std::memchr(at_, '<', end_ - at_);
    Text(found != nullptr ? static_cast<const char*>(found) : end_);
    if (at_ + 1 >= end_) break;
    const char next = at_[1];
    if (IsAlpha(next)) {
      Tag(/*is_end=*/false);
    } else if (next == '/') {
      if (at_ + 2 < end_ && IsAlpha(at_[2])) {
        Tag(/*is_end=*/true);
      } else if (at_ + 2 < end_ && at_[2] == '>') {
        // Nothing to the tree, but gumbo counts it to the tag behind it. It may keep texts apart
        // that together were markup.
        Flush(at_);
        if (pruned_.html.empty() || pruned_.html.back() == '>' || IsSpace(pruned_.html.back()) ||
            (at_ + 3 < end_ && at_[3] == '<')) {
          Cut(at_, at_ + 3);
        }
        at_ += 3;
      } else {
        SkipPast('>', at_ + 2);  // a bogus comment
      }
    } else if (next == '!') {
      MarkupDeclaration();
    } else if (next == '?') {
      SkipPast('>', at_ + 2);
    } else {
      ++at_;  // text
    }
  }
  Flush(end_);
  return std::move(pruned_);
}

}  // namespace

size_t PrunedHtml::OriginalOffset(size_t offset) const {
  const auto after = std::upper_bound(cuts.begin(), cuts.end(), offset,
                                      [](size_t at, const Cut& cut) { return at < cut.offset; });
  return after == cuts.begin() ? offset : offset + std::prev(after)->removed_bytes;
}

PrunedHtml PruneHtml(absl::string_view input, const HtmlPruneOptions& options) {
  return Pruner(input, options).Run();
}

}  // namespace spindle
