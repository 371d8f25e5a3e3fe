#include "crawler/frontier_counts.h"

#include <atomic>
#include <utility>

namespace spindle {

bool FrontierCounts::Publish(const std::vector<std::unique_ptr<Frontier>>& frontiers) {
  int64_t pending = 0;
  int64_t resting = 0;
  int64_t hosts = 0;
  int64_t disallowed = 0;
  size_t parked = 0;
  for (const auto& frontier : frontiers) {
    pending += frontier->pending_count();
    resting += frontier->resting_count();
    hosts += frontier->host_count();
    disallowed += static_cast<int64_t>(frontier->disallowed_count());
    parked += frontier->parked_host_count();
  }
  counters_.hosts.fetch_add(hosts - std::exchange(hosts_, hosts), std::memory_order_relaxed);
  counters_.resting.fetch_add(resting - std::exchange(resting_, resting),
                              std::memory_order_relaxed);
  counters_.disallowed.fetch_add(disallowed - std::exchange(disallowed_, disallowed),
                                 std::memory_order_relaxed);
  if (parked != std::exchange(parked_, parked)) PublishParked(frontiers);
  const int64_t change = pending - std::exchange(pending_, pending);
  return change != 0 && counters_.pending.fetch_add(change) + change == 0;
}

void FrontierCounts::PublishParked(const std::vector<std::unique_ptr<Frontier>>& frontiers) {
  for (size_t reason = 0; reason < kReasonCount; ++reason) {
    int64_t count = 0;
    for (const auto& frontier : frontiers) count += frontier->parked_hosts()[reason];
    const int64_t change = count - std::exchange(parked_by_reason_[reason], count);
    counters_.parked_hosts[reason].fetch_add(change, std::memory_order_relaxed);
  }
}

}  // namespace spindle
