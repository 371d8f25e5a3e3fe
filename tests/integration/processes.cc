#include "tests/integration/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace spindle {
namespace testing {
namespace {

constexpr absl::Duration kRunLimit = absl::Minutes(2);

[[noreturn]] void Die(const char* what) {
  perror(what);
  abort();
}

}  // namespace

std::string RunfilePath(absl::string_view name) {
  const char* root = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  if (root == nullptr || workspace == nullptr)
    return std::string(name);  // As `bazel run` starts it.
  return absl::StrCat(root, "/", workspace, "/", name);
}

std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

ScratchDirectory::ScratchDirectory()
    : ScratchDirectory(getenv("TEST_TMPDIR") != nullptr ? getenv("TEST_TMPDIR") : "/tmp") {}

ScratchDirectory::ScratchDirectory(const std::string& parent)
    : path_(absl::StrCat(parent, "/scratch.XXXXXX")) {
  if (mkdtemp(path_.data()) == nullptr) Die("mkdtemp");
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ScratchDirectory::File(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

Process::Process(const std::string& program, const std::vector<std::string>& arguments,
                 const std::string& working_directory) {
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string out = output_.File("out");
  const std::string err = output_.File("err");

  pid_ = fork();
  if (pid_ < 0) Die("fork");
  if (pid_ == 0) {  // Only what may be called between fork and exec in a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int err_fd = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int in_fd = open("/dev/null", O_RDONLY);
    if (dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0) _exit(126);
    if (!working_directory.empty() && chdir(working_directory.c_str()) != 0) _exit(126);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  pid_fd_ = syscall(SYS_pidfd_open, pid_, 0);
  if (pid_fd_ < 0) Die("pidfd_open");
}

Process::~Process() {
  Kill9();
  Wait(absl::InfiniteDuration());
  close(pid_fd_);
}

std::optional<int> Process::Wait(absl::Duration timeout) {
  if (status_) return status_;
  pollfd ended = {pid_fd_, POLLIN, 0};
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const int64_t left_ms =
        timeout == absl::InfiniteDuration()
            ? -1
            : std::max<int64_t>(0, absl::ToInt64Milliseconds(deadline - absl::Now()));
    const int ready = poll(&ended, 1, left_ms);
    if (ready == 0) return std::nullopt;
    if (ready > 0) break;
    if (errno != EINTR) Die("poll");
  }
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) Die("waitpid");
  status_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return status_;
}

void Process::Signal(int number) {
  if (!status_) syscall(SYS_pidfd_send_signal, pid_fd_, number, nullptr, 0);
}

std::string Process::Out() const { return ReadFile(output_.File("out")); }

std::string Process::Err() const { return ReadFile(output_.File("err")); }

Finished RunToEnd(const std::string& program, const std::vector<std::string>& arguments) {
  Process process(program, arguments);
  const std::optional<int> code = process.Wait(kRunLimit);
  return {code.value_or(-1000), process.Out(), process.Err()};
}

Process CrawlDirectory::Crawl(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"--dir=" + path_, "--summary=" + scratch_.File("summary")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Process(RunfilePath("crawler/spindle"), all);
}

Finished CrawlDirectory::CrawlToEnd(const std::vector<std::string>& arguments) const {
  Process crawl = Crawl(arguments);
  const std::optional<int> code = crawl.Wait(kRunLimit);
  return {code.value_or(-1000), crawl.Out(), crawl.Err()};
}

nlohmann::json CrawlDirectory::Summary() const {
  nlohmann::json summary = nlohmann::json::parse(ReadFile(scratch_.File("summary")), nullptr,
                                                 /*allow_exceptions=*/false);
  return summary.is_discarded() ? nlohmann::json() : summary;
}

Finished CrawlDirectory::Inspect(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"--dir=" + path_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunToEnd(RunfilePath("tools/inspect"), all);
}

std::vector<nlohmann::json> CrawlDirectory::InspectRows(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "--format=jsonl");
  const Finished finished = Inspect(arguments);
  std::vector<nlohmann::json> rows;
  for (absl::string_view line : absl::StrSplit(finished.out, '\n', absl::SkipEmpty())) {
    nlohmann::json row = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
    rows.push_back(row.is_discarded() ? nlohmann::json() : std::move(row));
  }
  return rows;
}

std::map<std::string, std::string> CrawlDirectory::States() const {
  std::map<std::string, std::string> states;
  for (const nlohmann::json& row : InspectRows({"urls"})) {
    if (!row.is_object()) continue;
    const auto [it, is_new] = states.emplace(row.value("url", ""), row.value("state", ""));
    if (!is_new) it->second = "twice";
  }
  return states;
}

}  // namespace testing
}  // namespace spindle
