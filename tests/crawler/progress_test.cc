#include "crawler/progress.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"

namespace spindle {
namespace {

CrawlStats SomeStats() {
  CrawlStats stats;
  stats.pages = 120;
  stats.body_bytes = 2'500'000;
  stats.queued = 77;
  stats.hosts = 3;
  stats.urls_known = 200;
  stats.errors[static_cast<size_t>(Reason::kTimeout)] = 4;
  return stats;
}

TEST(ProgressTest, BytesAreForPeople) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1500), "1.5 kB");
  EXPECT_EQ(FormatBytes(999'999), "1.0 MB");
  EXPECT_EQ(FormatBytes(53'000'000), "53 MB");
}

TEST(ProgressTest, LineGivesRatesOfItsInterval) {
  CrawlStats before;
  before.pages = 100;
  before.body_bytes = 2'000'000;
  const std::string line = FormatProgress(SomeStats(), before, absl::Seconds(2), absl::Seconds(65),
                                          /*max_pages=*/0, 125'000'000);
  EXPECT_EQ(line,
            "0:01:05  120 pages  10/s  250 kB/s  queued 77  hosts 3  open 0  errors 4  mem 125 MB");
}

TEST(ProgressTest, LineSaysWhatTheCrawlWaitsFor) {
  CrawlStats stats = SomeStats();
  stats.waiting_for = "no proxy works: http://a:1: Connection refused";
  const std::string line = FormatProgress(stats, CrawlStats(), absl::Seconds(1), absl::Seconds(1),
                                          /*max_pages=*/0, 0);
  EXPECT_TRUE(absl::EndsWith(line, "  waiting: no proxy works: http://a:1: Connection refused"));
  stats.others_go_on = true;
  const std::string others =
      FormatProgress(stats, CrawlStats(), absl::Seconds(1), absl::Seconds(1), /*max_pages=*/0, 0);
  EXPECT_TRUE(absl::EndsWith(others,
                             "  some hosts wait: no proxy works: http://a:1: "
                             "Connection refused"));
}

TEST(ProgressTest, LimitGivesAnEta) {
  EXPECT_TRUE(absl::EndsWith(FormatProgress(SomeStats(), CrawlStats(), absl::Seconds(1),
                                            absl::Seconds(60), /*max_pages=*/240, 0),
                             "eta 0:01:00"));
}

TEST(ProgressTest, SummaryNamesErrorsByKind) {
  ScratchDir dir;
  ProcessUsage usage;
  usage.cpu_seconds = 1.5;
  usage.peak_rss_bytes = 1000;
  CrawlStats stats = SomeStats();
  stats.resting = 5;
  stats.links_too_long = 6;
  ASSERT_TRUE(WriteSummary(dir.path("s.json"), stats, absl::Seconds(10), usage).ok());
  std::ifstream file(dir.path("s.json"));
  const nlohmann::json json = nlohmann::json::parse(file);
  EXPECT_EQ(json["pages"], 120);
  EXPECT_EQ(json["bytes"], 2'500'000);
  EXPECT_EQ(json["seconds"], 10);
  EXPECT_EQ(json["cpu_seconds"], 1.5);
  EXPECT_EQ(json["urls_known"], 200);
  EXPECT_EQ(json["queued"], 82);
  EXPECT_EQ(json["queued_at_parked_hosts"], 5);
  EXPECT_EQ(json["hosts"], 3);
  EXPECT_EQ(json["links_too_long"], 6);
  EXPECT_EQ(json["peak_rss_bytes"], 1000);
  EXPECT_EQ(json["errors"], (nlohmann::json{{"timeout", 4}}));
}

TEST(ProgressTest, WhatRobotsTxtDisallowsIsCounted) {
  CrawlStats stats = SomeStats();
  stats.disallowed = 2;
  EXPECT_TRUE(absl::StrContains(FormatSummary(stats, absl::Seconds(10), ProcessUsage(), "d"),
                                "  2 URLs ended as robots-disallowed\n"));
}

TEST(ProgressTest, SummaryForPeopleSaysWhatToDo) {
  CrawlStats stats = SomeStats();
  stats.resting = 5;
  stats.links_too_long = 1;
  stats.parked_hosts[static_cast<size_t>(Reason::kAddressRefused)] = 1;
  EXPECT_EQ(FormatSummary(stats, absl::Seconds(10), ProcessUsage(), "crawl-data"),
            "120 pages (2.5 MB) in 10.0 s: 12.0 pages/s, 0.0 CPU-seconds, peak memory 0 B\n"
            "200 URLs known at 3 hosts, 82 still queued (5 at hosts left alone), 0 "
            "redirects, 0 retries; stored in crawl-data\n"
            "  1 link left out: longer than --max_url_bytes\n"
            "  4 URLs ended as timeout\n"
            "  1 host left alone for now: address-refused (private and loopback "
            "addresses need --allow_net)\n");
}

TEST(ProgressTest, SummaryNamesTheScopeWhereItEndedUrls) {
  CrawlStats stats = SomeStats();
  stats.errors[static_cast<size_t>(Reason::kOutOfScope)] = 1;
  const std::string text = FormatSummary(stats, absl::Seconds(10), ProcessUsage(), "crawl-data");
  EXPECT_TRUE(absl::StrContains(text, "1 URL ended as out-of-scope (--scope=domain")) << text;
  EXPECT_TRUE(absl::StrContains(text, "77 still queued, ")) << text;
}

TEST(ProgressTest, UnwritableSummaryNamesTheFile) {
  const absl::Status status =
      WriteSummary("/no/such/dir/s.json", CrawlStats(), absl::Seconds(1), ProcessUsage());
  EXPECT_TRUE(absl::StrContains(status.message(), "/no/such/dir/s.json"));
}

}  // namespace
}  // namespace spindle
