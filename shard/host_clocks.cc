#include "shard/host_clocks.h"

#include <algorithm>

#include "shard/politeness.h"

namespace spindle {
namespace {

bool IsShared(const ClockGroups::HostClock& clock) {
  return clock.kind == ClockKind::kDomain || clock.kind == ClockKind::kGroup;
}

}  // namespace

ClockGroups::HostClock HostClocks::ClockOf(const LiveHost& host) const {
  return options_.clocks.ClockOf(HostNameOf(host.record.origin), hosts_.DomainOf(host));
}

bool HostClocks::MustWait(LiveHost* host, absl::Time now) const {
  const ClockGroups::HostClock clock = ClockOf(*host);
  if (!IsShared(clock)) return false;
  const absl::Time when = clocks_->Reserve(
      ClockKey(clock), now, HostDelay(options_.politeness, host->record), host->clock_waited);
  host->clock_waited = when > now;
  if (host->clock_waited) host->record.next_fetch = std::max(host->record.next_fetch, when);
  return host->clock_waited;
}

void HostClocks::Hold(const LiveHost& host, absl::Time until) const {
  const ClockGroups::HostClock clock = ClockOf(host);
  if (IsShared(clock)) clocks_->HoldUntil(ClockKey(clock), until);
}

}  // namespace spindle
