#include "parsers/selector.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parsers/html.h"

namespace spindle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::string_view kPage = R"(<!doctype html><html lang=en-GB><body>
<div id=top class="a b">
  <p id=p1 class=first>one</p>
  <p id=p2 title="Hello World">two</p>
  <!-- in between -->
  <ul id=list><li id=l1>1<li id=l2 class="x"><a id=link href="/Path?q#f" rel="nofollow ugc">a</a>
  <li id=l3>3<li id=l4><li id=l5>5</ul>
</div>
<section id=s><div id=inner><span id=sp><b id=bold>x</b></span></div><em id=e></em></section>
<svg id=svg><foreignObject id=fo></foreignObject></svg><x-y id=custom></x-y>
)";

class SelectorTest : public ::testing::Test {
 protected:
  std::vector<std::string> Ids(absl::string_view text) {
    std::vector<std::string> ids;
    const absl::StatusOr<Selector> selector = Selector::Parse(text);
    EXPECT_TRUE(selector.ok()) << selector.status();
    if (!selector.ok()) return ids;
    for (const HtmlNode node : selector->Select(document_.root())) {
      ids.push_back(std::string(node.attribute("id").value_or(node.tag())));
      EXPECT_TRUE(selector->Matches(node));
    }
    return ids;
  }

  HtmlDocument document_ = HtmlDocument::Parse(kPage);
};

TEST_F(SelectorTest, TypeMatchesInAnyCase) {
  EXPECT_THAT(Ids("P"), ElementsAre("p1", "p2"));
  EXPECT_THAT(Ids("foreignobject"), ElementsAre("fo"));
  EXPECT_THAT(Ids("X-y"), ElementsAre("custom"));
}

TEST_F(SelectorTest, ClassAndIdMatchWholeWordsWithCase) {
  EXPECT_THAT(Ids(".a"), ElementsAre("top"));
  EXPECT_THAT(Ids(".b.a"), ElementsAre("top"));
  EXPECT_THAT(Ids("div#top.b"), ElementsAre("top"));
  EXPECT_THAT(Ids(".A"), IsEmpty());
  EXPECT_THAT(Ids("#TOP"), IsEmpty());
  EXPECT_THAT(Ids(".fir"), IsEmpty());
}

// Selectors Level 4, section 6.
TEST_F(SelectorTest, AttributesAreTested) {
  EXPECT_THAT(Ids("[TITLE]"), ElementsAre("p2"));
  EXPECT_THAT(Ids("[title=\"Hello World\"]"), ElementsAre("p2"));
  EXPECT_THAT(Ids("[ title = 'hello world' i ]"), ElementsAre("p2"));
  EXPECT_THAT(Ids("[title='hello world']"), IsEmpty());
  EXPECT_THAT(Ids("[rel~=ugc]"), ElementsAre("link"));
  EXPECT_THAT(Ids("[rel~='ugc nofollow']"), IsEmpty());
  EXPECT_THAT(Ids("[href^='/P']"), ElementsAre("link"));
  EXPECT_THAT(Ids("[href$='#f']"), ElementsAre("link"));
  EXPECT_THAT(Ids("[href*='?q']"), ElementsAre("link"));
  EXPECT_THAT(Ids("[href*='/PATH' i]"), ElementsAre("link"));
  EXPECT_THAT(Ids("[lang|=en]"), ElementsAre("html"));
  EXPECT_THAT(Ids("[lang|=e]"), IsEmpty());
  for (const char* test : {"[rel~='']", "[href^='']", "[href$='']", "[href*='']"}) {
    EXPECT_THAT(Ids(test), IsEmpty()) << test;
  }
}

TEST_F(SelectorTest, CombinatorsRelateElements) {
  EXPECT_THAT(Ids("div li"), ElementsAre("l1", "l2", "l3", "l4", "l5"));
  EXPECT_THAT(Ids("div > li"), IsEmpty());
  EXPECT_THAT(Ids("ul>li>a"), ElementsAre("link"));
  EXPECT_THAT(Ids("p + p"), ElementsAre("p2"));
  EXPECT_THAT(Ids("p + ul"), ElementsAre("list"));
  EXPECT_THAT(Ids("p ~ ul"), ElementsAre("list"));
  EXPECT_THAT(Ids("ul ~ p"), IsEmpty());
  EXPECT_THAT(Ids("li ~ li ~ li"), ElementsAre("l3", "l4", "l5"));
}

TEST_F(SelectorTest, MatchingTriesFurtherAncestors) {
  // The nearest div is no child of body, a further one would have to be.
  EXPECT_THAT(Ids("body > section b"), ElementsAre("bold"));
  EXPECT_THAT(Ids("section > div b"), ElementsAre("bold"));
  EXPECT_THAT(Ids("body > div b"), IsEmpty());
  EXPECT_THAT(Ids("section div span > b"), ElementsAre("bold"));
}

TEST_F(SelectorTest, ChildrenAreNumberedWithoutTextAndComments) {
  EXPECT_THAT(Ids("li:first-child"), ElementsAre("l1"));
  EXPECT_THAT(Ids("li:last-child"), ElementsAre("l5"));
  EXPECT_THAT(Ids("li:nth-child(2)"), ElementsAre("l2"));
  EXPECT_THAT(Ids("li:nth-child(odd)"), ElementsAre("l1", "l3", "l5"));
  EXPECT_THAT(Ids("li:nth-child( EVEN )"), ElementsAre("l2", "l4"));
  EXPECT_THAT(Ids("li:nth-child(2n + 3)"), ElementsAre("l3", "l5"));
  EXPECT_THAT(Ids("li:nth-child(-n+2)"), ElementsAre("l1", "l2"));
  EXPECT_THAT(Ids("li:nth-child(n+4)"), ElementsAre("l4", "l5"));
  EXPECT_THAT(Ids("li:nth-child(3n-1)"), ElementsAre("l2", "l5"));
  EXPECT_THAT(Ids("li:nth-child(0n+3)"), ElementsAre("l3"));
  EXPECT_THAT(Ids("li:nth-child(-2n)"), IsEmpty());
  EXPECT_THAT(Ids("li:nth-last-child(2)"), ElementsAre("l4"));
  EXPECT_THAT(Ids("b:only-child"), ElementsAre("bold"));
  EXPECT_THAT(Ids("p:nth-child(2)"), ElementsAre("p2"));
  EXPECT_THAT(Ids("ul:nth-child(3)"), ElementsAre("list"));
}

TEST_F(SelectorTest, NotEmptyAndRoot) {
  EXPECT_THAT(Ids("p:not(.first)"), ElementsAre("p2"));
  EXPECT_THAT(Ids("li:not(:nth-child(n+2)):not(#l9)"), ElementsAre("l1"));
  EXPECT_THAT(Ids("em:empty, p:empty"), ElementsAre("e"));
  EXPECT_THAT(Ids(":root"), ElementsAre("html"));
}

TEST_F(SelectorTest, ListMatchesAnyInDocumentOrder) {
  EXPECT_THAT(Ids("em , #p2,a"), ElementsAre("p2", "link", "e"));
}

TEST_F(SelectorTest, EscapesAreDecoded) {
  const HtmlDocument document = HtmlDocument::Parse("<p id='1:a b'></p><p class='\xC3\xA9'></p>");
  EXPECT_TRUE(Selector::Parse("#\\31 \\:a\\ b")->SelectFirst(document.root()));
  EXPECT_TRUE(Selector::Parse(".\xC3\xA9")->SelectFirst(document.root()));
  EXPECT_TRUE(Selector::Parse(".\\0000E9")->SelectFirst(document.root()));
  EXPECT_TRUE(Selector::Parse("[id=\"1\\3A a b\"]")->SelectFirst(document.root()));
}

TEST_F(SelectorTest, SelectionStaysInsideTop) {
  const HtmlNode list = Selector::Parse("#list")->SelectFirst(document_.root());
  ASSERT_TRUE(list);
  EXPECT_EQ(Selector::Parse("li")->Select(list).size(), 5u);
  EXPECT_EQ(Selector::Parse("li")->Select(list, 2).size(), 2u);
  EXPECT_THAT(Selector::Parse("ul")->Select(list), IsEmpty());
  EXPECT_EQ(Selector::Parse("div li")->Select(list).size(), 5u);
  EXPECT_THAT(Selector::Parse("li")->Select(HtmlNode()), IsEmpty());
}

TEST(SelectorParseTest, ErrorsNameThePosition) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "a selector at byte 0"},
      {"a,", "a selector at byte 2"},
      {"a >", "a selector at byte 3"},
      {"> a", "a selector at byte 0"},
      {"a..b", "a name at byte 2"},
      {"a[", "a name at byte 2"},
      {"a[b", "'=' or ']' at byte 3"},
      {"a[b~c]", "'=' at byte 4"},
      {"a[b=\"c]", "the end of the string at byte 7"},
      {"a[b=c", "']' at byte 5"},
      {"a:hover", "a known pseudo-class at byte 2"},
      {"a::before", "a name at byte 2"},
      {"a:nth-child", "'(' at byte 11"},
      {"a:nth-child()", "a number, an+b, odd or even at byte 12"},
      {"a:nth-child(2n+)", "a number at byte 15"},
      {"a:not(:not(b))", "a known pseudo-class at byte 7"},
      {"a:not(b c)", "')' at byte 8"},
      {"a!b", "a combinator or ',' at byte 1"},
  };
  for (const auto& test : cases) {
    const absl::StatusOr<Selector> selector = Selector::Parse(test.text);
    ASSERT_FALSE(selector.ok()) << test.text;
    EXPECT_EQ(selector.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(selector.status().message()), HasSubstr(test.message)) << test.text;
  }
}

TEST(SelectorParseTest, SizeIsLimited) {
  EXPECT_FALSE(Selector::Parse(std::string(Selector::kMaxBytes + 1, 'a')).ok());
  std::string many = "a";
  for (size_t i = 0; i < Selector::kMaxParts; ++i) absl::StrAppend(&many, ".b");
  EXPECT_FALSE(Selector::Parse(many).ok());
}

// Each of these is quadratic or worse when matched naively.
TEST(SelectorCostTest, HostilePagesCostTheirSize) {
  std::string wide;
  for (int i = 0; i < 20'000; ++i) absl::StrAppend(&wide, "<i></i><!---->");
  std::string deep;
  for (int i = 0; i < 900; ++i) absl::StrAppend(&deep, "<div>");
  for (int i = 0; i < 5000; ++i) absl::StrAppend(&deep, "<i></i>");
  for (const std::string& page : {wide, deep}) {
    const HtmlDocument document = HtmlDocument::Parse(page);
    for (const char* text : {"b ~ i", "i:nth-child(3n+1)", "i:last-child", "b i", "b div i",
                             "div > div div > div div > div b > div div i", "i ~ b ~ i"}) {
      EXPECT_LE(Selector::Parse(text)->Select(document.root()).size(), 20'000u);
    }
  }
}

}  // namespace
}  // namespace spindle
