// What a page says about itself to crawlers: the value of <meta name="robots" content="..."> and of
// each X-Robots-Tag header, as a set of flags. robots.txt, which speaks before a page is fetched,
// is not here.
//
// Pure functions; safe from any thread.

#ifndef SPINDLE_PARSERS_ROBOTS_DIRECTIVES_H_
#define SPINDLE_PARSERS_ROBOTS_DIRECTIVES_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace spindle {

// Bits of a directive set. A set that holds none of them allows everything.
enum RobotsDirective : uint32_t {
  kRobotsNoindex = 1u << 0,
  kRobotsNofollow = 1u << 1,
  kRobotsNoarchive = 1u << 2,  // also "nocache"
  kRobotsNosnippet = 1u << 3,
  kRobotsNoimageindex = 1u << 4,
  kRobotsNotranslate = 1u << 5,
  kRobotsIndexifembedded = 1u << 6,
  kRobotsNoai = 1u << 7,
  kRobotsNoimageai = 1u << 8,
};

// The directives named in a comma-separated list, any case, unknown ones passed over. "none" is
// noindex and nofollow together. Directives with a value ("max-snippet:0", "unavailable_after:
// ...") restrict how a result is shown and set nothing here.
uint32_t ParseRobotsDirectives(absl::string_view content);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_ROBOTS_DIRECTIVES_H_
