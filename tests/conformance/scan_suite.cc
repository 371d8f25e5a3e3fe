// The scan path against the tree on the real pages of realweb/: the same links, anchor texts and
// metadata. A case per page and kind.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "parsers/html.h"
#include "parsers/scan.h"
#include "parsers/url.h"
#include "tests/benchmarks/realweb.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

std::string Describe(const Link& link) {
  return absl::StrCat("@", link.position, " kind ", static_cast<int>(link.kind), " rel ", link.rel,
                      " ", Printable(link.url, 120));
}

std::string DescribeWithText(const Link& link) {
  return absl::StrCat("@", link.position, " ", Printable(link.anchor_text, 120));
}

// What only one of the two has, in order, at most a few of each.
std::string Differences(const std::vector<Link>& tree, const std::vector<Link>& scan,
                        std::string (*describe)(const Link&)) {
  const auto described = [describe](const std::vector<Link>& links) {
    std::vector<std::string> lines;
    for (const Link& link : links) lines.push_back(describe(link));
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  const std::vector<std::string> in_tree = described(tree);
  const std::vector<std::string> in_scan = described(scan);
  std::string out;
  const auto list = [&](const char* label, const std::vector<std::string>& from,
                        const std::vector<std::string>& without) {
    std::vector<std::string> only;
    std::set_difference(from.begin(), from.end(), without.begin(), without.end(),
                        std::back_inserter(only));
    if (only.empty()) return;
    absl::StrAppend(&out, "\n    only in the ", label, ": ", only.size());
    for (size_t i = 0; i < std::min<size_t>(only.size(), 5); ++i) {
      absl::StrAppend(&out, "\n      ", only[i]);
    }
  };
  list("tree", in_tree, in_scan);
  list("scan", in_scan, in_tree);
  return out;
}

std::string Describe(const HtmlMetadata& metadata) {
  std::string out = absl::StrCat(metadata.title, "|", metadata.description, "|", metadata.language,
                                 "|", metadata.canonical, "|", metadata.base, "|", metadata.robots,
                                 "|", metadata.robots_own, "|", metadata.refresh_url);
  for (const LanguageAlternate& alternate : metadata.alternates) {
    absl::StrAppend(&out, "|", alternate.language, "=", alternate.url);
  }
  for (const FeedLink& feed : metadata.feeds) {
    absl::StrAppend(&out, "|", feed.type, " ", feed.title, "=", feed.url);
  }
  for (const MetaTag& meta : metadata.meta)
    absl::StrAppend(&out, "|", meta.name, "=", meta.content);
  return out;
}

}  // namespace

void RunScanSuite(const std::string& data_dir, Report& report) {
  const std::string dir = absl::StrCat(data_dir, "/realweb");
  const absl::StatusOr<std::vector<RealPage>> pages = LoadRealWeb(dir);
  if (!pages.ok()) return report.Broken(dir, pages.status().ToString());
  for (const RealPage& page : *pages) {
    const std::optional<Url> url = Url::Parse(page.url);
    if (!url.has_value()) {
      report.Broken(page.url, "is no URL");
      continue;
    }
    const ExtractOptions options;
    const HtmlPage tree = ExtractDom(page.html, *url, options);
    const HtmlPage scan = ScanPage(page.html, *url, options);
    const std::string links = Differences(tree.links, scan.links, Describe);
    report.Check(absl::StrCat("links ", page.url), links.empty() && !tree.truncated, links);
    const std::string texts = Differences(tree.links, scan.links, DescribeWithText);
    report.Check(absl::StrCat("anchor texts ", page.url), texts.empty(), texts);
    report.CheckEqual(absl::StrCat("metadata ", page.url), Describe(tree.metadata),
                      Describe(scan.metadata));
  }
}

}  // namespace spindle
