#include "shard/url_traps.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "absl/container/inlined_vector.h"
#include "absl/numeric/bits.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "parsers/dedup_key.h"
#include "storage/coding.h"
#include "xxhash.h"

namespace spindle {
namespace {

using Parts = absl::InlinedVector<absl::string_view, 24>;

struct SplitUrl {
  absl::string_view path;
  absl::string_view query;
  bool has_query;
};

SplitUrl Split(absl::string_view path_and_query) {
  const size_t mark = path_and_query.find('?');
  if (mark == absl::string_view::npos) return {path_and_query, "", false};
  return {path_and_query.substr(0, mark), path_and_query.substr(mark + 1), true};
}

// Takes the text up to the next `delimiter` off the front of `rest`; false: there is nothing left.
bool Next(absl::string_view* rest, char delimiter, absl::string_view* part) {
  if (rest->data() == nullptr) return false;
  const size_t end = rest->find(delimiter);
  *part = rest->substr(0, end);
  *rest = end == absl::string_view::npos ? absl::string_view() : rest->substr(end + 1);
  return true;
}

// The segments of a path, without the empty one in front; false: more than `max`.
bool SplitInto(absl::string_view text, char delimiter, size_t max, Parts* parts) {
  absl::string_view part;
  while (Next(&text, delimiter, &part)) {
    if (max > 0 && parts->size() >= max) return false;
    parts->push_back(part);
  }
  return true;
}

absl::string_view WithoutRoot(absl::string_view path) {
  return absl::StartsWith(path, "/") ? path.substr(1) : path;
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

absl::string_view NameOf(absl::string_view parameter) {
  return parameter.substr(0, parameter.find('='));
}

absl::string_view ValueOf(absl::string_view parameter) {
  const size_t equals = parameter.find('=');
  return equals == absl::string_view::npos ? "" : parameter.substr(equals + 1);
}

// Whether some group of segments stands more than `max` times in a row. Groups of numbers alone
// are ids cut into folders, "/000/000/000/42".
bool RepeatsInARow(const Parts& segments, size_t max) {
  if (max == 0) return false;
  for (size_t period = 1; period * (max + 1) <= segments.size(); ++period) {
    size_t equal = 0;
    bool has_word = false;
    for (size_t i = period; i < segments.size(); ++i) {
      if (segments[i] == segments[i - period]) {
        ++equal;
        has_word = has_word || !IsDigits(segments[i]);
      } else {
        equal = 0;
        has_word = false;
      }
      if (has_word && equal >= period * max) return true;
    }
  }
  return false;
}

bool HasSameTooOften(const Parts& segments, size_t max) {
  if (max == 0) return false;
  for (size_t i = 0; i + max < segments.size(); ++i) {
    if (IsDigits(segments[i])) continue;
    const auto count = std::count(segments.begin() + i, segments.end(), segments[i]);
    if (static_cast<size_t>(count) > max) return true;
  }
  return false;
}

Reason JudgePath(const TrapOptions& options, absl::string_view path) {
  Parts segments;
  // Paths of any length are cut at what the loops below can bear.
  constexpr size_t kMaxLooked = 256;
  const bool whole = SplitInto(
      WithoutRoot(path), '/',
      options.max_segment_count > 0 ? std::min(options.max_segment_count, kMaxLooked) : kMaxLooked,
      &segments);
  if (!whole && options.max_segment_count > 0) return Reason::kTrapDepth;
  if (RepeatsInARow(segments, options.max_segment_repeats) ||
      HasSameTooOften(segments, options.max_same_segment)) {
    return Reason::kTrapRepeat;
  }
  return Reason::kNone;
}

Reason JudgeQuery(const TrapOptions& options, absl::string_view query) {
  if (absl::StrContains(query, "&amp;amp;")) return Reason::kTrapParameters;
  constexpr size_t kMaxLooked = 256;
  Parts parameters;
  const bool whole =
      SplitInto(query, '&',
                options.max_parameter_count > 0 ? std::min(options.max_parameter_count, kMaxLooked)
                                                : kMaxLooked,
                &parameters);
  if (!whole && options.max_parameter_count > 0) return Reason::kTrapParameters;
  // One pair of name and value more than twice says nothing that once does not.
  constexpr size_t kMaxSamePair = 2;
  for (size_t i = 0; i < parameters.size(); ++i) {
    size_t names = 0;
    size_t pairs = 0;
    for (size_t j = i; j < parameters.size(); ++j) {
      if (NameOf(parameters[j]) != NameOf(parameters[i])) continue;
      ++names;
      if (parameters[j] == parameters[i]) ++pairs;
    }
    if (pairs > kMaxSamePair && !parameters[i].empty()) return Reason::kTrapParameters;
    if (options.max_same_parameter > 0 && names > options.max_same_parameter) {
      return Reason::kTrapParameters;
    }
  }
  return Reason::kNone;
}

// Years that dates of pages are about; other numbers of four digits are numbers.
bool ReadYear(absl::string_view text, int* year) {
  return text.size() == 4 && IsDigits(text) && absl::SimpleAtoi(text, year) && *year >= 1800 &&
         *year <= 2999;
}

bool IsTwoDigitsUpTo(absl::string_view text, int max) {
  int number = 0;
  return text.size() == 2 && IsDigits(text) && absl::SimpleAtoi(text, &number) && number >= 1 &&
         number <= max;
}

// "2024-05", "2024-05-31" and what follows of a time, "2024-05-31T10:00".
bool ReadIsoDate(absl::string_view text, int* year) {
  if (text.size() < 7 || text[4] != '-' || !IsTwoDigitsUpTo(text.substr(5, 2), 12)) return false;
  if (!ReadYear(text.substr(0, 4), year)) return false;
  if (text.size() == 7) return true;
  return text[7] == '-' && IsTwoDigitsUpTo(text.substr(8, 2), 31) &&
         (text.size() == 10 || !absl::ascii_isalnum(text[10]) || text[10] == 'T');
}

// "202405", "20240531"; only where a name says that it is a date.
bool ReadDigitDate(absl::string_view text, int* year) {
  return (text.size() == 6 || text.size() == 8) && IsDigits(text) &&
         IsTwoDigitsUpTo(text.substr(4, 2), 12) &&
         (text.size() == 6 || IsTwoDigitsUpTo(text.substr(6), 31)) &&
         ReadYear(text.substr(0, 4), year);
}

bool HasAny(absl::string_view text, std::initializer_list<absl::string_view> lower_case_words) {
  const std::string lower_case = absl::AsciiStrToLower(text);
  return std::any_of(lower_case_words.begin(), lower_case_words.end(),
                     [&](absl::string_view word) { return absl::StrContains(lower_case, word); });
}

bool SpeaksOfCalendars(absl::string_view path) {
  return HasAny(path, {"calend", "kalend", "event", "agenda", "month", "schedule", "archive"});
}

bool NamesADate(absl::string_view name) { return HasAny(name, {"date", "month", "day", "cal"}); }

// How many segments from `i` on are a date; 0: none.
size_t DateAt(const Parts& segments, size_t i, absl::string_view path, int* year) {
  if (ReadIsoDate(segments[i], year)) return 1;
  if (!ReadYear(segments[i], year) || i + 1 >= segments.size()) return 0;
  if (!IsTwoDigitsUpTo(segments[i + 1], 12)) return 0;
  if (i + 2 < segments.size() && IsTwoDigitsUpTo(segments[i + 2], 31)) return 3;
  return SpeaksOfCalendars(path) ? 2 : 0;
}

// Appends what a segment, or the name of a parameter, has in common with its like. False: it is as
// it stands.
bool AppendPattern(absl::string_view text, std::string* out) {
  const bool has_digit = std::any_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (has_digit && IsDigits(text)) {
    out->push_back('N');
    return true;
  }
  constexpr size_t kLongBytes = 16;
  const auto joints =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '-' || c == '_'; });
  if (joints >= 2 || text.size() >= kLongBytes) {
    out->push_back(has_digit && joints == 0 ? 'H' : '*');
    const size_t dot = text.rfind('.');
    constexpr size_t kMaxExtensionBytes = 6;
    if (dot != absl::string_view::npos && text.size() - dot <= kMaxExtensionBytes) {
      out->append(text.data() + dot, text.size() - dot);
    }
    return true;
  }
  if (!has_digit) {
    out->append(text.data(), text.size());
    return false;
  }
  bool in_number = false;
  for (const char c : text) {
    const bool digit = absl::ascii_isdigit(c);
    if (!digit) out->push_back(c);
    if (digit && !in_number) out->push_back('N');
    in_number = digit;
  }
  return true;
}

// Appends the pattern of a path. True: something in it varies.
bool AppendPath(absl::string_view path, UrlShape* shape, std::string* out) {
  constexpr size_t kMaxLooked = 32;
  Parts segments;
  bool varies = !SplitInto(WithoutRoot(path), '/', kMaxLooked, &segments);
  for (size_t i = 0; i < segments.size(); ++i) {
    out->push_back('/');
    int year = 0;
    if (const size_t count = DateAt(segments, i, path, &year); count > 0) {
      out->push_back('D');
      i += count - 1;
      shape->year = static_cast<uint16_t>(year);
      // A title behind it makes it an article's date.
      shape->is_date = i + 1 >= segments.size() || segments[i + 1].empty();
      varies = true;
    } else if (AppendPattern(segments[i], out)) {
      varies = true;
    }
  }
  return varies;
}

// Names of parameters in order, each once.
void AppendQuery(absl::string_view query, UrlShape* shape, std::string* out) {
  constexpr size_t kMaxLooked = 64;
  Parts names;
  absl::string_view parameter;
  while (names.size() < kMaxLooked && Next(&query, '&', &parameter)) {
    const absl::string_view name = NameOf(parameter);
    const absl::string_view value = ValueOf(parameter);
    int year = 0;
    if ((ReadYear(value, &year) && HasAny(name, {"year"})) ||
        (NamesADate(name) && (ReadIsoDate(value, &year) || ReadDigitDate(value, &year)))) {
      shape->is_date = true;
      shape->year = static_cast<uint16_t>(year);
    }
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  shape->parameter_count = static_cast<uint32_t>(names.size());
  for (const absl::string_view name : names) {
    out->push_back('&');
    // "filter[3]" and "filter[4]" are of a kind.
    AppendPattern(name, out);
  }
}

// Never 0.
uint32_t Hash32(absl::string_view text) {
  const auto hash = static_cast<uint32_t>(XXH3_64bits(text.data(), text.size()));
  return hash == 0 ? 1 : hash;
}

// How many distinct values set the bits of a map of 64 (linear counting, Whang 1990).
double EstimateDistinct(uint64_t bits) {
  const int zeros = std::max(64 - absl::popcount(bits), 1);
  return -64 * std::log(zeros / 64.0);
}

// Where `id` is, or goes: at the end while there is room, else in place of the entry with the
// fewest URLs.
template <typename Entry>
Entry& FindOrAdd(uint32_t id, size_t max_count, std::vector<Entry>* entries) {
  for (Entry& entry : *entries) {
    if (entry.id == id) return entry;
  }
  if (entries->size() < max_count) {
    entries->emplace_back();
    entries->back().id = id;
    return entries->back();
  }
  Entry& least =
      *std::min_element(entries->begin(), entries->end(),
                        [](const Entry& a, const Entry& b) { return a.url_count < b.url_count; });
  least = Entry();
  least.id = id;
  return least;
}

void CountUp(uint32_t* count) {
  if (*count < std::numeric_limits<uint32_t>::max()) ++*count;
}

}  // namespace

Reason JudgeUrl(const TrapOptions& options, absl::string_view path_and_query) {
  if (!options.enabled) return Reason::kNone;
  if (options.max_url_bytes > 0 && path_and_query.size() > options.max_url_bytes) {
    return Reason::kUrlTooLong;
  }
  // A '%' that was escaped three times over.
  if (absl::StrContains(path_and_query, "%252525")) return Reason::kTrapRepeat;
  const SplitUrl url = Split(path_and_query);
  Reason reason = JudgePath(options, url.path);
  if (reason == Reason::kNone && url.has_query) reason = JudgeQuery(options, url.query);
  if (reason == Reason::kNone && options.exclude_session_ids && HasSessionId(path_and_query)) {
    reason = Reason::kTrapSession;
  }
  return reason;
}

UrlShape ShapeOf(absl::string_view path_and_query) {
  UrlShape shape;
  const SplitUrl url = Split(path_and_query);
  std::string pattern;
  const bool varies = AppendPath(url.path, &shape, &pattern);
  if (url.has_query) {
    shape.path_id = Hash32(pattern);
    const size_t path_bytes = pattern.size();
    AppendQuery(url.query, &shape, &pattern);
    shape.parameter_set = Hash32(absl::string_view(pattern).substr(path_bytes));
  }
  if (shape.is_date) pattern.append(" date");
  if (varies || url.has_query) shape.id = Hash32(pattern);
  return shape;
}

Reason JudgeDate(const TrapOptions& options, const UrlShape& shape, absl::Time now) {
  const auto last = absl::ToCivilYear(now, absl::UTCTimeZone()).year() + options.max_years_ahead;
  return options.enabled && shape.year > last ? Reason::kTrapTemplate : Reason::kNone;
}

HostTemplates::Template& HostTemplates::FindOrAddTemplate(uint32_t id) {
  return FindOrAdd(id, kMaxTemplateCount, &templates_);
}

HostTemplates::Path& HostTemplates::FindOrAddPath(uint32_t id) {
  return FindOrAdd(id, kMaxPathCount, &paths_);
}

Reason HostTemplates::Admit(const TrapOptions& options, const UrlShape& shape, absl::Time now) {
  if (!options.enabled || shape.id == 0) return Reason::kNone;
  if (const Reason reason = JudgeDate(options, shape, now); reason != Reason::kNone) return reason;
  if (shape.path_id != 0) {
    Path& path = FindOrAddPath(shape.path_id);
    if (options.max_parameter_sets > 0 && shape.parameter_count > options.kept_parameter_count &&
        EstimateDistinct(path.sets) > options.max_parameter_sets) {
      return Reason::kTrapParameters;
    }
    CountUp(&path.url_count);
    path.sets |= uint64_t{1} << (shape.parameter_set & 63);
  }
  Template& found = FindOrAddTemplate(shape.id);
  const TemplateLimits& limits = shape.is_date ? options.dates : options.plain;
  if (limits.max_url_count > 0 && found.url_count >= limits.max_url_count) {
    return Reason::kTrapTemplate;
  }
  if (found.url_count >= limits.free_url_count && found.page_count >= limits.min_page_count &&
      found.repeat_count >= limits.max_repeat_share * found.page_count) {
    return Reason::kTrapTemplate;
  }
  CountUp(&found.url_count);
  return Reason::kNone;
}

void HostTemplates::ObservePage(const UrlShape& shape, bool repeats) {
  for (Template& known : templates_) {
    if (known.id != shape.id) continue;
    constexpr uint16_t kMaxPageCount = 1000;
    if (known.page_count >= kMaxPageCount) {
      known.page_count /= 2;
      known.repeat_count /= 2;
    }
    ++known.page_count;
    if (repeats) ++known.repeat_count;
    return;
  }
}

std::string HostTemplates::Encode() const {
  constexpr char kVersion = 1;
  std::string bytes(1, kVersion);
  PutVarint(&bytes, templates_.size());
  for (const Template& known : templates_) {
    PutVarint(&bytes, known.id);
    PutVarint(&bytes, known.url_count);
    PutVarint(&bytes, known.page_count);
    PutVarint(&bytes, known.repeat_count);
  }
  PutVarint(&bytes, paths_.size());
  for (const Path& path : paths_) {
    PutVarint(&bytes, path.id);
    PutVarint(&bytes, path.url_count);
    PutFixed64(&bytes, path.sets);
  }
  return bytes;
}

absl::Status HostTemplates::Decode(absl::string_view bytes, HostTemplates* templates) {
  constexpr uint32_t kMax32 = std::numeric_limits<uint32_t>::max();
  constexpr uint16_t kMax16 = std::numeric_limits<uint16_t>::max();
  HostTemplates read;
  ByteReader reader(bytes);
  if (reader.ReadByte() != 1) reader.Fail();
  read.templates_.resize(reader.ReadVarintUpTo(kMaxTemplateCount));
  for (Template& known : read.templates_) {
    known.id = static_cast<uint32_t>(reader.ReadVarintUpTo(kMax32));
    known.url_count = static_cast<uint32_t>(reader.ReadVarintUpTo(kMax32));
    known.page_count = static_cast<uint16_t>(reader.ReadVarintUpTo(kMax16 - 1));
    known.repeat_count = static_cast<uint16_t>(reader.ReadVarintUpTo(known.page_count));
  }
  read.paths_.resize(reader.ReadVarintUpTo(kMaxPathCount));
  for (Path& path : read.paths_) {
    path.id = static_cast<uint32_t>(reader.ReadVarintUpTo(kMax32));
    path.url_count = static_cast<uint32_t>(reader.ReadVarintUpTo(kMax32));
    path.sets = reader.ReadFixed64();
  }
  if (!reader.ok() || !reader.at_end()) {
    return absl::DataLossError("the learned templates of a host cannot be read");
  }
  *templates = std::move(read);
  return absl::OkStatus();
}

}  // namespace spindle
