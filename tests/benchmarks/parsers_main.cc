// bazel run -c opt //tests/benchmarks:parsers -- --realweb=DIR [--benchmark_filter=REGEX ...]
//
// The benchmarks themselves are in <unit>_benchmark.cc, which register themselves with Google
// Benchmark.

#include <benchmark/benchmark.h>

#include "absl/flags/parse.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
