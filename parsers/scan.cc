#include "parsers/scan.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "parsers/html_tokenizer.h"
#include "parsers/url.h"

namespace spindle {
namespace {

constexpr HtmlTagSet kTagsWithLinks = {
    HtmlTag::kA,        HtmlTag::kArea,     HtmlTag::kAudio,  HtmlTag::kBase,   HtmlTag::kBody,
    HtmlTag::kEmbed,    HtmlTag::kForm,     HtmlTag::kFrame,  HtmlTag::kHtml,   HtmlTag::kIframe,
    HtmlTag::kImage,    HtmlTag::kImg,      HtmlTag::kInput,  HtmlTag::kLink,   HtmlTag::kMeta,
    HtmlTag::kObject,   HtmlTag::kScript,   HtmlTag::kSelect, HtmlTag::kSource, HtmlTag::kStyle,
    HtmlTag::kTemplate, HtmlTag::kTextarea, HtmlTag::kTrack,  HtmlTag::kVideo,
};
// Those that change how what follows is read.
constexpr HtmlTagSet kTagsWithState = {
    HtmlTag::kFrameset,  HtmlTag::kMath, HtmlTag::kNoembed, HtmlTag::kNoframes, HtmlTag::kNoscript,
    HtmlTag::kPlaintext, HtmlTag::kSvg,  HtmlTag::kTitle,   HtmlTag::kXmp,
};
constexpr HtmlTagSet kEndTagsWithState = {
    HtmlTag::kA,        HtmlTag::kForm,     HtmlTag::kFrameset, HtmlTag::kMath,
    HtmlTag::kNoscript, HtmlTag::kScript,   HtmlTag::kSelect,   HtmlTag::kStyle,
    HtmlTag::kSvg,      HtmlTag::kTemplate, HtmlTag::kTitle,
};

PageTag PageTagOf(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kA:
      return PageTag::kA;
    case HtmlTag::kArea:
      return PageTag::kArea;
    case HtmlTag::kAudio:
      return PageTag::kAudio;
    case HtmlTag::kBase:
      return PageTag::kBase;
    case HtmlTag::kBody:
      return PageTag::kBody;
    case HtmlTag::kButton:
      return PageTag::kButton;
    case HtmlTag::kEmbed:
      return PageTag::kEmbed;
    case HtmlTag::kForm:
      return PageTag::kForm;
    case HtmlTag::kFrame:
      return PageTag::kFrame;
    case HtmlTag::kHtml:
      return PageTag::kHtml;
    case HtmlTag::kIframe:
      return PageTag::kIframe;
    case HtmlTag::kImage:
      return PageTag::kImage;
    case HtmlTag::kImg:
      return PageTag::kImg;
    case HtmlTag::kInput:
      return PageTag::kInput;
    case HtmlTag::kLink:
      return PageTag::kLink;
    case HtmlTag::kMath:
      return PageTag::kMath;
    case HtmlTag::kMeta:
      return PageTag::kMeta;
    case HtmlTag::kNoscript:
      return PageTag::kNoscript;
    case HtmlTag::kObject:
      return PageTag::kObject;
    case HtmlTag::kScript:
      return PageTag::kScript;
    case HtmlTag::kSelect:
      return PageTag::kSelect;
    case HtmlTag::kSource:
      return PageTag::kSource;
    case HtmlTag::kStyle:
      return PageTag::kStyle;
    case HtmlTag::kSvg:
      return PageTag::kSvg;
    case HtmlTag::kTemplate:
      return PageTag::kTemplate;
    case HtmlTag::kTextarea:
      return PageTag::kTextarea;
    case HtmlTag::kTitle:
      return PageTag::kTitle;
    case HtmlTag::kTrack:
      return PageTag::kTrack;
    case HtmlTag::kVideo:
      return PageTag::kVideo;
    default:
      return PageTag::kOther;
  }
}

// HTML 13.2.6.5: a start tag with one of these names ends svg and math around it.
bool EndsForeignContent(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {
      "b",      "big",  "blockquote", "body",  "br",   "center", "code",    "dd",   "div",
      "dl",     "dt",   "em",         "embed", "h1",   "h2",     "h3",      "h4",   "h5",
      "h6",     "head", "hr",         "i",     "img",  "li",     "listing", "menu", "meta",
      "nobr",   "ol",   "p",          "pre",   "ruby", "s",      "small",   "span", "strong",
      "strike", "sub",  "sup",        "table", "tt",   "u",      "ul",      "var",
  };
  for (const absl::string_view candidate : kNames) {
    if (candidate.size() == name.size() && absl::EqualsIgnoreCase(candidate, name)) return true;
  }
  return false;
}

class PageScanner {
 public:
  // `offset` is where `utf8` begins in the document.
  PageScanner(absl::string_view utf8, uint32_t offset, const Url& document_url,
              const ExtractOptions& options)
      : offset_(offset), tokenizer_(utf8), extractor_(document_url, options) {}

  HtmlPage Scan() {
    HtmlToken token;
    for (SetFilter(); tokenizer_.Next(&token); SetFilter()) {
      switch (token.kind) {
        case HtmlToken::Kind::kStartTag:
          StartTag(token);
          break;
        case HtmlToken::Kind::kEndTag:
          EndTag(token);
          break;
        case HtmlToken::Kind::kText:
          Text(token);
          break;
        case HtmlToken::Kind::kComment:
        case HtmlToken::Kind::kDoctype:
          break;
      }
    }
    return extractor_.Finish();
  }

 private:
  // An element whose inside is read by other rules: svg and math, and in them the places where HTML
  // stands again (the standard's integration points).
  struct ForeignElement {
    HtmlTag tag;
    bool is_html_inside;
  };

  bool InForeignContent() const { return !foreign_.empty() && !foreign_.back().is_html_inside; }

  // Everything is looked at only where it matters: in an anchor or a title for its text, in svg and
  // math for the tags that end them.
  void SetFilter() {
    const bool wants_text = extractor_.WantsText();
    const bool wants_all = wants_text || !foreign_.empty();
    if (wants_text == wants_text_ && wants_all == wants_all_) return;
    wants_text_ = wants_text;
    wants_all_ = wants_all;
    tokenizer_.set_filter(MakeFilter());
  }

  HtmlTokenizer::Filter MakeFilter() const {
    HtmlTokenizer::Filter filter;
    const bool wants_styles = extractor_.WantsStyleAttributes();
    filter.attributes = wants_styles ? HtmlTagSet::All() : kTagsWithLinks;
    filter.start_tags =
        wants_all_ || wants_styles ? HtmlTagSet::All() : kTagsWithLinks | kTagsWithState;
    filter.end_tags = wants_all_ ? HtmlTagSet::All() : kEndTagsWithState;
    filter.text = wants_text_;
    filter.comments = false;
    filter.doctypes = false;
    return filter;
  }

  void Text(const HtmlToken& token) {
    if (token.content == HtmlContent::kRawtext && !raw_text_is_seen_) return;
    absl::string_view text = HtmlText(token.source, token.content, &text_);
    // HTML 13.2.6.4.7: NUL is ignored in a body.
    if (text.find('\0') != absl::string_view::npos) {
      without_nul_.assign(text.data(), text.size());
      without_nul_.erase(std::remove(without_nul_.begin(), without_nul_.end(), '\0'),
                         without_nul_.end());
      text = without_nul_;
    }
    extractor_.Text(text);
  }

  void StartTag(const HtmlToken& token) {
    if (InForeignContent()) {
      if (!EndsForeignContent(token.source)) return StartForeignTag(token);
      LeaveForeignContent();
    }
    if (in_select_ && template_depth_ == 0 && !LeavesSelect(token)) return;
    switch (token.tag) {
      case HtmlTag::kForm:
        // HTML 13.2.6.4.7: a form inside a form is ignored, but for templates.
        if (template_depth_ == 0) {
          if (in_form_) return;
          in_form_ = true;
        }
        break;
      case HtmlTag::kA:
        in_anchor_ = true;
        break;
      case HtmlTag::kFrame:
        // Outside a frameset it is ignored.
        if (frameset_depth_ == 0) return;
        break;
      case HtmlTag::kFrameset:
        ++frameset_depth_;
        break;
      case HtmlTag::kTemplate:
        ++template_depth_;
        break;
      case HtmlTag::kSelect:
        // A template's own is not followed: nothing in it is a link.
        in_select_ = in_select_ || template_depth_ == 0;
        break;
      case HtmlTag::kSvg:
      case HtmlTag::kMath:
        EnterForeignContent(token);
        return;
      case HtmlTag::kTitle:
      case HtmlTag::kTextarea:
        tokenizer_.SetContent(HtmlContent::kRcdata);
        break;
      case HtmlTag::kStyle:
      case HtmlTag::kXmp:
      case HtmlTag::kIframe:
      case HtmlTag::kNoembed:
      case HtmlTag::kNoframes:
        tokenizer_.SetContent(HtmlContent::kRawtext);
        // What stands in the others is for browsers that lack them.
        raw_text_is_seen_ = token.tag == HtmlTag::kStyle || token.tag == HtmlTag::kXmp;
        break;
      case HtmlTag::kScript:
        tokenizer_.SetContent(HtmlContent::kScript);
        break;
      case HtmlTag::kPlaintext:
        tokenizer_.SetContent(HtmlContent::kPlaintext);
        break;
      default:
        break;
    }
    Feed(token);
  }

  // HTML 13.2.6.4.16: in a select, only script and template are what they are elsewhere; these
  // others end it.
  bool LeavesSelect(const HtmlToken& token) {
    switch (token.tag) {
      case HtmlTag::kScript:
      case HtmlTag::kTemplate:
        return true;
      case HtmlTag::kSelect:
        in_select_ = false;
        return false;
      case HtmlTag::kInput:
      case HtmlTag::kTextarea:
        in_select_ = false;
        return true;
      default:
        return false;
    }
  }

  void EnterForeignContent(const HtmlToken& token) {
    Feed(token);
    if (token.self_closing) {
      extractor_.EndTag(PageTagOf(token.tag));
      return;
    }
    foreign_.push_back({token.tag, false});
    foreign_anchor_count_ = 0;
    tokenizer_.set_allow_cdata(true);
  }

  // HTML 13.2.6.5, "any other start tag".
  void StartForeignTag(const HtmlToken& token) {
    if (token.tag == HtmlTag::kSvg || token.tag == HtmlTag::kMath) {
      if (foreign_.size() < kMaxForeignDepth) EnterForeignContent(token);
      return;
    }
    if (token.tag == HtmlTag::kTemplate) return;  // nothing special here
    Feed(token);
    if (token.self_closing) {
      extractor_.EndTag(PageTagOf(token.tag));
    } else if (token.tag == HtmlTag::kA) {
      ++foreign_anchor_count_;
    } else if (IsIntegrationPoint(token.tag) && foreign_.size() < kMaxForeignDepth) {
      foreign_.push_back({token.tag, true});
      tokenizer_.set_allow_cdata(false);
    }
  }

  bool IsIntegrationPoint(HtmlTag tag) const {
    switch (tag) {
      case HtmlTag::kForeignObject:
      case HtmlTag::kDesc:
      case HtmlTag::kTitle:
        return foreign_.back().tag == HtmlTag::kSvg;
      case HtmlTag::kMi:
      case HtmlTag::kMn:
      case HtmlTag::kMo:
      case HtmlTag::kMs:
      case HtmlTag::kMtext:
      case HtmlTag::kAnnotationXml:
        return foreign_.back().tag == HtmlTag::kMath;
      default:
        return false;
    }
  }

  void LeaveForeignContent() {
    while (InForeignContent()) PopForeign();
  }

  void PopForeign() {
    extractor_.EndTag(PageTagOf(foreign_.back().tag));
    foreign_.pop_back();
    tokenizer_.set_allow_cdata(InForeignContent());
  }

  void EndTag(const HtmlToken& token) {
    if (!foreign_.empty()) {
      const auto open = std::find_if(foreign_.rbegin(), foreign_.rend(),
                                     [&](const ForeignElement& e) { return e.tag == token.tag; });
      if (open != foreign_.rend()) {
        for (auto left = open - foreign_.rbegin() + 1; left > 0; --left) PopForeign();
        return;
      }
      if (InForeignContent() && EndsElementAround(token)) LeaveForeignContent();
    }
    // None of these is open: the extractor, which counts them, must not hear of it.
    if (token.tag == HtmlTag::kSvg || token.tag == HtmlTag::kMath) return;
    switch (token.tag) {
      case HtmlTag::kA:
        in_anchor_ = false;
        break;
      case HtmlTag::kForm:
        in_form_ = in_form_ && template_depth_ > 0;
        break;
      case HtmlTag::kFrameset:
        frameset_depth_ = std::max(0, frameset_depth_ - 1);
        break;
      case HtmlTag::kTemplate:
        template_depth_ = std::max(0, template_depth_ - 1);
        break;
      case HtmlTag::kSelect:
        in_select_ = in_select_ && template_depth_ > 0;
        break;
      default:
        break;
    }
    const PageTag tag = PageTagOf(token);
    if (tag != PageTag::kOther) extractor_.EndTag(tag);
  }

  // Whether an end tag in svg or math is one of an element around them, which closes with all that
  // is in it. Which ones are open is not known: it is taken that pages close what they opened.
  bool EndsElementAround(const HtmlToken& token) {
    switch (token.tag) {
      case HtmlTag::kA:
        if (foreign_anchor_count_ == 0) return in_anchor_;
        --foreign_anchor_count_;
        return false;
      case HtmlTag::kForm:
        return in_form_;
      case HtmlTag::kButton:
        return true;
      default:
        return token.tag == HtmlTag::kOther &&
               (EndsForeignContent(token.source) ||
                PageExtractor::TagOf(token.source) == PageTag::kBlock);
    }
  }

  PageTag PageTagOf(HtmlTag tag) const { return spindle::PageTagOf(tag); }

  // "image" is "img" but in svg (HTML 13.2.6.4.7). Block elements have no HtmlTag: they matter only
  // between the words of an anchor.
  PageTag PageTagOf(const HtmlToken& token) const {
    if (token.tag == HtmlTag::kImage && !InForeignContent()) return PageTag::kImg;
    if (token.tag != HtmlTag::kOther) return spindle::PageTagOf(token.tag);
    return wants_text_ ? PageExtractor::TagOf(token.source) : PageTag::kOther;
  }

  void Feed(const HtmlToken& token) {
    const auto position =
        static_cast<uint32_t>(offset_ + tokenizer_.OffsetOf(token.source.data()) - 1);
    if (extractor_.WantsStyleAttributes()) FeedStyle(*token.attributes, position);
    const PageTag tag = PageTagOf(token);
    if (tag == PageTag::kOther) return;
    DecodeAttributes(*token.attributes);
    extractor_.StartTag(tag, attributes_, position);
  }

  void FeedStyle(const std::vector<HtmlSourceAttribute>& attributes, uint32_t position) {
    for (const HtmlSourceAttribute& attribute : attributes) {
      if (!absl::EqualsIgnoreCase(attribute.name, "style")) continue;
      extractor_.StyleAttribute(HtmlAttributeValue(attribute.value, &text_), position);
      return;
    }
  }

  void DecodeAttributes(const std::vector<HtmlSourceAttribute>& source) {
    attributes_.clear();
    if (scratch_.size() < 2 * source.size()) scratch_.resize(2 * source.size());
    std::string* scratch = scratch_.data();
    for (const HtmlSourceAttribute& attribute : source) {
      const absl::string_view name = HtmlName(attribute.name, scratch++);
      if (!extractor_.WantsAttribute(name)) continue;
      attributes_.push_back({name, HtmlAttributeValue(attribute.value, scratch++)});
    }
  }

  // Deeper ones are read as if they were not there.
  static constexpr size_t kMaxForeignDepth = 64;

  const uint32_t offset_;
  HtmlTokenizer tokenizer_;
  PageExtractor extractor_;

  std::vector<ForeignElement> foreign_;
  int foreign_anchor_count_ = 0;  // open a elements of the innermost svg
  int template_depth_ = 0;
  int frameset_depth_ = 0;
  bool in_anchor_ = false;
  bool in_form_ = false;
  bool in_select_ = false;
  bool raw_text_is_seen_ = false;  // by a reader: the text of the last element with kRawtext

  bool wants_text_ = true;  // what the tokenizer's filter was last made for
  bool wants_all_ = true;

  // Reused from tag to tag.
  std::vector<HtmlAttribute> attributes_;
  std::vector<std::string> scratch_;
  std::string text_;
  std::string without_nul_;
};

}  // namespace

HtmlPage ScanPage(absl::string_view utf8, const Url& document_url, const ExtractOptions& options) {
  constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const size_t begin = absl::StartsWith(utf8, kByteOrderMark) ? kByteOrderMark.size() : 0;
  // Positions are 32 bits wide.
  utf8 = utf8.substr(0, std::numeric_limits<uint32_t>::max());
  return PageScanner(utf8.substr(begin), static_cast<uint32_t>(begin), document_url, options)
      .Scan();
}

}  // namespace spindle
