// The project's binaries as their users run them: started, signalled, waited for, and read back.
// For tests that judge the whole crawler from outside.
//
//   CrawlDirectory directory;
//   CrawlProcess crawl({"--dir=" + directory.path(), "http://127.1.0.1:8080/"});
//   crawl.Interrupt();
//   EXPECT_EQ(crawl.Wait(absl::Seconds(10)), 0);
//
// Thread-compatible.

#ifndef SPINDLE_TESTS_INTEGRATION_PROCESSES_H_
#define SPINDLE_TESTS_INTEGRATION_PROCESSES_H_

#include <sys/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {
namespace testing {

// Whether this is a build with a sanitizer, many times slower than others: the sizes of tests and
// what they bound go by it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// The path of a data dependency, named from the root of the workspace: "crawler/spindle".
std::string RunfilePath(absl::string_view name);

// The whole file, or "" where there is none.
std::string ReadFile(const std::string& path);

// A fresh directory, removed when this goes.
class ScratchDirectory {
 public:
  // Below the test's own temporary one, which may lie where only this user can look.
  ScratchDirectory();
  // Below `parent`.
  explicit ScratchDirectory(const std::string& parent);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const;

 private:
  std::string path_;
};

// A process with its output in files. It is killed, if it still runs, when this is destroyed, and
// by the kernel when the test's own process dies.
class Process {
 public:
  // Starts `program` (searched for in PATH where it has no slash) in `working_directory`.
  Process(const std::string& program, const std::vector<std::string>& arguments,
          const std::string& working_directory = "");
  ~Process();
  Process(const Process&) = delete;

  // The exit code, or minus the number of the signal that ended it. Nothing where it still runs
  // after `timeout`. May be called again.
  std::optional<int> Wait(absl::Duration timeout);

  void Kill9() { Signal(9); }
  void Interrupt() { Signal(2); }
  void Terminate() { Signal(15); }
  void Signal(int number);

  // What it has written so far.
  std::string Out() const;
  std::string Err() const;

 private:
  ScratchDirectory output_;
  pid_t pid_ = -1;
  int pid_fd_ = -1;
  std::optional<int> status_;
};

// Runs `program` to its end.
struct Finished {
  int code = 0;  // As Process::Wait() gives it; -1000 where it did not end within two minutes.
  std::string out;
  std::string err;
};
Finished RunToEnd(const std::string& program, const std::vector<std::string>& arguments);

// One crawl directory and the two binaries that know it.
class CrawlDirectory {
 public:
  CrawlDirectory() : path_(scratch_.File("crawl")) {}

  const std::string& path() const { return path_; }

  // Starts the crawler on this directory, with a summary file.
  Process Crawl(const std::vector<std::string>& arguments) const;

  // Crawls to the end.
  Finished CrawlToEnd(const std::vector<std::string>& arguments) const;

  // The summary of the last run that ended; null where it wrote none.
  nlohmann::json Summary() const;

  // Runs the inspector: Inspect({"verify"}).
  Finished Inspect(const std::vector<std::string>& arguments) const;

  // The rows that the inspector prints as JSON lines; a line that is no JSON becomes a null.
  std::vector<nlohmann::json> InspectRows(std::vector<std::string> arguments) const;

  // State by URL, for every URL the crawl knows. A URL that is listed twice gets the state "twice".
  std::map<std::string, std::string> States() const;

 private:
  const ScratchDirectory scratch_;
  const std::string path_;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_INTEGRATION_PROCESSES_H_
