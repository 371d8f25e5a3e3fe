#include "parsers/css_links.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

// "i:" for an import, "u:" for any other, joined by spaces.
std::string Links(absl::string_view css, const CssLinkOptions& options = {}) {
  std::string out;
  for (const CssLink& link : FindCssLinks(css, options)) {
    absl::StrAppend(&out, out.empty() ? "" : " ",
                    link.kind == CssLink::Kind::kImport ? "i:" : "u:", link.url);
  }
  return out;
}

TEST(CssLinksTest, FindsUrlsWithAndWithoutQuotes) {
  EXPECT_EQ(Links("a { background: url(a.png) } b { src: url('b c') , url( \"d)\" ) }"),
            "u:a.png u:b c u:d)");
  EXPECT_EQ(Links("background:url(  a.png\n)"), "u:a.png");
  EXPECT_EQ(Links("URL(a)UrL(b)"), "u:a u:b");
}

TEST(CssLinksTest, FindsImports) {
  EXPECT_EQ(Links("@import 'a.css'; @IMPORT url(b.css) screen; @import/**/\"c\";"),
            "i:a.css i:b.css i:c");
  EXPECT_EQ(Links("@import a 'b'; @imports 'c'; p::before { content: 'd' }"), "");
  EXPECT_EQ(Links("@import 'a' supports(b: url(c));"), "i:a u:c");
}

TEST(CssLinksTest, NamespacesNameNothingToFetch) {
  EXPECT_EQ(Links("@namespace svg url(http://www.w3.org/2000/svg); a{b:url(c)}"), "u:c");
  EXPECT_EQ(Links("@namespace 'x'; @import 'y';"), "i:y");
}

TEST(CssLinksTest, NothingIsFoundInCommentsAndStrings) {
  EXPECT_EQ(Links("/* url(a) @import 'b'; */ url(c)"), "u:c");
  EXPECT_EQ(Links("content: \"url(a) /* \" url(b)"), "u:b");
  EXPECT_EQ(Links("content: 'it\\'s url(a)' url(b)"), "u:b");
  EXPECT_EQ(Links("/* url(a)"), "");
  EXPECT_EQ(Links("<!-- url(a) -->"), "u:a");
}

TEST(CssLinksTest, OtherFunctionsAreNotUrls) {
  EXPECT_EQ(Links("my-url(a) urls(b) url (c) #url(d) 1url(e) @url(f) -url(g)"), "");
}

// CSS Syntax Level 3, section 4.3.7.
TEST(CssLinksTest, DecodesEscapes) {
  EXPECT_EQ(Links("url(a\\(b\\).png)"), "u:a(b).png");
  EXPECT_EQ(Links("url(\"\\41\\000042 C\\20AC\")"), "u:ABC\xE2\x82\xAC");
  EXPECT_EQ(Links("\\75\\72 l(a)"), "u:a");
  EXPECT_EQ(Links("url('a\\\nb')"), "u:ab");
  EXPECT_EQ(Links("url('\\0\\D800 \\110000 ')"), "u:\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

// CSS Syntax Level 3, sections 4.3.5, 4.3.6 and 4.3.14.
TEST(CssLinksTest, BrokenUrlsAndStringsAreLeftOut) {
  EXPECT_EQ(Links("url(a b) url(c'd) url(e(f) url(g\\)h"), "u:g)h");
  EXPECT_EQ(Links("url('a\nb') url(c)"), "");
  EXPECT_EQ(Links("content: 'a\n; b: url(c)"), "u:c");
}

TEST(CssLinksTest, TheEndClosesWhatIsOpen) {
  EXPECT_EQ(Links("url(a"), "u:a");
  EXPECT_EQ(Links("url('a"), "u:a");
  EXPECT_EQ(Links("@import 'a"), "i:a");
  for (const char* css :
       {"url(", "url( ", "@", "@import", "url(\\", "'\\", "\\", "/", "/*", "-", "#"}) {
    EXPECT_EQ(Links(css), "") << css;
  }
}

TEST(CssLinksTest, GivesOffsets) {
  const std::vector<CssLink> links = FindCssLinks("@import 'a'; b:url(c)");
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links[0].offset, 8u);
  EXPECT_EQ(links[1].offset, 15u);
}

TEST(CssLinksTest, KeepsToItsLimits) {
  CssLinkOptions options;
  options.max_links = 2;
  options.max_url_bytes = 3;
  EXPECT_EQ(Links("url(abcd) url(abc) url('abcde') url(a) url(b)", options), "u:abc u:a");
}

TEST(CssLinksTest, AcceptsAnyBytes) {
  EXPECT_EQ(Links("url(\xFF\xC3)"), "u:\xFF\xC3");
  EXPECT_EQ(Links(absl::string_view("\0url(a)", 7)), "u:a");
}

TEST(CssLinksTest, HostileInputsTakeLinearTime) {
  for (const char* unit :
       {"url(", "'", "\"\n", "/*", "@import", "\\", "(", "url(a ", "-", "url('"}) {
    std::string css;
    while (css.size() < 1 << 20) css += unit;
    EXPECT_LE(FindCssLinks(css).size(), 10'000u);
  }
}

}  // namespace
}  // namespace spindle
