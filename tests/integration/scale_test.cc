// What a transfer costs when 5,000 are open at once, against 100. Both runs ask for the same pages
// of the same hosts at the same rate, so that they differ in nothing else:
//   bazel test -c opt --test_output=all //tests/integration:scale_test

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/processes.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {
namespace {

// More than are ever open at once, so that no worker's share of them falls short of its share of
// transfers.
constexpr int kHosts = 5600;
constexpr int kPages = 4;

// CPU seconds of the crawler per transfer with at least `open` open at once, against answers that
// take `latency`.
double CpuPerTransfer(int open, absl::Duration latency) {
  const TestWeb web({.host_count = kHosts,
                     .pages_per_host = kPages,
                     .links_across_hosts = 0,
                     .latency = latency});
  const ScratchDirectory scratch;
  std::ofstream seeds(scratch.File("seeds"));
  for (int host = 0; host < kHosts; ++host) seeds << web.Url(host, "/") << "\n";
  seeds.close();
  const CrawlDirectory directory;
  const Finished crawl =
      directory.CrawlToEnd({"--allow_net=127.0.0.0/8", "--scope=host", "--per_host_delay=0s",
                            absl::StrCat("--max_transfers=", open + open / 50),
                            "--seeds_file=" + scratch.File("seeds")});
  EXPECT_EQ(crawl.code, 0) << crawl.err;
  const nlohmann::json summary = directory.Summary();
  if (!summary.is_object()) {
    ADD_FAILURE() << "no summary: " << crawl.err;
    return 0;
  }
  const size_t asked = web.Requests().size();
  EXPECT_EQ(asked, size_t{kHosts} * (kPages + 1));
  EXPECT_EQ(summary.value("pages", 0), kHosts * kPages) << summary;
  EXPECT_GE(web.MaxInFlight(), open);
  const double cost = summary.value("cpu_seconds", 0.0) / asked;
  printf(
      "%5d open, answers after %s: %zu transfers in %.1f s, at most %d at once, %.1f us of CPU "
      "each, "
      "%.0f MB at most\n",
      open, absl::FormatDuration(latency).c_str(), asked, summary.value("seconds", 0.0),
      web.MaxInFlight(), cost * 1e6, summary.value("peak_rss_bytes", 0.0) / 1e6);
  return cost;
}

TEST(ScaleTest, FiveThousandTransfersOpenAtOnceCostLittleMoreEachThanAHundred) {
  const double few = CpuPerTransfer(100, absl::Milliseconds(40));
  const double many = CpuPerTransfer(5000, absl::Seconds(2));
  printf("ratio %.2f\n", many / few);
  EXPECT_LT(many, 1.5 * few);
}

}  // namespace
}  // namespace testing
}  // namespace spindle
