#include "parsers/legacy_decoder.h"

#include <random>
#include <string>

#include "gtest/gtest.h"
#include "parsers/utf8.h"

namespace spindle {
namespace {

constexpr char kBad[] = "\xef\xbf\xbd";

std::string Decode(absl::string_view bytes, Encoding encoding) {
  std::string out;
  DecodeLegacy(bytes, encoding, &out);
  return out;
}

TEST(LegacyDecoderTest, DecodesSingleByteEncodings) {
  EXPECT_EQ(Decode("caf\xe9 \x80", Encoding::kWindows1252), "caf\u00e9 \u20ac");
  EXPECT_EQ(Decode("\xc6\xc7", Encoding::kWindows1251), "\u0416\u0417");
  EXPECT_EQ(Decode("\xf6\xd6", Encoding::kKoi8R), "\u0416\u0436");
  EXPECT_EQ(Decode("\x86\xa6", Encoding::kIbm866), "\u0416\u0436");
  EXPECT_EQ(Decode("\xb6\xd6", Encoding::kIso8859_5), "\u0416\u0436");
  EXPECT_EQ(Decode("\x86\xe6", Encoding::kXMacCyrillic), "\u0416\u0436");
  EXPECT_EQ(Decode("\xa1\xb1", Encoding::kIso8859_2), "\u0104\u0105");
  EXPECT_EQ(Decode("\x8e\xf0", Encoding::kMacintosh), "\u00e9\uf8ff");
  EXPECT_EQ(Decode("\xe0\xfa", Encoding::kIso8859_8I), "\u05d0\u05ea");
  EXPECT_EQ(Decode("\xa1\xaa", Encoding::kIso8859_16), "\u0104\u0218");
  EXPECT_EQ(Decode("\xa1\xdf", Encoding::kWindows874), "\u0e01\u0e3f");
}

// Positions where ICU's tables are not those of the standard's indexes.
TEST(LegacyDecoderTest, FollowsTheStandardWhereIcuDoesNot) {
  EXPECT_EQ(Decode("\xae\xbe", Encoding::kKoi8U), "\u045e\u040e");
  EXPECT_EQ(Decode("\xaa", Encoding::kWindows1253), kBad);
  EXPECT_EQ(Decode("\xca", Encoding::kWindows1255), "\u05ba");
  EXPECT_EQ(Decode("\xdb\xfc", Encoding::kWindows874), std::string(kBad) + kBad);
  EXPECT_EQ(Decode("\xa3\xa0", Encoding::kGb18030), "\u3000");
  EXPECT_EQ(Decode("\xa3\xc0\xa3\xe0", Encoding::kBig5), "\u2400\u2421");
  EXPECT_EQ(Decode("\x87\xa4\xfe\xdd\x88\x40", Encoding::kBig5), "\u9f97\u7809\u31c0");
  EXPECT_EQ(Decode("\x8f\xf3\xa1", Encoding::kEucJp), kBad);
  EXPECT_EQ(Decode("\xc9\xa1", Encoding::kEucKr), kBad);
}

// Windows' C1 bytes that stand for nothing else (section 9.1).
TEST(LegacyDecoderTest, UnusedBytesOfWindows1252AreControls) {
  EXPECT_EQ(Decode("\x81\x8d\x8f\x90\x9d", Encoding::kWindows1252),
            "\u0081\u008d\u008f\u0090\u009d");
}

// Section 10.2.1.
TEST(LegacyDecoderTest, DecodesGb18030) {
  EXPECT_EQ(Decode("\xd6\xd0\xce\xc4", Encoding::kGb18030), "\u4e2d\u6587");
  EXPECT_EQ(Decode("\xd6\xd0\xce\xc4", Encoding::kGbk), "\u4e2d\u6587");
  EXPECT_EQ(Decode("\x80", Encoding::kGbk), "\u20ac");
  EXPECT_EQ(Decode("\x81\x30\x81\x30", Encoding::kGb18030), "\u0080");
  EXPECT_EQ(Decode("\x90\x30\x81\x30", Encoding::kGb18030), "\U00010000");
  EXPECT_EQ(Decode("\xe3\x32\x9a\x35", Encoding::kGb18030), "\U0010ffff");
  EXPECT_EQ(Decode("\x81\x35\xf4\x37", Encoding::kGb18030), "\ue7c7");
}

TEST(LegacyDecoderTest, BadGb18030KeepsWhatFollows) {
  EXPECT_EQ(Decode("\xff"
                   "a",
                   Encoding::kGb18030),
            std::string(kBad) + "a");
  EXPECT_EQ(Decode("\x81<", Encoding::kGb18030), std::string(kBad) + "<");
  EXPECT_EQ(Decode("\x81\xff<", Encoding::kGb18030), std::string(kBad) + "<");
  EXPECT_EQ(Decode("\x81\x30<b", Encoding::kGb18030), std::string(kBad) + "0<b");
  EXPECT_EQ(Decode("\x81\x30\x81<", Encoding::kGb18030), std::string(kBad) + "0" + kBad + "<");
  EXPECT_EQ(Decode("\xe3\x32\x9a\x36", Encoding::kGb18030), kBad);
  for (const char* cut : {"\x81", "\x81\x30", "\x81\x30\x81"}) {
    EXPECT_EQ(Decode(cut, Encoding::kGb18030), kBad);
  }
}

// Section 11.1.1.
TEST(LegacyDecoderTest, DecodesBig5) {
  EXPECT_EQ(Decode("\xa4\xa4\xa4\xe5", Encoding::kBig5), "\u4e2d\u6587");
  EXPECT_EQ(Decode("\x88\x62\x88\x64\x88\xa3\x88\xa5", Encoding::kBig5),
            "\u00ca\u0304\u00ca\u030c\u00ea\u0304\u00ea\u030c");
  EXPECT_EQ(Decode("\x80"
                   "a",
                   Encoding::kBig5),
            std::string(kBad) + "a");
  EXPECT_EQ(Decode("\xa4\"", Encoding::kBig5), std::string(kBad) + "\"");
  EXPECT_EQ(Decode("\x81\x40", Encoding::kBig5), std::string(kBad) + "@");
  EXPECT_EQ(Decode("\xa4", Encoding::kBig5), kBad);
}

// Section 12.1.1.
TEST(LegacyDecoderTest, DecodesEucJp) {
  EXPECT_EQ(Decode("\xc6\xfc\xcb\xdc", Encoding::kEucJp), "\u65e5\u672c");
  EXPECT_EQ(Decode("\x8e\xb1", Encoding::kEucJp), "\uff71");
  EXPECT_EQ(Decode("\x8f\xb0\xa1", Encoding::kEucJp), "\u4e02");
  EXPECT_EQ(Decode("\x8e<", Encoding::kEucJp), std::string(kBad) + "<");
  EXPECT_EQ(Decode("\x8f\xb0<", Encoding::kEucJp), std::string(kBad) + "<");
  EXPECT_EQ(Decode("\x8f\x80<", Encoding::kEucJp), std::string(kBad) + "<");
  EXPECT_EQ(Decode("\x8f\xb0", Encoding::kEucJp), kBad);
  EXPECT_EQ(Decode("\x90z", Encoding::kEucJp), std::string(kBad) + "z");
}

// Section 12.3.1.
TEST(LegacyDecoderTest, DecodesShiftJis) {
  EXPECT_EQ(Decode("\x93\xfa\x96\x7b", Encoding::kShiftJis), "\u65e5\u672c");
  EXPECT_EQ(Decode("\xb1\x5c\x7e", Encoding::kShiftJis), "\uff71\\~");
  EXPECT_EQ(Decode("\x81\x60", Encoding::kShiftJis), "\uff5e");
  EXPECT_EQ(Decode("\xf0\x40", Encoding::kShiftJis), "\ue000");
  EXPECT_EQ(Decode("\x80", Encoding::kShiftJis), "\u0080");
  EXPECT_EQ(Decode("\x93<", Encoding::kShiftJis), std::string(kBad) + "<");
  EXPECT_EQ(Decode("\xa0\xfd", Encoding::kShiftJis), std::string(kBad) + kBad);
}

// Section 13.1.1.
TEST(LegacyDecoderTest, DecodesEucKrWithItsExtension) {
  EXPECT_EQ(Decode("\xc7\xd1\xb1\xdb", Encoding::kEucKr), "\ud55c\uae00");
  EXPECT_EQ(Decode("\x81\x41", Encoding::kEucKr), "\uac02");
  EXPECT_EQ(Decode("\xc7>", Encoding::kEucKr), std::string(kBad) + ">");
}

// Section 12.2.1.
TEST(LegacyDecoderTest, DecodesIso2022Jp) {
  const Encoding jp = Encoding::kIso2022Jp;
  EXPECT_EQ(Decode("a\x1b$BF|K\\\x1b(Bz", jp), "a\u65e5\u672cz");
  EXPECT_EQ(Decode("\x1b$@F|\x1b(J\\~", jp), "\u65e5\u00a5\u203e");
  EXPECT_EQ(Decode("\x1b(I1", jp), "\uff71");
  EXPECT_EQ(Decode("\x1b(B\x1b(B", jp), kBad);
  EXPECT_EQ(Decode("\x1b(Ba\x1b(Bb", jp), "ab");
  EXPECT_EQ(Decode("\x1b[0m", jp), std::string(kBad) + "[0m");
  EXPECT_EQ(Decode("\x0e\x80", jp), std::string(kBad) + kBad);
  EXPECT_EQ(Decode("\x1b$BF", jp), kBad);
  EXPECT_EQ(Decode("\x1b$BF\x1b(B<", jp), std::string(kBad) + "<");
  EXPECT_EQ(Decode("\x1b$", jp), std::string(kBad) + "$");
}

// Section 14.2.1.
TEST(LegacyDecoderTest, DecodesUtf16) {
  const auto text = [](const char* data, size_t size) { return absl::string_view(data, size); };
  EXPECT_EQ(Decode(text("a\0\x36\x04\x3d\xd8\x00\xde", 8), Encoding::kUtf16Le),
            "a\u0436\U0001f600");
  EXPECT_EQ(Decode(text("\0a\x04\x36\xd8\x3d\xde\x00", 8), Encoding::kUtf16Be),
            "a\u0436\U0001f600");
  EXPECT_EQ(Decode(text("\x3d\xd8"
                        "a\0",
                        4),
                   Encoding::kUtf16Le),
            std::string(kBad) + "a");
  EXPECT_EQ(Decode(text("\x00\xde"
                        "a\0",
                        4),
                   Encoding::kUtf16Le),
            std::string(kBad) + "a");
  EXPECT_EQ(Decode(text("a\0b", 3), Encoding::kUtf16Le), std::string("a") + kBad);
  EXPECT_EQ(Decode(text("\x3d\xd8"
                        "a",
                        3),
                   Encoding::kUtf16Le),
            kBad);
}

// Sections 14.1.1 and 14.5.1.
TEST(LegacyDecoderTest, DecodesTheOddOnes) {
  EXPECT_EQ(Decode("<script>", Encoding::kReplacement), kBad);
  EXPECT_EQ(Decode("", Encoding::kReplacement), "");
  EXPECT_EQ(Decode("a\x80\xff", Encoding::kXUserDefined), "a\uf780\uf7ff");
  EXPECT_EQ(Decode("a\xff", Encoding::kUtf8), std::string("a") + kBad);
}

TEST(LegacyDecoderTest, EveryEncodingGivesBoundedUtf8) {
  std::mt19937 random(5);
  for (size_t i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    for (int round = 0; round < 200; ++round) {
      std::string bytes;
      for (size_t n = random() % 50; n > 0; --n) bytes += static_cast<char>(random());
      const std::string text = Decode(bytes, encoding);
      EXPECT_TRUE(IsValidUtf8(text)) << EncodingName(encoding);
      EXPECT_LE(text.size(), 3 * bytes.size()) << EncodingName(encoding);
    }
  }
}

TEST(LegacyDecoderTest, AsciiIsKeptWhereItIsSaidToBe) {
  const std::string ascii = "<p class=\"x\">\\~{}|\t\r\n";
  for (size_t i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    if (!KeepsAscii(encoding)) continue;
    EXPECT_EQ(Decode(ascii, encoding), ascii) << EncodingName(encoding);
  }
  EXPECT_FALSE(KeepsAscii(Encoding::kUtf16Le));
  EXPECT_FALSE(KeepsAscii(Encoding::kIso2022Jp));
}

}  // namespace
}  // namespace spindle
