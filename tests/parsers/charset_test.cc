#include "parsers/charset.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/utf8.h"

namespace spindle {
namespace {

// "UTF-8 meta" and the like.
std::string Resolve(absl::string_view bytes, absl::string_view content_type = "",
                    const CharsetLimits& limits = {}) {
  const CharsetGuess guess = ResolveCharset(bytes, content_type, limits);
  return absl::StrCat(EncodingName(guess.encoding), " ", CharsetSourceName(guess.source));
}

std::string Prescan(absl::string_view bytes) {
  const auto encoding = PrescanMeta(bytes);
  return encoding ? std::string(EncodingName(*encoding)) : "none";
}

constexpr char kRussian[] =
    "\xd8\xe8\xf0\xee\xea\xe0\xff \xfd\xeb\xe5\xea\xf2\xf0\xe8\xf4\xe8\xea\xe0\xf6\xe8\xff "
    "\xfe\xe6\xed\xfb\xf5 \xe3\xf3\xe1\xe5\xf0\xed\xe8\xe9 \xe4\xe0\xf1\xf2 \xec\xee\xf9\xed\xfb"
    "\xe9 \xf2\xee\xeb\xf7\xee\xea \xef\xee\xe4\xfa\xb8\xec\xf3 \xf1\xe5\xeb\xfc\xf1\xea\xee\xe3"
    "\xee \xf5\xee\xe7\xff\xe9\xf1\xf2\xe2\xe0. \xcd\xe5 \xef\xee\xe4\xf3\xec\xe0\xe9\xf2\xe5, "
    "\xf7\xf2\xee \xfd\xf2\xee \xef\xf0\xee\xf1\xf2\xee\xe9 \xf2\xe5\xea\xf1\xf2.";

TEST(CharsetTest, ByteOrderMarkBeatsEverything) {
  EXPECT_EQ(Resolve("\xef\xbb\xbf<meta charset=koi8-r>", "text/html;charset=big5"), "UTF-8 bom");
  EXPECT_EQ(Resolve("\xff\xfe<", "text/html;charset=utf-8"), "UTF-16LE bom");
  EXPECT_EQ(Resolve("\xfe\xff", ""), "UTF-16BE bom");
}

TEST(CharsetTest, HttpBeatsMeta) {
  EXPECT_EQ(Resolve("<meta charset=koi8-r>", "text/html; charset=\"windows-1251\""),
            "windows-1251 http");
  EXPECT_EQ(Resolve("x", "text/html;charset=utf-16"), "UTF-16LE http");
}

TEST(CharsetTest, UnknownHttpCharsetIsPassedOver) {
  for (const char* content_type :
       {"text/html", "text/html;charset=none", "charset=big5", ";", ""}) {
    EXPECT_EQ(Resolve("<meta charset=koi8-r>", content_type), "KOI8-R meta") << content_type;
  }
}

TEST(CharsetTest, ValidUtf8NeedsNoDeclaration) {
  EXPECT_EQ(Resolve(""), "UTF-8 utf8");
  EXPECT_EQ(Resolve("<title>plain</title>"), "UTF-8 utf8");
  EXPECT_EQ(Resolve("<title>\xd0\xb6\xe2\x82\xac</title>"), "UTF-8 utf8");
}

TEST(CharsetTest, Utf8CutInTheMiddleOfACharacterIsUtf8) {
  EXPECT_EQ(Resolve("\xd0\xb6 caf\xc3"), "UTF-8 utf8");
  EXPECT_NE(Resolve("caf\xe9"), "UTF-8 utf8");
}

TEST(CharsetTest, DetectsUndeclaredText) {
  EXPECT_EQ(Resolve(kRussian), "windows-1251 detected");
  EXPECT_EQ(Resolve("\x1b$BF|K\\\x1b(B"), "ISO-2022-JP detected");
}

TEST(CharsetTest, DetectorSeesTextFarBehindMarkup) {
  std::string page = "<html><head><style>";
  page.append(100000, 'x');
  absl::StrAppend(&page, "</style><p lang=\"\xe9\">", kRussian);
  EXPECT_EQ(Resolve(page), "windows-1251 detected");
}

TEST(CharsetTest, DetectsThai) {
  std::string thai;
  for (int i = 0; i < 5; ++i)
    thai += "\xca\xc7\xd1\xca\xb4\xd5\xa4\xc3\xd1\xba \xa1\xd2\xc3\xbb\xc3\xd0\xaa\xd8\xc1 ";
  EXPECT_EQ(Resolve(thai), "windows-874 detected");
}

TEST(CharsetTest, WithoutAnyHintItIsWindows1252) {
  EXPECT_EQ(Resolve("\x93\xff\x94"), "windows-1252 default");
  EXPECT_EQ(Resolve(kRussian, "", {.detect_bytes = 0}), "windows-1252 default");
}

// HTML section 13.2.3.2.
TEST(CharsetTest, PrescanReadsMeta) {
  EXPECT_EQ(Prescan("<meta charset=iso8859-2>"), "ISO-8859-2");
  EXPECT_EQ(Prescan("<META CHARSET = 'ISO8859-2' >"), "ISO-8859-2");
  EXPECT_EQ(Prescan("<meta/charset=iso8859-2>"), "ISO-8859-2");
  EXPECT_EQ(Prescan("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>"),
            "KOI8-R");
  EXPECT_EQ(Prescan("<meta content='text/html; charset=koi8-r' http-equiv=content-type>"),
            "KOI8-R");
  EXPECT_EQ(Prescan("<meta content='text/html; charset = \"koi8-r\"' http-equiv=content-type>"),
            "KOI8-R");
  EXPECT_EQ(Prescan("<meta content='charset charset=koi8-r;x' http-equiv=content-type>"), "KOI8-R");
}

TEST(CharsetTest, PrescanPassesOverWhatIsNoDeclaration) {
  for (const char* page : {
           "<metacharset=koi8-r>",
           "<meta content='text/html; charset=koi8-r'>",
           "<meta http-equiv=refresh content='text/html; charset=koi8-r'>",
           "<meta name=charset content=koi8-r>",
           "<!-- <meta charset=koi8-r> -->",
           "<p title='<meta charset=koi8-r>'>",
           "<meta charset=koi8-r",
           "<meta charset='koi8-r>",
           "<? <meta charset=koi8-r> ",
           "<meta charset=unknown content='charset=koi8-r' http-equiv=content-type>",
           "<meta content='charset=\"koi8-r' http-equiv=content-type>",
           "<meta content='charset=' http-equiv=content-type>",
           "<meta",
           "<",
       }) {
    EXPECT_EQ(Prescan(page), "none") << page;
  }
}

TEST(CharsetTest, PrescanGoesOnAfterAFailedMeta) {
  EXPECT_EQ(Prescan("<meta charset=unknown><meta charset=koi8-r>"), "KOI8-R");
  EXPECT_EQ(Prescan("<!--><meta charset=koi8-r>"), "KOI8-R");
  EXPECT_EQ(Prescan("</p title='>'><meta charset=koi8-r>"), "KOI8-R");
}

TEST(CharsetTest, FirstOfTwoEqualAttributesCounts) {
  EXPECT_EQ(Prescan("<meta charset=koi8-r charset=big5>"), "KOI8-R");
}

TEST(CharsetTest, PrescanKnowsThatAsciiMarkupIsNotUtf16) {
  EXPECT_EQ(Prescan("<meta charset=utf-16le>"), "UTF-8");
  EXPECT_EQ(Prescan("<meta charset=x-user-defined>"), "windows-1252");
}

TEST(CharsetTest, PrescanReadsXmlDeclarations) {
  EXPECT_EQ(Prescan("<?xml version='1.0' encoding='koi8-r'?><rss>"), "KOI8-R");
  EXPECT_EQ(Prescan("<?xml encoding = \"utf-16\" ?>"), "UTF-8");
  EXPECT_EQ(Prescan("<?xml encoding='koi8-r'?><meta charset=big5>"), "Big5");
  EXPECT_EQ(Prescan(absl::string_view("<\0?\0x\0", 6)), "UTF-16LE");
  EXPECT_EQ(Prescan(absl::string_view("\0<\0?\0x", 6)), "UTF-16BE");
  for (const char* page : {"<?xml encoding='koi8-r'", "<?xml encoding=koi8-r?>", "<?xml ?>",
                           " <?xml encoding='koi8-r'?>", "<?xml encoding='koi8 r'?>",
                           "<?xml encoding='koi8-r?>", "<?xml encoding", "<?xml encoding=?>"}) {
    EXPECT_EQ(Prescan(page), "none") << page;
  }
}

std::string Behind(size_t bytes, absl::string_view before, absl::string_view after) {
  return absl::StrCat(before, std::string(bytes, ' '), after);
}

TEST(CharsetTest, LateMetaCountsWhileInTheHead) {
  const std::string page =
      Behind(3000, "<html><head><title><p></title><link rel=x>", "<meta charset=koi8-r></head>");
  EXPECT_EQ(Resolve(page), "KOI8-R meta");
  EXPECT_EQ(Resolve(page, "", {.late_meta_bytes = 0}), "UTF-8 utf8");
}

TEST(CharsetTest, LateMetaOutsideOfTheHeadOrInRawTextDoesNot) {
  for (const char* before : {"<head></head>", "<body>", "<div>", "<script>", "<style>x</styl>",
                             "<noscript>", "<template>", "<title>", "<!--"}) {
    EXPECT_EQ(Resolve(Behind(3000, before, "<meta charset=koi8-r>")), "UTF-8 utf8") << before;
  }
}

TEST(CharsetTest, MetaThatBeginsWithinThePrescanIsReadToItsEnd) {
  EXPECT_EQ(Resolve(Behind(1015, "<p>", "<meta charset=koi8-r>")), "KOI8-R meta");
  EXPECT_EQ(Resolve(Behind(1021, "<p>", "<meta charset=koi8-r>")), "UTF-8 utf8");
}

TEST(CharsetTest, Utf8IsGivenBackWithoutACopy) {
  const std::string page = "<p>\xd0\xb6</p>";
  std::string storage;
  const absl::string_view text = ToUtf8(page, Encoding::kUtf8, &storage);
  EXPECT_EQ(text.data(), page.data());
  EXPECT_EQ(text.size(), page.size());
}

TEST(CharsetTest, AsciiIsGivenBackWithoutACopyInMostEncodings) {
  const std::string page = "<p>ascii</p>";
  std::string storage;
  EXPECT_EQ(ToUtf8(page, Encoding::kShiftJis, &storage).data(), page.data());
  EXPECT_EQ(ToUtf8(page, Encoding::kReplacement, &storage), "\ufffd");
}

TEST(CharsetTest, OwnByteOrderMarkIsRemoved) {
  std::string storage;
  EXPECT_EQ(ToUtf8("\xef\xbb\xbf"
                   "a",
                   Encoding::kUtf8, &storage),
            "a");
  EXPECT_EQ(ToUtf8(absl::string_view("\xff\xfe"
                                     "a\0",
                                     4),
                   Encoding::kUtf16Le, &storage),
            "a");
  EXPECT_EQ(ToUtf8("\xef\xbb\xbf\xef\xbb\xbf", Encoding::kUtf8, &storage), "\ufeff");
  EXPECT_EQ(ToUtf8("\xef\xbb\xbf", Encoding::kWindows1252, &storage), "\u00ef\u00bb\u00bf");
}

TEST(CharsetTest, BadBytesAreReplaced) {
  std::string storage = "old";
  EXPECT_EQ(ToUtf8("a\xff"
                   "b",
                   Encoding::kUtf8, &storage),
            "a\ufffd"
            "b");
  EXPECT_EQ(ToUtf8("caf\xe9", Encoding::kWindows1252, &storage), "caf\u00e9");
}

TEST(CharsetTest, OwningConversionIsTheSame) {
  std::mt19937 random(11);
  for (size_t i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    for (const char* start : {"", "\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}) {
      std::string bytes = start;
      for (size_t n = random() % 30; n > 0; --n) {
        bytes += static_cast<char>(random() % (random() % 2 == 0 ? 128 : 256));
      }
      std::string storage;
      const std::string text(ToUtf8(bytes, encoding, &storage));
      EXPECT_EQ(ToUtf8(bytes, encoding), text) << EncodingName(encoding);
      EXPECT_TRUE(IsValidUtf8(text)) << EncodingName(encoding);
    }
  }
}

}  // namespace
}  // namespace spindle
