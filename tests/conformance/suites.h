// The suites of the conformance runner, one function each, defined in <name>_suite.cc next to this
// file. They read their tables from `data_dir` and never fail harder than Report::Broken.

#ifndef SPINDLE_TESTS_CONFORMANCE_SUITES_H_
#define SPINDLE_TESTS_CONFORMANCE_SUITES_H_

#include <string>

#include "tests/conformance/suite.h"

namespace spindle {

// URLs and hosts.
void RunUrlSuite(const std::string& data_dir, Report& report);
void RunIdnaSuite(const std::string& data_dir, Report& report);
void RunPublicSuffixSuite(const std::string& data_dir, Report& report);
void RunDedupKeySuite(const std::string& data_dir, Report& report);

// HTTP headers.
void RunRefreshSuite(const std::string& data_dir, Report& report);

// HTML trees, links and selectors.
void RunHtmlPruningSuite(const std::string& data_dir, Report& report);
void RunTreeConstructionSuite(const std::string& data_dir, Report& report);
void RunSrcsetSuite(const std::string& data_dir, Report& report);

// The one-pass scanner.
void RunHtmlTokenizerSuite(const std::string& data_dir, Report& report);
void RunScanSuite(const std::string& data_dir, Report& report);

// robots.txt.
void RunRobotsSuite(const std::string& data_dir, Report& report);

// Sitemaps and feeds.
void RunSitemapSuite(const std::string& data_dir, Report& report);

// Charsets, media types and content codings.
void RunEncodingLabelsSuite(const std::string& data_dir, Report& report);
void RunEncodingSniffingSuite(const std::string& data_dir, Report& report);
void RunMetaCharsetSuite(const std::string& data_dir, Report& report);
void RunCharsetDetectionSuite(const std::string& data_dir, Report& report);
void RunMimeSuite(const std::string& data_dir, Report& report);
void RunHttpFieldsSuite(const std::string& data_dir, Report& report);

// Archives.

}  // namespace spindle

#endif  // SPINDLE_TESTS_CONFORMANCE_SUITES_H_
