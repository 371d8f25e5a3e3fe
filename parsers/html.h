// The HTML tree of a page, built by gumbo and hidden behind light handles, and what a page says
// once its tree is known: title, metadata, links, visible text, JSON-LD. It takes decoded bodies
// (UTF-8) off the event loop; it fetches nothing and runs no script. Every tree lives in an arena
// with a byte and time budget, so that no page can take more memory, time or stack than HtmlLimits
// says; a page over budget keeps its links (found without a tree) and says truncated().
//
// Thread-compatible; one arena serves one document at a time.

#ifndef SPINDLE_PARSERS_HTML_H_
#define SPINDLE_PARSERS_HTML_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "parsers/arena.h"
#include "parsers/links.h"

namespace spindle {

// What one document may cost. Zero means none of it, unless said otherwise.
struct HtmlLimits {
  size_t max_input_bytes = 8 << 20;  // the rest of a longer document is not put into the tree
  size_t max_tree_bytes = 64 << 20;  // of the arena
  // Open elements at once, estimated before the tree is built, and attributes of one tag. Beyond
  // the depth the rest of the document is left out of the tree; attributes beyond theirs are
  // dropped.
  size_t max_depth = 1000;
  size_t max_attributes = 512;
  // Time for the tree. Needs `clock`; without one only the bounds above hold.
  absl::Duration max_time = absl::Milliseconds(50);
  // Nanoseconds of any monotonic clock, coarse is enough: it is read every few hundred allocations.
  // Text alone hardly allocates: what bounds it is max_input_bytes, at about 30 MB/s.
  int64_t (*clock)() = nullptr;
};

// Raw text left out before the tree is built; the elements themselves stay. All true is what makes
// the tree fast: about half the bytes of today's pages are of these kinds.
struct HtmlPruning {
  bool scripts = true;  // text of script elements, but for JSON-LD while json_ld is false
  bool json_ld = false;
  bool styles = true;    // text of style elements
  bool comments = true;  // comments become empty ones

  // The exact tree.
  static HtmlPruning None() { return {false, false, false, false}; }
};

class HtmlDocument;
struct HtmlPruneOptions;

enum class HtmlNamespace : uint8_t { kHtml, kSvg, kMathMl };

// A node of a document's tree, or none (false). A pointer in a coat: copy it freely. Valid as long
// as its document. All walks are iterative: depth never costs stack.
class HtmlNode {
 public:
  HtmlNode() = default;

  explicit operator bool() const { return node_ != nullptr; }
  friend bool operator==(HtmlNode a, HtmlNode b) { return a.node_ == b.node_; }
  friend bool operator!=(HtmlNode a, HtmlNode b) { return a.node_ != b.node_; }

  bool IsElement() const;
  bool IsText() const;  // whitespace too
  bool IsComment() const;

  // Lower-case name of an element (svg's own in their case: "foreignObject"); empty for others.
  absl::string_view tag() const;
  HtmlNamespace element_namespace() const;
  // Decoded text of a text or comment node; empty for others.
  absl::string_view text() const;

  // The value of an element's attribute; none where it is absent. Names are lower-case but for
  // svg's own ("viewBox"); those of other namespaces have their prefix ("xlink:href").
  std::optional<absl::string_view> attribute(absl::string_view name) const;
  size_t attribute_count() const;
  HtmlAttribute attribute_at(size_t index) const;

  HtmlNode parent() const;  // none for the document's root
  size_t child_count() const;
  HtmlNode child(size_t index) const;
  HtmlNode first_child() const { return child(0); }
  HtmlNode next_sibling() const;
  HtmlNode previous_sibling() const;

  // The next node in document order that lies inside `top`, or none. `this` is `top` or inside it.
  //   for (HtmlNode node = top; node; node = node.NextWithin(top)) ...
  HtmlNode NextWithin(HtmlNode top) const;
  // The same without this node's own children.
  HtmlNode NextAfterWithin(HtmlNode top) const;

  // Text as a reader sees it: script, style, template, noscript and the like left out, whitespace
  // collapsed but in pre and textarea, lines broken at block elements and br. At most max_bytes,
  // cut at a character.
  std::string VisibleText(size_t max_bytes = size_t{4} << 20) const;
  // All text inside, as it is in the tree.
  std::string RawText(size_t max_bytes = size_t{4} << 20) const;

  // Identity for hashing; says nothing else.
  const void* id() const { return node_; }

 private:
  friend class HtmlDocument;
  explicit HtmlNode(const void* node) : node_(node) {}

  const void* node_ = nullptr;
};

// Move-only. Owns its copy of the text; the tree lies in the arena.
//
//   Arena arena;  // one per parser thread, reused
//   HtmlDocument document = HtmlDocument::Parse(body, limits, pruning, &arena);
//   HtmlPage page = document.Extract(url, options);
class HtmlDocument {
 public:
  // Never fails: a document over its limits has truncated() and what fitted, at worst no node at
  // all. `utf8` may be any bytes and isn't kept; a byte order mark is left out. `arena` (null: the
  // document makes its own) must outlive the document and is emptied here, so a document made from
  // it before must be gone.
  static HtmlDocument Parse(absl::string_view utf8, const HtmlLimits& limits = {},
                            const HtmlPruning& pruning = {}, Arena* arena = nullptr);

  HtmlDocument(HtmlDocument&&) noexcept;
  HtmlDocument& operator=(HtmlDocument&&) noexcept;
  ~HtmlDocument();

  // The document node; its element child is html. None where the tree was over budget.
  HtmlNode root() const;
  // The html, head and body elements, or none.
  HtmlNode html() const;
  HtmlNode head() const;
  HtmlNode body() const;

  bool truncated() const;
  // Bytes of the arena in use.
  size_t tree_bytes() const;

  // Everything that `options` asks for. `url` is the address the body came from. A truncated
  // document gives the links of what its tree holds: use ExtractDom, which has the bytes, to get
  // them all.
  HtmlPage Extract(const Url& url, const ExtractOptions& options) const;

 private:
  friend HtmlPage ExtractDom(absl::string_view, const Url&, const ExtractOptions&,
                             const HtmlLimits&, Arena*);
  struct Impl;

  // Offsets are 32 bits wide.
  static constexpr size_t kMaxInputBytes = size_t{1} << 30;

  explicit HtmlDocument(std::unique_ptr<Impl> impl);

  static HtmlDocument ParsePruned(absl::string_view utf8, const HtmlLimits& limits,
                                  HtmlPruneOptions prune, Arena* arena);
  HtmlNode ChildOfHtml(absl::string_view tag) const;

  std::unique_ptr<Impl> impl_;
};

// The whole of it in one call, for a crawler that wants no tree of its own: more is pruned than a
// tree's user could bear (attributes that no link, title or text needs, repeated whitespace), with
// the same result as from the exact tree. Over budget, links and metadata come from the scan path
// and `truncated` is set.
HtmlPage ExtractDom(absl::string_view utf8, const Url& url, const ExtractOptions& options,
                    const HtmlLimits& limits = {}, Arena* arena = nullptr);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_HTML_H_
