#include "parsers/sitemap.h"

#include <expat.h>
#include <limits.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"

namespace spindle {
namespace {

// ---- Bytes ----

constexpr absl::string_view kUtf8Mark = "\xef\xbb\xbf";

bool IsGzip(absl::string_view bytes) { return absl::StartsWith(bytes, "\x1f\x8b"); }

bool IsUtf16(absl::string_view bytes) {
  return absl::StartsWith(bytes, "\xff\xfe") || absl::StartsWith(bytes, "\xfe\xff");
}

struct Decoded {
  std::string bytes;
  bool truncated = false;
  std::string error;
};

// Undoes gzip, all members of it. What was decoded before an error or a limit is kept.
Decoded Gunzip(absl::string_view bytes, const SitemapLimits& limits) {
  constexpr size_t kChunkBytes = 64 << 10;
  constexpr size_t kRatioFreeBytes = 1 << 20;
  constexpr size_t kMaxReservedBytes = 64 << 20;
  const size_t ratio =
      std::min(limits.max_gzip_ratio, SIZE_MAX / std::max<size_t>(bytes.size(), 1));
  const size_t ratio_bytes = std::max(kRatioFreeBytes, bytes.size() * ratio);
  const size_t max_bytes = std::min(limits.max_bytes, ratio_bytes);
  Decoded decoded;
  // Room that is not written to costs no memory; growing would take two buffers at once.
  decoded.bytes.reserve(std::min(max_bytes, kMaxReservedBytes));
  z_stream stream = {};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) {
    decoded.error = "gzip: out of memory";
    return decoded;
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(std::min<size_t>(bytes.size(), UINT_MAX));
  int status = Z_OK;
  while (status == Z_OK && decoded.bytes.size() < max_bytes) {
    const size_t before = decoded.bytes.size();
    const size_t room = std::min(kChunkBytes, max_bytes - before);
    decoded.bytes.resize(before + room);
    stream.next_out = reinterpret_cast<Bytef*>(&decoded.bytes[before]);
    stream.avail_out = static_cast<uInt>(room);
    status = inflate(&stream, Z_NO_FLUSH);
    decoded.bytes.resize(before + room - stream.avail_out);
    const bool more =
        stream.avail_in >= 2 && stream.next_in[0] == 0x1f && stream.next_in[1] == 0x8b;
    if (status == Z_STREAM_END && more) status = inflateReset(&stream);
  }
  if (status == Z_OK) {
    decoded.truncated = true;
  } else if (status == Z_BUF_ERROR) {
    decoded.error = "gzip: unexpected end";
  } else if (status != Z_STREAM_END) {
    decoded.error = absl::StrCat("gzip: ", stream.msg != nullptr ? stream.msg : "broken data");
  }
  inflateEnd(&stream);
  return decoded;
}

// The size of the white space or byte order mark that `text` begins with; 0: none. UTF-8.
size_t LeadingSpace(absl::string_view text) {
  if (text.empty()) return 0;
  if (absl::ascii_isspace(static_cast<unsigned char>(text[0]))) return 1;
  if (absl::StartsWith(text, "\xc2\xa0")) return 2;  // no-break space
  for (absl::string_view space :
       {kUtf8Mark, absl::string_view("\xe3\x80\x80"), absl::string_view("\xe2\x80\xaf"),
        absl::string_view("\xe2\x81\x9f")}) {
    if (absl::StartsWith(text, space)) return 3;
  }
  // U+2000 to U+200B, U+2028, U+2029.
  if (text.size() < 3 || !absl::StartsWith(text, "\xe2\x80")) return 0;
  const unsigned char last = static_cast<unsigned char>(text[2]);
  return (last >= 0x80 && last <= 0x8b) || last == 0xa8 || last == 0xa9 ? 3 : 0;
}

absl::string_view StripSpace(absl::string_view text) {
  while (const size_t size = LeadingSpace(text)) text.remove_prefix(size);
  while (!text.empty()) {
    size_t size = 0;
    for (size_t n : {1, 2, 3}) {
      if (n <= text.size() && LeadingSpace(text.substr(text.size() - n)) == n) size = n;
    }
    if (size == 0) break;
    text.remove_suffix(size);
  }
  return text;
}

// The size of the well-formed UTF-8 sequence that `text`, not empty, begins with; 0: none.
size_t Utf8SequenceSize(absl::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (at(i) < 0x80 || at(i) > 0xbf) return 0;
  }
  const bool overlong = (lead == 0xe0 && at(1) < 0xa0) || (lead == 0xf0 && at(1) < 0x90);
  const bool surrogate = lead == 0xed && at(1) > 0x9f;
  const bool too_large = lead == 0xf4 && at(1) > 0x8f;
  const bool noncharacter = lead == 0xef && at(1) == 0xbf && at(2) >= 0xbe;
  return overlong || surrogate || too_large || noncharacter ? 0 : size;
}

// Whether the "&" that `text` begins with starts a reference that any XML file may hold.
bool StartsReference(absl::string_view text) {
  for (absl::string_view known : {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"}) {
    if (absl::StartsWith(text, known)) return true;
  }
  if (!absl::ConsumePrefix(&text, "&#")) return false;
  const bool hex = absl::ConsumePrefix(&text, "x");
  const absl::string_view digits = text.substr(0, text.substr(0, 8).find(';'));
  uint32_t value = 0;
  if (digits.size() == std::min<size_t>(text.size(), 8)) return false;
  if (!(hex ? absl::SimpleHexAtoi(digits, &value) : absl::SimpleAtoi(digits, &value))) return false;
  return value == 9 || value == 10 || value == 13 || (value >= 32 && value < 0xd800) ||
         (value >= 0xe000 && value < 0xfffe) || (value >= 0x10000 && value < 0x110000);
}

// A copy of `xml` without what most often breaks a sitemap: a bare "&" or an HTML entity, bytes
// that are not UTF-8, control characters, "--" in comments.
std::string RepairXml(absl::string_view xml) {
  constexpr absl::string_view kCdataStart = "<![CDATA[";
  constexpr absl::string_view kCommentEnd = "-->";
  std::string out;
  out.reserve(xml.size());
  bool in_cdata = false;
  while (!xml.empty()) {
    size_t taken = Utf8SequenceSize(xml);
    if (taken == 0) {
      out += "\xef\xbf\xbd";
      taken = 1;
    } else if (taken == 1 && static_cast<unsigned char>(xml[0]) < 0x20 &&
               !absl::ascii_isspace(static_cast<unsigned char>(xml[0]))) {
      out += ' ';
    } else if (xml[0] == '\v' || xml[0] == '\f') {
      out += ' ';
    } else if (in_cdata) {
      if (absl::StartsWith(xml, "]]>")) in_cdata = false;
      out.append(xml.data(), taken);
    } else if (absl::StartsWith(xml, kCdataStart)) {
      in_cdata = true;
      taken = kCdataStart.size();
      out.append(xml.data(), taken);
    } else if (absl::StartsWith(xml, "<!--")) {
      const size_t end = xml.find(kCommentEnd);
      taken = end == absl::string_view::npos ? xml.size() : end + kCommentEnd.size();
    } else if (xml[0] == '&' && !StartsReference(xml)) {
      out += "&amp;";
    } else {
      out.append(xml.data(), taken);
    }
    xml.remove_prefix(taken);
  }
  return out;
}

// ---- Dates ----

// Reads a date from left to right.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  bool Take(char c) {
    if (rest_.empty() || absl::ascii_tolower(rest_[0]) != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void TakeSpaces() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  // A number of at least `min_digits` and at most `max_digits` digits.
  bool TakeNumber(size_t min_digits, size_t max_digits, int* value) {
    const absl::string_view digits = TakeWhile(absl::ascii_isdigit, max_digits);
    return digits.size() >= min_digits && absl::SimpleAtoi(digits, value);
  }

  void TakeDigits() { TakeWhile(absl::ascii_isdigit, rest_.size()); }

  absl::string_view TakeWord() { return TakeWhile(absl::ascii_isalpha, rest_.size()); }

  // "Z", "+01:00", "+0100", "+01".
  bool TakeOffset(absl::Duration* offset) {
    *offset = absl::ZeroDuration();
    if (Take('z')) return true;
    const bool negative = Take('-');
    if (!negative && !Take('+')) return false;
    int hours = 0;
    int minutes = 0;
    if (!TakeNumber(2, 2, &hours)) return false;
    const bool colon = Take(':');
    if ((colon || !done()) && !TakeNumber(2, 2, &minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    *offset = (negative ? -1 : 1) * (absl::Hours(hours) + absl::Minutes(minutes));
    return true;
  }

 private:
  template <typename Predicate>
  absl::string_view TakeWhile(Predicate predicate, size_t max_size) {
    size_t size = 0;
    while (size < std::min(max_size, rest_.size()) &&
           predicate(static_cast<unsigned char>(rest_[size])))
      ++size;
    const absl::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  absl::string_view rest_;
};

struct DateAndTime {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  absl::Duration offset;
};

std::optional<absl::Time> TimeOf(const DateAndTime& t) {
  if (t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;
  const absl::CivilDay day(t.year, t.month, t.day);
  if (t.year < 1 || day.month() != t.month || day.day() != t.day) return std::nullopt;
  return absl::FromCivil(absl::CivilSecond(t.year, t.month, t.day, t.hour, t.minute, t.second),
                         absl::UTCTimeZone()) -
         t.offset;
}

// https://www.w3.org/TR/NOTE-datetime
std::optional<absl::Time> ParseW3cTime(absl::string_view text) {
  Scanner scanner(text);
  DateAndTime t;
  if (!scanner.TakeNumber(4, 4, &t.year)) return std::nullopt;
  if (scanner.Take('-')) {
    if (!scanner.TakeNumber(2, 2, &t.month)) return std::nullopt;
    if (scanner.Take('-') && !scanner.TakeNumber(2, 2, &t.day)) return std::nullopt;
  }
  if (scanner.done()) return TimeOf(t);
  if (!scanner.Take('t') && !scanner.Take(' ')) return std::nullopt;
  if (!scanner.TakeNumber(2, 2, &t.hour) || !scanner.Take(':') ||
      !scanner.TakeNumber(2, 2, &t.minute)) {
    return std::nullopt;
  }
  if (scanner.Take(':') && !scanner.TakeNumber(2, 2, &t.second)) return std::nullopt;
  if (scanner.Take('.') || scanner.Take(',')) scanner.TakeDigits();
  scanner.TakeSpaces();
  if (!scanner.done() && !scanner.TakeOffset(&t.offset)) return std::nullopt;
  if (!scanner.done()) return std::nullopt;
  return TimeOf(t);
}

int MonthOf(absl::string_view name) {
  constexpr std::array<absl::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                         "jul", "aug", "sep", "oct", "nov", "dec"};
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (absl::StartsWithIgnoreCase(name, kMonths[i])) return static_cast<int>(i) + 1;
  }
  return 0;
}

// RFC 822 section 5.1.
bool TakeNamedZone(Scanner* scanner, absl::Duration* offset) {
  struct Zone {
    absl::string_view name;
    int hours;
  };
  static constexpr Zone kZones[] = {{"ut", 0},   {"utc", 0},  {"gmt", 0},  {"z", 0},
                                    {"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
                                    {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
  const absl::string_view name = scanner->TakeWord();
  for (const Zone& zone : kZones) {
    if (!absl::EqualsIgnoreCase(name, zone.name)) continue;
    *offset = absl::Hours(zone.hours);
    return true;
  }
  return false;
}

// RFC 822 section 5, with years of four digits too; the day of the week is not looked at.
std::optional<absl::Time> ParseRfc822Time(absl::string_view text) {
  Scanner scanner(text);
  DateAndTime t;
  scanner.TakeWord();
  scanner.Take('.');
  scanner.Take(',');
  scanner.TakeSpaces();
  if (!scanner.TakeNumber(1, 2, &t.day)) return std::nullopt;
  scanner.TakeSpaces();
  scanner.Take('-');
  t.month = MonthOf(scanner.TakeWord());
  scanner.TakeSpaces();
  scanner.Take('-');
  if (!scanner.TakeNumber(2, 4, &t.year)) return std::nullopt;
  if (t.year < 50) t.year += 2000;  // RFC 5322 section 4.3
  if (t.year < 1000) t.year += 1900;
  scanner.TakeSpaces();
  if (!scanner.TakeNumber(1, 2, &t.hour) || !scanner.Take(':') ||
      !scanner.TakeNumber(2, 2, &t.minute)) {
    return std::nullopt;
  }
  if (scanner.Take(':') && !scanner.TakeNumber(2, 2, &t.second)) return std::nullopt;
  scanner.TakeSpaces();
  if (!scanner.TakeOffset(&t.offset) && !TakeNamedZone(&scanner, &t.offset)) return std::nullopt;
  return TimeOf(t);
}

// ---- Values ----

ChangeFrequency ChangeFrequencyOf(absl::string_view text) {
  struct Named {
    absl::string_view name;
    ChangeFrequency value;
  };
  static constexpr Named kNames[] = {
      {"always", ChangeFrequency::kAlways},   {"hourly", ChangeFrequency::kHourly},
      {"daily", ChangeFrequency::kDaily},     {"weekly", ChangeFrequency::kWeekly},
      {"monthly", ChangeFrequency::kMonthly}, {"yearly", ChangeFrequency::kYearly},
      {"never", ChangeFrequency::kNever}};
  for (const Named& named : kNames) {
    if (absl::EqualsIgnoreCase(text, named.name)) return named.value;
  }
  return ChangeFrequency::kNotSaid;
}

float PriorityOf(absl::string_view text) {
  float value = 0;
  if (!absl::SimpleAtof(text, &value) || !(value == value)) return SitemapEntry().priority;
  return std::clamp(value, 0.0f, 1.0f);
}

// Collects a result within its limits.
class Collector {
 public:
  Collector(const Url& sitemap_url, const SitemapLimits& limits, SitemapResult* result)
      : sitemap_url_(sitemap_url), limits_(limits), result_(result) {}

  // The canonical form of a URL of the file; nothing where it is none that could be fetched.
  std::optional<std::string> Resolve(absl::string_view text) const {
    text = StripSpace(text);
    if (text.empty() || text.size() > limits_.max_field_bytes) return std::nullopt;
    std::string with_scheme;
    if (BeginsWithHost(text)) {
      with_scheme = absl::StrCat(sitemap_url_.scheme(), "://", text);
      text = with_scheme;
    }
    const std::optional<Url> url = Url::ParseCrawlable(text, &sitemap_url_);
    if (!url.has_value()) return std::nullopt;
    return url->FetchHref();
  }

  // Like Resolve(), for what need not be a URL at all.
  std::optional<std::string> ResolveAbsolute(absl::string_view text) const {
    text = StripSpace(text);
    const bool absolute =
        absl::StartsWithIgnoreCase(text, "http://") || absl::StartsWithIgnoreCase(text, "https://");
    const bool one_word = std::none_of(text.begin(), text.end(), absl::ascii_isspace);
    return one_word && (absolute || BeginsWithHost(text)) ? Resolve(text) : std::nullopt;
  }

  // These give false where a limit says that it is enough.
  bool Add(SitemapEntry entry) {
    size_t bytes = entry.loc.size();
    for (const SitemapAlternate& alternate : entry.alternates)
      bytes += alternate.url.size() + alternate.hreflang.size();
    return Reserve(bytes) && (result_->entries.push_back(std::move(entry)), true);
  }

  bool Add(SitemapChild child) {
    return Reserve(child.loc.size()) && (result_->children.push_back(std::move(child)), true);
  }

  void CountBad() { ++result_->bad_entry_count; }

  const SitemapLimits& limits() const { return limits_; }
  SitemapResult& result() { return *result_; }

 private:
  // "www.example.com/a" in a sitemap of www.example.com: they forgot the scheme.
  bool BeginsWithHost(absl::string_view text) const {
    return absl::ConsumePrefix(&text, sitemap_url_.host()) &&
           (text.empty() || text[0] == '/' || text[0] == ':');
  }

  bool Reserve(size_t bytes) {
    if (result_->entries.size() + result_->children.size() >= limits_.max_entry_count ||
        bytes > limits_.max_result_bytes - bytes_) {
      result_->truncated = true;
      return false;
    }
    bytes_ += bytes;
    return true;
  }

  const Url& sitemap_url_;
  const SitemapLimits& limits_;
  SitemapResult* const result_;
  size_t bytes_ = 0;
};

// ---- XML ----

// An element's name without its prefix, and the prefix. Prefixes are taken as they come: sitemaps
// declare them wrongly or not at all, so expat is not asked to understand namespaces.
struct Name {
  explicit Name(absl::string_view qualified) {
    const size_t colon = qualified.find(':');
    if (colon != absl::string_view::npos) prefix = qualified.substr(0, colon);
    local = colon == absl::string_view::npos ? qualified : qualified.substr(colon + 1);
  }

  absl::string_view prefix;
  absl::string_view local;
};

absl::string_view AttributeOf(const char** attributes, absl::string_view name) {
  for (; attributes[0] != nullptr; attributes += 2) {
    if (attributes[0] == name) return attributes[1];
  }
  return {};
}

// Turns the elements of one file into entries. Items ("url", "sitemap", "item", "entry") are not
// nested; their fields are their direct children with the same prefix, which leaves out the loc of
// an image:image.
class XmlReader {
 public:
  explicit XmlReader(Collector* collector) : collector_(*collector) {}

  // `encoding`: null for what the file says.
  void Read(absl::string_view xml, const char* encoding) {
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
        XML_ParserCreate(encoding), &XML_ParserFree);
    parser_ = parser.get();
    if (parser_ == nullptr) std::abort();  // out of memory
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(
        parser_,
        [](void* self, const char* name, const char** attributes) {
          Self(self)->Start(Name(name), attributes);
        },
        [](void* self, const char*) { Self(self)->End(); });
    XML_SetCharacterDataHandler(parser_, [](void* self, const char* text, int size) {
      Self(self)->Text(absl::string_view(text, static_cast<size_t>(size)));
    });
    XML_SetUnknownEncodingHandler(parser_, &ReadAsLatin1, nullptr);
    // With a default handler, entities that the file declares are handed to it instead of being
    // expanded.
    XML_SetDefaultHandler(parser_, [](void* self, const char* text, int size) {
      if (size > 0 && text[0] == '&') Self(self)->SkipEntity();
    });
    XML_SetSkippedEntityHandler(parser_,
                                [](void* self, const char*, int) { Self(self)->SkipEntity(); });
    // In attributes they are expanded nevertheless, so only short ones may be declared.
    XML_SetEntityDeclHandler(
        parser_, [](void* self, const char*, int is_parameter, const char* value, int size,
                    const char*, const char*, const char*, const char*) {
          if (value == nullptr) return;  // of another file, which is never read
          Self(self)->DeclareEntity(is_parameter != 0,
                                    absl::string_view(value, static_cast<size_t>(size)));
        });

    // All at once: given in pieces, expat 2.5 would scan a long token anew for each of them.
    const bool ok =
        XML_Parse(parser_, xml.data(), static_cast<int>(std::min<size_t>(xml.size(), INT_MAX)),
                  1) == XML_STATUS_OK;
    if (!ok && !stopped_) {
      SetError(XML_ErrorString(XML_GetErrorCode(parser_)));
      EndBroken(xml);
    }
    parser_ = nullptr;
  }

 private:
  enum class Field { kNone, kLoc, kGuid, kLastmod, kChangeFrequency, kPriority };

  struct Item {
    std::string loc;
    std::string guid;
    std::string stray;  // text outside of any field
    bool stray_is_bad = false;
    std::optional<absl::Time> lastmod;
    ChangeFrequency change_frequency = ChangeFrequency::kNotSaid;
    float priority = SitemapEntry().priority;
    std::vector<SitemapAlternate> alternates;
    bool has_updated = false;
  };

  static XmlReader* Self(void* self) { return static_cast<XmlReader*>(self); }

  // URLs and dates are ASCII in whatever encoding this is, or so it is hoped.
  static int ReadAsLatin1(void*, const XML_Char*, XML_Encoding* info) {
    for (int i = 0; i < 256; ++i) info->map[i] = i;
    info->data = nullptr;
    info->convert = nullptr;
    info->release = nullptr;
    return XML_STATUS_OK;
  }

  void Start(const Name& name, const char** attributes) {
    if (stopped_) return;
    ++depth_;
    if (depth_ > collector_.limits().max_depth) {
      collector_.result().truncated = true;
      return Stop("elements nested too deep");
    }
    if (depth_ == 1) {
      StartRoot(name);
    } else if (item_depth_ == 0) {
      if (IsItem(name)) StartItem(name);
    } else if (depth_ == item_depth_ + 1) {
      StartField(name, attributes);
    }
  }

  void StartRoot(const Name& name) {
    struct Root {
      absl::string_view name;
      SitemapKind kind;
    };
    static constexpr Root kRoots[] = {{"urlset", SitemapKind::kUrlset},
                                      {"sitemapindex", SitemapKind::kIndex},
                                      {"rss", SitemapKind::kRss},
                                      {"RDF", SitemapKind::kRss},
                                      {"feed", SitemapKind::kAtom}};
    for (const Root& root : kRoots) {
      if (absl::EqualsIgnoreCase(name.local, root.name)) collector_.result().kind = root.kind;
    }
    if (collector_.result().kind == SitemapKind::kNone) {
      Stop(absl::StrCat("no sitemap and no feed: <", name.local.substr(0, 40), ">"));
    }
  }

  SitemapKind kind() { return collector_.result().kind; }

  bool IsItem(const Name& name) {
    switch (kind()) {
      case SitemapKind::kRss:
        return name.local == "item";
      case SitemapKind::kAtom:
        return name.local == "entry";
      default:
        return name.local == "url" || name.local == "sitemap";
    }
  }

  void StartItem(const Name& name) {
    item_depth_ = depth_;
    item_prefix_ = std::string(name.prefix);
    is_child_ = name.local == "sitemap";
    item_ = Item();
  }

  void StartField(const Name& name, const char** attributes) {
    field_ = FieldOf(name);
    text_.clear();
    text_is_bad_ = false;
    if (name.local != "link") return;
    if (kind() == SitemapKind::kAtom && name.prefix == item_prefix_) {
      const absl::string_view rel = AttributeOf(attributes, "rel");
      if (item_.loc.empty() && (rel.empty() || rel == "alternate"))
        item_.loc = std::string(AttributeOf(attributes, "href"));
    } else if (kind() != SitemapKind::kRss) {
      AddAlternate(attributes);
    }
  }

  Field FieldOf(const Name& name) {
    if (kind() == SitemapKind::kRss && name.prefix == "dc" && name.local == "date")
      return Field::kLastmod;
    if (name.prefix != item_prefix_) return Field::kNone;
    switch (kind()) {
      case SitemapKind::kRss:
        if (name.local == "link") return Field::kLoc;
        if (name.local == "guid") return Field::kGuid;
        return name.local == "pubDate" ? Field::kLastmod : Field::kNone;
      case SitemapKind::kAtom:
        if (name.local == "updated") item_.has_updated = true;
        return name.local == "updated" || (name.local == "published" && !item_.has_updated)
                   ? Field::kLastmod
                   : Field::kNone;
      default:
        if (name.local == "loc") return Field::kLoc;
        if (name.local == "lastmod") return Field::kLastmod;
        if (name.local == "changefreq") return Field::kChangeFrequency;
        return name.local == "priority" ? Field::kPriority : Field::kNone;
    }
  }

  void AddAlternate(const char** attributes) {
    if (item_.alternates.size() >= collector_.limits().max_alternate_count) return;
    const absl::string_view hreflang = AttributeOf(attributes, "hreflang");
    if (hreflang.empty() || hreflang.size() > collector_.limits().max_field_bytes) return;
    if (AttributeOf(attributes, "rel") != "alternate") return;
    std::optional<std::string> url = collector_.Resolve(AttributeOf(attributes, "href"));
    if (url.has_value()) item_.alternates.push_back({std::string(hreflang), *std::move(url)});
  }

  void Text(absl::string_view text) {
    if (item_depth_ == 0) return;
    if (field_ != Field::kNone) {
      Append(text, &text_, &text_is_bad_);
    } else if (depth_ == item_depth_) {
      Append(text, &item_.stray, &item_.stray_is_bad);
    }
  }

  void Append(absl::string_view text, std::string* out, bool* is_bad) {
    if (out->empty()) text = absl::StripLeadingAsciiWhitespace(text);
    if (out->size() + text.size() > collector_.limits().max_field_bytes) {
      *is_bad = true;
    } else {
      absl::StrAppend(out, text);
    }
  }

  // "&nbsp;" and its like pass. What could grow exponentially, or beyond a few times its own
  // reference, ends the file.
  void DeclareEntity(bool is_parameter, absl::string_view value) {
    constexpr size_t kMaxEntityBytes = 16;
    if (is_parameter || value.size() > kMaxEntityBytes || absl::StrContains(value, "&")) {
      Stop("an entity is declared");
    }
  }

  // The text lacks what the entity stood for.
  void SkipEntity() {
    if (field_ != Field::kNone) {
      text_is_bad_ = true;
    } else if (depth_ == item_depth_) {
      item_.stray_is_bad = true;
    }
  }

  void End() {
    if (stopped_) return;
    if (item_depth_ > 0 && depth_ == item_depth_ + 1) {
      EndField();
    } else if (depth_ == item_depth_) {
      EndItem();
    }
    --depth_;
  }

  void EndField() {
    const Field field = std::exchange(field_, Field::kNone);
    const absl::string_view text = text_is_bad_ ? absl::string_view() : StripSpace(text_);
    text_is_bad_ = false;
    switch (field) {
      case Field::kNone:
        break;
      case Field::kLoc:
        // Two locs in one item: someone forgot the tags between them.
        if (!item_.loc.empty()) AddItem();
        item_.loc = std::string(text);
        break;
      case Field::kGuid:
        item_.guid = std::string(text);
        break;
      case Field::kLastmod:
        item_.lastmod = ParseSitemapTime(text);
        break;
      case Field::kChangeFrequency:
        item_.change_frequency = ChangeFrequencyOf(text);
        break;
      case Field::kPriority:
        item_.priority = PriorityOf(text);
        break;
    }
  }

  void EndItem() {
    AddItem();
    item_depth_ = 0;
  }

  void AddItem() {
    const Item item = std::exchange(item_, Item());
    std::optional<std::string> loc = LocOf(item);
    if (!loc.has_value()) return collector_.CountBad();
    const bool added =
        is_child_
            ? collector_.Add(SitemapChild{*std::move(loc), item.lastmod})
            : collector_.Add(SitemapEntry{*std::move(loc), item.lastmod, item.change_frequency,
                                          item.priority, item.alternates});
    if (!added) Stop("too many entries");
  }

  std::optional<std::string> LocOf(const Item& item) {
    if (!item.loc.empty()) return collector_.Resolve(item.loc);
    if (!item.guid.empty()) return collector_.ResolveAbsolute(item.guid);
    if (item.stray_is_bad) return std::nullopt;
    return collector_.ResolveAbsolute(item.stray);
  }

  // After an error. A loc counts where a tag had begun behind it: what is missing then is not of
  // the URL.
  void EndBroken(absl::string_view xml) {
    if (item_depth_ == 0) return;
    const XML_Index at = XML_GetCurrentByteIndex(parser_);
    const bool at_tag =
        at >= 0 && static_cast<size_t>(at) < xml.size() && xml[static_cast<size_t>(at)] == '<';
    if (at_tag && field_ == Field::kLoc) EndField();
    if (LocOf(item_).has_value()) AddItem();
  }

  void Stop(absl::string_view why) {
    stopped_ = true;
    SetError(why);
    XML_StopParser(parser_, XML_FALSE);
  }

  void SetError(absl::string_view why) {
    std::string& error = collector_.result().error;
    if (error.empty()) error = absl::StrCat("line ", XML_GetCurrentLineNumber(parser_), ": ", why);
  }

  Collector& collector_;
  XML_Parser parser_ = nullptr;
  bool stopped_ = false;

  size_t depth_ = 0;       // elements open
  size_t item_depth_ = 0;  // depth of the item that is open; 0: none
  std::string item_prefix_;
  bool is_child_ = false;  // the item is a "sitemap"
  Item item_;

  Field field_ = Field::kNone;
  std::string text_;          // of the field
  bool text_is_bad_ = false;  // it was too long, or lacks what an entity stood for
};

SitemapResult ReadXml(absl::string_view xml, const char* encoding, const Url& sitemap_url,
                      const SitemapLimits& limits) {
  SitemapResult result;
  Collector collector(sitemap_url, limits, &result);
  XmlReader(&collector).Read(xml, encoding);
  return result;
}

// Where a file breaks off, a repaired copy of it may give more.
SitemapResult ReadXmlOrRepair(absl::string_view xml, const Url& sitemap_url,
                              const SitemapLimits& limits) {
  SitemapResult result = ReadXml(xml, nullptr, sitemap_url, limits);
  if (result.error.empty() || result.truncated || IsUtf16(xml)) return result;
  SitemapResult repaired = ReadXml(RepairXml(xml), "UTF-8", sitemap_url, limits);
  if (repaired.entries.size() + repaired.children.size() <=
      result.entries.size() + result.children.size())
    return result;
  repaired.error = result.error;
  return repaired;
}

// One URL a line ("Text file" in the protocol).
SitemapResult ReadLines(absl::string_view text, const Url& sitemap_url,
                        const SitemapLimits& limits) {
  SitemapResult result;
  Collector collector(sitemap_url, limits, &result);
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const absl::string_view line = StripSpace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    SitemapEntry entry;
    if (std::optional<std::string> loc = collector.ResolveAbsolute(line)) {
      entry.loc = *std::move(loc);
      if (!collector.Add(std::move(entry))) break;
    } else {
      collector.CountBad();
    }
  }
  if (result.entries.empty()) {
    result.error = "no sitemap and no feed";
  } else {
    result.kind = SitemapKind::kText;
  }
  return result;
}

// `is_cut`: more bytes followed, which are not known.
SitemapResult ReadDecoded(absl::string_view bytes, bool is_cut, const Url& sitemap_url,
                          const SitemapLimits& limits) {
  if (IsUtf16(bytes)) return ReadXmlOrRepair(bytes, sitemap_url, limits);
  while (const size_t size = LeadingSpace(bytes)) bytes.remove_prefix(size);
  if (absl::StartsWith(bytes, "<")) return ReadXmlOrRepair(bytes, sitemap_url, limits);
  // Warnings of the program that made the file, and then the file.
  constexpr size_t kMaxWarningBytes = 4096;
  const size_t xml = bytes.substr(0, kMaxWarningBytes).find("<?xml");
  if (xml == absl::string_view::npos) {
    // A part of the last URL would be another URL.
    if (is_cut) bytes = bytes.substr(0, bytes.find_last_of("\r\n") + 1);
    return ReadLines(bytes, sitemap_url, limits);
  }
  SitemapResult result = ReadXmlOrRepair(bytes.substr(xml), sitemap_url, limits);
  if (result.error.empty()) result.error = "text before the XML";
  return result;
}

}  // namespace

SitemapResult ParseSitemap(absl::string_view bytes, const Url& sitemap_url,
                           const SitemapLimits& limits) {
  // Some servers gzip what is gzipped already.
  constexpr int kMaxGzipLayers = 2;
  Decoded decoded;
  bool truncated = false;
  std::string error;
  for (int layer = 0; layer < kMaxGzipLayers && IsGzip(bytes); ++layer) {
    Decoded next = Gunzip(bytes, limits);
    truncated = truncated || next.truncated;
    if (error.empty()) error = next.error;
    decoded = std::move(next);
    bytes = decoded.bytes;
  }
  if (bytes.size() > limits.max_bytes) {
    bytes = bytes.substr(0, limits.max_bytes);
    truncated = true;
  }
  SitemapResult result = ReadDecoded(bytes, truncated || !error.empty(), sitemap_url, limits);
  result.truncated = result.truncated || truncated;
  if (!error.empty()) result.error = error;
  return result;
}

bool SitemapMayList(const Url& sitemap_url, const Url& loc) {
  if (loc.scheme() != sitemap_url.scheme() || loc.host() != sitemap_url.host() ||
      loc.effective_port() != sitemap_url.effective_port()) {
    return false;
  }
  const absl::string_view path = sitemap_url.path();
  return absl::StartsWith(loc.path(), path.substr(0, path.rfind('/') + 1));
}

std::optional<absl::Time> ParseSitemapTime(absl::string_view text) {
  text = StripSpace(text);
  if (text.empty()) return std::nullopt;
  if (const std::optional<absl::Time> time = ParseW3cTime(text)) return time;
  return ParseRfc822Time(text);
}

}  // namespace spindle
