// What the rules of the frontier cost for each new URL and each page.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shard/budgets.h"
#include "shard/near_duplicates.h"
#include "shard/shared_clocks.h"
#include "shard/url_traps.h"

namespace spindle {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'717'000'000);

// Paths as they stand in links, one kind after the other.
std::vector<std::string> Paths() {
  std::vector<std::string> paths;
  for (int i = 0; i < 1000; ++i) {
    paths.push_back(absl::StrCat("/article/", 100'000 + i));
    paths.push_back(absl::StrCat("/2024/05/", i % 28 + 1, "/a-title-of-some-words-", i, ".html"));
    paths.push_back(absl::StrCat("/shop/shoes/running?color=red&size=", i, "&page=3&sort=price"));
    paths.push_back("/about/team/contact.html");
  }
  return paths;
}

void BM_JudgeUrl(benchmark::State& state) {
  const std::vector<std::string> paths = Paths();
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(JudgeUrl(TrapOptions(), paths[i]));
    if (++i == paths.size()) i = 0;
  }
}
BENCHMARK(BM_JudgeUrl);

void BM_ShapeAndAdmit(benchmark::State& state) {
  const std::vector<std::string> paths = Paths();
  const TrapOptions options;
  HostTemplates templates;
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(templates.Admit(options, ShapeOf(paths[i]), kNow));
    if (++i == paths.size()) i = 0;
  }
}
BENCHMARK(BM_ShapeAndAdmit);

void BM_ObserveRepeats(benchmark::State& state) {
  HostRepeats repeats;
  uint64_t fingerprint = 0;
  for (auto _ : state) {
    fingerprint += 0x9e3779b97f4a7c15;
    benchmark::DoNotOptimize(repeats.ObservePage({}, fingerprint & 15, fingerprint, false));
  }
}
BENCHMARK(BM_ObserveRepeats);

void BM_LearnedOfAHostToBytesAndBack(benchmark::State& state) {
  const TrapOptions options;
  HostTemplates templates;
  for (const std::string& path : Paths()) templates.Admit(options, ShapeOf(path), kNow);
  for (auto _ : state) {
    HostTemplates again;
    benchmark::DoNotOptimize(HostTemplates::Decode(templates.Encode(), &again));
  }
}
BENCHMARK(BM_LearnedOfAHostToBytesAndBack);

void BM_AddInLinker(benchmark::State& state) {
  InLinkSketch sketch;
  uint32_t hash = 0;
  for (auto _ : state) sketch.Add(hash += 0x9e3779b9);
  benchmark::DoNotOptimize(sketch.Estimate());
}
BENCHMARK(BM_AddInLinker);

void BM_ReserveOfAMillionClocks(benchmark::State& state) {
  SharedClocks clocks;
  uint64_t i = 0;
  for (auto _ : state) {
    const uint64_t key = ++i * 0x9e3779b97f4a7c15 >> 44;
    benchmark::DoNotOptimize(clocks.Reserve({reinterpret_cast<const char*>(&key), sizeof(key)},
                                            kNow + static_cast<int64_t>(i) * absl::Microseconds(1),
                                            absl::Seconds(1)));
  }
}
BENCHMARK(BM_ReserveOfAMillionClocks);

}  // namespace
}  // namespace spindle

BENCHMARK_MAIN();
