#include "crawler/site_access.h"

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/fetcher.h"
#include "crawler/outage.h"
#include "gtest/gtest.h"
#include "parsers/url.h"
#include "tests/testing/raw_http_server.h"
#include "tests/testing/test_proxy.h"

namespace spindle {
namespace {

using ::spindle::testing::ConnectionServer;
using ::spindle::testing::RawHttpServer;
using ::spindle::testing::TestProxy;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::string PathOf(const std::string& request) {
  return request.substr(4, request.find(' ', 4) - 4);
}

// Through a fetcher: what is sent is what counts.
class SiteAccessTest : public ::testing::Test {
 protected:
  SiteAccessTest() : loop_([] {}) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    options_.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
    options_.multi_handle_count = 1;
    resolver_.overrides = *ParseHostOverrides("a.example:127.0.0.1,b.example:127.0.0.1");
  }

  FetchResponse Fetch(const std::string& text, bool keep_alive = false) {
    if (fetcher_ == nullptr) fetcher_ = std::make_unique<Fetcher>(&loop_, options_, resolver_);
    const Url url = *Url::Parse(text);
    FetchRequest request;
    request.url = url.href();
    request.host = std::string(url.host());
    request.port = url.effective_port();
    request.keep_alive = keep_alive;
    FetchResponse result;
    fetcher_->Fetch(std::move(request), [&](FetchResponse response) {
      result = std::move(response);
      loop_.Stop();
    });
    loop_.Run();
    return result;
  }
  void UseCredentials(const std::string& text) {
    absl::StatusOr<CredentialStore> store = CredentialStore::Parse(text);
    ASSERT_TRUE(store.ok()) << store.status();
    options_.access.credentials = std::make_shared<CredentialStore>(*std::move(store));
  }
  void UseProxies(const std::string& list) { options_.access.proxies = *ParseProxies(list); }

  EventLoop loop_;
  FetcherOptions options_;
  ResolverOptions resolver_;
  std::unique_ptr<Fetcher> fetcher_;
};

TEST_F(SiteAccessTest, CustomHeadersAreSent) {
  RawHttpServer server([](const std::string&) { return kOk; });
  options_.access.headers = {"Accept: text/plain", "X-Crawl: yes"};
  EXPECT_EQ(Fetch(server.Url("/")).http_status, 200);
  const std::string request = server.Requests()[0];
  EXPECT_TRUE(absl::StrContains(request, "\r\nX-Crawl: yes\r\n"));
  EXPECT_TRUE(absl::StrContains(request, "\r\nAccept: text/plain\r\n"));
  EXPECT_FALSE(absl::StrContains(request, "text/html"));
  EXPECT_TRUE(absl::StrContains(request, "\r\nAccept-Encoding: "));
}

TEST_F(SiteAccessTest, BasicAndBearerGoToTheirOriginAlone) {
  RawHttpServer server([](const std::string&) { return kOk; });
  UseCredentials(absl::StrCat("http://a.example:", server.port(), " basic u p\n",
                              "http://b.example:", server.port(), " bearer t0ken\n"));
  for (const char* host : {"a.example", "127.0.0.1", "b.example", "127.0.0.1", "a.example"}) {
    // The connection and the handle are used again by the next one.
    Fetch(absl::StrCat("http://", host, ":", server.port(), "/"), true);
  }
  const std::vector<std::string> requests = server.Requests();
  ASSERT_EQ(requests.size(), 5u);
  EXPECT_TRUE(absl::StrContains(requests[0], "\r\nAuthorization: Basic dTpw\r\n"));
  EXPECT_TRUE(absl::StrContains(requests[2], "\r\nAuthorization: Bearer t0ken\r\n"));
  EXPECT_TRUE(absl::StrContains(requests[4], "\r\nAuthorization: Basic dTpw\r\n"));
  for (const int without : {1, 3}) {
    EXPECT_FALSE(absl::StrContains(requests[without], "Authorization")) << requests[without];
  }
}

TEST_F(SiteAccessTest, DigestAnswersTheChallenge) {
  RawHttpServer server([](const std::string& request) -> std::string {
    if (absl::StrContains(request, "Authorization: Digest username=\"u\"")) return kOk;
    return "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n"
           "Content-Length: 4\r\n\r\nnope";
  });
  UseCredentials(absl::StrCat("http://a.example:", server.port(), " digest u p"));
  const FetchResponse response = Fetch(absl::StrCat("http://a.example:", server.port(), "/x"));
  EXPECT_EQ(response.http_status, 200) << response.message;
  EXPECT_EQ(response.body, "ok");
  EXPECT_TRUE(absl::StartsWith(response.headers, "HTTP/1.1 200"));
  EXPECT_FALSE(absl::StrContains(response.headers, "401"));
  EXPECT_FALSE(absl::StrContains(server.Requests()[1], "response=\"p\""));
}

// Names a server's challenge by the host that was asked.
std::string ChallengeOf(const std::string& request) {
  const std::string host = request.substr(request.find("Host: ") + 6, 1);
  return absl::StrCat("Digest realm=\"", host, "\", nonce=\"", host, "\"");
}

TEST_F(SiteAccessTest, DigestsOfHostsThatTakeTurnsAreKeptApart) {
  RawHttpServer server([](const std::string& request) -> std::string {
    const std::string challenge = ChallengeOf(request);
    const std::string nonce = challenge.substr(challenge.find("nonce="));
    if (absl::StrContains(request, nonce)) return kOk;
    return absl::StrCat("HTTP/1.1 401 No\r\nWWW-Authenticate: ", challenge,
                        "\r\nContent-Length: 4\r\n\r\nnope");
  });
  UseCredentials(absl::StrCat("http://a.example:", server.port(), " digest u p\n",
                              "http://b.example:", server.port(), " digest v q\n"));
  for (const char* host : {"a.example", "b.example", "a.example", "a.example", "b.example"}) {
    const FetchResponse response = Fetch(absl::StrCat("http://", host, ":", server.port(), "/"));
    EXPECT_EQ(response.http_status, 200) << host << ": " << response.headers;
  }
  for (const std::string& request : server.Requests()) {
    if (!absl::StrContains(request, "Authorization")) continue;
    const bool is_a = absl::StrContains(request, "Host: a.example");
    EXPECT_EQ(absl::StrContains(request, "username=\"u\""), is_a) << request;
    EXPECT_EQ(absl::StrContains(request, "nonce=\"a\""), is_a) << request;
  }
}

// Of each host and each proxy one challenge is answered.
TEST_F(SiteAccessTest, ChallengeThatComesAgainIsTheAnswer) {
  RawHttpServer server([visit = 0](const std::string&) mutable {
    return absl::StrCat("HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"",
                        ++visit, "\", stale=true\r\nContent-Length: 0\r\n\r\n");
  });
  UseCredentials(absl::StrCat("http://a.example:", server.port(), " digest u p"));
  const FetchResponse response = Fetch(absl::StrCat("http://a.example:", server.port(), "/x"));
  EXPECT_EQ(response.reason, Reason::kNone) << response.message;
  EXPECT_EQ(response.http_status, 401);
  EXPECT_TRUE(absl::StrContains(response.headers, "nonce=\"2\"")) << response.headers;
  EXPECT_EQ(server.Requests().size(), 2u);
}

TEST_F(SiteAccessTest, ProxyAndHostMayBothWantDigest) {
  RawHttpServer proxy([](const std::string& request) -> std::string {
    if (!absl::StrContains(request, "Proxy-Authorization: Digest username=\"p\"")) {
      return "HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm=\"p\", nonce=\"p\"\r\n"
             "Content-Length: 0\r\n\r\n";
    }
    if (!absl::StrContains(request, "\nAuthorization: Digest username=\"u\"")) {
      return "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"
             "Content-Length: 0\r\n\r\n";
    }
    return kOk;
  });
  UseProxies(proxy.Url(""));
  UseCredentials(absl::StrCat(proxy.Url(""), " digest p p\nhttp://a.example digest u p\n"));
  for (const char* path : {"/1", "/2"}) {
    const FetchResponse response = Fetch(absl::StrCat("http://a.example", path));
    EXPECT_EQ(response.http_status, 200) << response.message << response.headers;
    EXPECT_EQ(response.body, "ok");
  }
  EXPECT_EQ(proxy.Requests().size(), 6u);
}

TEST_F(SiteAccessTest, CookiesAreOffByDefaultAndKeptByHostWhenOn) {
  RawHttpServer server([](const std::string& request) -> std::string {
    return absl::StrCat("HTTP/1.1 200 OK\r\nSet-Cookie: seen=", PathOf(request).substr(1),
                        "; Path=/\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto url = [&](const char* host, const char* path) {
    return absl::StrCat("http://", host, ":", server.port(), path);
  };
  Fetch(url("a.example", "/1"));
  Fetch(url("a.example", "/2"));
  fetcher_ = nullptr;
  options_.access.cookies = true;
  Fetch(url("a.example", "/3"));
  Fetch(url("a.example", "/4"));
  Fetch(url("b.example", "/5"));
  Fetch(url("a.example", "/6"));
  const std::vector<std::string> requests = server.Requests();
  for (const int without : {0, 1, 2, 4}) {
    EXPECT_FALSE(absl::StrContains(requests[without], "Cookie")) << requests[without];
  }
  EXPECT_TRUE(absl::StrContains(requests[3], "\r\nCookie: seen=3\r\n"));
  EXPECT_TRUE(absl::StrContains(requests[5], "\r\nCookie: seen=4\r\n"));
}

// RFC 9112 3.2.2
TEST_F(SiteAccessTest, ProxiesTakeTurnsAndHttpIsFetchedByThoseOfHttp) {
  RawHttpServer server([](const std::string&) { return kOk; });
  TestProxy http;
  TestProxy socks;
  UseProxies(http.http() + "," + socks.socks5());
  const std::string url = absl::StrCat("http://a.example:", server.port(), "/p");
  for (int i = 0; i < 4; ++i) {
    const FetchResponse response = Fetch(url);
    EXPECT_EQ(response.http_status, 200) << response.message;
    EXPECT_TRUE(absl::StartsWith(response.headers, "HTTP/1.1 200")) << response.headers;
    EXPECT_TRUE(absl::StartsWith(response.request_headers, "GET /p HTTP/1.1\r\nHost: a.example:"));
    EXPECT_FALSE(absl::StrContains(response.request_headers, "Proxy"));
  }
  EXPECT_EQ(http.Targets(), std::vector<std::string>(2, url));
  EXPECT_EQ(socks.Targets(),
            std::vector<std::string>(2, absl::StrCat("127.0.0.1:", server.port())));
  for (const std::string& request : server.Requests()) {
    EXPECT_TRUE(absl::StartsWith(request, "GET /p HTTP/1.1\r\nHost: a.example:")) << request;
  }
}

// What came on it unasked would be the next host's answer.
TEST_F(SiteAccessTest, ConnectionToAProxyThatForwardsServesOneRequest) {
  std::atomic<int> second_requests = 0;
  ConnectionServer proxy([&](int connection) {
    for (int i = 0; !spindle::testing::ReadHead(connection).empty(); ++i) {
      if (i > 0) ++second_requests;
      if (!spindle::testing::WriteAll(connection, kOk)) return;
    }
  });
  UseProxies(absl::StrCat("http://127.0.0.1:", proxy.port()));
  for (const char* host : {"a.example", "b.example", "b.example"}) {
    EXPECT_EQ(Fetch(absl::StrCat("http://", host, "/"), /*keep_alive=*/true).body, "ok");
  }
  EXPECT_EQ(second_requests, 0);
}

TEST_F(SiteAccessTest, TunnelsLeadToAddresses) {
  TestProxy http;
  TestProxy socks;
  UseProxies(http.http() + "," + socks.socks5());
  Fetch("https://a.example:9/");  // nobody is there: each is tried
  EXPECT_EQ(http.Targets(), std::vector<std::string>{"127.0.0.1:9"});
  EXPECT_EQ(socks.Targets(), std::vector<std::string>{"127.0.0.1:9"});
}

TEST_F(SiteAccessTest, TargetsOfProxiesAreGuardedAndProxiesAreNot) {
  RawHttpServer server([](const std::string&) { return kOk; });
  TestProxy proxy;
  UseProxies(proxy.http());
  options_.guard = AddressGuard();
  for (const char* scheme : {"http", "https"}) {
    const FetchResponse refused = Fetch(absl::StrCat(scheme, "://a.example:", server.port(), "/"));
    EXPECT_EQ(refused.reason, Reason::kAddressRefused);
  }
  EXPECT_TRUE(proxy.Targets().empty());
  fetcher_ = nullptr;
  resolver_.overrides = *ParseHostOverrides("a.example:127.7.7.7");
  options_.guard = AddressGuard({*IpNetwork::Parse("127.7.0.0/16")});
  Fetch(absl::StrCat("https://a.example:", server.port(), "/"));
  EXPECT_EQ(proxy.Targets(), std::vector<std::string>{absl::StrCat("127.7.7.7:", server.port())});
}

TEST_F(SiteAccessTest, DeadProxyIsReplacedAndSetAside) {
  RawHttpServer server([](const std::string&) { return kOk; });
  TestProxy dead(TestProxy::Mode::kHangsUp);
  TestProxy works;
  UseProxies(
      absl::StrCat("http://127.0.0.1:1,", dead.http(), ",", dead.socks5(), ",", works.http()));
  for (int i = 0; i < 5; ++i) {
    const FetchResponse response = Fetch(server.Url("/"));
    EXPECT_EQ(response.http_status, 200) << response.message;
  }
  EXPECT_EQ(works.Targets().size(), 5u);
}

TEST_F(SiteAccessTest, WithoutAProxyThatWorksTheHostIsNotToBlame) {
  RawHttpServer server([](const std::string&) { return kOk; });
  TestProxy proxy(TestProxy::Mode::kHangsUp);
  UseProxies(proxy.http());
  Outage outage;
  options_.proxy_outage = &outage;
  options_.access.proxy_health.min_pause = absl::Milliseconds(20);
  const FetchResponse deferred = Fetch(server.Url("/"));
  EXPECT_GT(deferred.defer_until, deferred.started);
  EXPECT_EQ(deferred.http_status, 0);
  ASSERT_TRUE(outage.Current().has_value());
  EXPECT_TRUE(absl::StrContains(outage.Current()->why, proxy.http())) << outage.Current()->why;
  proxy.SetMode(TestProxy::Mode::kWorks);
  LoopTimer later(&loop_, [&] { loop_.Stop(); });
  later.Set(absl::Milliseconds(40));
  loop_.Run();
  EXPECT_EQ(Fetch(server.Url("/")).http_status, 200);
  EXPECT_FALSE(outage.Current().has_value());
  EXPECT_TRUE(outage.ever_worked());
}

TEST_F(SiteAccessTest, ProxyThatRefusesWhatOthersReachIsSetAside) {
  ConnectionServer server([](int) {});  // hangs up
  TestProxy works;
  for (const TestProxy::Mode mode : {TestProxy::Mode::kRefuses, TestProxy::Mode::kTargetFails}) {
    TestProxy refuses(mode);
    fetcher_ = nullptr;
    UseProxies(refuses.http() + "," + works.http());
    for (int i = 0; i < 5; ++i) {
      const FetchResponse response = Fetch(absl::StrCat("https://127.0.0.1:", server.port(), "/"));
      EXPECT_EQ(response.reason, Reason::kReset) << response.message;
    }
    EXPECT_EQ(refuses.Targets().size(), 1u);
  }
  EXPECT_EQ(works.Targets().size(), 10u);
}

TEST_F(SiteAccessTest, ProxyThatNeverWorkedAndIsSilentIsLeftForAnother) {
  RawHttpServer server([](const std::string&) { return kOk; });
  TestProxy silent(TestProxy::Mode::kSilent);
  TestProxy works;
  UseProxies(silent.http() + "," + works.http());
  options_.first_byte_timeout = absl::Milliseconds(200);
  for (int i = 0; i < 5; ++i) {
    const FetchResponse response = Fetch(server.Url("/"));
    EXPECT_EQ(response.http_status, 200) << response.message;
  }
  EXPECT_EQ(silent.Targets().size(), 1u);
}

TEST_F(SiteAccessTest, ProxyThatNeverWorkedAndRefusesIsNotTheHostsFault) {
  TestProxy proxy(TestProxy::Mode::kRefuses);
  UseProxies(proxy.http());
  const FetchResponse response = Fetch("https://a.example:9/");
  EXPECT_GT(response.defer_until, response.started);
  EXPECT_TRUE(absl::StrContains(response.message, "CONNECT with 403")) << response.message;
}

TEST_F(SiteAccessTest, TargetThatCannotBeReachedIsNotTheProxysFault) {
  TestProxy proxy(TestProxy::Mode::kTargetFails);
  for (const std::string& list : {proxy.http(), proxy.socks5()}) {
    UseProxies(list);
    fetcher_ = nullptr;
    for (int i = 0; i < 3; ++i) {
      const FetchResponse response = Fetch("https://a.example:9/");
      EXPECT_EQ(response.defer_until, absl::InfinitePast()) << response.message;
      EXPECT_NE(response.reason, Reason::kNone);
      EXPECT_EQ(response.http_status, 0);
    }
  }
  EXPECT_EQ(proxy.Targets().size(), 6u);
}

TEST_F(SiteAccessTest, CredentialsOfAProxyGoToItAlone) {
  RawHttpServer server([](const std::string&) { return kOk; });
  TestProxy proxy(TestProxy::Mode::kDemandsCredentials);
  for (const std::string& at : {proxy.http(), proxy.socks5()}) {
    fetcher_ = nullptr;
    UseProxies(at);
    UseCredentials(proxy.http() + " basic u wrong");
    EXPECT_NE(Fetch(server.Url("/")).defer_until, absl::InfinitePast()) << at;
    fetcher_ = nullptr;
    UseCredentials("http://other.example basic u p");
    EXPECT_NE(Fetch(server.Url("/")).defer_until, absl::InfinitePast()) << at;
    fetcher_ = nullptr;
    UseCredentials(proxy.http() + " basic u p");  // of SOCKS, too
    const FetchResponse response = Fetch(server.Url("/"));
    EXPECT_EQ(response.http_status, 200) << at << ": " << response.message;
  }
  ASSERT_EQ(server.Requests().size(), 2u);
  for (const std::string& request : server.Requests()) {
    EXPECT_FALSE(absl::StrContains(request, "Authorization")) << request;
  }
}

}  // namespace
}  // namespace spindle
