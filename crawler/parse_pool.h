#ifndef SPINDLE_CRAWLER_PARSE_POOL_H_
#define SPINDLE_CRAWLER_PARSE_POOL_H_

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "parsers/arena.h"
#include "storage/mutex.h"

namespace spindle {

// The threads that take pages apart, so that no event loop waits for a parse; loops go before them.
// Jobs run in the order
// they came, each on one thread with that thread's arena. The queue has no end: ByteBudget bounds
// what is in it. Thread-safe.
class ParsePool {
 public:
  using Job = absl::AnyInvocable<void(Arena* arena)>;

  explicit ParsePool(int thread_count);
  // Jobs not yet begun are dropped.
  ~ParsePool();
  ParsePool(const ParsePool&) = delete;
  ParsePool& operator=(const ParsePool&) = delete;

  // Never waits.
  void Submit(Job job);

  // Runs what is under way to its end, drops the rest and ends the threads. Again: no effect.
  void Stop();

 private:
  void Work();

  Mutex mu_;
  CondVar changed_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PARSE_POOL_H_
