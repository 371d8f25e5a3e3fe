#include "crawler/exchange.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/crawler/fetch_fixture.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

class ExchangeTest : public FetchFixture {};

TEST_F(ExchangeTest, GivesBackTheAnswerAsReceived) {
  TestWeb web(WebOptions{});
  const FetchResponse response = Fetch(web.Url(0, "/"));
  EXPECT_EQ(response.reason, Reason::kNone) << response.message;
  EXPECT_EQ(response.http_status, 200);
  EXPECT_TRUE(absl::StartsWith(response.headers, "HTTP/1.1 200"));
  EXPECT_TRUE(absl::EndsWith(response.headers, "\r\n\r\n"));
  EXPECT_TRUE(absl::StrContains(response.body, "<html"));
  EXPECT_EQ(response.address, absl::StrCat("127.1.0.1:", web.port()));
  EXPECT_FALSE(response.truncated);
  EXPECT_LE(response.started, response.request_seen);
  EXPECT_LE(response.request_seen, response.ended);
  EXPECT_EQ(web.Requests()[0].user_agent, options_.user_agent);
}

TEST_F(ExchangeTest, RequestSeenIsNoEarlierThanTheServersOwnClock) {
  WebOptions slow;
  slow.latency = absl::Milliseconds(300);
  TestWeb web(slow);
  const FetchResponse response = Fetch(web.Url(0, "/"));
  // The first byte came after the latency, so the request was seen before that.
  EXPECT_GE(response.request_seen - response.started, absl::Milliseconds(300));
  EXPECT_GE(response.latency, absl::Milliseconds(290));
}

TEST_F(ExchangeTest, RedirectsAreAnswersLikeOthers) {
  TestWeb web(WebOptions{}, 0, [](const RequestRecord&, int) {
    return Answer{.status = 302, .headers = {{"Location", "/elsewhere"}}, .body = ""};
  });
  const FetchResponse response = Fetch(web.Url(0, "/"));
  EXPECT_EQ(response.http_status, 302);
  EXPECT_TRUE(absl::StrContains(response.headers, "/elsewhere"));
  EXPECT_EQ(web.Requests().size(), 1u);
}

TEST_F(ExchangeTest, CutsBodiesAtTheLimitAndSaysSo) {
  TestWeb web(WebOptions{}, 0, [](const RequestRecord&, int) {
    return Answer{.status = 200, .headers = {}, .body = std::string(100'000, 'x')};
  });
  options_.max_body_bytes = 30'000;
  const FetchResponse response = Fetch(web.Url(0, "/"));
  EXPECT_EQ(response.reason, Reason::kNone);
  EXPECT_TRUE(response.truncated);
  EXPECT_EQ(response.body.size(), 30'000u);
  options_.max_body_bytes = 100'000;
  EXPECT_FALSE(Fetch(web.Url(0, "/")).truncated);
}

TEST_F(ExchangeTest, PromisedLengthMakesNoRoomThatIsNotNeeded) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000\r\n\r\nhello");
  options_.max_body_bytes = size_t{1} << 60;
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kInterrupted) << response.message;
  EXPECT_EQ(response.body, "hello");
  EXPECT_LE(response.body.capacity(), size_t{2} << 20);
}

TEST_F(ExchangeTest, TellsRefusedInterruptedAndSilentConnectionsApart) {
  int port;
  {
    TestWeb gone(WebOptions{});
    port = gone.port();
  }
  const FetchResponse refused = Fetch(absl::StrCat("http://127.1.0.1:", port, "/"));
  EXPECT_EQ(refused.reason, Reason::kRefused);
  EXPECT_EQ(refused.http_status, 0);

  TestWeb web(WebOptions{}, 0, [](const RequestRecord& request, int) {
    Answer answer;
    if (request.path == "/closed") answer.close_without_answer = true;
    if (request.path == "/short") {
      answer.body = "half";
      answer.missing_bytes = 100;
    }
    return answer;
  });
  EXPECT_EQ(Fetch(web.Url(0, "/closed")).reason, Reason::kReset);
  const FetchResponse interrupted = Fetch(web.Url(0, "/short"));
  EXPECT_EQ(interrupted.reason, Reason::kInterrupted);
  EXPECT_EQ(interrupted.http_status, 200);
  EXPECT_EQ(interrupted.body, "half");
}

TEST_F(ExchangeTest, TimesOut) {
  WebOptions slow;
  slow.latency = absl::Seconds(30);
  TestWeb web(slow);
  options_.transfer_timeout = absl::Milliseconds(200);
  EXPECT_EQ(Fetch(web.Url(0, "/")).reason, Reason::kTimeout);
}

TEST_F(ExchangeTest, HeaderFieldsHaveALimit) {
  std::string answer = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 3000; ++i)
    absl::StrAppend(&answer, "X-", i, ": ", std::string(50, 'y'), "\r\n");
  const RawServer server(answer + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kTooLarge);
}

// Of libcurl's own limit for a line it says "Out of memory".
TEST_F(ExchangeTest, LongHeaderLineIsNamedAsSuch) {
  const RawServer server("HTTP/1.1 200 OK\r\nX: " + std::string(120'000, 'y') + "\r\n\r\n");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kTooLarge);
  EXPECT_EQ(response.message, "the header fields are over their limit");
}

TEST_F(ExchangeTest, EndlessTrailersHaveTheSameLimit) {
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n";
  for (int i = 0; i < 3000; ++i)
    absl::StrAppend(&answer, "X-", i, ": ", std::string(50, 'y'), "\r\n");
  const RawServer server(answer + "\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kTooLarge);
}

TEST_F(ExchangeTest, WhatIsNoHttpIsAProtocolError) {
  const RawServer server("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kProtocol);
}

TEST_F(ExchangeTest, RequestMayWantMoreThanTheLimitOfAll) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + std::string(300, 'x'));
  options_.max_body_bytes = 100;
  FetchRequest request = RequestOf(server.Url(), false);
  EXPECT_EQ(Fetch(request).body.size(), 100u);
  request.least_body_bytes = 200;
  const FetchResponse response = Fetch(request);
  EXPECT_EQ(response.body.size(), 200u);
  EXPECT_TRUE(response.truncated);
}

TEST_F(ExchangeTest, InterimAnswersAreReplacedByTheFinalOne) {
  const RawServer server(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.http_status, 200);
  EXPECT_EQ(response.headers, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(response.body, "ok");
}

TEST_F(ExchangeTest, RequestIsKeptAsItWasSent) {
  RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  FetchRequest request = RequestOf(server.Url() + "a%20b?q=1#f", false);
  request.headers = {"X-One: 1", "Authorization: Basic abc"};
  const FetchResponse response = Fetch(request);
  EXPECT_EQ(response.request_headers, server.Request());
  EXPECT_TRUE(absl::StartsWith(response.request_headers, "GET /a%20b?q=1 HTTP/1.1\r\nHost: "));
}

TEST_F(ExchangeTest, FieldsOfOneRequestAreNotThoseOfTheNext) {
  TestWeb web(WebOptions{});
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  FetchRequest request = RequestOf(web.Url(0, "/"), false);
  request.headers = {"X-One: 1"};
  EXPECT_TRUE(absl::StrContains(FetchWith(&loop, &fetcher, request).request_headers, "X-One"));
  RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  FetchWith(&loop, &fetcher, server.Url(), false);
  EXPECT_FALSE(absl::StrContains(server.Request(), "X-One"));
}

TEST_F(ExchangeTest, HeadHasNoBodyAndGetAfterItDoes) {
  TestWeb web(WebOptions{});
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n");
  FetchRequest request = RequestOf(server.Url(), false);
  request.method = FetchMethod::kHead;
  const FetchResponse head = FetchWith(&loop, &fetcher, request);
  EXPECT_EQ(head.reason, Reason::kNone) << head.message;
  EXPECT_EQ(head.body, "");
  EXPECT_TRUE(absl::StartsWith(server.Request(), "HEAD / HTTP/1.1\r\n"));
  EXPECT_FALSE(FetchWith(&loop, &fetcher, web.Url(0, "/"), false).body.empty());
}

TEST_F(ExchangeTest, BodiesOfUnwantedTypesStayWhereTheyAre) {
  options_.media_types = {"text/html", "application/*"};
  const std::string rest = "\r\nContent-Length: 1000000\r\n\r\n<svg>";
  RawServer image("HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml;a=b" + rest, /*hold=*/true);
  const FetchResponse unwanted = Fetch(image.Url());
  EXPECT_EQ(unwanted.reason, Reason::kMediaType);
  EXPECT_EQ(unwanted.http_status, 200);
  EXPECT_EQ(unwanted.body, "");
  EXPECT_TRUE(absl::StrContains(unwanted.message, "image/svg+xml")) << unwanted.message;
  for (const char* type : {"text/html; charset=utf-8", "application/pdf", "none-sense"}) {
    const RawServer server(
        absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: ", type, "\r\nContent-Length: 2\r\n\r\nok"));
    EXPECT_EQ(Fetch(server.Url()).body, "ok") << type;
  }
  const RawServer robots("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nok");
  FetchRequest request = RequestOf(robots.Url(), false);
  request.any_media_type = true;
  EXPECT_EQ(Fetch(request).body, "ok");
}

TEST_F(ExchangeTest, TimeoutsAreToldApart) {
  options_.first_byte_timeout = absl::Milliseconds(200);
  const RawServer silent("", /*hold=*/true);
  const FetchResponse nothing = Fetch(silent.Url());
  EXPECT_EQ(nothing.reason, Reason::kFirstByteTimeout);
  EXPECT_TRUE(absl::StrContains(nothing.message, "200ms")) << nothing.message;
  EXPECT_GE(nothing.ended - nothing.started, absl::Milliseconds(200));
  EXPECT_LT(nothing.ended - nothing.started, absl::Seconds(5));

  options_.low_speed_time = absl::Seconds(1);
  const RawServer stalled("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", /*hold=*/true);
  const FetchResponse slow = Fetch(stalled.Url());
  EXPECT_EQ(slow.reason, Reason::kLowSpeed) << slow.message;
  EXPECT_EQ(slow.body, "half");

  // Connected by the kernel, and never more: the handshake of TLS is part of connecting.
  options_.connect_timeout = absl::Milliseconds(200);
  options_.first_byte_timeout = absl::Seconds(20);
  const RawServer mute("", /*hold=*/true);
  EXPECT_EQ(Fetch(absl::StrCat("https://127.0.0.1:", mute.port(), "/")).reason,
            Reason::kConnectTimeout);
}

TEST_F(ExchangeTest, HeaderFieldsAreCounted) {
  std::string answer = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 60; ++i) absl::StrAppend(&answer, "a:\r\n");
  options_.max_header_count = 50;
  const RawServer server(answer + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kTooLarge);
}

// RFC 9112 6.3: nobody knows where the body ends.
TEST_F(ExchangeTest, AnswersOfTwoLengthsAreNone) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kProtocol);
  EXPECT_EQ(response.http_status, 0);
}

TEST_F(ExchangeTest, AnswerThatEndsInItsHeaderIsNone) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Le");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kInterrupted);
  EXPECT_EQ(response.http_status, 0);
}

TEST_F(ExchangeTest, TrailersAreNotKept) {
  const RawServer server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Late: 1\r\n\r\n");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kNone) << response.message;
  EXPECT_EQ(response.headers, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_F(ExchangeTest, AChunkExtensionWithoutAnEndIsCut) {
  const RawServer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n5;" +
                         std::string(64 << 20, 'x'));
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kTooLarge) << response.message;
  EXPECT_EQ(response.body, "whole");
}

}  // namespace
}  // namespace spindle
