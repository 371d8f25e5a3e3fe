#include "crawler/stop_signals.h"

#include <csignal>
#include <cstdlib>
#include <utility>

namespace spindle {
namespace {

// SIGUSR1 wakes the thread for its end; from outside it means nothing.
sigset_t Waited() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  return set;
}

}  // namespace

StopSignals::StopSignals(std::function<void()> on_stop) : on_stop_(std::move(on_stop)) {
  const sigset_t set = Waited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { Run(); });
}

StopSignals::~StopSignals() {
  ending_.store(true);
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

void StopSignals::Run() {
  const sigset_t set = Waited();
  bool stopped = false;
  for (;;) {
    int signal = 0;
    sigwait(&set, &signal);
    if (ending_.load()) return;
    if (signal == SIGUSR1) continue;
    // Whatever is stored is safe: that holds even for SIGKILL.
    if (stopped) std::_Exit(128 + signal);
    stopped = true;
    on_stop_();
  }
}

}  // namespace spindle
