// The first line is the Content-Encoding field, the rest the body. Limits are small so that bombs
// meet them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "parsers/content_coding.h"

namespace {

using spindle::DecodeContent;
using spindle::DecodeLimits;
using spindle::DecodeOutcome;
using spindle::DecodeResult;

void Demand(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line_end = input.find('\n');
  const absl::string_view header = input.substr(0, line_end);
  const absl::string_view body =
      line_end == absl::string_view::npos ? "" : input.substr(line_end + 1);
  const DecodeLimits wide = {
      .max_decoded_bytes = 1 << 18, .max_ratio = 50, .ratio_free_bytes = 1 << 16};
  const DecodeResult all = DecodeContent(header, body, wide);
  Demand(all.body.size() <= wide.max_decoded_bytes);
  if (all.outcome == DecodeOutcome::kRatio) {
    Demand(all.body.size() <= std::max(wide.ratio_free_bytes, wide.max_ratio * body.size()));
  }

  // A tighter limit gives the beginning of the same body. In a stack the limit cuts the step
  // before, too.
  if (absl::StrContains(header, ',')) return 0;
  const DecodeLimits tight = {.max_decoded_bytes = 1000};
  const DecodeResult start = DecodeContent(header, body, tight);
  Demand(start.body.size() <= tight.max_decoded_bytes);
  // How much of bad data is decoded depends on the room.
  const size_t common = all.outcome == DecodeOutcome::kCorrupt
                            ? std::min(all.body.size(), start.body.size())
                            : start.body.size();
  Demand(absl::StartsWith(all.body, absl::string_view(start.body).substr(0, common)));
  if (all.outcome == DecodeOutcome::kOk) {
    const bool fits = all.body.size() <= tight.max_decoded_bytes;
    Demand(start.outcome == (fits ? DecodeOutcome::kOk : DecodeOutcome::kTooLarge));
    if (fits) Demand(start.body == all.body);
  }
  return 0;
}
