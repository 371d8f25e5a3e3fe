#ifndef SPINDLE_CRAWLER_PROGRESS_H_
#define SPINDLE_CRAWLER_PROGRESS_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/crawl_stats.h"
#include "storage/mutex.h"

namespace spindle {

// What the process has used so far.
struct ProcessUsage {
  double cpu_seconds = 0;  // user and system
  int64_t peak_rss_bytes = 0;
  int64_t rss_bytes = 0;
};
ProcessUsage ReadProcessUsage();

// "12.3 MB", "870 B".
std::string FormatBytes(int64_t bytes);

// One line for a person: rates over `interval`, since `before`.
std::string FormatProgress(const CrawlStats& now, const CrawlStats& before, absl::Duration interval,
                           absl::Duration elapsed, int64_t max_pages, int64_t rss_bytes);

// The end of a run in a few lines for a person.
std::string FormatSummary(const CrawlStats& stats, absl::Duration elapsed,
                          const ProcessUsage& usage, absl::string_view dir);

// The same as JSON: pages, bytes, seconds, cpu_seconds, errors by kind, urls_known, hosts,
// peak_rss_bytes and more. Written beside `path` and renamed, so a reader finds it whole or not at
// all.
absl::Status WriteSummary(const std::string& path, const CrawlStats& stats, absl::Duration elapsed,
                          const ProcessUsage& usage);

// A thread that shows how a crawl goes on standard error: one line that is rewritten each second on
// a terminal, a line of its own every 30 seconds elsewhere. What the crawl begins to wait for is
// told at once. Ends, leaving the terminal's line clean, with its destruction.
class ProgressLine {
 public:
  ProgressLine(std::function<CrawlStats()> stats, int64_t max_pages);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void Run();

  const std::function<CrawlStats()> stats_;
  const int64_t max_pages_;
  const bool terminal_;
  Mutex mu_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PROGRESS_H_
