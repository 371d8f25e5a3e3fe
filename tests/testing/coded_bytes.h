// Bytes in the content codings of HTTP (RFC 9110 8.4), as servers send them.
//
// All functions are pure.

#ifndef SPINDLE_TESTS_TESTING_CODED_BYTES_H_
#define SPINDLE_TESTS_TESTING_CODED_BYTES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace spindle {
namespace testing {

// `bytes`, so many times over, as one member.
std::string Gzip(absl::string_view bytes, int times = 1);

std::string Brotli(absl::string_view bytes);

// A frame that asks its decoder for a window of 1 << window_log bytes.
std::string Zstd(absl::string_view bytes, int window_log);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_CODED_BYTES_H_
