#ifndef SPINDLE_TESTS_STORAGE_CHILD_PROCESS_H_
#define SPINDLE_TESTS_STORAGE_CHILD_PROCESS_H_

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

// Part of a test in a process of its own, for what only another process can show: locks, and death
// at any moment. The part is a disabled test of the same program, started afresh: a mere fork()
// would be without RocksDB's threads.
//
//   TEST(Child, DISABLED_WritesAndDies) { OpenTestStore(ChildDir()); raise(SIGKILL); }
//   ... WaitForSignal(StartChild("DISABLED_WritesAndDies", dir)) == SIGKILL

namespace spindle {

inline pid_t StartChild(const std::string& test, const std::string& dir) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no child outlives its test
  setenv("SPINDLE_CHILD_DIR", dir.c_str(), 1);
  unsetenv("XML_OUTPUT_FILE");
  const std::string filter = "--gtest_filter=Child." + test;
  execl("/proc/self/exe", "child", filter.c_str(), "--gtest_also_run_disabled_tests", nullptr);
  _exit(127);
}

// In the child: the directory that its test handed over.
inline std::string ChildDir() {
  const char* const dir = getenv("SPINDLE_CHILD_DIR");
  return dir == nullptr ? "" : dir;
}

// Waits for the end; the signal that ended it, or 0.
inline int WaitForSignal(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

// Waits for the end; the exit code, or -1.
inline int WaitForExit(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace spindle

#endif  // SPINDLE_TESTS_STORAGE_CHILD_PROCESS_H_
