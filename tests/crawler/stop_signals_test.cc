#include "crawler/stop_signals.h"

#include <sys/types.h>
#include <unistd.h>

#include <csignal>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

// Of one process, since its second signal ends it.
TEST(StopSignalsTest, FirstSignalIsHeardWhateverElseComesBefore) {
  absl::Notification stopped;
  const StopSignals signals([&] { stopped.Notify(); });
  // Both wait before the thread sees any; the lower number is taken first.
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGTERM);
  EXPECT_TRUE(stopped.WaitForNotificationWithTimeout(absl::Seconds(20)));
}

}  // namespace
}  // namespace spindle
