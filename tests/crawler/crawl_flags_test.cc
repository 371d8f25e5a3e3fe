#include "crawler/crawl_flags.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"

namespace spindle {
namespace {

class CrawlFlagsTest : public ::testing::Test {
 protected:
  absl::StatusOr<CrawlCommand> Read(std::vector<std::string> args) {
    const absl::FlagSaver saver;
    std::vector<char*> pointers;
    for (std::string& arg : args) pointers.push_back(arg.data());
    return ReadCrawlCommand(pointers);
  }
  std::string MessageOf(std::vector<std::string> args) {
    const absl::StatusOr<CrawlCommand> command = Read(std::move(args));
    EXPECT_FALSE(command.ok());
    return std::string(command.status().message());
  }
  std::string WriteFile(const std::string& name, const std::string& text) {
    std::ofstream(dir_.path(name)) << text;
    return dir_.path(name);
  }

  ScratchDir dir_;
};

TEST_F(CrawlFlagsTest, DefaultsArePolite) {
  const CrawlOptions options = Read({"http://a.example/"})->options;
  EXPECT_EQ(options.seeds, std::vector<std::string>{"http://a.example/"});
  EXPECT_EQ(options.frontier.politeness.per_host_delay, absl::Seconds(1));
  EXPECT_EQ(options.frontier.per_host_concurrency, 1);
  EXPECT_EQ(options.scope, ScopeKind::kHost);
}

TEST_F(CrawlFlagsTest, ReadsFlagsInEveryForm) {
  const CrawlOptions options =
      Read({"--per_host_delay=250ms", "--max_pages", "7", "seed.example", "--noobey_nofollow",
            "--scope=any", "--max-depth=3", "--", "--odd"})
          ->options;
  EXPECT_EQ(options.frontier.politeness.per_host_delay, absl::Milliseconds(250));
  EXPECT_EQ(options.max_pages, 7);
  EXPECT_EQ(options.frontier.max_depth, 3);
  EXPECT_FALSE(options.pipeline.obey_nofollow);
  EXPECT_EQ(options.scope, ScopeKind::kAny);
  EXPECT_EQ(options.seeds, (std::vector<std::string>{"seed.example", "--odd"}));
}

TEST_F(CrawlFlagsTest, SizesHaveUnits) {
  const CrawlOptions options = Read({"--memory=2GB", "--min_free_disk=512MB"})->options;
  EXPECT_EQ(options.memory_bytes, uint64_t{2} << 30);
  EXPECT_EQ(options.min_free_disk_bytes, uint64_t{512} << 20);
  EXPECT_EQ(MessageOf({"--memory=much"}),
            "--memory cannot be \"much\": a size is written as 512MB, 2GB or in bytes");
}

TEST_F(CrawlFlagsTest, LimitsAreSizesToo) {
  const CrawlOptions options = Read({"--max_body_bytes=1MB", "--max_url_bytes=4KB"})->options;
  EXPECT_EQ(options.fetcher.max_body_bytes, size_t{1} << 20);
  EXPECT_EQ(options.fetcher.max_url_bytes, 4096u);
}

TEST_F(CrawlFlagsTest, ServersMayBeGivenSeveralTimes) {
  const CrawlOptions options = Read({"--dns=192.0.2.1,192.0.2.2", "--dns=192.0.2.3"})->options;
  EXPECT_EQ(options.resolver.servers.size(), 3u);
}

TEST_F(CrawlFlagsTest, HostsAreAsUrlsHaveThem) {
  const CrawlOptions options =
      Read({"--resolve=B\xc3\xbc\x63her.test:127.0.0.1", "--insecure=b\xc3\xbc\x63her.test"})
          ->options;
  EXPECT_EQ(options.resolver.overrides[0].host, "xn--bcher-kva.test");
  EXPECT_TRUE(options.fetcher.insecure_hosts.contains("xn--bcher-kva.test"));
}

TEST_F(CrawlFlagsTest, ValuesThatWouldMeanNothingAreRefused) {
  for (const char* arg :
       {"--resolve=a b:192.0.2.1", "--resolve=a/b:192.0.2.1", "--insecure=*.wild.test",
        "--insecure=**", "--media_types=text/html;charset=utf-8"}) {
    const std::string value(arg + std::string(arg).find('=') + 1);
    EXPECT_TRUE(absl::StrContains(MessageOf({arg}), absl::StrCat("\"", value, "\"")))
        << MessageOf({arg});
  }
}

TEST_F(CrawlFlagsTest, UnknownFlagsNameTheNearest) {
  EXPECT_EQ(MessageOf({"--per_host_dely=1s"}),
            "there is no --per_host_dely; did you mean --per_host_delay?");
  EXPECT_EQ(MessageOf({"--concurrency=1"}),
            "there is no --concurrency; did you mean --per_host_concurrency?");
  EXPECT_EQ(MessageOf({"--xyzzy"}), "there is no --xyzzy; --help lists them all");
  // Abseil's own flags are none of ours.
  EXPECT_TRUE(absl::StartsWith(MessageOf({"--flagfile=x"}), "there is no --flagfile"));
}

TEST_F(CrawlFlagsTest, BadValuesSayWhatIsWanted) {
  EXPECT_EQ(MessageOf({"--per_host_delay=3"}),
            "--per_host_delay cannot be \"3\": a duration is written as 250ms, 1s or 2h30m");
  EXPECT_EQ(MessageOf({"--scope=hots"}),
            "--scope cannot be \"hots\": it is one of host, domain, any; did you mean host?");
  EXPECT_EQ(MessageOf({"--max_pages"}), "--max_pages needs a value");
  EXPECT_TRUE(absl::StrContains(MessageOf({"--max_pages=many"}), "--max_pages cannot be \"many\""));
  EXPECT_TRUE(absl::StrContains(MessageOf({"--allow_net=10.0.0.0/40"}), "10.0.0.0/40"));
  EXPECT_TRUE(absl::StartsWith(MessageOf({"--dns=dns.example"}), "--dns: \"dns.example\" is no"));
  EXPECT_TRUE(absl::StartsWith(MessageOf({"--resolve=a.example"}), "--resolve: \"a.example\" is"));
  EXPECT_TRUE(absl::StrContains(MessageOf({"--ip=4"}), "auto, v4, v6, both"));
}

TEST_F(CrawlFlagsTest, HeadersMayBeGivenSeveralTimes) {
  const CrawlOptions options = Read({"--header=X-A: 1, 2", "--header", "X-B: 3"})->options;
  EXPECT_EQ(options.fetcher.access.headers, (std::vector<std::string>{"X-A: 1, 2", "X-B: 3"}));
  const std::string file = WriteFile("crawl.toml", "header = [\"X-A: 1, 2\", \"X-B: 3\"]\n");
  EXPECT_EQ(Read({"--config=" + file})->options.fetcher.access.headers.size(), 2u);
  EXPECT_EQ(MessageOf({"--header=X: y\nZ: z"}), "--header takes one line at a time");
  EXPECT_TRUE(absl::StartsWith(MessageOf({"--header=Cookie: a=b"}), "--header: \"Cookie: a=b\""));
}

TEST_F(CrawlFlagsTest, SecretsComeFromAFileOfTheirOwn) {
  const std::string file = WriteFile("auth", "https://a.example basic u s3cret\n");
  EXPECT_TRUE(absl::StrContains(MessageOf({"--auth_file=" + file}), "chmod 600"));
  chmod(file.c_str(), 0600);
  const CrawlOptions options = Read({"--auth_file=" + file})->options;
  EXPECT_NE(options.fetcher.access.credentials->Find("https://a.example"), nullptr);
  EXPECT_FALSE(absl::StrContains(MessageOf({"--proxy=http://u:s3cret@p:1"}), "s3cret"));
}

TEST_F(CrawlFlagsTest, FileSetsWhatTheCommandLineDoesNot) {
  const std::string file = WriteFile("crawl.toml",
                                     "per_host_delay = \"5s\"  # slowly\n"
                                     "max_pages = 10\n"
                                     "obey_nofollow = false\n"
                                     "allow_net = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\n");
  const CrawlOptions options = Read({"--config=" + file, "--max_pages=20"})->options;
  EXPECT_EQ(options.frontier.politeness.per_host_delay, absl::Seconds(5));
  EXPECT_EQ(options.max_pages, 20);
  EXPECT_FALSE(options.pipeline.obey_nofollow);
  EXPECT_TRUE(options.fetcher.guard.Allows(*IpAddress::Parse("10.0.0.1")));
}

TEST_F(CrawlFlagsTest, FileErrorsNameFileLineAndNearestName) {
  const std::string unknown = WriteFile("a.toml", "max_pages = 1\n\nmax_page = 2\n");
  EXPECT_EQ(MessageOf({"--config=" + unknown}),
            unknown + ":3: there is no option max_page; did you mean option max_pages?");
  const std::string broken = WriteFile("b.toml", "max_pages = 1\nscope = host\n");
  EXPECT_TRUE(absl::StartsWith(MessageOf({"--config=" + broken}), broken + ":2: "));
  const std::string bad = WriteFile("c.toml", "per_host_delay = \"soon\"\n");
  EXPECT_TRUE(absl::StartsWith(MessageOf({"--config=" + bad}), bad + ":1: --per_host_delay"));
  EXPECT_EQ(MessageOf({"--config=/no/such/file"}), "cannot read /no/such/file");
}

TEST_F(CrawlFlagsTest, SeedsFileHasOneAUrlALine) {
  const std::string file = WriteFile("seeds", "# ours\nhttp://a.example/\n\n  b.example  \r\n");
  EXPECT_EQ(Read({"--seeds_file=" + file, "http://c.example/"})->options.seeds,
            (std::vector<std::string>{"http://c.example/", "http://a.example/", "b.example"}));
  EXPECT_EQ(MessageOf({"--seeds_file=/no/such/file"}), "cannot read the seeds file /no/such/file");
}

TEST_F(CrawlFlagsTest, FirstWordOfTheUserAgentIsTheNameForRobots) {
  EXPECT_EQ(
      Read({"--user_agent=mybot/2.0 (+https://a.example/bot)"})->options.frontier.product_token,
      "mybot");
}

TEST_F(CrawlFlagsTest, HelpNamesEveryFlagWithItsDefault) {
  const std::string help = Read({"--help"})->help;
  EXPECT_TRUE(absl::StrContains(help, "--per_host_delay=1s"));
  EXPECT_TRUE(absl::StrContains(help, "--[no]obey_nofollow"));
}

}  // namespace
}  // namespace spindle
