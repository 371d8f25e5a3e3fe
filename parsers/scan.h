// The fast way from a page's bytes to its links and head metadata: one pass of the tokenizer over
// the decoded body, feeding the same PageExtractor as the tree walk of parsers/html.h, and no tree.
// It is what a crawl without tree processors uses for every page, and where the links of a page
// come from whose tree went over its budget. What tree construction would move or ignore is
// followed as far as it decides which links there are: content models, svg and math, nested forms,
// the inside of select, frames. docs/decisions/030-scan-without-a-tree.md lists what is
// approximated and what that costs.
//
// Stateless function, safe from any thread.

#ifndef SPINDLE_PARSERS_SCAN_H_
#define SPINDLE_PARSERS_SCAN_H_

#include "absl/strings/string_view.h"
#include "parsers/links.h"

namespace spindle {

class Url;

// Links and metadata of `utf8`, which may be any bytes; a byte order mark is skipped.
// `document_url` is the address the body came from. Linear in utf8.size(), with the memory that
// `options` grants and a copy of the longest tag. `text` stays empty and `truncated` false: both
// speak of a tree.
HtmlPage ScanPage(absl::string_view utf8, const Url& document_url, const ExtractOptions& options);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_SCAN_H_
