#include "crawler/byte_size.h"

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace spindle {
namespace {

constexpr absl::string_view kUnits = "kmgt";

// Takes a unit off the end; returns how many bits it shifts.
int ConsumeUnit(std::string* text) {
  absl::string_view rest = *text;
  absl::ConsumeSuffix(&rest, "b");
  absl::ConsumeSuffix(&rest, "i");
  const size_t unit = rest.empty() ? absl::string_view::npos : kUnits.find(rest.back());
  if (unit == absl::string_view::npos) {
    // "100b" is 100 bytes; "100ib" is nothing.
    if (absl::ConsumeSuffix(&(rest = *text), "b")) text->resize(rest.size());
    return 0;
  }
  text->resize(rest.size() - 1);
  return 10 * (static_cast<int>(unit) + 1);
}

}  // namespace

bool AbslParseFlag(absl::string_view text, ByteSize* size, std::string* error) {
  std::string number = absl::AsciiStrToLower(text);
  const int shift = ConsumeUnit(&number);
  const bool plain = number.find_first_not_of("0123456789. ") == std::string::npos;
  double value = 0;
  if (plain && absl::SimpleAtod(number, &value)) {
    const double bytes = std::ldexp(value, shift);
    if (bytes < std::ldexp(1.0, 63)) {
      size->bytes = static_cast<uint64_t>(bytes);
      return true;
    }
  }
  *error = "a size is written as 512MB, 2GB or in bytes";
  return false;
}

std::string AbslUnparseFlag(ByteSize size) {
  for (int shift = 40; shift > 0 && size.bytes > 0; shift -= 10) {
    if (size.bytes % (uint64_t{1} << shift) != 0) continue;
    return absl::StrCat(size.bytes >> shift,
                        absl::AsciiStrToUpper(kUnits.substr(shift / 10 - 1, 1)), "B");
  }
  return absl::StrCat(size.bytes);
}

}  // namespace spindle
