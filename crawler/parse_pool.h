#ifndef SPINDLE_CRAWLER_PARSE_POOL_H_
#define SPINDLE_CRAWLER_PARSE_POOL_H_

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "parsers/arena.h"
#include "storage/mutex.h"

namespace spindle {

// The threads that take pages apart, so that no event loop waits for a parse. Jobs run in the order
// they came, each on one thread with that thread's arena. The queue's bytes say when fetching has
// to slow down. Thread-safe.
class ParsePool {
 public:
  using Job = std::function<void(Arena* arena)>;

  // Over `max_queued_bytes`, Full() says so; Submit() never waits.
  ParsePool(int thread_count, size_t max_queued_bytes);
  // Jobs not yet begun are dropped.
  ~ParsePool();
  ParsePool(const ParsePool&) = delete;
  ParsePool& operator=(const ParsePool&) = delete;

  // `bytes`: what the job holds in memory.
  void Submit(size_t bytes, Job job);
  // Until it is false again, start no new transfers.
  bool Full() const { return queued_bytes_.load(std::memory_order_relaxed) > max_queued_bytes_; }

  // Runs what is under way to its end, drops the rest and ends the threads. Again: no effect.
  void Stop();

 private:
  struct Queued {
    size_t bytes;
    Job job;
  };
  void Work();

  const size_t max_queued_bytes_;
  std::atomic<size_t> queued_bytes_{0};  // waiting and under way
  Mutex mu_;
  CondVar changed_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PARSE_POOL_H_
