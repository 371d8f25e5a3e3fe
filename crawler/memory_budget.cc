#include "crawler/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace spindle {
namespace {

// Of a container; none: UINT64_MAX.
uint64_t ControlGroupLimit() {
  uint64_t bytes = 0;
  // "max" is no number.
  return std::ifstream("/sys/fs/cgroup/memory.max") >> bytes ? bytes : UINT64_MAX;
}

}  // namespace

MemoryBudget Divide(uint64_t bytes) {
  // A known URL takes a tenth of the memory in the cache of URLs seen lately that it takes in a
  // block of the store's, and a tenth of the time to be found. Bodies stand for the bandwidth: at
  // 60 KB a page and half a second a transfer, an eighth of 1 GB carries 4,000 pages a second.
  const uint64_t share = bytes / 16;
  MemoryBudget budget;
  budget.store_bytes = 6 * share;
  budget.answer_bytes = 4 * share;
  budget.frontier_bytes = 2 * share;
  budget.seen_cache_bytes = 3 * share;
  budget.robots_bytes = share;
  return budget;
}

uint64_t DefaultMemoryBytes() {
  const uint64_t machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::max(kLeastMemoryBytes, std::min(machine, ControlGroupLimit()) / 4);
}

}  // namespace spindle
