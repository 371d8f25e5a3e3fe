// robots/robots_cases.jsonl: robots.txt, agent and URL, whether the suite that the row is from
// allows it and whether Google's matcher does. In the rows of the tier "core" both agree. The
// others are decided in docs/decisions/040-robots-disputed.md.

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "parsers/robots.h"
#include "tests/conformance/json_data.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

// Path and query as Google's matcher cuts them out, with nothing escaped.
std::string PathOf(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != absl::string_view::npos) {
    url.remove_prefix(scheme + 3);
    url.remove_prefix(std::min(url.find_first_of("/?"), url.size()));
  }
  url = url.substr(0, url.find('#'));
  return absl::StartsWith(url, "/") ? std::string(url) : absl::StrCat("/", url);
}

// Why a row of the tier "disputed" is answered as Google does and not as its suite; empty: it is
// not.
std::string ReasonToDiffer(absl::string_view test, absl::string_view agent, absl::string_view url,
                           bool suite_allows) {
  struct Reason {
    absl::string_view test;
    absl::string_view reason;
  };
  static constexpr Reason kReasons[] = {
      {"NoLeadingUserAgent", "rules before any User-agent line are nobody's"},
      {"GroupingUnknownKeys", "unknown records do not end a group"},
      {"SkipMalformedLine", "a missing colon is forgiven"},
      {"NeverExternalAllowed", "the host is the caller's to compare"},
      {"testBigCrawlDelay", "a long Crawl-delay is no ban"},
      {"testSpacesInMultipleUserAgentNames", "a User-agent line names one token"},
      {"testMatchingUserAgentNamesHttpHeader", "a User-agent line names one token"},
  };
  if (absl::EndsWith(url, "/robots.txt")) return "robots.txt is fetched without asking its rules";
  if (suite_allows && absl::StrContains(url, "/%7Emak/") &&
      (test == "RfcExample" || test == "testRfpCases2" || test == "testMixedEndings2")) {
    return "an Allow is not decoded";
  }
  for (const Reason& known : kReasons) {
    if (known.test == test) return std::string(known.reason);
  }
  const bool escapes = test == "testEscapedPaths" || test == "testUnicodeUnescapedPaths";
  return IsProductToken(agent) || escapes ? "" : "the agent is no product token (RFC 9309 2.2.1)";
}

}  // namespace

void RunRobotsSuite(const std::string& data_dir, Report& report) {
  const std::string path = absl::StrCat(data_dir, "/robots/robots_cases.jsonl");
  const std::string table = ReadData(path, report);
  int index = 0;
  for (absl::string_view line : absl::StrSplit(table, '\n', absl::SkipEmpty())) {
    ++index;
    const auto row = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
    if (!row.is_object() || !row.contains("agents") || row["agents"].empty()) {
      report.Broken(path, absl::StrCat("row ", index));
      continue;
    }
    std::string body = JsonString(row, "robots");
    if (row.contains("robots_b64")) absl::Base64Unescape(JsonString(row, "robots_b64"), &body);
    const std::string agent = row["agents"][0].get<std::string>();
    const std::string url = JsonString(row, "url");
    const std::string test = JsonString(row, "test");
    const bool allowed = row["allowed"].get<bool>();
    const std::string id = absl::StrCat("#", index, " ", JsonString(row, "tier"), " ", test, " ",
                                        Printable(agent, 40), " ", Printable(url, 80));
    if (JsonString(row, "tier") == "disputed") {
      const std::string reason = ReasonToDiffer(test, agent, url, allowed);
      if (!reason.empty()) report.ExpectFailure(id, reason);
    }
    const RobotsMatch match = RobotsTxt::Parse(body, agent).Match(PathOf(url));
    report.Check(id, match.allowed == allowed,
                 absl::StrCat("line ", match.line, " ", Printable(match.rule)));
  }
}

}  // namespace spindle
