#ifndef SPINDLE_TOOLS_SIMULATED_WEB_H_
#define SPINDLE_TOOLS_SIMULATED_WEB_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/records.h"

namespace spindle {

// Shares are of one. Shares of hosts pick hosts that are so for good.
struct SimulatedWebOptions {
  uint64_t seed = 1;
  uint32_t host_count = 100'000;
  uint64_t page_count = 100'000'000;  // of all hosts together, about
  // Sizes of hosts, and how often others link to them, fall with this power of their rank.
  // REQUIRES: above 0 and below 1.
  double skew = 0.9;
  uint32_t hosts_per_domain = 4;  // on average
  uint32_t links_per_page = 62;   // on average, where the host has so many pages
  double intra_host_share = 0.8;  // of links
  double new_share = 0.1;         // of links, where the host is large and some pages were seen
  double dead_host_share = 0.02;  // never answer
  double slow_host_share = 0.05;  // take seconds
  double crawl_delay_share = 0.02;
  double throttling_share = 0.01;  // of hosts: a tenth of their answers is a 429 with Retry-After
  double broken_share = 0.005;     // of hosts: 5xx for robots.txt and all pages
  double error_share = 0.01;       // of requests: 503, or no answer
  double gone_share = 0.05;        // of pages: 404
  double redirect_share = 0.05;    // of pages: 301
};

// A page by its number within its host, 0 its home page.
struct SimulatedPage {
  uint32_t host = 0;
  uint32_t page = 0;

  friend auto operator<=>(const SimulatedPage&, const SimulatedPage&) = default;
};

// How a request ends.
struct SimulatedAnswer {
  int http_status = 0;  // 0: none
  Reason reason = Reason::kNone;
  absl::Duration latency;  // to the first byte
  absl::Duration elapsed;  // to the end
  std::optional<absl::Duration> retry_after;
  std::optional<SimulatedPage> redirect;
};

// A web without sockets or memory: each answer is computed from the seed, so it may be as large as
// 32 bits of hosts with 32 bits of pages each, and what a crawl should have found can be computed
// again. Hosts are numbered by rank, largest first.
//
// A host's pages form a tree: its home page links to the first few, each later page to some that
// none before it links to, and else to pages that came earlier, the older the likelier. So a crawl
// in order of discovery finds `new_share` of a page's links unknown.
//
// Immutable.
class SimulatedWeb {
 public:
  explicit SimulatedWeb(const SimulatedWebOptions& options);

  const SimulatedWebOptions& options() const { return options_; }

  // "www.h17.meadow5.com" and "https://www.h17.meadow5.com".
  std::string HostName(uint32_t host) const;
  std::string Origin(uint32_t host) const;
  // "/news/2019/07/a-few-words-of-a-title-1234.html", 60 to 80 bytes; "/" for page 0.
  std::string Path(SimulatedPage page) const;
  // The host and page of a URL of this web.
  std::optional<uint32_t> ParseHost(absl::string_view url) const;
  std::optional<SimulatedPage> ParseUrl(absl::string_view url) const;

  uint32_t PageCount(uint32_t host) const;

  // Pages below this number are linked to from pages before `page`.
  uint64_t FirstChild(uint32_t page) const;

  // Appends the pages that `page` links to, itself excluded, each once.
  void AppendLinks(SimulatedPage page, std::vector<SimulatedPage>* links) const;

  // The answer to request number `attempt` for a page.
  SimulatedAnswer Fetch(SimulatedPage page, uint32_t attempt) const;

  // The answer to request number `attempt` for robots.txt, and what it holds. A redirect is to the
  // robots.txt of the host of `redirect`.
  SimulatedAnswer FetchRobots(uint32_t host, uint32_t attempt) const;
  std::string RobotsBody(uint32_t host) const;
  // Of its robots.txt; zero: none.
  absl::Duration CrawlDelay(uint32_t host) const;

 private:
  uint64_t Hash(uint64_t purpose, uint64_t a, uint64_t b = 0) const;
  bool Chance(double share, uint64_t purpose, uint64_t a, uint64_t b = 0) const;
  uint32_t LinkedHost(uint64_t random) const;
  bool HasRules(uint32_t host) const;
  SimulatedAnswer Timing(uint32_t host, uint64_t random) const;

  const SimulatedWebOptions options_;
  const double exponent_;   // 1 - skew
  const double rank_span_;  // the integral of rank^-skew over all ranks
  const uint32_t home_links_;
  const double children_;  // new pages that each page but the home page links to
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_SIMULATED_WEB_H_
