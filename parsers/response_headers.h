// The response headers that steer a crawl: X-Robots-Tag, Link, Refresh, Retry-After and
// Content-Disposition, each from the text of its value (parsers/header_block.h finds it) to a
// value. Nothing here resolves URLs or acts on what it read. Content-Type is in parsers/mime.h.
//
// Pure functions; safe from any thread. Any bytes are accepted; what cannot be understood is
// passed over.

#ifndef SPINDLE_PARSERS_RESPONSE_HEADERS_H_
#define SPINDLE_PARSERS_RESPONSE_HEADERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {

// ---- X-Robots-Tag ----

struct RobotsTag {
  // RobotsDirective bits (parsers/robots_directives.h).
  uint32_t directives = 0;
  // From when on the page asks not to be kept ("unavailable_after"); the earliest, if several.
  std::optional<absl::Time> unavailable_after;
};

// What the X-Robots-Tag headers of a response tell the crawler called `product_token`: the union
// of what is said to all and what is said to it. A value is a comma-separated list of directives;
// "name:" before a directive addresses it and those after it, to the end of the value, to that
// crawler alone:
//
//   X-Robots-Tag: noarchive
//   X-Robots-Tag: spindle: noindex, nofollow
//   X-Robots-Tag: unavailable_after: 25 Jun 2010 15:00:00 PST
//
// Dates are those of ParseHttpDate() and ISO 8601. `now` is only for its two-digit years.
RobotsTag ParseRobotsTag(const std::vector<absl::string_view>& values,
                         absl::string_view product_token, absl::Time now);

// ---- Refresh ----

struct Refresh {
  absl::Duration delay;
  // To be resolved against the page's URL; empty: the page itself.
  std::string url;
};

// The Refresh header and <meta http-equiv=refresh content=...>: the shared declarative refresh
// steps of the HTML Standard. std::nullopt where those return without a refresh. Delays are whole
// seconds, at most kMaxHeaderDelay.
std::optional<Refresh> ParseRefresh(absl::string_view value);

// ---- Retry-After ----

// Longer delays in Retry-After and Refresh are cut to this: no sum with a time can overflow.
inline constexpr absl::Duration kMaxHeaderDelay = absl::Hours(24 * 3650);

using RetryAfter = std::variant<absl::Duration, absl::Time>;

// RFC 9110, section 10.2.3: whole seconds (a fraction is dropped) or a date, as of
// ParseHttpDate(). std::nullopt if it is neither.
std::optional<RetryAfter> ParseRetryAfter(absl::string_view value, absl::Time now);

// How long to wait from `now`, from zero up to kMaxHeaderDelay.
absl::Duration RetryDelay(const RetryAfter& retry_after, absl::Time now);

// ---- Link ----

struct LinkHeaderLimits {
  // Further links are passed over.
  size_t max_links = 1000;
  // Of one link; further ones are passed over.
  size_t max_parameters = 50;
};

struct HeaderLink {
  // As written, to be resolved against the page's URL.
  std::string target;
  // The relation types, lower case, in order. Only the first "rel" counts (section 3.3).
  std::vector<std::string> rels;
  // All other parameters in order: the name in lower case, the value unquoted. A "title*" is
  // given decoded, as "title*".
  std::vector<std::pair<std::string, std::string>> parameters;

  bool HasRel(absl::string_view rel) const;
  // The first parameter called `name` (lower case); empty if there is none. A link with an
  // "anchor" speaks about another page than the one it came with.
  absl::string_view Parameter(absl::string_view name) const;
};

// RFC 8288, section 3, parsed as its appendix B.2 says: what comes before a syntax error is kept.
std::vector<HeaderLink> ParseLinkHeader(absl::string_view value,
                                        const LinkHeaderLimits& limits = {});

// ---- Content-Disposition ----

struct ContentDisposition {
  // Lower case, such as "attachment". Anything but "inline" is to be treated as that
  // (section 4.2).
  std::string type;
  // UTF-8, the last segment of what may have been a path (section 4.3); empty if there is none.
  // Still a stranger's choice: not to be used as a path.
  std::string filename;
};

// RFC 6266. "filename*" goes before "filename" (section 4.3); a name that is not UTF-8 is taken
// for ISO-8859-1. std::nullopt if there is no type.
std::optional<ContentDisposition> ParseContentDisposition(absl::string_view value);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_RESPONSE_HEADERS_H_
