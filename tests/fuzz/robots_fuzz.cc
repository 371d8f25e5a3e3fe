// The first line of the input is a path, the rest a robots.txt. The rule that decides must match
// the path by a slow and simple matcher, and decide the same way when it is the only one.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "parsers/robots.h"

namespace {

using spindle::RobotsLimits;
using spindle::RobotsMatch;
using spindle::RobotsTxt;

void Demand(bool condition) {
  if (!condition) std::abort();
}

// RFC 9309 section 2.2.3, by the book: which prefixes of the path can be reached.
bool SlowMatches(absl::string_view pattern, absl::string_view path) {
  const bool anchored = absl::ConsumeSuffix(&pattern, "$");
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(path.size() + 1, false);
    for (size_t i = 0; i <= path.size(); ++i) {
      if (c == '*') {
        next[i] = reached[i] || (i > 0 && next[i - 1]);
      } else {
        next[i] = i > 0 && reached[i - 1] && path[i - 1] == c;
      }
    }
    reached = next;
  }
  if (anchored) return reached.back();
  for (const bool is_reached : reached) {
    if (is_reached) return true;
  }
  return false;
}

bool IsSimple(absl::string_view path) {
  for (const char c : path) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '/' && c != '.' && c != '-') {
      return false;
    }
  }
  return !path.empty();
}

void DemandRuleStandsAlone(const RobotsMatch& match, absl::string_view path) {
  constexpr size_t kMaxRuleBytes = 4000;
  if (match.rule.size() > kMaxRuleBytes) return;
  const RobotsTxt alone = RobotsTxt::Parse(
      absl::StrCat("User-agent: *\n", match.allowed ? "Disallow: *\n" : "", match.rule, "\n"), "a");
  const RobotsMatch again = alone.Match(path);
  Demand(again.allowed == match.allowed);
  Demand(again.rule == match.rule);
}

void DemandRuleMatches(const RobotsMatch& match, absl::string_view path) {
  if (!IsSimple(path) || match.rule.size() > 1000 || path.size() > 1000) return;
  absl::string_view pattern = match.rule;
  Demand(absl::ConsumePrefix(&pattern, match.allowed ? "Allow: " : "Disallow: "));
  if (!absl::StrContains(pattern, "%")) Demand(SlowMatches(pattern, path));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line_end = input.find('\n');
  const absl::string_view path = input.substr(0, line_end);
  const absl::string_view body =
      line_end == absl::string_view::npos ? "" : input.substr(line_end + 1);

  const RobotsTxt robots = RobotsTxt::Parse(body, "Spindle");
  const RobotsMatch match = robots.Match(path);
  Demand(robots.Allows(path) == match.allowed);
  Demand((match.line == 0) == match.rule.empty());
  if (match.line > 0) {
    DemandRuleStandsAlone(match, path);
    DemandRuleMatches(match, path);
  } else {
    Demand(match.allowed);
  }
  if (robots.crawl_delay().has_value()) {
    Demand(*robots.crawl_delay() >= absl::ZeroDuration());
    Demand(*robots.crawl_delay() <= RobotsLimits().max_crawl_delay);
  }

  RobotsLimits limits;
  limits.max_bytes = size / 2;
  limits.max_line_bytes = 40;
  limits.max_sitemap_count = 2;
  limits.max_content_signal_bytes = 10;
  const RobotsTxt limited = RobotsTxt::Parse(body, "Spindle", limits);
  Demand(limited.sitemaps().size() <= 2);
  Demand(limited.content_signal().size() <= 10);
  Demand(limited.truncated() == (body.size() > limits.max_bytes));
  Demand(limited.Allows(path) == limited.Match(path).allowed);
  return 0;
}
