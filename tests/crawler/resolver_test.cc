#include "crawler/resolver.h"

#include <atomic>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/steady_clock.h"
#include "gtest/gtest.h"
#include "tests/testing/dns_responder.h"
#include "tests/testing/dnsmasq.h"

namespace spindle {
namespace {

using ::spindle::testing::AskDnsServer;
using ::spindle::testing::Dnsmasq;
using ::spindle::testing::DnsMessage;
using ::spindle::testing::DnsQuestion;
using ::spindle::testing::DnsReply;
using ::spindle::testing::DnsResponder;
using ::spindle::testing::kDnsA;
using ::spindle::testing::kDnsAaaa;

DnsReply Say(const DnsMessage& message) { return DnsReply{{message.Bytes()}}; }

DnsReply Nothing() { return {}; }

DnsReply Late(const DnsMessage& message, absl::Duration delay) {
  return DnsReply{{message.Bytes()}, delay};
}

class ResolverTest : public ::testing::Test {
 protected:
  ResolverTest() : loop_([] {}) {
    options_.hosts_file = "";
    options_.families = IpFamilies::kIpv4;
    options_.query_timeout = absl::Milliseconds(100);
    options_.min_ttl = absl::ZeroDuration();
    options_.outage = &outage_;
  }

  // Answers of the resolver; it is made at the first question.
  Resolver::Answer Resolve(const std::string& host, absl::Time now = SteadyNow()) {
    Resolver::Answer result;
    bool done = false;
    resolver().Resolve(host, 80, {}, now, [&](const Resolver::Answer& answer) {
      result = answer;
      done = true;
      loop_.Stop();
    });
    if (!done) loop_.Run();
    return result;
  }
  // When to ask again for a name that no server tells of.
  absl::Time Blame(const std::string& host, absl::Time now) {
    const Resolver::Answer failed = Resolve(host, now);
    EXPECT_TRUE(failed.server_failed) << Text(failed);
    std::optional<absl::Time> result;
    resolver().Blame(failed, now, [&](absl::Time retry_at) {
      result = retry_at;
      loop_.Stop();
    });
    if (!result.has_value()) loop_.Run();
    return *result;
  }
  Resolver& resolver() {
    if (resolver_ == nullptr) resolver_ = std::make_unique<Resolver>(&loop_, options_);
    return *resolver_;
  }
  void Use(const std::vector<std::string>& servers) {
    std::string list;
    for (const std::string& server : servers) absl::StrAppend(&list, server, ",");
    options_.servers = *ParseDnsServers(list);
  }
  static std::string Text(const Resolver::Answer& answer) {
    std::string text;
    for (const IpAddress& address : answer.found.addresses) {
      absl::StrAppend(&text, text.empty() ? "" : " ", address.ToString());
    }
    return text.empty() ? answer.error : text;
  }

  EventLoop loop_;
  Outage outage_;
  ResolverOptions options_;
  std::unique_ptr<Resolver> resolver_;
};

// --- A real server

TEST_F(ResolverTest, RealServerAnswersNamesAliasesAndTheirAbsence) {
  Dnsmasq dns({"host-record=a.example,192.0.2.1", "host-record=b.example,192.0.2.2,2001:db8::2",
               "cname=alias.example,b.example", "local=/example/"});
  Use({dns.server()});
  options_.families = IpFamilies::kBoth;
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1");
  EXPECT_EQ(Text(Resolve("b.example")), "192.0.2.2 [2001:db8::2]");
  EXPECT_EQ(Text(Resolve("alias.example")), "192.0.2.2 [2001:db8::2]");
  EXPECT_EQ(Text(Resolve("none.example")), "cannot resolve none.example: there is no such name");
}

TEST_F(ResolverTest, RealServerBehindALossyAndSlowNetwork) {
  Dnsmasq dns({"host-record=a.example,192.0.2.1", "local=/example/"});
  DnsResponder network([&](const DnsQuestion& question) {
    if (question.visit < 2) return Nothing();
    return DnsReply{{AskDnsServer(dns.port(), question)}, absl::Milliseconds(50)};
  });
  Use({network.server()});
  const absl::Time start = SteadyNow();
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1");
  EXPECT_GE(SteadyNow() - start, absl::Milliseconds(250));
  EXPECT_EQ(network.Count("a.example", kDnsA), 3);
}

TEST_F(ResolverTest, RealServerTruncatesAndIsAskedByTcp) {
  std::vector<std::string> settings = {"local=/example/"};
  for (int i = 0; i < 60; ++i) {
    settings.push_back(absl::StrCat("host-record=many.example,192.0.2.", i));
  }
  Dnsmasq dns(settings);
  DnsResponder network(
      [&](const DnsQuestion& question) { return DnsReply{{AskDnsServer(dns.port(), question)}}; });
  Use({network.server()});
  EXPECT_EQ(Resolve("many.example").found.addresses.size(), options_.limits.max_addresses);
  ASSERT_EQ(network.Questions().size(), 2u);
  EXPECT_FALSE(network.Questions()[0].tcp);
  EXPECT_TRUE(network.Questions()[1].tcp);
}

// --- The cache

TEST_F(ResolverTest, AnswersAreKeptForTheirTtl) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 100));
  });
  Use({dns.server()});
  const absl::Time now = SteadyNow();
  const Resolver::Answer answer = Resolve("a.example", now);
  EXPECT_GE(answer.found.expires, now + absl::Seconds(100));
  EXPECT_LE(answer.found.expires, SteadyNow() + absl::Seconds(100));
  Resolve("A.example.", now + absl::Seconds(99));
  EXPECT_EQ(dns.Count("a.example", kDnsA), 1);
  Resolve("a.example", SteadyNow() + absl::Seconds(101));
  EXPECT_EQ(dns.Count("a.example", kDnsA), 2);
}

TEST_F(ResolverTest, TtlsOfStrangersHaveBounds) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1",
                                            question.name == "huge.example" ? 0x7fffffff : 0));
  });
  Use({dns.server()});
  options_.min_ttl = absl::Minutes(1);
  const absl::Time now = SteadyNow();
  EXPECT_GE(Resolve("zero.example").found.expires, now + absl::Minutes(1));
  const absl::Time expires = Resolve("huge.example").found.expires;
  EXPECT_LE(expires, SteadyNow() + absl::Hours(24));
}

TEST_F(ResolverTest, NegativeAnswersAreKeptAndFailuresHardly) {
  DnsResponder dns([](const DnsQuestion& question) {
    if (question.name == "none.example") return Say(DnsMessage(question).Rcode(3).Soa(40, 40));
    if (question.name == "long.example")
      return Say(DnsMessage(question).Rcode(3).Soa(90000, 90000));
    if (question.name == "empty.example") return Say(DnsMessage(question));
    return Say(DnsMessage(question).Rcode(2));
  });
  Use({dns.server()});
  const absl::Time now = SteadyNow();
  Resolve("none.example");
  EXPECT_EQ(Text(Resolve("none.example", now + absl::Seconds(39))),
            "cannot resolve none.example: there is no such name");
  EXPECT_EQ(dns.Count("none.example", kDnsA), 1);
  const absl::Time expires = Resolve("long.example").found.expires;
  EXPECT_LE(expires, SteadyNow() + options_.negative_ttl);
  EXPECT_EQ(Text(Resolve("empty.example")),
            "cannot resolve empty.example: the name has no address");
  EXPECT_EQ(Text(Resolve("fails.example")),
            "cannot resolve fails.example: the server cannot find out (SERVFAIL)");
  Resolve("fails.example", SteadyNow() + absl::Seconds(2));
  EXPECT_EQ(dns.Count("fails.example", kDnsA), 2);
}

// --- Servers that fail

TEST_F(ResolverTest, NameIsToBlameWhereServersTellOfAnother) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(question.name == "fails.example" ? DnsMessage(question).Rcode(2)
                                                : DnsMessage(question).Address("192.0.2.1", 60));
  });
  Use({dns.server()});
  Resolve("good.example");
  const absl::Time later = SteadyNow() + absl::Minutes(5);
  EXPECT_EQ(Blame("fails.example", later), absl::InfinitePast());
  EXPECT_EQ(dns.Count("good.example", kDnsA), 2);
  EXPECT_FALSE(outage_.Current().has_value());
}

TEST_F(ResolverTest, ServersAreToBlameWhereTheyTellOfNothing) {
  std::atomic<bool> out = false;
  DnsResponder dns([&](const DnsQuestion& question) {
    DnsMessage answer(question);
    return Say(out ? answer.Rcode(5) : answer.Address("192.0.2.1", 60));
  });
  Use({dns.server()});
  Resolve("good.example");
  out = true;
  const absl::Time later = SteadyNow() + absl::Minutes(5);
  EXPECT_GT(Blame("a.example", later), SteadyNow());
  ASSERT_TRUE(outage_.Current().has_value());
  EXPECT_TRUE(absl::StrContains(outage_.Current()->why, "REFUSED")) << outage_.Current()->why;
  out = false;
  EXPECT_EQ(Text(Resolve("b.example")), "192.0.2.1");
  EXPECT_FALSE(outage_.Current().has_value());
}

TEST_F(ResolverTest, PatienceWithServersThatNeverAnsweredHasAnEnd) {
  Use({"127.0.0.1:1"});
  const absl::Time now = SteadyNow();
  EXPECT_GT(Blame("a.example", now), now);
  EXPECT_GT(Blame("a.example", now + absl::Seconds(59)), now);
  EXPECT_EQ(Blame("a.example", now + absl::Seconds(61)), absl::InfinitePast());
  EXPECT_TRUE(outage_.Current().has_value());
}

TEST_F(ResolverTest, CacheHasALimit) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 1000));
  });
  Use({dns.server()});
  options_.max_cached_names = 16;
  for (int i = 0; i < 100; ++i) Resolve(absl::StrCat(i, ".example"));
  Resolve("99.example");
  EXPECT_EQ(dns.Count("99.example", kDnsA), 1);
  int kept = 0;
  for (int i = 0; i < 100; ++i) {
    Resolve(absl::StrCat(i, ".example"));
    kept += dns.Count(absl::StrCat(i, ".example"), kDnsA) == 1;
  }
  EXPECT_LE(kept, 16);
}

TEST_F(ResolverTest, WhatIsKnownIsTakenWhileItHolds) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 100));
  });
  Use({dns.server()});
  const absl::Time now = SteadyNow();
  const HostAddresses known = {{*IpAddress::Parse("192.0.2.9")}, now + absl::Seconds(10)};
  std::string seen;
  resolver().Resolve("a.example", 80, known, now,
                     [&](const Resolver::Answer& answer) { seen = Text(answer); });
  EXPECT_EQ(seen, "192.0.2.9");
  resolver().Resolve("a.example", 80, known, now + absl::Seconds(10),
                     [&](const Resolver::Answer& answer) {
                       seen = Text(answer);
                       loop_.Stop();
                     });
  loop_.Run();
  EXPECT_EQ(seen, "192.0.2.1");
}

TEST_F(ResolverTest, ForgottenAndPreferredAddresses) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 100).Address("192.0.2.2", 100));
  });
  Use({dns.server()});
  Resolve("a.example");
  resolver().Prefer("a.example", *IpAddress::Parse("192.0.2.2"));
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.2 192.0.2.1");
  resolver().Forget("a.example");
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1 192.0.2.2");
  EXPECT_EQ(dns.Count("a.example", kDnsA), 2);
}

// --- Without a server

TEST_F(ResolverTest, OverridesGoFirst) {
  options_.overrides =
      *ParseHostOverrides("A.example:192.0.2.7,a.example:[2001:db8::7],b.example:443:192.0.2.8");
  options_.servers = *ParseDnsServers("127.0.0.1:1");
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.7 [2001:db8::7]");
  EXPECT_TRUE(absl::StrContains(Text(Resolve("b.example")), "no server can be reached"));
  std::string seen;
  resolver().Resolve("b.example", 443, {}, SteadyNow(),
                     [&](const Resolver::Answer& answer) { seen = Text(answer); });
  EXPECT_EQ(seen, "192.0.2.8");
}

TEST_F(ResolverTest, HostsFileLiteralsAndSpecialNamesNeedNoServer) {
  options_.hosts_file = ::testing::TempDir() + "/hosts";
  std::ofstream(options_.hosts_file) << "# comment\n192.0.2.5 five.example Other # too\nbad line\n";
  options_.servers = *ParseDnsServers("127.0.0.1:1");
  EXPECT_EQ(Text(Resolve("five.example")), "192.0.2.5");
  EXPECT_EQ(Text(Resolve("other")), "192.0.2.5");
  EXPECT_EQ(Text(Resolve("[2001:db8::1]")), "[2001:db8::1]");
  EXPECT_EQ(Text(Resolve("x.localhost")), "127.0.0.1 [::1]");
  EXPECT_TRUE(absl::StrContains(Text(Resolve("abc.onion")), "DNS has no such names"));
}

TEST_F(ResolverTest, ListsOfServersAndOverridesSayWhatIsWrong) {
  EXPECT_EQ((*ParseDnsServers("192.0.2.53, [2001:db8::53]:54,2001:db8::1"))[1].ToString(),
            "[2001:db8::53]:54");
  for (const char* text : {"dns.example", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:x"}) {
    const absl::Status status = ParseDnsServers(text).status();
    EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
  }
  for (const char* text : {"a.example", "a.example:", "a.example:b.example", ":192.0.2.1",
                           "a.example:0:192.0.2.1", "a.example:99999:192.0.2.1"}) {
    const absl::Status status = ParseHostOverrides(text).status();
    EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
  }
}

// --- Families

TEST_F(ResolverTest, FamiliesComeInTurn) {
  DnsResponder dns([](const DnsQuestion& question) {
    DnsMessage message(question);
    return question.type == kDnsA
               ? Say(message.Address("192.0.2.1", 60).Address("192.0.2.2", 60))
               : Say(message.Address("2001:db8::1", 60).Address("2001:db8::2", 60));
  });
  Use({dns.server()});
  options_.families = IpFamilies::kBoth;
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1 [2001:db8::1] 192.0.2.2 [2001:db8::2]");
}

TEST_F(ResolverTest, AFamilyThatIsNotAnsweredHoldsUpNothingAndIsAddedLater) {
  DnsResponder dns([](const DnsQuestion& question) {
    DnsMessage message(question);
    return question.type == kDnsA
               ? Say(message.Address("192.0.2.1", 60))
               : Late(message.Address("2001:db8::1", 60), absl::Milliseconds(150));
  });
  Use({dns.server()});
  options_.families = IpFamilies::kBoth;
  options_.query_timeout = absl::Seconds(5);
  options_.family_wait = absl::Milliseconds(20);
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1");
  LoopTimer later(&loop_, [&] { loop_.Stop(); });
  later.Set(absl::Milliseconds(300));
  loop_.Run();
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1 [2001:db8::1]");
  EXPECT_EQ(dns.Count("a.example", kDnsA), 1);
}

TEST_F(ResolverTest, NoSuchNameForIpv6AloneIsNotBelieved) {
  DnsResponder dns([](const DnsQuestion& question) {
    DnsMessage message(question);
    return question.type == kDnsA ? Late(message.Address("192.0.2.1", 60), absl::Milliseconds(30))
                                  : Say(message.Rcode(3));
  });
  Use({dns.server()});
  options_.families = IpFamilies::kBoth;
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1");
}

// --- Servers

TEST_F(ResolverTest, DeadServerIsSetAsideAndTheOthersShareTheWork) {
  DnsResponder dead([](const DnsQuestion&) { return Nothing(); });
  const auto answer = [](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 60));
  };
  DnsResponder first(answer);
  DnsResponder second(answer);
  Use({dead.server(), first.server(), second.server()});
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(Text(Resolve(absl::StrCat(i, ".example"))), "192.0.2.1");
  }
  EXPECT_LE(dead.Questions().size(), 4u);
  EXPECT_GE(first.Questions().size(), 15u);
  EXPECT_GE(second.Questions().size(), 15u);
}

TEST_F(ResolverTest, ServerThatCannotFindOutIsAskedOnceAndThenTheNext) {
  DnsResponder fails(
      [](const DnsQuestion& question) { return Say(DnsMessage(question).Rcode(2)); });
  DnsResponder works([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 60));
  });
  Use({fails.server(), "127.0.0.1:1", works.server()});
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1");
  EXPECT_EQ(fails.Questions().size(), 1u);
}

TEST_F(ResolverTest, SilenceEndsAfterItsTries) {
  DnsResponder dead([](const DnsQuestion&) { return Nothing(); });
  Use({dead.server()});
  const absl::Time start = SteadyNow();
  EXPECT_TRUE(absl::StrContains(Text(Resolve("a.example")), "no server answers"));
  EXPECT_EQ(dead.Questions().size(), 3u);
  EXPECT_LT(SteadyNow() - start, absl::Seconds(2));
}

// --- Strangers

TEST_F(ResolverTest, ForgedAnswersAreNotTaken) {
  DnsResponder dns([](const DnsQuestion& question) {
    DnsQuestion other = question;
    other.name = "b.example";
    DnsReply reply;
    reply.messages = {
        DnsMessage(question).Id(question.id + 1).Address("203.0.113.66", 60).Bytes(),
        DnsMessage(other).Address("203.0.113.66", 60).Bytes(),
        DnsMessage(question).Address("192.0.2.1", 60).Bytes(),
    };
    return reply;
  });
  Use({dns.server()});
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1");
}

TEST_F(ResolverTest, QuestionsLeaveFromChangingPortsWithUnguessableNumbers) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Late(DnsMessage(question).Address("192.0.2.1", 60), absl::Milliseconds(1));
  });
  Use({dns.server()});
  int open = 400;
  for (int i = 0; i < 400; ++i) {
    resolver().Resolve(absl::StrCat(i, ".example"), 80, {}, SteadyNow(),
                       [&](const Resolver::Answer&) {
                         if (--open == 0) loop_.Stop();
                       });
  }
  loop_.Run();
  std::set<int> ports;
  std::set<int> ids;
  for (const DnsQuestion& question : dns.Questions()) {
    ports.insert(question.port);
    ids.insert(question.id);
  }
  EXPECT_GE(ports.size(), 5u);
  EXPECT_GE(ids.size(), 350u);
}

TEST_F(ResolverTest, BrokenAnswersAreFailures) {
  DnsResponder dns([](const DnsQuestion& question) {
    if (question.name == "garbage.example") {
      return DnsReply{{DnsMessage(question).Raw("\xff\xff\xff").Bytes()}};
    }
    return Say(DnsMessage(question).Alias("loop.example", "loop.example", 60));
  });
  Use({dns.server()});
  for (const char* name : {"garbage.example", "loop.example"}) {
    EXPECT_TRUE(absl::StrContains(Text(Resolve(name)), "the server's answer is broken")) << name;
  }
}

TEST_F(ResolverTest, GiantAnswersByTcpAreCut) {
  DnsResponder dns([](const DnsQuestion& question) {
    if (!question.tcp) return Say(DnsMessage(question).Truncated());
    DnsMessage giant(question);
    for (int i = 0; i < 2400; ++i) giant.Address("192.0.2.1", 60);
    return Say(giant);
  });
  Use({dns.server()});
  options_.query_timeout = absl::Seconds(2);
  EXPECT_EQ(Resolve("a.example").found.addresses.size(), options_.limits.max_addresses);
}

TEST_F(ResolverTest, ServerThatTruncatesAndHangsUpOnTcpIsAFailure) {
  DnsResponder dns([](const DnsQuestion& question) {
    return question.tcp ? Nothing() : Say(DnsMessage(question).Truncated());
  });
  Use({dns.server()});
  EXPECT_TRUE(Resolve("a.example").found.addresses.empty());
}

TEST_F(ResolverTest, NamesThatDnsCannotCarryFail) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 60));
  });
  Use({dns.server()});
  EXPECT_TRUE(Resolve(std::string(64, 'a') + ".example").found.addresses.empty());
  std::string deep = "example";
  for (int i = 0; i < 200; ++i) deep = "a." + deep;
  EXPECT_TRUE(Resolve(deep).found.addresses.empty());
  EXPECT_EQ(Text(Resolve("a.example")), "192.0.2.1");
}

TEST_F(ResolverTest, LookupsAtOnceHaveALimitAndTheOthersWait) {
  std::atomic<int> asked{0};
  DnsResponder dns([&](const DnsQuestion& question) {
    ++asked;
    return Late(DnsMessage(question).Address("192.0.2.1", 60), absl::Milliseconds(20));
  });
  Use({dns.server()});
  options_.max_lookups = 4;
  int open = 20;
  for (int i = 0; i < 20; ++i) {
    resolver().Resolve(absl::StrCat(i, ".example"), 80, {}, SteadyNow(),
                       [&](const Resolver::Answer& answer) {
                         EXPECT_EQ(Text(answer), "192.0.2.1");
                         // Four ended, four under way, and so on.
                         EXPECT_LE(asked.load(), 20 - open + 4 + 1);
                         if (--open == 0) loop_.Stop();
                       });
  }
  loop_.Run();
  EXPECT_EQ(dns.Questions().size(), 20u);
}

TEST_F(ResolverTest, ManyFailuresAtOnceDoNotNest) {
  options_.servers = *ParseDnsServers("127.0.0.1:1");
  options_.max_lookups = 1;
  int open = 20000;
  for (int i = 0; i < 20000; ++i) {
    // Too long a label: fails within the call.
    resolver().Resolve(absl::StrCat(std::string(64, 'x'), i, ".example"), 80, {}, SteadyNow(),
                       [&](const Resolver::Answer&) { --open; });
  }
  EXPECT_EQ(open, 0);
}

TEST_F(ResolverTest, AskersOfOneNameShareOneQuestion) {
  DnsResponder dns([](const DnsQuestion& question) {
    return Say(DnsMessage(question).Address("192.0.2.1", 60));
  });
  Use({dns.server()});
  int open = 5;
  for (int i = 0; i < 5; ++i) {
    resolver().Resolve("a.example", 80, {}, SteadyNow(), [&](const Resolver::Answer&) {
      if (--open == 0) loop_.Stop();
    });
  }
  loop_.Run();
  EXPECT_EQ(dns.Questions().size(), 1u);
}

TEST_F(ResolverTest, EndsQuietlyWithQuestionsUnderWay) {
  DnsResponder dead([](const DnsQuestion&) { return Nothing(); });
  Use({dead.server()});
  for (int i = 0; i < 200; ++i) {
    resolver().Resolve(absl::StrCat(i, ".example"), 80, {}, SteadyNow(),
                       [](const Resolver::Answer&) { FAIL(); });
  }
  LoopTimer timer(&loop_, [&] { loop_.Stop(); });
  timer.Set(absl::Milliseconds(50));
  loop_.Run();
  resolver_ = nullptr;
}

}  // namespace
}  // namespace spindle
