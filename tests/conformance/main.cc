// The conformance runner: holds the parsers to tables that nobody in this project wrote.
//
//   bazel run //tests/conformance -- [--suite=NAME] [--verbose] DIR
//
// DIR holds the tables. Prints per suite "suite passed failed expected_failures" and exits with 1
// if anything was unexpected, with 2 on wrong usage.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_format.h"
#include "tests/conformance/suites.h"

ABSL_FLAG(std::string, suite, "", "run only the suite of this name");
ABSL_FLAG(bool, verbose, false, "list the expected failures too");

namespace spindle {
namespace {

constexpr Suite kSuites[] = {
    // URLs and hosts.
    {"url", RunUrlSuite},
    {"idna", RunIdnaSuite},
    {"public_suffix", RunPublicSuffixSuite},
    {"dedup_key", RunDedupKeySuite},

    // HTTP headers.
    {"refresh", RunRefreshSuite},

    // HTML trees, links and selectors.
    {"html_pruning", RunHtmlPruningSuite},
    {"srcset", RunSrcsetSuite},
    {"tree_construction", RunTreeConstructionSuite},

    // The one-pass scanner.
    {"html_tokenizer", RunHtmlTokenizerSuite},
    {"scan_vs_dom", RunScanSuite},

    // robots.txt.
    {"robots", RunRobotsSuite},

    // Sitemaps and feeds.
    {"sitemap", RunSitemapSuite},

    // Charsets, media types and content codings.
    {"encoding_labels", RunEncodingLabelsSuite},
    {"encoding_sniffing", RunEncodingSniffingSuite},
    {"meta_charset", RunMetaCharsetSuite},
    {"charset_detection", RunCharsetDetectionSuite},
    {"mime", RunMimeSuite},
    {"http_fields", RunHttpFieldsSuite},

    // Archives.
};

// `bazel run` starts the binary elsewhere: relative paths are meant from where the user stood.
std::string FromUserDirectory(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const char* directory = std::getenv("BUILD_WORKING_DIRECTORY");
  if (directory == nullptr || path.empty() || path[0] == '/') return path;
  return std::string(directory) + "/" + path;
}

int Run(const std::string& data_dir, const std::string& only, bool verbose) {
  bool ok = true;
  int run_count = 0;
  std::cout << absl::StrFormat("%-24s %6s %6s %6s\n", "suite", "passed", "failed",
                               "expected_failures");
  for (const Suite& suite : kSuites) {
    if (!only.empty() && only != suite.name) continue;
    Report report(suite.name);
    suite.run(data_dir, report);
    report.Print(std::cout, verbose);
    ok = ok && report.ok();
    ++run_count;
  }
  if (run_count > 0) return ok ? 0 : 1;
  std::cerr << "no suite is called " << only << "\n";
  return 2;
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("conformance [--suite=NAME] [--verbose] DIR");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() != 2) {
    std::cerr << absl::ProgramUsageMessage() << "\n";
    return 2;
  }
  return spindle::Run(spindle::FromUserDirectory(arguments[1]), absl::GetFlag(FLAGS_suite),
                      absl::GetFlag(FLAGS_verbose));
}
