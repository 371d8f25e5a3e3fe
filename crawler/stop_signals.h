#ifndef SPINDLE_CRAWLER_STOP_SIGNALS_H_
#define SPINDLE_CRAWLER_STOP_SIGNALS_H_

#include <atomic>
#include <functional>
#include <thread>

namespace spindle {

// SIGINT and SIGTERM for a program that drains: the first calls `on_stop`, on a thread of its own,
// where it may do anything; the second ends the process at once with 128 + the signal's number. One
// at a time in a process, made before any other thread, so that these all leave the two signals to
// it.
class StopSignals {
 public:
  explicit StopSignals(std::function<void()> on_stop);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void Run();

  const std::function<void()> on_stop_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_STOP_SIGNALS_H_
