// Any bytes as a sitemap, with small limits and with the usual ones. What comes out must be
// canonical URLs, within the limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "parsers/sitemap.h"

namespace {

using spindle::SitemapAlternate;
using spindle::SitemapChild;
using spindle::SitemapEntry;
using spindle::SitemapKind;
using spindle::SitemapLimits;
using spindle::SitemapResult;
using spindle::Url;

void Demand(bool condition) {
  if (!condition) std::abort();
}

size_t DemandCanonical(const std::string& loc) {
  const std::optional<Url> url = Url::ParseCrawlable(loc);
  Demand(url.has_value() && url->FetchHref() == loc);
  return loc.size();
}

void DemandInOrder(const SitemapResult& result, const SitemapLimits& limits) {
  size_t bytes = 0;
  for (const SitemapEntry& entry : result.entries) {
    bytes += DemandCanonical(entry.loc);
    Demand(entry.priority >= 0 && entry.priority <= 1);
    Demand(entry.alternates.size() <= limits.max_alternate_count);
    for (const SitemapAlternate& alternate : entry.alternates) {
      bytes += DemandCanonical(alternate.url) + alternate.hreflang.size();
    }
  }
  for (const SitemapChild& child : result.children) bytes += DemandCanonical(child.loc);
  Demand(bytes <= limits.max_result_bytes);
  Demand(result.entries.size() + result.children.size() <= limits.max_entry_count);
  if (result.kind == SitemapKind::kNone) {
    Demand(result.entries.empty() && result.children.empty() && !result.error.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Url& sitemap_url = *new Url(*Url::Parse("http://example.com/maps/sitemap.xml?q"));
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);

  SitemapLimits small;
  small.max_bytes = size / 2;
  small.max_gzip_ratio = 10;
  small.max_entry_count = 3;
  small.max_depth = 5;
  small.max_field_bytes = 50;
  small.max_alternate_count = 1;
  small.max_result_bytes = 100;
  DemandInOrder(spindle::ParseSitemap(bytes, sitemap_url, small), small);

  SitemapLimits usual;
  usual.max_bytes = 1 << 20;
  DemandInOrder(spindle::ParseSitemap(bytes, sitemap_url, usual), usual);

  spindle::ParseSitemapTime(bytes);
  return 0;
}
