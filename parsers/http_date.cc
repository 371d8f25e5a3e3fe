#include "parsers/http_date.h"

#include <cstdint>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"

namespace spindle {
namespace {

constexpr absl::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};

struct Zone {
  absl::string_view name;
  int offset_hours;
};

// RFC 822, section 5.1; "UTC" and "Z" are common besides.
constexpr Zone kZones[] = {{"gmt", 0},  {"utc", 0},  {"ut", 0},   {"z", 0},
                           {"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
                           {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};

// The parts of a date in the order they are met; -1 where nothing was met yet.
struct Parts {
  int year = -1;
  int year_digits = 0;
  int month = -1;
  int day = -1;
  int hour = -1;
  int minute = 0;
  int second = 0;
  int offset_minutes = 0;
};

bool IsNumber(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return !text.empty() && text.size() <= 4;
}

bool ParseNumber(absl::string_view text, size_t max_digits, int* value) {
  return text.size() <= max_digits && IsNumber(text) && absl::SimpleAtoi(text, value);
}

// "8:49" or "08:49:37".
bool TakeTime(absl::string_view token, Parts* parts) {
  const size_t colon = token.find(':');
  if (colon == absl::string_view::npos || parts->hour >= 0) return false;
  const size_t second_colon = token.find(':', colon + 1);
  const bool has_seconds = second_colon != absl::string_view::npos;
  const size_t minute_length = has_seconds ? second_colon - colon - 1 : token.size() - colon - 1;
  return ParseNumber(token.substr(0, colon), 2, &parts->hour) &&
         ParseNumber(token.substr(colon + 1, minute_length), 2, &parts->minute) &&
         (!has_seconds || ParseNumber(token.substr(second_colon + 1), 2, &parts->second));
}

bool TakeNumber(absl::string_view token, Parts* parts) {
  if (parts->day < 0 && token.size() <= 2) return ParseNumber(token, 2, &parts->day);
  if (parts->year >= 0 || !ParseNumber(token, 4, &parts->year)) return false;
  parts->year_digits = static_cast<int>(token.size());
  return parts->year_digits == 2 || parts->year_digits == 4;
}

// "+0200" or "-0200", of which the sign was cut off.
bool TakeOffset(absl::string_view digits, bool is_negative, Parts* parts) {
  int value = 0;
  if (digits.size() != 4 || !ParseNumber(digits, 4, &value) || value % 100 > 59) return false;
  const int minutes = value / 100 * 60 + value % 100;
  parts->offset_minutes = is_negative ? -minutes : minutes;
  return true;
}

// A month, a zone or a weekday. Whether a weekday is the right one is of no interest.
bool TakeWord(absl::string_view token, Parts* parts) {
  if (token.size() >= 3) {
    for (size_t i = 0; i < std::size(kMonths); ++i) {
      if (!absl::EqualsIgnoreCase(token.substr(0, 3), kMonths[i])) continue;
      if (parts->month >= 0) return false;
      parts->month = static_cast<int>(i) + 1;
      return true;
    }
  }
  for (const Zone& zone : kZones) {
    if (!absl::EqualsIgnoreCase(token, zone.name)) continue;
    parts->offset_minutes = zone.offset_hours * 60;
    return true;
  }
  for (const absl::string_view day : {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}) {
    if (absl::EqualsIgnoreCase(token.substr(0, 3), day)) return true;
  }
  return false;
}

bool TakeToken(absl::string_view token, Parts* parts) {
  if (token.find(':') != absl::string_view::npos) return TakeTime(token, parts);
  if (absl::ascii_isdigit(token[0])) return TakeNumber(token, parts);
  if (token[0] == '+') return TakeOffset(token.substr(1), false, parts);
  return TakeWord(token, parts);
}

// RFC 9110: a year that seems to be more than 50 years in the future is in the past.
int FullYear(int two_digits, absl::Time now) {
  const int64_t latest = absl::ToCivilYear(now, absl::UTCTimeZone()).year() + 50;
  int64_t year = latest / 100 * 100 + two_digits;
  if (year > latest) year -= 100;
  return static_cast<int>(year);
}

}  // namespace

std::optional<absl::Time> ParseHttpDate(absl::string_view text, absl::Time now) {
  constexpr size_t kMaxBytes = 64;
  if (text.size() > kMaxBytes) return std::nullopt;
  Parts parts;
  for (absl::string_view piece : absl::StrSplit(text, absl::ByAnyChar(" \t,"), absl::SkipEmpty())) {
    // A '-' stands within a date of RFC 850, and before an offset once the time is known.
    if (piece[0] == '-' && parts.hour >= 0) {
      if (!TakeOffset(piece.substr(1), true, &parts)) return std::nullopt;
      continue;
    }
    for (absl::string_view token : absl::StrSplit(piece, '-', absl::SkipEmpty())) {
      if (!TakeToken(token, &parts)) return std::nullopt;
    }
  }
  if (parts.year < 0 || parts.month < 0 || parts.day < 0 || parts.hour < 0) return std::nullopt;
  if (parts.year_digits == 2) parts.year = FullYear(parts.year, now);
  const absl::CivilDay day(parts.year, parts.month, parts.day);
  if (day.day() != parts.day || parts.year < 1601) return std::nullopt;
  if (parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const absl::CivilSecond second(parts.year, parts.month, parts.day, parts.hour, parts.minute,
                                 parts.second);
  return absl::FromCivil(second, absl::UTCTimeZone()) - absl::Minutes(parts.offset_minutes);
}

}  // namespace spindle
