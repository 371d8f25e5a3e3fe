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

// "0 1 4 9 16 ...": the squares of the numbers below 400, and the same compressed with brotli.
std::string Squares() {
  std::string text;
  for (int i = 0; i < 400; ++i) absl::StrAppend(&text, i * i, " ");
  return text;
}

std::string BrotliSquares() {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(
      "GyAJ+B0JduzCIhfkjXRsmKoh7gLCFMZiZnIBN1yqCxE9cg314pZtwOPl/WNQ8ZDPhCNAoIIY5uAHaVCD7rCMpwhE"
      "UuRMdXTDaJgNq2PPXIqH+ClAG7AHnIB6QBdwDmJDu2AkmC3YGM4H/wWhB7GCpEOWUVSoEhoVWhmdDv0KRg/mC5YP"
      "O8bZwiPh7cJn458juBD1EE9I9si0yabIlyhclGvqPpofOj10f+jvY7Bm5GIiMU0x22Zuj8WEVQ/rC9scuzb7uzhK"
      "nLa4xNz4uHvh0cOrwkfHj8yfCiAJ0CqAZUB0gK0A1QPsF6B9wMTA3QKVBHpdoLFBPwe6C7h7wJ6Aswe+NqRSEEuQ"
      "uCC7hlYf9P1A0wPdH5jqg3lrmLhgToKtFKzbsNmDvQlc98D5Avdz8GXDf13wI8HfLYSKEexD+C+I6kF8FcToEE9G"
      "ahXSSEirQi4Z2TrkX0FRD8p7QYkP5WLU3kKNhHpdaNpGMzk0e0HbPWhngnb30HUb3aTQnYR+u9CfNfrXh9E/GOnB"
      "uB/M14eZNZZcWJawfgq72tjew94JTvfgzAXncrjPxv1deErC4y08G+NtH9684FMPPlfwrQ7/lvGPikASgVUEKxO2"
      "jjAVIvUQ+YVofcQdE2eLpCSS6SI5m/TlSP+FTPeQyYSs9shOm+ylyFkity7ye03+76OoH4r0UOqHcvoob01lF9VJ"
      "1C9FvW2a3qP5E9ruoc2FTuXoxKZbXXQj0dMWvYnpl4/+eWGgHgZTYSgdw5EZScVoJMZSMR6ZiXRMpsJUPUznhRn5"
      "mJmYWW0xG4m56mIuNvMrx/xcWHQPiz9h2Xsst83qpVidxNou1rdmM31s9cM2PezUDzu/j91es7su9iyxdyn2T5uD"
      "9jhkwrF7OP4Lp5fjdDbn6eJSEpdsce2Y6/q48Qu36uE2Fe5ax93K3LeKhyQeUfFsmefqeLnCWz2888KnfXw25ust"
      "fkri53fx+2x+L8ffXPjfPfzfCUDeA1S1AfVTgLYEeHIBXtYAvz6A7wcw6QGkfwC5PsCfNWDbBdiTADcpoLoN1O4B"
      "aybA7h5g7wX4Jgd020BfF3AiAdNbwFwM/PEB970ATz3A+xWQrANVyaBaFahHAr1Wgd7JIEcHmlcBRT2g/BfQtw+0"
      "FYN2t0AXCazXBS7Z4Po5cPsCft0DfjcBO3vgcRucSoFzEvjHBd63Bl/1gW9/IEoPpN4PpKsP0ruGvLggtgSZSkHm"
      "2pBkD/I9gWz3QPYukPs5qMaG1uuCdknQ3i3oSwy1fdDpF2jUA81WoD866FqGngE=",
      &bytes));
  return bytes;
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
  const DecodeResult result = DecodeContent("br", BrotliSquares());
  EXPECT_EQ(result.outcome, DecodeOutcome::kOk);
  EXPECT_EQ(result.body, Squares());
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
    EXPECT_EQ(DecodeContent("br", BrotliSquares() + garbage).outcome, DecodeOutcome::kOk);
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
  const std::string text = Squares();
  const struct {
    const char* header;
    std::string bytes;
  } cases[] = {{"gzip", Gzip(text)},
               {"deflate", Deflate(text, kZlib)},
               {"deflate", Deflate(text, kRaw)},
               {"br", BrotliSquares()},
               {"zstd", Zstd(text)}};
  for (const auto& c : cases) {
    for (size_t cut = 1; cut < c.bytes.size(); ++cut) {
      const DecodeResult result = DecodeContent(c.header, c.bytes.substr(0, cut));
      EXPECT_EQ(result.outcome, DecodeOutcome::kTruncatedInput) << c.header << " " << cut;
      EXPECT_TRUE(absl::StartsWith(text, result.body)) << c.header << " " << cut;
    }
  }
}

// Both decoders, given all at once, keep what they have to themselves.
TEST(ContentCodingTest, KeepsWhatCameBeforeBadData) {
  const std::string page = Page(600000);
  std::string zstd(ZSTD_compressBound(page.size()), '\0');
  zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), page.data(), page.size(), 3));
  zstd.replace(zstd.size() * 3 / 4, 64, std::string(64, '\xff'));
  const DecodeResult from_zstd = DecodeContent("zstd", zstd);
  EXPECT_EQ(from_zstd.outcome, DecodeOutcome::kCorrupt);
  ASSERT_GT(from_zstd.body.size(), 200000u);
  EXPECT_TRUE(absl::StartsWith(page, from_zstd.body.substr(0, 200000)));

  std::string brotli = BrotliSquares();
  brotli[694] ^= '\xff';
  const DecodeResult from_brotli = DecodeContent("br", brotli);
  EXPECT_EQ(from_brotli.outcome, DecodeOutcome::kCorrupt);
  ASSERT_GT(from_brotli.body.size(), 1000u);
  EXPECT_TRUE(absl::StartsWith(Squares(), from_brotli.body.substr(0, 1000)));
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
