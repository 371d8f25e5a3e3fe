#ifndef SPINDLE_CRAWLER_BYTE_SIZE_H_
#define SPINDLE_CRAWLER_BYTE_SIZE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace spindle {

// A number of bytes as a flag: "512MB", "1.5GB", or the bytes themselves. KB, MB, GB and TB, in
// either case and with or without an i, are powers of 1024.
struct ByteSize {
  uint64_t bytes = 0;
};

bool AbslParseFlag(absl::string_view text, ByteSize* size, std::string* error);

// In the largest unit that divides it: "512MB", "1000".
std::string AbslUnparseFlag(ByteSize size);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_BYTE_SIZE_H_
