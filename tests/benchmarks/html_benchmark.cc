// The tree path over real pages, against bare gumbo on the same bytes.

#include <benchmark/benchmark.h>
#include <gumbo.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "parsers/arena.h"
#include "parsers/html.h"
#include "parsers/html_prune.h"
#include "parsers/url.h"
#include "tests/benchmarks/allocations.h"
#include "tests/benchmarks/realweb.h"

namespace spindle {
namespace {

int64_t CoarseClock() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// As the crawler sets them, but for the time: a benchmark measures it.
HtmlLimits Limits() {
  HtmlLimits limits;
  limits.clock = CoarseClock;
  limits.max_time = absl::Seconds(10);
  return limits;
}

const std::vector<Url>& Urls() {
  static const auto& urls = *[] {
    auto* const made = new std::vector<Url>;
    for (const RealPage& page : RealWeb()) made->push_back(*Url::Parse(page.url));
    return made;
  }();
  return urls;
}

// Runs `parse(index)` over all pages.
template <typename Parse>
void RunOverPages(benchmark::State& state, Parse parse) {
  const std::vector<RealPage>& pages = RealWeb();
  if (pages.empty()) return state.SkipWithError("needs --realweb=DIR");
  Urls();
  const uint64_t allocations = AllocationCount();
  for (auto _ : state) {
    for (size_t i = 0; i < pages.size(); ++i) parse(i);
  }
  const double parsed = static_cast<double>(pages.size()) * state.iterations();
  state.counters["pages_per_s"] = benchmark::Counter(parsed, benchmark::Counter::kIsRate);
  state.counters["allocs_per_page"] = (AllocationCount() - allocations) / parsed;
  state.SetBytesProcessed(RealWebBytes() * state.iterations());
}

// The yardstick: default allocator, whole input.
void BM_GumboBare(benchmark::State& state) {
  RunOverPages(state, [](size_t i) {
    const std::string& html = RealWeb()[i].html;
    GumboOutput* const output =
        gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size());
    benchmark::DoNotOptimize(output);
    gumbo_destroy_output(&kGumboDefaultOptions, output);
  });
}
BENCHMARK(BM_GumboBare)->Unit(benchmark::kMillisecond);

void BM_HtmlPrune(benchmark::State& state) {
  HtmlPruneOptions options;
  options.scripts = options.styles = options.comments = true;
  options.for_extraction = state.range(0) != 0;
  size_t pruned_bytes = 0;
  RunOverPages(
      state, [&](size_t i) { pruned_bytes += PruneHtml(RealWeb()[i].html, options).html.size(); });
  state.counters["kept"] = static_cast<double>(pruned_bytes) / state.iterations() / RealWebBytes();
}
BENCHMARK(BM_HtmlPrune)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_HtmlTreeExact(benchmark::State& state) {
  Arena arena;
  RunOverPages(state, [&](size_t i) {
    benchmark::DoNotOptimize(
        HtmlDocument::Parse(RealWeb()[i].html, Limits(), HtmlPruning::None(), &arena).root());
  });
}
BENCHMARK(BM_HtmlTreeExact)->Unit(benchmark::kMillisecond);

void BM_HtmlTree(benchmark::State& state) {
  Arena arena;
  double worst = 0;
  RunOverPages(state, [&](size_t i) {
    const HtmlDocument document = HtmlDocument::Parse(RealWeb()[i].html, Limits(), {}, &arena);
    worst = std::max(worst, static_cast<double>(document.tree_bytes()) / RealWeb()[i].html.size());
  });
  state.counters["worst_tree_x"] = worst;
}
BENCHMARK(BM_HtmlTree)->Unit(benchmark::kMillisecond);

// Tree, links, metadata, text and JSON-LD, with the tree kept for its user.
void BM_HtmlTreeAndExtract(benchmark::State& state) {
  Arena arena;
  const ExtractOptions options;
  RunOverPages(state, [&](size_t i) {
    const HtmlDocument document = HtmlDocument::Parse(RealWeb()[i].html, Limits(), {}, &arena);
    benchmark::DoNotOptimize(document.Extract(Urls()[i], options));
  });
}
BENCHMARK(BM_HtmlTreeAndExtract)->Unit(benchmark::kMillisecond);

// The dom path of the crawler.
void BM_ExtractDom(benchmark::State& state) {
  Arena arena;
  const ExtractOptions options;
  size_t link_count = 0;
  double worst = 0;
  RunOverPages(state, [&](size_t i) {
    const std::string& html = RealWeb()[i].html;
    link_count += ExtractDom(html, Urls()[i], options, Limits(), &arena).links.size();
    worst = std::max(worst, static_cast<double>(arena.used_bytes()) / html.size());
  });
  state.counters["worst_tree_x"] = worst;
  state.counters["links"] = static_cast<double>(link_count) / state.iterations();
}
BENCHMARK(BM_ExtractDom)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace spindle
