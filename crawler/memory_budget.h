#ifndef SPINDLE_CRAWLER_MEMORY_BUDGET_H_
#define SPINDLE_CRAWLER_MEMORY_BUDGET_H_

#include <cstddef>
#include <cstdint>

// Who may use how much of the memory that a crawl is given. Everything that grows with the size or
// the speed of a crawl has a share; what does not (code, threads, tables of constants, some tens of
// megabytes) and what the allocator wastes come on top. Thread-safe.

namespace spindle {

// The least that a crawl runs well with.
inline constexpr uint64_t kLeastMemoryBytes = uint64_t{64} << 20;

// What a host in memory takes with its window of ready URLs and what its URLs taught: 0.8 to 1.0 KB
// by //tests/benchmarks:live_hosts, and what the allocator loses between them.
inline constexpr uint64_t kLiveHostBytes = 1280;

struct MemoryBudget {
  uint64_t store_bytes = 0;       // write buffers, cached blocks, filters and indexes
  uint64_t answer_bytes = 0;      // bodies, from their first byte to their commit
  uint64_t seen_cache_bytes = 0;  // fingerprints of URLs seen lately, of all workers
  uint64_t robots_bytes = 0;      // robots.txt of live hosts, of all workers
  uint64_t frontier_bytes = 0;    // live hosts with their ready URLs, of all workers

  size_t live_host_count() const { return frontier_bytes / kLiveHostBytes; }
};

// REQUIRES: bytes >= kLeastMemoryBytes. The shares add up to no more than `bytes`.
MemoryBudget Divide(uint64_t bytes);

// A quarter of the memory that this process may use, the machine's or its control group's; at least
// kLeastMemoryBytes.
uint64_t DefaultMemoryBytes();

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_MEMORY_BUDGET_H_
