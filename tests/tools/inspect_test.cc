// Runs the inspector itself on directories that were written through storage/.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/body_codec.h"
#include "storage/crawl_store.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kInspect[] = "tools/inspect";  // in the test's runfiles
constexpr char kOrigin[] = "https://example.org";
constexpr char kOther[] = "http://example.net:8080";
constexpr char kHtml[] = "<title>Hello</title>";

struct Finished {
  int code = -1;
  std::string out;
  std::string err;

  std::vector<nlohmann::json> Rows() const {
    std::vector<nlohmann::json> rows;
    for (absl::string_view line : absl::StrSplit(out, '\n', absl::SkipEmpty())) {
      rows.push_back(nlohmann::json::parse(line.begin(), line.end()));
    }
    return rows;
  }
  std::vector<std::string> Lines() const { return absl::StrSplit(out, '\n', absl::SkipEmpty()); }
};

std::string ReadFile(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

class InspectTest : public ::testing::Test {
 protected:
  InspectTest() : store_(OpenTestStore(scratch_.path("crawl"))), crawl_(store_.get()) {}

  Finished Run(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv = {kInspect};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    argv.push_back(nullptr);
    const std::string out = scratch_.path("out"), err = scratch_.path("err");
    const pid_t child = fork();
    if (child == 0) {
      dup2(open(out.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), STDOUT_FILENO);
      dup2(open(err.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), STDERR_FILENO);
      execv(kInspect, const_cast<char* const*>(argv.data()));
      _exit(127);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadFile(out), ReadFile(err)};
  }

  // On the crawl of this test.
  Finished Inspect(std::vector<std::string> arguments) {
    arguments.push_back("--dir=" + scratch_.path("crawl"));
    return Run(arguments);
  }

  // For what must be refused: the message.
  std::string ExpectUsageError(const std::vector<std::string>& arguments) {
    const Finished finished = Run(arguments);
    EXPECT_EQ(finished.code, 2) << finished.out;
    EXPECT_EQ(finished.out, "");
    return finished.err;
  }

  void AddSmallCrawl() {
    page_ = crawl_.AddPage(kOrigin, "/page", kHtml, 10);
    crawl_.AddQueued(kOrigin, "/next", 20);
    crawl_.AddEnded(kOther, "/private", UrlState::kExcluded, Reason::kRobotsDisallowed);
    RobotsRecord robots;
    robots.outcome = RobotsPolicy::kRules;
    robots.fetched = At(1);
    robots.body = "User-agent: *\nDisallow: /other\nDisallow: /private\n";
    crawl_.AddRobots(kOther, robots);
  }

  template <typename Change>
  void ChangeUrl(const UrlKey& key, Change change) {
    UrlRecord url = **store_->reader().GetUrl(key);
    change(url);
    Commit commit = store_->NewCommit();
    commit.PutUrl(key, url);
    ASSERT_TRUE(store_->Apply(commit).ok());
  }

  template <typename Change>
  void ChangeHost(const HostKey& key, Change change) {
    HostRecord host = **store_->reader().GetHost(key);
    change(host);
    Commit commit = store_->NewCommit();
    commit.PutHost(key, host);
    ASSERT_TRUE(store_->Apply(commit).ok());
  }

  ScratchDir scratch_;
  std::unique_ptr<CrawlStore> store_;
  TestCrawl crawl_;
  PageKey page_;
};

std::string Gzip(const std::string& text) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = out.size();
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// --- stats, hosts, urls ---

TEST_F(InspectTest, StatsCountsByStateAndReason) {
  AddSmallCrawl();
  const Finished json = Inspect({"stats", "--format=jsonl"});
  ASSERT_EQ(json.code, 0) << json.err;
  const nlohmann::json row = json.Rows().at(0);
  EXPECT_EQ(row["hosts"], 2);
  EXPECT_EQ(row["urls"], 3);
  EXPECT_EQ(row["states"]["fetched"], 1);
  EXPECT_EQ(row["states"]["queued"], 1);
  EXPECT_EQ(row["states"]["excluded"], 1);
  EXPECT_EQ(row["states"]["gone"], 0);
  EXPECT_EQ(row["reasons"]["robots-disallowed"], 1);
  EXPECT_EQ(row["pages"], 1);
  EXPECT_EQ(row["body_bytes"], sizeof(kHtml) - 1);
  EXPECT_GT(row["disk_bytes"], 0);
  EXPECT_EQ(row["created"], "2023-11-14T22:13:20.000000Z");
  EXPECT_THAT(Inspect({"stats"}).out, AllOf(HasSubstr("robots-disallowed"), HasSubstr("urls  ")));
}

TEST_F(InspectTest, HostsShowsCountersAndPoliteness) {
  AddSmallCrawl();
  ChangeHost(crawl_.HostOf(kOther), [](HostRecord& host) {
    host.crawl_delay = absl::Milliseconds(2500);
    host.next_fetch = At(60);
  });
  const std::vector<nlohmann::json> rows = Inspect({"hosts", "--format", "jsonl"}).Rows();
  ASSERT_EQ(rows.size(), 2);
  const nlohmann::json& other = rows[0]["origin"] == kOther ? rows[0] : rows[1];
  EXPECT_EQ(other["origin"], kOther);
  EXPECT_EQ(other["state"], "live");
  EXPECT_EQ(other["known"], 1);
  EXPECT_EQ(other["queued"], 0);
  EXPECT_EQ(other["pages"], 0);
  EXPECT_EQ(other["robots"], "rules");
  EXPECT_EQ(other["crawl_delay"], 2.5);
  EXPECT_EQ(other["next_fetch"], "2023-11-14T22:14:20.000000Z");
}

TEST_F(InspectTest, HostsShowsTheCrawlDelayThatIsKept) {
  AddSmallCrawl();
  ChangeHost(crawl_.HostOf(kOther), [](HostRecord& host) { host.crawl_delay = absl::Hours(1); });
  const std::vector<nlohmann::json> rows = Inspect({"hosts", "--format=jsonl"}).Rows();
  const nlohmann::json& other = rows.at(0)["origin"] == kOther ? rows[0] : rows.at(1);
  EXPECT_EQ(other["crawl_delay"], 300);
  EXPECT_EQ(other["crawl_delay_asked"], 3600);
  EXPECT_THAT(Inspect({"hosts"}).out, HasSubstr(" 5m of 1h "));
}

TEST_F(InspectTest, HostLeftAloneTellsUntilWhenAndWhatIsWrong) {
  crawl_.AddQueued(kOrigin, "/a", 1);
  ChangeHost(crawl_.HostOf(kOrigin), [](HostRecord& host) {
    host.state = HostState::kParked;
    host.reason = Reason::kTls;
    host.next_fetch = At(60);
    host.front_due = At(3600);
  });
  RobotsRecord robots;
  robots.outcome = RobotsPolicy::kDisallowAll;
  robots.reason = Reason::kTls;
  robots.body = "certificate has expired";
  crawl_.AddRobots(kOrigin, robots);
  const std::vector<nlohmann::json> rows = Inspect({"hosts", "--format=jsonl"}).Rows();
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0]["next_fetch"], "2023-11-14T23:13:20.000000Z");
  EXPECT_EQ(rows[0]["detail"], "certificate has expired");
  EXPECT_THAT(Inspect({"why", "https://example.org/a"}).out,
              AllOf(HasSubstr("until 2023-11-14 23:13:20Z"), HasSubstr("TLS handshake failed"),
                    HasSubstr("detail: certificate has expired")));
}

TEST_F(InspectTest, UrlsShowsEachUrlOnce) {
  AddSmallCrawl();
  ChangeUrl(crawl_.KeyOf(kOrigin, "/next"), [&](UrlRecord& url) {
    url.found_on = page_.url;
    url.depth = 1;
  });
  std::map<std::string, nlohmann::json> rows;
  for (const nlohmann::json& row : Inspect({"urls", "--format=jsonl"}).Rows()) {
    EXPECT_TRUE(rows.emplace(row["url"], row).second);
  }
  ASSERT_EQ(rows.size(), 3);
  const nlohmann::json& next = rows["https://example.org/next"];
  EXPECT_EQ(next["state"], "queued");
  EXPECT_EQ(next["reason"], "none");
  EXPECT_EQ(next["status"], nullptr);
  EXPECT_EQ(next["depth"], 1);
  EXPECT_EQ(next["found_on"], "https://example.org/page");
  EXPECT_EQ(next["discovered"], "2023-11-14T22:13:40.000000Z");
  EXPECT_EQ(next["last_fetch"], nullptr);
  EXPECT_EQ(rows["https://example.org/page"]["status"], 200);
  EXPECT_EQ(rows["http://example.net:8080/private"]["reason"], "robots-disallowed");
}

TEST_F(InspectTest, UrlsCanBeNarrowed) {
  AddSmallCrawl();
  const auto urls = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"urls", "--format=jsonl"});
    std::vector<std::string> found;
    for (const nlohmann::json& row : Inspect(arguments).Rows()) found.push_back(row["url"]);
    return found;
  };
  EXPECT_THAT(urls({"--state", "queued"}), ElementsAre("https://example.org/next"));
  EXPECT_THAT(urls({"--host=EXAMPLE.net"}), ElementsAre("http://example.net:8080/private"));
  EXPECT_THAT(urls({"--host=http://example.net:8080"}),
              ElementsAre("http://example.net:8080/private"));
  EXPECT_THAT(urls({"--host=http://example.net"}), ElementsAre());
  EXPECT_THAT(urls({"--host=example.org", "--state=gone"}), ElementsAre());
  EXPECT_EQ(urls({"--limit=2"}).size(), 2);
}

TEST_F(InspectTest, TablesAreAligned) {
  AddSmallCrawl();
  const std::vector<std::string> lines = Inspect({"urls"}).Lines();
  ASSERT_EQ(lines.size(), 4);
  const size_t column = lines[0].find("URL");
  EXPECT_THAT(lines[0], AllOf(HasSubstr("STATE"), HasSubstr("LAST FETCH")));
  for (size_t i = 1; i < lines.size(); ++i) EXPECT_EQ(lines[i].substr(column, 4), "http");
}

TEST_F(InspectTest, LongTablesComeWhole) {
  for (int i = 0; i < 700; ++i) crawl_.AddQueued(kOrigin, absl::StrCat("/", i), i);
  EXPECT_EQ(Inspect({"urls"}).Lines().size(), 701);
}

TEST_F(InspectTest, EmptyCrawlIsNoError) {
  for (const char* command : {"stats", "hosts", "urls", "verify"}) {
    const Finished finished = Inspect({command});
    EXPECT_EQ(finished.code, 0) << command << finished.err;
  }
  EXPECT_EQ(Inspect({"urls", "--format=jsonl"}).out, "");
}

// --- page ---

TEST_F(InspectTest, PageShowsWhatWasStored) {
  AddSmallCrawl();
  const Finished finished = Inspect({"page", "https://example.org/page", "--format=jsonl"});
  ASSERT_EQ(finished.code, 0) << finished.err;
  const nlohmann::json row = finished.Rows().at(0);
  EXPECT_EQ(row["url"], "https://example.org/page");
  EXPECT_EQ(row["status"], 200);
  EXPECT_EQ(row["media_type"], "text/html");
  EXPECT_EQ(row["wire_bytes"], sizeof(kHtml) - 1);
  EXPECT_EQ(row["fetches"], 1);
  EXPECT_EQ(Inspect({"page", "https://EXAMPLE.org/./page#x", "--body"}).out, kHtml);
  EXPECT_EQ(Inspect({"page", "--headers", "https://example.org/page"}).out,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
}

TEST_F(InspectTest, BodyHasItsContentCodingUndone) {
  AddSmallCrawl();
  const std::string html(5000, 'x');
  const std::string coded = Gzip(html);
  PageRecord page = **store_->reader().GetPage(page_);
  page.headers = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
  page.body_codec = BodyCodec::kAsReceived;
  page.wire_bytes = coded.size();
  page.decoded_bytes = html.size();
  page.digest = BodyDigest(html);
  page.simhash = 0xabc;
  page.tls = "Version: TLSv1.3\r\nVerify: ok\r\n";
  Commit commit = store_->NewCommit();
  commit.PutPage(page_, page, coded);
  ASSERT_TRUE(store_->Apply(commit).ok());
  ChangeHost(page_.url.host_key(), [&](HostRecord& host) { host.body_bytes = coded.size(); });
  EXPECT_EQ(Inspect({"page", "https://example.org/page", "--body"}).out, html);
  EXPECT_THAT(Inspect({"page", "https://example.org/page"}).out, HasSubstr("0000000000000abc"));
  const nlohmann::json row =
      Inspect({"page", "https://example.org/page", "--format=jsonl"}).Rows().at(0);
  EXPECT_EQ(row["tls"]["version"], "TLSv1.3");
  EXPECT_EQ(row["tls"]["verify"], "ok");
  EXPECT_EQ(Inspect({"verify", "--deep"}).code, 0);
}

TEST_F(InspectTest, PageOfACopyNamesThePageThatHasItsBody) {
  AddSmallCrawl();
  const PageKey copy = crawl_.AddPage("https://example.org", "/copy", "", 9);
  PageRecord page = **store_->reader().GetPage(copy);
  page.original = page_;
  Commit commit = store_->NewCommit();
  commit.PutPage(copy, page, "");
  ASSERT_TRUE(store_->Apply(commit).ok());
  const auto row = Inspect({"page", "https://example.org/copy", "--format=jsonl"}).Rows().at(0);
  EXPECT_EQ(row["original"], "https://example.org/page");
}

TEST_F(InspectTest, WhySaysThatWhatIsMissingForGoodIsNotAskedForAgain) {
  const UrlKey key =
      crawl_.AddEnded("https://example.org", "/gone", UrlState::kGone, Reason::kNone);
  ChangeUrl(key, [](UrlRecord& url) { url.miss_count = url.gone_count = 5; });
  EXPECT_THAT(Inspect({"why", "https://example.org/gone"}).out,
              HasSubstr("missing 5 times in a row: it is not asked for again"));
}

TEST_F(InspectTest, DamagedContentCodingIsSaid) {
  AddSmallCrawl();
  PageRecord page = **store_->reader().GetPage(page_);
  page.headers = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
  page.body_codec = BodyCodec::kAsReceived;
  page.wire_bytes = 8;
  Commit commit = store_->NewCommit();
  commit.PutPage(page_, page, "not gzip");
  ASSERT_TRUE(store_->Apply(commit).ok());
  const Finished finished = Inspect({"page", "https://example.org/page", "--body"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("corrupt"));
}

TEST_F(InspectTest, PageWithoutPageSaysTheState) {
  AddSmallCrawl();
  const Finished finished = Inspect({"page", "https://example.org/next"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr("queued"));
  EXPECT_EQ(Inspect({"page", "https://example.org/missing"}).code, 1);
  EXPECT_EQ(Inspect({"page", "https://unknown.example/"}).code, 1);
}

// --- why ---

TEST_F(InspectTest, WhyNeverSeenFails) {
  AddSmallCrawl();
  for (const char* url : {"https://example.org/missing", "https://unknown.example/"}) {
    const Finished finished = Inspect({"why", url});
    EXPECT_EQ(finished.code, 1);
    EXPECT_THAT(finished.out, HasSubstr("never seen"));
  }
}

TEST_F(InspectTest, WhyQueuedTellsPositionAndWait) {
  crawl_.AddQueued(kOrigin, "/first", 1);
  crawl_.AddQueued(kOrigin, "/second", 2);
  ChangeHost(crawl_.HostOf(kOrigin), [](HostRecord& host) {
    host.next_fetch = absl::Now() + absl::Minutes(5);
    host.failures = 3;
  });
  const std::string out = Inspect({"why", "https://example.org/second"}).out;
  EXPECT_THAT(
      out,
      AllOf(HasSubstr("number 2 of 2"), HasSubstr("not asked before"),
            ::testing::ContainsRegex("\\(in (5m|4m5)"), HasSubstr("back-off after 3 failures"),
            HasSubstr("robots.txt of its host has not been fetched yet"), HasSubstr("as a seed")));
  ChangeHost(crawl_.HostOf(kOrigin), [](HostRecord& host) {
    host.failures = 0;
    host.crawl_delay = absl::Seconds(400);
  });
  EXPECT_THAT(Inspect({"why", "https://example.org/second"}).out,
              HasSubstr("delay of 6m40s, and 5m are kept"));
}

TEST_F(InspectTest, WhyParkedNamesTheBudgetOfDepth) {
  for (const Reason reason : {Reason::kDepthBudget, Reason::kHostBudget}) {
    const std::string path = absl::StrCat("/", Name(reason));
    crawl_.AddEnded(kOrigin, path, UrlState::kParked, reason);
    EXPECT_THAT(Inspect({"why", absl::StrCat(kOrigin, path)}).out, HasSubstr("--park_depth"));
  }
}

TEST_F(InspectTest, WhyExcludedNamesTheRule) {
  AddSmallCrawl();
  const Finished finished = Inspect({"why", "http://example.net:8080/private"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, AllOf(HasSubstr("excluded"), HasSubstr("robots.txt line 3"),
                                  HasSubstr("Disallow: /private")));
}

TEST_F(InspectTest, WhyKnowsTheCrawlersOwnGroup) {
  AddSmallCrawl();
  RobotsRecord robots;
  robots.outcome = RobotsPolicy::kRules;
  robots.body = "User-agent: mybot\nAllow: /\n\nUser-agent: *\nDisallow: /private\n";
  crawl_.AddRobots(kOther, robots);
  EXPECT_THAT(Inspect({"why", "http://example.net:8080/private", "--user_agent=mybot"}).out,
              AllOf(HasSubstr("line 2"), HasSubstr("Allow: /")));
}

TEST_F(InspectTest, WhyFetchedTellsWhereItWasFound) {
  AddSmallCrawl();
  const UrlKey child = crawl_.AddPage(kOrigin, "/child", kHtml, 30).url;
  ChangeUrl(child, [&](UrlRecord& url) {
    url.found_on = page_.url;
    url.depth = 1;
  });
  EXPECT_THAT(Inspect({"why", "https://example.org/child"}).out,
              AllOf(HasSubstr("fetched 2023-11-14 22:13:50Z with status 200"),
                    HasSubstr("at depth 1 on https://example.org/page")));
}

TEST_F(InspectTest, WhyFailedTellsTheLastError) {
  const UrlKey key = crawl_.AddEnded(kOrigin, "/slow", UrlState::kFailed, Reason::kTimeout);
  ChangeUrl(key, [](UrlRecord& url) {
    url.failures = 4;
    url.detail = "no byte in 30s\x1b[2J";
  });
  EXPECT_THAT(Inspect({"why", "https://example.org/slow"}).out,
              AllOf(HasSubstr("after 4 tries: the whole transfer took longer"),
                    HasSubstr("no byte in 30s"), Not(HasSubstr("\x1b"))));
}

TEST_F(InspectTest, WhyRedirectedNamesTheTarget) {
  const UrlKey key = crawl_.AddEnded(kOrigin, "/old", UrlState::kRedirected, Reason::kNone);
  ChangeUrl(key, [](UrlRecord& url) {
    url.http_status = 301;
    url.detail = "https://example.org/new";
  });
  const std::vector<nlohmann::json> rows =
      Inspect({"why", "https://example.org/old", "--format=jsonl"}).Rows();
  EXPECT_EQ(rows.at(0)["state"], "redirected");
  EXPECT_THAT(rows.at(0)["why"].get<std::string>(),
              HasSubstr("with status 301 to https://example.org/new"));
}

// --- verify ---

TEST_F(InspectTest, VerifyPassesWhereEverythingFits) {
  AddSmallCrawl();
  for (const char* option : {"--format=table", "--deep"}) {
    const Finished finished = Inspect({"verify", option});
    EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("violations               0"));
  }
}

TEST_F(InspectTest, VerifyFailsWhereAnInvariantIsBroken) {
  AddSmallCrawl();
  ChangeHost(crawl_.HostOf(kOrigin), [](HostRecord& host) { ++host.known_count; });
  const Finished table = Inspect({"verify"});
  EXPECT_EQ(table.code, 1);
  EXPECT_THAT(table.out, AllOf(HasSubstr("host-counters"), HasSubstr("known_count is 3, found 2")));
  EXPECT_THAT(table.err, HasSubstr("violations of the format: 1"));
  const std::vector<nlohmann::json> rows = Inspect({"verify", "--format=jsonl"}).Rows();
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0]["violations"], 1);
  EXPECT_EQ(rows[1]["check"], "host-counters");
}

// --- the directory ---

TEST_F(InspectTest, WorksWithAndWithoutACrawlRunning) {
  AddSmallCrawl();
  EXPECT_EQ(Inspect({"urls", "--format=jsonl"}).Rows().size(), 3);
  store_.reset();
  EXPECT_EQ(Inspect({"urls", "--format=jsonl"}).Rows().size(), 3);
}

TEST_F(InspectTest, RefusesWhatIsNoCrawl) {
  for (const std::string& dir : {scratch_.path("missing"), scratch_.path()}) {
    const Finished finished = Run({"stats", "--dir", dir});
    EXPECT_EQ(finished.code, 1);
    EXPECT_THAT(finished.err, HasSubstr(dir));
    EXPECT_EQ(finished.out, "");
  }
}

// --- the command line ---

TEST_F(InspectTest, HelpNamesEveryCommand) {
  for (const char* option : {"--help", "-h"}) {
    const Finished finished = Run({option});
    EXPECT_EQ(finished.code, 0);
    for (const char* command : {"stats", "hosts", "urls", "page", "why", "verify"}) {
      EXPECT_THAT(finished.out, HasSubstr(absl::StrCat("\n  ", command)));
    }
  }
}

TEST_F(InspectTest, UnknownNamesAreRefusedWithTheNearest) {
  EXPECT_THAT(ExpectUsageError({"stat"}), HasSubstr("did you mean stats?"));
  EXPECT_THAT(ExpectUsageError({"verfy"}), HasSubstr("did you mean verify?"));
  EXPECT_THAT(ExpectUsageError({"urls", "--stat=gone"}), HasSubstr("did you mean --state?"));
}

TEST_F(InspectTest, WrongUsesAreRefused) {
  EXPECT_THAT(ExpectUsageError({}), HasSubstr("no command"));
  EXPECT_THAT(ExpectUsageError({"why"}), HasSubstr("lacks its URL"));
  EXPECT_THAT(ExpectUsageError({"stats", "more"}), HasSubstr("what is more?"));
  EXPECT_THAT(ExpectUsageError({"urls", "--state=odd"}), HasSubstr("one of queued"));
  EXPECT_THAT(ExpectUsageError({"urls", "--limit=-1"}), HasSubstr("a number"));
  EXPECT_THAT(ExpectUsageError({"urls", "--format=xml"}), HasSubstr("table or jsonl"));
  EXPECT_THAT(ExpectUsageError({"urls", "--host"}), HasSubstr("lacks its value"));
  EXPECT_THAT(ExpectUsageError({"stats", "--state=gone"}), HasSubstr("stats has no --state"));
  EXPECT_THAT(ExpectUsageError({"verify", "--deep=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(ExpectUsageError({"page", "https://a/", "--body", "--headers"}),
              HasSubstr("one of them"));
}

TEST_F(InspectTest, WhatIsNoUrlIsRefused) {
  EXPECT_THAT(ExpectUsageError({"why", "example.org/page"}), HasSubstr("with its scheme"));
  EXPECT_THAT(ExpectUsageError({"why", "http://a.example/" + std::string(9000, 'x')}),
              HasSubstr("a URL of 9017 bytes"));
  EXPECT_THAT(ExpectUsageError({"page", "mailto:a@b"}), HasSubstr("no http or https URL"));
}

TEST_F(InspectTest, AReaderThatHasGoneIsNoError) {
  for (int i = 0; i < 2000; ++i) crawl_.AddQueued(kOrigin, absl::StrCat("/", i), i);
  const std::string command =
      absl::StrCat(kInspect, " urls --dir=", scratch_.path("crawl"), " 2>", scratch_.path("err"),
                   "; echo $? >", scratch_.path("code"));
  ASSERT_EQ(system(absl::StrCat("( ", command, " ) | head -n 1 >/dev/null").c_str()), 0);
  EXPECT_EQ(ReadFile(scratch_.path("code")), "0\n");
  EXPECT_EQ(ReadFile(scratch_.path("err")), "");
}

TEST_F(InspectTest, AFullDiskIsAnError) {
  AddSmallCrawl();
  const std::string command = absl::StrCat(kInspect, " urls --dir=", scratch_.path("crawl"),
                                           " >/dev/full 2>", scratch_.path("err"));
  EXPECT_NE(system(command.c_str()), 0);
  EXPECT_THAT(ReadFile(scratch_.path("err")), HasSubstr("No space left"));
}

}  // namespace
}  // namespace spindle
