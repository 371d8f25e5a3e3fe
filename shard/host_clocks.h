#ifndef SPINDLE_SHARD_HOST_CLOCKS_H_
#define SPINDLE_SHARD_HOST_CLOCKS_H_

#include <string>

#include "absl/time/time.h"
#include "shard/clock_groups.h"
#include "shard/frontier_options.h"
#include "shard/host_table.h"
#include "shard/live_host.h"
#include "shard/request_clocks.h"

namespace spindle {

// The clocks that hosts of a registrable domain or of an operator's group go by besides their own
// (shard/clock_groups.h). Hosts without one are never held here. Those of addresses are the
// fetcher's matter. Belongs to one worker thread; what is given must outlive it.
class HostClocks {
 public:
  HostClocks(const FrontierOptions* options, const HostTable* hosts, RequestClocks* clocks)
      : options_(*options), hosts_(*hosts), clocks_(clocks) {}

  // Whether another host has the turn: then the host waits for its own, and is told when. Else it
  // is to make a request, whose beginning is told to the clock of this key, or Cancel().
  bool MustWait(LiveHost* host, absl::Time now) const;
  void Cancel(const HostRecord& host, absl::Time now) const;
  // For RequestClocks; empty: the host has no such clock.
  std::string KeyOf(const HostRecord& host) const;

  // A pause that the server asked for holds all that share its clock.
  void Hold(const HostRecord& host, absl::Time until) const;
  // The same for a pause that is stored, where its host's delay and back-off do not explain it, and
  // for the delay itself, where it is longer than usual.
  void HoldAfterRestart(const HostRecord& host, absl::Time now) const;

 private:
  const FrontierOptions& options_;
  const HostTable& hosts_;
  RequestClocks* const clocks_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_HOST_CLOCKS_H_
