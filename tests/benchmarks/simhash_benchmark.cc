// Fingerprints of text.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>

#include "parsers/simhash.h"

namespace spindle {
namespace {

// Words of two to nine letters of `alphabet`, of `letter_bytes` each.
std::string MakeText(const std::string& alphabet, size_t letter_bytes, size_t bytes) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < bytes) {
    for (uint32_t n = random() % 8 + 2; n > 0; --n) {
      const size_t letter = random() % (alphabet.size() / letter_bytes);
      text.append(alphabet, letter * letter_bytes, letter_bytes);
    }
    text.push_back(' ');
  }
  return text;
}

void Run(benchmark::State& state, const std::string& text) {
  for (auto _ : state) benchmark::DoNotOptimize(SimHash(text));
  state.SetBytesProcessed(static_cast<int64_t>(text.size()) * state.iterations());
}

void BM_SimHashLatin(benchmark::State& state) {
  Run(state, MakeText("abcdefghijklmnopqrstuvwxyz", 1, 16 << 10));
}
BENCHMARK(BM_SimHashLatin);

void BM_SimHashCyrillic(benchmark::State& state) {
  Run(state, MakeText("абвгдежзийклмнопрстуфхцчшщ", 2, 16 << 10));
}
BENCHMARK(BM_SimHashCyrillic);

void BM_SimHashHan(benchmark::State& state) {
  Run(state, MakeText("天地玄黃宇宙洪荒日月盈昃辰宿列張", 3, 16 << 10));
}
BENCHMARK(BM_SimHashHan);

}  // namespace
}  // namespace spindle
