// robots.txt as RFC 9309 defines it, matched the way Google's crawler matches it.
//
// When a host comes up in the frontier its robots.txt is fetched once; OutcomeForStatus() says what
// the answer means and RobotsTxt::Parse() turns the body into the rules that apply to one crawler.
// Every URL of the host is then asked for with Allows(). This unit does not fetch, keep time or
// follow redirects, and knows nothing of robots meta tags.
//
//   RobotsTxt robots = RobotsTxt::Parse(body, "Spindle");
//   if (robots.Allows(url.path_and_query())) ...
//
// Where RFC 9309 and Google differ, and where either leaves room,
// docs/decisions/040-robots-disputed.md says what was chosen: a doubt about a Disallow is read in
// favour of the site.
#ifndef SPINDLE_PARSERS_ROBOTS_H_
#define SPINDLE_PARSERS_ROBOTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {

// What the answer to a request for robots.txt means for the rest of the host (RFC 9309
// section 2.3.1).
enum class RobotsOutcome : uint8_t {
  // 2xx: the body holds the rules.
  kParse,
  // 301, 302, 303, 307, 308: follow, at least five hops (2.3.1.2). Out of hops, the file is
  // unavailable.
  kRedirect,
  // 304: the copy at hand stays in force. With none at hand, the file is unreachable.
  kUnchanged,
  // Other 3xx, and 4xx but for 429: there is no file, everything may be fetched (2.3.1.3).
  kUnavailable,
  // 429, 5xx, anything that is no HTTP status (a failed connection is 0): nothing may be fetched
  // for now (2.3.1.4).
  kUnreachable,
};

RobotsOutcome OutcomeForStatus(int http_status);

// True for what RFC 9309 (2.2.1) allows as a product token: one or more of a-z, A-Z, "_" and "-".
// Any other token can only be meant by the group for "*", so a crawler should refuse to run under
// it.
bool IsProductToken(absl::string_view token);

struct RobotsLimits {
  // Bytes of the body that are read. The line that the limit cuts is dropped. RFC 9309 (2.5) asks
  // for 500 KiB or more.
  size_t max_bytes = 500 * 1024;
  // Bytes of a line that are read; the rest of it is ignored, as Google does.
  size_t max_line_bytes = 16663;
  // Sitemap lines kept, and the length over which one is not kept.
  size_t max_sitemap_count = 1000;
  size_t max_sitemap_bytes = 4096;
  // Bytes of Content-Signal text kept.
  size_t max_content_signal_bytes = 1024;
  // A longer Crawl-delay is cut to this. A bound on nonsense: how long is too long is the
  // frontier's policy.
  absl::Duration max_crawl_delay = absl::Hours(24);
  // Bytes of a path, over all rules, that are searched for what stands behind a "*", some
  // nanoseconds each. Where that does not suffice for a decision, the path is disallowed: ten
  // thousand such rules and a path of 400 bytes still get one.
  size_t max_search_bytes = size_t{4} << 20;
};

// The answer of RobotsTxt::Match(), for people who ask why.
struct RobotsMatch {
  bool allowed = true;
  // Line of robots.txt that decided, from 1. 0: no rule matched, or none was needed.
  int line = 0;
  // The rule in normal form, "Disallow: /private/"; for line 0 empty.
  std::string rule;
  // Disallowed because RobotsLimits::max_search_bytes were spent before this rule.
  bool undecided = false;
};

// The part of a robots.txt that applies to one crawler. Holds no reference to what it was parsed
// from and takes about 40 bytes and its pattern for each rule that applies. Immutable after
// Parse(), so safe to share between threads.
class RobotsTxt {
 public:
  // Allows everything.
  RobotsTxt() = default;

  // Reads `body`, any bytes, for the crawler called `product_token`, which is compared without
  // regard to case. The groups that name the token are merged; with none, those for "*"; with none
  // of these, everything is allowed. UTF-8 and UTF-16 byte order marks are understood. Of an HTML
  // page only lines that read as robots.txt count, with their markup removed; there are none in a
  // usual error page, which thus allows everything.
  static RobotsTxt Parse(absl::string_view body, absl::string_view product_token,
                         const RobotsLimits& limits = {});

  // Whether the URL may be fetched. `path_and_query` is a URL's from its first "/" up to the
  // fragment, as on the wire: percent-encoded; an empty one counts as "/". The longest matching
  // rule decides, at equal length an Allow (RFC 9309 section 2.2.2). "/robots.txt" is no exception
  // here: who fetches it as robots.txt does not ask. Time is linear in the sizes of the rules, of
  // the path and of RobotsLimits::max_search_bytes, whatever the patterns; how many bytes were
  // searched is added to `*searched_bytes` (may be null).
  bool Allows(absl::string_view path_and_query, size_t* searched_bytes = nullptr) const;

  // As Allows(), with the rule that decided.
  RobotsMatch Match(absl::string_view path_and_query) const;

  // The longest Crawl-delay of the groups that apply, at most RobotsLimits::max_crawl_delay. Not
  // part of RFC 9309.
  std::optional<absl::Duration> crawl_delay() const { return crawl_delay_; }

  // The values of all Sitemap lines, for any crawler, without duplicates, as written: they may be
  // relative or no URLs.
  const std::vector<std::string>& sitemaps() const { return sitemaps_; }

  // The values of the Content-Signal lines of the groups that apply, and of those before any group,
  // joined by ", ". "search=yes, ai-train=no" says what pages may be used for once fetched; it has
  // no part in Allows().
  const std::string& content_signal() const { return content_signal_; }

  // True where a group names the token itself, so that the one for "*" was not used.
  bool names_token() const { return names_token_; }

  // True where RobotsLimits::max_bytes cut the body.
  bool truncated() const { return truncated_; }

  // Bytes of memory that this takes. A usual file comes to a few KB, a hostile one to less than 5
  // MB.
  size_t memory_bytes() const;

  // True where no rule applies: everything is allowed.
  bool empty() const { return rules_.empty(); }

 private:
  friend class RobotsParser;

  // Patterns are kept in normal form: hexadecimal digits of escapes in upper case, characters that
  // do not stand in a URL escaped, "$" escaped unless it anchors, that anchor removed, runs of "*"
  // collapsed.
  struct Rule {
    uint64_t prefix = 0;    // the first `prefix_size` bytes of the pattern, all of them literal
    uint64_t pairs = 0;     // a set of the pairs of bytes that stand next to each other in it
    uint32_t begin = 0;     // of the pattern in `patterns_`
    uint32_t size = 0;      // of the pattern
    uint32_t priority = 0;  // length as written, with Google's escaping
    uint32_t line = 0;
    uint8_t prefix_size = 0;
    bool allow = false;
    bool anchored = false;
    bool decoded = false;  // a second reading of a Disallow, with unreserved characters unescaped
  };

  // A path in one reading, with the same marks as a rule to pass over most rules quickly.
  struct Path {
    absl::string_view text;
    uint64_t prefix = 0;
    uint64_t pairs = 0;
  };

  // What decides about a path.
  struct Decision {
    const Rule* rule = nullptr;  // null: none matches
    size_t searched_bytes = 0;
    bool undecided = false;  // none up to this one matches; it was not tried

    bool allows() const { return !undecided && (rule == nullptr || rule->allow); }
  };

  static Path PathOf(absl::string_view text);
  Decision Decide(absl::string_view path_and_query) const;
  // `decoded` is null where both readings are the same.
  Decision Decide(const Path& literal, const Path* decoded) const;
  bool RuleMatches(const Rule& rule, const Path& path, size_t* searched_bytes) const;

  // Sorted: the first rule that matches decides.
  std::vector<Rule> rules_;
  std::string patterns_;
  std::vector<std::string> sitemaps_;
  std::string content_signal_;
  std::optional<absl::Duration> crawl_delay_;
  size_t max_search_bytes_ = 0;
  bool names_token_ = false;
  bool truncated_ = false;
};

}  // namespace spindle

#endif  // SPINDLE_PARSERS_ROBOTS_H_
