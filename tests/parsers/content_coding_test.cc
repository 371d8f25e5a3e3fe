#include "parsers/content_coding.h"

#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

std::string Deflate(const std::string& text, int window_bits) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = out.size();
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Gzip(const std::string& text) { return Deflate(text, kGzip); }

std::string Zstd(const std::string& text, int window_log = 0) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  if (window_log != 0) ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  // A stream of unknown length states its window instead of its size.
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_inBuffer in = {text.data(), text.size(), 0};
  ZSTD_outBuffer buffer = {out.data(), out.size(), 0};
  ZSTD_compressStream2(context, &buffer, &in, ZSTD_e_flush);
  ZSTD_compressStream2(context, &buffer, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(buffer.pos);
  return out;
}

// "Hello, Spindle!" ten times, compressed with brotli.
const std::string& BrotliHello() {
  static const std::string* const bytes = new std::string(absl::HexStringToBytes(
      "1b9500f89d09762c8a1f7dc3901a04692a4d95c1351b59d9db0c61710b05438002f1e86700"));
  return *bytes;
}

std::string Hello() {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "Hello, Spindle!";
  return text;
}

// Text that compresses to about a third, as pages do, the same in every run.
std::string Page(size_t bytes) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < bytes) {
    absl::StrAppend(&text, "<p class=\"c", random() % 10, "\">", random(), "</p>\n");
  }
  text.resize(bytes);
  return text;
}

TEST(ContentCodingTest, NoCodingGivesTheBytes) {
  for (const char* header : {"", "identity", " , ,", "Identity, identity"}) {
    const DecodeResult result = DecodeContent(header, "abc");
    EXPECT_EQ(result.body, "abc") << header;
    EXPECT_EQ(result.outcome, DecodeOutcome::kOk) << header;
  }
}

TEST(ContentCodingTest, DecodesEachCoding) {
  for (const size_t size : {1u, 100u, 60000u, 1000000u}) {
    const std::string page = Page(size);
    const struct {
      const char* header;
      std::string bytes;
    } cases[] = {{"gzip", Gzip(page)},
                 {"x-gzip", Gzip(page)},
                 {"GZip", Gzip(page)},
                 {"deflate", Deflate(page, kZlib)},
                 {"deflate", Deflate(page, kRaw)},
                 {"zstd", Zstd(page)}};
    for (const auto& c : cases) {
      const DecodeResult result = DecodeContent(c.header, c.bytes);
      EXPECT_EQ(result.outcome, DecodeOutcome::kOk) << c.header << " " << size;
      EXPECT_TRUE(result.body == page) << c.header << " " << size;
    }
  }
}

TEST(ContentCodingTest, DecodesBrotli) {
  const DecodeResult result = DecodeContent("br", BrotliHello());
  EXPECT_EQ(result.outcome, DecodeOutcome::kOk);
  EXPECT_EQ(result.body, Hello());
}

// RFC 9110 section 8.4: codings are listed in the order they were applied.
TEST(ContentCodingTest, UndoesStackFromTheLast) {
  const std::string bytes = Zstd(Gzip(Page(5000)));
  EXPECT_EQ(DecodeContent("gzip, zstd", bytes).body, Page(5000));
  EXPECT_EQ(DecodeContent("gzip,identity ,\tzstd", bytes).body, Page(5000));
  EXPECT_EQ(DecodeContent("zstd, gzip", bytes).outcome, DecodeOutcome::kCorrupt);
}

TEST(ContentCodingTest, EmptyBodyIsOkUnderEveryCoding) {
  for (const char* header : {"gzip", "deflate", "br", "zstd", "gzip, br"}) {
    const DecodeResult result = DecodeContent(header, "");
    EXPECT_EQ(result.outcome, DecodeOutcome::kOk) << header;
    EXPECT_EQ(result.body, "") << header;
  }
}

TEST(ContentCodingTest, CodedEmptyBodyIsEmpty) {
  EXPECT_EQ(DecodeContent("gzip", Gzip("")).outcome, DecodeOutcome::kOk);
  EXPECT_EQ(DecodeContent("gzip", Gzip("")).body, "");
  EXPECT_EQ(DecodeContent("zstd", Zstd("")).outcome, DecodeOutcome::kOk);
}

// RFC 1952 section 2.2.
TEST(ContentCodingTest, JoinsGzipMembers) {
  const DecodeResult result = DecodeContent("gzip", Gzip("one ") + Gzip("") + Gzip(Page(90000)));
  EXPECT_EQ(result.outcome, DecodeOutcome::kOk);
  EXPECT_TRUE(result.body == "one " + Page(90000));
}

// RFC 8878 section 3.1.
TEST(ContentCodingTest, JoinsZstdFramesAndSkipsSkippableOnes) {
  const std::string skippable = absl::HexStringToBytes("5a2a4d1803000000616263");
  const DecodeResult result =
      DecodeContent("zstd", skippable + Zstd("one ") + skippable + Zstd("two"));
  EXPECT_EQ(result.outcome, DecodeOutcome::kOk);
  EXPECT_EQ(result.body, "one two");
}

TEST(ContentCodingTest, IgnoresTrailingGarbage) {
  for (const std::string& garbage : {std::string("\0\0\0\0", 4), std::string("<!-- cached -->")}) {
    EXPECT_EQ(DecodeContent("gzip", Gzip("page") + garbage).outcome, DecodeOutcome::kOk);
    EXPECT_EQ(DecodeContent("gzip", Gzip("page") + garbage).body, "page");
    EXPECT_EQ(DecodeContent("br", BrotliHello() + garbage).outcome, DecodeOutcome::kOk);
    EXPECT_EQ(DecodeContent("zstd", Zstd("page") + garbage).outcome, DecodeOutcome::kOk);
    EXPECT_EQ(DecodeContent("deflate", Deflate("page", kZlib) + garbage).body, "page");
  }
}

TEST(ContentCodingTest, KeepsWhatCameBeforeTheCut) {
  const std::string page = Page(60000);
  const struct {
    const char* header;
    std::string bytes;
  } cases[] = {{"gzip", Gzip(page)}, {"deflate", Deflate(page, kRaw)}};
  for (const auto& c : cases) {
    const DecodeResult half = DecodeContent(c.header, c.bytes.substr(0, c.bytes.size() / 2));
    EXPECT_EQ(half.outcome, DecodeOutcome::kTruncatedInput) << c.header;
    EXPECT_GT(half.body.size(), page.size() / 3) << c.header;
    EXPECT_TRUE(absl::StartsWith(page, half.body)) << c.header;
  }
}

TEST(ContentCodingTest, EveryCutIsSeen) {
  const std::string text = Hello();
  const struct {
    const char* header;
    std::string bytes;
  } cases[] = {{"gzip", Gzip(text)},
               {"deflate", Deflate(text, kZlib)},
               {"deflate", Deflate(text, kRaw)},
               {"br", BrotliHello()},
               {"zstd", Zstd(text)}};
  for (const auto& c : cases) {
    for (size_t cut = 1; cut < c.bytes.size(); ++cut) {
      const DecodeResult result = DecodeContent(c.header, c.bytes.substr(0, cut));
      EXPECT_EQ(result.outcome, DecodeOutcome::kTruncatedInput) << c.header << " " << cut;
      EXPECT_TRUE(absl::StartsWith(text, result.body)) << c.header << " " << cut;
    }
  }
}

TEST(ContentCodingTest, BadChecksumKeepsTheBody) {
  std::string bytes = Gzip("page");
  bytes[bytes.size() - 8] ^= 1;
  const DecodeResult result = DecodeContent("gzip", bytes);
  EXPECT_EQ(result.outcome, DecodeOutcome::kCorrupt);
  EXPECT_EQ(result.body, "page");
}

TEST(ContentCodingTest, PlainPageUnderACodingIsCorrupt) {
  for (const char* header : {"gzip", "deflate", "br", "zstd"}) {
    EXPECT_EQ(DecodeContent(header, "<html><title>not coded at all</title>").outcome,
              DecodeOutcome::kCorrupt)
        << header;
  }
}

TEST(ContentCodingTest, UnknownCodingGivesWhatIsUnderTheOthers) {
  EXPECT_EQ(DecodeContent("utf-8", "page").outcome, DecodeOutcome::kUnknownCoding);
  EXPECT_EQ(DecodeContent("utf-8", "page").body, "page");
  EXPECT_EQ(DecodeContent("none, gzip", Gzip("page")).outcome, DecodeOutcome::kUnknownCoding);
  EXPECT_EQ(DecodeContent("none, gzip", Gzip("page")).body, "page");
}

TEST(ContentCodingTest, LimitsHowManyCodingsAreStacked) {
  const DecodeLimits limits = {.max_codings = 2};
  EXPECT_EQ(DecodeContent("gzip, gzip", Gzip(Gzip("page")), limits).body, "page");
  const DecodeResult result = DecodeContent("gzip, gzip, gzip", Gzip(Gzip(Gzip("page"))), limits);
  EXPECT_EQ(result.outcome, DecodeOutcome::kTooManyCodings);
  EXPECT_EQ(result.body, "");
}

TEST(ContentCodingTest, CutsAtTheByteLimitExactly) {
  const std::string page = Page(1000);
  const struct {
    const char* header;
    std::string bytes;
  } cases[] = {
      {"", page}, {"gzip", Gzip(page)}, {"deflate", Deflate(page, kRaw)}, {"zstd", Zstd(page)}};
  for (const auto& c : cases) {
    const DecodeResult fits = DecodeContent(c.header, c.bytes, {.max_decoded_bytes = 1000});
    EXPECT_EQ(fits.outcome, DecodeOutcome::kOk) << c.header;
    EXPECT_EQ(fits.body, page) << c.header;
    const DecodeResult cut = DecodeContent(c.header, c.bytes, {.max_decoded_bytes = 999});
    EXPECT_EQ(cut.outcome, DecodeOutcome::kTooLarge) << c.header;
    EXPECT_EQ(cut.body, page.substr(0, 999)) << c.header;
    const DecodeResult none = DecodeContent(c.header, c.bytes, {.max_decoded_bytes = 0});
    EXPECT_EQ(none.outcome, DecodeOutcome::kTooLarge) << c.header;
    EXPECT_EQ(none.body, "") << c.header;
  }
}

TEST(ContentCodingTest, StopsABombByItsRatio) {
  const std::string zeros(8 << 20, '\0');
  for (const char* header : {"gzip", "zstd"}) {
    const std::string bomb = header[0] == 'g' ? Gzip(zeros) : Zstd(zeros);
    const DecodeLimits limits = {.max_ratio = 10, .ratio_free_bytes = 100000};
    const DecodeResult result = DecodeContent(header, bomb, limits);
    EXPECT_EQ(result.outcome, DecodeOutcome::kRatio) << header;
    EXPECT_EQ(result.body.size(), std::max<size_t>(10 * bomb.size(), 100000)) << header;
  }
}

TEST(ContentCodingTest, StopsANestedBomb) {
  const std::string bomb = Gzip(Gzip(std::string(64 << 20, '\0')));
  ASSERT_LT(bomb.size(), 10000u);
  const DecodeResult result = DecodeContent("gzip, gzip", bomb);
  EXPECT_EQ(result.outcome, DecodeOutcome::kRatio);
  EXPECT_LE(result.body.size(), size_t{3000000});
}

TEST(ContentCodingTest, SmallBodyOfBlanksIsNoBomb) {
  const DecodeResult result = DecodeContent("gzip", Gzip(std::string(1 << 20, ' ')));
  EXPECT_EQ(result.outcome, DecodeOutcome::kOk);
  EXPECT_EQ(result.body.size(), size_t{1 << 20});
}

// RFC 9659 section 3: windows over 8 MiB may be refused.
TEST(ContentCodingTest, RefusesAWideZstdWindow) {
  EXPECT_EQ(DecodeContent("zstd", Zstd(Page(1000), 23)).outcome, DecodeOutcome::kOk);
  const DecodeResult result = DecodeContent("zstd", Zstd(Page(1000), 27));
  EXPECT_EQ(result.outcome, DecodeOutcome::kTooLarge);
  EXPECT_EQ(result.body, "");
}

TEST(ContentCodingTest, LyingSizeHintDoesNoHarm) {
  std::string bytes = Gzip(Page(60000));
  for (const char lie : {'\0', '\x01', '\x7f', '\xff'}) {
    for (size_t i = 1; i <= 4; ++i) bytes[bytes.size() - i] = lie;
    const DecodeResult result = DecodeContent("gzip", bytes);
    EXPECT_EQ(result.outcome, DecodeOutcome::kCorrupt);
    EXPECT_TRUE(result.body == Page(60000));
  }
}

TEST(ContentCodingTest, EveryOutcomeHasAName) {
  EXPECT_EQ(DecodeOutcomeName(DecodeOutcome::kOk), "ok");
  EXPECT_EQ(DecodeOutcomeName(DecodeOutcome::kTruncatedInput), "truncated_input");
  EXPECT_EQ(DecodeOutcomeName(DecodeOutcome::kTooManyCodings), "too_many_codings");
}

}  // namespace
}  // namespace spindle
