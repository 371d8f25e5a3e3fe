#ifndef SPINDLE_CRAWLER_FREE_DISK_H_
#define SPINDLE_CRAWLER_FREE_DISK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace spindle {

// OK where the disk of `dir` has `needed_bytes` free for this user, or cannot be asked.
// ResourceExhausted names the directory, what is free and what is needed. A crawl looks once in a
// while and stops in time: what is under way can still be committed, and a database that is never
// refused a write need not be repaired. Thread-safe.
absl::Status CheckFreeDisk(const std::string& dir, uint64_t needed_bytes);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FREE_DISK_H_
