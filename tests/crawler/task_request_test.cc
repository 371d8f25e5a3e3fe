#include "crawler/task_request.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

FetchTask PageTask() {
  FetchTask task;
  task.kind = FetchTask::Kind::kPage;
  task.url = "https://a.example:8443/x?y";
  return task;
}

TEST(TaskRequestTest, TaskIsARequestToItsHost) {
  FetchTask task = PageTask();
  task.host.host = 7;
  task.keep_alive = true;
  task.delay = absl::Seconds(3);
  task.waited = true;
  const FetchRequest request = RequestOf(task);
  EXPECT_EQ(request.url, task.url);
  EXPECT_EQ(request.host, "a.example");
  EXPECT_EQ(request.port, 8443);
  EXPECT_EQ(request.affinity, 7u);
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(request.delay, absl::Seconds(3));
  EXPECT_TRUE(request.waited);
  EXPECT_FALSE(request.any_media_type);
  EXPECT_TRUE(request.headers.empty());
}

TEST(TaskRequestTest, RobotsTxtMayBeOfAnyTypeAndHasNoConditions) {
  FetchTask task = PageTask();
  task.kind = FetchTask::Kind::kRobots;
  task.record.stored = kNow;
  task.record.etag = "\"a\"";
  EXPECT_TRUE(RequestOf(task).any_media_type);
  EXPECT_TRUE(RequestOf(task).headers.empty());
}

// RFC 9309 2.5
TEST(TaskRequestTest, RobotsTxtIsTakenUpToItsOwnLimit) {
  FetchTask task = PageTask();
  EXPECT_EQ(RequestOf(task).least_body_bytes, 0u);
  task.kind = FetchTask::Kind::kRobots;
  EXPECT_GT(RequestOf(task).least_body_bytes, size_t{500} * 1024);
}

TEST(TaskRequestTest, AddressesComeBackAsTheyWereWritten) {
  HostAddresses found;
  found.addresses = {*IpAddress::Parse("192.0.2.1"), *IpAddress::Parse("2001:db8::1")};
  FetchTask task = PageTask();
  task.addresses = absl::StrCat(WriteAddresses(found), " nonsense");
  task.addresses_expire = kNow;
  const FetchRequest request = RequestOf(task);
  EXPECT_EQ(request.known.addresses, found.addresses);
  EXPECT_EQ(request.known.expires, kNow);
}

// RFC 9110 13.1
TEST(TaskRequestTest, StoredPageIsAskedForOnlyIfItChanged) {
  FetchTask task = PageTask();
  task.record.etag = "\"a\"";
  task.record.last_modified = "Tue, 14 Nov 2023 22:13:20 GMT";
  EXPECT_FALSE(IsConditional(task));
  task.record.stored = kNow;
  EXPECT_TRUE(IsConditional(task));
  EXPECT_EQ(RequestOf(task).headers,
            (std::vector<std::string>{"If-None-Match: \"a\"",
                                      "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT"}));
}

TEST(TaskRequestTest, ServerWritesNoLinesOfOurRequests) {
  FetchTask task = PageTask();
  task.record.stored = kNow;
  task.record.etag = "\"a\"\r\nX-Evil: 1";
  EXPECT_FALSE(IsConditional(task));
}

TEST(TaskRequestTest, AnswerIsAnObservationOfItsHost) {
  FetchResponse response;
  response.http_status = 503;
  response.headers = "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n\r\n";
  response.ended = kNow;
  response.request_seen = kNow - absl::Seconds(2);
  response.latency = absl::Seconds(1);
  const HostObservation seen = ObservationOf(response, /*failed=*/true, /*jitter=*/0.5);
  EXPECT_EQ(seen.now, kNow);
  EXPECT_EQ(seen.request_seen, response.request_seen);
  EXPECT_TRUE(seen.answered);
  EXPECT_TRUE(seen.failed);
  EXPECT_EQ(seen.jitter, 0.5);
  EXPECT_EQ(seen.latency, absl::Seconds(1));
  EXPECT_EQ(seen.retry_after, absl::Minutes(2));
}

TEST(TaskRequestTest, NoAnswerIsOneToo) {
  FetchResponse response;
  response.reason = Reason::kReset;
  const HostObservation seen = ObservationOf(response, true, 0);
  EXPECT_FALSE(seen.answered);
  EXPECT_FALSE(seen.retry_after.has_value());
}

TEST(TaskRequestTest, LocationIsRelativeToItsPage) {
  FetchResponse response;
  EXPECT_FALSE(LocationOf(PageTask(), response).has_value());
  response.headers = "HTTP/1.1 302 Found\r\nLocation: ../z\r\n\r\n";
  EXPECT_EQ(LocationOf(PageTask(), response)->href(), "https://a.example:8443/z");
  response.headers = "HTTP/1.1 302 Found\r\nLocation: mailto:a@b.example\r\n\r\n";
  EXPECT_FALSE(LocationOf(PageTask(), response).has_value());
}

}  // namespace
}  // namespace spindle
