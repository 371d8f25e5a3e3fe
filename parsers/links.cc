#include "parsers/links.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "parsers/css_links.h"
#include "parsers/response_headers.h"
#include "parsers/robots_directives.h"
#include "parsers/srcset.h"
#include "parsers/url.h"

namespace spindle {
namespace {

// ASCII whitespace of the Infra standard: without the vertical tab.
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

absl::string_view Strip(absl::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// The longest prefix of at most max_bytes that doesn't cut a UTF-8 sequence.
absl::string_view CutAtCharacter(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xC0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

constexpr uint64_t Lower(char c) {
  return static_cast<uint64_t>(static_cast<unsigned char>(c) | 0x20);
}

// Up to eight characters as a number, in lower case, so that a name is compared in one step. Names
// have no NUL, so that the length needs no comparison of its own.
constexpr uint64_t Pack(const char* name, size_t size) {
  uint64_t packed = 0;
  for (size_t i = 0; i < size; ++i) packed |= Lower(name[i]) << (8 * i);
  return packed;
}

constexpr uint64_t operator""_tag(const char* name, size_t size) { return Pack(name, size); }

// Says that a link element names a server and nothing to fetch. Never leaves this file.
constexpr uint32_t kRelConnect = 1u << 31;

struct RelName {
  absl::string_view name;
  uint32_t rel;
};

constexpr RelName kRelNames[] = {
    {"nofollow", kRelNofollow},
    {"noopener", kRelNoopener},
    {"noreferrer", kRelNoopener},
    {"ugc", kRelUgc},
    {"sponsored", kRelSponsored},
    {"canonical", kRelCanonical},
    {"next", kRelNext},
    {"prev", kRelPrev},
    {"previous", kRelPrev},
    {"alternate", kRelAlternate},
    {"stylesheet", kRelStylesheet},
    {"icon", kRelIcon},
    {"apple-touch-icon", kRelIcon},
    {"apple-touch-icon-precomposed", kRelIcon},
    {"mask-icon", kRelIcon},
    {"preload", kRelPreload},
    {"modulepreload", kRelPreload},
    {"prefetch", kRelPreload},
    {"prerender", kRelPreload},
    {"dns-prefetch", kRelConnect},
    {"preconnect", kRelConnect},
    {"amphtml", kRelAmphtml},
    {"manifest", kRelManifest},
    {"license", kRelLicense},
    {"author", kRelAuthor},
    {"me", kRelMe},
    {"tag", kRelTag},
    {"search", kRelSearch},
};

uint32_t ParseRel(absl::string_view value) {
  uint32_t rel = 0;
  size_t at = 0;
  while (at < value.size()) {
    while (at < value.size() && IsSpace(value[at])) ++at;
    const size_t start = at;
    while (at < value.size() && !IsSpace(value[at])) ++at;
    const absl::string_view word = value.substr(start, at - start);
    for (const RelName& name : kRelNames) {
      if (word.size() == name.name.size() && absl::EqualsIgnoreCase(word, name.name)) {
        rel |= name.rel;
        break;
      }
    }
  }
  return rel;
}

// The media type of a type attribute without its parameters.
absl::string_view Essence(absl::string_view type) { return Strip(type.substr(0, type.find(';'))); }

bool IsFeedType(absl::string_view type) {
  return absl::EqualsIgnoreCase(type, "application/rss+xml") ||
         absl::EqualsIgnoreCase(type, "application/atom+xml") ||
         absl::EqualsIgnoreCase(type, "application/feed+json");
}

bool IsAnchor(LinkKind kind) { return kind == LinkKind::kAnchor || kind == LinkKind::kSvgAnchor; }

// A control that a form sends or that a user would fill in (HTML section 4.10.21.4).
bool IsFieldType(absl::string_view type) {
  return !absl::EqualsIgnoreCase(type, "submit") && !absl::EqualsIgnoreCase(type, "button") &&
         !absl::EqualsIgnoreCase(type, "image") && !absl::EqualsIgnoreCase(type, "reset");
}

// The values of one tag's attributes that matter, by one pass over them.
class Attributes {
 public:
  explicit Attributes(absl::Span<const HtmlAttribute> attributes) : attributes_(attributes) {}

  const absl::string_view* Find(absl::string_view name) const {
    for (const HtmlAttribute& attribute : attributes_) {
      if (attribute.name == name) return &attribute.value;
    }
    return nullptr;
  }
  absl::string_view Get(absl::string_view name) const {
    const absl::string_view* const value = Find(name);
    return value != nullptr ? *value : absl::string_view();
  }

 private:
  absl::Span<const HtmlAttribute> attributes_;
};

// Appends words to a string with one space between them, up to a number of bytes.
class WordWriter {
 public:
  void Restart(size_t max_bytes) {
    left_bytes_ = max_bytes;
    has_text_ = space_pending_ = false;
  }

  void Break() { space_pending_ = has_text_; }

  void Append(absl::string_view text, std::string* out) {
    size_t at = 0;
    while (at < text.size() && left_bytes_ > 0) {
      if (IsSpace(text[at])) {
        Break();
        ++at;
        continue;
      }
      const size_t start = at;
      while (at < text.size() && !IsSpace(text[at])) ++at;
      AppendWord(text.substr(start, at - start), out);
    }
  }

 private:
  void AppendWord(absl::string_view word, std::string* out) {
    if (space_pending_) {
      out->push_back(' ');
      --left_bytes_;
      space_pending_ = false;
    }
    const absl::string_view part = CutAtCharacter(word, left_bytes_);
    out->append(part.data(), part.size());
    has_text_ = true;
    left_bytes_ = part.size() < word.size() ? 0 : left_bytes_ - part.size();
  }

  size_t left_bytes_ = 0;
  bool has_text_ = false;
  bool space_pending_ = false;
};

}  // namespace

// A link before its URL is resolved: its strings are ranges of State::raw.
struct PageExtractor::Pending {
  uint32_t position = 0;
  uint32_t url_begin = 0;
  uint32_t url_size = 0;
  uint32_t text_begin = 0;
  uint32_t text_size = 0;
  uint32_t rel = 0;
  LinkKind kind = LinkKind::kAnchor;
};

struct PageExtractor::State {
  static constexpr size_t kNone = ~size_t{0};
  // How far back the anchor is looked for that the tree builder copied.
  static constexpr size_t kCopyDistance = 64;

  // A link element that metadata speaks of too; resolved in Finish.
  struct Reference {
    enum class Kind : uint8_t { kCanonical, kAlternate, kFeed };
    Kind kind = Kind::kCanonical;
    std::string url;
    std::string detail;  // language or media type
    std::string title;
  };

  State(const Url& url, const ExtractOptions& extract_options)
      : document_url(url), options(extract_options) {}

  const Url& document_url;
  const ExtractOptions& options;

  HtmlPage page;
  std::vector<Pending> pending;
  std::string raw;  // URLs as written
  std::string anchor_text;
  std::vector<Reference> references;
  std::vector<uint32_t> field_positions;
  std::optional<std::pair<uint32_t, std::string>> base;  // position, href
  std::string refresh_url;
  std::string style;
  uint32_t style_position = 0;

  size_t open_anchor = kNone;
  WordWriter words;  // of the open anchor
  WordWriter title_words;
  std::string html_language;
  size_t json_ld_bytes = 0;
  int template_depth = 0;
  int noscript_depth = 0;
  bool has_title = false;
  bool block_seen = false;  // since the last anchor was closed

  void AddLink(absl::string_view url, LinkKind kind, uint32_t rel, uint32_t position);
  void CountIfTooLong(absl::string_view url, const Url& base_url);
  void AddSrcset(absl::string_view srcset, uint32_t position);
  void AddCss(absl::string_view css, uint32_t position);
  void AddMeta(const Attributes& attributes, uint32_t position);
  void AddLinkElement(const Attributes& attributes, uint32_t position);
  void AddForm(const Attributes& attributes, uint32_t position);
  void OpenAnchor(absl::string_view href, LinkKind kind, uint32_t rel, uint32_t position);
  bool ContinueAnchor(uint32_t position);
  void MarkFormsWithFields();
  void Resolve(const Url& base_url);
};

PageExtractor::PageExtractor(const Url& document_url, const ExtractOptions& options)
    : wants_style_attributes_(options.want_css_links),
      state_(std::make_unique<State>(document_url, options)) {}

PageExtractor::~PageExtractor() = default;

PageTag PageExtractor::TagOf(absl::string_view name) {
  if (name.empty() || name.size() > 8) {
    return absl::EqualsIgnoreCase(name, "blockquote") || absl::EqualsIgnoreCase(name, "figcaption")
               ? PageTag::kBlock
               : PageTag::kOther;
  }
  switch (Pack(name.data(), name.size())) {
    case "a"_tag:
      return PageTag::kA;
    case "area"_tag:
      return PageTag::kArea;
    case "audio"_tag:
      return PageTag::kAudio;
    case "base"_tag:
      return PageTag::kBase;
    case "body"_tag:
      return PageTag::kBody;
    case "button"_tag:
      return PageTag::kButton;
    case "embed"_tag:
      return PageTag::kEmbed;
    case "form"_tag:
      return PageTag::kForm;
    case "frame"_tag:
      return PageTag::kFrame;
    case "html"_tag:
      return PageTag::kHtml;
    case "iframe"_tag:
      return PageTag::kIframe;
    case "image"_tag:
      return PageTag::kImage;
    case "img"_tag:
      return PageTag::kImg;
    case "input"_tag:
      return PageTag::kInput;
    case "link"_tag:
      return PageTag::kLink;
    case "math"_tag:
      return PageTag::kMath;
    case "meta"_tag:
      return PageTag::kMeta;
    case "noscript"_tag:
      return PageTag::kNoscript;
    case "object"_tag:
      return PageTag::kObject;
    case "script"_tag:
      return PageTag::kScript;
    case "select"_tag:
      return PageTag::kSelect;
    case "source"_tag:
      return PageTag::kSource;
    case "style"_tag:
      return PageTag::kStyle;
    case "svg"_tag:
      return PageTag::kSvg;
    case "template"_tag:
      return PageTag::kTemplate;
    case "textarea"_tag:
      return PageTag::kTextarea;
    case "title"_tag:
      return PageTag::kTitle;
    case "track"_tag:
      return PageTag::kTrack;
    case "video"_tag:
      return PageTag::kVideo;
    case "address"_tag:
    case "article"_tag:
    case "aside"_tag:
    case "br"_tag:
    case "caption"_tag:
    case "center"_tag:
    case "dd"_tag:
    case "details"_tag:
    case "dialog"_tag:
    case "dir"_tag:
    case "div"_tag:
    case "dl"_tag:
    case "dt"_tag:
    case "fieldset"_tag:
    case "figure"_tag:
    case "footer"_tag:
    case "h1"_tag:
    case "h2"_tag:
    case "h3"_tag:
    case "h4"_tag:
    case "h5"_tag:
    case "h6"_tag:
    case "header"_tag:
    case "hgroup"_tag:
    case "hr"_tag:
    case "legend"_tag:
    case "li"_tag:
    case "main"_tag:
    case "menu"_tag:
    case "nav"_tag:
    case "ol"_tag:
    case "optgroup"_tag:
    case "option"_tag:
    case "p"_tag:
    case "pre"_tag:
    case "section"_tag:
    case "summary"_tag:
    case "table"_tag:
    case "tbody"_tag:
    case "td"_tag:
    case "tfoot"_tag:
    case "th"_tag:
    case "thead"_tag:
    case "tr"_tag:
    case "ul"_tag:
      return PageTag::kBlock;
    default:
      return PageTag::kOther;
  }
}

bool PageExtractor::WantsAttribute(absl::string_view name) {
  if (name.size() > 8) {
    return name == "background" || name == "http-equiv" || name == "xlink:href" ||
           name == "imagesrcset" || name == "shadowrootmode";
  }
  switch (Pack(name.data(), name.size())) {
    case "action"_tag:
    case "alt"_tag:
    case "content"_tag:
    case "data"_tag:
    case "href"_tag:
    case "hreflang"_tag:
    case "lang"_tag:
    case "method"_tag:
    case "name"_tag:
    case "poster"_tag:
    case "property"_tag:
    case "rel"_tag:
    case "src"_tag:
    case "srcset"_tag:
    case "title"_tag:
    case "type"_tag:
      return true;
    default:
      return false;
  }
}

void PageExtractor::State::AddLink(absl::string_view url, LinkKind kind, uint32_t rel,
                                   uint32_t position) {
  url = Strip(url);
  // Embedded images can be most of a page: not worth a copy.
  if (url.empty() || absl::StartsWithIgnoreCase(url, "data:")) {
    ++page.skipped_count;
    return;
  }
  if (pending.size() >= options.max_links || url.size() > options.max_url_bytes) {
    page.links_truncated = true;
    CountIfTooLong(url, document_url);
    return;
  }
  Pending link;
  link.position = position;
  link.url_begin = static_cast<uint32_t>(raw.size());
  link.url_size = static_cast<uint32_t>(url.size());
  link.rel = rel;
  link.kind = kind;
  raw.append(url.data(), url.size());
  pending.push_back(link);
}

void PageExtractor::State::CountIfTooLong(absl::string_view url, const Url& base_url) {
  if (IsOnlyTooLong(url, &base_url, {options.max_url_bytes})) ++page.too_long_count;
}

void PageExtractor::State::AddSrcset(absl::string_view srcset, uint32_t position) {
  ForEachImageCandidate(srcset, [&](const ImageCandidate& candidate) {
    AddLink(candidate.url, LinkKind::kImage, 0, position);
  });
}

void PageExtractor::State::AddCss(absl::string_view css, uint32_t position) {
  CssLinkOptions css_options;
  css_options.max_links = options.max_links;
  css_options.max_url_bytes = options.max_url_bytes;
  for (const CssLink& link : FindCssLinks(css, css_options)) {
    AddLink(link.url, LinkKind::kStyle, 0, position);
  }
}

void PageExtractor::State::AddMeta(const Attributes& attributes, uint32_t position) {
  const absl::string_view content = Strip(attributes.Get("content"));
  const absl::string_view http_equiv = Strip(attributes.Get("http-equiv"));
  if (absl::EqualsIgnoreCase(http_equiv, "refresh")) {
    // What a reader without scripts is sent to says nothing about the page itself, but is a link.
    const std::optional<Refresh> refresh = ParseRefresh(content);
    if (!refresh) return;
    if (!refresh->url.empty()) AddLink(refresh->url, LinkKind::kMetaRefresh, 0, position);
    if (noscript_depth > 0 || page.metadata.refresh_delay) return;
    page.metadata.refresh_delay = refresh->delay;
    refresh_url = std::string(CutAtCharacter(refresh->url, options.max_url_bytes));
    return;
  }
  if (absl::EqualsIgnoreCase(http_equiv, "content-language") && page.metadata.language.empty()) {
    page.metadata.language = std::string(CutAtCharacter(content, options.max_meta_bytes));
  }
  absl::string_view name = Strip(attributes.Get("name"));
  if (name.empty()) name = Strip(attributes.Get("property"));
  if (name.empty()) return;
  if (absl::EqualsIgnoreCase(name, "robots")) {
    page.metadata.robots |= ParseRobotsDirectives(content);
  } else if (absl::EqualsIgnoreCase(name, options.product_token)) {
    page.metadata.robots_own |= ParseRobotsDirectives(content);
  } else if (absl::EqualsIgnoreCase(name, "description") && page.metadata.description.empty()) {
    WordWriter description;
    description.Restart(options.max_description_bytes);
    description.Append(content, &page.metadata.description);
  }
  if (page.metadata.meta.size() >= options.max_meta_count) return;
  page.metadata.meta.push_back({absl::AsciiStrToLower(CutAtCharacter(name, options.max_meta_bytes)),
                                std::string(CutAtCharacter(content, options.max_meta_bytes))});
}

void PageExtractor::State::AddLinkElement(const Attributes& attributes, uint32_t position) {
  const uint32_t rel = ParseRel(attributes.Get("rel"));
  const absl::string_view href = Strip(attributes.Get("href"));
  if (const absl::string_view* const srcset = attributes.Find("imagesrcset")) {
    AddSrcset(*srcset, position);
  }
  // Hints of a connection name a server, not something to fetch.
  if (href.empty() || (rel & kRelConnect) != 0) return;
  AddLink(href,
          (rel & kRelStylesheet) != 0 ? LinkKind::kStyle
          : (rel & kRelIcon) != 0     ? LinkKind::kImage
                                      : LinkKind::kLink,
          rel, position);
  if (href.size() > options.max_url_bytes || references.size() >= options.max_meta_count) return;
  Reference reference;
  reference.url = std::string(href);
  if ((rel & kRelCanonical) != 0) {
    reference.kind = Reference::Kind::kCanonical;
    references.push_back(reference);
  }
  if ((rel & kRelAlternate) == 0 || (rel & kRelStylesheet) != 0) return;
  if (const absl::string_view language = Strip(attributes.Get("hreflang")); !language.empty()) {
    reference.kind = Reference::Kind::kAlternate;
    reference.detail = std::string(CutAtCharacter(language, options.max_meta_bytes));
    references.push_back(reference);
  }
  if (const absl::string_view type = Essence(attributes.Get("type")); IsFeedType(type)) {
    reference.kind = Reference::Kind::kFeed;
    reference.detail = absl::AsciiStrToLower(type);
    reference.title = std::string(CutAtCharacter(attributes.Get("title"), options.max_title_bytes));
    references.push_back(std::move(reference));
  }
}

void PageExtractor::State::AddForm(const Attributes& attributes, uint32_t position) {
  const absl::string_view action = Strip(attributes.Get("action"));
  if (action.empty()) return;  // the page itself
  // HTML section 4.10.18.6: the invalid value default of method is GET.
  const absl::string_view method = attributes.Get("method");
  const bool is_get =
      !absl::EqualsIgnoreCase(method, "post") && !absl::EqualsIgnoreCase(method, "dialog");
  AddLink(action, is_get ? LinkKind::kFormLink : LinkKind::kForm, 0, position);
}

void PageExtractor::State::OpenAnchor(absl::string_view href, LinkKind kind, uint32_t rel,
                                      uint32_t position) {
  const size_t index = pending.size();
  AddLink(href, kind, rel, position);
  open_anchor = pending.size() > index ? index : kNone;
  if (open_anchor == kNone) return;
  pending.back().text_begin = static_cast<uint32_t>(anchor_text.size());
  words.Restart(options.max_anchor_text_bytes);
}

// The text of an anchor is one range of anchor_text: a copy that continues an earlier anchor takes
// that one's text along to the end.
bool PageExtractor::State::ContinueAnchor(uint32_t position) {
  const size_t first = pending.size() - std::min(pending.size(), kCopyDistance);
  for (size_t i = pending.size(); i-- > first;) {
    Pending& link = pending[i];
    if (link.position != position || !IsAnchor(link.kind)) continue;
    const std::string text = anchor_text.substr(link.text_begin, link.text_size);
    link.text_begin = static_cast<uint32_t>(anchor_text.size());
    link.text_size = 0;
    open_anchor = i;
    words.Restart(options.max_anchor_text_bytes);
    words.Append(text, &anchor_text);
    if (block_seen) words.Break();
    link.text_size = static_cast<uint32_t>(anchor_text.size()) - link.text_begin;
    return true;
  }
  return false;
}

void PageExtractor::CloseAnchor() {
  State& state = *state_;
  if (state.open_anchor == State::kNone) return;
  Pending& link = state.pending[state.open_anchor];
  link.text_size = static_cast<uint32_t>(state.anchor_text.size()) - link.text_begin;
  state.open_anchor = State::kNone;
  state.block_seen = false;
  if (text_sink_ == TextSink::kAnchor) text_sink_ = TextSink::kNone;
}

void PageExtractor::StartBlock() {
  state_->words.Break();
  state_->block_seen = true;
  // These end svg and math in the tree too (HTML section 13.2.6.5).
  foreign_depth_ = 0;
}

void PageExtractor::StartTag(PageTag tag, absl::Span<const HtmlAttribute> attribute_list,
                             uint32_t position) {
  if (tag == PageTag::kBlock) {
    StartBlock();
    return;
  }
  State& state = *state_;
  const Attributes attributes(attribute_list);
  // The content of a template is inert unless it is the shadow tree of the page itself.
  if (tag == PageTag::kTemplate) {
    if (state.template_depth > 0 || attributes.Find("shadowrootmode") == nullptr) {
      ++state.template_depth;
    }
    return;
  }
  if (state.template_depth > 0) return;
  const auto add = [&](absl::string_view name, LinkKind kind) {
    if (const absl::string_view* const url = attributes.Find(name)) {
      state.AddLink(*url, kind, 0, position);
    }
  };
  switch (tag) {
    case PageTag::kA:
      StartAnchor(attribute_list, position);
      break;
    case PageTag::kArea:
      if (const absl::string_view* const href = attributes.Find("href")) {
        const size_t count = state.pending.size();
        state.AddLink(*href, LinkKind::kArea, ParseRel(attributes.Get("rel")), position);
        if (state.pending.size() == count) break;
        WordWriter words;
        words.Restart(state.options.max_anchor_text_bytes);
        CloseAnchor();
        Pending& link = state.pending.back();
        link.text_begin = static_cast<uint32_t>(state.anchor_text.size());
        words.Append(attributes.Get("alt"), &state.anchor_text);
        link.text_size = static_cast<uint32_t>(state.anchor_text.size()) - link.text_begin;
      }
      break;
    case PageTag::kAudio:
    case PageTag::kTrack:
      add("src", LinkKind::kMedia);
      break;
    case PageTag::kBase:
      if (const absl::string_view* const href = attributes.Find("href")) {
        if (!state.base || position < state.base->first) {
          state.base.emplace(position, std::string(Strip(*href)));
        }
      }
      break;
    case PageTag::kBody:
      add("background", LinkKind::kImage);
      break;
    case PageTag::kEmbed:
      add("src", LinkKind::kEmbed);
      break;
    case PageTag::kForm:
      state.AddForm(attributes, position);
      break;
    case PageTag::kFrame:
    case PageTag::kIframe:
      add("src", LinkKind::kFrame);
      break;
    case PageTag::kHtml:
      if (const absl::string_view* const language = attributes.Find("lang")) {
        if (state.html_language.empty()) {
          state.html_language =
              std::string(CutAtCharacter(Strip(*language), state.options.max_meta_bytes));
        }
      }
      break;
    case PageTag::kImage:
      if (foreign_depth_ > 0) {
        const bool has_href = attributes.Find("href") != nullptr;
        add(has_href ? "href" : "xlink:href", LinkKind::kSvgImage);
        break;
      }
      [[fallthrough]];  // HTML section 13.2.6.4.7: "image" is "img". Don't ask.
    case PageTag::kImg:
      StartImage(attribute_list, position);
      break;
    case PageTag::kInput:
      if (absl::EqualsIgnoreCase(attributes.Get("type"), "image")) {
        add("src", LinkKind::kImage);
        break;
      }
      if (!IsFieldType(attributes.Get("type"))) break;
      [[fallthrough]];
    case PageTag::kSelect:
    case PageTag::kTextarea:
      if (!attributes.Get("name").empty() &&
          state.field_positions.size() < state.options.max_links) {
        state.field_positions.push_back(position);
      }
      break;
    case PageTag::kLink:
      state.AddLinkElement(attributes, position);
      break;
    case PageTag::kMath:
    case PageTag::kSvg:
      ++foreign_depth_;
      break;
    case PageTag::kMeta:
      state.AddMeta(attributes, position);
      break;
    case PageTag::kNoscript:
      ++state.noscript_depth;
      break;
    case PageTag::kObject:
      add("data", LinkKind::kEmbed);
      break;
    case PageTag::kScript:
      add("src", LinkKind::kScript);
      text_sink_ = TextSink::kNone;
      if (state.options.want_json_ld && foreign_depth_ == 0 &&
          absl::EqualsIgnoreCase(Essence(attributes.Get("type")), "application/ld+json") &&
          state.json_ld_bytes < state.options.max_json_ld_bytes) {
        state.page.json_ld.emplace_back();
        text_sink_ = TextSink::kJsonLd;
      }
      break;
    case PageTag::kSource:
      add("src", LinkKind::kMedia);
      if (const absl::string_view* const srcset = attributes.Find("srcset")) {
        state.AddSrcset(*srcset, position);
      }
      break;
    case PageTag::kStyle:
      state.style.clear();
      state.style_position = position;
      text_sink_ = state.options.want_css_links ? TextSink::kStyle : TextSink::kNone;
      break;
    case PageTag::kTitle:
      if (foreign_depth_ > 0 || state.has_title) break;
      state.has_title = true;
      state.title_words.Restart(state.options.max_title_bytes);
      text_sink_ = TextSink::kTitle;
      break;
    case PageTag::kVideo:
      add("src", LinkKind::kMedia);
      add("poster", LinkKind::kImage);
      break;
    case PageTag::kButton:
    case PageTag::kTemplate:
    case PageTag::kBlock:
    case PageTag::kOther:
      break;
  }
}

void PageExtractor::StyleAttribute(absl::string_view css, uint32_t position) {
  if (state_->template_depth == 0) state_->AddCss(css, position);
}

void PageExtractor::StartAnchor(absl::Span<const HtmlAttribute> attribute_list, uint32_t position) {
  State& state = *state_;
  const Attributes attributes(attribute_list);
  CloseAnchor();
  const absl::string_view* href = attributes.Find("href");
  if (href == nullptr && foreign_depth_ > 0) href = attributes.Find("xlink:href");
  if (href == nullptr) return;
  if (!state.ContinueAnchor(position)) {
    state.OpenAnchor(*href, foreign_depth_ > 0 ? LinkKind::kSvgAnchor : LinkKind::kAnchor,
                     ParseRel(attributes.Get("rel")), position);
  }
  if (state.open_anchor != State::kNone && text_sink_ == TextSink::kNone) {
    text_sink_ = TextSink::kAnchor;
  }
}

void PageExtractor::StartImage(absl::Span<const HtmlAttribute> attribute_list, uint32_t position) {
  State& state = *state_;
  const Attributes attributes(attribute_list);
  if (const absl::string_view* const src = attributes.Find("src")) {
    state.AddLink(*src, LinkKind::kImage, 0, position);
  }
  if (const absl::string_view* const srcset = attributes.Find("srcset")) {
    state.AddSrcset(*srcset, position);
  }
  if (text_sink_ != TextSink::kAnchor || state.noscript_depth > 0) return;
  state.words.Break();
  Text(attributes.Get("alt"));
  state.words.Break();
}

void PageExtractor::EndTag(PageTag tag) {
  State& state = *state_;
  if (tag == PageTag::kTemplate) {
    state.template_depth = std::max(0, state.template_depth - 1);
    return;
  }
  if (state.template_depth > 0) return;
  switch (tag) {
    case PageTag::kBlock:
      state.words.Break();
      state.block_seen = true;
      break;
    case PageTag::kA:
      CloseAnchor();
      break;
    case PageTag::kMath:
    case PageTag::kSvg:
      foreign_depth_ = std::max(0, foreign_depth_ - 1);
      break;
    case PageTag::kNoscript:
      state.noscript_depth = std::max(0, state.noscript_depth - 1);
      break;
    case PageTag::kScript:
      RestoreSink();
      break;
    case PageTag::kStyle:
      if (text_sink_ == TextSink::kStyle) state.AddCss(state.style, state.style_position);
      RestoreSink();
      break;
    case PageTag::kTitle:
      if (text_sink_ == TextSink::kTitle) RestoreSink();
      break;
    default:
      break;
  }
}

void PageExtractor::RestoreSink() {
  text_sink_ = state_->open_anchor != State::kNone ? TextSink::kAnchor : TextSink::kNone;
}

void PageExtractor::Text(absl::string_view text) {
  State& state = *state_;
  if (state.template_depth > 0) return;
  switch (text_sink_) {
    case TextSink::kNone:
      break;
    case TextSink::kTitle:
      state.title_words.Append(text, &state.page.metadata.title);
      break;
    case TextSink::kAnchor:
      // What stands in for scripts repeats what is there already, mostly the alt of an image.
      if (state.noscript_depth == 0) state.words.Append(text, &state.anchor_text);
      break;
    case TextSink::kJsonLd: {
      const absl::string_view part =
          CutAtCharacter(text, state.options.max_json_ld_bytes - state.json_ld_bytes);
      state.page.json_ld.back().append(part.data(), part.size());
      state.json_ld_bytes += part.size();
      break;
    }
    case TextSink::kStyle:
      state.style.append(text.data(), text.size());
      break;
  }
}

// A form with a field between it and the next form is not a link. Judged by position, because the
// tree moves forms and fields out of tables and the tokenizer doesn't.
void PageExtractor::State::MarkFormsWithFields() {
  std::sort(field_positions.begin(), field_positions.end());
  size_t field = 0;
  for (size_t i = 0; i < pending.size(); ++i) {
    if (pending[i].kind != LinkKind::kFormLink) continue;
    while (field < field_positions.size() && field_positions[field] < pending[i].position) ++field;
    if (field == field_positions.size()) return;
    size_t next = i + 1;
    while (next < pending.size() && pending[next].kind != LinkKind::kFormLink &&
           pending[next].kind != LinkKind::kForm) {
      ++next;
    }
    if (next == pending.size() || field_positions[field] < pending[next].position) {
      pending[i].kind = LinkKind::kForm;
    }
    i = next - 1;
  }
}

void PageExtractor::State::Resolve(const Url& base_url) {
  const UrlLimits limits{options.max_url_bytes};
  size_t left_bytes = options.max_links_bytes;
  page.links.reserve(pending.size());
  const Pending* previous = nullptr;
  for (const Pending& link : pending) {
    // A copy of an anchor that was too far away to be continued.
    if (previous != nullptr && link.position == previous->position && IsAnchor(link.kind) &&
        IsAnchor(previous->kind)) {
      continue;
    }
    previous = &link;
    const absl::string_view written = absl::string_view(raw).substr(link.url_begin, link.url_size);
    if (written.front() == '#' && !base) {
      ++page.skipped_count;
      continue;
    }
    const std::optional<Url> url = Url::ParseCrawlable(written, &base_url, limits);
    if (!url) {
      ++page.skipped_count;
      CountIfTooLong(written, base_url);
      continue;
    }
    Link resolved;
    resolved.url = url->FetchHref();
    const size_t bytes = resolved.url.size() + link.text_size;
    if (bytes > left_bytes) {
      page.links_truncated = true;
      break;
    }
    left_bytes -= bytes;
    resolved.anchor_text = anchor_text.substr(link.text_begin, link.text_size);
    resolved.position = link.position;
    resolved.rel = link.rel & ~kRelConnect;
    resolved.kind = link.kind;
    page.links.push_back(std::move(resolved));
  }
}

HtmlPage PageExtractor::Finish() {
  State& state = *state_;
  CloseAnchor();
  HtmlMetadata& metadata = state.page.metadata;
  if (!state.html_language.empty()) metadata.language = std::move(state.html_language);

  std::optional<Url> base;
  if (state.base) {
    base = Url::Parse(state.base->second, &state.document_url);
    if (base && (base->scheme() == "data" || base->scheme() == "javascript")) base.reset();
  }
  const Url& base_url = base ? *base : state.document_url;
  metadata.base = base_url.href();

  const auto by_position = [](const Pending& a, const Pending& b) {
    return a.position < b.position;
  };
  if (!std::is_sorted(state.pending.begin(), state.pending.end(), by_position)) {
    std::stable_sort(state.pending.begin(), state.pending.end(), by_position);
  }
  state.MarkFormsWithFields();
  state.Resolve(base_url);

  const UrlLimits limits{state.options.max_url_bytes};
  const auto absolute = [&](absl::string_view url) {
    const std::optional<Url> parsed = Url::ParseCrawlable(url, &base_url, limits);
    return parsed ? parsed->FetchHref() : std::string();
  };
  if (!state.refresh_url.empty()) metadata.refresh_url = absolute(state.refresh_url);
  for (State::Reference& reference : state.references) {
    std::string url = absolute(reference.url);
    if (url.empty()) continue;
    switch (reference.kind) {
      case State::Reference::Kind::kCanonical:
        if (metadata.canonical.empty()) metadata.canonical = std::move(url);
        break;
      case State::Reference::Kind::kAlternate:
        metadata.alternates.push_back({std::move(reference.detail), std::move(url)});
        break;
      case State::Reference::Kind::kFeed:
        metadata.feeds.push_back(
            {std::move(url), std::move(reference.detail), std::move(reference.title)});
        break;
    }
  }
  return std::move(state.page);
}

}  // namespace spindle
