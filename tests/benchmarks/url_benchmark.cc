// Resolving and canonicalising the links of real pages; their dedup keys and registrable domains.

#include <benchmark/benchmark.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "parsers/dedup_key.h"
#include "parsers/public_suffix.h"
#include "parsers/url.h"
#include "tests/benchmarks/allocations.h"
#include "tests/benchmarks/realweb.h"

namespace spindle {
namespace {

struct PageLinks {
  Url base;
  std::vector<std::string> hrefs;
};

// The href attributes of `html` in quotes, by plain search: as many links, of the same kinds, as a
// parser would find.
std::vector<std::string> Hrefs(absl::string_view html) {
  std::vector<std::string> hrefs;
  for (size_t at = html.find("href="); at != absl::string_view::npos; at = html.find("href=", at)) {
    at += 5;
    const char quote = at < html.size() ? html[at] : '\0';
    if (quote != '"' && quote != '\'') continue;
    const size_t end = html.find(quote, at + 1);
    if (end == absl::string_view::npos) break;
    hrefs.push_back(absl::StrReplaceAll(html.substr(at + 1, end - at - 1), {{"&amp;", "&"}}));
    at = end;
  }
  return hrefs;
}

const std::vector<PageLinks>& Links() {
  static const auto& links = *[] {
    auto* pages = new std::vector<PageLinks>;
    for (const RealPage& page : RealWeb()) {
      std::optional<Url> base = Url::Parse(page.url);
      if (base.has_value()) pages->push_back({*std::move(base), Hrefs(page.html)});
    }
    return pages;
  }();
  return links;
}

bool IsRelative(absl::string_view href) {
  return !absl::StartsWithIgnoreCase(href, "http:") && !absl::StartsWithIgnoreCase(href, "https:");
}

template <typename Parse>
void RunOverLinks(benchmark::State& state, bool (*wanted)(absl::string_view), Parse parse) {
  std::vector<PageLinks> pages = Links();
  size_t link_count = 0;
  size_t href_bytes = 0;
  for (PageLinks& page : pages) {
    std::erase_if(page.hrefs, [wanted](const std::string& href) { return !wanted(href); });
    link_count += page.hrefs.size();
    for (const std::string& href : page.hrefs) href_bytes += href.size();
  }
  if (link_count == 0) return state.SkipWithError("needs --realweb=DIR");
  const uint64_t allocations = AllocationCount();
  for (auto _ : state) {
    for (const PageLinks& page : pages) {
      for (const std::string& href : page.hrefs) benchmark::DoNotOptimize(parse(href, page.base));
    }
  }
  const double parsed = static_cast<double>(link_count) * state.iterations();
  state.counters["time_per_link"] =
      benchmark::Counter(parsed, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocs_per_link"] = (AllocationCount() - allocations) / parsed;
  state.counters["links"] = link_count;
  state.SetBytesProcessed(href_bytes * state.iterations());
}

bool IsAny(absl::string_view) { return true; }

void BM_UrlParseLinks(benchmark::State& state) {
  RunOverLinks(state, IsAny,
               [](const std::string& href, const Url& base) { return Url::Parse(href, &base); });
}
BENCHMARK(BM_UrlParseLinks);

void BM_UrlParseRelativeLinks(benchmark::State& state) {
  RunOverLinks(state, IsRelative,
               [](const std::string& href, const Url& base) { return Url::Parse(href, &base); });
}
BENCHMARK(BM_UrlParseRelativeLinks);

void BM_UrlParseCrawlableLinks(benchmark::State& state) {
  RunOverLinks(state, IsAny, [](const std::string& href, const Url& base) {
    return Url::ParseCrawlable(href, &base);
  });
}
BENCHMARK(BM_UrlParseCrawlableLinks);

// The crawlable links of all pages, parsed.
const std::vector<Url>& CrawlableUrls() {
  static const auto& urls = *[] {
    auto* all = new std::vector<Url>;
    for (const PageLinks& page : Links()) {
      for (const std::string& href : page.hrefs) {
        std::optional<Url> url = Url::ParseCrawlable(href, &page.base);
        if (url.has_value()) all->push_back(*std::move(url));
      }
    }
    return all;
  }();
  return urls;
}

template <typename Use>
void RunOverUrls(benchmark::State& state, Use use) {
  const std::vector<Url>& urls = CrawlableUrls();
  if (urls.empty()) return state.SkipWithError("needs --realweb=DIR");
  const uint64_t allocations = AllocationCount();
  for (auto _ : state) {
    for (const Url& url : urls) benchmark::DoNotOptimize(use(url));
  }
  const double used = static_cast<double>(urls.size()) * state.iterations();
  state.counters["time_per_url"] =
      benchmark::Counter(used, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocs_per_url"] = (AllocationCount() - allocations) / used;
}

void BM_DedupKey(benchmark::State& state) {
  RunOverUrls(state, [](const Url& url) { return DedupKey(url); });
}
BENCHMARK(BM_DedupKey);

void BM_RegistrableDomain(benchmark::State& state) {
  RunOverUrls(state, [](const Url& url) {
    return PublicSuffixList::Builtin().RegistrableDomain(url.host());
  });
}
BENCHMARK(BM_RegistrableDomain);

}  // namespace
}  // namespace spindle
