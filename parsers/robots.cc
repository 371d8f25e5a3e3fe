#include "parsers/robots.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace spindle {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

bool IsTokenChar(char c) { return absl::ascii_isalpha(c) || c == '_' || c == '-'; }

// RFC 3986 section 2.3.
bool IsUnreserved(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// Characters of a path that are compared as they are. What is missing is either escaped in every
// URL on the wire (controls, space, quotes, non-ASCII) or means something in a pattern ("*", "$")
// or in an escape ("%").
constexpr std::array<bool, 256> MakePlainTable() {
  std::array<bool, 256> table = {};
  for (int c = 0x21; c < 0x7f; ++c) table[c] = true;
  for (char c : {'"', '<', '>', '\\', '^', '`', '{', '|', '}', '%', '*', '$'}) {
    table[static_cast<unsigned char>(c)] = false;
  }
  return table;
}
constexpr std::array<bool, 256> kPlain = MakePlainTable();

bool IsPlain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

bool AllPlain(absl::string_view text) { return std::all_of(text.begin(), text.end(), IsPlain); }

int HexValue(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  return absl::ascii_isxdigit(c) ? absl::ascii_tolower(c) - 'a' + 10 : -1;
}

// The byte that the escape at the beginning of `text` stands for; -1 where that is no escape.
int EscapedValue(absl::string_view text) {
  const int high = text.size() > 2 ? HexValue(text[1]) : -1;
  const int low = text.size() > 2 ? HexValue(text[2]) : -1;
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void AppendEscaped(unsigned char c, std::string* out) {
  out->push_back('%');
  out->push_back(kHexDigits[c >> 4]);
  out->push_back(kHexDigits[c & 15]);
}

// The two readings of RFC 9309 section 2.2.2, of a pattern and of a path. The literal one is
// Google's: escapes of unreserved characters stay, and a path is compared as it is on the wire, so
// with non-ASCII bytes that someone forgot to escape it matches nothing. The decoded one is the
// RFC's. A Disallow counts in both, an Allow in the literal one only.
enum class Form { kLiteralPattern, kDecodedPattern, kLiteralPath, kDecodedPath };

// A "*" of a pattern stays as it is; in a path it is an ordinary character, for which "%2A" stands
// in patterns (section 2.2.3).
std::string Normalized(absl::string_view text, Form form) {
  const bool is_pattern = form == Form::kLiteralPattern || form == Form::kDecodedPattern;
  const bool decode = form == Form::kDecodedPattern || form == Form::kDecodedPath;
  std::string out;
  out.reserve(text.size() + 16);
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const int escaped = c == '%' ? EscapedValue(text.substr(i)) : -1;
    if (escaped >= 0) {
      if (decode && IsUnreserved(static_cast<char>(escaped))) {
        out.push_back(static_cast<char>(escaped));
      } else {
        AppendEscaped(static_cast<unsigned char>(escaped), &out);
      }
      i += 2;
    } else if (IsPlain(text[i]) || c == '%' || (c >= 0x80 && form == Form::kLiteralPath)) {
      out.push_back(text[i]);
    } else if (c == '*' && is_pattern) {
      if (out.empty() || out.back() != '*') out.push_back('*');
    } else {
      AppendEscaped(c, &out);
    }
  }
  return out;
}

// The length that decides between rules is that of the pattern with non-ASCII bytes escaped and
// nothing else changed.
uint32_t PriorityOf(absl::string_view pattern) {
  uint32_t size = 0;
  for (char c : pattern) size += absl::ascii_isascii(static_cast<unsigned char>(c)) ? 1 : 3;
  return size;
}

constexpr size_t kMaxPrefixBytes = sizeof(uint64_t);

// The first bytes of `text`, at most kMaxPrefixBytes, in memory order; missing ones zero.
uint64_t LoadPrefix(absl::string_view text) {
  uint64_t prefix = 0;
  memcpy(&prefix, text.data(), std::min(text.size(), kMaxPrefixBytes));
  return prefix;
}

// By size, what of LoadPrefix() a prefix of that size covers.
constexpr std::array<uint64_t, kMaxPrefixBytes + 1> MakePrefixMasks() {
  static_assert(std::endian::native == std::endian::little);
  std::array<uint64_t, kMaxPrefixBytes + 1> masks = {};
  for (size_t size = 1; size < masks.size(); ++size) masks[size] = masks[size - 1] << 8 | 0xff;
  return masks;
}
constexpr std::array<uint64_t, kMaxPrefixBytes + 1> kPrefixMasks = MakePrefixMasks();

// One of 64 classes of pairs of bytes, as a set. What has a pair that a path has not is not in it.
uint64_t PairBit(char first, char second) {
  return uint64_t{1} << ((static_cast<unsigned char>(first) * 29u +
                          static_cast<unsigned char>(second)) &
                         63);
}

uint64_t PairsOf(absl::string_view text) {
  uint64_t pairs = 0;
  for (size_t i = 1; i < text.size(); ++i) pairs |= PairBit(text[i - 1], text[i]);
  return pairs;
}

// Those of a pattern, whose "*" stand next to nothing.
uint64_t PatternPairsOf(absl::string_view pattern) {
  uint64_t pairs = 0;
  for (size_t i = 1; i < pattern.size(); ++i) {
    if (pattern[i - 1] != '*' && pattern[i] != '*') pairs |= PairBit(pattern[i - 1], pattern[i]);
  }
  return pairs;
}

// Linear in both, unlike absl::string_view::find(). Adds the bytes of the text up to the end of
// what was found.
size_t Find(absl::string_view text, absl::string_view part, size_t* searched_bytes) {
  if (part.empty()) return 0;
  const void* found = memmem(text.data(), text.size(), part.data(), part.size());
  const size_t place = found == nullptr
                           ? absl::string_view::npos
                           : static_cast<size_t>(static_cast<const char*>(found) - text.data());
  *searched_bytes += found == nullptr ? text.size() : place + part.size();
  return place;
}

// Takes the first place for every part between two "*". No later place could help what follows, so
// nothing is tried twice and the time is linear.
bool PatternMatches(absl::string_view pattern, bool anchored, absl::string_view path,
                    size_t* searched_bytes) {
  size_t star = pattern.find('*');
  if (star == absl::string_view::npos) {
    return anchored ? path == pattern : absl::StartsWith(path, pattern);
  }
  if (!absl::ConsumePrefix(&path, pattern.substr(0, star))) return false;
  while (true) {
    pattern.remove_prefix(star + 1);
    star = pattern.find('*');
    const absl::string_view part = pattern.substr(0, star);
    if (star == absl::string_view::npos && anchored) return absl::EndsWith(path, part);
    const size_t place = Find(path, part, searched_bytes);
    if (place == absl::string_view::npos) return false;
    if (star == absl::string_view::npos) return true;
    path.remove_prefix(place + part.size());
  }
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xc0 | code_point >> 6));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  } else if (code_point < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | code_point >> 12));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xf0 | code_point >> 18));
    out->push_back(static_cast<char>(0x80 | (code_point >> 12 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  }
}

std::string Utf8FromUtf16(absl::string_view bytes, bool big_endian) {
  const auto unit = [&](size_t i) -> uint32_t {
    const uint32_t first = static_cast<unsigned char>(bytes[i]);
    const uint32_t second = static_cast<unsigned char>(bytes[i + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  std::string out;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    uint32_t code_point = unit(i);
    if (code_point >= 0xd800 && code_point < 0xe000) {
      const uint32_t low = code_point < 0xdc00 && i + 3 < bytes.size() ? unit(i + 2) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
        i += 2;
      } else {
        code_point = 0xfffd;
      }
    }
    AppendUtf8(code_point, &out);
  }
  return out;
}

// Google drops what there is of a UTF-8 byte order mark, even where it is not complete.
absl::string_view StripByteOrderMark(absl::string_view body) {
  for (char c : {'\xef', '\xbb', '\xbf'}) {
    if (body.empty() || body[0] != c) break;
    body.remove_prefix(1);
  }
  return body;
}

enum class Key { kUserAgent, kAllow, kDisallow, kCrawlDelay, kSitemap, kContentSignal, kOther };

// Names are compared by their beginning, and the typing errors are the frequent ones, both as
// Google does.
Key KeyOf(absl::string_view name) {
  struct KnownKey {
    absl::string_view prefix;
    Key key;
  };
  static constexpr KnownKey kKnownKeys[] = {
      {"user-agent", Key::kUserAgent},
      {"useragent", Key::kUserAgent},
      {"user agent", Key::kUserAgent},
      {"allow", Key::kAllow},
      {"disallow", Key::kDisallow},
      {"dissallow", Key::kDisallow},
      {"dissalow", Key::kDisallow},
      {"disalow", Key::kDisallow},
      {"diasllow", Key::kDisallow},
      {"disallaw", Key::kDisallow},
      {"sitemap", Key::kSitemap},
      {"site-map", Key::kSitemap},
      {"crawl-delay", Key::kCrawlDelay},
      {"crawldelay", Key::kCrawlDelay},
      {"content-signal", Key::kContentSignal},
  };
  for (const KnownKey& known : kKnownKeys) {
    if (absl::StartsWithIgnoreCase(name, known.prefix)) return known.key;
  }
  return Key::kOther;
}

struct Field {
  Key key = Key::kOther;
  absl::string_view value;
};

// A line is "name: value"; Google also takes "name value" where these are all the words of the
// line.
std::optional<Field> FieldOf(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
  size_t separator = line.find(':');
  if (separator == absl::string_view::npos) {
    separator = line.find_first_of(" \t");
    if (separator == absl::string_view::npos) return std::nullopt;
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(separator));
    if (value.find_first_of(" \t") != absl::string_view::npos) return std::nullopt;
  }
  return Field{KeyOf(absl::StripAsciiWhitespace(line.substr(0, separator))),
               absl::StripAsciiWhitespace(line.substr(separator + 1))};
}

// "5", "0.5", "10 seconds". Nothing for what does not begin with a digit.
std::optional<absl::Duration> DelayOf(absl::string_view value) {
  const size_t end = std::min(value.find_first_not_of("0123456789."), value.size());
  double seconds = 0;
  if (end == 0 || !absl::SimpleAtod(value.substr(0, end), &seconds)) return std::nullopt;
  return absl::Seconds(seconds);
}

}  // namespace

RobotsOutcome OutcomeForStatus(int http_status) {
  switch (http_status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return RobotsOutcome::kRedirect;
    case 304:
      return RobotsOutcome::kUnchanged;
    case 429:
      return RobotsOutcome::kUnreachable;
    default:
      if (http_status >= 200 && http_status < 300) return RobotsOutcome::kParse;
      if (http_status >= 300 && http_status < 500) return RobotsOutcome::kUnavailable;
      return RobotsOutcome::kUnreachable;
  }
}

bool IsProductToken(absl::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), IsTokenChar);
}

// Reads the lines of one file. Rules for the token and rules for "*" are kept apart until the end,
// when it is known which of them apply.
class RobotsParser {
 public:
  RobotsParser(absl::string_view product_token, const RobotsLimits& limits)
      : product_token_(product_token), limits_(limits) {}

  RobotsTxt Parse(absl::string_view body) {
    const bool truncated = body.size() > limits_.max_bytes;
    if (truncated) body = body.substr(0, limits_.max_bytes);
    std::string utf8;
    if (absl::StartsWith(body, "\xfe\xff") || absl::StartsWith(body, "\xff\xfe")) {
      utf8 = Utf8FromUtf16(body.substr(2), body[0] == '\xfe');
      body = utf8;
    } else {
      body = StripByteOrderMark(body);
    }
    if (truncated) body = body.substr(0, body.find_last_of("\r\n") + 1);
    is_html_ = absl::StartsWith(absl::StripLeadingAsciiWhitespace(body), "<");
    ReadLines(body);
    return Finish(truncated);
  }

 private:
  using Rule = RobotsTxt::Rule;

  // What the groups of one kind, those for the token or those for "*", have said so far.
  struct Groups {
    std::vector<Rule> rules;
    std::string patterns;
    std::optional<absl::Duration> crawl_delay;
    std::string content_signal;
  };

  void ReadLines(absl::string_view body) {
    while (!body.empty()) {
      ++line_;
      const size_t end = std::min(body.find_first_of("\r\n"), body.size());
      absl::string_view line = body.substr(0, std::min(end, limits_.max_line_bytes));
      if (is_html_) line = WithoutMarkup(line);
      if (const std::optional<Field> field = FieldOf(line)) HandleField(*field);
      const bool crlf = absl::StartsWith(body.substr(end), "\r\n");
      body.remove_prefix(std::min(end + (crlf ? 2 : 1), body.size()));
    }
  }

  // "<p>Disallow: /a<br>" is "Disallow: /a": neither "<" nor ">" can stand in a URL.
  static absl::string_view WithoutMarkup(absl::string_view line) {
    line = absl::StripLeadingAsciiWhitespace(line);
    while (absl::StartsWith(line, "<") && line.find('>') != absl::string_view::npos) {
      line = absl::StripLeadingAsciiWhitespace(line.substr(line.find('>') + 1));
    }
    return line.substr(0, line.find('<'));
  }

  void HandleField(const Field& field) {
    switch (field.key) {
      case Key::kUserAgent:
        HandleUserAgent(field.value);
        break;
      case Key::kAllow:
      case Key::kDisallow:
        HandleRule(field.key == Key::kAllow, field.value);
        break;
      case Key::kCrawlDelay:
        HandleCrawlDelay(field.value);
        break;
      case Key::kSitemap:
        HandleSitemap(field.value);
        break;
      case Key::kContentSignal:
        HandleContentSignal(field.value);
        break;
      case Key::kOther:
        break;
    }
  }

  // Consecutive User-agent lines, with whatever other than rules between them, begin one group (RFC
  // 9309 2.1, 2.2.4).
  void HandleUserAgent(absl::string_view value) {
    if (rule_seen_) in_token_group_ = in_star_group_ = rule_seen_ = false;
    any_group_seen_ = true;
    if (!value.empty() && value[0] == '*' && (value.size() == 1 || absl::ascii_isspace(value[1]))) {
      in_star_group_ = true;
      return;
    }
    const auto end = std::find_if_not(value.begin(), value.end(), IsTokenChar);
    const absl::string_view token = value.substr(0, static_cast<size_t>(end - value.begin()));
    if (!token.empty() && absl::EqualsIgnoreCase(token, product_token_)) {
      in_token_group_ = names_token_ = true;
    }
  }

  void HandleRule(bool allow, absl::string_view value) {
    if (!any_group_seen_) return;
    rule_seen_ = true;
    Groups* groups = CurrentGroups();
    if (groups == nullptr || value.empty()) return;
    AddRule(allow, value, groups);
    // To allow the index page of a folder is to allow the folder itself, a rule of Google's.
    const size_t slash = value.rfind('/');
    if (allow && slash != absl::string_view::npos &&
        absl::StartsWith(value.substr(slash), "/index.htm")) {
      AddRule(allow, absl::StrCat(value.substr(0, slash + 1), "$"), groups);
    }
  }

  void AddRule(bool allow, absl::string_view pattern, Groups* groups) {
    Rule rule;
    rule.allow = allow;
    rule.line = line_;
    rule.priority = PriorityOf(pattern);
    rule.anchored = absl::ConsumeSuffix(&pattern, "$");
    const std::string literal = Normalized(pattern, Form::kLiteralPattern);
    AddReading(literal, rule, groups);
    if (allow) return;
    const std::string decoded = Normalized(pattern, Form::kDecodedPattern);
    if (decoded == literal) return;
    rule.decoded = true;
    AddReading(decoded, rule, groups);
  }

  static void AddReading(absl::string_view pattern, Rule rule, Groups* groups) {
    rule.prefix_size =
        static_cast<uint8_t>(std::min({pattern.find('*'), pattern.size(), kMaxPrefixBytes}));
    rule.prefix = LoadPrefix(pattern.substr(0, rule.prefix_size));
    rule.pairs = PatternPairsOf(pattern);
    rule.begin = static_cast<uint32_t>(groups->patterns.size());
    rule.size = static_cast<uint32_t>(pattern.size());
    absl::StrAppend(&groups->patterns, pattern);
    groups->rules.push_back(rule);
  }

  void HandleCrawlDelay(absl::string_view value) {
    Groups* groups = CurrentGroups();
    const std::optional<absl::Duration> delay = DelayOf(value);
    if (groups == nullptr || !delay.has_value()) return;
    groups->crawl_delay =
        std::min(limits_.max_crawl_delay, std::max(*delay, groups->crawl_delay.value_or(*delay)));
  }

  void HandleSitemap(absl::string_view value) {
    if (value.empty() || value.size() > limits_.max_sitemap_bytes) return;
    if (sitemaps_.size() >= limits_.max_sitemap_count) return;
    if (sitemaps_seen_.insert(value).second) sitemaps_.emplace_back(value);
  }

  void HandleContentSignal(absl::string_view value) {
    Groups* groups = CurrentGroups();
    if (any_group_seen_ && groups == nullptr) return;
    std::string* signal = groups != nullptr ? &groups->content_signal : &content_signal_;
    AppendContentSignal(value, signal);
  }

  void AppendContentSignal(absl::string_view value, std::string* signal) const {
    if (value.empty()) return;
    if (signal->size() + 2 + value.size() > limits_.max_content_signal_bytes) return;
    absl::StrAppend(signal, signal->empty() ? "" : ", ", value);
  }

  // A group that names both the token and "*" is one for the token. Null in the groups of others.
  Groups* CurrentGroups() {
    if (in_token_group_) return &token_groups_;
    return in_star_group_ ? &star_groups_ : nullptr;
  }

  RobotsTxt Finish(bool truncated) {
    Groups& groups = names_token_ ? token_groups_ : star_groups_;
    std::sort(groups.rules.begin(), groups.rules.end(), [](const Rule& a, const Rule& b) {
      if (a.priority != b.priority) return a.priority > b.priority;
      if (a.allow != b.allow) return a.allow;
      return a.line != b.line ? a.line < b.line : a.decoded < b.decoded;
    });
    AppendContentSignal(groups.content_signal, &content_signal_);
    RobotsTxt robots;
    robots.rules_ = std::move(groups.rules);
    robots.patterns_ = std::move(groups.patterns);
    robots.sitemaps_ = std::move(sitemaps_);
    robots.content_signal_ = std::move(content_signal_);
    robots.crawl_delay_ = groups.crawl_delay;
    robots.names_token_ = names_token_;
    robots.truncated_ = truncated;
    robots.max_search_bytes_ = limits_.max_search_bytes;
    robots.rules_.shrink_to_fit();
    robots.patterns_.shrink_to_fit();
    robots.sitemaps_.shrink_to_fit();
    return robots;
  }

  const absl::string_view product_token_;
  const RobotsLimits& limits_;

  bool is_html_ = false;
  uint32_t line_ = 0;
  bool any_group_seen_ = false;
  bool rule_seen_ = false;  // since the last User-agent line
  bool in_token_group_ = false;
  bool in_star_group_ = false;
  bool names_token_ = false;

  Groups token_groups_;
  Groups star_groups_;
  std::vector<std::string> sitemaps_;
  absl::flat_hash_set<absl::string_view> sitemaps_seen_;  // into the body
  std::string content_signal_;
};

RobotsTxt RobotsTxt::Parse(absl::string_view body, absl::string_view product_token,
                           const RobotsLimits& limits) {
  return RobotsParser(product_token, limits).Parse(body);
}

bool RobotsTxt::Allows(absl::string_view path_and_query, size_t* searched_bytes) const {
  const Decision decision = Decide(path_and_query);
  if (searched_bytes != nullptr) *searched_bytes += decision.searched_bytes;
  return decision.allows();
}

RobotsMatch RobotsTxt::Match(absl::string_view path_and_query) const {
  const Decision decision = Decide(path_and_query);
  if (decision.rule == nullptr) return RobotsMatch{};
  const Rule& rule = *decision.rule;
  return RobotsMatch{decision.allows(), static_cast<int>(rule.line),
                     absl::StrCat(rule.allow ? "Allow: " : "Disallow: ",
                                  absl::string_view(patterns_).substr(rule.begin, rule.size),
                                  rule.anchored ? "$" : ""),
                     decision.undecided};
}

size_t RobotsTxt::memory_bytes() const {
  size_t bytes = sizeof(*this) + rules_.capacity() * sizeof(Rule) + patterns_.capacity() +
                 content_signal_.capacity() + sitemaps_.capacity() * sizeof(std::string);
  for (const std::string& sitemap : sitemaps_) bytes += sitemap.capacity();
  return bytes;
}

RobotsTxt::Path RobotsTxt::PathOf(absl::string_view text) {
  return Path{text, LoadPrefix(text), PairsOf(text)};
}

RobotsTxt::Decision RobotsTxt::Decide(absl::string_view path_and_query) const {
  if (rules_.empty()) return {};
  if (path_and_query.empty()) path_and_query = "/";
  if (AllPlain(path_and_query)) return Decide(PathOf(path_and_query), nullptr);
  const std::string literal = Normalized(path_and_query, Form::kLiteralPath);
  const std::string decoded = Normalized(path_and_query, Form::kDecodedPath);
  if (literal == decoded) return Decide(PathOf(literal), nullptr);
  const Path decoded_path = PathOf(decoded);
  return Decide(PathOf(literal), &decoded_path);
}

RobotsTxt::Decision RobotsTxt::Decide(const Path& literal, const Path* decoded) const {
  Decision decision;
  for (const Rule& rule : rules_) {
    decision.rule = &rule;
    if (decision.searched_bytes > max_search_bytes_) {
      decision.undecided = true;
      return decision;
    }
    if (decoded == nullptr) {
      if (RuleMatches(rule, literal, &decision.searched_bytes)) return decision;
      continue;
    }
    if (!rule.decoded && RuleMatches(rule, literal, &decision.searched_bytes)) return decision;
    if (!rule.allow && RuleMatches(rule, *decoded, &decision.searched_bytes)) return decision;
  }
  decision.rule = nullptr;
  return decision;
}

bool RobotsTxt::RuleMatches(const Rule& rule, const Path& path, size_t* searched_bytes) const {
  if (((path.prefix ^ rule.prefix) & kPrefixMasks[rule.prefix_size]) != 0) return false;
  if ((rule.pairs & ~path.pairs) != 0) return false;
  return PatternMatches(absl::string_view(patterns_).substr(rule.begin, rule.size), rule.anchored,
                        path.text, searched_bytes);
}

}  // namespace spindle
