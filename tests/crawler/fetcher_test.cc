#include "crawler/fetcher.h"

#include <time.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/steady_clock.h"
#include "gtest/gtest.h"
#include "shard/shared_clocks.h"
#include "tests/crawler/fetch_fixture.h"
#include "tests/testing/dns_responder.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace {

absl::string_view KeyOf(const IpAddress& address) {
  return {reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size()};
}

using ::spindle::testing::Answer;
using ::spindle::testing::DnsMessage;
using ::spindle::testing::DnsQuestion;
using ::spindle::testing::DnsReply;
using ::spindle::testing::DnsResponder;
using ::spindle::testing::RequestRecord;
using ::spindle::testing::TestWeb;
using ::spindle::testing::WebOptions;

class FetcherTest : public FetchFixture {};

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
  RequestClocks clocks;
  options_.clocks = &clocks;
  options_.clock_by_address = true;
  FetchRequest request = RequestOf(absl::StrCat("http://a.example:", server.port(), "/"), false);
  request.delay = absl::Hours(1);
  const FetchResponse response = Fetch(request);
  EXPECT_EQ(response.http_status, 200) << response.message;
  // Both were asked, or would have been.
  for (const char* address : {"127.1.0.77", "127.0.0.1"}) {
    const absl::Time now = SteadyNow();
    EXPECT_GT(clocks.Admit(KeyOf(*IpAddress::Parse(address)), now, request.delay, true),
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
  RequestClocks clocks;
  options_.clocks = &clocks;
  options_.clock_by_address = true;
  const absl::Time now = SteadyNow();
  const absl::Duration delay = absl::Minutes(1);
  const IpAddress address = *IpAddress::Parse("127.1.0.1");
  EXPECT_EQ(clocks.Admit(KeyOf(address), now, delay, false), now);
  clocks.Begin(KeyOf(address), now, delay);
  const FetchResponse response = Fetch(web.Url(0, "/"));
  EXPECT_EQ(response.defer_until, now + delay);
  EXPECT_EQ(response.reason, Reason::kNone);
  EXPECT_EQ(response.http_status, 0);
  EXPECT_TRUE(web.Requests().empty());
  const FetchResponse admitted = Fetch(web.Url(1, "/"));
  EXPECT_EQ(admitted.http_status, 200);
  EXPECT_EQ(admitted.defer_until, absl::InfinitePast());
}

TEST_F(FetcherTest, DeadAddressBeforeOneThatIsNotAdmittedIsNotTriedAgain) {
  // Nothing listens on the first one.
  DnsResponder dns([](const DnsQuestion& question) {
    return DnsReply{
        {DnsMessage(question).Address("127.1.0.77", 60).Address("127.0.0.1", 60).Bytes()}};
  });
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  resolver_options_.servers = *ParseDnsServers(dns.server());
  RequestClocks clocks;
  options_.clocks = &clocks;
  options_.clock_by_address = true;
  const absl::Time now = SteadyNow();
  const absl::Duration delay = absl::Minutes(1);
  const std::string key(KeyOf(*IpAddress::Parse("127.0.0.1")));
  EXPECT_EQ(clocks.Admit(key, now, delay, false), now);
  clocks.Begin(key, now, delay);
  const FetchResponse response =
      Fetch(absl::StrCat("http://a.example:", server.port(), "/"), false);
  EXPECT_EQ(response.defer_until, now + delay);
  ASSERT_EQ(response.resolved.addresses.size(), 2u);
  EXPECT_EQ(response.resolved.addresses[0].ToString(), "127.0.0.1");
  EXPECT_GT(response.resolved.expires, response.ended);
}

TEST_F(FetcherTest, ClockOfARequestRunsFromItsBeginning) {
  TestWeb web(WebOptions{});
  RequestClocks clocks;
  options_.clocks = &clocks;
  FetchRequest request = RequestOf(web.Url(0, "/"), false);
  request.clock = "group:a";
  request.delay = absl::Hours(1);
  const absl::Time admitted = SteadyNow() - absl::Minutes(30);
  EXPECT_EQ(clocks.Admit("group:a", admitted, request.delay, false), admitted);
  EXPECT_EQ(Fetch(request).http_status, 200);
  const absl::Time now = SteadyNow();
  EXPECT_GT(clocks.Admit("group:a", now, request.delay, true), now + absl::Minutes(50));
}

TEST_F(FetcherTest, RequestThatNeverBeginsGivesUpItsClock) {
  RequestClocks clocks;
  options_.clocks = &clocks;
  FetchRequest request =
      RequestOf(absl::StrCat("http://127.1.0.1:1/", std::string(9999, 'a')), false);
  request.clock = "group:a";
  request.delay = absl::Seconds(1);
  const absl::Time now = SteadyNow();
  EXPECT_EQ(clocks.Admit("group:a", now, request.delay, false), now);
  EXPECT_EQ(Fetch(request).reason, Reason::kUrlTooLong);
  const absl::Time later = SteadyNow() + absl::Seconds(1);
  EXPECT_EQ(clocks.Admit("group:a", later, request.delay, true), later);
}

TEST_F(FetcherTest, UrlsHaveALimit) {
  TestWeb web(WebOptions{});
  options_.max_url_bytes = 100;
  EXPECT_EQ(Fetch(web.Url(0, "/" + std::string(100, 'a'))).reason, Reason::kUrlTooLong);
  EXPECT_TRUE(web.Requests().empty());
}

// libcurl would keep the URL of the request before.
TEST_F(FetcherTest, UrlsAreNoLongerThanLibcurlTakesThem) {
  TestWeb web(WebOptions{});
  options_.max_url_bytes = 16 << 20;
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  EXPECT_EQ(FetchWith(&loop, &fetcher, web.Url(0, "/"), false).http_status, 200);
  FetchRequest request = RequestOf(web.Url(1, "/"), false);
  request.url.resize(9'000'000, 'a');
  EXPECT_EQ(FetchWith(&loop, &fetcher, request).reason, Reason::kUrlTooLong);
  EXPECT_EQ(web.Requests().size(), 1u);
}

TEST_F(FetcherTest, FirstByteTimeoutIsTheSameForEach) {
  const RawServer silent("", /*hold=*/true);
  options_.first_byte_timeout = absl::Seconds(1);
  EventLoop loop([] {});
  Fetcher fetcher(&loop, options_, ResolverOptions());
  const FetchRequest request = RequestOf(silent.Url(), false);
  // Another one begins when the first one ends.
  fetcher.Fetch(request, [&](FetchResponse) { fetcher.Fetch(request, [](FetchResponse) {}); });
  FetchResponse second;
  LoopTimer later(&loop, [&] {
    fetcher.Fetch(request, [&](FetchResponse response) {
      second = std::move(response);
      loop.Stop();
    });
  });
  later.Set(absl::Milliseconds(200));
  loop.Run();
  EXPECT_EQ(second.reason, Reason::kFirstByteTimeout);
  EXPECT_LT(second.ended - second.started, absl::Milliseconds(1600));
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
