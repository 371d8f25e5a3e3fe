// Parsing robots.txt and asking it for paths.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "parsers/robots.h"
#include "tests/benchmarks/allocations.h"

namespace spindle {
namespace {

// A file like that of a shop: folders, parameters, file types, some of them allowed again. Of ten
// rules seven are plain, two have a "*" and one a "*" and a "$".
std::string FileOf(int rule_count) {
  const std::string folders[] = {"admin", "checkout", "customer", "search", "wishlist", "cart"};
  std::string body = "User-agent: *\nCrawl-delay: 1\n";
  for (int i = 0; i < rule_count; ++i) {
    const std::string& folder = folders[i % 6];
    switch (i % 10) {
      case 3:
        absl::StrAppend(&body, "Disallow: /*?", folder, i, "=\n");
        break;
      case 5:
        absl::StrAppend(&body, "Allow: /", folder, "/public", i, "/\n");
        break;
      case 7:
        absl::StrAppend(&body, "Disallow: /", folder, "*/print", i, "\n");
        break;
      case 9:
        absl::StrAppend(&body, "Disallow: /*.ext", i, "$\n");
        break;
      default:
        absl::StrAppend(&body, "Disallow: /", folder, "/item", i, "/\n");
    }
  }
  return body;
}

// Most pages of a site are not in its robots.txt.
const std::vector<std::string>& Paths() {
  static const auto& paths = *new std::vector<std::string>{
      "/",
      "/products/garden/chairs/oak-folding-chair-2-pieces.html",
      "/products/garden/chairs?page=7&sort=price&colour=green",
      "/search/item3/chair",
      "/search?q=chair",
      "/cart/public5/terms.html",
      "/blog/2021/05/how-to-care-for-wooden-furniture-outside-all-year-round",
      "/customer/item2/address",
      "/media/catalog/product/cache/1/image/800x/9df78eab33525d08/o/a/oak.jpg",
      "/about-us",
  };
  return paths;
}

void RunMatch(benchmark::State& state, const std::string& body,
              const std::vector<std::string>& paths) {
  const RobotsTxt robots = RobotsTxt::Parse(body, "Spindle");
  const uint64_t allocations = AllocationCount();
  for (auto _ : state) {
    for (const std::string& path : paths) benchmark::DoNotOptimize(robots.Allows(path));
  }
  const double count = static_cast<double>(state.iterations()) * static_cast<double>(paths.size());
  state.counters["ns/match"] =
      benchmark::Counter(count * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocations/match"] =
      static_cast<double>(AllocationCount() - allocations) / count;
}

void BM_RobotsMatch(benchmark::State& state) {
  RunMatch(state, FileOf(static_cast<int>(state.range(0))), Paths());
}
BENCHMARK(BM_RobotsMatch)->Arg(5)->Arg(50)->Arg(500);

void BM_RobotsMatchEscapedPaths(benchmark::State& state) {
  std::vector<std::string> paths = Paths();
  for (std::string& path : paths) path += "/%C3%BCber-%7euns";
  RunMatch(state, FileOf(50), paths);
}
BENCHMARK(BM_RobotsMatchEscapedPaths);

// As many wildcards as fit into a file, none of which matches.
void BM_RobotsMatchHostile(benchmark::State& state) {
  std::string body = "User-agent: *\n";
  while (body.size() < RobotsLimits().max_bytes) absl::StrAppend(&body, "Disallow: *a*b\n");
  RunMatch(state, body, {absl::StrCat("/", std::string(2000, 'a'))});
}
BENCHMARK(BM_RobotsMatchHostile);

void BM_RobotsParse(benchmark::State& state) {
  const std::string body = FileOf(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(RobotsTxt::Parse(body, "Spindle"));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(BM_RobotsParse)->Arg(50)->Arg(500);

}  // namespace
}  // namespace spindle
