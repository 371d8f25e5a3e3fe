#include "parsers/mime.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string Parsed(absl::string_view input) {
  const std::optional<MediaType> media_type = MediaType::Parse(input);
  return media_type ? media_type->ToString() : "failure";
}

std::string Extracted(absl::string_view content_type) {
  const std::optional<MediaType> media_type = ExtractMediaType(content_type);
  return media_type ? media_type->ToString() : "failure";
}

// MIME Sniffing section 4.4.
TEST(MimeTest, ParsesTypeAndParameters) {
  const std::optional<MediaType> media_type =
      MediaType::Parse(" TEXT/Html ; Charset=\"GB\\K\" ; q=1\t");
  ASSERT_TRUE(media_type.has_value());
  EXPECT_EQ(media_type->essence(), "text/html");
  EXPECT_EQ(media_type->type(), "text");
  EXPECT_EQ(media_type->subtype(), "html");
  EXPECT_EQ(media_type->Parameter("charset"), absl::string_view("GBK"));
  EXPECT_EQ(media_type->Parameter("q"), absl::string_view("1"));
  EXPECT_EQ(media_type->Parameter("x"), std::nullopt);
  EXPECT_EQ(media_type->ToString(), "text/html;charset=GBK;q=1");
}

TEST(MimeTest, RefusesWhatIsNoType) {
  for (const char* input : {"", "text", "text/", "/html", "text html", "te xt/html", "text/ht ml",
                            "text/html(;doc)", "text/html, text/plain", "\"text/html\""}) {
    EXPECT_EQ(Parsed(input), "failure") << input;
  }
}

TEST(MimeTest, DropsBadParametersOnly) {
  EXPECT_EQ(Parsed("a/b;;x;=y;x=;p p=1;k=\"\";ok=1;ok=2;v=\x01"), "a/b;k=\"\";ok=1");
  EXPECT_EQ(Parsed("a/b;x=\"un\\"), "a/b;x=\"un\\\\\"");
  EXPECT_EQ(Parsed("a/b;x=\"1;2\"tail;y=3"), "a/b;x=\"1;2\";y=3");
  EXPECT_EQ(Parsed("a/b;x=\xff"), "a/b;x=\"\xff\"");
}

TEST(MimeTest, KeepsABoundedNumberOfParameters) {
  std::string input = "a/b";
  for (int i = 0; i < 100000; ++i) absl::StrAppend(&input, ";p", i, "=", i);
  EXPECT_EQ(MediaType::Parse(input)->parameters().size(), MediaType::kMaxParameters);
}

// Fetch section 3.5.
TEST(MimeTest, LastValidTypeCounts) {
  EXPECT_EQ(Extracted("text/html, text/plain"), "text/plain");
  EXPECT_EQ(Extracted("text/html, */*, nonsense,"), "text/html");
  EXPECT_EQ(Extracted("text/html;x=\", text/plain\""), "text/html;x=\", text/plain\"");
  EXPECT_EQ(Extracted(""), "failure");
  EXPECT_EQ(Extracted(", ,"), "failure");
}

TEST(MimeTest, CharsetIsInheritedFromAnEqualType) {
  EXPECT_EQ(Extracted("text/html;charset=gbk, text/html"), "text/html;charset=gbk");
  EXPECT_EQ(Extracted("text/html;charset=gbk, text/html;charset=big5"), "text/html;charset=big5");
  EXPECT_EQ(Extracted("text/html;charset=gbk, text/plain, text/html"), "text/html");
}

// MIME Sniffing section 4.6.
TEST(MimeTest, KnowsTheGroups) {
  const auto type = [](absl::string_view essence) { return MediaType::FromEssence(essence); };
  EXPECT_TRUE(type("image/svg+xml").IsXml() && type("image/svg+xml").IsImage());
  EXPECT_TRUE(type("application/ogg").IsAudioOrVideo());
  EXPECT_TRUE(type("application/font-woff").IsFont());
  EXPECT_TRUE(type("application/epub+zip").IsZipBased());
  EXPECT_FALSE(type("application/epub+zip").IsArchive());
  EXPECT_TRUE(type("text/jscript").IsJavaScript());
  EXPECT_TRUE(type("application/ld+json").IsJson());
  EXPECT_TRUE(type("application/pdf").IsScriptable());
  EXPECT_FALSE(type("application/xhtml+xml").IsHtml());
}

// MIME Sniffing section 4.7.
TEST(MimeTest, MinimizesTypes) {
  const auto minimized = [](absl::string_view input) {
    return MinimizedMediaType(*MediaType::Parse(input));
  };
  EXPECT_EQ(minimized("application/x-javascript;a=b"), "text/javascript");
  EXPECT_EQ(minimized("application/ld+json"), "application/json");
  EXPECT_EQ(minimized("application/rss+xml"), "application/xml");
  EXPECT_EQ(minimized("image/svg+xml"), "image/svg+xml");
  EXPECT_EQ(minimized("text/html;charset=x"), "text/html");
  EXPECT_EQ(minimized("application/x-whatever"), "");
}

// Fetch, "extract a length".
TEST(MimeTest, ReadsContentLength) {
  EXPECT_EQ(ParseContentLength("42").outcome, ContentLength::Outcome::kKnown);
  EXPECT_EQ(ParseContentLength("42").bytes, 42u);
  EXPECT_EQ(ParseContentLength(" 030 ,030").bytes, 30u);
  EXPECT_EQ(ParseContentLength("18446744073709551615").bytes, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(ParseContentLength(std::string(1000, '9')).bytes, std::numeric_limits<uint64_t>::max());
}

TEST(MimeTest, IgnoresALengthThatIsNoNumber) {
  for (const char* value : {"", " ", "-1", "0x20", "42s", "\"30\"", "a, a"}) {
    EXPECT_EQ(ParseContentLength(value).outcome, ContentLength::Outcome::kUnknown) << value;
  }
}

// RFC 9112 section 6.3: requests could be smuggled.
TEST(MimeTest, DifferingLengthsConflict) {
  for (const char* value : {"30,42", "30,", ",30", "030,30"}) {
    EXPECT_EQ(ParseContentLength(value).outcome, ContentLength::Outcome::kConflicting) << value;
  }
}

TEST(MimeTest, KindFollowsFromTheType) {
  const struct {
    const char* essence;
    ContentKind kind;
  } cases[] = {
      {"text/html", ContentKind::kHtml},
      {"application/xhtml+xml", ContentKind::kHtml},
      {"application/xml", ContentKind::kXml},
      {"application/rss+xml", ContentKind::kFeed},
      {"application/atom+xml", ContentKind::kFeed},
      {"text/plain", ContentKind::kText},
      {"text/markdown", ContentKind::kText},
      {"text/css", ContentKind::kCss},
      {"application/x-javascript", ContentKind::kJavaScript},
      {"application/feed+json", ContentKind::kJson},
      {"application/pdf", ContentKind::kPdf},
      {"image/svg+xml", ContentKind::kImage},
      {"video/mp4", ContentKind::kAudioVideo},
      {"application/epub+zip", ContentKind::kArchive},
      {"application/gzip", ContentKind::kArchive},
      {"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
       ContentKind::kArchive},
      {"font/woff2", ContentKind::kFont},
      {"application/octet-stream", ContentKind::kBinary},
      {"application/msword", ContentKind::kBinary},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(KindOf(MediaType::FromEssence(c.essence)), c.kind) << c.essence;
  }
}

// "html text/html" and the like; "" for no declared type.
std::string Sniffed(absl::string_view declared, absl::string_view bytes, bool nosniff = false) {
  const std::optional<MediaType> media_type = MediaType::Parse(declared);
  const SniffedContent content = SniffContent(media_type ? &*media_type : nullptr, bytes, nosniff);
  return absl::StrCat(ContentKindName(content.kind), " ", content.media_type.ToString());
}

// MIME Sniffing section 7.1.
TEST(MimeTest, IdentifiesUndeclaredContent) {
  const auto bytes = [](const char* data, size_t size) { return absl::string_view(data, size); };
  EXPECT_EQ(Sniffed("", " \n<!doctype HTML>"), "html text/html");
  EXPECT_EQ(Sniffed("", "<a href=x>"), "html text/html");
  EXPECT_EQ(Sniffed("", "<abbr>"), "text text/plain");
  EXPECT_EQ(Sniffed("", "<!-- x"), "html text/html");
  EXPECT_EQ(Sniffed("", "<html"), "text text/plain");
  EXPECT_EQ(Sniffed("", " <?xml version='1.0'?><x>"), "xml text/xml");
  EXPECT_EQ(Sniffed("", "<?xml version='1.0'?><rss>"), "feed text/xml");
  EXPECT_EQ(Sniffed("", "%PDF-1.7"), "pdf application/pdf");
  EXPECT_EQ(Sniffed("", "%!PS-Adobe-3"), "binary application/postscript");
  EXPECT_EQ(Sniffed("", "\xef\xbb\xbf<html>"), "text text/plain");
  EXPECT_EQ(Sniffed("", "\xff\xfe<h"), "text text/plain");
  EXPECT_EQ(Sniffed("", "GIF89a..."), "image image/gif");
  EXPECT_EQ(Sniffed("", "\x89PNG\r\n\x1a\n"), "image image/png");
  EXPECT_EQ(Sniffed("", "\xff\xd8\xff\xe0"), "image image/jpeg");
  EXPECT_EQ(Sniffed("", "RIFFabcdWEBPVP8"), "image image/webp");
  EXPECT_EQ(Sniffed("", bytes("\0\0\1\0", 4)), "image image/x-icon");
  EXPECT_EQ(Sniffed("", "RIFFabcdWAVEfmt"), "audio_video audio/wave");
  EXPECT_EQ(Sniffed("", "ID3\x04"), "audio_video audio/mpeg");
  EXPECT_EQ(Sniffed("", bytes("\0\0\0\x10"
                              "ftypmp42\0\0\0\0",
                              16)),
            "audio_video video/mp4");
  EXPECT_EQ(Sniffed("", bytes("\0\0\0\x14"
                              "ftypisom\0\0\0\0mp41",
                              20)),
            "audio_video video/mp4");
  EXPECT_EQ(Sniffed("", bytes("\0\0\0\x14"
                              "ftypisom\0\0\0\0avc1",
                              20)),
            "binary application/octet-stream");
  EXPECT_EQ(Sniffed("", "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87"),
            "audio_video video/webm");
  EXPECT_EQ(Sniffed("", "\x1a\x45\xdf\xa3\x42\x82\x88matroska"), "binary application/octet-stream");
  EXPECT_EQ(Sniffed("", "PK\x03\x04"), "archive application/zip");
  EXPECT_EQ(Sniffed("", "\x1f\x8b\x08"), "archive application/x-gzip");
  EXPECT_EQ(Sniffed("", "Rar!\x1a\x07\x01"), "archive application/x-rar-compressed");
  EXPECT_EQ(Sniffed("", "words"), "text text/plain");
  EXPECT_EQ(Sniffed("", ""), "text text/plain");
  EXPECT_EQ(Sniffed("", "\x01\x02"), "binary application/octet-stream");
  EXPECT_EQ(Sniffed("application/unknown", "<html>"), "html text/html");
}

TEST(MimeTest, NosniffKeepsTheDeclaredType) {
  EXPECT_EQ(Sniffed("text/plain", "\x01", true), "text text/plain");
  EXPECT_EQ(Sniffed("text/html", "%PDF-1.7", true), "html text/html");
  EXPECT_EQ(Sniffed("image/png", "GIF89a", true), "image image/png");
  EXPECT_EQ(Sniffed("", "<html>", true), "text text/plain");
  EXPECT_EQ(Sniffed("", "GIF89a", true), "image image/gif");
}

// MIME Sniffing section 7.2.
TEST(MimeTest, ServersDefaultTypeMayHideBinaries) {
  for (const char* type :
       {"text/plain", "text/plain;charset=ISO-8859-1", "text/plain;charset=UTF-8"}) {
    EXPECT_EQ(Sniffed(type, "PK\x03\x04"), "binary application/octet-stream") << type;
    EXPECT_EQ(Sniffed(type, "<html>"), absl::StrCat("text ", type)) << type;
    EXPECT_EQ(Sniffed(type, "\xff\xfe\x01"), absl::StrCat("text ", type)) << type;
  }
  EXPECT_EQ(Sniffed("text/plain;charset=big5", "\x01"), "text text/plain;charset=big5");
  EXPECT_EQ(Sniffed("text/plain;format=flowed", "\x01"), "text text/plain;format=flowed");
}

// MIME Sniffing section 7.3.
TEST(MimeTest, TellsFeedsFromHtml) {
  EXPECT_EQ(Sniffed("text/html;charset=x", "<html>"), "html text/html;charset=x");
  EXPECT_EQ(Sniffed("text/html", "\xef\xbb\xbf <?xml?><!-- <x> --><!DOCTYPE rss><rss version=2>"),
            "feed application/rss+xml");
  EXPECT_EQ(Sniffed("text/html", "<feed xmlns=x>"), "feed application/atom+xml");
  EXPECT_EQ(Sniffed("text/html",
                    "<rdf:RDF xmlns='http://purl.org/rss/1.0/' "
                    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"),
            "feed application/rss+xml");
  EXPECT_EQ(Sniffed("text/html", "<rdf:RDF>"), "html text/html");
  EXPECT_EQ(Sniffed("text/html", "text <rss>"), "html text/html");
  EXPECT_EQ(Sniffed("text/html", "<!-- <rss>"), "html text/html");
  EXPECT_EQ(Sniffed("application/xml", "<rss>"), "feed application/xml");
  EXPECT_EQ(Sniffed("application/xml", "<urlset>"), "xml application/xml");
}

TEST(MimeTest, MislabelledHtmlIsWhatItsSignatureSays) {
  EXPECT_EQ(Sniffed("text/html", "%PDF-1.4\n"), "pdf application/pdf");
  EXPECT_EQ(Sniffed("text/html", "\x89PNG\r\n\x1a\n"), "image image/png");
  EXPECT_EQ(Sniffed("text/html", "BMW sells cars"), "html text/html");
  EXPECT_EQ(Sniffed("text/html", absl::string_view("<\0h\0t\0", 6)), "html text/html");
}

TEST(MimeTest, ImagesAndSoundAreCorrectedAmongThemselves) {
  EXPECT_EQ(Sniffed("image/png", "GIF89a"), "image image/gif");
  EXPECT_EQ(Sniffed("image/png", "<html>"), "image image/png");
  EXPECT_EQ(Sniffed("video/mp4", "ID3"), "audio_video audio/mpeg");
  EXPECT_EQ(Sniffed("image/svg+xml", "GIF89a"), "image image/svg+xml");
}

TEST(MimeTest, SniffingIsBounded) {
  std::string page = "<!-- ";
  page.append(kSniffBytes, 'x');
  page += "--><rss>";
  EXPECT_EQ(Sniffed("text/html", page), "html text/html");
}

}  // namespace
}  // namespace spindle
