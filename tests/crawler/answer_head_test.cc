#include "crawler/answer_head.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

using Step = AnswerHead::Step;

constexpr AnswerHeadLimits kLimits = {1000, 20};

AnswerHead HeadOf(const std::vector<absl::string_view>& lines) {
  AnswerHead head;
  for (const absl::string_view line : lines) head.Add(absl::StrCat(line, "\r\n"), kLimits);
  return head;
}

TEST(AnswerHeadTest, EndsWithTheEmptyLine) {
  AnswerHead head;
  EXPECT_EQ(head.Add("HTTP/1.1 200 OK\r\n", kLimits), Step::kMore);
  EXPECT_EQ(head.Add("A: b\n", kLimits), Step::kMore);
  EXPECT_FALSE(head.complete());
  EXPECT_EQ(head.Add("\n", kLimits), Step::kEnd);
  EXPECT_TRUE(head.complete());
  EXPECT_EQ(head.text(), "HTTP/1.1 200 OK\r\nA: b\n\n");
}

TEST(AnswerHeadTest, FinalAnswerReplacesInterimOnes) {
  const AnswerHead head =
      HeadOf({"HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 200 OK", "A: b", ""});
  EXPECT_TRUE(head.complete());
  EXPECT_EQ(head.text(), "HTTP/1.1 200 OK\r\nA: b\r\n\r\n");
}

// RFC 9112 2.2
TEST(AnswerHeadTest, InterimAnswerMayEndInABareLineFeed) {
  for (const absl::string_view end : {"\n", "\r\n"}) {
    AnswerHead head;
    for (const absl::string_view line : {"HTTP/1.1 103 Early Hints", "Link: x", ""}) {
      head.Add(absl::StrCat(line, line.empty() ? "\n" : end), kLimits);
    }
    head.Add("HTTP/1.1 200 OK\r\n", kLimits);
    EXPECT_EQ(head.Add("\r\n", kLimits), Step::kEnd);
    EXPECT_EQ(head.text(), "HTTP/1.1 200 OK\r\n\r\n");
  }
}

TEST(AnswerHeadTest, InterimAnswerIsNoEnd) {
  EXPECT_FALSE(HeadOf({"HTTP/1.1 100 Continue", ""}).complete());
}

TEST(AnswerHeadTest, TrailersAreCountedAndNotKept) {
  AnswerHead head = HeadOf({"HTTP/1.1 200 OK", ""});
  const std::string text = head.text();
  EXPECT_EQ(head.Add("T: 1\r\n", kLimits), Step::kTrailer);
  EXPECT_EQ(head.text(), text);
  EXPECT_EQ(head.Add(std::string(1000, 't'), kLimits), Step::kTooLarge);
}

TEST(AnswerHeadTest, LinesAreCounted) {
  AnswerHead head = HeadOf(std::vector<absl::string_view>(20, "A: b"));
  EXPECT_EQ(head.Add("A: b\r\n", kLimits), Step::kTooLarge);
}

TEST(AnswerHeadTest, AnswerAfterAChallengeReplacesIt) {
  AnswerHead head = HeadOf({"HTTP/1.1 401 No", "WWW-Authenticate: Digest", ""});
  head.Reopen();
  EXPECT_EQ(head.Add("HTTP/1.1 200 OK\r\n", kLimits), Step::kMore);
  EXPECT_EQ(head.text(), "HTTP/1.1 200 OK\r\n");
}

// RFC 9112 6.1, 6.3.
TEST(AnswerHeadTest, FramingIsJudged) {
  const auto broken = [](const std::vector<absl::string_view>& fields) {
    std::vector<absl::string_view> lines = {"HTTP/1.1 200 OK"};
    lines.insert(lines.end(), fields.begin(), fields.end());
    lines.push_back("");
    return HeadOf(lines).FramingError() != nullptr;
  };
  EXPECT_FALSE(broken({}));
  EXPECT_FALSE(broken({"Content-Length: 5"}));
  EXPECT_FALSE(broken({"Content-Length: 5", "content-length: 5"}));
  EXPECT_TRUE(broken({"Content-Length: 5", "content-length: 6"}));
  EXPECT_FALSE(broken({"Transfer-Encoding: chunked", "Content-Length: 6"}));
  EXPECT_TRUE(broken({"transfer-encoding: gzip, chunked"}));
}

TEST(AnswerHeadTest, FramingOfAnInterimAnswerIsForgotten) {
  const AnswerHead head = HeadOf({"HTTP/1.1 103 Early Hints", "Content-Length: 1", "",
                                  "HTTP/1.1 200 OK", "Content-Length: 2", ""});
  EXPECT_EQ(head.FramingError(), nullptr);
}

TEST(StatusOfTest, IsZeroWhereThereIsNone) {
  EXPECT_EQ(StatusOf("HTTP/1.1 404 Not Found\r\n"), 404);
  EXPECT_EQ(StatusOf("HTTP/2 200 \r\n"), 200);
  EXPECT_EQ(StatusOf("HTTP/1.1"), 0);
  EXPECT_EQ(StatusOf("HTTP/1.1 2x0"), 0);
}

TEST(MatchesAnyTest, TakesExactAndWildTypes) {
  EXPECT_TRUE(MatchesAny({"text/html"}, "text/html"));
  EXPECT_TRUE(MatchesAny({"image/png", "text/*"}, "text/html"));
  EXPECT_TRUE(MatchesAny({"*/*"}, "image/png"));
  EXPECT_FALSE(MatchesAny({"text/*", "image/png"}, "image/gif"));
}

}  // namespace
}  // namespace spindle
