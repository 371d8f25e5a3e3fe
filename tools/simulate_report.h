#ifndef SPINDLE_TOOLS_SIMULATE_REPORT_H_
#define SPINDLE_TOOLS_SIMULATE_REPORT_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "tools/politeness_watch.h"
#include "tools/rows.h"
#include "tools/simulated_crawl.h"

namespace spindle {

// What the process has used so far.
struct ProcessUse {
  absl::Duration cpu;  // of all threads
  uint64_t rss_bytes = 0;
  uint64_t peak_rss_bytes = 0;
};
ProcessUse MeasureProcess();

// Bytes of the files in `dir`.
uint64_t DirectoryBytes(const std::string& dir);

// Prints how a simulated crawl does, one line for each stretch of it. CPU times are of the whole
// process, so flushes and compactions are in them, less what the simulation itself took.
// Thread-compatible. What is given by pointer must outlive this.
class SimulateReport {
 public:
  SimulateReport(Format format, std::ostream* output) : format_(format), output_(output) {}

  // A stretch ends; the next begins.
  void Line(absl::string_view phase, const SimulatedCrawl& crawl, const CrawlStore& store,
            const PolitenessWatch& watch, const std::string& dir);

 private:
  const Format format_;
  std::ostream* const output_;

  bool has_heading_ = false;
  absl::Time wall_start_ = absl::InfinitePast();
  ProcessUse start_use_;
  SimulatedCrawlCounts start_;
  uint64_t seen_hits_ = 0;
  uint64_t seen_misses_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_SIMULATE_REPORT_H_
