// The tokenizer alone, and links and metadata of real pages without a tree.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parsers/html_tokenizer.h"
#include "parsers/scan.h"
#include "parsers/url.h"
#include "tests/benchmarks/allocations.h"
#include "tests/benchmarks/realweb.h"

namespace spindle {
namespace {

const std::vector<Url>& PageUrls() {
  static const auto& urls = *[] {
    auto* parsed = new std::vector<Url>;
    for (const RealPage& page : RealWeb()) {
      std::optional<Url> url = Url::Parse(page.url);
      parsed->push_back(url.has_value() ? *std::move(url) : *Url::Parse("https://example.com/"));
    }
    return parsed;
  }();
  return urls;
}

// Runs `work(index of a page)` over all pages; it returns the number of things it found.
template <typename Work>
void RunOverPages(benchmark::State& state, const char* found_name, Work work) {
  const size_t page_count = RealWeb().size();
  if (page_count == 0) return state.SkipWithError("needs --realweb=DIR");
  PageUrls();
  size_t found_count = 0;
  const uint64_t allocations = AllocationCount();
  for (auto _ : state) {
    for (size_t i = 0; i < page_count; ++i) found_count += work(i);
  }
  const double pages = static_cast<double>(page_count) * state.iterations();
  state.SetBytesProcessed(RealWebBytes() * state.iterations());
  state.counters["pages"] = benchmark::Counter(pages, benchmark::Counter::kIsRate);
  state.counters["allocs_per_page"] = (AllocationCount() - allocations) / pages;
  state.counters[found_name] = found_count / pages;
}

size_t CountTokens(const std::string& html, const HtmlTokenizer::Filter& filter) {
  HtmlTokenizer tokenizer(html);
  tokenizer.set_filter(filter);
  HtmlToken token;
  size_t count = 0;
  for (; tokenizer.Next(&token); ++count) {
    if (token.kind != HtmlToken::Kind::kStartTag) continue;
    if (token.tag == HtmlTag::kScript) tokenizer.SetContent(HtmlContent::kScript);
    if (token.tag == HtmlTag::kStyle) tokenizer.SetContent(HtmlContent::kRawtext);
  }
  return count;
}

void BM_TokenizeAll(benchmark::State& state) {
  RunOverPages(state, "tokens", [](size_t i) { return CountTokens(RealWeb()[i].html, {}); });
}
BENCHMARK(BM_TokenizeAll);

void BM_TokenizeAnchors(benchmark::State& state) {
  HtmlTokenizer::Filter filter;
  filter.start_tags = {HtmlTag::kA, HtmlTag::kScript, HtmlTag::kStyle};
  filter.end_tags = {};
  filter.text = filter.comments = filter.doctypes = false;
  RunOverPages(state, "tokens", [&](size_t i) { return CountTokens(RealWeb()[i].html, filter); });
}
BENCHMARK(BM_TokenizeAnchors);

void BM_ScanPage(benchmark::State& state) {
  RunOverPages(state, "links", [](size_t i) {
    return ScanPage(RealWeb()[i].html, PageUrls()[i], ExtractOptions()).links.size();
  });
}
BENCHMARK(BM_ScanPage);

}  // namespace
}  // namespace spindle
