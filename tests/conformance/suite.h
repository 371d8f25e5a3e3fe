// The judge of the conformance runner: a Report counts the cases of one suite, told apart into
// those that must pass and those that are known to fail for a stated reason. A suite is a function
// that reads its tables under the data folder and reports each case once. An expected failure that
// passes, or that names no case, is an error too, so that the lists never go stale.
//
// Thread-compatible.

#ifndef SPINDLE_TESTS_CONFORMANCE_SUITE_H_
#define SPINDLE_TESTS_CONFORMANCE_SUITE_H_

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spindle {

class Report {
 public:
  explicit Report(absl::string_view suite) : suite_(suite) {}

  // The case called `id` fails today because of `reason`. Call this before the case is checked.
  void ExpectFailure(absl::string_view id, absl::string_view reason);

  // Records the result of the case called `id`. Ids should be unique within a suite; `detail` is
  // shown when it fails.
  void Check(absl::string_view id, bool passed, absl::string_view detail = "");

  // Check(id, expected == actual) with a detail that shows both.
  void CheckEqual(absl::string_view id, absl::string_view expected, absl::string_view actual);

  // The data folder lacks `path` or it cannot be understood: the suite fails.
  void Broken(absl::string_view path, absl::string_view why);

  // Whether every case was as expected, and there was at least one.
  bool ok() const;

  // One line "suite passed failed expected_failures", then what was unexpected, then the reasons
  // with their counts. With `verbose`, also each expected failure.
  void Print(std::ostream& out, bool verbose) const;

 private:
  struct Expected {
    std::string reason;
    int seen_count = 0;
  };

  std::string suite_;
  std::map<std::string, Expected> expected_;
  int passed_count_ = 0;
  int failed_count_ = 0;
  int expected_failed_count_ = 0;
  std::map<std::string, int> count_by_reason_;
  std::vector<std::string> unexpected_;
  std::vector<std::string> tolerated_;
};

// `data_dir` is the folder given on the command line, without a trailing slash.
using SuiteFunction = void (*)(const std::string& data_dir, Report& report);

struct Suite {
  const char* name;
  SuiteFunction run;
};

// The whole file, or Broken() on `report` and an empty string.
std::string ReadData(const std::string& path, Report& report);

// `text` in one printable line, for case ids and details: control bytes and bytes that are not
// UTF-8 become \xNN, and what is longer than `max_bytes` is cut.
std::string Printable(absl::string_view text, size_t max_bytes = 200);

}  // namespace spindle

#endif  // SPINDLE_TESTS_CONFORMANCE_SUITE_H_
