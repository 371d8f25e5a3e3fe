#ifndef SPINDLE_SHARD_SHARED_CLOCKS_H_
#define SPINDLE_SHARD_SHARED_CLOCKS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/mutex.h"

namespace spindle {

struct SharedClocksOptions {
  // Clocks that are running at the same time. With more, requests wait until one has run out.
  size_t max_clock_count = 1'000'000;
};

// Clocks that hosts of different shards share: those of an IP address or of an operator's group
// (shard/clock_groups.h), for RequestClocks. It is a host's second clock: the frontier asks when
// the host's own allows a request.
//
//   const absl::Time when = clocks.Reserve(address_bytes, now, HostDelay(options, host), waited);
//   waited = when > now;
//   if (waited) ...  // not yet: the host is put back into the delay queue for `when`
//
// Hosts that come too early are each told a turn of their own, so that thousands of hosts of one
// address are served in order and do not all come back at once and in vain.
//
// A clock is forgotten once it has run out; about 30 bytes each. Nothing is stored: after a restart
// every host waits a full delay anyway. Keys are told apart by a 64-bit hash; two that collide
// share a clock.
//
// Thread-safe.
class SharedClocks {
 public:
  explicit SharedClocks(const SharedClocksOptions& options = {});
  SharedClocks(const SharedClocks&) = delete;
  SharedClocks& operator=(const SharedClocks&) = delete;

  // `now`: a request may start now, and the next one `delay` later. Later than that: when to ask
  // again, with `waited`: the caller was told this time; those who were not come after all who
  // were. Turns whose host does not come are lost. `key` is any bytes: an address's 16,
  // "group:blogs".
  absl::Time Reserve(absl::string_view key, absl::Time now, absl::Duration delay,
                     bool waited = false);

  // A request that Reserve() allowed at `now` with this delay, both the same, is not made.
  void Cancel(absl::string_view key, absl::Time now, absl::Duration delay);

  // No request before `until`: the server asked for a pause (Retry-After).
  void HoldUntil(absl::string_view key, absl::Time until);

  // Clocks in the table.
  size_t size() const;

 private:
  // Locks are per part of the table.
  static constexpr size_t kPartCount = 16;

  struct Clock {
    absl::Time next = absl::InfinitePast();       // no request before
    absl::Time turns_end = absl::InfinitePast();  // when the last turn that was told is over
  };
  struct Part {
    mutable Mutex mu;
    absl::flat_hash_map<uint64_t, Clock> clocks ABSL_GUARDED_BY(mu);
    size_t sweep_at ABSL_GUARDED_BY(mu) = 64;  // clocks; then those that ran out are dropped
    absl::Time swept ABSL_GUARDED_BY(mu) = absl::InfinitePast();
  };

  // Drops clocks that have run out, if it is time to. Whether there is room for another.
  bool MakeRoom(absl::Time now, Part* part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(part->mu);

  const size_t max_part_count_;
  std::array<Part, kPartCount> parts_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_SHARED_CLOCKS_H_
