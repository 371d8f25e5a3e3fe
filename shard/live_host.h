#ifndef SPINDLE_SHARD_LIVE_HOST_H_
#define SPINDLE_SHARD_LIVE_HOST_H_

#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "shard/compact_time.h"
#include "shard/host_lore.h"
#include "shard/host_queue.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// A request for a robots.txt that another one redirected to.
struct RobotsHop {
  HostKey host;        // to be asked
  std::string origin;  // of host
  std::string url;
  HostKey robots_for;  // whose robots.txt is looked for
  int hops = 0;        // this one included
};

// A host as its frontier has it in memory: 0.8 KB with a full window, 1 KB with lore.
// It is live while its URLs may be fetched; one that is not is its record and nothing else, and can
// be dropped at any time.
struct LiveHost {
  LiveHost(const HostKey& host, HostRecord stored)
      : record(std::move(stored)), queue(host, record) {}

  HostRecord record;
  HostQueue queue;
  bool live = false;
  bool just_read = false;   // from the store: its clock is not yet held
  uint32_t turn_count = 0;  // pages since it became live

  int in_flight = 0;                               // requests of any kind, not yet released
  uint32_t new_page_count = 0;                     // under way: pages that would be new ones
  CompactTime last_failure{absl::InfinitePast()};  // that counts
  std::forward_list<RobotsHop> hops;               // that wait, in order; mostly none
  bool robots_in_flight = false;                   // asked for, here or at the end of a redirect
  bool clock_waited = false;                       // a shared clock told it its turn
  bool hopped = false;                // the last request was for another host's robots.txt
  bool budget_waits = false;          // its pages under way may use up its budget
  std::optional<CompactTime> revive;  // where it was parked since it was read: its next chance
  CompactTime scheduled{absl::InfiniteFuture()};  // its place in the delay queue; infinite: none
  std::unique_ptr<HostLore> lore;

  const HostKey& key() const { return queue.host(); }
  bool parked() const { return record.state == HostState::kParked; }
  // Parked for that: known pages may still be visited again.
  bool over_budget() const {
    return parked() &&
           (record.reason == Reason::kHostBudget || record.reason == Reason::kDomainBudget);
  }
  // Something of it is under way, and its end will be told.
  bool busy() const {
    return in_flight > 0 || robots_in_flight || queue.anything_in_flight() || !hops.empty();
  }
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_LIVE_HOST_H_
