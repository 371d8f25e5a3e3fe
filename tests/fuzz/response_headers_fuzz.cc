// The input is a block of header fields; every field goes through every header parser.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "parsers/header_block.h"
#include "parsers/http_date.h"
#include "parsers/response_headers.h"

namespace {

using namespace spindle;

constexpr absl::Time kNow = absl::FromUnixSeconds(1700000000);

void Demand(bool condition) {
  if (!condition) std::abort();
}

void ParseAll(absl::string_view value) {
  (void)ParseRobotsTag({value, value}, "spindle", kNow);
  const auto refresh = ParseRefresh(value);
  if (refresh.has_value()) {
    Demand(refresh->delay >= absl::ZeroDuration() && refresh->delay <= kMaxHeaderDelay);
    Demand(refresh->url.size() <= value.size());
  }
  const auto retry_after = ParseRetryAfter(value, kNow);
  if (retry_after.has_value()) {
    const absl::Duration delay = RetryDelay(*retry_after, kNow);
    Demand(delay >= absl::ZeroDuration() && delay <= kMaxHeaderDelay);
  }
  LinkHeaderLimits limits;
  limits.max_links = 3;
  limits.max_parameters = 2;
  const auto links = ParseLinkHeader(value, limits);
  Demand(links.size() <= 3);
  for (const HeaderLink& link : links) {
    Demand(link.parameters.size() <= 2 && link.target.size() < value.size());
  }
  const auto disposition = ParseContentDisposition(value);
  if (!disposition.has_value()) return;
  Demand(disposition->filename.find_first_of("/\\") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  ParseAll(input);
  const HeaderBlock headers(input);
  headers.ForEach([&](absl::string_view name, absl::string_view value) {
    Demand(headers.Get(name).has_value());
    ParseAll(value);
    return true;
  });
  const auto date = ParseHttpDate(input, kNow);
  if (date.has_value()) {
    const std::string text = absl::FormatTime(absl::RFC1123_full, *date, absl::UTCTimeZone());
    Demand(ParseHttpDate(text, kNow) == date);
  }
  return 0;
}
