#include "parsers/css_links.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "parsers/character_references.h"

namespace spindle {
namespace {

bool IsNewline(char c) { return c == '\n' || c == '\r' || c == '\f'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || IsNewline(c); }
bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNonPrintable(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 9 || byte == 0x0B || (byte > 0x0D && byte < 0x20) || byte == 0x7F;
}

// Reads the sheet's tokens (CSS Syntax Level 3, section 4.3) as far as they tell addresses.
class CssScanner {
 public:
  CssScanner(absl::string_view css, const CssLinkOptions& options) : css_(css), options_(options) {}

  std::vector<CssLink> Scan() {
    while (at_ < css_.size() && links_.size() < options_.max_links) Step();
    return std::move(links_);
  }

 private:
  // Whose first value is being read: spaces and comments may still stand before it.
  enum class Rule { kOther, kImport, kNamespace };

  void Step() {
    const char c = css_[at_];
    if (IsSpace(c)) {
      ++at_;
    } else if (c == '/' && Peek(1) == '*') {
      SkipComment();
    } else if (absl::StartsWith(css_.substr(at_), "<!--")) {
      at_ += 4;  // a token of its own, which style sheets ignore
    } else if (c == '"' || c == '\'') {
      const size_t offset = at_;
      std::string value;
      if (ReadString(&value) && rule_ == Rule::kImport) {
        Add(CssLink::Kind::kImport, std::move(value), offset);
      }
      if (rule_ == Rule::kImport) rule_ = Rule::kOther;
    } else if (c == '@' && StartsName(at_ + 1)) {
      ++at_;
      const std::string name = ReadName();
      rule_ = absl::EqualsIgnoreCase(name, "import")      ? Rule::kImport
              : absl::EqualsIgnoreCase(name, "namespace") ? Rule::kNamespace
                                                          : Rule::kOther;
    } else if (c == '#' && (StartsName(at_ + 1) || IsNameCharacter(Peek(1)))) {
      ++at_;
      SkipName();
    } else if (StartsName(at_)) {
      ReadWord();
    } else {
      // Numbers keep the letters behind them: "1url(x)" is a dimension and a parenthesis.
      if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
        SkipName();
      } else {
        ++at_;
      }
      rule_ = rule_ == Rule::kNamespace && c != ';' && c != '{' && c != '}' ? rule_ : Rule::kOther;
    }
  }

  char Peek(size_t ahead) const { return at_ + ahead < css_.size() ? css_[at_ + ahead] : '\0'; }

  bool IsEscape(size_t at) const {
    return at + 1 < css_.size() && css_[at] == '\\' && !IsNewline(css_[at + 1]);
  }

  bool StartsName(size_t at) const {
    if (at < css_.size() && css_[at] == '-') ++at;
    if (at >= css_.size()) return false;
    return IsEscape(at) || (IsNameCharacter(css_[at]) &&
                            !absl::ascii_isdigit(static_cast<unsigned char>(css_[at])));
  }

  void SkipComment() {
    const size_t close = css_.find("*/", at_ + 2);
    at_ = close == absl::string_view::npos ? css_.size() : close + 2;
  }

  void SkipSpace() {
    while (at_ < css_.size() && IsSpace(css_[at_])) ++at_;
  }

  // An identifier or, with a parenthesis behind it, a function.
  void ReadWord() {
    const size_t offset = at_;
    const std::string name = ReadName();
    if (Peek(0) != '(') {
      if (rule_ == Rule::kImport) rule_ = Rule::kOther;
      return;
    }
    ++at_;
    if (!absl::EqualsIgnoreCase(name, "url")) {
      if (rule_ == Rule::kImport) rule_ = Rule::kOther;
      return;
    }
    SkipSpace();
    std::string value;
    const bool quoted = Peek(0) == '"' || Peek(0) == '\'';
    const bool valid = quoted ? ReadString(&value) : ReadBareUrl(&value);
    if (valid && rule_ != Rule::kNamespace) {
      Add(rule_ == Rule::kImport ? CssLink::Kind::kImport : CssLink::Kind::kResource,
          std::move(value), offset);
    }
    if (rule_ == Rule::kImport) rule_ = Rule::kOther;
  }

  // From the opening quote to behind the closing one. False for a string that a newline breaks.
  bool ReadString(std::string* value) {
    const char quote = css_[at_++];
    while (at_ < css_.size()) {
      const char c = css_[at_];
      if (c == quote) {
        ++at_;
        return true;
      }
      if (IsNewline(c)) return false;
      if (c != '\\') {
        Append(c, value);
        ++at_;
      } else if (at_ + 1 >= css_.size()) {
        ++at_;
      } else if (IsNewline(css_[at_ + 1])) {
        at_ += css_[at_ + 1] == '\r' && Peek(2) == '\n' ? 3 : 2;
      } else {
        ReadEscape(value);
      }
    }
    return true;
  }

  // The rest of url( without quotes, behind its spaces, to behind the ')' (section 4.3.6).
  bool ReadBareUrl(std::string* value) {
    while (at_ < css_.size()) {
      const char c = css_[at_];
      if (c == ')') {
        ++at_;
        return true;
      }
      if (IsSpace(c)) {
        SkipSpace();
        if (at_ >= css_.size() || css_[at_] == ')') continue;
        return SkipBadUrl();
      }
      if (c == '"' || c == '\'' || c == '(' || IsNonPrintable(c)) return SkipBadUrl();
      if (c != '\\') {
        Append(c, value);
        ++at_;
      } else if (IsEscape(at_)) {
        ReadEscape(value);
      } else {
        return SkipBadUrl();
      }
    }
    return true;
  }

  bool SkipBadUrl() {
    while (at_ < css_.size() && css_[at_] != ')') at_ += IsEscape(at_) ? 2 : 1;
    if (at_ < css_.size()) ++at_;
    return false;
  }

  void SkipName() {
    while (at_ < css_.size() && (IsNameCharacter(css_[at_]) || IsEscape(at_))) {
      at_ += css_[at_] == '\\' ? 2 : 1;
    }
  }

  // Only the short names are compared with anything: what is beyond their length is not kept.
  std::string ReadName() {
    std::string name;
    while (at_ < css_.size() && (IsNameCharacter(css_[at_]) || IsEscape(at_))) {
      if (css_[at_] == '\\') {
        ReadEscape(&name);
      } else {
        name.push_back(css_[at_++]);
      }
      if (name.size() > kLongestName) {
        SkipName();
        break;
      }
    }
    return name;
  }

  // At a backslash that something other than a newline follows (section 4.3.7).
  void ReadEscape(std::string* out) {
    ++at_;
    char32_t code = 0;
    size_t digits = 0;
    for (; digits < 6 && absl::ascii_isxdigit(static_cast<unsigned char>(Peek(0))); ++digits) {
      const char c = css_[at_++];
      code = code * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    if (digits == 0) {
      Append(css_[at_++], out);
      return;
    }
    if (Peek(0) == '\r' && Peek(1) == '\n') ++at_;
    if (at_ < css_.size() && IsSpace(css_[at_])) ++at_;
    const bool scalar = code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    if (out->size() <= options_.max_url_bytes) AppendUtf8(scalar ? code : 0xFFFD, out);
  }

  // One byte more than the limit is enough to know that it was passed.
  void Append(char c, std::string* out) const {
    if (out->size() <= options_.max_url_bytes) out->push_back(c);
  }

  void Add(CssLink::Kind kind, std::string url, size_t offset) {
    if (url.empty() || url.size() > options_.max_url_bytes) return;
    links_.push_back({kind, std::move(url), offset});
  }

  static constexpr size_t kLongestName = 9;  // "namespace"

  const absl::string_view css_;
  const CssLinkOptions options_;

  size_t at_ = 0;
  Rule rule_ = Rule::kOther;
  std::vector<CssLink> links_;
};

}  // namespace

std::vector<CssLink> FindCssLinks(absl::string_view css, const CssLinkOptions& options) {
  return CssScanner(css, options).Scan();
}

}  // namespace spindle
