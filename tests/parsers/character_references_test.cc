#include "parsers/character_references.h"

#include <string>

#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string InText(absl::string_view text) {
  std::string out;
  AppendWithReferencesDecoded(text, ReferenceContext::kText, &out);
  return out;
}

std::string InAttribute(absl::string_view text) {
  std::string out;
  AppendWithReferencesDecoded(text, ReferenceContext::kAttribute, &out);
  return out;
}

TEST(CharacterReferencesTest, DecodesTheCommonNames) {
  EXPECT_EQ(InText("&lt;a href=&quot;x&quot;&gt; &amp; &apos;b&apos;"), "<a href=\"x\"> & 'b'");
  EXPECT_EQ(InText("&nbsp;&euro;&hellip;"), "\xC2\xA0\xE2\x82\xAC\xE2\x80\xA6");
}

TEST(CharacterReferencesTest, NamesAreCaseSensitive) {
  EXPECT_EQ(InText("&Auml;&auml;"), "\xC3\x84\xC3\xA4");
  EXPECT_EQ(InText("&AUML;"), "&AUML;");
}

// HTML 13.2.5.73: the longest name of the table wins, so the text behind a shorter one can make it
// another character.
TEST(CharacterReferencesTest, LongestNameWins) {
  EXPECT_EQ(InText("&notin;"), "\xE2\x88\x89");
  EXPECT_EQ(InText("&notit;"), "\xC2\xACit;");
  EXPECT_EQ(InText("&not;in"), "\xC2\xACin");
  EXPECT_EQ(InText("&ampamp;"), "&amp;");
  EXPECT_EQ(InText("&CounterClockwiseContourIntegral;"), "\xE2\x88\xB3");
}

TEST(CharacterReferencesTest, OnlyOldNamesMayLackTheirSemicolon) {
  EXPECT_EQ(InText("&copy 2024"), "\xC2\xA9 2024");
  EXPECT_EQ(InText("&copy"), "\xC2\xA9");
  EXPECT_EQ(InText("&euro 5"), "&euro 5");
  EXPECT_EQ(InText("&euro"), "&euro");
}

// HTML 13.2.5.73, "for historical reasons".
TEST(CharacterReferencesTest, InAttributesAWordOrEqualsSignKeepsAnOldNameAsText) {
  EXPECT_EQ(InAttribute("?a=1&copy=2"), "?a=1&copy=2");
  EXPECT_EQ(InAttribute("?a=1&copyright"), "?a=1&copyright");
  EXPECT_EQ(InAttribute("?a=1&copy9"), "?a=1&copy9");
  EXPECT_EQ(InAttribute("?a=1&copy;=2"), "?a=1\xC2\xA9=2");
  EXPECT_EQ(InAttribute("?a=1&copy"), "?a=1\xC2\xA9");
  EXPECT_EQ(InAttribute("?a=1&copy&b"), "?a=1\xC2\xA9&b");
  EXPECT_EQ(InText("?a=1&copy=2"), "?a=1\xC2\xA9=2");
}

TEST(CharacterReferencesTest, SomeNamesAreTwoCharacters) {
  EXPECT_EQ(InText("&nGt;"), "\xE2\x89\xAB\xE2\x83\x92");
  EXPECT_EQ(InText("&fjlig;"), "fj");
}

TEST(CharacterReferencesTest, DecodesNumbers) {
  EXPECT_EQ(InText("&#65;&#x42;&#X43;"), "ABC");
  EXPECT_EQ(InText("&#65 &#x42 "), "A B ");
  EXPECT_EQ(InText("&#65B"), "AB");
  EXPECT_EQ(InText("&#x1F600;"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(InText("&#13;"), "\r");
}

// HTML 13.2.5.80.
TEST(CharacterReferencesTest, NumbersOutsideUnicodeBecomeTheReplacementCharacter) {
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(InText("&#0;"), replacement);
  EXPECT_EQ(InText("&#xD800;"), replacement);
  EXPECT_EQ(InText("&#x110000;"), replacement);
  EXPECT_EQ(InText("&#x10FFFF;"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(InText("&#99999999999999999999999999;"), replacement);
}

TEST(CharacterReferencesTest, C1NumbersAreReadAsWindows1252) {
  EXPECT_EQ(InText("&#x80;&#146;"), "\xE2\x82\xAC\xE2\x80\x99");
  EXPECT_EQ(InText("&#x81;"), "\xC2\x81");
}

TEST(CharacterReferencesTest, WhatIsNoReferenceStaysText) {
  for (const char* text : {"&", "&&", "& ", "&;", "&#", "&#;", "&#x", "&#x;", "&#xg", "&1;",
                           "&\xC3", "&[;", "&z{;", "&unknown;", "a & b"}) {
    EXPECT_EQ(InText(text), text);
    EXPECT_EQ(InAttribute(text), text);
  }
}

TEST(CharacterReferencesTest, ConsumesNothingWhereThereIsNoReference) {
  std::string out = "kept";
  EXPECT_EQ(DecodeCharacterReference("&nothing", ReferenceContext::kAttribute, &out), 0u);
  EXPECT_EQ(out, "kept");
  EXPECT_EQ(DecodeCharacterReference("&lt;b", ReferenceContext::kText, &out), 4u);
  EXPECT_EQ(out, "kept<");
}

TEST(CharacterReferencesTest, OutputIsAtMostAFifthLongerThanItsInput) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "&nGt;";
  EXPECT_EQ(InText(text).size(), text.size() * 6 / 5);
}

TEST(CharacterReferencesTest, AppendsUtf8OfEveryLength) {
  std::string out;
  for (const char32_t code : {0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF}) {
    AppendUtf8(code, &out);
  }
  EXPECT_EQ(out, "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

}  // namespace
}  // namespace spindle
