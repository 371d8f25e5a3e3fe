#include "parsers/html_prune.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/html.h"
#include "tests/testing/html_dump.h"

namespace spindle {
namespace {

HtmlPruneOptions AllTexts() {
  HtmlPruneOptions options;
  options.scripts = options.styles = options.comments = true;
  return options;
}

HtmlPruneOptions ForExtraction() {
  HtmlPruneOptions options = AllTexts();
  options.for_extraction = true;
  return options;
}

std::string Prune(absl::string_view html, const HtmlPruneOptions& options = AllTexts()) {
  return PruneHtml(html, options).html;
}

TEST(HtmlPruneTest, ScriptsStylesAndCommentsAreEmptied) {
  EXPECT_EQ(Prune("a<script src=x>var y;</script>b<style>p {}</style>c<!-- long comment -->d"),
            "a<script src=x></script>b<style></style>c<!---->d");
}

TEST(HtmlPruneTest, NothingIsPrunedUnasked) {
  const std::string html =
      "<P CLASS=x>a  b<script>x</script><style>y</style><!-- long comment --></P><x/>";
  EXPECT_EQ(Prune(html, HtmlPruneOptions()),
            "<p CLASS=x>a  b<script>x</script><style>y</style><!-- long comment --></P><x/>");
}

TEST(HtmlPruneTest, JsonLdStaysUnlessItIsRefused) {
  const std::string html = "<script type='application/LD+json'>{}</script>";
  EXPECT_EQ(Prune(html), html);
  HtmlPruneOptions options = AllTexts();
  options.json_ld = true;
  EXPECT_EQ(Prune(html, options), "<script type='application/LD+json'></script>");
}

TEST(HtmlPruneTest, EndTagWithoutANameIsNothing) {
  EXPECT_EQ(Prune("</>a </>b<svg></></svg>", HtmlPruneOptions()), "a b<svg></svg>");
  EXPECT_EQ(Prune("a</><math></math>"), "a<math></math>");
  for (const char* html : {"<</>p>", "&am</>p;"}) EXPECT_EQ(Prune(html), html);
}

TEST(HtmlPruneTest, EndTagsHaveNoAttributes) {
  EXPECT_EQ(Prune("</p a='>'></svg/svg></x >", HtmlPruneOptions()), "</p></svg></x>");
}

// HTML section 13.2.5.80: outside the Unicode range is U+FFFD.
TEST(HtmlPruneTest, NumbersBeyondUnicodeAreReplaced) {
  for (const char* reference : {"&#x110000;", "&#1114112;", "&#xFFFFFFFFFFFFFFFF;", "&#99999999"}) {
    const std::string html =
        absl::StrCat("<title>", reference, "</title><p a='", reference, "'>", reference, " b");
    const HtmlDocument document = HtmlDocument::Parse(html);
    const HtmlNode p = document.body().first_child();
    EXPECT_EQ(document.head().RawText(), "\xEF\xBF\xBD") << reference;
    EXPECT_EQ(p.attribute("a"), absl::string_view("\xEF\xBF\xBD")) << reference;
    EXPECT_EQ(p.RawText(), "\xEF\xBF\xBD b") << reference;
  }
  EXPECT_EQ(Prune("&#x10FFFF;&#1114111;"), "&#x10FFFF;&#1114111;");
}

TEST(HtmlPruneTest, FirstOfRepeatedAttributesStays) {
  EXPECT_EQ(Prune("<a =x b A=1 =X B='2' href=y a>", HtmlPruneOptions()), "<a =x b A=1 href=y >");
  const HtmlDocument document = HtmlDocument::Parse("<a x x href='y'>");
  EXPECT_EQ(document.body().first_child().attribute("href"), absl::string_view("y"));
}

TEST(HtmlPruneTest, AttributeWithNulInFrontIsNotTheOneWithout) {
  EXPECT_EQ(Prune(absl::string_view("<a \0href=x>", 11), HtmlPruneOptions()), "<a >");
}

TEST(HtmlPruneTest, ByteOrderMarkIsLeftOut) {
  EXPECT_EQ(Prune("\xEF\xBB\xBF<p>", HtmlPruneOptions()), "<p>");
}

// HTML sections 13.2.5.4 and 13.2.5.15 to 31: each of these is one script element, and then x.
TEST(HtmlPruneTest, ScriptEndsWhereTheTokenizerEndsIt) {
  for (const char* content : {
           "</scriptx></ script><\\/script>",
           "<!-- <script> </script> -->",
           "<!-- <script> </script> </scripty>",
           "<!--<script></script/ -->",
           "<!-->",
           "<!--->",
           "<!-- --><script>",
           "<!--<scripty>",
           "<!--<script <script></script> ",
           "<!--<script></SCRIPT\n",
           "<! <script>",
           "<!-<script>",
       }) {
    const std::string html = absl::StrCat("<script>", content, "</script>x");
    EXPECT_EQ(Prune(html), "<script></script>x") << content;
    const HtmlDocument exact = HtmlDocument::Parse(html, {}, HtmlPruning::None());
    EXPECT_EQ(exact.body().RawText(), "x") << content;
  }
}

TEST(HtmlPruneTest, UnendedScriptTakesTheRest) {
  EXPECT_EQ(Prune("<script>a</scrip"), "<script>");
  EXPECT_EQ(Prune("<script><!--<script></script>a"), "<script>");
}

// HTML sections 13.2.5.43 to 52.
TEST(HtmlPruneTest, CommentEndsWhereTheTokenizerEndsIt) {
  EXPECT_EQ(Prune("<!-->a b c d e-->"), "<!-->a b c d e-->");
  EXPECT_EQ(Prune("<!--->a b c d-->"), "<!--->a b c d-->");
  EXPECT_EQ(Prune("<!-- a --!>b"), "<!---->b");
  EXPECT_EQ(Prune("<!-- a -- > -->b"), "<!---->b");
  EXPECT_EQ(Prune("<!----- a ----->b"), "<!---->b");
  EXPECT_EQ(Prune("<!-- not ended --"), "<!---->");
  EXPECT_EQ(Prune("<! no comment -- > -->"), "<! no comment -- > -->");
}

TEST(HtmlPruneTest, QuotesHideMarkupOnlyInValues) {
  EXPECT_EQ(Prune("<p a='<script>'>x<!-- comment -->"), "<p a='<script>'>x<!---->");
  EXPECT_EQ(Prune("<p a\"<script>\">x<script>y</script>"), "<p a\"<script>\">x<script></script>");
  EXPECT_EQ(Prune("<p a=b\">x<script>y</script>"), "<p a=b\">x<script></script>");
  EXPECT_EQ(Prune("</p a=\">\"><script>y</script>"), "</p><script></script>");
}

TEST(HtmlPruneTest, TextThatLooksLikeRawTextStays) {
  const std::string html = "<textarea><script>a</script></textarea><title><style>b</style></title>";
  EXPECT_EQ(Prune(html), html);
  const std::string plain = "<plaintext><script>a</script>";
  EXPECT_EQ(Prune(plain), plain);
}

TEST(HtmlPruneTest, WhereOnlyTheTreeKnowsTheRestStays) {
  for (const char* html : {
           "<svg><div><style>a<b></style><script>x</script>",
           "<svg><desc><p><style>a<b></style><script>x</script>",
           "<select><style>a<b></style></select><script>x</script>",
           "<template><col><script>a<b></script><style>x</style>",
           "<math><mi><xmp>a<b></xmp><script>x</script>",
           "<frameset><style>a<b></style><script>x</script>",
           "<math></svg><style>a<b></style><script>x</script>",
       }) {
    EXPECT_EQ(Prune(html), html);
  }
}

TEST(HtmlPruneTest, SlashOfAnUnquotedValueClosesNothing) {
  const std::string html = "<math href=#f/><mtext><script>x<i>";
  EXPECT_EQ(Prune(html), html);
}

TEST(HtmlPruneTest, PreformattedTextInDoubtKeepsItsSpaces) {
  const std::string html = "<math><pre />a  b";
  EXPECT_EQ(Prune(html, ForExtraction()), html);
}

TEST(HtmlPruneTest, WellFormedSvgRaisesNoDoubt) {
  EXPECT_EQ(Prune("<svg><title>t</title><style>a<g/></style><path/></svg><style>a<b></style>"),
            "<svg><title>t</title><style>a<g/></style><path/></svg><style></style>");
  EXPECT_EQ(Prune("<svg><![CDATA[<div>]]></svg><style>x</style>"),
            "<svg><![CDATA[<div>]]></svg><style></style>");
}

TEST(HtmlPruneTest, ExtractionKeepsOnlyWhatItReads) {
  EXPECT_EQ(Prune("<a class=x href=\"y\" data-z='1' rel=r>", ForExtraction()),
            "<a href=\"y\" rel=r>");
  EXPECT_EQ(Prune("<a/b/>", ForExtraction()), "<a//>");
  EXPECT_EQ(Prune("<a/b>", ForExtraction()), "<a/b>");  // not self-closing
  EXPECT_EQ(Prune("<a/b c>", ForExtraction()), "<a/c>");
  EXPECT_EQ(Prune("<a href b =c>", ForExtraction()), "<a href >");
  EXPECT_EQ(Prune("<a href b=1 =c>", ForExtraction()), "<a href b=1 >");  // =c is a name here
  EXPECT_EQ(Prune("<font color=red x=y>", ForExtraction()), "<font color=red x=y>");
  EXPECT_EQ(Prune("a \n  b", ForExtraction()), "a b");
  EXPECT_EQ(Prune("<pre>a  b<i>  </i></pre>c  d", ForExtraction()), "<pre>a  b<i>  </i></pre>c d");
  EXPECT_EQ(Prune("<pre><div></pre>c  d", ForExtraction()), "<pre><div></pre>c  d");
  EXPECT_EQ(Prune(absl::StrCat("<img src='data:", std::string(100, 'A'), "'>"), ForExtraction()),
            "<img src='data:'>");
}

TEST(HtmlPruneTest, AttributesOverTheLimitAreLeftOut) {
  HtmlPruneOptions options;
  options.max_attributes = 2;
  EXPECT_EQ(Prune("<p a b=1 c='2' d=\"3\" e>x", options), "<p a b=1 >x");
}

TEST(HtmlPruneTest, DepthOverTheLimitEndsTheDocument) {
  HtmlPruneOptions options;
  options.max_depth = 3;
  const PrunedHtml pruned = PruneHtml("<div><div></div><div><div>a<b class=x>b</b>c", options);
  EXPECT_TRUE(pruned.truncated);
  EXPECT_EQ(pruned.html, "<div><div></div><div><div>a");
  EXPECT_FALSE(PruneHtml("<li>a<li>b<li>c<li>d<p>e<p>f<br><br>", options).truncated);
  EXPECT_TRUE(PruneHtml("<b><i></b><b><u></b><b><s></b><p>", options).truncated);
  EXPECT_FALSE(PruneHtml("<b><i></b></i><b><u></b></u><b><s></b></s><p>", options).truncated);
  EXPECT_FALSE(
      PruneHtml("<table><td><b><i></b><td><b><i></b><td><b><i></b></table>", options).truncated);
  EXPECT_FALSE(PruneHtml("<svg><path/><path/><path/><path/></svg>", options).truncated);
}

TEST(HtmlPruneTest, OffsetsLeadBackToTheInput) {
  const std::string html =
      "\xEF\xBB\xBF<p class=x  id=y>a   <a href=1><!-- comment --><a href=2><script>xxx</script>"
      "<a class='y' href=3>";
  for (const bool for_extraction : {false, true}) {
    const PrunedHtml pruned = PruneHtml(html, for_extraction ? ForExtraction() : AllTexts());
    for (const char* tag : {"<p", "<a href=1", "<a href=2", "<script"}) {
      const size_t at = pruned.html.find(tag);
      ASSERT_NE(at, std::string::npos) << tag;
      EXPECT_EQ(pruned.OriginalOffset(at), html.find(tag)) << tag;
    }
    EXPECT_EQ(pruned.OriginalOffset(pruned.html.rfind("<a")), html.rfind("<a"));
  }
}

TEST(HtmlPruneTest, TreeIsTheSameButForTheTexts) {
  for (const char* html : {
           "<!DOCTYPE html><p>a<!--c-->b<table> <!-- c --> x<tr><td>y</table>",
           "<p>a<script>b</script>c<style>d</style></p>e<!-- f",
           "<svg><style>a&lt;<b></style></svg><math><mi><style>x</style></math><p>y",
           "<select><option>a<script>b</script><style>c</style></select>d",
           "<a/b><x/y=z/><br/>\r\n<pre>\r\n\r\na</pre>",
           "<head><noscript><style>a</style></noscript></head><body><noscript><!-- a "
           "-->b</noscript>",
           "<template><style>a</style><script>b</script></template>",
           "<iframe><script>a</script></iframe><xmp><!-- a --></xmp><noembed><style></noembed>",
       }) {
    HtmlDumpOptions dump;
    dump.without_pruned_texts = true;
    const HtmlDocument exact = HtmlDocument::Parse(html, {}, HtmlPruning::None());
    const HtmlDocument pruned = HtmlDocument::Parse(html);
    EXPECT_EQ(DumpHtml(pruned.root(), dump), DumpHtml(exact.root(), dump)) << html;
  }
}

TEST(HtmlPruneTest, HostileInputStaysSmallAndLinear) {
  std::string attributes = "<p";
  std::string spaces;
  std::string brackets;
  for (int i = 0; i < 100'000; ++i) {
    absl::StrAppend(&attributes, " a", i);
    spaces += "a  ";
    brackets += "<<!-<";
  }
  for (const std::string& html : {attributes + ">", attributes, spaces, brackets,
                                  "<script>" + brackets, "<!--" + std::string(300'000, '-')}) {
    const PrunedHtml pruned = PruneHtml(html, ForExtraction());
    EXPECT_LE(pruned.html.size(), html.size() + 16);
    EXPECT_LE(pruned.cuts.size() * sizeof(PrunedHtml::Cut), 3 * html.size());
  }
}

}  // namespace
}  // namespace spindle
