// Sitemaps and feeds: lists of URLs that a site hands to crawlers, with when they changed.
//
// What robots.txt or a page named as a sitemap or feed is fetched like a page and given to
// ParseSitemap(), which tells the format by the content: sitemap and sitemap index
// (https://www.sitemaps.org/protocol.html), text sitemap, RSS 2.0 and 1.0, Atom, each of them
// gzipped or not. Of extensions only hreflang alternates are kept. Broken files give what was
// readable. Nothing outside of the bytes is ever loaded, and what a file may cost is bounded by
// SitemapLimits.
//
//   SitemapResult result = ParseSitemap(body, sitemap_url);
//   for (const SitemapEntry& entry : result.entries) ...
//
// Whether an entry may be crawled at all, and whether this sitemap may speak for it, is the
// caller's to decide: SitemapMayList() is the protocol's rule.
#ifndef SPINDLE_PARSERS_SITEMAP_H_
#define SPINDLE_PARSERS_SITEMAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "parsers/url.h"

namespace spindle {

enum class SitemapKind : uint8_t { kNone, kUrlset, kIndex, kText, kRss, kAtom };

enum class ChangeFrequency : uint8_t {
  kNotSaid,
  kAlways,
  kHourly,
  kDaily,
  kWeekly,
  kMonthly,
  kYearly,
  kNever
};

// The same page in another language.
struct SitemapAlternate {
  std::string hreflang;  // as written: "de-CH", "x-default"
  std::string url;       // like SitemapEntry::loc
};

struct SitemapEntry {
  std::string loc;  // absolute http or https URL in canonical form, without fragment
  std::optional<absl::Time> lastmod;
  ChangeFrequency change_frequency = ChangeFrequency::kNotSaid;
  float priority = 0.5f;  // 0 to 1; 0.5 where nothing or no number is said
  std::vector<SitemapAlternate> alternates;
};

// A sitemap that an index names.
struct SitemapChild {
  std::string loc;  // like SitemapEntry::loc
  std::optional<absl::Time> lastmod;
};

struct SitemapLimits {
  // Bytes that are read, after gzip is undone (50 MiB is the protocol's own limit for a sitemap).
  size_t max_bytes = size_t{50} << 20;
  // Decoded bytes per gzipped byte, once a mebibyte is decoded.
  size_t max_gzip_ratio = 200;
  // Entries and children kept together (the protocol's own limit).
  size_t max_entry_count = 50000;
  // Elements that may be open at once.
  size_t max_depth = 64;
  // Bytes of one field, such as a loc; a longer field counts as missing.
  size_t max_field_bytes = 8192;
  // Alternates kept for an entry.
  size_t max_alternate_count = 256;
  // Bytes of URLs in the result together.
  size_t max_result_bytes = size_t{64} << 20;
};

struct SitemapResult {
  // kNone: this is no sitemap and no feed.
  SitemapKind kind = SitemapKind::kNone;
  std::vector<SitemapEntry> entries;
  std::vector<SitemapChild> children;
  // Entries and children without a usable URL.
  size_t bad_entry_count = 0;
  // A limit cut the file or the result.
  bool truncated = false;
  // What was wrong, for people: "line 3: mismatched tag". Empty for a file in order. Entries may be
  // there all the same.
  std::string error;
};

// Reads `bytes`, any bytes, that were fetched from `sitemap_url`, against which relative URLs are
// resolved. Of an RSS item and an Atom entry the page that it links to is the entry and its date
// the lastmod.
SitemapResult ParseSitemap(absl::string_view bytes, const Url& sitemap_url,
                           const SitemapLimits& limits = {});

// Whether the sitemap at `sitemap_url` may speak for `loc`: same scheme, host and port, and in or
// below the folder of the sitemap ("Sitemap file location" in the protocol). A robots.txt that
// names the sitemap widens this to its whole host ("Sitemaps & cross submits"), which is the
// caller's to know.
bool SitemapMayList(const Url& sitemap_url, const Url& loc);

// A date as it stands in sitemaps and feeds: W3C date and time ("2005", "2005-01-02",
// "2005-01-02T03:04:05.6+01:00"), with "T" or a space, UTC where no zone is said; or RFC 822 ("Thu,
// 05 Jan 2017 13:34:51 +0100"), nothing where no zone is said.
std::optional<absl::Time> ParseSitemapTime(absl::string_view text);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_SITEMAP_H_
