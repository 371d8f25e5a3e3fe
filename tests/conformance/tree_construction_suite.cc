// html5lib/tree-construction: documents and their trees, for the parser that stands behind
// parsers/html.h. It is older than today's standard, so the cases that it cannot pass are listed
// below. Fragments and cases with scripting on are not for a crawler and are left out, as are
// doctypes, which a tree here doesn't show.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "parsers/html.h"
#include "tests/conformance/suites.h"
#include "tests/testing/html_dump.h"

namespace spindle {
namespace {

struct TreeCase {
  std::string data;
  std::string tree;
  bool is_document = true;
};

// Sections are "#name" lines and what follows them.
std::vector<TreeCase> ParseCases(const std::string& file) {
  std::vector<TreeCase> cases;
  std::string section;
  for (const absl::string_view line : absl::StrSplit(file, '\n')) {
    if (line == "#data") {
      cases.emplace_back();
      section = "#data";
      continue;
    }
    if (cases.empty()) continue;
    TreeCase& test = cases.back();
    if (section != "#document" && absl::StartsWith(line, "#") && section != "") {
      if (line == "#errors" || line == "#new-errors" || line == "#document" ||
          line == "#document-fragment" || line == "#script-on" || line == "#script-off") {
        section = std::string(line);
        if (line == "#document-fragment" || line == "#script-on") test.is_document = false;
        continue;
      }
    }
    if (section == "#data") absl::StrAppend(&test.data, line, "\n");
    if (section == "#document" && !absl::StartsWith(line, "| <!DOCTYPE")) {
      absl::StrAppend(&test.tree, line, "\n");
    }
  }
  for (TreeCase& test : cases) {
    if (!test.data.empty()) test.data.pop_back();
    while (absl::EndsWith(test.tree, "\n\n")) test.tree.pop_back();
  }
  return cases;
}

struct KnownFailures {
  const char* file;
  std::vector<int> numbers;
  const char* reason;
};

const std::vector<KnownFailures>& Known() {
  static const auto& known = *new std::vector<KnownFailures>{
#include "tests/conformance/tree_construction_known.inc"
  };
  return known;
}

constexpr const char* kFiles[] = {
    "adoption01",
    "adoption02",
    "blocks",
    "comments01",
    "doctype01",
    "domjs-unsafe",
    "entities01",
    "entities02",
    "html5test-com",
    "inbody01",
    "isindex",
    "main-element",
    "math",
    "menuitem-element",
    "namespace-sensitivity",
    "noscript01",
    "pending-spec-changes-plain-text-unsafe",
    "pending-spec-changes",
    "plain-text-unsafe",
    "quirks01",
    "ruby",
    "scriptdata01",
    "search-element",
    "svg",
    "tables01",
    "template",
    "tests1",
    "tests2",
    "tests3",
    "tests4",
    "tests5",
    "tests6",
    "tests7",
    "tests8",
    "tests9",
    "tests10",
    "tests11",
    "tests12",
    "tests14",
    "tests15",
    "tests16",
    "tests17",
    "tests18",
    "tests19",
    "tests20",
    "tests21",
    "tests22",
    "tests23",
    "tests24",
    "tests25",
    "tests26",
    "tricky01",
    "void-in-phrasing",
    "webkit01",
    "webkit02",
};

}  // namespace

void RunTreeConstructionSuite(const std::string& data_dir, Report& report) {
  for (const KnownFailures& known : Known()) {
    for (const int number : known.numbers) {
      report.ExpectFailure(absl::StrCat(known.file, " #", number), known.reason);
    }
  }
  for (const char* name : kFiles) {
    const std::string path = absl::StrCat(data_dir, "/html5lib/tree-construction/", name, ".dat");
    int number = 0;
    for (const TreeCase& test : ParseCases(ReadData(path, report))) {
      ++number;
      if (!test.is_document) continue;
      const HtmlDocument document = HtmlDocument::Parse(test.data, {}, HtmlPruning::None());
      report.CheckEqual(absl::StrCat(name, " #", number), test.tree, DumpHtml(document.root()));
    }
  }
}

}  // namespace spindle
