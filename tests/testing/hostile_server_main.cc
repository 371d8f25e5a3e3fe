// Serves the hostile web on loopback until it is interrupted, for runs by hand; prints what lives
// where.

#include <signal.h>
#include <stdio.h>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "tests/testing/hostile_server.h"

ABSL_FLAG(int, port, 0, "port to listen on; 0 takes a free one");
ABSL_FLAG(std::string, only, "", "print behaviours alone whose names begin so");
ABSL_FLAG(bool, seeds, false, "print the URLs alone, as a file of seeds");

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Serves the web at its worst on loopback.");
  absl::ParseCommandLine(argc, argv);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Before the server's threads start, so that they inherit the mask.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const spindle::testing::HostileServer server(absl::GetFlag(FLAGS_port));
  for (const spindle::testing::HostileBehaviour& behaviour :
       spindle::testing::HostileBehaviours()) {
    if (!absl::StartsWith(behaviour.name, absl::GetFlag(FLAGS_only))) continue;
    const std::string url = server.Url(behaviour.name);
    if (absl::GetFlag(FLAGS_seeds)) {
      printf("%s\n", url.c_str());
    } else {
      printf("%s  %s\n  does: %s\n  to be recorded: %s\n", url.c_str(), behaviour.name.c_str(),
             behaviour.does.c_str(), behaviour.record.c_str());
    }
  }
  fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}
