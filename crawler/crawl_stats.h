#ifndef SPINDLE_CRAWLER_CRAWL_STATS_H_
#define SPINDLE_CRAWLER_CRAWL_STATS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/records.h"

namespace spindle {

// A loop asks to be called after this, again and again, and counts how late it is called.
inline constexpr int kLatenessProbeMilliseconds = 20;
// Times by whole milliseconds; the last one stands for all above.
inline constexpr size_t kLatenessCount = 256;

// What the workers count, for people to watch. Thread-safe: relaxed atomics, each exact in itself,
// not one with another.
struct CrawlCounters {
  std::atomic<int64_t> pages{0};       // stored in this run
  std::atomic<int64_t> body_bytes{0};  // of them, as received
  std::atomic<int64_t> requests{0};    // of pages, ended
  std::atomic<int64_t> robots_requests{0};
  std::atomic<int64_t> last_request{0};  // when one of either ended, in microseconds of 1970
  std::atomic<int64_t> redirects{0};
  std::atomic<int64_t> retries{0};
  std::atomic<int64_t> disallowed{0};      // URLs that waited, and robots.txt does not allow
  std::atomic<int64_t> links_too_long{0};  // left out for --max_url_bytes
  std::atomic<int64_t> open_transfers{0};
  std::atomic<int64_t> urls_known{0};
  std::atomic<int64_t> hosts{0};
  std::atomic<int64_t> resting{0};  // URLs queued at hosts that are parked
  // How often a worker's loop was late by so many milliseconds.
  std::array<std::atomic<int64_t>, kLatenessCount> loop_lateness{};
  std::array<std::atomic<int64_t>, kReasonCount> parked_hosts{};
  // URLs given up, and tries that failed, by reason.
  std::array<std::atomic<int64_t>, kReasonCount> errors{};

  // Decides the end, so not relaxed. URLs queued or in flight at hosts that are not parked, and
  // batches of links on their way between workers: what is found is added before what found it is
  // taken off, so it is zero only at the end.
  std::atomic<int64_t> pending{0};
  // Pages stored or under way, against CrawlOptions::max_pages.
  std::atomic<int64_t> page_slots{0};
};

// One moment of a crawl.
struct CrawlStats {
  std::string
      stopped_because;  // what ended the run before its time, for people; empty: nothing did
  // What is out of order and holds the crawl up, for people; empty: nothing is.
  std::string waiting_for;
  bool others_go_on = false;  // meanwhile: it holds up some hosts
  int64_t pages = 0;
  int64_t body_bytes = 0;
  int64_t requests = 0;
  int64_t robots_requests = 0;
  int64_t redirects = 0;
  int64_t retries = 0;
  int64_t disallowed = 0;  // by robots.txt
  int64_t links_too_long = 0;
  int64_t open_transfers = 0;
  int64_t urls_known = 0;
  int64_t queued = 0;   // at hosts that are not parked, and links on their way
  int64_t resting = 0;  // queued at hosts that are
  int64_t hosts = 0;
  std::array<int64_t, kLatenessCount> loop_lateness{};  // by milliseconds
  std::array<int64_t, kReasonCount> parked_hosts{};     // left alone for now, by reason
  std::array<int64_t, kReasonCount> errors{};
};

CrawlStats Snapshot(const CrawlCounters& counters);

// The milliseconds within which a loop was called in `share` (0.99) of all cases; rounded up.
int LatenessWithin(const CrawlStats& stats, double share);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_CRAWL_STATS_H_
