#include "parsers/html.h"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "parsers/html_prune.h"
#include "parsers/scan.h"

namespace spindle {
namespace {

const GumboNode* Gumbo(const void* node) { return static_cast<const GumboNode*>(node); }

bool HasChildren(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE ||
         node->type == GUMBO_NODE_DOCUMENT;
}

bool IsElementNode(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

bool IsTextNode(const GumboNode* node) {
  return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
         node->type == GUMBO_NODE_CDATA;
}

const GumboVector* Children(const GumboNode* node) {
  static constexpr GumboVector kNone = {nullptr, 0, 0};
  if (!HasChildren(node)) return &kNone;
  return node->type == GUMBO_NODE_DOCUMENT ? &node->v.document.children : &node->v.element.children;
}

const GumboNode* Child(const GumboNode* node, size_t index) {
  const GumboVector* const children = Children(node);
  return index < children->length ? Gumbo(children->data[index]) : nullptr;
}

const GumboNode* NextSibling(const GumboNode* node) {
  return node->parent != nullptr ? Child(node->parent, node->index_within_parent + 1) : nullptr;
}

// Calls visitor.Enter(node), which tells whether to go on to its children, and visitor.Leave(node)
// for `top` and all that is inside it, with no stack.
template <typename Visitor>
void Walk(const GumboNode* top, Visitor& visitor) {
  const GumboNode* node = top;
  while (true) {
    const GumboNode* next = visitor.Enter(node) ? Child(node, 0) : nullptr;
    while (next == nullptr) {
      visitor.Leave(node);
      if (node == top) return;
      next = NextSibling(node);
      if (next == nullptr) node = node->parent;
    }
    node = next;
  }
}

// ---- Building the tree.

struct Builder {
  Arena* arena;
  const HtmlLimits* limits;
  int64_t deadline;
  std::jmp_buf out_of_budget;
};

// Often enough to stop in time, seldom enough to cost nothing.
constexpr uint64_t kAllocationsPerClock = 256;

void* Allocate(void* userdata, size_t size_bytes) {
  Builder* const builder = static_cast<Builder*>(userdata);
  void* const block = builder->arena->Allocate(size_bytes);
  if (block == nullptr) std::longjmp(builder->out_of_budget, 1);
  if (builder->arena->allocation_count() % kAllocationsPerClock == 0 &&
      builder->limits->clock != nullptr && builder->limits->clock() > builder->deadline) {
    std::longjmp(builder->out_of_budget, 1);
  }
  return block;
}

void Deallocate(void* userdata, void* block) {
  static_cast<Builder*>(userdata)->arena->Free(block);
}

// Null where the budget ran out. gumbo has no errors to return and must not see an exception, so a
// full arena leaves it by longjmp: nothing between here and Allocate has a destructor, and all
// that gumbo held lies in the arena.
const GumboOutput* Build(Builder* builder, const char* html, size_t size_bytes) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = Allocate;
  options.deallocator = Deallocate;
  options.userdata = builder;
  options.max_errors = 0;
  if (setjmp(builder->out_of_budget) != 0) return nullptr;
  const GumboOutput* const output = gumbo_parse_with_options(&options, html, size_bytes);
  // Where a frameset took the place of body, gumbo left the numbers of html's children as they
  // were.
  const GumboVector& children = output->root->v.element.children;
  for (unsigned int i = 0; i < children.length; ++i) {
    static_cast<GumboNode*>(children.data[i])->index_within_parent = i;
  }
  return output;
}

// ---- Tables by tag.

enum class TextRole : uint8_t { kInline, kBlock, kParagraph, kCell, kLineBreak, kPre, kSkip };

TextRole TextRoleOf(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_NOFRAMES:
    case GUMBO_TAG_NOEMBED:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_VIDEO:
    case GUMBO_TAG_CANVAS:
    case GUMBO_TAG_OBJECT:
      return TextRole::kSkip;
    case GUMBO_TAG_P:
      return TextRole::kParagraph;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
      return TextRole::kCell;
    case GUMBO_TAG_BR:
      return TextRole::kLineBreak;
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_LISTING:
    case GUMBO_TAG_PLAINTEXT:
    case GUMBO_TAG_XMP:
    case GUMBO_TAG_TEXTAREA:
      return TextRole::kPre;
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_BODY:
    case GUMBO_TAG_BUTTON:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_DIR:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_HGROUP:
    case GUMBO_TAG_HR:
    case GUMBO_TAG_HTML:
    case GUMBO_TAG_LEGEND:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_MENU:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_OPTGROUP:
    case GUMBO_TAG_OPTION:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_TBODY:
    case GUMBO_TAG_TFOOT:
    case GUMBO_TAG_THEAD:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_UL:
      return TextRole::kBlock;
    default:
      return TextRole::kInline;
  }
}

struct TagTables {
  std::array<PageTag, GUMBO_TAG_LAST + 1> page_tags;
  std::array<TextRole, GUMBO_TAG_LAST + 1> text_roles;
};

const TagTables& Tables() {
  static const TagTables& tables = *[] {
    auto* const made = new TagTables;
    for (int i = 0; i <= GUMBO_TAG_LAST; ++i) {
      const GumboTag tag = static_cast<GumboTag>(i);
      made->page_tags[i] = i < GUMBO_TAG_UNKNOWN
                               ? PageExtractor::TagOf(gumbo_normalized_tagname(tag))
                               : PageTag::kOther;
      made->text_roles[i] = TextRoleOf(tag);
    }
    return made;
  }();
  return tables;
}

bool IsShadowRoot(const GumboNode* node) {
  return gumbo_get_attribute(&node->v.element.attributes, "shadowrootmode") != nullptr;
}

// With its prefix: gumbo takes it off (HTML section 13.2.6.1, "adjust foreign attributes").
absl::string_view QualifiedName(const GumboAttribute& attribute) {
  if (attribute.attr_namespace == GUMBO_ATTR_NAMESPACE_NONE) return attribute.name;
  static constexpr absl::string_view kNames[] = {
      "xlink:actuate", "xlink:arcrole", "xlink:href", "xlink:role", "xlink:show",  "xlink:title",
      "xlink:type",    "xml:base",      "xml:lang",   "xml:space",  "xmlns:xlink",
  };
  for (const absl::string_view name : kNames) {
    if (name.substr(name.find(':') + 1) == attribute.name) return name;
  }
  return attribute.name;
}

// ---- Text.

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

// Collects what a reader would see (roughly innerText of HTML section 3.2.7 with no CSS).
class TextWriter {
 public:
  explicit TextWriter(size_t max_bytes) : max_bytes_(max_bytes) {}

  // False where nothing inside is visible.
  bool Enter(const GumboNode* node) {
    if (IsTextNode(node)) {
      pre_depth_ > 0 ? AppendPreformatted(node->v.text.text) : AppendCollapsed(node->v.text.text);
      return false;
    }
    if (!IsElementNode(node)) return node->type == GUMBO_NODE_DOCUMENT;
    if (full_) return false;
    switch (RoleOf(node)) {
      case TextRole::kSkip:
        return node->type == GUMBO_NODE_TEMPLATE && IsShadowRoot(node);
      case TextRole::kPre:
        Break(1);
        ++pre_depth_;
        break;
      case TextRole::kBlock:
        Break(1);
        break;
      case TextRole::kParagraph:
        Break(2);
        break;
      case TextRole::kCell:
        space_pending_ = true;
        break;
      case TextRole::kLineBreak:
        space_pending_ = false;
        if (!text_.empty()) ++line_breaks_pending_;
        break;
      case TextRole::kInline:
        break;
    }
    return true;
  }

  void Leave(const GumboNode* node) {
    if (!IsElementNode(node)) return;
    switch (RoleOf(node)) {
      case TextRole::kPre:
        pre_depth_ = std::max(0, pre_depth_ - 1);
        Break(1);
        break;
      case TextRole::kBlock:
        Break(1);
        break;
      case TextRole::kParagraph:
        Break(2);
        break;
      default:
        break;
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  static TextRole RoleOf(const GumboNode* node) {
    const GumboElement& element = node->v.element;
    if (element.tag_namespace == GUMBO_NAMESPACE_HTML) return Tables().text_roles[element.tag];
    return element.tag == GUMBO_TAG_SVG ? TextRole::kSkip : TextRole::kInline;
  }

  void Break(int lines) {
    space_pending_ = false;
    if (!text_.empty()) line_breaks_pending_ = std::max(line_breaks_pending_, lines);
  }

  void AppendCollapsed(const char* text) {
    while (*text != '\0' && !full_) {
      if (IsSpace(*text)) {
        space_pending_ = true;
        ++text;
        continue;
      }
      const char* const word = text;
      while (*text != '\0' && !IsSpace(*text)) ++text;
      Append(absl::string_view(word, text - word));
    }
  }

  void AppendPreformatted(const char* text) {
    if (*text != '\0' && !full_) Append(text);
  }

  void Append(absl::string_view word) {
    const size_t gap = line_breaks_pending_ > 0
                           ? std::min<size_t>(line_breaks_pending_, kMaxLineBreaks)
                           : (space_pending_ && !text_.empty() ? 1 : 0);
    if (text_.size() + gap + word.size() > max_bytes_) {
      full_ = true;
      if (text_.size() + gap >= max_bytes_) return;
      size_t left = max_bytes_ - text_.size() - gap;
      while (left > 0 && (static_cast<unsigned char>(word[left]) & 0xC0) == 0x80) --left;
      if (left == 0) return;
      word = word.substr(0, left);
    }
    text_.append(gap, line_breaks_pending_ > 0 ? '\n' : ' ');
    line_breaks_pending_ = 0;
    space_pending_ = false;
    text_.append(word.data(), word.size());
  }

  // Pages leave room with rows of br.
  static constexpr size_t kMaxLineBreaks = 2;

  const size_t max_bytes_;
  std::string text_;
  int line_breaks_pending_ = 0;
  bool space_pending_ = false;
  bool full_ = false;
  int pre_depth_ = 0;
};

class RawTextVisitor {
 public:
  explicit RawTextVisitor(size_t max_bytes) : max_bytes_(max_bytes) {}

  bool Enter(const GumboNode* node) {
    if (IsTextNode(node)) {
      absl::string_view text = node->v.text.text;
      if (text.size() > max_bytes_ - text_.size()) {
        size_t left = max_bytes_ - text_.size();
        while (left > 0 && (static_cast<unsigned char>(text[left]) & 0xC0) == 0x80) --left;
        text = text.substr(0, left);
        max_bytes_ = text_.size() + left;
      }
      text_.append(text.data(), text.size());
    }
    return text_.size() < max_bytes_;
  }
  void Leave(const GumboNode*) {}
  std::string Take() { return std::move(text_); }

 private:
  size_t max_bytes_;
  std::string text_;
};

// ---- Links and metadata.

// Feeds a PageExtractor, and the text writer on the way, from one walk.
class ExtractVisitor {
 public:
  ExtractVisitor(const PrunedHtml& source, PageExtractor* extractor, TextWriter* text)
      : source_(source), extractor_(extractor), text_(text) {}

  bool Enter(const GumboNode* node) {
    if (IsTextNode(node)) {
      if (hidden_top_ == nullptr && text_ != nullptr) text_->Enter(node);
      if (extractor_->WantsText() && !IsInRawText(node)) extractor_->Text(node->v.text.text);
      return false;
    }
    if (!IsElementNode(node)) return HasChildren(node);
    if (hidden_top_ == nullptr && text_ != nullptr && !text_->Enter(node)) hidden_top_ = node;
    const PageTag tag = TagOf(node);
    if (extractor_->WantsStyleAttributes()) FeedStyle(node);
    if (tag != PageTag::kOther && node->v.element.original_tag.length > 0) {
      if (PageExtractor::WantsAttributes(tag)) ReadAttributes(node);
      extractor_->StartTag(tag, attributes_, PositionOf(node));
    }
    return true;
  }

  void Leave(const GumboNode* node) {
    if (!IsElementNode(node)) return;
    if (hidden_top_ == nullptr && text_ != nullptr) text_->Leave(node);
    if (hidden_top_ == node) hidden_top_ = nullptr;
    const PageTag tag = TagOf(node);
    if (tag != PageTag::kOther && node->v.element.original_tag.length > 0) extractor_->EndTag(tag);
  }

 private:
  static PageTag TagOf(const GumboNode* node) {
    const GumboElement& element = node->v.element;
    // svg's image is no tag that gumbo knows.
    if (element.tag == GUMBO_TAG_UNKNOWN) {
      GumboStringPiece name = element.original_tag;
      gumbo_tag_from_original_text(&name);
      return PageExtractor::TagOf(absl::string_view(name.data, name.length));
    }
    return Tables().page_tags[element.tag];
  }

  // Markup that is only text to the tree, and nothing to a reader.
  static bool IsInRawText(const GumboNode* text) {
    if (text->parent == nullptr || !IsElementNode(text->parent)) return false;
    const GumboTag tag = text->parent->v.element.tag;
    return tag == GUMBO_TAG_IFRAME || tag == GUMBO_TAG_NOEMBED || tag == GUMBO_TAG_NOFRAMES;
  }

  uint32_t PositionOf(const GumboNode* node) const {
    const size_t offset = node->v.element.original_tag.data - source_.html.data();
    return static_cast<uint32_t>(source_.OriginalOffset(offset));
  }

  void ReadAttributes(const GumboNode* node) {
    attributes_.clear();
    const GumboVector& attributes = node->v.element.attributes;
    const bool is_foreign_script = node->v.element.tag == GUMBO_TAG_SCRIPT &&
                                   node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML;
    for (unsigned int i = 0; i < attributes.length; ++i) {
      const auto* const attribute = static_cast<const GumboAttribute*>(attributes.data[i]);
      const absl::string_view name = QualifiedName(*attribute);
      // A script of svg may hold elements: no data block.
      if (is_foreign_script && name == "type") continue;
      if (PageExtractor::WantsAttribute(name)) attributes_.push_back({name, attribute->value});
    }
  }

  void FeedStyle(const GumboNode* node) {
    const GumboAttribute* const style = gumbo_get_attribute(&node->v.element.attributes, "style");
    if (style != nullptr && node->v.element.original_tag.length > 0) {
      extractor_->StyleAttribute(style->value, PositionOf(node));
    }
  }

  const PrunedHtml& source_;
  PageExtractor* const extractor_;
  TextWriter* const text_;  // null: no text wanted
  const GumboNode* hidden_top_ = nullptr;
  std::vector<HtmlAttribute> attributes_;
};

}  // namespace

// ---- HtmlNode.

bool HtmlNode::IsElement() const { return node_ != nullptr && IsElementNode(Gumbo(node_)); }
bool HtmlNode::IsText() const { return node_ != nullptr && IsTextNode(Gumbo(node_)); }
bool HtmlNode::IsComment() const {
  return node_ != nullptr && Gumbo(node_)->type == GUMBO_NODE_COMMENT;
}

absl::string_view HtmlNode::tag() const {
  if (!IsElement()) return {};
  const GumboElement& element = Gumbo(node_)->v.element;
  GumboStringPiece name = element.original_tag;
  if (element.tag_namespace == GUMBO_NAMESPACE_SVG && name.length > 0) {
    gumbo_tag_from_original_text(&name);
    if (const char* const svg_name = gumbo_normalize_svg_tagname(&name)) return svg_name;
  }
  if (element.tag != GUMBO_TAG_UNKNOWN) return gumbo_normalized_tagname(element.tag);
  name = element.original_tag;
  gumbo_tag_from_original_text(&name);
  return absl::string_view(name.data, name.length);
}

HtmlNamespace HtmlNode::element_namespace() const {
  if (!IsElement()) return HtmlNamespace::kHtml;
  switch (Gumbo(node_)->v.element.tag_namespace) {
    case GUMBO_NAMESPACE_SVG:
      return HtmlNamespace::kSvg;
    case GUMBO_NAMESPACE_MATHML:
      return HtmlNamespace::kMathMl;
    case GUMBO_NAMESPACE_HTML:
      break;
  }
  return HtmlNamespace::kHtml;
}

absl::string_view HtmlNode::text() const {
  return IsText() || IsComment() ? Gumbo(node_)->v.text.text : absl::string_view();
}

std::optional<absl::string_view> HtmlNode::attribute(absl::string_view name) const {
  for (size_t i = 0; i < attribute_count(); ++i) {
    const HtmlAttribute attribute = attribute_at(i);
    if (attribute.name == name) return attribute.value;
  }
  return std::nullopt;
}

size_t HtmlNode::attribute_count() const {
  return IsElement() ? Gumbo(node_)->v.element.attributes.length : 0;
}

HtmlAttribute HtmlNode::attribute_at(size_t index) const {
  if (index >= attribute_count()) return {};
  const auto* const attribute =
      static_cast<const GumboAttribute*>(Gumbo(node_)->v.element.attributes.data[index]);
  return {QualifiedName(*attribute), attribute->value};
}

HtmlNode HtmlNode::parent() const {
  return node_ != nullptr ? HtmlNode(Gumbo(node_)->parent) : HtmlNode();
}

size_t HtmlNode::child_count() const {
  return node_ != nullptr ? Children(Gumbo(node_))->length : 0;
}

HtmlNode HtmlNode::child(size_t index) const {
  return node_ != nullptr ? HtmlNode(Child(Gumbo(node_), index)) : HtmlNode();
}

HtmlNode HtmlNode::next_sibling() const {
  return node_ != nullptr ? HtmlNode(NextSibling(Gumbo(node_))) : HtmlNode();
}

HtmlNode HtmlNode::previous_sibling() const {
  if (node_ == nullptr || Gumbo(node_)->parent == nullptr) return HtmlNode();
  const size_t index = Gumbo(node_)->index_within_parent;
  return index > 0 ? HtmlNode(Child(Gumbo(node_)->parent, index - 1)) : HtmlNode();
}

HtmlNode HtmlNode::NextWithin(HtmlNode top) const {
  const HtmlNode first = first_child();
  return first ? first : NextAfterWithin(top);
}

HtmlNode HtmlNode::NextAfterWithin(HtmlNode top) const {
  for (HtmlNode node = *this; node && node != top; node = node.parent()) {
    if (const HtmlNode next = node.next_sibling()) return next;
  }
  return HtmlNode();
}

std::string HtmlNode::VisibleText(size_t max_bytes) const {
  TextWriter writer(max_bytes);
  if (node_ != nullptr) Walk(Gumbo(node_), writer);
  return writer.Take();
}

std::string HtmlNode::RawText(size_t max_bytes) const {
  RawTextVisitor visitor(max_bytes);
  if (node_ != nullptr) Walk(Gumbo(node_), visitor);
  return visitor.Take();
}

// ---- HtmlDocument.

struct HtmlDocument::Impl {
  std::unique_ptr<Arena> own_arena;
  Arena* arena = nullptr;
  PrunedHtml source;  // the tree points into it
  const GumboOutput* output = nullptr;
  bool truncated = false;
};

HtmlDocument::HtmlDocument(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HtmlDocument::HtmlDocument(HtmlDocument&&) noexcept = default;
HtmlDocument& HtmlDocument::operator=(HtmlDocument&&) noexcept = default;
HtmlDocument::~HtmlDocument() = default;

HtmlDocument HtmlDocument::Parse(absl::string_view utf8, const HtmlLimits& limits,
                                 const HtmlPruning& pruning, Arena* arena) {
  HtmlPruneOptions prune;
  prune.scripts = pruning.scripts;
  prune.json_ld = pruning.json_ld;
  prune.styles = pruning.styles;
  prune.comments = pruning.comments;
  return ParsePruned(utf8, limits, prune, arena);
}

HtmlDocument HtmlDocument::ParsePruned(absl::string_view utf8, const HtmlLimits& limits,
                                       HtmlPruneOptions prune, Arena* arena) {
  auto impl = std::make_unique<Impl>();
  if (arena == nullptr) {
    impl->own_arena = std::make_unique<Arena>(/*retained_bytes=*/0);
    arena = impl->own_arena.get();
  }
  impl->arena = arena;
  const absl::string_view input = utf8.substr(0, std::min(limits.max_input_bytes, kMaxInputBytes));
  prune.max_depth = limits.max_depth;
  prune.max_attributes = limits.max_attributes;
  impl->source = PruneHtml(input, prune);
  impl->truncated = input.size() < utf8.size() || impl->source.truncated;

  arena->Reset(limits.max_tree_bytes);
  Builder builder{arena, &limits, 0, {}};
  if (limits.clock != nullptr) {
    builder.deadline = limits.clock() + absl::ToInt64Nanoseconds(limits.max_time);
  }
  impl->output = Build(&builder, impl->source.html.c_str(), impl->source.html.size());
  impl->truncated |= impl->output == nullptr;
  return HtmlDocument(std::move(impl));
}

HtmlNode HtmlDocument::root() const {
  return impl_->output != nullptr ? HtmlNode(impl_->output->document) : HtmlNode();
}

HtmlNode HtmlDocument::html() const {
  return impl_->output != nullptr ? HtmlNode(impl_->output->root) : HtmlNode();
}

HtmlNode HtmlDocument::ChildOfHtml(absl::string_view tag) const {
  for (HtmlNode node = html().first_child(); node; node = node.next_sibling()) {
    if (node.tag() == tag) return node;
  }
  return HtmlNode();
}

HtmlNode HtmlDocument::head() const { return ChildOfHtml("head"); }
HtmlNode HtmlDocument::body() const { return ChildOfHtml("body"); }

bool HtmlDocument::truncated() const { return impl_->truncated; }
size_t HtmlDocument::tree_bytes() const { return impl_->arena->used_bytes(); }

HtmlPage HtmlDocument::Extract(const Url& url, const ExtractOptions& options) const {
  PageExtractor extractor(url, options);
  TextWriter text(options.max_text_bytes);
  if (impl_->output != nullptr) {
    ExtractVisitor visitor(impl_->source, &extractor, options.want_text ? &text : nullptr);
    Walk(impl_->output->document, visitor);
  }
  HtmlPage page = extractor.Finish();
  page.text = text.Take();
  page.truncated = impl_->truncated;
  return page;
}

HtmlPage ExtractDom(absl::string_view utf8, const Url& url, const ExtractOptions& options,
                    const HtmlLimits& limits, Arena* arena) {
  HtmlPruneOptions prune;
  prune.scripts = true;
  prune.json_ld = !options.want_json_ld;
  prune.styles = !options.want_css_links;
  prune.comments = true;
  prune.for_extraction = true;
  prune.style_attributes = options.want_css_links;
  const HtmlDocument document = HtmlDocument::ParsePruned(utf8, limits, prune, arena);
  HtmlPage page = document.Extract(url, options);
  if (!document.truncated()) return page;
  HtmlPage scanned = ScanPage(utf8, url, options);
  scanned.text = std::move(page.text);
  scanned.truncated = true;
  return scanned;
}

}  // namespace spindle
