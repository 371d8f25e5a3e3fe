// The tree path over real pages: what is pruned before the tree is built changes neither links nor
// text nor metadata; and srcset against its table.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "parsers/html.h"
#include "parsers/srcset.h"
#include "parsers/url.h"
#include "tests/benchmarks/realweb.h"
#include "tests/conformance/json_data.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

std::string LinkLine(const Link& link) {
  return absl::StrCat(link.position, " kind ", static_cast<int>(link.kind), " rel ", link.rel, " ",
                      link.url, " \"", link.anchor_text, "\"");
}

std::string MetadataLines(const HtmlMetadata& metadata) {
  std::string lines = absl::StrCat(metadata.title, "\n", metadata.description, "\n",
                                   metadata.language, "\n", metadata.canonical, "\n", metadata.base,
                                   "\n", metadata.robots, "\n", metadata.refresh_url);
  for (const MetaTag& meta : metadata.meta) {
    absl::StrAppend(&lines, "\n", meta.name, "=", meta.content);
  }
  for (const LanguageAlternate& alternate : metadata.alternates) {
    absl::StrAppend(&lines, "\n", alternate.language, " ", alternate.url);
  }
  for (const FeedLink& feed : metadata.feeds) absl::StrAppend(&lines, "\n", feed.url, feed.title);
  return lines;
}

// From the first byte where they differ.
std::string Difference(const std::string& expected, const std::string& actual) {
  const size_t size = std::min(expected.size(), actual.size());
  size_t at = 0;
  while (at < size && expected[at] == actual[at]) ++at;
  const size_t from = at > 60 ? at - 60 : 0;
  return absl::StrCat("expected ...", Printable(expected.substr(from, 160)), " got ...",
                      Printable(actual.substr(from, 160)));
}

void CheckSame(const std::string& id, const std::string& expected, const std::string& actual,
               Report& report) {
  report.Check(id, expected == actual, expected == actual ? "" : Difference(expected, actual));
}

void ComparePages(const std::string& id, const HtmlPage& expected, const HtmlPage& actual,
                  Report& report) {
  const auto append_link = [](std::string* out, const Link& link) {
    absl::StrAppend(out, LinkLine(link));
  };
  CheckSame(absl::StrCat(id, " links"), absl::StrJoin(expected.links, "\n", append_link),
            absl::StrJoin(actual.links, "\n", append_link), report);
  CheckSame(absl::StrCat(id, " text"), expected.text, actual.text, report);
  CheckSame(absl::StrCat(id, " metadata"), MetadataLines(expected.metadata),
            MetadataLines(actual.metadata), report);
  CheckSame(absl::StrCat(id, " JSON-LD"), absl::StrJoin(expected.json_ld, "\n"),
            absl::StrJoin(actual.json_ld, "\n"), report);
}

}  // namespace

void RunHtmlPruningSuite(const std::string& data_dir, Report& report) {
  const auto pages = LoadRealWeb(data_dir + "/realweb");
  if (!pages.ok()) return report.Broken("realweb", pages.status().message());
  const ExtractOptions options;
  Arena arena;
  for (const RealPage& page : *pages) {
    const std::optional<Url> url = Url::Parse(page.url);
    if (!url) continue;
    const HtmlPage exact =
        HtmlDocument::Parse(page.html, {}, HtmlPruning::None(), &arena).Extract(*url, options);
    const HtmlPage pruned = HtmlDocument::Parse(page.html, {}, {}, &arena).Extract(*url, options);
    const HtmlPage quick = ExtractDom(page.html, *url, options, {}, &arena);
    report.Check(absl::StrCat("whole ", page.url),
                 !exact.truncated && !pruned.truncated && !quick.truncated);
    ComparePages(absl::StrCat("tree ", page.url), exact, pruned, report);
    ComparePages(absl::StrCat("extract ", page.url), exact, quick, report);
  }
}

void RunSrcsetSuite(const std::string& data_dir, Report& report) {
  // Their twins without the lost character are in the table too, with the other expectation.
  for (const char* id : {"#81 data:,a 1w", "#101 data:,a 1w", "#146 data:,a 1x", "#166 data:,a 1x",
                         "#197 data:,a 1w 1h", "#217 data:,a 1w 1h"}) {
    report.ExpectFailure(id, "the table lost a control character of the original");
  }
  int index = 0;
  for (const nlohmann::json& test : ReadJson(data_dir + "/links/srcset_parse.json", report)) {
    const std::string srcset = JsonString(test, "srcset");
    const std::string id = absl::StrCat("#", ++index, " ", Printable(srcset, 80));
    // The table names the candidate that an image without a width would show: the first valid one.
    const std::vector<ImageCandidate> candidates = ParseSrcset(srcset);
    report.CheckEqual(id, JsonString(test, "expect"),
                      candidates.empty() ? "" : std::string(candidates[0].url));
  }
}

}  // namespace spindle
