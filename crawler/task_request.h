#ifndef SPINDLE_CRAWLER_TASK_REQUEST_H_
#define SPINDLE_CRAWLER_TASK_REQUEST_H_

#include <cstddef>
#include <optional>
#include <string>

#include "crawler/fetch.h"
#include "crawler/resolver.h"
#include "parsers/robots.h"
#include "parsers/url.h"
#include "shard/frontier.h"
#include "shard/politeness.h"

namespace spindle {

// Of a robots.txt, as received and decoded: what its parser reads (RFC 9309 2.5), and one more, by
// which it sees that there was more and drops the line that the cut went through.
inline constexpr size_t kMaxRobotsBytes = RobotsLimits().max_bytes + 1;

// Between the frontier's words and the fetcher's: a task as a request, an answer as what was seen
// of a host. All functions are pure.

// `task.url` is one that was queued. A page that is stored is asked for only if it changed.
FetchRequest RequestOf(const FetchTask& task);

// Whether RequestOf() sets conditions, so that a 304 is an answer to it.
bool IsConditional(const FetchTask& task);

// `jitter`: see HostObservation.
HostObservation ObservationOf(const FetchResponse& response, bool failed, double jitter);

// As HostRecord and FetchTask have them: "192.0.2.1 2001:db8::1".
std::string WriteAddresses(const HostAddresses& found);

// Where a redirect leads; nullopt: to no URL that can be crawled.
std::optional<Url> LocationOf(const FetchTask& task, const FetchResponse& response);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_TASK_REQUEST_H_
