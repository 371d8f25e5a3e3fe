// WebModel is the made-up web that tests crawl: a closed graph of hosts and pages that follows from
// its options alone. It says what lies at every URL, and it works out which URLs a crawler that
// obeys robots.txt must reach, so that a test can compare the two. It opens no socket and keeps no
// state; TestWeb serves it.
//
// Hosts are addresses of 127.0.0.0/8, so many "sites" live behind one listening socket:
//
//   http://127.1.0.1:PORT/            host 0, page 0: the root of the whole graph
//   http://127.1.0.1:PORT/p/17.html   host 0, page 17
//   http://127.1.0.2:PORT/private/3   host 1, forbidden where its robots.txt says so
//
// Every page links down a binary tree of its host and page 0 of every host links down a binary tree
// of hosts, so that without errors all is reachable from host 0; more links are drawn at random.
//
// Immutable.

#ifndef SPINDLE_TESTS_TESTING_WEB_MODEL_H_
#define SPINDLE_TESTS_TESTING_WEB_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {
namespace testing {

// What the made-up web contains. Everything but the plain graph is off by default.
struct WebOptions {
  // Equal options with equal seeds give the same web, whatever the port.
  uint64_t seed = 1;

  int host_count = 10;      // At most 15,000,000.
  int pages_per_host = 10;  // Page 0 is "/". Further URLs come with the features below.

  // Links drawn at random, on top of the trees.
  int links_within_host = 4;
  int links_across_hosts = 2;

  // A page's text is padded to about this many bytes.
  size_t page_bytes = 1500;

  // Time from a request to its answer, robots.txt included. Zero answers at once.
  absl::Duration latency = absl::ZeroDuration();

  // robots.txt with rules: some hosts forbid /private/, some forbid it in a group of many, some
  // allow a part of it again, some have no robots.txt (404). Off: every host answers 404.
  bool robots_rules = false;

  // Where positive, every fifth host asks for this Crawl-delay.
  absl::Duration crawl_delay = absl::ZeroDuration();

  // Every seventh host answers 500 to its first request for robots.txt and 200 from then on.
  bool robots_flaky = false;

  // About one page in twelve is a redirect (301, 302, 303, 307, 308; within the host and across),
  // and every host has one loop of two redirects and one chain of four.
  bool redirects = false;

  // About one page in fifteen is gone (404 or 410).
  bool missing_pages = false;

  // About one page in twenty answers 500, always, or 503 with Retry-After: 1 on its first visit.
  bool server_errors = false;

  // About one page in twenty closes the connection before it answers, or promises more bytes than
  // it sends.
  bool broken_transfers = false;

  // Half of the pages are sent with Content-Encoding: gzip to clients that accept it.
  bool gzip = false;

  // Pages in UTF-8, windows-1252, Shift_JIS and UTF-16LE, named in the header, in a meta element or
  // by a byte order mark.
  bool charsets = false;

  // robots.txt names a sitemap, and the sitemap names one page that nothing else links to.
  bool sitemaps = false;

  // Pages refer to a style sheet and an image of their host.
  bool requisites = false;
};

// One answer, as a server is to send it.
struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Time between the request and the first byte of the answer.
  absl::Duration latency = absl::ZeroDuration();

  // Close the connection without an answer.
  bool close_without_answer = false;

  // Content-Length claims this many bytes more than the body has; the connection is closed after
  // them.
  size_t missing_bytes = 0;
};

class WebModel {
 public:
  explicit WebModel(const WebOptions& options) : options_(options) {}

  const WebOptions& options() const { return options_; }

  // The address that is the name of host `index`: "127.1.0.1" for 0.
  // REQUIRES: 0 <= index < host_count.
  static std::string HostName(int index);

  // The host of that name, or nothing where this web has no such host.
  std::optional<int> HostIndex(absl::string_view name) const;

  // What `host` answers to GET `path` on the visit of that number, counted from 0 per URL. Paths
  // that the web does not have answer 404. `port` is what its absolute links carry.
  Answer Get(int host, absl::string_view path, int visit, bool accepts_gzip, int port) const;

  // Whether the rules of the host's robots.txt let a crawler of no special name ask for `path`.
  bool Allowed(int host, absl::string_view path) const;

  // What a crawl without limits comes upon.
  struct Reachable {
    // Everything that it asks for, robots.txt and sitemaps left out.
    std::set<std::string> asked;
    // Those of `asked` that end up as a page: 200 with a whole body, on the first visit or later.
    std::set<std::string> pages;
    // Those of `asked` whose body is cut short each time. A crawler may keep what it got of them or
    // not; what they link to is counted as found.
    std::set<std::string> cut_short;
    // Found but forbidden by robots.txt: never asked for.
    std::set<std::string> forbidden;
  };

  // All that can be reached from page 0 of `first_host`, links and redirects followed across hosts.
  // `with_requisites` follows style sheets and images too; `with_sitemaps` reads the sitemaps.
  Reachable ReachableFrom(int first_host, int port, bool with_requisites, bool with_sitemaps) const;

 private:
  // What lies at one path. Links are (host, path) pairs.
  struct Node;
  Node At(int host, absl::string_view path) const;
  Node PageAt(int host, int page) const;
  std::string PagePath(int page) const;
  std::string RobotsText(int host, int port) const;
  uint64_t Draw(int host, int page, uint64_t salt) const;

  const WebOptions options_;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_WEB_MODEL_H_
