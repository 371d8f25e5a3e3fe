#include "parsers/utf8.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(Utf8Test, AsciiPrefixEndsAtTheFirstHighByte) {
  for (size_t size = 0; size < 70; ++size) {
    const std::string ascii(size, 'a');
    EXPECT_EQ(AsciiPrefixLength(ascii), size);
    for (size_t at = 0; at < size; ++at) {
      std::string text = ascii;
      text[at] = '\x80';
      EXPECT_EQ(AsciiPrefixLength(text), at) << size;
    }
  }
}

// Unicode 15.0 table 3-7.
TEST(Utf8Test, KnowsWellFormedSequences) {
  for (const char* good :
       {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2 ", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe1\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80", "\xff"}) {
    EXPECT_FALSE(IsValidUtf8(bad));
    EXPECT_EQ(ValidUtf8PrefixLength(std::string("\xd0\xb6 ") + bad), 3u);
  }
}

// Unicode 15.0 table 3-8, as the Encoding standard's decoder does (section 8.1.1).
TEST(Utf8Test, RepairsEachMaximalPartOnce) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(RepairUtf8("a\xf1\x80\x80\xe1\x80\xc2"
                       "b\x80"
                       "c\x80\xbf"
                       "d"),
            "a" + bad + bad + bad + "b" + bad + "c" + bad + bad + "d");
  EXPECT_EQ(RepairUtf8("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(RepairUtf8("\xc0\xaf"), bad + bad);
  EXPECT_EQ(RepairUtf8("\xe2\x82"), bad);
  EXPECT_EQ(RepairUtf8("\xe2<b>"), bad + "<b>");
  EXPECT_EQ(RepairUtf8("plain \xe2\x82\xac"), "plain \xe2\x82\xac");
}

TEST(Utf8Test, RepairedTextIsWellFormed) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (size_t i = random() % 40; i > 0; --i) {
      bytes += static_cast<char>(random() % 3 == 0 ? random() % 128 : 0x80 + random() % 128);
    }
    const std::string repaired = RepairUtf8(bytes);
    EXPECT_TRUE(IsValidUtf8(repaired));
    EXPECT_LE(repaired.size(), 3 * bytes.size());
    EXPECT_EQ(repaired == bytes, IsValidUtf8(bytes));
  }
}

TEST(Utf8Test, TellsACutSequenceFromABadOne) {
  for (const char* cut : {"\xc3", "\xe2\x82", "\xf0\x9f\x98"}) EXPECT_TRUE(IsCutUtf8Sequence(cut));
  for (const char* other : {"", "a", "\x80", "\xff", "\xe2\x28", "\xc3\xa9", "\xe0\x80"}) {
    EXPECT_FALSE(IsCutUtf8Sequence(other));
  }
}

TEST(Utf8Test, WriterEncodesEveryLength) {
  std::string text;
  {
    Utf8Writer writer(&text);
    for (const char32_t c : {U'a', U'\u007f', U'\u0080', U'\u07ff', U'\u0800', U'\uffff',
                             U'\U00010000', U'\U0010ffff'}) {
      writer.Put(c);
    }
  }
  EXPECT_EQ(text, "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

TEST(Utf8Test, WriterKeepsOrderAcrossItsBuffer) {
  std::string text;
  std::string expected;
  {
    Utf8Writer writer(&text);
    for (int i = 0; i < 3000; ++i) {
      writer.Put(U'\u20ac');
      writer.PutUtf8("xyz");
      expected += "\xe2\x82\xacxyz";
    }
    const std::string large(10000, 'L');
    writer.PutUtf8(large);
    writer.Put(U'!');
    expected += large + "!";
  }
  EXPECT_TRUE(text == expected);
}

}  // namespace
}  // namespace spindle
