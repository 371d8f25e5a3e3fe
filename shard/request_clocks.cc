#include "shard/request_clocks.h"

namespace spindle {

absl::Time RequestClocks::Admit(absl::string_view key, absl::Time now, absl::Duration delay,
                                bool waited) {
  MutexLock lock(&mu_);
  // When that one will begin nobody knows: whose turn it is asks again after half a delay.
  if (on_the_way_.contains(key)) clocks_.HoldUntil(key, now + delay / 2);
  const absl::Time when = clocks_.Reserve(key, now, delay, waited);
  if (when <= now && delay > absl::ZeroDuration()) on_the_way_.emplace(key);
  return when;
}

void RequestClocks::Begin(absl::string_view key, absl::Time now, absl::Duration delay) {
  if (delay <= absl::ZeroDuration()) return;  // nobody waits for it
  MutexLock lock(&mu_);
  on_the_way_.erase(key);
  clocks_.HoldUntil(key, now + delay);
}

void RequestClocks::Cancel(absl::string_view key, absl::Time now, absl::Duration delay) {
  if (delay <= absl::ZeroDuration()) return;
  MutexLock lock(&mu_);
  on_the_way_.erase(key);
  clocks_.Cancel(key, now, delay);
}

}  // namespace spindle
