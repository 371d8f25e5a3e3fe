// A style sheet of any bytes: its links must be in order and within the limits.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/strings/string_view.h"
#include "parsers/css_links.h"

namespace {

using namespace spindle;

void Demand(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view css(reinterpret_cast<const char*>(data), size);
  CssLinkOptions options;
  options.max_links = 10;
  options.max_url_bytes = 50;
  const std::vector<CssLink> links = FindCssLinks(css, options);
  Demand(links.size() <= options.max_links);
  for (size_t i = 0; i < links.size(); ++i) {
    Demand(!links[i].url.empty() && links[i].url.size() <= options.max_url_bytes);
    Demand(links[i].offset < size);
    Demand(i == 0 || links[i].offset > links[i - 1].offset);
  }
  return 0;
}
