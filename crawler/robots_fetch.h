#ifndef SPINDLE_CRAWLER_ROBOTS_FETCH_H_
#define SPINDLE_CRAWLER_ROBOTS_FETCH_H_

#include <optional>

#include "crawler/fetch.h"
#include "parsers/content_coding.h"
#include "shard/frontier.h"
#include "shard/host_robots.h"
#include "shard/live_host.h"
#include "shard/shard_map.h"

namespace spindle {

// What an answer to a request for robots.txt means (RFC 9309). All functions are pure.

// The file, decoded as far as it is looked at, or why there is none. `limits`: of any body.
RobotsAnswer ReadRobots(const FetchTask& task, const FetchResponse& response, DecodeLimits limits);

// The next hop of a file that is elsewhere, to be asked for in the turn of the host it leads to;
// nullopt: there is none, so a file that is only redirected to counts as not there.
std::optional<RobotsHop> NextRobotsHop(const FetchTask& task, const FetchResponse& response,
                                       const ShardMap& shards, int max_hops);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_ROBOTS_FETCH_H_
