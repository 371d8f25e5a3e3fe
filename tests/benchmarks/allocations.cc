#include "tests/benchmarks/allocations.h"

#include <cstddef>

namespace {
thread_local uint64_t allocation_count = 0;
}  // namespace

// glibc's own entry points, which it exports for replacements like this one.
extern "C" {
void* __libc_malloc(size_t bytes);
void* __libc_calloc(size_t count, size_t bytes);
void* __libc_realloc(void* old, size_t bytes);

void* malloc(size_t bytes) {
  ++allocation_count;
  return __libc_malloc(bytes);
}

void* calloc(size_t count, size_t bytes) {
  ++allocation_count;
  return __libc_calloc(count, bytes);
}

void* realloc(void* old, size_t bytes) {
  ++allocation_count;
  return __libc_realloc(old, bytes);
}
}

namespace spindle {

uint64_t AllocationCount() { return allocation_count; }

}  // namespace spindle
