// The first line is the Content-Type field, the rest the page. The page is also decoded in the
// encoding that its first byte picks.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "parsers/charset.h"
#include "parsers/utf8.h"

namespace {

using spindle::Encoding;

void Demand(bool condition) {
  if (!condition) std::abort();
}

void DemandBoundedUtf8(absl::string_view page, Encoding encoding) {
  std::string storage;
  const absl::string_view text = spindle::ToUtf8(page, encoding, &storage);
  Demand(spindle::IsValidUtf8(text));
  Demand(text.size() <= 3 * page.size());
  Demand(spindle::ToUtf8(std::string(page), encoding) == text);
  if (encoding == Encoding::kUtf8 && spindle::IsValidUtf8(page)) Demand(storage.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line_end = input.find('\n');
  const absl::string_view page =
      line_end == absl::string_view::npos ? input : input.substr(line_end + 1);
  const spindle::CharsetGuess guess = spindle::ResolveCharset(page, input.substr(0, line_end));
  DemandBoundedUtf8(page, guess.encoding);
  if (!page.empty()) {
    DemandBoundedUtf8(
        page, static_cast<Encoding>(static_cast<uint8_t>(page[0]) % spindle::kEncodingCount));
  }
  const auto declared = spindle::PrescanMeta(page);
  if (guess.source > spindle::CharsetSource::kMeta && page.size() <= 1024) Demand(!declared);
  return 0;
}
