// Requests that share a connection of HTTP/2, and the ways in which it ends.

#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/crawler/fetch_fixture.h"
#include "tests/testing/hostile_connection.h"
#include "tests/testing/http2_connection.h"
#include "tests/testing/raw_http_server.h"

namespace spindle {
namespace {

using ::spindle::testing::ConnectionServer;
using ::spindle::testing::Data;
using ::spindle::testing::Field;
using ::spindle::testing::GoAway;
using ::spindle::testing::Headers;
using ::spindle::testing::HostileConnection;
using ::spindle::testing::Http2Connection;
using ::spindle::testing::kEndHeaders;
using ::spindle::testing::kEndStream;
using ::spindle::testing::kHttp11Required;
using ::spindle::testing::kNoError;
using ::spindle::testing::kRefusedStream;
using ::spindle::testing::ResetStream;
using ::spindle::testing::Settings;

std::string WholeAnswer(uint32_t stream, size_t body_bytes = 2) {
  constexpr size_t kFrameBytes = 16384;
  std::string answer = Headers(stream, Field(":status", "200"), kEndHeaders);
  for (; body_bytes > kFrameBytes; body_bytes -= kFrameBytes) {
    absl::StrAppend(&answer, Data(stream, std::string(kFrameBytes, 'x')));
  }
  return answer + Data(stream, std::string(body_bytes, 'x'), kEndStream);
}

// What it does with each connection, from its first request on. Counts what it is asked.
class Http2Server {
 public:
  using Serve = std::function<void(Http2Connection&)>;
  explicit Http2Server(Serve serve)
      : serve_(std::move(serve)), server_([this](int fd) { Run(fd); }) {}

  std::string Url() const { return absl::StrCat("https://127.0.0.1:", server_.port(), "/"); }
  int request_count() const { return request_count_; }
  int connection_count() const { return connection_count_; }

 private:
  void Run(int fd) {
    HostileConnection connection(
        dup(fd), "", [this](const std::string&) { return request_count_.fetch_add(1); });
    Http2Connection h2(&connection);
    if (!h2.Start() || (h2.is_http2() && !h2.Send(Settings()))) return;
    ++connection_count_;
    serve_(h2);
  }

  const Serve serve_;
  std::atomic<int> request_count_{0};
  std::atomic<int> connection_count_{0};
  ConnectionServer server_;
};

class FetcherHttp2Test : public FetchFixture {
 protected:
  FetcherHttp2Test() {
    options_.http2 = true;
    options_.insecure_hosts = {"*"};
  }

  // At once, after one that leaves its connection for them.
  std::vector<FetchResponse> FetchAtOnce(const std::string& url, size_t count, bool after_another) {
    EventLoop loop([] {});
    Fetcher fetcher(&loop, options_, resolver_options_);
    if (after_another) {
      EXPECT_EQ(FetchWith(&loop, &fetcher, url, /*keep_alive=*/true).http_status, 200);
    }
    std::vector<FetchResponse> all;
    for (size_t i = 0; i < count; ++i) {
      fetcher.Fetch(RequestOf(url, /*keep_alive=*/true), [&](FetchResponse response) {
        all.push_back(std::move(response));
        if (all.size() == count) loop.Stop();
      });
    }
    loop.Run();
    return all;
  }
};

TEST_F(FetcherHttp2Test, LargeBodiesShareAConnection) {
  constexpr size_t kBodyBytes = 1'500'000;
  Http2Server server([](Http2Connection& h2) {
    std::vector<uint32_t> streams;
    while (h2.ReadRequest()) {
      streams.push_back(h2.stream());
      if (streams.size() < 3) continue;
      for (const uint32_t stream : streams) h2.Send(WholeAnswer(stream, kBodyBytes));
    }
  });
  const std::vector<FetchResponse> all = FetchAtOnce(server.Url(), 3, /*after_another=*/false);
  for (const FetchResponse& response : all) {
    EXPECT_EQ(response.reason, Reason::kNone) << response.message;
    EXPECT_EQ(response.body.size(), kBodyBytes);
  }
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(FetcherHttp2Test, AHostThatIsSlowToConnectHoldsUpNoOther) {
  options_.multi_handle_count = 1;
  ConnectionServer silent([](int fd) {
    char c;
    while (recv(fd, &c, 1, 0) > 0) {
    }
  });
  Http2Server server([](Http2Connection& h2) {
    while (h2.ReadRequest()) h2.Send(WholeAnswer(h2.stream()));
  });
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, resolver_options_);
  int answered = 0;
  for (int i = 0; i < 4; ++i) {
    FetchRequest slow = RequestOf(absl::StrCat("https://127.0.0.1:", silent.port(), "/"), true);
    slow.affinity = 2;
    fetcher.Fetch(slow, [](FetchResponse) { ADD_FAILURE() << "it answers"; });
    fetcher.Fetch(RequestOf(server.Url(), true), [&](FetchResponse response) {
      EXPECT_EQ(response.http_status, 200) << response.message;
      if (++answered == 4) loop.Stop();
    });
  }
  loop.Run();
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(FetcherHttp2Test, ARefusedStreamIsNotAskedForAgainAtOnce) {
  Http2Server server([](Http2Connection& h2) {
    while (h2.ReadRequest()) h2.Send(ResetStream(h2.stream(), kRefusedStream));
  });
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.reason, Reason::kReset) << response.message;
  EXPECT_EQ(server.request_count(), 1);
}

TEST_F(FetcherHttp2Test, WhoWantsHttp1IsAskedOverItOnce) {
  Http2Server server([](Http2Connection& h2) {
    while (h2.ReadRequest()) {
      h2.Send(h2.is_http2() ? ResetStream(h2.stream(), kHttp11Required)
                            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  const FetchResponse response = Fetch(server.Url());
  EXPECT_EQ(response.body, "ok") << response.message;
  EXPECT_EQ(server.request_count(), 2);
}

// RFC 9112 9.3.1: its server may have closed it before the request came.
TEST_F(FetcherHttp2Test, AConnectionThatWasIdleIsReplacedOnce) {
  Http2Server server([](Http2Connection& h2) {
    if (h2.ReadRequest()) h2.Send(WholeAnswer(h2.stream()));
    h2.ReadRequest();
  });
  const std::vector<FetchResponse> all = FetchAtOnce(server.Url(), 1, /*after_another=*/true);
  EXPECT_EQ(all[0].http_status, 200) << all[0].message;
  EXPECT_EQ(server.request_count(), 3);
}

TEST_F(FetcherHttp2Test, WhoLosesAConnectionTogetherDoesNotAskAgain) {
  Http2Server server([](Http2Connection& h2) {
    for (int i = 0; i < 4 && h2.ReadRequest(); ++i) {
    }
  });
  for (const FetchResponse& response : FetchAtOnce(server.Url(), 4, /*after_another=*/false)) {
    EXPECT_EQ(response.reason, Reason::kReset) << response.message;
  }
  EXPECT_EQ(server.request_count(), 4);
}

// Which refuses the streams that the server has not begun with (RFC 9113 6.8).
TEST_F(FetcherHttp2Test, WhatAGoodbyeLeavesUnansweredIsNotAskedForAtOnce) {
  Http2Server server([](Http2Connection& h2) {
    for (int i = 0; i < 4 && h2.ReadRequest(); ++i) {
    }
    h2.Send(GoAway(1, kNoError) + WholeAnswer(1));
  });
  int answered = 0;
  for (const FetchResponse& response : FetchAtOnce(server.Url(), 4, /*after_another=*/false)) {
    answered += response.http_status == 200 ? 1 : 0;
  }
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(server.request_count(), 4);
}

}  // namespace
}  // namespace spindle
