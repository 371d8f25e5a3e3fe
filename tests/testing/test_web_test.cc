#include "tests/testing/test_web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A connection to one address of the test web; reads and writes block.
class Client {
 public:
  Client(const TestWeb& web, const std::string& host) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(web.port());
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    timeval patience = {20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  void Send(absl::string_view text) {
    ASSERT_EQ(write(fd_, text.data(), text.size()), text.size());
  }

  void Get(absl::string_view path, absl::string_view more = "") {
    Send(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\nUser-Agent: client/1\r\n", more,
                      "\r\n"));
  }

  // Reads until `wanted` bytes are there or the server closes.
  std::string Read(size_t wanted) {
    std::string got;
    char bytes[4096];
    while (got.size() < wanted) {
      const ssize_t n = read(fd_, bytes, std::min(sizeof(bytes), wanted - got.size()));
      if (n <= 0) break;
      got.append(bytes, n);
    }
    return got;
  }

  std::string ReadAll() { return Read(1 << 24); }

  // One whole answer of a connection that stays open.
  std::string ReadAnswer() {
    std::string got;
    while (!absl::StrContains(got, "\r\n\r\n")) {
      const std::string byte = Read(1);
      if (byte.empty()) return got;
      got += byte;
    }
    const size_t at = got.find("Content-Length: ") + 16;
    return got + Read(atoi(got.c_str() + at));
  }

 private:
  const int fd_;
  bool connected_ = false;
};

constexpr char kHost[] = "127.1.0.1";

TEST(TestWebTest, ServesWhatTheModelSays) {
  const TestWeb web({.host_count = 3});
  Client client(web, "127.1.0.2");
  client.Get("/p/4.html", "Connection: close\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr(web.model().Get(1, "/p/4.html", 0, false, web.port()).body));
}

TEST(TestWebTest, AddressesBeyondTheHostsAnswer404) {
  const TestWeb web({.host_count = 3});
  Client client(web, "127.0.0.1");
  client.Get("/");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 404 "));
}

TEST(TestWebTest, KeepsConnectionsAndTakesPipelinedRequests) {
  const TestWeb web({});
  Client client(web, kHost);
  client.Get("/robots.txt");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 404 "));
  client.Get("/");
  client.Get("/p/1.html");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(web.MaxInFlight(kHost), 1);
  EXPECT_TRUE(web.RobotsBeforePages());
}

TEST(TestWebTest, AnswersHeadWithoutABody) {
  const TestWeb web({});
  Client client(web, kHost);
  client.Send("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(absl::EndsWith(answer, "\r\n\r\n"));
}

TEST(TestWebTest, RecordsRequests) {
  const TestWeb web({});
  Client client(web, kHost);
  client.Get("/p/3.html?x=1");
  client.ReadAnswer();
  client.Get("/p/3.html?x=1");
  client.ReadAnswer();
  const std::vector<RequestRecord> requests = web.Requests(kHost);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].host, kHost);
  EXPECT_EQ(requests[0].path, "/p/3.html?x=1");
  EXPECT_EQ(requests[0].user_agent, "client/1");
  EXPECT_EQ(requests[0].host_header, "x");
  EXPECT_EQ(requests[0].status, 404);
  EXPECT_TRUE(requests[0].answered);
  EXPECT_LT(requests[0].start_ns, requests[0].end_ns);
  EXPECT_LT(requests[0].end_ns, requests[1].start_ns);
  EXPECT_EQ(web.Count(web.Url(0, "/p/3.html?x=1")), 2);
  EXPECT_EQ(web.Count(web.Url(0, "/p/3.html")), 0);
  EXPECT_TRUE(web.Requests("127.1.0.2").empty());
}

TEST(TestWebTest, StartIsWhenTheRequestArrivedNotWhenItWasRead) {
  // The server's thread is kept busy by the first request while the second one arrives.
  const TestWeb web({}, 0, [](const RequestRecord& request, int) -> std::optional<Answer> {
    if (request.path == "/busy") std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return std::nullopt;
  });
  Client warm_up(web, kHost);  // The kernel starts to stamp a moment after it is asked to.
  warm_up.Get("/");
  warm_up.ReadAnswer();
  Client first(web, kHost);
  Client second(web, "127.1.0.2");
  first.Get("/busy");
  second.Get("/");
  first.ReadAnswer();
  second.ReadAnswer();
  const int64_t gap = web.Requests("127.1.0.2")[0].start_ns - web.Requests(kHost).back().start_ns;
  EXPECT_GE(gap, 0);
  EXPECT_LT(gap, 150 * 1000 * 1000);
}

TEST(TestWebTest, SeesOverlapOnOneHost) {
  TestWeb web({});
  web.HoldAnswers(true);
  Client a(web, kHost);
  Client b(web, kHost);
  Client c(web, "127.1.0.2");
  for (Client* client : {&a, &b, &c}) client->Get("/");
  ASSERT_TRUE(web.WaitForRequests(3, absl::Seconds(20)));
  web.HoldAnswers(false);
  for (Client* client : {&a, &b, &c}) EXPECT_THAT(client->ReadAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(web.MaxInFlight(kHost), 2);
  EXPECT_EQ(web.MaxInFlight("127.1.0.2"), 1);
  EXPECT_EQ(web.MaxInFlight(), 3);
  EXPECT_FALSE(web.RobotsBeforePages());
}

TEST(TestWebTest, SeesAPageAskedForBeforeRobotsIsAnswered) {
  TestWeb web({});
  web.HoldAnswers(true);
  Client a(web, kHost);
  a.Get("/robots.txt");
  ASSERT_TRUE(web.WaitForRequests(1, absl::Seconds(20)));
  Client b(web, kHost);
  b.Get("/");
  ASSERT_TRUE(web.WaitForRequests(2, absl::Seconds(20)));
  web.HoldAnswers(false);
  a.ReadAnswer();
  b.ReadAnswer();
  EXPECT_FALSE(web.RobotsBeforePages());
}

TEST(TestWebTest, MeasuresTheLeastGap) {
  const TestWeb web({});
  Client client(web, kHost);
  client.Get("/");
  client.ReadAnswer();
  EXPECT_EQ(web.MinGap(kHost), absl::InfiniteDuration());
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  client.Get("/");
  client.ReadAnswer();
  EXPECT_GE(web.MinGap(kHost), absl::Milliseconds(30));
  client.Get("/");
  client.ReadAnswer();
  EXPECT_LT(web.MinGap(kHost), absl::Milliseconds(30));
}

TEST(TestWebTest, LatencyDelaysTheAnswerAndKeepsTheRequestInFlight) {
  const TestWeb web({.latency = absl::Milliseconds(60)});
  Client client(web, kHost);
  client.Get("/");
  client.ReadAnswer();
  const RequestRecord request = web.Requests(kHost)[0];
  EXPECT_GE(request.end_ns - request.start_ns, 59 * 1000 * 1000);
}

TEST(TestWebTest, ARequestEndsWhenItsClientGoesAway) {
  TestWeb web({});
  web.HoldAnswers(true);
  {
    Client client(web, kHost);
    client.Get("/");
    ASSERT_TRUE(web.WaitForRequests(1, absl::Seconds(20)));
  }
  while (web.Requests(kHost)[0].end_ns == 0) std::this_thread::yield();
  EXPECT_FALSE(web.Requests(kHost)[0].answered);
  web.HoldAnswers(false);
  Client client(web, kHost);
  client.Get("/");
  client.ReadAnswer();
  EXPECT_EQ(web.MaxInFlight(kHost), 1);
}

TEST(TestWebTest, BreaksTransfersAsAsked) {
  const TestWeb web({}, 0, [](const RequestRecord& request, int) {
    Answer answer;
    answer.body = "four";
    if (request.path == "/none") answer.close_without_answer = true;
    if (request.path == "/short") answer.missing_bytes = 6;
    return std::make_optional(answer);
  });
  Client none(web, kHost);
  none.Get("/none");
  EXPECT_EQ(none.ReadAll(), "");
  Client cut(web, kHost);
  cut.Get("/short");
  const std::string answer = cut.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_TRUE(absl::EndsWith(answer, "\r\n\r\nfour"));
  EXPECT_FALSE(web.Requests(kHost)[0].answered);
  EXPECT_TRUE(web.Requests(kHost)[1].answered);
}

TEST(TestWebTest, OverrideSeesVisitNumbers) {
  const TestWeb web({}, 0, [](const RequestRecord&, int visit) {
    return std::make_optional(Answer{.status = visit == 0 ? 503 : 200});
  });
  Client client(web, kHost);
  client.Get("/");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 503"));
  client.Get("/");
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST(TestWebTest, LargeAnswersArriveWhole) {
  const std::string body(5 << 20, 'x');
  const TestWeb web({}, 0, [&body](const RequestRecord&, int) {
    return std::make_optional(Answer{.body = body});
  });
  Client client(web, kHost);
  client.Get("/");
  EXPECT_TRUE(absl::EndsWith(client.ReadAnswer(), "\r\n\r\n" + body));
  EXPECT_TRUE(web.Requests(kHost)[0].answered);
}

TEST(TestWebTest, ClosesOnWhatIsNoRequest) {
  const TestWeb web({});
  Client client(web, kHost);
  client.Send("what is this\r\n\r\n");
  EXPECT_EQ(client.ReadAll(), "");
  EXPECT_TRUE(web.Requests().empty());
}

TEST(TestWebTest, ServesFiveThousandConnectionsAtOnce) {
  constexpr size_t kConnections = 5000;
  TestWeb web({.host_count = kConnections, .latency = absl::Milliseconds(100)});
  web.HoldAnswers(true);
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<Client>(web, WebModel::HostName(i)));
    ASSERT_TRUE(clients.back()->connected());
    clients.back()->Get("/robots.txt");
  }
  ASSERT_TRUE(web.WaitForRequests(kConnections, absl::Seconds(60)));
  web.HoldAnswers(false);
  for (auto& client : clients) ASSERT_THAT(client->ReadAnswer(), StartsWith("HTTP/1.1 404"));
  EXPECT_EQ(web.MaxInFlight(), kConnections);
}

TEST(TestWebTest, WaitingEndsWhenNothingComes) {
  const TestWeb web({});
  EXPECT_TRUE(web.WaitForRequests(0, absl::ZeroDuration()));
  EXPECT_FALSE(web.WaitForRequests(1, absl::Milliseconds(1)));
}

TEST(TestWebTest, ClearForgets) {
  TestWeb web({});
  Client client(web, kHost);
  client.Get("/");
  client.ReadAnswer();
  web.ClearRecords();
  EXPECT_TRUE(web.Requests().empty());
  EXPECT_EQ(web.Count(web.Url(0, "/")), 0);
}

}  // namespace
}  // namespace testing
}  // namespace spindle
