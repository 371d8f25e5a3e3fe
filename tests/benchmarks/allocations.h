// Counts calls of malloc, calloc, realloc and operator new in a benchmark binary, C libraries
// included. Linking this in replaces malloc, so it does not go with a sanitizer.
//
// Each thread counts its own calls.

#ifndef SPINDLE_TESTS_BENCHMARKS_ALLOCATIONS_H_
#define SPINDLE_TESTS_BENCHMARKS_ALLOCATIONS_H_

#include <cstdint>

namespace spindle {

// Allocations of this thread since it started. Take the difference around the work.
uint64_t AllocationCount();

}  // namespace spindle

#endif  // SPINDLE_TESTS_BENCHMARKS_ALLOCATIONS_H_
