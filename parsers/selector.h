// CSS selectors over a page's tree, for pipelines that pick fields out of pages ("h1.title",
// "#price > span:first-child"). The useful part of Selectors Level 4: type, *, .class, #id, [a],
// [a=b] and its ~= ^= $= *= |= forms (flag i), :first-child, :last-child, :only-child,
// :nth-child(an+b), :nth-last-child, :not(compound), :empty, :root, descendant, child (>), next (+)
// and later (~) sibling, lists. No pseudo-elements, no namespaces, no state (:hover).
//
// Immutable after Parse; safe from any thread.

#ifndef SPINDLE_PARSERS_SELECTOR_H_
#define SPINDLE_PARSERS_SELECTOR_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "parsers/html.h"

namespace spindle {

class Selector {
 public:
  static constexpr size_t kMaxBytes = 4096;  // of a selector's text
  static constexpr size_t kMaxParts = 256;   // compounds and simple selectors together

  // InvalidArgument names the byte position and what was expected there.
  static absl::StatusOr<Selector> Parse(absl::string_view text);

  Selector(Selector&&) noexcept;
  Selector& operator=(Selector&&) noexcept;
  ~Selector();

  // Elements inside `top` (itself left out) that match, in document order; at most max_count.
  // Ancestors outside `top` count for combinators, as in querySelectorAll. Type and attribute names
  // compare without case.
  std::vector<HtmlNode> Select(HtmlNode top, size_t max_count = size_t{1} << 20) const;
  // The first of them, or none.
  HtmlNode SelectFirst(HtmlNode top) const;
  bool Matches(HtmlNode element) const;

 private:
  struct Impl;
  explicit Selector(std::unique_ptr<const Impl> impl);

  std::unique_ptr<const Impl> impl_;
};

}  // namespace spindle

#endif  // SPINDLE_PARSERS_SELECTOR_H_
