#include "crawler/parse_pool.h"

#include <utility>

namespace spindle {

ParsePool::ParsePool(int thread_count, size_t max_queued_bytes)
    : max_queued_bytes_(max_queued_bytes) {
  for (int i = 0; i < thread_count; ++i) threads_.emplace_back([this] { Work(); });
}

ParsePool::~ParsePool() { Stop(); }

void ParsePool::Submit(size_t bytes, Job job) {
  queued_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  {
    MutexLock lock(&mu_);
    queue_.push_back({bytes, std::move(job)});
  }
  changed_.Signal();
}

void ParsePool::Stop() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    queue_.clear();
  }
  changed_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ParsePool::Work() {
  Arena arena;
  for (;;) {
    Queued next;
    {
      MutexLock lock(&mu_);
      while (queue_.empty() && !stopping_) changed_.Wait(&mu_);
      if (stopping_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    next.job(&arena);
    queued_bytes_.fetch_sub(next.bytes, std::memory_order_relaxed);
  }
}

}  // namespace spindle
