// The addresses in a style sheet or a style attribute: url(...), url("...") and @import "...", by
// the tokens of CSS Syntax Level 3, so that nothing inside a comment or another string is taken for
// one. It reads tokens only: whether a rule is valid, applies or is used is not asked, and a url()
// of @namespace, which names nothing to fetch, is left out. Addresses are returned as written after
// CSS escapes are decoded; resolving them against the sheet's own URL is the caller's.
//
// Stateless function, safe from any thread.

#ifndef SPINDLE_PARSERS_CSS_LINKS_H_
#define SPINDLE_PARSERS_CSS_LINKS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spindle {

struct CssLink {
  enum class Kind {
    kImport,    // @import: another style sheet
    kResource,  // any other url(): an image, a font
  };

  Kind kind = Kind::kResource;
  std::string url;
  size_t offset = 0;  // of the url( or the quote, in bytes of the input
};

struct CssLinkOptions {
  size_t max_links = 10'000;         // the rest of the sheet is not read
  size_t max_url_bytes = 16 * 1024;  // longer ones (mostly data:) are left out
};

// The links of `css`, which is UTF-8, in order. Any bytes are accepted; linear in css.size().
std::vector<CssLink> FindCssLinks(absl::string_view css, const CssLinkOptions& options = {});

}  // namespace spindle

#endif  // SPINDLE_PARSERS_CSS_LINKS_H_
