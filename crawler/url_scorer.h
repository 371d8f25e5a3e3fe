#ifndef SPINDLE_CRAWLER_URL_SCORER_H_
#define SPINDLE_CRAWLER_URL_SCORER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "parsers/sitemap.h"
#include "parsers/url.h"

namespace spindle {

// Where and how a URL was found. Valid during UrlScorer::Priority() only.
struct LinkContext {
  const Url* found_on = nullptr;  // null: a seed
  uint16_t depth = 0;             // links from a seed
  uint8_t redirects = 0;          // hops since the last link
  absl::string_view anchor_text;  // of the link that led to it; empty for what is no anchor
  // What a sitemap of its registrable domain says of it: its entry or null.
  const SitemapEntry* sitemap = nullptr;
};

// Puts the URLs of each host in order: step 1 in the life of a URL. Lower numbers are fetched
// first, those of equal number by age; 0 to 255. A URL keeps the priority with which it was found
// first. Between hosts politeness decides, not priority. Without a scorer a crawl goes breadth
// first: the priority is the depth.
//
// Called from all parser threads and workers at the same time, so an implementation must be
// thread-safe.
class UrlScorer {
 public:
  virtual ~UrlScorer() = default;
  virtual uint8_t Priority(const Url& link, const LinkContext& context) = 0;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_URL_SCORER_H_
