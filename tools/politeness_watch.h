#ifndef SPINDLE_TOOLS_POLITENESS_WATCH_H_
#define SPINDLE_TOOLS_POLITENESS_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "shard/politeness.h"

namespace spindle {

// Watches the requests of a simulated crawl from the side of the hosts: counts those that come too
// early, by a second reading of docs/politeness.md that shares no code with the frontier. What it
// demands is the least that every option allows. Hosts that nothing is demanded for any more take
// no memory. Thread-compatible.
class PolitenessWatch {
 public:
  explicit PolitenessWatch(const PolitenessOptions& options) : options_(options) {}

  // A request starts. `crawl_delay`: of the host's robots.txt as far as the crawl knows it.
  void OnStart(uint32_t host, absl::Time now, absl::Duration crawl_delay);

  struct Answer {
    absl::Time now;
    absl::Time first_byte;  // or the end, where none came
    absl::Duration latency;
    int http_status = 0;  // 0: none
    std::optional<absl::Duration> retry_after;
  };
  // It ended, and the crawl has committed what it learned.
  void OnEnd(uint32_t host, const Answer& answer);

  // The crawler died and starts again: its requests are broken off, which is no fault of the hosts.
  void OnRestart();
  // It had been left alone when the crawler died; a new run gives it its tries anew.
  void OnGivenUp(uint32_t host) { clocks_[host].failures = 0; }

  uint64_t early_count() const { return early_; }        // before the host's delay had passed
  uint64_t parallel_count() const { return parallel_; }  // while another was under way
  uint64_t violation_count() const { return early_ + parallel_; }
  // The last violation, for a message.
  uint32_t last_violator() const { return last_violator_; }
  absl::Time last_violation() const { return last_violation_; }
  size_t clock_count() const { return clocks_.size(); }

 private:
  struct Clock {
    int64_t next_us = INT64_MIN;  // no request before
    uint32_t failures = 0;        // in a row
    bool busy = false;
  };

  void Violation(uint64_t* count, uint32_t host, absl::Time now);
  void Expire(absl::Time now);

  const PolitenessOptions options_;
  absl::flat_hash_map<uint32_t, Clock> clocks_;
  size_t expire_at_ = 1000;
  uint64_t early_ = 0;
  uint64_t parallel_ = 0;
  uint32_t last_violator_ = 0;
  absl::Time last_violation_ = absl::InfinitePast();
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_POLITENESS_WATCH_H_
