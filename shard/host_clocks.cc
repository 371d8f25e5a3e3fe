#include "shard/host_clocks.h"

#include <algorithm>

#include "shard/politeness.h"

namespace spindle {
std::string HostClocks::KeyOf(const HostRecord& host) const {
  const ClockGroups::HostClock clock =
      options_.clocks.ClockOf(HostNameOf(host.origin), hosts_.DomainOf(host));
  const bool shared = clock.kind == ClockKind::kDomain || clock.kind == ClockKind::kGroup;
  return shared ? ClockKey(clock) : std::string();
}

bool HostClocks::MustWait(LiveHost* host, absl::Time now) const {
  const std::string key = KeyOf(host->record);
  if (key.empty()) return false;
  const absl::Time when =
      clocks_->Admit(key, now, HostDelay(options_.politeness, host->record), host->clock_waited);
  host->clock_waited = when > now;
  if (host->clock_waited) host->record.next_fetch = std::max(host->record.next_fetch, when);
  return host->clock_waited;
}

void HostClocks::Cancel(const HostRecord& host, absl::Time now) const {
  const std::string key = KeyOf(host);
  if (!key.empty()) clocks_->Cancel(key, now, HostDelay(options_.politeness, host));
}

void HostClocks::Hold(const HostRecord& host, absl::Time until) const {
  const std::string key = KeyOf(host);
  if (!key.empty()) clocks_->HoldUntil(key, until);
}

void HostClocks::HoldAfterRestart(const HostRecord& host, absl::Time now) const {
  const PolitenessOptions& options = options_.politeness;
  const absl::Duration delay = HostDelay(options, host);
  const absl::Duration own = std::max(delay, BackoffAfter(options, host.failures));
  if (host.next_fetch > now + own * (1 + options.max_jitter)) Hold(host, host.next_fetch);
  // It may have been asked just before. The others will wait for their own delay anyway.
  if (delay > options.per_host_delay) Hold(host, now + delay);
}

}  // namespace spindle
