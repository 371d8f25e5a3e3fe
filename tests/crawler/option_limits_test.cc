#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/byte_size.h"
#include "crawler/crawl_flags.h"
#include "crawler/crawler.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"

namespace spindle {
namespace {

// Flags with values that no crawl can run with.
const std::vector<std::pair<std::string, std::string>>& Impossible() {
  static const auto* const values = new std::vector<std::pair<std::string, std::string>>{
      {"workers", "-1"},
      {"workers", "1025"},
      {"parser_threads", "-1"},
      {"parser_threads", "100000"},
      {"shards", "-1"},
      {"shards", "0"},
      {"shards", "65537"},
      {"max_transfers", "-1"},
      {"max_transfers", "0"},
      {"memory", "1"},
      {"memory", "4611686018427387904"},
      {"min_free_disk", "-1"},
      {"max_pages", "-1"},
      {"max_depth", "-2"},
      {"park_depth", "-2"},
      {"host_pages", "-1"},
      {"host_bytes", "-1"},
      {"domain_pages", "-1"},
      {"domain_bytes", "-1"},
      {"per_host_concurrency", "0"},
      {"per_host_concurrency", "2147483647"},
      {"per_host_delay", "-1s"},
      {"per_host_delay", "inf"},
      {"recrawl_after", "0s"},
      {"recrawl_after", "inf"},
      {"recrawl_min", "0s"},
      {"recrawl_max", "inf"},
      {"max_body_bytes", "0"},
      {"max_body_bytes", "4611686018427387904"},
      {"max_decoded_bytes", "0"},
      {"max_decoded_bytes", "4611686018427387904"},
      {"max_header_bytes", "0"},
      {"max_header_bytes", "4611686018427387904"},
      {"max_url_bytes", "0"},
      {"max_url_bytes", "4611686018427387904"},
      {"connect_timeout", "0s"},
      {"connect_timeout", "inf"},
      {"first_byte_timeout", "-1s"},
      {"first_byte_timeout", "inf"},
      {"transfer_timeout", "0s"},
      {"transfer_timeout", "inf"},
      {"low_speed", "-1"},
      {"low_speed_time", "0s"},
      {"low_speed_time", "inf"},
  };
  return *values;
}

absl::Status Open(const std::string& dir, const std::string& arg) {
  const absl::FlagSaver saver;
  std::vector<std::string> args = {absl::StrCat("--dir=", dir), arg, "http://a.example/"};
  std::vector<char*> pointers;
  pointers.reserve(args.size());
  for (std::string& text : args) pointers.push_back(text.data());
  const absl::StatusOr<CrawlCommand> command = ReadCrawlCommand(pointers);
  return command.ok() ? Crawler::Open(command->options).status() : command.status();
}

TEST(OptionLimitsTest, ImpossibleValuesAreRefusedByName) {
  ScratchDir dir;
  const std::string crawl = dir.path("crawl");
  for (const auto& [flag, value] : Impossible()) {
    const absl::Status status = Open(crawl, absl::StrCat("--", flag, "=", value));
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << flag << " " << value << " " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), absl::StrCat("--", flag))) << status;
  }
  EXPECT_FALSE(std::filesystem::exists(crawl));
}

TEST(OptionLimitsTest, EveryNumberIsTried) {
  std::set<std::string> tried;
  for (const auto& [flag, value] : Impossible()) tried.insert(flag);
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    const bool is_ours = absl::StrContains(flag->Filename(), "crawl_flags.cc");
    const bool is_number = flag->IsOfType<int>() || flag->IsOfType<int64_t>() ||
                           flag->IsOfType<uint32_t>() || flag->IsOfType<uint64_t>() ||
                           flag->IsOfType<ByteSize>() || flag->IsOfType<absl::Duration>();
    EXPECT_TRUE(!is_ours || !is_number || tried.count(std::string(name)) > 0) << name;
  }
  EXPECT_EQ(tried.count("workers"), 1u);
}

}  // namespace
}  // namespace spindle
