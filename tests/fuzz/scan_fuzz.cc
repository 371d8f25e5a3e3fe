// A page of any bytes: its links must be in order, absolute and within the limits.

#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "parsers/scan.h"
#include "parsers/url.h"

namespace {

using namespace spindle;

void Demand(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Url& url = *new Url(*Url::Parse("http://host.example/dir/page?query"));
  ExtractOptions options;
  options.max_links = 100;
  options.max_url_bytes = 200;
  options.max_anchor_text_bytes = 20;
  options.want_css_links = size % 2 == 0;
  const absl::string_view html(reinterpret_cast<const char*>(data), size);
  const HtmlPage page = ScanPage(html, url, options);
  Demand(page.links.size() <= options.max_links);
  uint32_t position = 0;
  for (const Link& link : page.links) {
    Demand(link.position >= position && link.position < size);
    position = link.position;
    Demand(link.url.size() <= options.max_url_bytes);
    Demand(absl::StartsWith(link.url, "http://") || absl::StartsWith(link.url, "https://"));
    Demand(link.url.find('#') == std::string::npos);
    Demand(link.anchor_text.size() <= options.max_anchor_text_bytes);
  }
  return 0;
}
