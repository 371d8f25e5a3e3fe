#ifndef SPINDLE_SHARD_HOST_ROBOTS_H_
#define SPINDLE_SHARD_HOST_ROBOTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "parsers/robots.h"
#include "shard/frontier_options.h"
#include "shard/live_hosts.h"
#include "shard/robots_cache.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/records.h"

namespace spindle {

// What the search for a host's robots.txt found.
struct RobotsAnswer {
  uint16_t http_status = 0;  // 0: none, for `reason`
  Reason reason = Reason::kNone;
  std::string body;    // decoded
  std::string url;     // that it came from
  std::string detail;  // about `reason`, for people
};

// Nothing was said about what may be fetched, so nothing may for now (RFC 9309 2.3.1.4): no whole
// answer, 5xx, 429, or a "not modified" that nobody asked for.
bool IsUnreachable(const RobotsAnswer& answer);

// The rules of robots.txt, host by host: stored, and those asked for lately in memory. Belongs to
// one worker thread. What is given must outlive it.
class HostRobots {
 public:
  HostRobots(const FrontierOptions* options, const CrawlStore* store, RobotsCache* rules,
             LiveHosts* hosts)
      : options_(*options), store_(store), rules_(rules), hosts_(hosts) {}

  // nullptr: everything is allowed. Valid until the next call.
  absl::StatusOr<const RobotsTxt*> RulesOf(const LiveHost& host);

  // The search is over. Parks the host where it was in vain too often. The host's record is the
  // caller's to write.
  absl::Status Set(LiveHost* host, const RobotsAnswer& answer, absl::Time now, Commit* commit);

 private:
  absl::Status SetUnreachable(LiveHost* host, const RobotsAnswer& answer, absl::Time now,
                              RobotsRecord* record);
  void SetRules(LiveHost* host, const RobotsAnswer& answer, absl::Time now, RobotsRecord* record);

  const FrontierOptions& options_;
  const CrawlStore* const store_;
  RobotsCache* const rules_;
  LiveHosts* const hosts_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_HOST_ROBOTS_H_
