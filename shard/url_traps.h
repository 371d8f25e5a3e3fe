#ifndef SPINDLE_SHARD_URL_TRAPS_H_
#define SPINDLE_SHARD_URL_TRAPS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/records.h"

// Finds URLs of which a host has no end: those that JudgeUrl() can tell by their looks alone, and
// those that only show over time, which HostTemplates learns for one host.
//
// Numbers alone are no sign: "/article/123456" may have millions of honest pages. What tells a trap
// is that its pages repeat each other, or that it leads years into the future. So a template with
// any number of URLs is taken while what is fetched of it is new; it is closed once it has more
// than its free URLs and most of its fetched pages turned out to be repeats.
//
// For each link whose URL is new to its host, and for each page that was stored:
//
//   Reason reason = JudgeUrl(options, link.path);
//   const UrlShape shape = ShapeOf(link.path);
//   if (reason == Reason::kNone) reason = host.templates.Admit(options, shape, now);
//   if (reason != Reason::kNone) ...  // stored as excluded, with this reason
//
//   host.templates.ObservePage(ShapeOf(record.path), repeats);  // digest known, or a near
//   duplicate
//
// The functions are pure and thread-safe; HostTemplates is thread-compatible.

namespace spindle {

// When a template is closed.
struct TemplateLimits {
  // URLs that are taken whatever their pages are like.
  uint32_t free_url_count;
  // Pages that must have been seen before their share of repeats counts.
  uint16_t min_page_count;
  // Closed at this share of repeats among the pages, 0 to 1. Above 1: never.
  double max_repeat_share;
  // URLs that are taken at most. Zero: no limit.
  uint32_t max_url_count;
};

struct TrapOptions {
  bool enabled = true;  // off: nothing is a trap
  // Of path and query together. Zero here and in the next five: no limit.
  size_t max_url_bytes = 2048;
  size_t max_segment_count = 20;
  // "/a/b/a/b/a/b" has "a/b" three times in a row.
  size_t max_segment_repeats = 2;
  // Times that one segment stands anywhere in a path.
  size_t max_same_segment = 4;
  size_t max_parameter_count = 20;
  size_t max_same_parameter = 8;
  // Whether a session id alone excludes a URL. Off: some sites have no link without.
  bool exclude_session_ids = false;

  TemplateLimits plain = {500, 50, 0.8, 0};
  // Of templates that end in a date.
  TemplateLimits dates = {100, 20, 0.5, 20'000};
  // Dates further ahead than the end of this year plus so many years are not taken.
  int max_years_ahead = 2;
  // A path that was seen with more different sets of parameter names than this, at most 200, has
  // exploded (facets of a shop, in all combinations): of it only URLs with at most
  // `kept_parameter_count` parameters are taken. Zero: never.
  uint32_t max_parameter_sets = 100;
  uint32_t kept_parameter_count = 2;
};

// What can be said about a URL by itself. `path_and_query` is canonical, "/a?b". kNone,
// kUrlTooLong, kTrapDepth, kTrapRepeat (also escapes of escapes of escapes), kTrapParameters (also
// "&amp;amp;") or kTrapSession.
Reason JudgeUrl(const TrapOptions& options, absl::string_view path_and_query);

// What a URL has in common with its like: "/shop/17/blue-shoes-42?page=3" is "/shop/N/*?page".
// Digits become N, long ids H, words of many parts *, dates D; values of parameters are dropped.
struct UrlShape {
  uint32_t id = 0;             // hash of the template; 0: nothing in the URL varies
  uint32_t path_id = 0;        // of the template without its query; 0: there is no query
  uint32_t parameter_set = 0;  // hash of the names of its parameters, as a set
  uint32_t parameter_count = 0;
  bool is_date = false;  // it ends in a date, "/2024/05/31", "?year=2024&month=5"
  uint16_t year = 0;     // of the date; 0: none
};
UrlShape ShapeOf(absl::string_view path_and_query);

// Whether the date of a URL, if it has one, is no further ahead than it may be: kNone or
// kTrapTemplate. A date is what has a year of four digits and a month and a day of two that can be;
// of numbers that are cut into folders like that, "/2845/12/07", one in three hundred looks like a
// date that is too far ahead.
Reason JudgeDate(const TrapOptions& options, const UrlShape& shape, absl::Time now);

// What one host taught about its templates. At most 32 of them and 8 paths with parameters: under
// 600 bytes in memory, and as bytes 10 to 15 for each. A host with more than fit forgets those with
// the fewest URLs. Forgetting everything is harmless: it is learned again.
class HostTemplates {
 public:
  static constexpr size_t kMaxTemplateCount = 32;
  static constexpr size_t kMaxPathCount = 8;

  // Whether a URL that is new may be taken: kNone, and it is counted; else kTrapTemplate or
  // kTrapParameters.
  Reason Admit(const TrapOptions& options, const UrlShape& shape, absl::Time now);

  // A page of this shape was fetched; `repeats`: its content, or nearly, was seen before. Newer
  // pages count more than old ones, so that a template that was closed may open again.
  void ObservePage(const UrlShape& shape, bool repeats);

  std::string Encode() const;
  // DataLoss: no version of this program wrote `bytes`.
  static absl::Status Decode(absl::string_view bytes, HostTemplates* templates);

 private:
  struct Template {
    uint32_t id = 0;
    uint32_t url_count = 0;
    uint16_t page_count = 0;  // halved, with the next, when it gets large
    uint16_t repeat_count = 0;
  };
  struct Path {
    uint32_t id = 0;
    uint32_t url_count = 0;
    uint64_t sets = 0;  // bits that hashes of parameter sets fell on (linear counting)
  };

  Template& FindOrAddTemplate(uint32_t id);
  Path& FindOrAddPath(uint32_t id);

  std::vector<Template> templates_;
  std::vector<Path> paths_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_URL_TRAPS_H_
