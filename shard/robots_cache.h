#ifndef SPINDLE_SHARD_ROBOTS_CACHE_H_
#define SPINDLE_SHARD_ROBOTS_CACHE_H_

#include <cstddef>
#include <list>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "parsers/robots.h"
#include "storage/keys.h"

namespace spindle {

// The rules of the hosts that were asked for lately, ready to be matched. A hostile robots.txt
// takes megabytes once it is taken apart, and a crawl has more hosts than memory: this holds what
// fits, and the rest is read and parsed again when its host comes up. Belongs to one worker thread.
class RobotsCache {
 public:
  // At least the latest rules are kept, whatever their size.
  explicit RobotsCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // nullptr: not here. Valid until the next Put() or Erase().
  const RobotsTxt* Get(HostId host);
  // `source_bytes`: of the file that the rules were parsed from.
  const RobotsTxt* Put(HostId host, RobotsTxt rules, size_t source_bytes);
  void Erase(HostId host);

  size_t size_bytes() const { return bytes_; }  // estimated

 private:
  struct Entry {
    HostId host;
    RobotsTxt rules;
    size_t bytes;
  };

  void Evict();

  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::list<Entry> entries_;  // the latest first
  absl::flat_hash_map<HostId, std::list<Entry>::iterator> by_host_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_ROBOTS_CACHE_H_
