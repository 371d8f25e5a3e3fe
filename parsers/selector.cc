#include "parsers/selector.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

enum class Combinator : uint8_t { kNone, kDescendant, kChild, kNext, kLater };

enum class AttributeTest : uint8_t {
  kPresent,
  kEqual,
  kWord,
  kPrefix,
  kSuffix,
  kSubstring,
  kDashPrefix,
};

struct Simple {
  enum class Kind : uint8_t {
    kUniversal,
    kType,
    kId,
    kClass,
    kAttribute,
    kNthChild,
    kNthLastChild,
    kOnlyChild,
    kEmpty,
    kRoot,
    kNot,
  };

  Kind kind = Kind::kUniversal;
  std::string name;
  std::string value;
  AttributeTest test = AttributeTest::kPresent;
  bool ignore_case = false;
  int step = 0;    // the a of an+b
  int offset = 0;  // the b
  std::vector<Simple> negated;
};

// One element's conditions, and how the compound to its left relates to it.
struct Compound {
  Combinator combinator = Combinator::kNone;
  std::vector<Simple> simples;
};

using Complex = std::vector<Compound>;

// White space of CSS Syntax section 4.2, after its preprocessing.
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsNameStart(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalpha(byte) || c == '_' || byte >= 0x80;
}
bool IsName(char c) { return IsNameStart(c) || IsDigit(c) || c == '-'; }

void AppendUtf8(uint32_t code, std::string* out) {
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (code >> 6)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (code >> 12)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (code >> 18)));
    out->push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

// The grammar of Selectors Level 4, section 17, as far as the header says. Each Read returns false
// after Fail.
class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Complex>> Run() {
    std::vector<Complex> list;
    if (text_.size() > Selector::kMaxBytes) {
      Fail(absl::StrCat("at most ", Selector::kMaxBytes, " bytes"));
      return error_;
    }
    do {
      list.emplace_back();
      if (!ReadComplex(&list.back())) return error_;
    } while (Take(','));
    if (at_ < text_.size()) {
      Fail("a selector, a combinator or ','");
      return error_;
    }
    return list;
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool SkipSpace() {
    const size_t start = at_;
    while (!AtEnd() && IsSpace(text_[at_])) ++at_;
    return at_ > start;
  }
  bool Fail(absl::string_view expected) {
    error_ = absl::InvalidArgumentError(absl::StrCat("selector: expected ", expected, " at byte ",
                                                     at_, " of \"", text_.substr(0, 100),
                                                     text_.size() > 100 ? "...\"" : "\""));
    return false;
  }
  bool Count() { return ++part_count_ <= Selector::kMaxParts || Fail("no more parts"); }

  bool ReadComplex(Complex* complex) {
    SkipSpace();
    complex->emplace_back();
    if (!ReadCompound(&complex->back())) return false;
    while (true) {
      Combinator combinator = SkipSpace() ? Combinator::kDescendant : Combinator::kNone;
      if (AtEnd() || Peek() == ',') return true;
      if (Take('>')) {
        combinator = Combinator::kChild;
      } else if (Take('+')) {
        combinator = Combinator::kNext;
      } else if (Take('~')) {
        combinator = Combinator::kLater;
      }
      if (combinator == Combinator::kNone) return Fail("a combinator or ','");
      SkipSpace();
      complex->emplace_back();
      complex->back().combinator = combinator;
      if (!ReadCompound(&complex->back())) return false;
    }
  }

  bool ReadCompound(Compound* compound) {
    return Count() && ReadSimples(&compound->simples, false);
  }

  bool ReadSimples(std::vector<Simple>* simples, bool in_not) {
    if (Take('*')) {
      simples->emplace_back();
    } else if (StartsName()) {
      simples->emplace_back();
      simples->back().kind = Simple::Kind::kType;
      if (!ReadName(&simples->back().name)) return false;
    }
    while (true) {
      Simple simple;
      if (Take('#')) {
        simple.kind = Simple::Kind::kId;
        if (!ReadName(&simple.name)) return false;
      } else if (Take('.')) {
        simple.kind = Simple::Kind::kClass;
        if (!ReadName(&simple.name)) return false;
      } else if (Take('[')) {
        if (!ReadAttribute(&simple)) return false;
      } else if (Take(':')) {
        if (!ReadPseudoClass(&simple, in_not)) return false;
      } else {
        return !simples->empty() || Fail("a selector");
      }
      if (!Count()) return false;
      simples->push_back(std::move(simple));
    }
  }

  bool StartsName() const {
    return IsNameStart(Peek()) || Peek() == '\\' ||
           (Peek() == '-' && (IsNameStart(Peek(1)) || Peek(1) == '-' || Peek(1) == '\\'));
  }

  // An identifier; after '#' also one that begins with a digit.
  bool ReadName(std::string* name) {
    while (!AtEnd()) {
      if (IsName(Peek())) {
        name->push_back(text_[at_++]);
      } else if (Peek() == '\\' && at_ + 1 < text_.size() && Peek(1) != '\n') {
        ReadEscape(name);
      } else {
        break;
      }
    }
    return !name->empty() || Fail("a name");
  }

  // CSS Syntax section 4.3.7.
  void ReadEscape(std::string* out) {
    ++at_;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(Peek()))) {
      out->push_back(text_[at_++]);
      return;
    }
    uint32_t code = 0;
    for (int i = 0; i < 6 && absl::ascii_isxdigit(static_cast<unsigned char>(Peek())); ++i) {
      const char c = absl::ascii_tolower(static_cast<unsigned char>(text_[at_++]));
      code = code * 16 + (IsDigit(c) ? c - '0' : c - 'a' + 10);
    }
    if (!AtEnd() && IsSpace(Peek())) ++at_;
    AppendUtf8(code, out);
  }

  bool ReadString(std::string* value) {
    const char quote = text_[at_++];
    while (!AtEnd() && Peek() != quote) {
      if (Peek() == '\n') return Fail("the end of the string");
      if (Peek() == '\\' && at_ + 1 < text_.size()) {
        ReadEscape(value);
      } else {
        value->push_back(text_[at_++]);
      }
    }
    return Take(quote) || Fail("the end of the string");
  }

  bool ReadAttribute(Simple* simple) {
    simple->kind = Simple::Kind::kAttribute;
    SkipSpace();
    if (!ReadName(&simple->name)) return false;
    SkipSpace();
    if (Take(']')) return true;
    switch (Peek()) {
      case '=':
        simple->test = AttributeTest::kEqual;
        break;
      case '~':
        simple->test = AttributeTest::kWord;
        break;
      case '^':
        simple->test = AttributeTest::kPrefix;
        break;
      case '$':
        simple->test = AttributeTest::kSuffix;
        break;
      case '*':
        simple->test = AttributeTest::kSubstring;
        break;
      case '|':
        simple->test = AttributeTest::kDashPrefix;
        break;
      default:
        return Fail("'=' or ']'");
    }
    if (simple->test != AttributeTest::kEqual) ++at_;
    if (!Take('=')) return Fail("'='");
    SkipSpace();
    if (Peek() == '"' || Peek() == '\'') {
      if (!ReadString(&simple->value)) return false;
    } else if (!ReadName(&simple->value)) {
      return false;
    }
    if (SkipSpace() || Peek() == 'i' || Peek() == 'I') {
      simple->ignore_case = Take('i') || Take('I');
      if (!simple->ignore_case && !Take('s')) Take('S');
      SkipSpace();
    }
    return Take(']') || Fail("']'");
  }

  bool ReadPseudoClass(Simple* simple, bool in_not) {
    const size_t start = at_;
    std::string name;
    if (!ReadName(&name)) return false;
    name = absl::AsciiStrToLower(name);
    using Kind = Simple::Kind;
    if (name == "first-child" || name == "last-child") {
      simple->kind = name[0] == 'f' ? Kind::kNthChild : Kind::kNthLastChild;
      simple->offset = 1;
      return true;
    }
    if (name == "only-child") return SetKind(simple, Kind::kOnlyChild);
    if (name == "empty") return SetKind(simple, Kind::kEmpty);
    if (name == "root") return SetKind(simple, Kind::kRoot);
    const bool takes_nth = name == "nth-child" || name == "nth-last-child";
    if (!takes_nth && (name != "not" || in_not)) {
      at_ = start;
      return Fail("a known pseudo-class");
    }
    if (!Take('(')) return Fail("'('");
    SkipSpace();
    if (takes_nth) {
      simple->kind = name == "nth-child" ? Kind::kNthChild : Kind::kNthLastChild;
      if (!ReadNth(simple)) return false;
    } else {
      simple->kind = Kind::kNot;
      if (!ReadSimples(&simple->negated, /*in_not=*/true)) return false;
    }
    SkipSpace();
    return Take(')') || Fail("')'");
  }

  static bool SetKind(Simple* simple, Simple::Kind kind) {
    simple->kind = kind;
    return true;
  }

  // Digits up to a million: no page has more children.
  bool ReadNumber(int* number) {
    if (!IsDigit(Peek())) return Fail("a number");
    *number = 0;
    while (IsDigit(Peek())) *number = std::min(*number * 10 + (text_[at_++] - '0'), 1'000'000);
    return true;
  }

  bool TakeWord(absl::string_view word) {
    if (!absl::StartsWithIgnoreCase(text_.substr(at_), word) || IsName(Peek(word.size()))) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  // an+b, CSS Syntax section 6.
  bool ReadNth(Simple* simple) {
    if (TakeWord("odd")) {
      simple->step = 2;
      simple->offset = 1;
      return true;
    }
    if (TakeWord("even")) {
      simple->step = 2;
      return true;
    }
    const int sign = Take('-') ? -1 : (Take('+'), 1);
    int number = 1;
    const bool has_number = IsDigit(Peek());
    if (has_number && !ReadNumber(&number)) return false;
    if (!Take('n') && !Take('N')) {
      simple->offset = sign * number;
      return has_number || Fail("a number, an+b, odd or even");
    }
    simple->step = sign * number;
    SkipSpace();
    if (Peek() != '+' && Peek() != '-') return true;
    const int offset_sign = text_[at_++] == '-' ? -1 : 1;
    SkipSpace();
    if (!ReadNumber(&number)) return false;
    simple->offset = offset_sign * number;
    return true;
  }

  const absl::string_view text_;
  size_t at_ = 0;
  size_t part_count_ = 0;
  absl::Status error_;
};

bool HasWord(absl::string_view list, absl::string_view word, bool ignore_case) {
  size_t at = 0;
  while (at < list.size()) {
    while (at < list.size() && IsSpace(list[at])) ++at;
    const size_t start = at;
    while (at < list.size() && !IsSpace(list[at])) ++at;
    if (at - start != word.size() || word.empty()) continue;
    const absl::string_view candidate = list.substr(start, at - start);
    if (ignore_case ? absl::EqualsIgnoreCase(candidate, word) : candidate == word) return true;
  }
  return false;
}

bool AttributeMatches(const Simple& simple, absl::string_view value) {
  const absl::string_view wanted = simple.value;
  const auto equal = [&](absl::string_view part) {
    return simple.ignore_case ? absl::EqualsIgnoreCase(part, wanted) : part == wanted;
  };
  switch (simple.test) {
    case AttributeTest::kPresent:
      return true;
    case AttributeTest::kEqual:
      return equal(value);
    case AttributeTest::kWord:
      return HasWord(value, wanted, simple.ignore_case);
    case AttributeTest::kPrefix:
      return !wanted.empty() && equal(value.substr(0, wanted.size()));
    case AttributeTest::kSuffix:
      return !wanted.empty() && value.size() >= wanted.size() &&
             equal(value.substr(value.size() - wanted.size()));
    case AttributeTest::kSubstring:
      if (wanted.empty()) return false;
      return simple.ignore_case
                 ? absl::StrContains(absl::AsciiStrToLower(value), absl::AsciiStrToLower(wanted))
                 : absl::StrContains(value, wanted);
    case AttributeTest::kDashPrefix:
      return equal(value) || (value.size() > wanted.size() && value[wanted.size()] == '-' &&
                              equal(value.substr(0, wanted.size())));
  }
  return false;
}

HtmlNode ParentElement(HtmlNode node) {
  const HtmlNode parent = node.parent();
  return parent.IsElement() ? parent : HtmlNode();
}

HtmlNode PreviousElement(HtmlNode node) {
  do {
    node = node.previous_sibling();
  } while (node && !node.IsElement());
  return node;
}

// Matches nodes of one tree, right to left. What would be searched again and again on a hostile
// page (ancestors, earlier siblings, a child's number) is remembered, so that all of a tree costs
// its size times the selector's.
class Matcher {
 public:
  explicit Matcher(const std::vector<Complex>& list) : list_(list) {}

  bool Matches(HtmlNode node) {
    for (const Complex& complex : list_) {
      if (MatchesUpTo(complex, complex.size() - 1, node)) return true;
    }
    return false;
  }

 private:
  struct Place {
    int index = 0;  // among the parent's elements, from 1
    int last_index = 0;
  };
  struct Key {
    const void* node;
    const Compound* compound;

    friend bool operator==(const Key& a, const Key& b) {
      return a.node == b.node && a.compound == b.compound;
    }
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.node, key.compound);
    }
  };

  // The compounds [0, index] of `complex`, the last of them on `node`.
  bool MatchesUpTo(const Complex& complex, size_t index, HtmlNode node) {
    for (size_t i = index;; --i) {
      if (!MatchesAll(complex[i].simples, node)) return false;
      switch (complex[i].combinator) {
        case Combinator::kNone:
          return true;
        case Combinator::kDescendant:
          return HasAncestor(complex, i - 1, node);
        case Combinator::kLater:
          return HasEarlierSibling(complex, i - 1, node);
        case Combinator::kChild:
          node = ParentElement(node);
          break;
        case Combinator::kNext:
          node = PreviousElement(node);
          break;
      }
      if (!node) return false;
    }
  }

  bool HasAncestor(const Complex& complex, size_t index, HtmlNode node) {
    std::vector<HtmlNode> asked;
    bool found = false;
    for (HtmlNode at = node; !found; at = ParentElement(at)) {
      const auto known = has_ancestor_.find(Key{at.id(), &complex[index]});
      if (known != has_ancestor_.end()) {
        found = known->second;
        break;
      }
      asked.push_back(at);
      const HtmlNode parent = ParentElement(at);
      if (!parent) break;
      found = MatchesUpTo(complex, index, parent);
    }
    for (const HtmlNode at : asked) has_ancestor_[Key{at.id(), &complex[index]}] = found;
    return found;
  }

  bool HasEarlierSibling(const Complex& complex, size_t index, HtmlNode node) {
    // The first matching sibling of each parent is enough to know.
    const Key key{node.parent().id(), &complex[index]};
    auto [entry, is_new] = first_sibling_.try_emplace(key, 0);
    if (is_new) {
      int found = 0;
      for (HtmlNode at = node.parent().first_child(); at && found == 0; at = at.next_sibling()) {
        if (at.IsElement() && MatchesUpTo(complex, index, at)) found = PlaceOf(at).index;
      }
      first_sibling_[key] = found;  // the search may have moved the entry
      return found != 0 && found < PlaceOf(node).index;
    }
    const int first = entry->second;
    return first != 0 && first < PlaceOf(node).index;
  }

  Place PlaceOf(HtmlNode node) {
    const auto known = places_.find(node.id());
    if (known != places_.end()) return known->second;
    const HtmlNode parent = node.parent();
    int count = 0;
    for (HtmlNode at = parent.first_child(); at; at = at.next_sibling()) count += at.IsElement();
    int index = 0;
    for (HtmlNode at = parent.first_child(); at; at = at.next_sibling()) {
      if (!at.IsElement()) continue;
      ++index;
      places_[at.id()] = Place{index, count - index + 1};
    }
    return places_[node.id()];
  }

  bool MatchesAll(const std::vector<Simple>& simples, HtmlNode node) {
    for (const Simple& simple : simples) {
      if (!MatchesSimple(simple, node)) return false;
    }
    return true;
  }

  // Whether a*n + b is `index` for some n >= 0.
  static bool IsNth(const Simple& simple, int index) {
    const int distance = index - simple.offset;
    if (simple.step == 0) return distance == 0;
    return distance % simple.step == 0 && distance / simple.step >= 0;
  }

  bool MatchesSimple(const Simple& simple, HtmlNode node) {
    using Kind = Simple::Kind;
    switch (simple.kind) {
      case Kind::kUniversal:
        return true;
      case Kind::kType:
        return absl::EqualsIgnoreCase(node.tag(), simple.name);
      case Kind::kId:
        return node.attribute("id") == absl::string_view(simple.name);
      case Kind::kClass: {
        const std::optional<absl::string_view> value = node.attribute("class");
        return value && HasWord(*value, simple.name, /*ignore_case=*/false);
      }
      case Kind::kAttribute:
        for (size_t i = 0; i < node.attribute_count(); ++i) {
          const HtmlAttribute attribute = node.attribute_at(i);
          if (absl::EqualsIgnoreCase(attribute.name, simple.name)) {
            return AttributeMatches(simple, attribute.value);
          }
        }
        return false;
      case Kind::kNthChild:
        return IsNth(simple, PlaceOf(node).index);
      case Kind::kNthLastChild:
        return IsNth(simple, PlaceOf(node).last_index);
      case Kind::kOnlyChild: {
        const Place place = PlaceOf(node);
        return place.index == 1 && place.last_index == 1;
      }
      case Kind::kEmpty:
        return IsEmpty(node);
      case Kind::kRoot:
        return !ParentElement(node);
      case Kind::kNot:
        return !MatchesAll(simple.negated, node);
    }
    return false;
  }

  static bool IsEmpty(HtmlNode node) {
    for (HtmlNode at = node.first_child(); at; at = at.next_sibling()) {
      if (!at.IsComment()) return false;
    }
    return true;
  }

  const std::vector<Complex>& list_;
  absl::flat_hash_map<Key, bool> has_ancestor_;
  absl::flat_hash_map<Key, int> first_sibling_;
  absl::flat_hash_map<const void*, Place> places_;
};

}  // namespace

struct Selector::Impl {
  std::vector<Complex> list;
};

Selector::Selector(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Selector::Selector(Selector&&) noexcept = default;
Selector& Selector::operator=(Selector&&) noexcept = default;
Selector::~Selector() = default;

absl::StatusOr<Selector> Selector::Parse(absl::string_view text) {
  absl::StatusOr<std::vector<Complex>> list = Parser(text).Run();
  if (!list.ok()) return list.status();
  auto impl = std::make_unique<Impl>();
  impl->list = *std::move(list);
  return Selector(std::move(impl));
}

std::vector<HtmlNode> Selector::Select(HtmlNode top, size_t max_count) const {
  std::vector<HtmlNode> found;
  Matcher matcher(impl_->list);
  for (HtmlNode node = top.NextWithin(top); node && found.size() < max_count;
       node = node.NextWithin(top)) {
    if (node.IsElement() && matcher.Matches(node)) found.push_back(node);
  }
  return found;
}

HtmlNode Selector::SelectFirst(HtmlNode top) const {
  const std::vector<HtmlNode> found = Select(top, 1);
  return found.empty() ? HtmlNode() : found[0];
}

bool Selector::Matches(HtmlNode element) const {
  return element.IsElement() && Matcher(impl_->list).Matches(element);
}

}  // namespace spindle
