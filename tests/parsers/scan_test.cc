#include "parsers/scan.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/url.h"

namespace spindle {
namespace {

HtmlPage Scan(absl::string_view html, const ExtractOptions& options = {}) {
  const Url url = *Url::Parse("http://h/d/p");
  return ScanPage(html, url, options);
}

// The links' addresses behind "http://h/d/", joined by spaces.
std::string Links(absl::string_view html) {
  std::string out;
  for (const Link& link : Scan(html).links) {
    absl::string_view url = link.url;
    if (url.substr(0, 11) == "http://h/d/") url.remove_prefix(11);
    absl::StrAppend(&out, out.empty() ? "" : " ", url);
  }
  return out;
}

TEST(ScanTest, FindsLinksWithTheirKindTextAndPlace) {
  const HtmlPage page = Scan("<p><a href='x?a=1&amp;b' rel=nofollow>one <b>two</b></a><img src=y>");
  ASSERT_EQ(page.links.size(), 2u);
  EXPECT_EQ(page.links[0].url, "http://h/d/x?a=1&b");
  EXPECT_EQ(page.links[0].kind, LinkKind::kAnchor);
  EXPECT_EQ(page.links[0].anchor_text, "one two");
  EXPECT_EQ(page.links[0].position, 3u);
  EXPECT_EQ(page.links[0].rel, kRelNofollow);
  EXPECT_EQ(page.links[1].url, "http://h/d/y");
  EXPECT_EQ(page.links[1].kind, LinkKind::kImage);
}

TEST(ScanTest, FindsHeadMetadata) {
  const HtmlPage page = Scan(
      "<!doctype html><html lang=de><head><title>a &amp; <b></title><base href=/b/>"
      "<meta name=description content='c  d'><link rel=canonical href=e></head>");
  EXPECT_EQ(page.metadata.title, "a & <b>");
  EXPECT_EQ(page.metadata.language, "de");
  EXPECT_EQ(page.metadata.description, "c d");
  EXPECT_EQ(page.metadata.canonical, "http://h/b/e");
  EXPECT_FALSE(page.truncated);
}

TEST(ScanTest, AnchorTextSkipsScriptsAndBreaksAtBlocks) {
  const HtmlPage page = Scan("<a href=x>a<div>b</div>c<!-- d --><svg><path/></svg>&lt;</a>");
  ASSERT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.links[0].anchor_text, "a b c<");
}

TEST(ScanTest, WhatABrowserHidesIsNoAnchorText) {
  const HtmlPage page =
      Scan("<a href=x>a<iframe>b</iframe><script>c</script><style>d</style>e</a>");
  ASSERT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.links[0].anchor_text, "ae");
}

TEST(ScanTest, StyleLinksAreFoundWhereTheyAreWanted) {
  const char* const html =
      "<style>@import 'x';</style><p STYLE='a:url(y)'><svg><g style='a:url(&quot;z&quot;)'>";
  EXPECT_EQ(Links(html), "");
  ExtractOptions options;
  options.want_css_links = true;
  const HtmlPage page = Scan(html, options);
  ASSERT_EQ(page.links.size(), 3u);
  for (const Link& link : page.links) EXPECT_EQ(link.kind, LinkKind::kStyle);
  EXPECT_EQ(page.links[2].url, "http://h/d/z");
}

TEST(ScanTest, NothingInRawTextIsALink) {
  EXPECT_EQ(Links("<script>'<a href=1>'</script><style><a href=2></style><textarea><a href=3>"
                  "</textarea><title><a href=4></title><xmp><a href=5></xmp><iframe><a href=6>"
                  "</iframe><noembed><a href=7></noembed><noframes><a href=8></noframes>"
                  "<!-- <a href=9> --><a href=x>"),
            "x");
  EXPECT_EQ(Links("<plaintext><a href=1>"), "");
}

TEST(ScanTest, NoscriptIsOrdinaryContent) {
  EXPECT_EQ(Links("<noscript><img src=x></noscript>"), "x");
}

TEST(ScanTest, AByteOrderMarkIsSkipped) { EXPECT_EQ(Links("\xEF\xBB\xBF<a href=x>"), "x"); }

TEST(ScanTest, AnUnfinishedTagGivesNoLink) { EXPECT_EQ(Links("<a href=x><a href=y"), "x"); }

TEST(ScanTest, AttributesDecodeAtOnceWithoutTouchingEachOther) {
  EXPECT_EQ(Links("<IMG SRC='a&amp;b' SRCSET='c&amp;d 1x, e&amp;f 2x'>"), "a&b c&d e&f");
}

// HTML 13.2.6.5: style and title are ordinary elements in svg, so their content has tags.
TEST(ScanTest, SvgHasNoRawText) {
  EXPECT_EQ(Links("<svg><style><a href=x></style></svg>"), "x");
  EXPECT_EQ(Links("<svg/><style><a href=x></style>"), "");
  EXPECT_EQ(Links("<svg><style/><a href=x></a></svg><style><a href=y></style>"), "x");
}

TEST(ScanTest, SvgHasCdata) {
  EXPECT_EQ(Links("<svg><![CDATA[<a href=x>]]><a href=y></svg><![CDATA[<a href=z>]]>"), "y");
}

TEST(ScanTest, HtmlTagsEndSvg) {
  EXPECT_EQ(Links("<svg><p><style><a href=x></style><a href=y>"), "y");
  EXPECT_EQ(Links("<div><svg></div><style><a href=x></style><a href=y>"), "y");
}

// HTML 13.2.6.5, "any other end tag": it ends what it finds open.
TEST(ScanTest, EndTagsOfElementsAroundSvgEndIt) {
  EXPECT_EQ(Links("<a href=x><svg></a><style><a href=y></style>"), "x");
  EXPECT_EQ(Links("<svg></a><style><a href=y></style>"), "y");
  EXPECT_EQ(Links("<a href=x><svg><a href=y></a><style><a href=z></style>"), "x y z");
  EXPECT_EQ(Links("<form><svg></form><style><a href=y></style>"), "");
  EXPECT_EQ(Links("<svg></form></svg><title><a href=y></title>"), "");
}

TEST(ScanTest, EndTagsOfNoOpenSvgAreNothing) {
  EXPECT_EQ(Links("<math></svg><style><a href=x></style></math><style><a href=y></style>"), "x");
  EXPECT_EQ(Links("</svg></math></template><svg><image href=x></svg>"), "x");
}

TEST(ScanTest, HtmlStandsAgainInsideForeignObject) {
  EXPECT_EQ(Links("<svg><foreignObject><style><a href=x></style></foreignObject>"
                  "<style><a href=y></style></svg>"),
            "y");
  EXPECT_EQ(Links("<math><mi><style><a href=x></style></mi><style><a href=y></style></math>"), "y");
  EXPECT_EQ(Links("<math><foreignObject><style><a href=x>"), "x");
}

TEST(ScanTest, TitleOfAnSvgIsNotThePages) {
  EXPECT_EQ(Scan("<svg><title>icon</title></svg><title>page</title>").metadata.title, "page");
}

TEST(ScanTest, SvgLinksHaveTheirKinds) {
  const HtmlPage page =
      Scan("<svg><a xlink:href=x></a><image xlink:href=y /></svg><a href=z><image src=w>");
  ASSERT_EQ(page.links.size(), 4u);
  EXPECT_EQ(page.links[0].kind, LinkKind::kSvgAnchor);
  EXPECT_EQ(page.links[1].kind, LinkKind::kSvgImage);
  EXPECT_EQ(page.links[2].kind, LinkKind::kAnchor);
  EXPECT_EQ(page.links[3].kind, LinkKind::kImage);
}

// HTML 13.2.6.4.7, "a start tag whose tag name is form".
TEST(ScanTest, AFormInAFormIsIgnored) {
  EXPECT_EQ(Links("<form action=x><form action=y></form><form action=z>"), "x z");
}

// HTML 13.2.6.4.16.
TEST(ScanTest, TagsInASelectAreIgnored) {
  EXPECT_EQ(Links("<select><a href=x><option><img src=y></select><a href=z>"), "z");
  EXPECT_EQ(Links("<select><input type=image src=x><a href=y>"), "x y");
  EXPECT_EQ(Links("<select><select><a href=x>"), "x");
  EXPECT_EQ(Links("<select><script src=x></script>"), "x");
}

TEST(ScanTest, FramesCountInAFramesetOnly) {
  EXPECT_EQ(Links("<frameset><frame src=x></frameset>"), "x");
  EXPECT_EQ(Links("<p><frame src=x>"), "");
}

TEST(ScanTest, TemplatesOfSvgAreOrdinary) {
  EXPECT_EQ(Links("<svg><template><image href=x></template></svg>"), "x");
}

TEST(ScanTest, AFormInATemplateIsItsOwn) {
  EXPECT_EQ(Links("<form action=x><template><form></form></template><form action=y></form>"), "x");
}

TEST(ScanTest, ImageIsImgOutsideSvg) {
  EXPECT_EQ(Links("<image src=x><svg><desc><image src=y></desc><image src=z></svg>"), "x y");
}

TEST(ScanTest, TemplatesAreInert) {
  EXPECT_EQ(Links("<template><a href=x><template></template><a href=y></template><a href=z>"), "z");
}

TEST(ScanTest, AcceptsAnyBytes) {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(i * 37 % 256));
  Scan(bytes);
  EXPECT_EQ(Links("<a href='\xFF'>"), "%FF");
  EXPECT_EQ(Scan("").links.size(), 0u);
}

TEST(ScanTest, KeepsToTheLimitOfLinks) {
  ExtractOptions options;
  options.max_links = 2;
  const HtmlPage page = Scan("<a href=x><a href=y><a href=z>", options);
  EXPECT_EQ(page.links.size(), 2u);
  EXPECT_TRUE(page.links_truncated);
}

// A quadratic scan would need hours for these.
TEST(ScanTest, HostileInputsTakeLinearTime) {
  for (const char* unit :
       {"<", "<a href=x>", "<a href='", "<svg>", "<svg><title>", "<math><mi>", "<form action=x>",
        "<select>", "<template>", "<a href=x>a ", "<img srcset='a, b'", "<title>", "<base href=x>",
        "<svg><a href=x>", "<svg><foreignObject><svg></p>", "<meta name=a content=b>", "<b>",
        "&a"}) {
    std::string html;
    while (html.size() < 1 << 20) html += unit;
    EXPECT_LE(Scan(html).links.size(), ExtractOptions().max_links) << unit;
  }
}

}  // namespace
}  // namespace spindle
