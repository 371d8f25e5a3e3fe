#ifndef SPINDLE_SHARD_HUGE_PAGE_ALLOCATOR_H_
#define SPINDLE_SHARD_HUGE_PAGE_ALLOCATOR_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace spindle {

// For tables of many megabytes that are asked at random places: with the usual pages of 4 KB the
// processor waits for the page's address as long as for the entry itself. Where the kernel has no
// huge page to give, usual ones do. Thread-safe.
template <typename T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <typename U>
  explicit HugePageAllocator(const HugePageAllocator<U>&) {}

  T* allocate(size_t count) {
    constexpr size_t kHugePageBytes = size_t{2} << 20;
    const size_t bytes = count * sizeof(T);
    const size_t alignment = bytes < kHugePageBytes ? alignof(T) : kHugePageBytes;
    void* memory = nullptr;
    if (posix_memalign(&memory, alignment, bytes) != 0) throw std::bad_alloc();
    if (alignment == kHugePageBytes) madvise(memory, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, size_t) { free(memory); }

  friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_HUGE_PAGE_ALLOCATOR_H_
