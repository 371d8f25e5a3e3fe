// The candidates of an img or source srcset attribute (HTML section 4.8.4.2.2, "parse a srcset
// attribute"): each is an image that the page may show, so each is a link. It doesn't choose among
// them.
//
// Pure; safe from any thread.

#ifndef SPINDLE_PARSERS_SRCSET_H_
#define SPINDLE_PARSERS_SRCSET_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace spindle {

struct ImageCandidate {
  absl::string_view url;  // as written, not resolved
  double density = 0;     // of a `2x` descriptor; 1 where none was given; 0 where width is given
  int width = 0;          // in pixels, of a `480w` descriptor; 0 where none was given
};

// Calls `found` once per valid candidate, in order. The views point into `srcset`. Candidates with
// bad descriptors are left out, as the standard says.
template <typename Found>
void ForEachImageCandidate(absl::string_view srcset, Found&& found);

// The first `max_count` candidates.
std::vector<ImageCandidate> ParseSrcset(absl::string_view srcset, size_t max_count = 1000);

namespace srcset_internal {
// Takes one candidate off the front of `*rest`. False at the end. `*valid` tells whether
// `*candidate` counts.
bool NextCandidate(absl::string_view* rest, ImageCandidate* candidate, bool* valid);
}  // namespace srcset_internal

template <typename Found>
void ForEachImageCandidate(absl::string_view srcset, Found&& found) {
  ImageCandidate candidate;
  bool valid = false;
  while (srcset_internal::NextCandidate(&srcset, &candidate, &valid)) {
    if (valid) found(static_cast<const ImageCandidate&>(candidate));
  }
}

}  // namespace spindle

#endif  // SPINDLE_PARSERS_SRCSET_H_
