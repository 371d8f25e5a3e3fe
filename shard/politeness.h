#ifndef SPINDLE_SHARD_POLITENESS_H_
#define SPINDLE_SHARD_POLITENESS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "storage/records.h"

// When a host may be asked again, and whether a URL is tried again: rules without a clock, a socket
// or a store. docs/politeness.md says in words what they promise to site owners. Pure functions;
// thread-safe.

namespace spindle {

struct PolitenessOptions {
  // From one request to a host to its next. Zero: as fast as one request at a time allows, and no
  // adaptive delay.
  absl::Duration per_host_delay = absl::Seconds(1);
  // The delay is at least this times the host's last latency, up to max_adaptive_delay (Mercator's
  // rule). Zero: off.
  double latency_factor = 5;
  absl::Duration max_adaptive_delay = absl::Seconds(30);
  // A Crawl-delay of robots.txt counts up to here.
  absl::Duration max_crawl_delay = absl::Seconds(300);
  // A Retry-After counts up to here.
  absl::Duration max_retry_after = absl::Hours(24);
  // Back-off after the first failure of a host; doubles with each further one.
  absl::Duration min_backoff = absl::Seconds(1);
  absl::Duration max_backoff = absl::Minutes(10);
  // A wait is longer by up to this part of it, at random, so that requests to many hosts do not
  // fall into step. Never shorter.
  double max_jitter = 0.1;
  // So many failures in a row and the host is parked.
  uint32_t max_host_failures = 10;
  // A dead host is tried again after this long, then after `revive_factor` times as long, and so on
  // up to the most. Zero: not before the next run.
  absl::Duration revive_after = absl::Hours(1);
  // The same where the name servers failed, which passes sooner.
  absl::Duration revive_name_after = absl::Minutes(1);
  double revive_factor = 6;
  absl::Duration max_revive_after = absl::Hours(24);
  // Tries of one URL before it is given up.
  uint8_t max_tries = 3;
  // How long an answer for robots.txt holds (RFC 9309 2.4: at most 24 hours).
  absl::Duration robots_ttl = absl::Hours(24);
};

// What one request to a host showed, for that host's clock.
struct HostObservation {
  absl::Time now;
  // No later than when the server had seen the request: its first byte came, or the attempt ended.
  absl::Time request_seen;
  bool answered = false;  // with any HTTP status
  // Counts towards back-off: no answer, 5xx, 429.
  bool failed = false;
  // It was under way when another request failed, which counts for both.
  bool failed_together = false;
  absl::Duration latency = absl::ZeroDuration();  // request to first byte
  std::optional<absl::Duration> retry_after;
  double jitter = 0;  // at random, 0 <= jitter < 1: how much of max_jitter to add
};

// From a request to the next one, for a host in good health.
absl::Duration HostDelay(const PolitenessOptions& options, const HostRecord& host);

// The wait after so many failures in a row, at least one.
absl::Duration BackoffAfter(const PolitenessOptions& options, uint32_t failures);

// Moves the host's clock, failure count and state.
void Observe(const PolitenessOptions& options, const HostObservation& seen, HostRecord* host);

// When the pause is over that the server asked for (Retry-After), as far as it is granted.
absl::Time PauseEnd(const PolitenessOptions& options, const HostObservation& seen);

// How long a host that is parked for `reason` is left alone, which was revived so often before;
// infinite: until the next run, which is not a matter of time (it is over a budget, or its address
// is refused).
absl::Duration RevivalDelay(const PolitenessOptions& options, Reason reason, uint8_t revivals);

// Another chance for a parked host: where it had failed, one failure parks it again, for longer,
// until an answer makes it a host like others.
void ReviveHost(const PolitenessOptions& options, HostRecord* host);

// A host found in the store at start: when its last request was is unknown (the process may have
// been killed before it could be written), so it waits a full delay from `now`.
void HoldAfterRestart(const PolitenessOptions& options, absl::Time now, HostRecord* host);

// What an answer means for its URL.
struct Verdict {
  UrlState state = UrlState::kFetched;  // kQueued: try again
  Reason reason = Reason::kNone;
  bool host_failed = false;  // for HostObservation::failed
};

// `reason` kNone: a whole answer came, with `http_status`; else what went wrong, with the status if
// one came before it. `failures` counts earlier tries of this URL that failed. A body that breaks
// off is tried again, and the last try's is kept as it is: kFetched with a reason.
Verdict Judge(const PolitenessOptions& options, int http_status, Reason reason, uint8_t failures);

}  // namespace spindle

#endif  // SPINDLE_SHARD_POLITENESS_H_
