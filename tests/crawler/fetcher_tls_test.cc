#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/fetcher.h"
#include "crawler/steady_clock.h"
#include "gtest/gtest.h"
#include "parsers/header_block.h"
#include "parsers/url.h"
#include "tests/storage/scratch_dir.h"
#include "tests/testing/tls_server.h"

namespace spindle {
namespace {

using ::spindle::testing::TestAuthority;
using ::spindle::testing::TlsServer;
using ::spindle::testing::TlsServerOptions;

constexpr char kIdn[] = "b\xc3\xbc\x63her.example";
constexpr char kIdnAscii[] = "xn--bcher-kva.example";

class FetcherTlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    dir_ = new ScratchDir;
    authority_ = new TestAuthority(dir_->path(), "authority");
    authority_->Issue("good", absl::StrCat("DNS:good.example,IP:127.0.0.1,DNS:", kIdnAscii), 2);
    authority_->Issue("expired", "DNS:good.example", -1);
    TestAuthority("" + dir_->path(), "stranger").Issue("unknown", "DNS:good.example", 2);
  }
  static void TearDownTestSuite() {
    delete authority_;
    delete dir_;
  }

  FetcherTlsTest() {
    options_.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
    options_.ca_file = authority_->ca_file();
  }

  static TlsServerOptions With(const std::string& certificate) {
    TlsServerOptions options;
    options.certificate = authority_->certificate(certificate);
    options.key = authority_->key(certificate);
    return options;
  }

  static FetchRequest RequestOf(const TlsServer& server, const std::string& host) {
    const Url url = *Url::Parse(absl::StrCat("https://", host, ":", server.port(), "/a?b"));
    FetchRequest request;
    request.url = url.href();
    request.host = std::string(url.host());
    request.port = url.effective_port();
    return request;
  }

  static bool HasIpv6Loopback() {
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    close(fd);
    return bound;
  }

  // A connection that says nothing.
  static int ConnectTo(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  // One after the other, by one fetcher.
  FetchResponse Fetch(const TlsServer& server, const std::string& host, int times = 1,
                      bool keep_alive = false) {
    FetchRequest request = RequestOf(server, host);
    request.keep_alive = keep_alive;
    ResolverOptions resolver;
    resolver.overrides = *ParseHostOverrides(
        absl::StrCat("good.example:127.0.0.1,other.example:127.0.0.1,", kIdnAscii, ":127.0.0.1"));
    EventLoop loop([] {});
    Fetcher fetcher(&loop, options_, resolver);
    FetchResponse result;
    for (int i = 0; i < times; ++i) {
      fetcher.Fetch(request, [&](FetchResponse response) {
        result = std::move(response);
        loop.Stop();
      });
      loop.Run();
    }
    return result;
  }

  static std::string Fact(const FetchResponse& response, absl::string_view name) {
    return std::string(HeaderBlock(response.tls).Get(name).value_or("none"));
  }

  static inline ScratchDir* dir_;
  static inline TestAuthority* authority_;
  FetcherOptions options_;
};

TEST_F(FetcherTlsTest, GoodCertificateIsVerifiedAndItsFactsKept) {
  const TlsServer server(With("good"));
  const FetchResponse response = Fetch(server, "good.example");
  EXPECT_EQ(response.http_status, 200) << response.message;
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(Fact(response, "version"), "TLSv1.3");
  EXPECT_EQ(Fact(response, "verify"), "ok");
  EXPECT_EQ(Fact(response, "subject"), "CN=good");
  EXPECT_EQ(Fact(response, "issuer"), "CN=authority");
  EXPECT_LT(Fact(response, "not-before"), Fact(response, "not-after"));
  EXPECT_EQ(server.server_names().front(), "good.example");
}

TEST_F(FetcherTlsTest, AddressesAndInternationalNamesAreVerifiedToo) {
  const TlsServer server(With("good"));
  EXPECT_EQ(Fetch(server, "127.0.0.1").http_status, 200);
  // RFC 6066 3: addresses are no server names.
  EXPECT_TRUE(server.server_names().empty() || server.server_names().front().empty());
  const FetchResponse idn = Fetch(server, kIdn);
  EXPECT_EQ(idn.http_status, 200) << idn.message;
  EXPECT_EQ(server.server_names().back(), kIdnAscii);
}

TEST_F(FetcherTlsTest, FinalDotIsNoPartOfTheNameInACertificate) {
  const TlsServer server(With("good"));
  EXPECT_EQ(Fact(Fetch(server, "good.example."), "verify"), "ok");
  options_.insecure_hosts = {"other.example."};
  EXPECT_EQ(Fact(Fetch(server, "other.example."), "verify"), "the certificate is for another name");
}

TEST_F(FetcherTlsTest, BracketsAreNoPartOfTheAddressInACertificate) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "there is no ::1 here";
  authority_->Issue("v6", "IP:::1", 2);
  TlsServerOptions options = With("v6");
  options.ipv6 = true;
  const TlsServer server(options);
  options_.guard = AddressGuard({*IpNetwork::Parse("::1/128")});
  const FetchResponse response = Fetch(server, "[::1]");
  EXPECT_EQ(response.http_status, 200) << response.message;
  EXPECT_EQ(Fact(response, "verify"), "ok");
}

TEST_F(FetcherTlsTest, BadCertificatesAreToldApart) {
  const TlsServer expired(With("expired"));
  const FetchResponse late = Fetch(expired, "good.example");
  EXPECT_EQ(late.reason, Reason::kTls);
  EXPECT_EQ(late.http_status, 0);
  EXPECT_TRUE(absl::StrContains(late.message, "certificate has expired")) << late.message;

  const TlsServer good(With("good"));
  const FetchResponse wrong_name = Fetch(good, "other.example");
  EXPECT_EQ(wrong_name.reason, Reason::kTls);
  EXPECT_TRUE(absl::StrContains(wrong_name.message, "other.example")) << wrong_name.message;

  const TlsServer unknown(With("unknown"));
  const FetchResponse stranger = Fetch(unknown, "good.example");
  EXPECT_EQ(stranger.reason, Reason::kTls);
  EXPECT_TRUE(absl::StrContains(stranger.message, "issuer")) << stranger.message;
}

TEST_F(FetcherTlsTest, DemandForAClientCertificateIsNamed) {
  for (const bool old : {false, true}) {
    TlsServerOptions demanding = With("good");
    demanding.demands_certificate = true;
    demanding.only_tls_1_2 = old;
    const TlsServer server(demanding);
    const FetchResponse response = Fetch(server, "good.example");
    EXPECT_EQ(response.reason, Reason::kTls) << response.message;
    EXPECT_EQ(response.message, "the server demands a certificate of its clients");
  }
}

TEST_F(FetcherTlsTest, InsecureHostsAreFetchedAndWhatIsWrongIsKept) {
  options_.insecure_hosts = {"good.example", "other.example"};
  const TlsServer expired(With("expired"));
  const FetchResponse late = Fetch(expired, "good.example");
  EXPECT_EQ(late.http_status, 200) << late.message;
  EXPECT_EQ(Fact(late, "verify"), "certificate has expired");
  const TlsServer unknown(With("unknown"));
  EXPECT_TRUE(absl::StrContains(Fact(Fetch(unknown, "good.example"), "verify"), "issuer"));
  const TlsServer good(With("good"));
  EXPECT_EQ(Fact(Fetch(good, "other.example"), "verify"), "the certificate is for another name");
  EXPECT_EQ(Fact(Fetch(good, "good.example"), "verify"), "ok");
}

TEST_F(FetcherTlsTest, InsecureIsForTheHostsThatAreNamed) {
  options_.insecure_hosts = {"other.example"};
  const TlsServer expired(With("expired"));
  EXPECT_EQ(Fetch(expired, "good.example").reason, Reason::kTls);
  options_.insecure_hosts = {"*"};
  EXPECT_EQ(Fetch(expired, "good.example").http_status, 200);
}

TEST_F(FetcherTlsTest, SessionsAreResumed) {
  for (const bool old : {false, true}) {
    TlsServerOptions options = With("good");
    options.only_tls_1_2 = old;
    const TlsServer server(options);
    const FetchResponse last = Fetch(server, "good.example", 4);
    EXPECT_EQ(last.http_status, 200) << last.message;
    EXPECT_EQ(Fact(last, "verify"), "ok");
    EXPECT_EQ(Fact(last, "subject"), "CN=good");
    EXPECT_EQ(server.full_handshakes(), 1);
    EXPECT_EQ(server.resumed_handshakes(), 3);
  }
}

TEST_F(FetcherTlsTest, NoSessionsAreKeptWhereNoneAreWanted) {
  options_.max_tls_sessions = 0;
  const TlsServer server(With("good"));
  EXPECT_EQ(Fetch(server, "good.example", 3).http_status, 200);
  EXPECT_EQ(server.full_handshakes(), 3);
  EXPECT_EQ(server.resumed_handshakes(), 0);
}

TEST_F(FetcherTlsTest, KeptConnectionsHaveOneHandshake) {
  TlsServerOptions options = With("good");
  options.close_after_answer = false;
  const TlsServer server(options);
  const FetchResponse last = Fetch(server, "good.example", 3, /*keep_alive=*/true);
  EXPECT_EQ(last.http_status, 200) << last.message;
  EXPECT_EQ(Fact(last, "subject"), "CN=good");
  EXPECT_EQ(server.full_handshakes(), 1);
  EXPECT_EQ(server.resumed_handshakes(), 0);
}

TEST_F(FetcherTlsTest, AuthoritiesThatCannotBeReadAreAnError) {
  const auto missing = TrustStore::Load(dir_->path("nowhere.pem"));
  EXPECT_TRUE(absl::StrContains(missing.status().message(), "nowhere.pem"));
  EXPECT_FALSE(TrustStore::Load("/etc/hostname").ok());
  EXPECT_TRUE(TrustStore::Load(authority_->ca_file()).ok());
}

// The server shakes hands with one client after the other, and the fetcher is not the first.
TEST_F(FetcherTlsTest, AddressIsKeptFreeWhileARequestIsOnItsWayThere) {
  const TlsServer server(With("good"));
  const int occupant = ConnectTo(server.port());
  RequestClocks clocks;
  options_.clocks = &clocks;
  options_.clock_by_address = true;
  FetchRequest request = RequestOf(server, "127.0.0.1");
  request.delay = absl::Milliseconds(50);
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  bool first_answered = false;
  fetcher.Fetch(request, [&](FetchResponse response) {
    EXPECT_EQ(response.http_status, 200) << response.message;
    first_answered = true;
  });

  request.waited = true;
  int deferred = 0;
  absl::Time released;
  FetchResponse second;
  std::function<void()> ask;
  LoopTimer ask_again(&loop, [&] { ask(); });
  ask = [&] {
    fetcher.Fetch(request, [&](FetchResponse response) {
      second = std::move(response);
      if (second.defer_until == absl::InfinitePast()) return loop.Stop();
      if (++deferred == 6) {  // more than two delays
        EXPECT_FALSE(first_answered);
        released = SteadyNow();
        close(occupant);
      }
      ask_again.Set(std::max(absl::ZeroDuration(), second.defer_until - SteadyNow()));
    });
  };
  ask();
  loop.Run();
  EXPECT_GT(deferred, 6);
  EXPECT_TRUE(first_answered);
  EXPECT_EQ(second.http_status, 200) << second.message;
  EXPECT_GE(second.started, released + request.delay);
}

}  // namespace
}  // namespace spindle
