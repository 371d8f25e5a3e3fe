#include "parsers/html.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parsers/robots_directives.h"
#include "parsers/url.h"

namespace spindle {
namespace {

using ::testing::ElementsAre;

Url PageUrl() { return *Url::Parse("https://example.com/dir/page"); }

HtmlPage Extract(absl::string_view html, const ExtractOptions& options = {}) {
  return ExtractDom(html, PageUrl(), options);
}

std::vector<std::string> UrlsOf(const HtmlPage& page) {
  std::vector<std::string> urls;
  for (const Link& link : page.links) urls.push_back(link.url);
  return urls;
}

std::string TextOf(absl::string_view html) { return Extract(html).text; }

std::string Repeat(absl::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

TEST(HtmlNodeTest, TreeIsWalkedInAllDirections) {
  const HtmlDocument document =
      HtmlDocument::Parse("<body><P id=a CLASS='x y'>one<b>two</b><!--c--></p><x-Y>three");
  const HtmlNode body = document.body();
  ASSERT_TRUE(body);
  EXPECT_EQ(body.tag(), "body");
  EXPECT_EQ(body.child_count(), 2u);
  const HtmlNode p = body.first_child();
  EXPECT_EQ(p.tag(), "p");
  EXPECT_EQ(p.attribute("class"), absl::string_view("x y"));
  EXPECT_FALSE(p.attribute("href").has_value());
  EXPECT_EQ(p.attribute_count(), 2u);
  EXPECT_EQ(p.attribute_at(0).name, "id");
  EXPECT_EQ(p.child(0).text(), "one");
  EXPECT_TRUE(p.child(0).IsText());
  EXPECT_TRUE(p.child(2).IsComment());
  EXPECT_FALSE(p.child(3));
  EXPECT_EQ(p.next_sibling().tag(), "x-y");
  EXPECT_EQ(p.next_sibling().previous_sibling(), p);
  EXPECT_FALSE(p.previous_sibling());
  EXPECT_EQ(p.parent(), body);
  EXPECT_EQ(document.head().tag(), "head");
  EXPECT_EQ(document.html().parent(), document.root());
  EXPECT_FALSE(document.root().parent());

  std::string order;
  for (HtmlNode node = body; node; node = node.NextWithin(body)) {
    absl::StrAppend(&order, node.IsElement() ? node.tag() : node.text(), " ");
  }
  EXPECT_EQ(order, "body p one b two  x-y three ");
  EXPECT_EQ(p.NextAfterWithin(body).tag(), "x-y");
  EXPECT_FALSE(p.NextAfterWithin(p));
}

TEST(HtmlNodeTest, NoNodeAnswersEverything) {
  const HtmlNode none;
  EXPECT_FALSE(none || none.parent() || none.first_child() || none.next_sibling() ||
               none.previous_sibling() || none.NextWithin(none));
  EXPECT_EQ(none.tag(), "");
  EXPECT_EQ(none.text(), "");
  EXPECT_EQ(none.attribute_count(), 0u);
  EXPECT_EQ(none.attribute_at(1).name, "");
  EXPECT_EQ(none.VisibleText(), "");
  EXPECT_EQ(none.RawText(), "");
}

TEST(HtmlNodeTest, ForeignNamesKeepTheirCaseAndPrefix) {
  const HtmlDocument document = HtmlDocument::Parse(
      "<svg viewbox='0 0'><FOREIGNOBJECT></foreignObject><a xlink:HREF=x xml:lang=de></svg>");
  const HtmlNode svg = document.body().first_child();
  EXPECT_EQ(svg.element_namespace(), HtmlNamespace::kSvg);
  EXPECT_EQ(svg.attribute_at(0).name, "viewBox");
  EXPECT_EQ(svg.child(0).tag(), "foreignObject");
  EXPECT_EQ(svg.child(1).attribute("xlink:href"), absl::string_view("x"));
  EXPECT_EQ(svg.child(1).attribute("xml:lang"), absl::string_view("de"));
}

TEST(HtmlDocumentTest, ByteOrderMarkDoesNotOpenTheBody) {
  const HtmlDocument document = HtmlDocument::Parse("\xEF\xBB\xBF<title>x</title>");
  EXPECT_EQ(document.head().first_child().tag(), "title");
  EXPECT_EQ(document.body().child_count(), 0u);
}

TEST(HtmlDocumentTest, DocumentMayBeMovedAndShortInputSurvivesIt) {
  HtmlDocument first = HtmlDocument::Parse("<p>x");
  HtmlDocument document = std::move(first);
  EXPECT_EQ(document.body().first_child().tag(), "p");
  EXPECT_EQ(document.body().RawText(), "x");
}

TEST(HtmlDocumentTest, ArenaServesOneDocumentAfterTheOther) {
  Arena arena;
  for (int i = 0; i < 3; ++i) {
    const HtmlDocument document = HtmlDocument::Parse(absl::StrCat("<p>", i), {}, {}, &arena);
    EXPECT_EQ(document.body().RawText(), absl::StrCat(i));
    EXPECT_EQ(document.tree_bytes(), arena.used_bytes());
  }
}

TEST(HtmlDocumentTest, FramesetInPlaceOfBodyIsFound) {
  const HtmlDocument document = HtmlDocument::Parse("</body><!-- x --><frameset><frame src=a>");
  EXPECT_EQ(document.html().child(1).next_sibling().tag(), "frameset");
  EXPECT_FALSE(document.body());
  EXPECT_THAT(UrlsOf(Extract("</body><!-- x --><frameset><frame src=a>")),
              ElementsAre("https://example.com/dir/a"));
}

TEST(HtmlDocumentTest, AnyBytesAreAccepted) {
  for (const std::string& html :
       {std::string(), std::string("\0", 1), std::string("<\0p\0>", 5), std::string("\xFF\xFE<"),
        std::string("&#"), std::string("&am"), std::string("<!"), std::string("</"),
        std::string("<a href=\"&"), std::string("&#x110000;&#xD800;&#0;")}) {
    const HtmlPage page = Extract(html);
    EXPECT_FALSE(page.truncated);
  }
}

// ---- Text.

TEST(HtmlTextTest, BlocksBreakLinesAndSpacesCollapse) {
  EXPECT_EQ(TextOf("<div> a \n b <div>c</div>d</div><ul><li>e<li>f</ul>g<br>h<br><br><br><br>i"),
            "a b\nc\nd\ne\nf\ng\nh\n\ni");
  EXPECT_EQ(TextOf("<p>one<p>two<h2>three</h2>"), "one\n\ntwo\n\nthree");
  EXPECT_EQ(TextOf("a<b>b</b> <i>c</i><span> d</span>"), "ab c d");
  EXPECT_EQ(TextOf("<table><tr><td>1<td>2<tr><td>3</table>"), "1 2\n3");
}

TEST(HtmlTextTest, PreformattedTextStays) {
  EXPECT_EQ(TextOf("x<pre>\n a\n   b</pre>y  z"), "x\n a\n   b\ny z");
  EXPECT_EQ(TextOf("<textarea> a  b </textarea>"), " a  b ");
}

TEST(HtmlTextTest, WhatIsNotReadIsLeftOut) {
  EXPECT_EQ(TextOf("<title>t</title>a<script>b</script><style>c</style><noscript>d</noscript>"
                   "<template>e</template><iframe>f</iframe><svg><text>g</text></svg>"
                   "<video>h</video><!-- i -->j"),
            "aj");
  EXPECT_EQ(TextOf("<p>x<template shadowrootmode=open>a</template>"), "xa");
}

TEST(HtmlTextTest, TextIsCutAtACharacter) {
  ExtractOptions options;
  options.max_text_bytes = 4;
  EXPECT_EQ(Extract("<p>a \xC3\xA4\xC3\xA4", options).text, "a \xC3\xA4");
  EXPECT_EQ(Extract("<p>ab cd ef", options).text, "ab c");
  EXPECT_EQ(Extract("<p>abcd<p>e", options).text, "abcd");
  options.want_text = false;
  EXPECT_EQ(Extract("<p>a", options).text, "");
}

TEST(HtmlTextTest, RawTextIsAllText) {
  const HtmlDocument document =
      HtmlDocument::Parse("<p>a  b<script>c</script>", {}, HtmlPruning::None());
  EXPECT_EQ(document.root().RawText(), "a  bc");
  EXPECT_EQ(document.root().RawText(3), "a  ");
}

// ---- Extraction.

TEST(HtmlExtractTest, PageGivesAllThatIsAsked) {
  const HtmlPage page = Extract(R"(<!doctype html><html lang="de"><head>
<title>Der &amp; Titel</title><meta name="robots" content="noindex"><base href="/base/">
<meta name="description" content="Worum es geht"><link rel=canonical href="kanonisch">
<script type="application/ld+json">{"@type": "Article"}</script><script>var nothing;</script>
</head><body><nav><a href="eins" rel="ugc" class="x">Eins &gt; <b>Zwei</b></a></nav>
<img src="bild.png" srcset="bild2.png 2x" alt="Bild"></body></html>)");
  EXPECT_EQ(page.metadata.title, "Der & Titel");
  EXPECT_EQ(page.metadata.language, "de");
  EXPECT_EQ(page.metadata.description, "Worum es geht");
  EXPECT_EQ(page.metadata.canonical, "https://example.com/base/kanonisch");
  EXPECT_EQ(page.metadata.robots, kRobotsNoindex);
  EXPECT_THAT(page.json_ld, ElementsAre("{\"@type\": \"Article\"}"));
  EXPECT_EQ(page.text, "Eins > Zwei");
  ASSERT_EQ(page.links.size(), 4u);
  EXPECT_EQ(page.links[1].anchor_text, "Eins > Zwei");
  EXPECT_EQ(page.links[1].rel, kRelUgc);
  EXPECT_EQ(page.links[3].url, "https://example.com/base/bild2.png");
  EXPECT_FALSE(page.truncated);
}

TEST(HtmlExtractTest, QuickAndExactExtractionAgree) {
  const std::string html =
      "<style>a</style><p class=x>a   b<a class=y href=1 data-a='>'>c\n\n d</a><!-- c --><pre>  e"
      "</pre><svg class=z><a xlink:href=2>f</a></svg><script type=application/ld+json>{}</script>";
  const Url url = PageUrl();
  const HtmlPage exact =
      HtmlDocument::Parse(html, {}, HtmlPruning::None()).Extract(url, ExtractOptions());
  const HtmlPage quick = ExtractDom(html, url, ExtractOptions());
  EXPECT_EQ(UrlsOf(quick), UrlsOf(exact));
  EXPECT_EQ(quick.text, exact.text);
  EXPECT_EQ(quick.json_ld, exact.json_ld);
  for (size_t i = 0; i < exact.links.size(); ++i) {
    EXPECT_EQ(quick.links[i].position, exact.links[i].position);
    EXPECT_EQ(quick.links[i].anchor_text, exact.links[i].anchor_text);
  }
}

TEST(HtmlExtractTest, PositionIsTheOffsetOfTheTag) {
  const std::string html =
      "\xEF\xBB\xBF<!-- comment --><style>x</style><p class='a'>a   b<a href=1>c";
  const HtmlPage page = Extract(html);
  ASSERT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.links[0].position, html.find("<a"));
}

TEST(HtmlExtractTest, AnchorCopiedByTheTreeBuilderIsOneLink) {
  const HtmlPage page = Extract("<a href=1>a<p>b</a>c<p>d<a href=2>e<div>f</a>g");
  EXPECT_THAT(UrlsOf(page), ElementsAre("https://example.com/dir/1", "https://example.com/dir/2"));
  EXPECT_EQ(page.links[0].anchor_text, "a b");
  EXPECT_EQ(page.links[1].anchor_text, "e f");
}

TEST(HtmlExtractTest, UnendedAnchorIsOneLinkHoweverOftenItIsCopied) {
  const HtmlPage page = Extract("<a href=1>" + Repeat("<p>x<img src=y></p>", 200));
  size_t anchor_count = 0;
  for (const Link& link : page.links) anchor_count += link.kind == LinkKind::kAnchor;
  EXPECT_EQ(anchor_count, 1u);
}

TEST(HtmlExtractTest, LinksMovedOutOfTablesKeepTheirOrder) {
  EXPECT_THAT(UrlsOf(Extract("<table><tr><td><a href=1>x</a></td></tr><a href=2>y</a></table>")),
              ElementsAre("https://example.com/dir/1", "https://example.com/dir/2"));
}

TEST(HtmlExtractTest, CssLinksComeFromStylesWhereAsked) {
  ExtractOptions options;
  options.want_css_links = true;
  EXPECT_THAT(UrlsOf(Extract("<style>a { b: url(1) }</style><i style='c: url(2)'>", options)),
              ElementsAre("https://example.com/dir/1", "https://example.com/dir/2"));
}

// ---- Limits.

TEST(HtmlLimitsTest, InputOverItsLimitIsCutButKeepsItsLinks) {
  HtmlLimits limits;
  limits.max_input_bytes = 20;
  const HtmlPage page =
      ExtractDom("<p>some text here</p><a href=1>link</a>", PageUrl(), {}, limits);
  EXPECT_TRUE(page.truncated);
  EXPECT_EQ(page.text, "some text here");
  EXPECT_THAT(UrlsOf(page), ElementsAre("https://example.com/dir/1"));
}

TEST(HtmlLimitsTest, TreeOverItsBudgetIsNoneButLinksStay) {
  HtmlLimits limits;
  limits.max_tree_bytes = 100'000;
  const std::string html = "<title>t</title>" + Repeat("<p>x", 2000) + "<a href=1>";
  Arena arena;
  const HtmlDocument document = HtmlDocument::Parse(html, limits, {}, &arena);
  EXPECT_TRUE(document.truncated());
  EXPECT_FALSE(document.root());
  EXPECT_FALSE(document.body());
  EXPECT_LE(document.tree_bytes(), limits.max_tree_bytes);
  const HtmlPage page = ExtractDom(html, PageUrl(), {}, limits, &arena);
  EXPECT_TRUE(page.truncated);
  EXPECT_EQ(page.metadata.title, "t");
  EXPECT_THAT(UrlsOf(page), ElementsAre("https://example.com/dir/1"));
}

int64_t fake_now = 0;
int64_t TickingClock() { return fake_now += 1'000'000; }

TEST(HtmlLimitsTest, TimeOverItsBudgetEndsTheTree) {
  HtmlLimits limits;
  limits.clock = TickingClock;
  limits.max_time = absl::Milliseconds(5);
  const std::string html = Repeat("<p>x", 2000) + "<a href=1>";
  EXPECT_TRUE(HtmlDocument::Parse(html, limits).truncated());
  EXPECT_THAT(UrlsOf(ExtractDom(html, PageUrl(), {}, limits)),
              ElementsAre("https://example.com/dir/1"));
  limits.max_time = absl::Hours(1);
  EXPECT_FALSE(HtmlDocument::Parse(html, limits).truncated());
}

// What is quadratic, recursive or boundless in gumbo itself. No clock: these bounds hold without.
TEST(HtmlLimitsTest, HostilePagesStayWithinTheirBudget) {
  std::string attributes = "<p";
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&attributes, " a", i, "=b");
  const std::string pages[] = {
      Repeat("<ul><li>", 50'000),
      Repeat("<dl><dd>", 50'000),
      Repeat("<div>", 100'000),
      Repeat("<b>", 100'000),
      Repeat("<span>", 100'000),
      Repeat("<table><tr><td>", 20'000),
      Repeat("<svg>", 50'000),
      Repeat("<x/>", 50'000),
      Repeat("<b><i><u><s><em>", 500) + Repeat("<p>", 2000),
      Repeat("<font size=1><b></font>", 50'000),
      Repeat("<b><i></b>", 100'000),
      attributes + "><a href=1>",
      std::string(500'000, '<'),
      Repeat("<p>", 100'000),
      Repeat("</p>", 20'000),
      Repeat("&amp", 100'000),
  };
  Arena arena;
  HtmlLimits limits;
  limits.max_tree_bytes = 16 << 20;
  for (const std::string& page : pages) {
    const HtmlPage extracted = ExtractDom(page + "<a href=/end>", PageUrl(), {}, limits, &arena);
    EXPECT_LE(arena.used_bytes(), limits.max_tree_bytes);
    EXPECT_TRUE(!extracted.links.empty() || absl::StrContains(page, "<<")) << page.substr(0, 20);
  }
}

TEST(HtmlLimitsTest, DeepTreesAreWalkedWithoutStack) {
  HtmlLimits limits;
  limits.max_depth = 20'000;
  const std::string html = Repeat("<div>", 15'000) + "x";
  const HtmlDocument document = HtmlDocument::Parse(html, limits);
  EXPECT_FALSE(document.truncated());
  EXPECT_EQ(document.root().VisibleText(), "x");
  EXPECT_EQ(document.root().RawText(), "x");
  size_t count = 0;
  for (HtmlNode node = document.body(); node; node = node.NextWithin(document.body())) ++count;
  EXPECT_EQ(count, 15'002u);
}

}  // namespace
}  // namespace spindle
