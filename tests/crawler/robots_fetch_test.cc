#include "crawler/robots_fetch.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "crawler/task_request.h"
#include "gtest/gtest.h"
#include "parsers/public_suffix.h"
#include "tests/testing/coded_bytes.h"

namespace spindle {
namespace {

constexpr char kRules[] = "User-agent: *\nDisallow: /a\n";

class RobotsFetchTest : public ::testing::Test {
 protected:
  RobotsFetchTest() {
    task_.kind = FetchTask::Kind::kRobots;
    task_.url = "http://a.example/robots.txt";
    task_.robots_for = {1, 2};
  }
  static FetchResponse Answer(int status, const std::string& fields, const std::string& body) {
    FetchResponse response;
    response.http_status = static_cast<uint16_t>(status);
    response.headers = absl::StrCat("HTTP/1.1 ", status, " Hm\r\n", fields, "\r\n");
    response.body = body;
    return response;
  }
  RobotsAnswer Read(const FetchResponse& response) const {
    return ReadRobots(task_, response, DecodeLimits());
  }
  std::optional<RobotsHop> NextHop(const std::string& location) const {
    return NextRobotsHop(task_, Answer(301, absl::StrCat("Location: ", location, "\r\n"), ""),
                         shards_, /*max_hops=*/5);
  }

  FetchTask task_;
  const ShardMap shards_{8, 1, &PublicSuffixList::Builtin()};
};

TEST_F(RobotsFetchTest, FileIsDecoded) {
  const RobotsAnswer answer =
      Read(Answer(200, "Content-Encoding: gzip\r\n", testing::Gzip(kRules)));
  EXPECT_EQ(answer.http_status, 200);
  EXPECT_EQ(answer.reason, Reason::kNone);
  EXPECT_EQ(answer.url, task_.url);
  EXPECT_EQ(answer.body, kRules);
}

// RFC 9309 2.3.1.4
TEST_F(RobotsFetchTest, RulesThatCannotBeReadAreNotTheAbsenceOfRules) {
  const RobotsAnswer answer = Read(Answer(200, "Content-Encoding: gzip\r\n", kRules));
  EXPECT_EQ(answer.reason, Reason::kProtocol);
  EXPECT_TRUE(IsUnreachable(answer));
  EXPECT_FALSE(answer.detail.empty());
}

TEST_F(RobotsFetchTest, WhatWentWrongIsKept) {
  FetchResponse response;
  response.reason = Reason::kTls;
  response.message = "certificate has expired";
  EXPECT_EQ(Read(response).detail, "certificate has expired");
}

// RFC 9309 2.5
TEST_F(RobotsFetchTest, BeginningOfALargeFileCounts) {
  const std::string large = kRules + std::string(10 << 20, '#');
  const RobotsAnswer answer = Read(Answer(200, "Content-Encoding: gzip\r\n", testing::Gzip(large)));
  EXPECT_EQ(answer.reason, Reason::kNone);
  // One more, which tells the parser that it is cut.
  EXPECT_EQ(answer.body, large.substr(0, 500 * 1024 + 1));
}

TEST_F(RobotsFetchTest, FileThatIsCutBeforeItsLimitIsNotTheWholeFile) {
  FetchResponse cut = Answer(200, "", kRules);
  cut.truncated = true;
  EXPECT_TRUE(IsUnreachable(Read(cut)));
  cut.body.resize(kMaxRobotsBytes, '#');
  EXPECT_FALSE(IsUnreachable(Read(cut)));
}

TEST_F(RobotsFetchTest, BodyOfAnErrorIsNoFile) {
  EXPECT_EQ(Read(Answer(404, "", kRules)).body, "");
  EXPECT_EQ(Read(Answer(503, "", kRules)).body, "");
}

TEST_F(RobotsFetchTest, HopIsAskedForAtTheHostItLeadsTo) {
  task_.robots_hops = 4;
  const std::optional<RobotsHop> hop = NextHop("http://b.example/r");
  ASSERT_TRUE(hop.has_value());
  EXPECT_EQ(hop->host, shards_.KeyOf(*Url::Parse("http://b.example/r")).host_key());
  EXPECT_EQ(hop->origin, "http://b.example");
  EXPECT_EQ(hop->url, "http://b.example/r");
  EXPECT_EQ(hop->robots_for, task_.robots_for);
  EXPECT_EQ(hop->hops, 5);
}

// RFC 9309 2.3.1.2
TEST_F(RobotsFetchTest, FiveHopsAreFollowedAndNoMore) {
  task_.robots_hops = 5;
  EXPECT_FALSE(NextHop("http://b.example/r").has_value());
}

TEST_F(RobotsFetchTest, RedirectToNowhereIsNoHop) {
  EXPECT_FALSE(NextHop("mailto:a@b.example").has_value());
}

}  // namespace
}  // namespace spindle
