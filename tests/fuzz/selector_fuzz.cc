// The first line of the input is a selector, the rest the page that it selects from. What Select
// finds, Matches must confirm element by element, and the other way round.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/strings/string_view.h"
#include "parsers/html.h"
#include "parsers/selector.h"

namespace {

using namespace spindle;  // NOLINT: a test of one file

void Demand(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;  // asking one by one is quadratic
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(input.find('\n'), input.size());
  const absl::StatusOr<Selector> selector = Selector::Parse(input.substr(0, line_end));
  if (!selector.ok()) return 0;
  static Arena& arena = *new Arena;
  const HtmlDocument document = HtmlDocument::Parse(input.substr(line_end), {}, {}, &arena);
  const HtmlNode root = document.root();
  const std::vector<HtmlNode> found = selector->Select(root);
  size_t count = 0;
  for (HtmlNode node = root; node; node = node.NextWithin(root)) {
    if (!selector->Matches(node)) continue;
    Demand(count < found.size() && found[count] == node);
    ++count;
  }
  Demand(count == found.size());
  return 0;
}
