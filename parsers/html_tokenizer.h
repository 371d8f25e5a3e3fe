// The tokenizer of the HTML standard (section 13.2.5) over UTF-8 bytes in memory: start tags, end
// tags, text, comments and doctypes in one pass, with no tree. It stands below the scan path, which
// finds the links of a page at memory speed; a page whose tree is wanted goes through gumbo
// instead. Tokens are slices of the input, exactly as written: lower case, character references and
// newlines are decoded by the functions below, and only for what the caller keeps. What the
// standard leaves to tree construction is left to the caller: content models (SetContent) and
// foreign content (set_allow_cdata). Any bytes are accepted; the input is neither checked nor
// repaired as UTF-8. Time is linear in the input, memory bounded by max_attributes.
//
//   HtmlTokenizer tokenizer(bytes);
//   HtmlToken token;
//   while (tokenizer.Next(&token)) {
//     if (token.kind == HtmlToken::Kind::kStartTag && token.tag == HtmlTag::kTitle) {
//       tokenizer.SetContent(HtmlContent::kRcdata);
//     }
//   }
//
// Thread-compatible.

#ifndef SPINDLE_PARSERS_HTML_TOKENIZER_H_
#define SPINDLE_PARSERS_HTML_TOKENIZER_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spindle {

// The tags that a reader of links or the tokenizer's caller tells apart; all others are kOther.
// clang-format off
enum class HtmlTag : uint8_t {
  kOther, kA, kAnnotationXml, kArea, kAudio, kBase, kBody, kButton, kDesc, kEmbed, kForeignObject,
  kForm, kFrame, kFrameset, kHtml, kIframe, kImage, kImg, kInput, kLink, kMath, kMeta, kMi, kMn, kMo,
  kMs, kMtext, kNoembed, kNoframes, kNoscript, kObject, kPlaintext, kScript, kSelect, kSource, kStyle,
  kSvg, kTemplate, kTextarea, kTitle, kTrack, kVideo, kXmp,
};
// clang-format on

// The tag with this name in any ASCII case.
HtmlTag HtmlTagNamed(absl::string_view name);

// A set of tags. Immutable value.
class HtmlTagSet {
 public:
  constexpr HtmlTagSet() = default;
  constexpr HtmlTagSet(std::initializer_list<HtmlTag> tags) {
    for (const HtmlTag tag : tags) bits_ |= Bit(tag);
  }
  static constexpr HtmlTagSet All() {
    HtmlTagSet all;
    all.bits_ = ~uint64_t{0};
    return all;
  }
  constexpr bool Contains(HtmlTag tag) const { return (bits_ & Bit(tag)) != 0; }
  constexpr HtmlTagSet operator|(HtmlTagSet other) const {
    other.bits_ |= bits_;
    return other;
  }

 private:
  static constexpr uint64_t Bit(HtmlTag tag) { return uint64_t{1} << static_cast<int>(tag); }
  static_assert(static_cast<int>(HtmlTag::kXmp) < 64);

  uint64_t bits_ = 0;
};

// The tokenizer's content models, and so the ways in which a text token becomes characters.
enum class HtmlContent : uint8_t {
  kData,       // ordinary: tags, comments, character references
  kRcdata,     // title, textarea: references, and the end tag only
  kRawtext,    // style, xmp, iframe, noembed, noframes: the end tag only
  kScript,     // script: as kRawtext, with <!-- and <script inside
  kPlaintext,  // plaintext: to the end of the input
  kCdata,      // <![CDATA[ in foreign content: to ]]>
};

// One attribute as written: `value` without its quotes, references not decoded.
struct HtmlSourceAttribute {
  absl::string_view name;
  absl::string_view value;
};

struct HtmlToken {
  enum class Kind : uint8_t { kStartTag, kEndTag, kText, kComment, kDoctype };

  Kind kind = Kind::kText;
  HtmlTag tag = HtmlTag::kOther;             // kStartTag, kEndTag
  HtmlContent content = HtmlContent::kData;  // kText: how `source` becomes characters
  bool self_closing = false;                 // kStartTag: ends in "/>"
  // A tag's name; text; a comment's data; what follows "<!DOCTYPE", with its ">" if it has one.
  absl::string_view source;
  // kStartTag: in order of appearance, the first of each name. Valid until the next Next().
  const std::vector<HtmlSourceAttribute>* attributes = nullptr;
};

// Reads one input. The input must outlive the tokenizer and every token taken from it.
class HtmlTokenizer {
 public:
  // Which tokens Next() reports; the others are stepped over by the same rules, but faster. Start
  // tags whose content is not kData must be reported for SetContent to be called.
  struct Filter {
    HtmlTagSet start_tags = HtmlTagSet::All();
    HtmlTagSet end_tags = HtmlTagSet::All();
    HtmlTagSet attributes = HtmlTagSet::All();  // of start_tags: those reported with attributes
    bool text = true;
    bool comments = true;
    bool doctypes = true;
  };

  // Attributes kept per tag unless set otherwise; those that follow are read over.
  static constexpr size_t kDefaultMaxAttributes = 256;

  explicit HtmlTokenizer(absl::string_view input, size_t max_attributes = kDefaultMaxAttributes);

  // Reads the next reported token. False at the end of the input, also within an unfinished tag,
  // which the standard drops.
  bool Next(HtmlToken* token);

  void set_filter(const Filter& filter) { filter_ = filter; }

  // What follows the start tag just reported is of this kind. kRcdata, kRawtext and kScript end
  // before the next end tag of the same name.
  void SetContent(HtmlContent content) { content_ = content; }

  // As SetContent, for an input that begins inside the element `name`, which must outlive this.
  void SetContentOf(absl::string_view name, HtmlContent content) {
    last_start_name_ = name;
    content_ = content;
  }

  // Whether "<![CDATA[" opens a section (inside svg and math) or, by default, a comment.
  void set_allow_cdata(bool allow) { allow_cdata_ = allow; }

  // The offset in the input of a byte of a token's source.
  size_t OffsetOf(const char* byte) const { return static_cast<size_t>(byte - begin_); }

 private:
  const char* FindMarkup(const char* from) const;
  const char* FindEndTag(const char* from) const;
  const char* FindScriptEnd(const char* from) const;
  bool EndsElementAt(const char* less_than) const;
  bool ReadText(const char* text_end, HtmlToken* token);
  bool ReadMarkup(HtmlToken* token);
  bool ReadTag(HtmlToken::Kind kind, const char* name, HtmlToken* token);
  bool ReadDeclaration(HtmlToken* token);
  bool ReadComment(HtmlToken* token);
  bool ReadBogusComment(const char* data, HtmlToken* token);
  template <bool kRecord>
  const char* ReadAttributes(const char* at, bool* self_closing);
  void Record(absl::string_view name, absl::string_view value);

  const char* const begin_;
  const char* const end_;
  const size_t max_attributes_;

  const char* at_;
  HtmlContent content_ = HtmlContent::kData;
  bool allow_cdata_ = false;
  Filter filter_;
  absl::string_view last_start_name_;
  std::vector<HtmlSourceAttribute> attributes_;
  uint64_t attribute_names_seen_ = 0;  // a bit per hash of a name: most tags need no comparison
};

// Appends the characters that a text token stands for: references decoded where `content` has them,
// CR and CRLF as LF, NUL as U+FFFD where the tokenizer says so (not in kData and kCdata, where the
// standard leaves it to tree construction). The data of a comment is read as kRawtext.
void AppendHtmlText(absl::string_view source, HtmlContent content, std::string* out);

// The same without a copy where there is nothing to decode: the result is `source` itself or lies
// in `*scratch`, whose former content is lost.
absl::string_view HtmlText(absl::string_view source, HtmlContent content, std::string* scratch);

// The characters of an attribute's value, by the rules above and those of references in attributes.
// Result as in HtmlText.
absl::string_view HtmlAttributeValue(absl::string_view value, std::string* scratch);

// A tag's or attribute's name: ASCII lower case, NUL as U+FFFD. Result as in HtmlText.
absl::string_view HtmlName(absl::string_view name, std::string* scratch);

// The parts of a doctype. A part that is absent is not the same as an empty one.
struct HtmlDoctype {
  std::optional<std::string> name;
  std::optional<std::string> public_id;
  std::optional<std::string> system_id;
  bool force_quirks = false;
};

// Reads the source of a kDoctype token.
HtmlDoctype ParseHtmlDoctype(absl::string_view source);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_HTML_TOKENIZER_H_
