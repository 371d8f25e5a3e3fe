#include "parsers/response_headers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "parsers/http_date.h"
#include "parsers/robots_directives.h"

namespace spindle {
namespace {

// A position in a header's value.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : rest_(text) {}

  absl::string_view rest() const { return rest_; }
  bool done() const { return rest_.empty(); }
  bool At(char c) const { return !rest_.empty() && rest_[0] == c; }
  bool AtSpace() const { return !rest_.empty() && absl::ascii_isspace(rest_[0]); }

  void SkipSpace() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  // Takes `c`, in either case, if it comes next.
  bool Take(char c) {
    if (rest_.empty() || absl::ascii_tolower(rest_[0]) != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Takes all before the first of `delimiters`.
  absl::string_view TakeUntil(absl::string_view delimiters) {
    const absl::string_view taken = rest_.substr(0, rest_.find_first_of(delimiters));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  absl::string_view TakeDigits() {
    size_t length = 0;
    while (length < rest_.size() && absl::ascii_isdigit(rest_[length])) ++length;
    const absl::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  // A quoted-string (RFC 9110, section 5.6.4), of which the first quote comes next: its content.
  // The closing quote may be missing.
  std::string TakeQuoted() {
    rest_.remove_prefix(1);
    std::string content;
    while (!rest_.empty() && !Take('"')) {
      if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      content.push_back(rest_[0]);
      rest_.remove_prefix(1);
    }
    return content;
  }

 private:
  absl::string_view rest_;
};

// Whole seconds from `digits`, at most kMaxHeaderDelay.
absl::Duration Seconds(absl::string_view digits) {
  const int64_t max_seconds = absl::ToInt64Seconds(kMaxHeaderDelay);
  int64_t seconds = 0;
  for (const char c : digits) seconds = std::min(seconds * 10 + (c - '0'), max_seconds);
  return absl::Seconds(seconds);
}

// ---- Parameters, as Link and Content-Disposition have them ----

struct HeaderParameter {
  std::string name;  // lower case
  std::string value;
};

// Takes "; name=value; ..." up to `stop` (or to the end, for '\0'), at most `max_count` of them.
std::vector<HeaderParameter> TakeParameters(Cursor* cursor, char stop, size_t max_count) {
  const std::string name_end = std::string("=;") + (stop == '\0' ? "" : std::string(1, stop));
  const absl::string_view value_end = absl::string_view(name_end).substr(1);
  std::vector<HeaderParameter> parameters;
  while (true) {
    cursor->SkipSpace();
    if (cursor->done() || (stop != '\0' && cursor->At(stop))) return parameters;
    if (cursor->Take(';')) continue;
    HeaderParameter parameter;
    parameter.name = absl::AsciiStrToLower(absl::StripAsciiWhitespace(cursor->TakeUntil(name_end)));
    if (cursor->Take('=')) {
      cursor->SkipSpace();
      if (cursor->At('"')) {
        parameter.value = cursor->TakeQuoted();
        cursor->TakeUntil(value_end);
      } else {
        parameter.value = std::string(absl::StripAsciiWhitespace(cursor->TakeUntil(value_end)));
      }
    }
    if (!parameter.name.empty() && parameters.size() < max_count) {
      parameters.push_back(std::move(parameter));
    }
  }
}

int HexValue(char c) {
  if (!absl::ascii_isxdigit(c)) return -1;
  return absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
}

std::string PercentDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low < 0) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

// Bytes of the well-formed UTF-8 sequence at the front of `text` (Unicode, table 3-7); 0 if none.
size_t Utf8Length(absl::string_view text) {
  const auto byte = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const int lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0) return 0;
  const int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string FromLatin1(absl::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
    } else {
      out.push_back(static_cast<char>(0xC0 | c >> 6));
      out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
  }
  return out;
}

std::string ToUtf8(std::string text) { return IsUtf8(text) ? text : FromLatin1(text); }

// An ext-value (RFC 8187, section 3.2.1): charset'language'percent-encoded. Charsets other than
// the two that everyone must know are std::nullopt, and so is a value that breaks its own.
std::optional<std::string> DecodeExtendedValue(absl::string_view value) {
  const std::vector<absl::string_view> parts = absl::StrSplit(value, absl::MaxSplits('\'', 2));
  if (parts.size() != 3) return std::nullopt;
  std::string bytes = PercentDecode(parts[2]);
  if (absl::EqualsIgnoreCase(parts[0], "iso-8859-1")) return FromLatin1(bytes);
  if (!absl::EqualsIgnoreCase(parts[0], "utf-8") || !IsUtf8(bytes)) return std::nullopt;
  return bytes;
}

// ---- X-Robots-Tag ----

constexpr absl::string_view kUnavailableAfter = "unavailable_after";

// Directives that have a value behind a ':', so that their names address no crawler.
bool IsDirectiveWithValue(absl::string_view name) {
  for (const absl::string_view known :
       {kUnavailableAfter, absl::string_view("max-snippet"), absl::string_view("max-image-preview"),
        absl::string_view("max-video-preview")}) {
    if (absl::EqualsIgnoreCase(name, known)) return true;
  }
  return false;
}

std::optional<absl::Time> ParseAnyDate(absl::string_view text, absl::Time now) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  if (absl::ParseTime("%Y-%m-%d", text, &time, &error)) return time;
  return ParseHttpDate(text, now);
}

// One value of X-Robots-Tag.
class RobotsTagReader {
 public:
  RobotsTagReader(absl::string_view product_token, absl::Time now, RobotsTag* tag)
      : product_token_(product_token), now_(now), tag_(tag) {}

  void Read(absl::string_view value) {
    Cursor cursor(value);
    bool is_addressed = true;
    while (!cursor.done()) {
      absl::string_view directive = absl::StripAsciiWhitespace(cursor.TakeUntil(","));
      cursor.Take(',');
      const size_t colon = directive.find(':');
      absl::string_view name = absl::StripAsciiWhitespace(directive.substr(0, colon));
      if (colon != absl::string_view::npos && !IsDirectiveWithValue(name)) {
        is_addressed = absl::EqualsIgnoreCase(name, product_token_);
        directive = absl::StripAsciiWhitespace(directive.substr(colon + 1));
      }
      ReadDirective(directive, is_addressed, &cursor);
    }
  }

 private:
  void ReadDirective(absl::string_view directive, bool is_addressed, Cursor* cursor) {
    const size_t colon = directive.find(':');
    const absl::string_view name = absl::StripAsciiWhitespace(directive.substr(0, colon));
    if (!absl::EqualsIgnoreCase(name, kUnavailableAfter)) {
      if (is_addressed) tag_->directives |= ParseRobotsDirectives(directive);
      return;
    }
    if (colon == absl::string_view::npos) return;
    std::string date(absl::StripAsciiWhitespace(directive.substr(colon + 1)));
    // "Friday, 25-Jun-10 ...": the comma behind the weekday ends no directive.
    if (std::all_of(date.begin(), date.end(), absl::ascii_isalpha)) {
      const absl::string_view more = cursor->TakeUntil(",");
      cursor->Take(',');
      date.append(" ").append(more.data(), more.size());
    }
    const std::optional<absl::Time> time = ParseAnyDate(date, now_);
    if (!is_addressed || !time.has_value()) return;
    tag_->unavailable_after = std::min(*time, tag_->unavailable_after.value_or(*time));
  }

  const absl::string_view product_token_;
  const absl::Time now_;
  RobotsTag* const tag_;
};

}  // namespace

RobotsTag ParseRobotsTag(const std::vector<absl::string_view>& values,
                         absl::string_view product_token, absl::Time now) {
  RobotsTag tag;
  for (const absl::string_view value : values) {
    RobotsTagReader(product_token, now, &tag).Read(value);
  }
  return tag;
}

std::optional<Refresh> ParseRefresh(absl::string_view value) {
  Cursor cursor(value);
  cursor.SkipSpace();
  const absl::string_view digits = cursor.TakeDigits();
  if (digits.empty() && !cursor.At('.')) return std::nullopt;
  Refresh refresh{Seconds(digits), ""};
  while (cursor.Take('.') || !cursor.TakeDigits().empty()) {
  }
  if (cursor.done()) return refresh;
  if (!cursor.At(';') && !cursor.At(',') && !cursor.AtSpace()) return std::nullopt;
  cursor.SkipSpace();
  if (!cursor.Take(';')) cursor.Take(',');
  cursor.SkipSpace();
  const absl::string_view whole = cursor.rest();
  if (cursor.Take('u')) {
    bool is_url = cursor.Take('r') && cursor.Take('l');
    if (is_url) cursor.SkipSpace();
    is_url = is_url && cursor.Take('=');
    if (!is_url) {
      refresh.url = std::string(whole);
      return refresh;
    }
    cursor.SkipSpace();
  }
  if (cursor.At('"') || cursor.At('\'')) {
    const absl::string_view quote = cursor.rest().substr(0, 1);
    cursor.Take(quote[0]);
    refresh.url = std::string(cursor.TakeUntil(quote));
  } else {
    refresh.url = std::string(cursor.rest());
  }
  return refresh;
}

std::optional<RetryAfter> ParseRetryAfter(absl::string_view value, absl::Time now) {
  value = absl::StripAsciiWhitespace(value);
  Cursor cursor(value);
  const absl::string_view digits = cursor.TakeDigits();
  if (!digits.empty() && cursor.Take('.')) cursor.TakeDigits();
  if (!digits.empty() && cursor.done()) return Seconds(digits);
  const std::optional<absl::Time> date = ParseHttpDate(value, now);
  if (!date.has_value()) return std::nullopt;
  return *date;
}

absl::Duration RetryDelay(const RetryAfter& retry_after, absl::Time now) {
  const absl::Duration* seconds = std::get_if<absl::Duration>(&retry_after);
  const absl::Duration delay =
      seconds != nullptr ? *seconds : std::get<absl::Time>(retry_after) - now;
  return std::clamp(delay, absl::ZeroDuration(), kMaxHeaderDelay);
}

bool HeaderLink::HasRel(absl::string_view rel) const {
  return std::any_of(rels.begin(), rels.end(),
                     [rel](const std::string& mine) { return absl::EqualsIgnoreCase(mine, rel); });
}

absl::string_view HeaderLink::Parameter(absl::string_view name) const {
  for (const auto& [mine, value] : parameters) {
    if (mine == name) return value;
  }
  return "";
}

namespace {

HeaderLink MakeLink(absl::string_view target, std::vector<HeaderParameter> parameters) {
  HeaderLink link;
  link.target = std::string(absl::StripAsciiWhitespace(target));
  bool has_rel = false;
  for (HeaderParameter& parameter : parameters) {
    if (parameter.name == "rel") {
      if (has_rel) continue;
      has_rel = true;
      link.rels = absl::StrSplit(absl::AsciiStrToLower(parameter.value),
                                 absl::ByAnyChar(" \t\r\n\f"), absl::SkipEmpty());
      continue;
    }
    if (parameter.name == "title*") {
      std::optional<std::string> title = DecodeExtendedValue(parameter.value);
      if (!title.has_value()) continue;
      parameter.value = *std::move(title);
    }
    link.parameters.emplace_back(std::move(parameter.name), std::move(parameter.value));
  }
  return link;
}

}  // namespace

std::vector<HeaderLink> ParseLinkHeader(absl::string_view value, const LinkHeaderLimits& limits) {
  std::vector<HeaderLink> links;
  Cursor cursor(value);
  while (links.size() < limits.max_links) {
    cursor.SkipSpace();
    if (cursor.Take(',')) continue;
    if (!cursor.Take('<')) break;
    const absl::string_view target = cursor.TakeUntil(">");
    if (!cursor.Take('>')) break;
    links.push_back(MakeLink(target, TakeParameters(&cursor, ',', limits.max_parameters)));
  }
  return links;
}

std::optional<ContentDisposition> ParseContentDisposition(absl::string_view value) {
  constexpr size_t kMaxParameters = 50;
  Cursor cursor(value);
  cursor.SkipSpace();
  ContentDisposition disposition;
  disposition.type = absl::AsciiStrToLower(absl::StripAsciiWhitespace(cursor.TakeUntil(";")));
  if (disposition.type.empty() || disposition.type.find('=') != std::string::npos) {
    return std::nullopt;
  }
  std::optional<std::string> plain;
  std::optional<std::string> extended;
  for (HeaderParameter& parameter : TakeParameters(&cursor, '\0', kMaxParameters)) {
    if (parameter.name == "filename" && !plain.has_value()) {
      plain = ToUtf8(std::move(parameter.value));
    } else if (parameter.name == "filename*" && !extended.has_value()) {
      extended = DecodeExtendedValue(parameter.value);
    }
  }
  const std::string path = extended.has_value() ? *extended : plain.value_or("");
  const size_t slash = path.find_last_of("/\\");
  disposition.filename = slash == std::string::npos ? path : path.substr(slash + 1);
  return disposition;
}

}  // namespace spindle
