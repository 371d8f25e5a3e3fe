#include "crawler/fetcher.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/address_clocks.h"
#include "crawler/steady_clock.h"
#include "gtest/gtest.h"
#include "parsers/url.h"
#include "shard/shared_clocks.h"
#include "tests/testing/dns_responder.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

using ::spindle::testing::Answer;
using ::spindle::testing::DnsMessage;
using ::spindle::testing::DnsQuestion;
using ::spindle::testing::DnsReply;
using ::spindle::testing::DnsResponder;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

// Answers one connection with bytes of the test's choice, whatever it asks, and closes; or holds it
// open.
class RawServer {
 public:
  explicit RawServer(std::string answer, bool hold = false)
      : answer_(std::move(answer)), hold_(hold) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    listen(fd_, 8);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      const int connection = accept(fd_, nullptr, nullptr);
      char request[4096];
      const ssize_t size = read(connection, request, sizeof(request));
      request_.assign(request, std::max<ssize_t>(0, size));
      size_t sent = 0;
      while (sent < answer_.size()) {
        const ssize_t wrote =
            send(connection, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
        if (wrote <= 0) break;
        sent += wrote;
      }
      if (hold_) {
        // Until the client goes away.
        while (read(connection, request, sizeof(request)) > 0) {
        }
      }
      close(connection);
    });
  }
  ~RawServer() {
    if (thread_.joinable()) thread_.join();
    close(fd_);
  }
  // As it came, once the server is through.
  const std::string& Request() {
    thread_.join();
    return request_;
  }
  int port() const { return port_; }
  std::string Url() const { return absl::StrCat("http://127.0.0.1:", port_, "/"); }

 private:
  const std::string answer_;
  const bool hold_;
  std::string request_;
  int fd_;
  int port_;
  std::thread thread_;
};

class FetcherTest : public ::testing::Test {
 protected:
  FetcherTest() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    options_.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
    options_.multi_handle_count = 2;
  }

  FetchResponse Fetch(const std::string& url, bool keep_alive = false) {
    EventLoop loop([] {});
    Fetcher fetcher(&loop, options_, resolver_options_);
    return FetchWith(&loop, &fetcher, url, keep_alive);
  }
  FetchResponse Fetch(const FetchRequest& request) {
    EventLoop loop([] {});
    Fetcher fetcher(&loop, options_, resolver_options_);
    return FetchWith(&loop, &fetcher, request);
  }
  FetchResponse FetchWith(EventLoop* loop, Fetcher* fetcher, const std::string& url,
                          bool keep_alive) {
    return FetchWith(loop, fetcher, RequestOf(url, keep_alive));
  }
  FetchResponse FetchWith(EventLoop* loop, Fetcher* fetcher, const FetchRequest& request) {
    FetchResponse result;
    fetcher->Fetch(request, [&](FetchResponse response) {
      result = std::move(response);
      loop->Stop();
    });
    loop->Run();
    return result;
  }
  static FetchRequest RequestOf(const std::string& text, bool keep_alive) {
    const Url url = *Url::Parse(text);
    FetchRequest request;
    request.url = url.href();
    request.host = std::string(url.host());
    request.port = url.effective_port();
    request.affinity = 1;
    request.keep_alive = keep_alive;
    return request;
  }

  FetcherOptions options_;
  ResolverOptions resolver_options_;
};

TEST_F(FetcherTest, GivesBackTheAnswerAsReceived) {
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

TEST_F(FetcherTest, RequestSeenIsNoEarlierThanTheServersOwnClock) {
  WebOptions slow;
  slow.latency = absl::Milliseconds(300);
  TestWeb web(slow);
  const FetchResponse response = Fetch(web.Url(0, "/"));
  // The first byte came after the latency, so the request was seen before that.
  EXPECT_GE(response.request_seen - response.started, absl::Milliseconds(300));
  EXPECT_GE(response.latency, absl::Milliseconds(290));
}

TEST_F(FetcherTest, RedirectsAreAnswersLikeOthers) {
  TestWeb web(WebOptions{}, 0, [](const RequestRecord&, int) {
    return Answer{.status = 302, .headers = {{"Location", "/elsewhere"}}, .body = ""};
  });
  const FetchResponse response = Fetch(web.Url(0, "/"));
  EXPECT_EQ(response.http_status, 302);
  EXPECT_TRUE(absl::StrContains(response.headers, "/elsewhere"));
  EXPECT_EQ(web.Requests().size(), 1u);
}

TEST_F(FetcherTest, RefusesSpecialAddressesWithoutAConnection) {
  TestWeb web(WebOptions{});
  options_.guard = AddressGuard();
  const FetchResponse response = Fetch(web.Url(0, "/"));
  EXPECT_EQ(response.reason, Reason::kAddressRefused);
  EXPECT_TRUE(absl::StrContains(response.message, "127.1.0.1")) << response.message;
  EXPECT_TRUE(web.Requests().empty());
}

TEST_F(FetcherTest, NamesAreResolvedAndTheirAddressesGuarded) {
  TestWeb web(WebOptions{});
  const std::string url = absl::StrCat("http://localhost:", web.port(), "/");
  EXPECT_EQ(Fetch(url).http_status, 404);  // no host of the made-up web, but an answer
  options_.guard = AddressGuard();
  EXPECT_EQ(Fetch(url).reason, Reason::kAddressRefused);
}

TEST_F(FetcherTest, NextAddressIsTriedAndComesFirstFromThenOn) {
  // Nothing listens on the first one.
  DnsResponder dns([](const DnsQuestion& question) {
    return DnsReply{
        {DnsMessage(question).Address("127.1.0.77", 60).Address("127.0.0.1", 60).Bytes()}};
  });
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  resolver_options_.servers = *ParseDnsServers(dns.server());
  SharedClocks clocks;
  AddressClocks address_clocks(&clocks);
  options_.address_clocks = &address_clocks;
  FetchRequest request = RequestOf(absl::StrCat("http://a.example:", server.port(), "/"), false);
  request.delay = absl::Hours(1);
  const FetchResponse response = Fetch(request);
  EXPECT_EQ(response.http_status, 200) << response.message;
  // Both were asked, or would have been.
  for (const char* address : {"127.1.0.77", "127.0.0.1"}) {
    const absl::Time now = SteadyNow();
    EXPECT_GT(address_clocks.Admit(*IpAddress::Parse(address), now, request.delay, true),
              now + absl::Minutes(50));
  }
  ASSERT_EQ(response.resolved.addresses.size(), 2u);
  EXPECT_EQ(response.resolved.addresses[0].ToString(), "127.0.0.1");
  EXPECT_GT(response.resolved.expires, response.ended + absl::Seconds(50));
}

TEST_F(FetcherTest, KnownAddressesAreTakenAndForgottenWhereTheyAreDead) {
  TestWeb web(WebOptions{});
  DnsResponder dns([](const DnsQuestion& question) {
    return DnsReply{{DnsMessage(question).Address("127.1.0.1", 60).Bytes()}};
  });
  resolver_options_.servers = *ParseDnsServers(dns.server());
  FetchRequest request = RequestOf(absl::StrCat("http://a.example:", web.port(), "/"), false);
  request.known = {{*IpAddress::Parse("127.1.0.2")}, SteadyNow() + absl::Seconds(9)};
  EXPECT_EQ(Fetch(request).address, absl::StrCat("127.1.0.2:", web.port()));
  EXPECT_TRUE(dns.Questions().empty());
  request.port = 1;
  request.url = "http://a.example:1/";
  const FetchResponse dead = Fetch(request);
  EXPECT_EQ(dead.reason, Reason::kRefused);
  EXPECT_EQ(dead.resolved.addresses, request.known.addresses);
  EXPECT_LT(dead.resolved.expires, dead.ended);
}

// What is known from the store is judged like any other address.
TEST_F(FetcherTest, KnownAddressesAreGuarded) {
  TestWeb web(WebOptions{});
  options_.guard = AddressGuard();
  FetchRequest request = RequestOf(absl::StrCat("http://a.example:", web.port(), "/"), false);
  request.known = {{*IpAddress::Parse("127.1.0.2")}, SteadyNow() + absl::Seconds(9)};
  EXPECT_EQ(Fetch(request).reason, Reason::kAddressRefused);
  EXPECT_TRUE(web.Requests().empty());
}

// The name leads to an allowed address when it is asked for first, and to another one ever after:
// the address that was judged is the one that is connected to.
TEST_F(FetcherTest, NameThatChangesItsAddressGainsNothing) {
  TestWeb web(WebOptions{});
  DnsResponder dns([](const DnsQuestion& question) {
    return DnsReply{
        {DnsMessage(question).Address(question.visit == 0 ? "127.1.0.1" : "127.9.9.9", 0).Bytes()}};
  });
  options_.guard = AddressGuard({*IpNetwork::Parse("127.1.0.0/16")});
  resolver_options_.servers = *ParseDnsServers(dns.server());
  resolver_options_.min_ttl = absl::ZeroDuration();
  const std::string url = absl::StrCat("http://rebind.example:", web.port(), "/");
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, resolver_options_);
  const FetchResponse first = FetchWith(&loop, &fetcher, url, false);
  EXPECT_EQ(first.address, absl::StrCat("127.1.0.1:", web.port())) << first.message;
  EXPECT_EQ(dns.Questions().size(), 1u);
  EXPECT_EQ(FetchWith(&loop, &fetcher, url, false).reason, Reason::kAddressRefused);
  EXPECT_TRUE(web.Requests("127.9.9.9").empty());
}

// One public and one private address: only the first may be tried, even where it is dead.
TEST_F(FetcherTest, RefusedAddressesAreNoFallBack) {
  TestWeb web(WebOptions{});
  options_.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
  resolver_options_.overrides = *ParseHostOverrides("a.example:[::1],a.example:127.1.0.1");
  const std::string url = absl::StrCat("http://a.example:", web.port(), "/");
  EXPECT_EQ(Fetch(url).address, absl::StrCat("127.1.0.1:", web.port()));
  options_.guard = AddressGuard({*IpNetwork::Parse("::1")});
  EXPECT_EQ(Fetch(url).reason, Reason::kRefused);
  EXPECT_EQ(web.Requests().size(), 1u);
}

TEST_F(FetcherTest, AddressThatIsNotAdmittedDefersTheRequest) {
  TestWeb web(WebOptions{});
  SharedClocks clocks;
  AddressClocks address_clocks(&clocks);
  options_.address_clocks = &address_clocks;
  const absl::Time now = SteadyNow();
  const absl::Duration delay = absl::Minutes(1);
  const IpAddress address = *IpAddress::Parse("127.1.0.1");
  EXPECT_EQ(address_clocks.Admit(address, now, delay, false), now);
  address_clocks.Begin(address, now, delay);
  const FetchResponse response = Fetch(web.Url(0, "/"));
  EXPECT_EQ(response.defer_until, now + delay);
  EXPECT_EQ(response.reason, Reason::kNone);
  EXPECT_EQ(response.http_status, 0);
  EXPECT_TRUE(web.Requests().empty());
  const FetchResponse admitted = Fetch(web.Url(1, "/"));
  EXPECT_EQ(admitted.http_status, 200);
  EXPECT_EQ(admitted.defer_until, absl::InfinitePast());
}

TEST_F(FetcherTest, CutsBodiesAtTheLimitAndSaysSo) {
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

TEST_F(FetcherTest, TellsRefusedInterruptedAndSilentConnectionsApart) {
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

TEST_F(FetcherTest, TimesOut) {
  WebOptions slow;
  slow.latency = absl::Seconds(30);
  TestWeb web(slow);
  options_.transfer_timeout = absl::Milliseconds(200);
  EXPECT_EQ(Fetch(web.Url(0, "/")).reason, Reason::kTimeout);
}

TEST_F(FetcherTest, HeaderFieldsHaveALimit) {
  std::string answer = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 3000; ++i)
    absl::StrAppend(&answer, "X-", i, ": ", std::string(50, 'y'), "\r\n");
  const RawServer server(answer + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kTooLarge);
}

TEST_F(FetcherTest, EndlessTrailersHaveTheSameLimit) {
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n";
  for (int i = 0; i < 3000; ++i)
    absl::StrAppend(&answer, "X-", i, ": ", std::string(50, 'y'), "\r\n");
  const RawServer server(answer + "\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kTooLarge);
}

TEST_F(FetcherTest, WhatIsNoHttpIsAProtocolError) {
  const RawServer server("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kProtocol);
}

TEST_F(FetcherTest, InterimAnswersAreReplacedByTheFinalOne) {
  const RawServer server(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.http_status, 200);
  EXPECT_EQ(response.headers, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(response.body, "ok");
}

TEST_F(FetcherTest, StaleConnectionIsReplacedOnce) {
  TestWeb web(WebOptions{}, 0, [](const RequestRecord& request, int visit) {
    Answer answer;
    answer.body = "ok";
    // The second request finds its connection closed, as after an idle timeout of the server.
    if (request.path == "/b" && visit == 0) answer.close_without_answer = true;
    return answer;
  });
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  EXPECT_EQ(FetchWith(&loop, &fetcher, web.Url(0, "/a"), true).http_status, 200);
  const FetchResponse second = FetchWith(&loop, &fetcher, web.Url(0, "/b"), true);
  EXPECT_EQ(second.http_status, 200) << second.message;
  EXPECT_EQ(web.Count(web.Url(0, "/b")), 2);
}

TEST_F(FetcherTest, ManyTransfersAtOnce) {
  WebOptions slow;
  slow.host_count = 500;
  slow.latency = absl::Milliseconds(300);
  TestWeb web(slow);
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  int done = 0;
  for (int i = 0; i < 500; ++i) {
    FetchRequest request = RequestOf(web.Url(i, "/"), false);
    request.affinity = i;
    fetcher.Fetch(std::move(request), [&](FetchResponse response) {
      EXPECT_EQ(response.http_status, 200) << response.message;
      if (++done == 500) loop.Stop();
    });
  }
  EXPECT_EQ(fetcher.active_count(), 500u);
  loop.Run();
  EXPECT_EQ(fetcher.active_count(), 0u);
  EXPECT_GT(web.MaxInFlight(), 250);
}

TEST_F(FetcherTest, RequestIsKeptAsItWasSent) {
  RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  FetchRequest request = RequestOf(server.Url() + "a%20b?q=1#f", false);
  request.headers = {"X-One: 1", "Authorization: Basic abc"};
  const FetchResponse response = Fetch(request);
  EXPECT_EQ(response.request_headers, server.Request());
  EXPECT_TRUE(absl::StartsWith(response.request_headers, "GET /a%20b?q=1 HTTP/1.1\r\nHost: "));
}

TEST_F(FetcherTest, FieldsOfOneRequestAreNotThoseOfTheNext) {
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

TEST_F(FetcherTest, HeadHasNoBodyAndGetAfterItDoes) {
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

TEST_F(FetcherTest, BodiesOfUnwantedTypesStayWhereTheyAre) {
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

TEST_F(FetcherTest, TimeoutsAreToldApart) {
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

TEST_F(FetcherTest, HeaderFieldsAreCounted) {
  std::string answer = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 60; ++i) absl::StrAppend(&answer, "a:\r\n");
  options_.max_header_count = 50;
  const RawServer server(answer + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(Fetch(server.Url()).reason, Reason::kTooLarge);
}

TEST_F(FetcherTest, UrlsHaveALimit) {
  TestWeb web(WebOptions{});
  options_.max_url_bytes = 100;
  EXPECT_EQ(Fetch(web.Url(0, "/" + std::string(100, 'a'))).reason, Reason::kUrlTooLong);
  EXPECT_TRUE(web.Requests().empty());
}

// RFC 9112 6.3: nobody knows where the body ends.
TEST_F(FetcherTest, AnswersOfTwoLengthsAreNone) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kProtocol);
  EXPECT_EQ(response.http_status, 0);
}

TEST_F(FetcherTest, AnswerThatEndsInItsHeaderIsNone) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Le");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kInterrupted);
  EXPECT_EQ(response.http_status, 0);
}

TEST_F(FetcherTest, TrailersAreNotKept) {
  const RawServer server(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Late: 1\r\n\r\n");
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kNone) << response.message;
  EXPECT_EQ(response.headers, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
}

// Bodies of 1 MB each, and room for one and a half: all come whole, one after the other, and what
// is held never passes the limit by more than a body.
TEST_F(FetcherTest, FullBudgetHoldsBackBodiesAndLosesNone) {
  constexpr size_t kBodyBytes = 1'000'000;
  constexpr size_t kLimit = 1'500'000;
  TestWeb web(WebOptions{}, 0, [](const RequestRecord&, int) {
    return Answer{.status = 200, .headers = {}, .body = std::string(kBodyBytes, 'x')};
  });
  ByteBudget budget(kLimit);
  options_.budget = &budget;
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  std::vector<FetchResponse> held;
  size_t most = 0;
  int done = 0;
  // Takes an answer off the hands of the crawl every 20 ms, as a slow disk would.
  LoopTimer slow_disk(&loop, [&] {
    most = std::max(most, budget.used_bytes());
    if (!held.empty()) held.erase(held.begin());
    done == 20 ? loop.Stop() : slow_disk.Set(absl::Milliseconds(20));
  });
  slow_disk.Set(absl::ZeroDuration());
  for (int i = 0; i < 20; ++i) {
    fetcher.Fetch(RequestOf(web.Url(i % 10, absl::StrCat("/", i)), false),
                  [&](FetchResponse response) {
                    EXPECT_EQ(response.reason, Reason::kNone) << response.message;
                    EXPECT_EQ(response.body.size(), kBodyBytes);
                    ++done;
                    most = std::max(most, budget.used_bytes());
                    held.push_back(std::move(response));
                  });
  }
  loop.Run();
  EXPECT_EQ(done, 20);
  EXPECT_GE(most, kLimit);
  EXPECT_LE(most, kLimit + kBodyBytes + 20 * (CURL_MAX_WRITE_SIZE + 1000));
  held.clear();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

// What libcurl does with idle connections that their servers have closed takes a time that grows
// with the square of their number.
TEST_F(FetcherTest, DeadIdleConnectionsDoNotStallTheLoop) {
  options_.multi_handle_count = 1;
  constexpr int kHosts = 2000;
  constexpr int kMaxIdle = 128;
  const auto descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  {
    WebOptions many;
    many.host_count = kHosts;
    TestWeb web(many);
    int done = 0;
    for (int i = 0; i < kHosts; ++i) {
      fetcher.Fetch(RequestOf(web.Url(i, "/"), true), [&](FetchResponse response) {
        EXPECT_EQ(response.http_status, 200) << response.message;
        if (++done == kHosts) loop.Stop();
      });
    }
    const auto before = descriptors();
    loop.Run();
    // Both ends of each are in this process; the server may not have seen any of them go yet.
    EXPECT_LE(descriptors() - before, kMaxIdle + kHosts + 16);
  }
  // Its servers are gone; libcurl looks for that once a second at most.
  LoopTimer second(&loop, [&] { loop.Stop(); });
  second.Set(absl::Milliseconds(1100));
  loop.Run();
  TestWeb web(WebOptions{});
  // The thread's own time, which does not grow with the load of the machine.
  const auto busy = [] {
    timespec time = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return absl::DurationFromTimespec(time);
  };
  absl::Duration last = busy();
  absl::Duration longest;
  LoopTimer probe(&loop, [&] {
    const absl::Duration now = busy();
    longest = std::max(longest, now - last);
    last = now;
    probe.Set(absl::Milliseconds(1));
  });
  probe.Set(absl::Milliseconds(1));
  EXPECT_EQ(FetchWith(&loop, &fetcher, web.Url(0, "/"), false).http_status, 200);
  EXPECT_LT(longest, absl::Milliseconds(200));
}

TEST_F(FetcherTest, AChunkExtensionWithoutAnEndIsCut) {
  const RawServer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n5;" +
                         std::string(64 << 20, 'x'));
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kTooLarge) << response.message;
  EXPECT_EQ(response.body, "whole");
}

TEST_F(FetcherTest, EndsQuietlyWithTransfersUnderWay) {
  WebOptions slow;
  slow.latency = absl::Seconds(30);
  TestWeb web(slow);
  EventLoop loop([] {});
  {
    Fetcher fetcher(&loop, options_, ResolverOptions());
    fetcher.Fetch(RequestOf(web.Url(0, "/"), false), [](FetchResponse) { FAIL(); });
    LoopTimer timer(&loop, [&] { loop.Stop(); });
    timer.Set(absl::Milliseconds(100));
    loop.Run();
    EXPECT_EQ(fetcher.active_count(), 1u);
  }
}

}  // namespace
}  // namespace spindle
