#ifndef SPINDLE_CRAWLER_FRONTIER_COUNTS_H_
#define SPINDLE_CRAWLER_FRONTIER_COUNTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "crawler/crawl_stats.h"
#include "shard/frontier.h"
#include "storage/records.h"

namespace spindle {

// A worker's part of the crawl's counters: what its frontiers count, as far as it was told. Belongs
// to the worker's thread; the counters must outlive it.
class FrontierCounts {
 public:
  explicit FrontierCounts(CrawlCounters* counters) : counters_(*counters) {}

  // Tells what changed since. True: nothing is pending any more, in the whole crawl, and was
  // before.
  bool Publish(const std::vector<std::unique_ptr<Frontier>>& frontiers);

 private:
  void PublishParked(const std::vector<std::unique_ptr<Frontier>>& frontiers);

  CrawlCounters& counters_;
  int64_t pending_ = 0;
  int64_t resting_ = 0;
  int64_t hosts_ = 0;
  int64_t disallowed_ = 0;
  size_t parked_ = 0;
  std::array<int64_t, kReasonCount> parked_by_reason_{};
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FRONTIER_COUNTS_H_
