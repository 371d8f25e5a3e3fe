// Runs the simulator itself.

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"

namespace spindle {
namespace {

// Its lines, of a small web.
std::vector<nlohmann::json> Simulate(const std::string& flags) {
  const std::string command = absl::StrCat(
      "tools/simulate --hosts=50 --pages=5000 --seed_hosts=10 --max_transfers=1 --format=jsonl ",
      flags);
  FILE* const pipe = popen(command.c_str(), "r");
  std::string text;
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, size);
  EXPECT_EQ(pclose(pipe), 0) << command;
  std::vector<nlohmann::json> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    lines.push_back(nlohmann::json::parse(line.begin(), line.end()));
  }
  return lines;
}

TEST(SimulateTest, AKeptCrawlGoesOnAtTheTimeWhenItEnded) {
  const ScratchDir dir;
  const std::string flag = absl::StrCat("--dir=", dir.path(), "/crawl ");
  // Since hosts wait for each other, some could be asked long before that moment.
  const auto first = Simulate(flag + "--stop_requests=300");
  const auto second = Simulate(flag + "--report_every=1 --stop_requests=10");
  ASSERT_FALSE(first.empty());
  ASSERT_FALSE(second.empty());
  EXPECT_GE(second.front().at("virtual_seconds"), first.back().at("virtual_seconds"));
  EXPECT_LT(second.back().at("virtual_seconds"),
            first.back().at("virtual_seconds").get<int64_t>() + 60);
}

}  // namespace
}  // namespace spindle
