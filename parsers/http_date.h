// Dates in HTTP headers (RFC 9110, section 5.6.7): Last-Modified, Expires, Date, Retry-After and
// the like. Reads the one form that servers should send, the two obsolete ones, and what real
// servers send close to them. Writing dates is not here.
//
// Pure functions; safe from any thread.

#ifndef SPINDLE_PARSERS_HTTP_DATE_H_
#define SPINDLE_PARSERS_HTTP_DATE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {

// The moment that `text` names:
//
//   Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate
//   Sunday, 06-Nov-94 08:49:37 GMT    RFC 850; a two-digit year is the latest one that is at most
//                                     50 years after `now`
//   Sun Nov  6 08:49:37 1994          asctime
//
// Also accepted: no or a wrong weekday, any case, one-digit days and hours, no seconds, no zone
// (then it is GMT), UTC, Z, the zones of RFC 822 (EST, PDT, ...) and offsets such as +0200.
// std::nullopt for anything else, for impossible dates and for years before 1601 or after 9999.
std::optional<absl::Time> ParseHttpDate(absl::string_view text, absl::Time now);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_HTTP_DATE_H_
