#ifndef SPINDLE_CRAWLER_BYTE_BUDGET_H_
#define SPINDLE_CRAWLER_BYTE_BUDGET_H_

#include <atomic>
#include <cstddef>
#include <utility>

namespace spindle {

// Bytes of answers that a crawl holds in memory: bodies that are being received, those that wait
// for a parser thread or are in one, and pages that wait for their commit. While it is full no
// transfer is started and those under way are read no further, so that a slow disk or slow parsers
// slow down fetching and never take more memory. It counts and does not refuse: what was taken was
// received. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  bool Full() const { return used_bytes() >= limit_bytes_; }
  size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  // Whether some answers are complete, so that bytes will be given back without any more coming.
  bool AnyComplete() const { return complete_count_.load(std::memory_order_relaxed) > 0; }

 private:
  friend class ByteClaim;

  const size_t limit_bytes_;
  std::atomic<size_t> used_bytes_{0};
  std::atomic<size_t> complete_count_{0};
};

// What one answer has taken of a budget, from its first byte to its commit; given back on
// destruction. The budget must outlive it. A value that moves.
class ByteClaim {
 public:
  // Of no budget: counts nothing.
  ByteClaim() = default;
  explicit ByteClaim(ByteBudget* budget) : budget_(budget) {}
  ByteClaim(ByteClaim&& other) noexcept
      : budget_(other.budget_),
        bytes_(std::exchange(other.bytes_, 0)),
        complete_(std::exchange(other.complete_, false)) {}
  ByteClaim& operator=(ByteClaim&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    std::swap(complete_, other.complete_);
    return *this;
  }
  ~ByteClaim() {
    if (bytes_ > 0) budget_->used_bytes_.fetch_sub(bytes_, std::memory_order_relaxed);
    if (complete_) budget_->complete_count_.fetch_sub(1, std::memory_order_relaxed);
  }

  void Take(size_t bytes) {
    if (budget_ == nullptr) return;
    bytes_ += bytes;
    budget_->used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  // The answer is there. REQUIRES: not called before.
  void SetComplete() {
    if (bytes_ == 0) return;
    complete_ = true;
    budget_->complete_count_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  ByteBudget* budget_ = nullptr;
  size_t bytes_ = 0;
  bool complete_ = false;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_BYTE_BUDGET_H_
