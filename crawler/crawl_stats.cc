#include "crawler/crawl_stats.h"

namespace spindle {

CrawlStats Snapshot(const CrawlCounters& counters) {
  const auto load = [](const std::atomic<int64_t>& value) {
    return value.load(std::memory_order_relaxed);
  };
  CrawlStats stats;
  stats.pages = load(counters.pages);
  stats.body_bytes = load(counters.body_bytes);
  stats.requests = load(counters.requests);
  stats.robots_requests = load(counters.robots_requests);
  stats.redirects = load(counters.redirects);
  stats.retries = load(counters.retries);
  stats.disallowed = load(counters.disallowed);
  stats.links_too_long = load(counters.links_too_long);
  stats.open_transfers = load(counters.open_transfers);
  stats.urls_known = load(counters.urls_known);
  stats.queued = load(counters.pending);
  stats.resting = load(counters.resting);
  stats.hosts = load(counters.hosts);
  for (size_t i = 0; i < kLatenessCount; ++i) {
    stats.loop_lateness[i] = load(counters.loop_lateness[i]);
  }
  for (size_t i = 0; i < kReasonCount; ++i) {
    stats.parked_hosts[i] = load(counters.parked_hosts[i]);
    stats.errors[i] = load(counters.errors[i]);
  }
  return stats;
}

int LatenessWithin(const CrawlStats& stats, double share) {
  int64_t all = 0;
  for (const int64_t count : stats.loop_lateness) all += count;
  int64_t left = all;
  int milliseconds = 0;
  for (const int64_t count : stats.loop_lateness) {
    if (static_cast<double>(all - left) >= share * static_cast<double>(all)) break;
    left -= count;
    ++milliseconds;
  }
  return milliseconds;
}

}  // namespace spindle
