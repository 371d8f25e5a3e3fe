#include "parsers/links.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parsers/robots_directives.h"
#include "parsers/url.h"

namespace spindle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LinksTest : public ::testing::Test {
 protected:
  using Attributes = std::vector<HtmlAttribute>;

  void Start(absl::string_view name, Attributes attributes = {}) {
    StartAt(next_position_++, name, std::move(attributes));
  }
  void StartAt(uint32_t position, absl::string_view name, Attributes attributes = {}) {
    extractor().StartTag(PageExtractor::TagOf(name), attributes, position);
    if (!extractor().WantsStyleAttributes()) return;
    for (const HtmlAttribute& attribute : attributes) {
      if (attribute.name == "style") extractor().StyleAttribute(attribute.value, position);
    }
  }
  void End(absl::string_view name) { extractor().EndTag(PageExtractor::TagOf(name)); }
  void Text(absl::string_view text) { extractor().Text(text); }
  HtmlPage Finish() { return extractor().Finish(); }

  std::vector<std::string> Urls() {
    std::vector<std::string> urls;
    for (const Link& link : Finish().links) urls.push_back(link.url);
    return urls;
  }

  ExtractOptions options_;
  Url url_ = *Url::Parse("https://example.com/dir/page?q#f");

 private:
  PageExtractor& extractor() {
    if (!extractor_) extractor_.emplace(url_, options_);
    return *extractor_;
  }

  std::optional<PageExtractor> extractor_;
  uint32_t next_position_ = 0;
};

TEST_F(LinksTest, AnchorGivesUrlTextAndPosition) {
  StartAt(7, "a", {{"href", " ../x?a=1#frag\n"}, {"rel", "nofollow"}});
  Text("  Hello\n");
  Text(" wor");
  Text("ld ");
  End("a");
  const HtmlPage page = Finish();
  ASSERT_EQ(page.links.size(), 1u);
  const Link& link = page.links[0];
  EXPECT_EQ(link.url, "https://example.com/x?a=1");
  EXPECT_EQ(link.anchor_text, "Hello world");
  EXPECT_EQ(link.position, 7u);
  EXPECT_EQ(link.rel, kRelNofollow);
  EXPECT_EQ(link.kind, LinkKind::kAnchor);
}

TEST_F(LinksTest, EachTagGivesItsKind) {
  const std::pair<const char*, std::pair<Attributes, LinkKind>> cases[] = {
      {"area", {{{"href", "/x"}}, LinkKind::kArea}},
      {"link", {{{"href", "/x"}}, LinkKind::kLink}},
      {"link", {{{"rel", "StyleSheet"}, {"href", "/x"}}, LinkKind::kStyle}},
      {"link", {{{"rel", "shortcut icon"}, {"href", "/x"}}, LinkKind::kImage}},
      {"link", {{{"rel", "preload"}, {"imagesrcset", "/x 2x"}}, LinkKind::kImage}},
      {"img", {{{"src", "/x"}}, LinkKind::kImage}},
      {"img", {{{"srcset", "/x 1x"}}, LinkKind::kImage}},
      {"image", {{{"src", "/x"}}, LinkKind::kImage}},
      {"source", {{{"srcset", "/x 100w"}}, LinkKind::kImage}},
      {"source", {{{"src", "/x"}}, LinkKind::kMedia}},
      {"video", {{{"src", "/x"}}, LinkKind::kMedia}},
      {"video", {{{"poster", "/x"}}, LinkKind::kImage}},
      {"audio", {{{"src", "/x"}}, LinkKind::kMedia}},
      {"track", {{{"src", "/x"}}, LinkKind::kMedia}},
      {"script", {{{"src", "/x"}}, LinkKind::kScript}},
      {"iframe", {{{"src", "/x"}}, LinkKind::kFrame}},
      {"frame", {{{"src", "/x"}}, LinkKind::kFrame}},
      {"embed", {{{"src", "/x"}}, LinkKind::kEmbed}},
      {"object", {{{"data", "/x"}}, LinkKind::kEmbed}},
      {"input", {{{"type", "IMAGE"}, {"src", "/x"}}, LinkKind::kImage}},
      {"body", {{{"background", "/x"}}, LinkKind::kImage}},
  };
  for (const auto& [tag, expected] : cases) {
    const ExtractOptions options;
    PageExtractor extractor(url_, options);
    extractor.StartTag(PageExtractor::TagOf(tag), expected.first, 0);
    const HtmlPage page = extractor.Finish();
    ASSERT_EQ(page.links.size(), 1u) << tag;
    EXPECT_EQ(page.links[0].url, "https://example.com/x") << tag;
    EXPECT_EQ(page.links[0].kind, expected.second) << tag;
    for (const HtmlAttribute& attribute : expected.first) {
      EXPECT_TRUE(extractor.WantsAttribute(attribute.name)) << attribute.name;
    }
  }
}

TEST_F(LinksTest, WhatIsNotALinkIsCounted) {
  for (const char* href : {"javascript:void(0)", "mailto:a@b", "DATA:text/html,x", "tel:1", "",
                           "#top", "http://", "https://exa mple.com/", "ftp://example.com/"}) {
    Start("a", {{"href", href}});
  }
  Start("a");                                    // a placeholder, not even skipped
  Start("a", {{"ping", "/p"}, {"cite", "/c"}});  // neither are pages
  Start("blockquote", {{"cite", "/c"}});
  const HtmlPage page = Finish();
  EXPECT_THAT(page.links, IsEmpty());
  EXPECT_EQ(page.skipped_count, 9u);
}

TEST_F(LinksTest, ConnectionHintsAreNotLinks) {
  Start("link", {{"rel", "dns-prefetch"}, {"href", "//cdn.example.com"}});
  Start("link", {{"rel", "preconnect"}, {"href", "https://cdn.example.com"}});
  EXPECT_THAT(Urls(), IsEmpty());
}

TEST_F(LinksTest, RelTokensAreReadWithoutCase) {
  Start("a", {{"href", "/x"}, {"rel", "NoFollow\tUGC sponsored\nunknown noreferrer next"}});
  EXPECT_EQ(Finish().links[0].rel,
            kRelNofollow | kRelUgc | kRelSponsored | kRelNoopener | kRelNext);
}

// HTML section 2.4.3.
TEST_F(LinksTest, FirstBaseWithHrefCounts) {
  Start("a", {{"href", "early"}});
  Start("base", {{"target", "_blank"}});
  Start("base", {{"href", "/one/"}});
  Start("base", {{"href", "/two/"}});
  Start("a", {{"href", "late"}});
  HtmlPage page = Finish();
  EXPECT_EQ(page.links[0].url, "https://example.com/one/early");
  EXPECT_EQ(page.links[1].url, "https://example.com/one/late");
  EXPECT_EQ(page.metadata.base, "https://example.com/one/");
}

TEST_F(LinksTest, BaseIsFoundByPositionNotByOrderOfEvents) {
  StartAt(20, "base", {{"href", "/late/"}});
  StartAt(10, "base", {{"href", "/early/"}});
  EXPECT_EQ(Finish().metadata.base, "https://example.com/early/");
}

// HTML section 4.2.3, "set the frozen base URL".
TEST_F(LinksTest, BadBaseFallsBackToTheDocument) {
  for (const char* href : {"data:/,test", "javascript:/,test", "https://a b/", "//test:test"}) {
    const ExtractOptions options;
    PageExtractor extractor(url_, options);
    extractor.StartTag(PageTag::kBase, {{"href", href}}, 0);
    extractor.StartTag(PageTag::kBase, {{"href", "/second/"}}, 1);
    extractor.StartTag(PageTag::kA, {{"href", "x"}}, 2);
    const HtmlPage page = extractor.Finish();
    ASSERT_EQ(page.links.size(), 1u);
    EXPECT_EQ(page.links[0].url, "https://example.com/dir/x") << href;
  }
}

TEST_F(LinksTest, FragmentsNameAnotherPageWhereABaseSaysSo) {
  Start("base", {{"href", "/other"}});
  Start("a", {{"href", "#x"}});
  EXPECT_THAT(Urls(), ElementsAre("https://example.com/other"));
}

TEST_F(LinksTest, CredentialsAndFragmentsAreStripped) {
  Start("a", {{"href", "http://user:pw@EXAMPLE.org:80/a b#c"}});
  EXPECT_THAT(Urls(), ElementsAre("http://example.org/a%20b"));
}

TEST_F(LinksTest, LinksAreInOrderOfPosition) {
  StartAt(30, "a", {{"href", "/3"}});
  StartAt(10, "a", {{"href", "/1"}});
  StartAt(20, "img", {{"srcset", "/2a 1x, /2b 2x"}});
  EXPECT_THAT(Urls(), ElementsAre("https://example.com/1", "https://example.com/2a",
                                  "https://example.com/2b", "https://example.com/3"));
}

TEST_F(LinksTest, CopyOfAnAnchorContinuesIt) {
  StartAt(1, "a", {{"href", "/x"}});
  Text("one");
  End("a");
  Start("p");
  StartAt(1, "a", {{"href", "/x"}});
  Text("two");
  End("a");
  const HtmlPage page = Finish();
  ASSERT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.links[0].anchor_text, "one two");
}

TEST_F(LinksTest, CopyWithoutABlockBetweenContinuesTheWord) {
  StartAt(1, "a", {{"href", "/x"}});
  Text("on");
  End("a");
  StartAt(1, "a", {{"href", "/x"}});
  Text("ly");
  EXPECT_EQ(Finish().links[0].anchor_text, "only");
}

TEST_F(LinksTest, BlocksAndImagesSeparateWordsOfAnAnchor) {
  Start("a", {{"href", "/x"}});
  Text("a");
  Start("br");
  Text("b");
  Start("img", {{"alt", "pic"}});
  Text("c");
  Start("span");
  Text("d");
  End("a");
  Text("not this");
  EXPECT_EQ(Finish().links[0].anchor_text, "a b pic cd");
}

TEST_F(LinksTest, ANewAnchorEndsTheOneBefore) {
  Start("a", {{"href", "/1"}});
  Text("one");
  Start("a", {{"href", "/2"}});
  Text("two");
  const HtmlPage page = Finish();
  EXPECT_EQ(page.links[0].anchor_text, "one");
  EXPECT_EQ(page.links[1].anchor_text, "two");
}

TEST_F(LinksTest, ScriptsAndWhatReplacesThemAreNoAnchorText) {
  Start("a", {{"href", "/x"}});
  Text("a");
  Start("script");
  Text("var x;");
  End("script");
  Start("style");
  Text("b {}");
  End("style");
  Start("noscript");
  Start("img", {{"src", "/i"}, {"alt", "pic"}});
  Text("please enable");
  End("noscript");
  Text("b");
  EXPECT_EQ(Finish().links[0].anchor_text, "ab");
}

TEST_F(LinksTest, AreaTextIsItsAlt) {
  Start("area", {{"href", "/1"}, {"alt", "The  map"}});
  EXPECT_EQ(Finish().links[0].anchor_text, "The map");
}

TEST_F(LinksTest, SvgHasItsOwnKinds) {
  Start("svg");
  Start("a", {{"xlink:href", "/a"}});
  Start("a", {{"xlink:href", "/old"}, {"href", "/new"}});
  Start("image", {{"href", "/i"}});
  Start("title");
  Text("icon");
  End("title");
  End("svg");
  Start("a", {{"xlink:href", "/not"}});
  const HtmlPage page = Finish();
  ASSERT_EQ(page.links.size(), 3u);
  EXPECT_EQ(page.links[0].kind, LinkKind::kSvgAnchor);
  EXPECT_EQ(page.links[1].url, "https://example.com/new");
  EXPECT_EQ(page.links[2].kind, LinkKind::kSvgImage);
  EXPECT_EQ(page.metadata.title, "");
}

TEST_F(LinksTest, BlockElementEndsForeignContent) {
  Start("svg");
  Start("div");
  Start("a", {{"href", "/a"}});
  EXPECT_EQ(Finish().links[0].kind, LinkKind::kAnchor);
}

TEST_F(LinksTest, TemplateIsInertUnlessItIsTheShadowTree) {
  Start("template");
  Start("template");
  End("template");
  Start("a", {{"href", "/inert"}});
  Start("base", {{"href", "/inert/"}});
  End("template");
  Start("template", {{"shadowrootmode", "open"}});
  Start("a", {{"href", "live"}});
  EXPECT_THAT(Urls(), ElementsAre("https://example.com/dir/live"));
}

TEST_F(LinksTest, FormIsALinkOnlyWithoutFields) {
  StartAt(10, "form", {{"action", "/go"}});
  StartAt(11, "input", {{"type", "submit"}, {"name", "x"}});
  StartAt(20, "form", {{"action", "/search"}, {"method", "GET"}});
  StartAt(21, "input", {{"name", "q"}});
  StartAt(30, "form", {{"action", "/post"}, {"method", "POST"}});
  StartAt(40, "form", {{"action", "/also"}, {"method", "get"}});
  StartAt(50, "form", {{"method", "get"}});
  StartAt(60, "form", {{"action", "/last"}});
  StartAt(61, "select", {{"name", "s"}});
  std::vector<LinkKind> kinds;
  for (const Link& link : Finish().links) kinds.push_back(link.kind);
  EXPECT_THAT(kinds, ElementsAre(LinkKind::kFormLink, LinkKind::kForm, LinkKind::kForm,
                                 LinkKind::kFormLink, LinkKind::kForm));
}

TEST_F(LinksTest, HeadGivesMetadata) {
  Start("html", {{"lang", " en-GB "}});
  Start("title");
  Text("A \n title");
  End("title");
  Start("title");
  Text("second");
  End("title");
  Start("meta", {{"name", "Description"}, {"content", " What  it is "}});
  Start("meta", {{"property", "og:title"}, {"content", "OG"}});
  Start("meta", {{"http-equiv", "content-language"}, {"content", "fr"}});
  Start("link", {{"rel", "canonical"}, {"href", "/canonical#x"}});
  Start("link", {{"rel", "canonical"}, {"href", "/not-this"}});
  Start("link", {{"rel", "alternate"}, {"hreflang", "de-AT"}, {"href", "/de"}});
  Start("link", {{"rel", "alternate"},
                 {"type", "application/RSS+xml; charset=utf-8"},
                 {"title", "News"},
                 {"href", "/feed"}});
  const HtmlPage page = Finish();
  const HtmlMetadata& metadata = page.metadata;
  EXPECT_EQ(metadata.title, "A title");
  EXPECT_EQ(metadata.description, "What it is");
  EXPECT_EQ(metadata.language, "en-GB");
  EXPECT_EQ(metadata.canonical, "https://example.com/canonical");
  ASSERT_EQ(metadata.meta.size(), 2u);
  EXPECT_EQ(metadata.meta[0].name, "description");
  EXPECT_EQ(metadata.meta[1].content, "OG");
  ASSERT_EQ(metadata.alternates.size(), 1u);
  EXPECT_EQ(metadata.alternates[0].language, "de-AT");
  EXPECT_EQ(metadata.alternates[0].url, "https://example.com/de");
  ASSERT_EQ(metadata.feeds.size(), 1u);
  EXPECT_EQ(metadata.feeds[0].url, "https://example.com/feed");
  EXPECT_EQ(metadata.feeds[0].type, "application/rss+xml");
  EXPECT_EQ(metadata.feeds[0].title, "News");
  EXPECT_EQ(metadata.base, "https://example.com/dir/page?q#f");
  EXPECT_EQ(page.links.size(), 4u);
}

TEST_F(LinksTest, LanguageMayComeFromHttpEquiv) {
  Start("meta", {{"http-equiv", "Content-Language"}, {"content", "fr"}});
  EXPECT_EQ(Finish().metadata.language, "fr");
}

TEST_F(LinksTest, RobotsAreTheUnionOfAllThatIsSaid) {
  Start("meta", {{"name", "ROBOTS"}, {"content", "noarchive"}});
  Start("meta", {{"name", "robots"}, {"content", "index,nofollow"}});
  Start("meta", {{"name", "Spindle"}, {"content", "noindex"}});
  Start("meta", {{"name", "otherbot"}, {"content", "none"}});
  const HtmlPage page = Finish();
  EXPECT_EQ(page.metadata.robots, kRobotsNoarchive | kRobotsNofollow);
  EXPECT_EQ(page.metadata.robots_own, kRobotsNoindex);
}

TEST_F(LinksTest, RefreshIsMetadataAndALink) {
  Start("meta", {{"http-equiv", "Refresh"}, {"content", "5; url='/next'"}});
  Start("meta", {{"http-equiv", "refresh"}, {"content", "1; url=/later"}});
  const HtmlPage page = Finish();
  EXPECT_EQ(page.metadata.refresh_delay, absl::Seconds(5));
  EXPECT_EQ(page.metadata.refresh_url, "https://example.com/next");
  ASSERT_EQ(page.links.size(), 2u);
  EXPECT_EQ(page.links[0].kind, LinkKind::kMetaRefresh);
}

TEST_F(LinksTest, RefreshOfThePageItselfIsNoLink) {
  Start("meta", {{"http-equiv", "refresh"}, {"content", "300"}});
  const HtmlPage page = Finish();
  EXPECT_EQ(page.metadata.refresh_delay, absl::Seconds(300));
  EXPECT_EQ(page.metadata.refresh_url, "");
  EXPECT_THAT(page.links, IsEmpty());
}

TEST_F(LinksTest, RefreshForReadersWithoutScriptsIsOnlyALink) {
  Start("noscript");
  Start("meta", {{"http-equiv", "refresh"}, {"content", "0; url=/plain"}});
  End("noscript");
  const HtmlPage page = Finish();
  EXPECT_FALSE(page.metadata.refresh_delay.has_value());
  EXPECT_EQ(page.links.size(), 1u);
}

TEST_F(LinksTest, JsonLdIsKeptAsWritten) {
  Start("script", {{"type", "application/LD+json"}});
  Text("{\"a\":");
  Text(" 1}");
  End("script");
  Start("script", {{"type", "text/javascript"}});
  Text("var x;");
  End("script");
  EXPECT_THAT(Finish().json_ld, ElementsAre("{\"a\": 1}"));
}

TEST_F(LinksTest, CssGivesLinksWhereAsked) {
  options_.want_css_links = true;
  Start("style");
  Text("@import 'a.css'; b { background: url(b.png) }");
  End("style");
  Start("div");
  Start("span", {{"style", "background: url('c.png')"}});
  Start("a", {{"style", "background: url(d.png)"}});
  EXPECT_THAT(Urls(),
              ElementsAre("https://example.com/dir/a.css", "https://example.com/dir/b.png",
                          "https://example.com/dir/c.png", "https://example.com/dir/d.png"));
}

TEST_F(LinksTest, LimitsHold) {
  options_.max_links = 2;
  options_.max_url_bytes = 40;
  options_.max_anchor_text_bytes = 4;
  options_.max_title_bytes = 3;
  options_.max_meta_count = 1;
  options_.max_json_ld_bytes = 2;
  Start("title");
  Text("abcdef");
  End("title");
  for (const char* name : {"a", "b"}) Start("meta", {{"name", name}, {"content", "x"}});
  Start("script", {{"type", "application/ld+json"}});
  Text("12345");
  End("script");
  Start("a", {{"href", "/very/long/very/long/very/long/very/long/"}});
  Start("a", {{"href", "/1"}});
  Text("ab\xC3\xA4\xC3\xA4");
  Start("a", {{"href", "/2"}});
  Start("a", {{"href", "/3"}});
  const HtmlPage page = Finish();
  EXPECT_EQ(page.links.size(), 2u);
  EXPECT_TRUE(page.links_truncated);
  EXPECT_EQ(page.too_long_count, 1u);
  EXPECT_EQ(page.links[0].anchor_text, "ab\xC3\xA4");
  EXPECT_EQ(page.metadata.title, "abc");
  EXPECT_EQ(page.metadata.meta.size(), 1u);
  EXPECT_THAT(page.json_ld, ElementsAre("12"));
}

TEST_F(LinksTest, OnlyWhatCouldBeFetchedCountsAsTooLong) {
  options_.max_url_bytes = 60;
  const std::string name(50, 'x');
  for (const char* before : {"javascript:", "mailto:", "data:", "/", "//example.org/"}) {
    Start("a", {{"href", absl::StrCat(before, name, name)}});
  }
  // Once it is absolute.
  Start("a", {{"href", name}});
  EXPECT_EQ(Finish().too_long_count, 3u);
}

TEST_F(LinksTest, LongBaseCannotMultiplyMemory) {
  options_.max_links_bytes = 10'000;
  Start("base", {{"href", absl::StrCat("/", std::string(3000, 'x'), "/")}});
  for (int i = 0; i < 100; ++i) Start("a", {{"href", "y"}});
  const HtmlPage page = Finish();
  EXPECT_EQ(page.links.size(), 3u);
  EXPECT_TRUE(page.links_truncated);
}

TEST(PageTagTest, NamesAreReadInAnyCase) {
  EXPECT_EQ(PageExtractor::TagOf("IFrame"), PageTag::kIframe);
  EXPECT_EQ(PageExtractor::TagOf("BLOCKQUOTE"), PageTag::kBlock);
  EXPECT_EQ(PageExtractor::TagOf("template"), PageTag::kTemplate);
  EXPECT_EQ(PageExtractor::TagOf("templates"), PageTag::kOther);
  EXPECT_EQ(PageExtractor::TagOf("span"), PageTag::kOther);
  EXPECT_EQ(PageExtractor::TagOf(""), PageTag::kOther);
  EXPECT_FALSE(PageExtractor::WantsTag("b"));
}

}  // namespace
}  // namespace spindle
