// The real binary as its operator meets it: stopping, resuming, limits, and what it refuses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/processes.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(30);

class OperationTest : public ::testing::Test {
 protected:
  std::vector<std::string> Flags(const TestWeb& web, std::vector<std::string> more = {}) const {
    std::vector<std::string> flags = {"--scope=any", "--allow_net=127.0.0.0/8",
                                      "--per_host_delay=0s"};
    flags.insert(flags.end(), more.begin(), more.end());
    flags.push_back(web.Url(0, "/"));
    return flags;
  }

  // Resumes and expects the whole of `web`, nothing stored twice.
  void ExpectCompletes(const TestWeb& web) const {
    const auto reachable = web.model().ReachableFrom(0, web.port(), false, false);
    const Finished crawl = directory_.CrawlToEnd(Flags(web));
    ASSERT_EQ(crawl.code, 0) << crawl.err;
    const auto states = directory_.States();
    EXPECT_EQ(states.size(), reachable.asked.size());
    for (const std::string& url : reachable.pages) {
      ASSERT_TRUE(states.count(url)) << url;
      EXPECT_EQ(states.at(url), "fetched") << url;
    }
    EXPECT_EQ(directory_.Inspect({"verify"}).code, 0);
  }

  // Runs the crawler with arguments that it must refuse at once; gives what it says.
  std::string ExpectRefused(const std::vector<std::string>& arguments) const {
    Process crawl = directory_.Crawl(arguments);
    const std::optional<int> code = crawl.Wait(kPatience);
    EXPECT_TRUE(code.has_value()) << "still runs";
    EXPECT_GT(code.value_or(1), 0) << "not refused, or it crashed: " << crawl.Err();
    return crawl.Err();
  }

  const CrawlDirectory directory_;
};

// --- Stopping ------------------------------------------------------------------------------------

void ExpectDrainsOn(int signal, const TestWeb& web, Process* crawl) {
  ASSERT_TRUE(web.WaitForRequests(150, kPatience)) << crawl->Err();
  crawl->Signal(signal);
  ASSERT_EQ(crawl->Wait(absl::Seconds(10)), 0) << crawl->Err();
  for (const RequestRecord& request : web.Requests()) {
    EXPECT_TRUE(request.answered) << "dropped " << request.host << request.path;
  }
}

TEST_F(OperationTest, InterruptDrainsAndTheSameCommandResumes) {
  const TestWeb web({.host_count = 40, .pages_per_host = 30, .latency = absl::Milliseconds(20)});
  {
    Process crawl = directory_.Crawl(Flags(web));
    ExpectDrainsOn(2, web, &crawl);
  }
  EXPECT_TRUE(directory_.Summary().is_object());
  const size_t asked = web.Requests().size();
  EXPECT_LT(asked, 40u * 31u);
  ExpectCompletes(web);
  // Drained means stored: nothing that was answered is asked for again.
  EXPECT_EQ(web.Requests().size(), 40u * 31u);
}

TEST_F(OperationTest, TerminateDrainsToo) {
  const TestWeb web({.host_count = 40, .pages_per_host = 30, .latency = absl::Milliseconds(20)});
  Process crawl = directory_.Crawl(Flags(web));
  ExpectDrainsOn(15, web, &crawl);
}

TEST_F(OperationTest, ADrainDoesNotWaitForeverForASilentServer) {
  TestWeb web({.host_count = 20});
  {
    Process crawl = directory_.Crawl(Flags(web));
    ASSERT_TRUE(web.WaitForRequests(40, kPatience));
    web.HoldAnswers(true);
    crawl.Wait(absl::Milliseconds(200));
    crawl.Interrupt();
    EXPECT_EQ(crawl.Wait(absl::Seconds(20)), 0) << crawl.Err();
  }
  web.HoldAnswers(false);
  ExpectCompletes(web);
}

TEST_F(OperationTest, TheSecondInterruptStopsAtOnce) {
  TestWeb web({.host_count = 20});
  {
    Process crawl = directory_.Crawl(Flags(web));
    ASSERT_TRUE(web.WaitForRequests(40, kPatience));
    web.HoldAnswers(true);
    crawl.Wait(absl::Milliseconds(200));
    crawl.Interrupt();
    EXPECT_EQ(crawl.Wait(absl::Milliseconds(300)), std::nullopt)
        << "did not wait for its transfers";
    crawl.Interrupt();
    EXPECT_TRUE(crawl.Wait(absl::Seconds(2)).has_value());
  }
  web.HoldAnswers(false);
  ExpectCompletes(web);
}

// --- One directory -------------------------------------------------------------------------------

TEST_F(OperationTest, ADirectoryHeldByARunningCrawlIsRefused) {
  TestWeb web({.host_count = 20});
  web.HoldAnswers(true);
  Process crawl = directory_.Crawl(Flags(web));
  ASSERT_TRUE(web.WaitForRequests(1, kPatience)) << crawl.Err();
  const std::string said = ExpectRefused(Flags(web));
  EXPECT_THAT(said, HasSubstr(directory_.path()));
  web.HoldAnswers(false);
  EXPECT_EQ(crawl.Wait(kPatience), 0) << "the first crawl was disturbed: " << crawl.Err();
  EXPECT_EQ(web.Requests().size(), 20u * 11u);
}

TEST_F(OperationTest, TheInspectorWorksWhileACrawlRuns) {
  TestWeb web({.host_count = 20});
  Process crawl = directory_.Crawl(Flags(web));
  ASSERT_TRUE(web.WaitForRequests(60, kPatience)) << crawl.Err();
  web.HoldAnswers(true);
  for (const char* what : {"stats", "hosts", "urls"}) {
    EXPECT_EQ(directory_.Inspect({what}).code, 0) << what;
    for (const nlohmann::json& row : directory_.InspectRows({what})) {
      EXPECT_TRUE(row.is_object()) << what;
    }
  }
  EXPECT_FALSE(directory_.States().empty());
  web.HoldAnswers(false);
  EXPECT_EQ(crawl.Wait(kPatience), 0) << crawl.Err();
}

TEST_F(OperationTest, TheInspectorShowsAPageAsItWasServedAndWhy) {
  const TestWeb web({.host_count = 2});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web)).code, 0);
  const std::string url = web.Url(1, "/p/3.html");
  EXPECT_EQ(directory_.Inspect({"page", url, "--body"}).out,
            web.model().Get(1, "/p/3.html", 0, false, web.port()).body);
  EXPECT_THAT(directory_.Inspect({"page", url, "--headers"}).out, HasSubstr("text/html"));
  EXPECT_THAT(directory_.Inspect({"why", url}).out, HasSubstr("fetched"));
  EXPECT_NE(directory_.Inspect({"why", "http://127.9.9.9/never"}).code, 0);
}

// --- Limits and choices --------------------------------------------------------------------------

TEST_F(OperationTest, MaxPagesIsKept) {
  const TestWeb web({.host_count = 20});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web, {"--max_pages=30"})).code, 0);
  EXPECT_EQ(directory_.Summary().value("pages", 0), 30);
}

TEST_F(OperationTest, MaxDepthIsKept) {
  const TestWeb web(
      {.host_count = 3, .pages_per_host = 40, .links_within_host = 0, .links_across_hosts = 0});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web, {"--max_depth=1"})).code, 0);
  // Page 0 of host 0 links to its pages 1 and 2 and to the hosts 1 and 2.
  int pages = 0;
  for (const RequestRecord& request : web.Requests()) pages += request.path != "/robots.txt";
  EXPECT_EQ(pages, 5);
}

TEST_F(OperationTest, ScopeHostStaysOnTheHostsOfItsSeeds) {
  const TestWeb web({.host_count = 20});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web, {"--scope=host"})).code, 0);
  for (const RequestRecord& request : web.Requests()) {
    EXPECT_EQ(request.host, WebModel::HostName(0)) << request.path;
  }
  EXPECT_EQ(web.Requests().size(), 11u);
}

TEST_F(OperationTest, UrlsInjectedBetweenTwoRunsAreFetchedByTheNext) {
  const TestWeb web({.host_count = 2, .pages_per_host = 1, .links_across_hosts = 0});
  const std::vector<std::string> flags = {"--allow_net=127.0.0.0/8", "--per_host_delay=0s"};
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.end(), flags.begin(), flags.end());
    const Finished crawl = directory_.CrawlToEnd(more);
    EXPECT_EQ(crawl.code, 0) << crawl.err;
    return crawl.out;
  };
  run({"--max_depth=0", web.Url(0, "/")});
  EXPECT_THAT(run({"--inject", web.Url(0, "/"), web.Url(1, "/")}),
              HasSubstr("known already, and left as it is: " + web.Url(0, "/") + " (fetched)"));
  run({"--max_depth=0"});
  EXPECT_EQ(web.Count(web.Url(1, "/")), 1);
  EXPECT_EQ(directory_.Inspect({"verify"}).code, 0);
}

TEST_F(OperationTest, ALargerMaxDepthBringsBackWhatWasTooDeep) {
  const TestWeb web({.host_count = 3, .pages_per_host = 10});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web, {"--max_depth=1"})).code, 0);
  const auto reachable = web.model().ReachableFrom(0, web.port(), false, false);
  EXPECT_LT(web.Requests().size(), reachable.asked.size());
  ExpectCompletes(web);
}

TEST_F(OperationTest, SeedsCanComeFromAFile) {
  const TestWeb web({.host_count = 8, .pages_per_host = 1, .links_across_hosts = 0});
  const ScratchDirectory scratch;
  std::ofstream(scratch.File("seeds")) << web.Url(6, "/") << "\n\n# a comment\n"
                                       << web.Url(7, "/") << "\n";
  ASSERT_EQ(directory_
                .CrawlToEnd({"--allow_net=127.0.0.0/8", "--per_host_delay=0s", "--scope=host",
                             "--seeds_file=" + scratch.File("seeds")})
                .code,
            0);
  EXPECT_EQ(web.Count(web.Url(6, "/")), 1);
  EXPECT_EQ(web.Count(web.Url(7, "/")), 1);
  EXPECT_EQ(web.Requests().size(), 4u);
}

TEST_F(OperationTest, MaxTransfersBoundsWhatIsOpenAtOnce) {
  const TestWeb web({.host_count = 40, .pages_per_host = 3, .latency = absl::Milliseconds(20)});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web, {"--max_transfers=7"})).code, 0);
  EXPECT_LE(web.MaxInFlight(), 7);
  EXPECT_GE(web.MaxInFlight(), 4);
}

TEST_F(OperationTest, TheUserAgentIsTheOneThatWasAskedFor) {
  const TestWeb web({.host_count = 2});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web, {"--user_agent=tester/1.0 (+http://x.test/)"})).code,
            0);
  for (const RequestRecord& request : web.Requests()) {
    EXPECT_EQ(request.user_agent, "tester/1.0 (+http://x.test/)");
  }
}

TEST_F(OperationTest, RequisitesAreFollowedOnlyWhereAskedFor) {
  const TestWeb web({.host_count = 2, .requisites = true});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web)).code, 0);
  EXPECT_EQ(web.Count(web.Url(0, "/style.css")), 0);
  const CrawlDirectory other;
  ASSERT_EQ(other.CrawlToEnd(Flags(web, {"--follow=all"})).code, 0);
  EXPECT_EQ(web.Count(web.Url(0, "/style.css")), 1);
  EXPECT_EQ(web.Count(web.Url(1, "/logo.png")), 1);
}

TEST_F(OperationTest, TooLittleDiskHasAnExitStatusOfItsOwn) {
  const TestWeb web({.host_count = 20, .latency = absl::Milliseconds(20)});
  const std::vector<std::string> flags = Flags(web, {"--min_free_disk=1000000TB"});
  const Finished stopped = directory_.CrawlToEnd(flags);
  EXPECT_EQ(stopped.code, 3) << stopped.err;
  EXPECT_THAT(stopped.out, HasSubstr("exit status 3"));
  const Finished refused = directory_.CrawlToEnd(flags);
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("--min_free_disk"));
  ExpectCompletes(web);
}

TEST_F(OperationTest, ARunThatCouldNotBeginEndsWithTheErrorAndNoSummary) {
  const TestWeb web({.host_count = 3});
  ASSERT_EQ(directory_.CrawlToEnd(Flags(web)).code, 0);
  int refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    if (entry.path().extension() != ".sst") continue;
    const std::string path = entry.path().string();
    const std::string good = ReadFile(path);
    std::string bad = good;
    bad[5] ^= 1;
    std::ofstream(path) << bad;
    const Finished crawl = directory_.CrawlToEnd(Flags(web));
    std::ofstream(path) << good;
    if (crawl.code == 0) continue;  // a table that this run had no use for
    ++refused;
    EXPECT_EQ(crawl.code, 1) << crawl.err;
    EXPECT_EQ(crawl.out, "");
    EXPECT_THAT(crawl.err, HasSubstr(entry.path().filename().string()));
  }
  EXPECT_GE(refused, 2);  // of the families hosts and meta
}

// --- Descriptors ---------------------------------------------------------------------------------

class FewDescriptorsTest : public OperationTest {
 protected:
  // As `ulimit -n` leaves them.
  Finished CrawlWith(int descriptors, const std::vector<std::string>& flags) const {
    std::vector<std::string> arguments = {
        "-c", absl::StrCat("ulimit -n ", descriptors, "; exec \"$0\" \"$@\""),
        RunfilePath("crawler/spindle"), "--dir=" + directory_.path()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return RunToEnd("/bin/sh", arguments);
  }
};

// Hosts that are slow, so that as many transfers are open as there may be.
TEST_F(FewDescriptorsTest, AllAreUsedAndNoHostPaysForWhatIsNotThere) {
  const TestWeb web({.host_count = 300, .pages_per_host = 3, .latency = absl::Milliseconds(100)});
  const Finished crawl = CrawlWith(200, Flags(web));
  EXPECT_EQ(crawl.code, 0) << crawl.err;
  EXPECT_THAT(crawl.err, HasSubstr("--max_transfers=1000 is lowered to "));
  EXPECT_THAT(crawl.out, HasSubstr(", 0 retries"));
  EXPECT_THAT(crawl.out, ::testing::Not(HasSubstr("left alone")));
  EXPECT_GE(web.MaxInFlight(), 40);
  ExpectCompletes(web);
}

TEST_F(FewDescriptorsTest, TooFewAreRefusedWithHowManyAreNeeded) {
  const Finished crawl = CrawlWith(64, {"--workers=2", "http://127.1.0.1/"});
  EXPECT_EQ(crawl.code, 2);
  EXPECT_THAT(crawl.err, HasSubstr("with --workers=2 needs ")) << crawl.err;
}

// --- What is refused -----------------------------------------------------------------------------

TEST_F(OperationTest, LoopbackIsRefusedWhereItIsNotAllowed) {
  const TestWeb web({.host_count = 2});
  ASSERT_EQ(directory_.CrawlToEnd({"--per_host_delay=0s", web.Url(0, "/")}).code, 0);
  EXPECT_TRUE(web.Requests().empty());
  const std::vector<nlohmann::json> rows = directory_.InspectRows({"urls"});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].value("url", ""), web.Url(0, "/"));
  // Kept for a run that allows it.
  EXPECT_EQ(rows[0].value("state", ""), "queued") << rows[0];
  const std::vector<nlohmann::json> hosts = directory_.InspectRows({"hosts"});
  ASSERT_EQ(hosts.size(), 1u);
  EXPECT_EQ(hosts[0].value("state", ""), "parked") << hosts[0];
  EXPECT_THAT(hosts[0].value("reason", ""), HasSubstr("address")) << hosts[0];
  ASSERT_EQ(directory_.CrawlToEnd({"--per_host_delay=0s", "--allow_net=127.0.0.0/8"}).code, 0);
  EXPECT_EQ(web.Count(web.Url(0, "/")), 1);
}

TEST_F(OperationTest, AnUnknownOptionIsRefusedWithTheNearestName) {
  EXPECT_THAT(ExpectRefused({"--per_host_dely=1s", "http://127.1.0.1/"}),
              ::testing::AllOf(HasSubstr("per_host_dely"), HasSubstr("--per_host_delay")));
  EXPECT_THAT(ExpectRefused({"--sumary=x", "http://127.1.0.1/"}), HasSubstr("--summary"));
}

TEST_F(OperationTest, NoSeedsAndNoCrawlIsSaidWithAnExample) {
  EXPECT_THAT(ExpectRefused({}), ::testing::AllOf(HasSubstr("seed"), HasSubstr("http")));
}

TEST_F(OperationTest, ValuesThatDoNotParseAreRefusedByName) {
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"per_host_delay", "fast"},
                                                        {"per_host_delay", "-1s"},
                                                        {"allow_net", "banana"},
                                                        {"allow_net", "127.0.0.0/40"},
                                                        {"scope", "galaxy"},
                                                        {"max_pages", "many"},
                                                        {"max_transfers", "0"},
                                                        {"workers", "-1"},
                                                        {"parse", "guess"},
                                                        {"follow", "nobody"}}) {
    EXPECT_THAT(ExpectRefused({absl::StrCat("--", flag, "=", value), "http://127.1.0.1/"}),
                HasSubstr(flag));
  }
}

TEST_F(OperationTest, ASeedThatIsNoUrlIsRefused) {
  EXPECT_THAT(ExpectRefused({"http://"}), HasSubstr("http://"));
  EXPECT_THAT(ExpectRefused({"ftp://127.1.0.1/"}), HasSubstr("ftp://127.1.0.1/"));
}

TEST_F(OperationTest, AMissingSeedsFileIsRefused) {
  EXPECT_THAT(ExpectRefused({"--seeds_file=/nonexistent/seeds"}), HasSubstr("/nonexistent/seeds"));
}

}  // namespace
}  // namespace testing
}  // namespace spindle
