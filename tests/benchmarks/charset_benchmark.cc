// From the bytes of a fetched body to UTF-8 text, over real pages: content codings, charsets, media
// types.

#include <benchmark/benchmark.h>
#include <unicode/ucnv.h>
#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "parsers/charset.h"
#include "parsers/content_coding.h"
#include "parsers/mime.h"
#include "parsers/utf8.h"
#include "tests/benchmarks/allocations.h"
#include "tests/benchmarks/realweb.h"

namespace spindle {
namespace {

std::string Gzip(const std::string& text) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = out.size();
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct GzippedPage {
  std::string bytes;
  size_t page_bytes;
};

const std::vector<GzippedPage>& GzippedPages() {
  static const auto& pages = *[] {
    auto* made = new std::vector<GzippedPage>;
    for (const RealPage& page : RealWeb()) made->push_back({Gzip(page.html), page.html.size()});
    return made;
  }();
  return pages;
}

// Runs `work` over every element; MB/s and allocations are those of the pages, not of their coded
// forms.
template <typename Pages, typename Work>
void RunOver(benchmark::State& state, const Pages& pages, size_t bytes, Work work) {
  if (pages.empty()) return state.SkipWithError("needs --realweb=DIR");
  const uint64_t allocations = AllocationCount();
  for (auto _ : state) {
    for (const auto& page : pages) work(page);
  }
  const double done = static_cast<double>(pages.size()) * state.iterations();
  state.counters["pages/s"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
  state.counters["allocs_per_page"] = (AllocationCount() - allocations) / done;
  state.SetBytesProcessed(bytes * state.iterations());
}

void BM_GunzipPages(benchmark::State& state) {
  RunOver(state, GzippedPages(), RealWebBytes(), [](const GzippedPage& page) {
    benchmark::DoNotOptimize(DecodeContent("gzip", page.bytes).body.data());
  });
}
BENCHMARK(BM_GunzipPages);

// The bound: zlib into one buffer that is large enough and stays.
void BM_GunzipPagesBareZlib(benchmark::State& state) {
  std::vector<char> buffer;
  for (const GzippedPage& page : GzippedPages()) {
    if (page.page_bytes > buffer.size()) buffer.resize(page.page_bytes);
  }
  RunOver(state, GzippedPages(), RealWebBytes(), [&buffer](const GzippedPage& page) {
    z_stream stream = {};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(page.bytes.data()));
    stream.avail_in = page.bytes.size();
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    benchmark::DoNotOptimize(buffer.data());
  });
}
BENCHMARK(BM_GunzipPagesBareZlib);

void BM_CharsetResolve(benchmark::State& state) {
  RunOver(state, RealWeb(), RealWebBytes(), [](const RealPage& page) {
    benchmark::DoNotOptimize(ResolveCharset(page.html, "text/html"));
  });
}
BENCHMARK(BM_CharsetResolve);

void BM_CharsetResolveAndConvert(benchmark::State& state) {
  std::string storage;
  RunOver(state, RealWeb(), RealWebBytes(), [&storage](const RealPage& page) {
    const CharsetGuess guess = ResolveCharset(page.html, "text/html");
    benchmark::DoNotOptimize(ToUtf8(page.html, guess.encoding, &storage));
  });
}
BENCHMARK(BM_CharsetResolveAndConvert);

void BM_Utf8Validate(benchmark::State& state) {
  RunOver(state, RealWeb(), RealWebBytes(),
          [](const RealPage& page) { benchmark::DoNotOptimize(IsValidUtf8(page.html)); });
}
BENCHMARK(BM_Utf8Validate);

void BM_ContentSniff(benchmark::State& state) {
  const std::optional<MediaType> html = ExtractMediaType("text/html; charset=utf-8");
  RunOver(state, RealWeb(), RealWebBytes(), [&html](const RealPage& page) {
    benchmark::DoNotOptimize(SniffContent(&*html, page.html, /*nosniff=*/false));
  });
}
BENCHMARK(BM_ContentSniff);

// Text in each encoding: what a legacy page costs where most of it is not ASCII.
std::string LegacyText(const char* icu_name) {
  std::u16string text;
  const std::u16string words = std::string(icu_name) == "windows-1251"
                                   ? u"Широкая электрификация южных губерний. "
                                   : u"日本語中文字 ";
  while (text.size() < 60000) text += words + u"<p class=\"x\">";
  UErrorCode error = U_ZERO_ERROR;
  UConverter* const converter = ucnv_open(icu_name, &error);
  std::string bytes(4 * text.size(), '\0');
  bytes.resize(
      ucnv_fromUChars(converter, bytes.data(), bytes.size(), text.data(), text.size(), &error));
  ucnv_close(converter);
  return bytes;
}

void RunLegacy(benchmark::State& state, Encoding encoding, const char* icu_name) {
  const std::vector<std::string> pages = {LegacyText(icu_name)};
  std::string storage;
  benchmark::DoNotOptimize(ToUtf8(pages[0], encoding, &storage));  // Makes the tables.
  RunOver(state, pages, pages[0].size(), [encoding, &storage](const std::string& page) {
    benchmark::DoNotOptimize(ToUtf8(page, encoding, &storage));
  });
}

// The same by ICU's converter, by way of UTF-16.
void RunIcu(benchmark::State& state, const char* icu_name) {
  const std::vector<std::string> pages = {LegacyText(icu_name)};
  std::string out(4 * pages[0].size(), '\0');
  RunOver(state, pages, pages[0].size(), [icu_name, &out](const std::string& page) {
    UErrorCode error = U_ZERO_ERROR;
    benchmark::DoNotOptimize(
        ucnv_convert("UTF-8", icu_name, out.data(), out.size(), page.data(), page.size(), &error));
  });
}

void BM_DecodeWindows1251(benchmark::State& state) {
  RunLegacy(state, Encoding::kWindows1251, "windows-1251");
}
BENCHMARK(BM_DecodeWindows1251);

void BM_DecodeWindows1251Icu(benchmark::State& state) { RunIcu(state, "windows-1251"); }
BENCHMARK(BM_DecodeWindows1251Icu);

void BM_DecodeShiftJis(benchmark::State& state) {
  RunLegacy(state, Encoding::kShiftJis, "windows-31j");
}
BENCHMARK(BM_DecodeShiftJis);

void BM_DecodeShiftJisIcu(benchmark::State& state) { RunIcu(state, "windows-31j"); }
BENCHMARK(BM_DecodeShiftJisIcu);

void BM_DetectCharset(benchmark::State& state) {
  const std::vector<std::string> pages = {LegacyText("windows-1251")};
  RunOver(state, pages, pages[0].size(), [](const std::string& page) {
    benchmark::DoNotOptimize(DetectEncoding(page, CharsetLimits().detect_bytes));
  });
}
BENCHMARK(BM_DetectCharset);

}  // namespace
}  // namespace spindle
