#ifndef SPINDLE_SHARD_HOST_CLOCKS_H_
#define SPINDLE_SHARD_HOST_CLOCKS_H_

#include "absl/time/time.h"
#include "shard/clock_groups.h"
#include "shard/frontier_options.h"
#include "shard/host_table.h"
#include "shard/live_host.h"
#include "shard/shared_clocks.h"

namespace spindle {

// The clocks that hosts of a registrable domain or of an operator's group go by besides their own
// (shard/clock_groups.h). Hosts without one are never held here. Those of addresses are the
// fetcher's matter. Belongs to one worker thread; what is given must outlive it.
class HostClocks {
 public:
  HostClocks(const FrontierOptions* options, const HostTable* hosts, SharedClocks* clocks)
      : options_(*options), hosts_(*hosts), clocks_(clocks) {}

  // Whether another host has the turn: then the host waits for its own, and is told when.
  bool MustWait(LiveHost* host, absl::Time now) const;

  // A pause that the server asked for holds all that share its clock.
  void Hold(const LiveHost& host, absl::Time until) const;

 private:
  // kHost or kIp: none of these.
  ClockGroups::HostClock ClockOf(const LiveHost& host) const;

  const FrontierOptions& options_;
  const HostTable& hosts_;
  SharedClocks* const clocks_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_HOST_CLOCKS_H_
