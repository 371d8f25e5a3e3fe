// The real binary against the web at its worst: every behaviour of the hostile server at once,
// beside hosts that behave. Once for all tests; by hand in full size, with the crawler's own time
// limits and each behaviour many times:
//   bazel test -c opt --test_output=all //tests/integration:hostile_full_test

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/crawl_reader.h"
#include "tests/integration/hostile_expectations.h"
#include "tests/integration/processes.h"
#include "tests/testing/dns_responder.h"
#include "tests/testing/hostile_server.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {
namespace {

// Of the well-behaved hosts.
constexpr char kGoodNetwork[] = "127.1.";

struct Size {
  int good_hosts = 20;
  int good_pages = 80;  // of each: more than the window has room for
  std::vector<std::string> limits = {"--connect_timeout=1s", "--first_byte_timeout=1s",
                                     "--transfer_timeout=2s"};
  absl::Duration window = absl::Seconds(6);     // in which rates are measured
  absl::Duration patience = absl::Seconds(45);  // until everything is settled
  // Of what the well-behaved hosts are asked without the others. Both bounds are loose in a quick
  // run, which may be of an unoptimised build on a busy machine.
  double min_rate = 0.1;
  double max_growth_bytes = 200e6;
};

Size SizeOfThisRun() {
  Size size;
  if (getenv("FULL_SIZE") != nullptr) {
    size.good_hosts = 50;
    size.good_pages = 450;
    size.limits = {};
    size.window = absl::Seconds(40);
    size.patience = absl::Minutes(8);
    size.min_rate = 0.9;
    size.max_growth_bytes = 50e6;
  }
  if (kSanitized) {
    size.limits = {"--connect_timeout=5s", "--first_byte_timeout=5s", "--transfer_timeout=8s"};
    size.patience = absl::Minutes(3);
    size.min_rate = 0.05;
    size.max_growth_bytes = 2e9;
  }
  return size;
}

class HostileTest : public ::testing::Test {
 protected:
  // What a crawl left behind.
  struct Run {
    CrawlDirectory directory;
    std::optional<int> code;
    std::string err;
    HostSights sights;
    size_t request_count = 0;  // to well-behaved hosts
    double good_rate = 0;      // of them, a second
    double peak_rss_bytes = 0;
    absl::Duration settled;
  };

  static void SetUpTestSuite() {
    size_ = SizeOfThisRun();
    server_ = std::make_unique<HostileServer>();
    without_ = std::make_unique<Run>();
    with_ = std::make_unique<Run>();
    Crawl({}, without_.get());
    std::vector<std::string> seeds;
    for (const HostileBehaviour& behaviour : HostileBehaviours()) {
      seeds.push_back(server_->Url(behaviour.name));
    }
    Crawl(seeds, with_.get());
  }

  static void TearDownTestSuite() {
    with_.reset();
    without_.reset();
    server_.reset();
  }

  // Crawls the well-behaved hosts to their end, and `hostile` until every behaviour is settled or
  // patience ends; then interrupts. So both runs have known the same web when their memory is
  // compared.
  static void Crawl(const std::vector<std::string>& hostile, Run* run) {
    const TestWeb web({.host_count = size_.good_hosts,
                       .pages_per_host = size_.good_pages,
                       .links_across_hosts = 0});
    const ScratchDirectory scratch;
    std::ofstream seeds(scratch.File("seeds"));
    for (int host = 0; host < size_.good_hosts; ++host) seeds << web.Url(host, "/") << "\n";
    for (const std::string& url : hostile) seeds << url << "\n";
    seeds.close();
    std::vector<std::string> flags = {"--scope=any",
                                      "--allow_net=127.0.0.0/8",
                                      "--per_host_delay=100ms",
                                      "--http2",
                                      "--insecure=*",
                                      "--seeds_file=" + scratch.File("seeds")};
    flags.insert(flags.end(), size_.limits.begin(), size_.limits.end());
    Process crawl = run->directory.Crawl(flags);
    const absl::Time start = absl::Now();
    ASSERT_TRUE(web.WaitForRequests(1, absl::Seconds(20))) << crawl.Err();
    EXPECT_EQ(crawl.Wait(size_.window), std::nullopt) << crawl.Err();
    if (hostile.empty()) {
      EXPECT_EQ(crawl.Wait(size_.patience), 0) << crawl.Err();
    } else {
      while (web.Requests().size() < without_->request_count &&
             absl::Now() < start + size_.patience && !crawl.Wait(absl::Seconds(1))) {
      }
      while (!Settled(*run) && absl::Now() < start + size_.patience &&
             !crawl.Wait(absl::Seconds(1))) {
      }
    }
    run->settled = absl::Now() - start;
    run->request_count = web.Requests().size();
    run->good_rate = RateOf(web);
    crawl.Interrupt();
    run->code = crawl.Wait(absl::Seconds(30));
    run->err = crawl.Err();
    run->sights = Read(*run);
    run->peak_rss_bytes = run->directory.Summary().value("peak_rss_bytes", 0.0);
  }

  // Within the window, but for the first second.
  static double RateOf(const TestWeb& web) {
    const std::vector<RequestRecord> requests = web.Requests();
    const int64_t begin = requests.front().start_ns + 1'000'000'000;
    const int64_t end = requests.front().start_ns + absl::ToInt64Nanoseconds(size_.window);
    const auto count =
        std::count_if(requests.begin(), requests.end(), [&](const RequestRecord& request) {
          return request.start_ns >= begin && request.start_ns < end;
        });
    return 1e9 * count / (end - begin);
  }

  static HostSights Read(const Run& run) {
    const auto reader = CrawlReader::Open(run.directory.path());
    return reader.ok() ? ReadSights(**reader, kGoodNetwork) : HostSights();
  }

  // What is wrong with a behaviour's host; "" where nothing is.
  static std::string WrongWith(const std::string& behaviour, const HostSights& sights) {
    const auto expected = HostileExpectations().find(behaviour);
    if (expected == HostileExpectations().end()) return "nobody expects anything of it";
    const auto sight = sights.find(server_->Origin(behaviour));
    if (sight == sights.end()) return "its host is not known";
    return expected->second(sight->second, sights);
  }

  static bool Settled(const Run& run) {
    const HostSights sights = Read(run);
    for (const HostileBehaviour& behaviour : HostileBehaviours()) {
      if (!WrongWith(behaviour.name, sights).empty()) return false;
    }
    return true;
  }

  static inline Size size_;
  static inline std::unique_ptr<HostileServer> server_;
  static inline std::unique_ptr<Run> without_;  // well-behaved hosts alone
  static inline std::unique_ptr<Run> with_;
};

TEST_F(HostileTest, EveryOutcomeIsRecordedWithItsReason) {
  for (const HostileBehaviour& behaviour : HostileBehaviours()) {
    EXPECT_EQ(WrongWith(behaviour.name, with_->sights), "")
        << behaviour.name << " (" << server_->Url(behaviour.name) << "): " << behaviour.does
        << "; to be recorded: " << behaviour.record;
  }
  EXPECT_EQ(HostileExpectations().size(), HostileBehaviours().size());
}

TEST_F(HostileTest, TheCrawlStopsWhenToldAndIsWhole) {
  EXPECT_EQ(with_->code, 0) << with_->err;
  const Finished verify = with_->directory.Inspect({"verify"});
  EXPECT_EQ(verify.code, 0) << verify.out << verify.err;
}

TEST_F(HostileTest, OtherHostsAreUndisturbed) {
  printf(
      "well-behaved hosts: %.1f requests/s alone, %.1f beside the others (%.0f %%); settled in "
      "%s\n",
      without_->good_rate, with_->good_rate, 100 * with_->good_rate / without_->good_rate,
      absl::FormatDuration(with_->settled).c_str());
  EXPECT_GT(without_->good_rate, 0);
  EXPECT_GE(with_->good_rate, size_.min_rate * without_->good_rate);
}

TEST_F(HostileTest, MemoryStaysBounded) {
  printf("peak memory: %.1f MB alone, %.1f MB with the hostile hosts\n",
         without_->peak_rss_bytes / 1e6, with_->peak_rss_bytes / 1e6);
  EXPECT_GT(without_->peak_rss_bytes, 0);
  EXPECT_LE(with_->peak_rss_bytes, without_->peak_rss_bytes + size_.max_growth_bytes);
}

// Names whose answers lead inside. The address that is connected to is the one that was judged, for
// as long as it is kept.
TEST(HostileNamesTest, NoAnswerOfANameServerLeadsInside) {
  const HostileServer server;
  const std::string good = "127.66.255.1";
  const DnsResponder dns([&](const DnsQuestion& question) -> DnsReply {
    DnsMessage answer(question);
    if (question.type != kDnsA) return {{answer.Soa(60, 60).Bytes()}};
    if (question.name == "inside.example") answer.Address("169.254.169.254", 0);
    if (question.name == "both.example") answer.Address("10.11.12.13", 0).Address(good, 0);
    if (question.name == "moving.example") {
      answer.Address(question.visit == 0 ? good : "10.11.12.13", 0);
    }
    return {{answer.Bytes()}};
  });
  const auto origin = [&](absl::string_view name) {
    return absl::StrCat("http://", name, ":", server.port());
  };
  const CrawlDirectory directory;
  const Finished crawl =
      directory.CrawlToEnd({"--dns=" + dns.server(), "--allow_net=127.0.0.0/8",
                            "--per_host_delay=0s", origin("inside.example") + "/",
                            origin("both.example") + "/", origin("moving.example") + "/"});
  EXPECT_EQ(crawl.code, 0) << crawl.err;
  const auto reader = CrawlReader::Open(directory.path());
  ASSERT_TRUE(reader.ok()) << reader.status();
  HostSights sights = ReadSights(**reader, kGoodNetwork);
  EXPECT_EQ(sights[origin("inside.example")].host->reason, Reason::kAddressRefused);
  for (const char* name : {"both.example", "moving.example"}) {
    const HostSight& sight = sights[origin(name)];
    EXPECT_EQ(sight.pages.size(), 2u) << name;
    for (const auto& [path, page] : sight.pages) {
      EXPECT_EQ(page.address, absl::StrCat(good, ":", server.port())) << name << path;
    }
  }
}

}  // namespace
}  // namespace testing
}  // namespace spindle
