// What a page links to and says about itself: the one place that knows which tags and attributes of
// HTML name a URL. A PageExtractor is fed the tags and texts of one document, by the tree walk
// (parsers/html.h) or by the tokenizer (parsers/scan.h), and gives back an HtmlPage; so both ways
// find the same links by construction. It follows a fetched, decoded (UTF-8) body and comes before
// scope filters. It builds no tree and doesn't drop repeated links.

#ifndef SPINDLE_PARSERS_LINKS_H_
#define SPINDLE_PARSERS_LINKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace spindle {

class Url;

// What named the URL. kForm is a form that needs fields or POST: a place, not something to fetch.
enum class LinkKind : uint8_t {
  kAnchor,  // a href
  kArea,    // area href
  kLink,    // link href, any rel but those of kStyle and kImage
  kImage,   // img src and srcset, picture source, input type=image, body background, link rel=icon
  kMedia,   // video, audio, their source and track; video poster is kImage
  kScript,  // script src
  kStyle,   // link rel=stylesheet, and url() and @import of style elements and attributes
  kFrame,   // iframe and frame src
  kForm,    // form action
  kFormLink,     // form action of a GET form with no named field
  kMetaRefresh,  // meta http-equiv=refresh
  kSvgAnchor,    // a href or xlink:href inside svg
  kSvgImage,     // image href or xlink:href inside svg
  kEmbed,        // embed src, object data
};

// Bits of Link::rel, from the rel attribute (HTML section 4.6.7 and
// https://microformats.org/wiki/existing-rel-values).
enum LinkRel : uint32_t {
  kRelNofollow = 1u << 0,
  kRelUgc = 1u << 1,
  kRelSponsored = 1u << 2,
  kRelCanonical = 1u << 3,
  kRelNext = 1u << 4,
  kRelPrev = 1u << 5,
  kRelAlternate = 1u << 6,
  kRelStylesheet = 1u << 7,
  kRelIcon = 1u << 8,
  kRelPreload = 1u << 9,  // preload, modulepreload, prefetch, prerender
  kRelAmphtml = 1u << 10,
  kRelNoopener = 1u << 11,  // noopener, noreferrer
  kRelManifest = 1u << 12,
  kRelLicense = 1u << 13,
  kRelAuthor = 1u << 14,
  kRelMe = 1u << 15,
  kRelTag = 1u << 16,
  kRelSearch = 1u << 17,
};

struct Link {
  // Absolute, canonical, http or https, without a fragment.
  std::string url;
  // Whitespace collapsed, valid only for kAnchor, kArea (its alt) and kSvgAnchor; images inside
  // give their alt.
  std::string anchor_text;
  // Byte offset of the tag's '<' in the document; links are in this order.
  uint32_t position = 0;
  uint32_t rel = 0;  // LinkRel bits
  LinkKind kind = LinkKind::kAnchor;
};

struct MetaTag {
  std::string name;  // lower-case; of the name or, where there is none, the property attribute
  std::string content;
};

struct LanguageAlternate {
  std::string language;  // as written: "de-AT", "x-default"
  std::string url;
};

struct FeedLink {
  std::string url;
  std::string type;  // lower-case media type
  std::string title;
};

struct HtmlMetadata {
  std::string title;
  std::string description;
  std::string language;   // html lang, else meta http-equiv=content-language
  std::string canonical;  // absolute; empty where none was given
  std::string base;       // the URL that the page's links were resolved against
  // RobotsDirective bits: said to everyone, and said to ExtractOptions::product_token. Both bind.
  uint32_t robots = 0;
  uint32_t robots_own = 0;
  // Delay of the first meta refresh outside noscript, where there was one; refresh_url is empty
  // where it names no other page.
  std::optional<absl::Duration> refresh_delay;
  std::string refresh_url;
  std::vector<LanguageAlternate> alternates;
  std::vector<FeedLink> feeds;
  std::vector<MetaTag> meta;  // every named meta in order, Open Graph included
};

// What a document gave. Values only: it outlives the bytes it came from.
struct HtmlPage {
  HtmlMetadata metadata;
  std::vector<Link> links;
  // Visible text; from the tree only (see parsers/html.h).
  std::string text;
  std::vector<std::string> json_ld;
  // href values and the like that name nothing to fetch: other schemes, invalid URLs, fragments of
  // this page.
  uint32_t skipped_count = 0;
  // Links were left out because of max_links or max_url_bytes.
  bool links_truncated = false;
  uint32_t too_long_count = 0;  // of them because of max_url_bytes
  // The tree hit a limit: text and JSON-LD are missing or end early, links are complete.
  bool truncated = false;
};

// A page's hold on our memory. Zero means none of it.
struct ExtractOptions {
  // Also obeyed as <meta name="TOKEN">, compared without case; empty: generic directives only.
  std::string product_token = "spindle";
  size_t max_links = 20'000;
  size_t max_links_bytes = 8 << 20;  // absolute URLs and anchor texts of all links together
  size_t max_url_bytes = 4096;       // both as written and once absolute; longer ones are left out
  size_t max_anchor_text_bytes = 256;
  size_t max_title_bytes = 1024;
  size_t max_description_bytes = 4096;
  size_t max_meta_count = 200;
  size_t max_meta_bytes = 4096;  // of one meta's name or content
  size_t max_text_bytes = 4 << 20;
  size_t max_json_ld_bytes = 1 << 20;  // all blocks together
  bool want_text = true;
  bool want_json_ld = true;
  // url() of style elements and attributes, as links of kind kStyle. Costs the scan of all CSS.
  bool want_css_links = false;
};

// An attribute as the tokenizer gives it: name lower-case, value with its character references
// decoded.
struct HtmlAttribute {
  absl::string_view name;
  absl::string_view value;
};

// The tags that mean something here. kBlock is any other that separates words (p, div, br, ...): it
// matters only while WantsBlocks().
enum class PageTag : uint8_t {
  kOther,
  kBlock,
  kA,
  kArea,
  kAudio,
  kBase,
  kBody,
  kButton,
  kEmbed,
  kForm,
  kFrame,
  kHtml,
  kIframe,
  kImage,
  kImg,
  kInput,
  kLink,
  kMath,
  kMeta,
  kNoscript,
  kObject,
  kScript,
  kSelect,
  kSource,
  kStyle,
  kSvg,
  kTemplate,
  kTextarea,
  kTitle,
  kTrack,
  kVideo,
};

// Belongs to one thread. One document per object: construct, feed, Finish.
//
//   PageExtractor extractor(url, options);
//   for (each token) {
//     if tag:  PageTag tag = PageExtractor::TagOf(name);
//              if (tag != PageTag::kOther) extractor.StartTag(tag, attributes, offset);   // or
//              EndTag(tag)
//     if text: if (extractor.WantsText()) extractor.Text(decoded);
//   }
//   HtmlPage page = extractor.Finish();
//
// Order and nesting may be anything; a self-closing svg or math (<svg/>) is fed its EndTag too.
// Contents of script and style are fed as Text between the StartTag and the EndTag of their
// element, where WantsText() says so.
class PageExtractor {
 public:
  // Both must outlive this. document_url is the address that the body came from (after redirects).
  PageExtractor(const Url& document_url, const ExtractOptions& options);
  ~PageExtractor();

  PageExtractor(const PageExtractor&) = delete;
  PageExtractor& operator=(const PageExtractor&) = delete;

  // The tag of a name in any case; kOther for what need not be fed.
  static PageTag TagOf(absl::string_view name);
  static bool WantsTag(absl::string_view name) { return TagOf(name) != PageTag::kOther; }
  // False for tags whose attributes are never read, so that they need not be decoded.
  static bool WantsAttributes(PageTag tag) { return tag > PageTag::kBlock; }
  // True where StartTag and EndTag of kBlock would do something.
  bool WantsBlocks() const { return text_sink_ == TextSink::kAnchor || foreign_depth_ > 0; }
  // False for attributes that no tag is asked for, so that their values need not be decoded. Name
  // in lower-case.
  static bool WantsAttribute(absl::string_view name);
  // Whether StyleAttribute is to be called for the style attribute of every tag, also of those that
  // aren't wanted.
  bool WantsStyleAttributes() const { return wants_style_attributes_; }

  // True where a text at this point would be used: in the title, in an anchor, in a JSON-LD block.
  bool WantsText() const { return text_sink_ != TextSink::kNone; }

  // `position` is the byte offset of the tag's '<'. A second anchor of the same position (the tree
  // builder's copy of it) continues the first. Of attributes with the same name the first counts.
  // The views are not kept.
  void StartTag(PageTag tag, absl::Span<const HtmlAttribute> attributes, uint32_t position);
  void EndTag(PageTag tag);
  void StyleAttribute(absl::string_view css, uint32_t position);
  // Decoded text, in pieces of any size.
  void Text(absl::string_view text);

  // Resolves everything against the document's base URL (HTML section 2.4.3: the first base with an
  // href, unless that is invalid, data: or javascript:, in which case the document's own). Call
  // once.
  HtmlPage Finish();

 private:
  enum class TextSink : uint8_t { kNone, kTitle, kAnchor, kJsonLd, kStyle };
  struct Pending;
  struct State;

  void StartAnchor(absl::Span<const HtmlAttribute> attributes, uint32_t position);
  void StartBlock();
  void StartImage(absl::Span<const HtmlAttribute> attributes, uint32_t position);
  void CloseAnchor();
  void RestoreSink();

  const bool wants_style_attributes_;

  int foreign_depth_ = 0;  // open svg and math elements
  TextSink text_sink_ = TextSink::kNone;
  std::unique_ptr<State> state_;
};

}  // namespace spindle

#endif  // SPINDLE_PARSERS_LINKS_H_
