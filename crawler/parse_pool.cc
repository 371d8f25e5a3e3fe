#include "crawler/parse_pool.h"

#include <unistd.h>

#include <utility>

namespace spindle {
namespace {

// Loops have little to do, but that at once; a page takes 50 ms. Not much more: where others want
// the processors too, what is fetched would wait here.
constexpr int kNiceness = 3;

}  // namespace

ParsePool::ParsePool(int thread_count) {
  for (int i = 0; i < thread_count; ++i) threads_.emplace_back([this] { Work(); });
}

ParsePool::~ParsePool() { Stop(); }

void ParsePool::Submit(Job job) {
  {
    MutexLock lock(&mu_);
    queue_.push_back(std::move(job));
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
  [[maybe_unused]] const int niceness = nice(kNiceness);  // of this thread alone
  Arena arena;
  for (;;) {
    Job next;
    {
      MutexLock lock(&mu_);
      while (queue_.empty() && !stopping_) changed_.Wait(&mu_);
      if (stopping_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    next(&arena);
    arena.Reset(0);  // what a large page took is not held until the next one comes
  }
}

}  // namespace spindle
