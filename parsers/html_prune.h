// Leaves out of an HTML document what nobody asked for, before the tree is built: that is where
// most of a tree's time goes. It follows the standard's tokenizer closely enough to know raw text
// from markup, and wherever only the tree could tell (broken svg, options, framesets) it stops
// pruning rather than guess. It also bounds what would make tree building slow: depth and
// attributes. Links and text aren't its business.
//
// Pure; safe from any thread.

#ifndef SPINDLE_PARSERS_HTML_PRUNE_H_
#define SPINDLE_PARSERS_HTML_PRUNE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace spindle {

struct HtmlPruneOptions {
  // Contents left out, the tags themselves stay.
  bool scripts = false;   // text of script elements, but for JSON-LD
  bool json_ld = false;   // JSON-LD too; needs `scripts`
  bool styles = false;    // text of style elements
  bool comments = false;  // comments become empty ones
  // Attributes that no link, title or text needs, bodies of data: URLs, repeated whitespace outside
  // pre.
  bool for_extraction = false;
  bool style_attributes = false;  // are needed, even for_extraction

  // Tags beyond this depth (estimated: elements whose end is implied don't count) end the document;
  // further attributes of a tag are left out.
  size_t max_depth = 1000;
  size_t max_attributes = 512;
};

struct PrunedHtml {
  std::string
      html;  // never longer than the input by more than a few bytes; names of tags in lower-case
  bool truncated = false;  // max_depth ended it

  // Where byte `offset` of `html` was in the input.
  size_t OriginalOffset(size_t offset) const;

  struct Cut {
    uint32_t offset;         // in `html`
    uint32_t removed_bytes;  // in front of it, all together
  };
  std::vector<Cut> cuts;  // by offset
};

// What means nothing to the standard but misleads gumbo is left out: a byte order mark, "</>",
// repeated attributes.  Any bytes are accepted; linear time; the cuts take at most three times the
// input's bytes. REQUIRES: input.size() < 2^32.
PrunedHtml PruneHtml(absl::string_view input, const HtmlPruneOptions& options);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_HTML_PRUNE_H_
