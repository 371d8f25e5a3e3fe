#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "crawler/outage.h"
#include "crawler/resolver.h"
#include "crawler/steady_clock.h"
#include "gtest/gtest.h"
#include "parsers/public_suffix.h"
#include "tests/testing/dns_responder.h"

namespace spindle {
namespace {

using ::spindle::testing::DnsMessage;
using ::spindle::testing::DnsQuestion;
using ::spindle::testing::DnsReply;
using ::spindle::testing::DnsResponder;

// A name server that knows all names but those of dead domains: it cannot find out about those.
class ResolverBlameTest : public ::testing::Test {
 protected:
  ResolverBlameTest() {
    ResolverOptions options;
    options.hosts_file = "";
    options.families = IpFamilies::kIpv4;
    options.min_ttl = absl::ZeroDuration();
    options.outage = &outage_;
    options.servers = *ParseDnsServers(dns_.server());
    resolver_ = std::make_unique<Resolver>(&loop_, options);
  }

  Resolver::Answer Resolve(const std::string& host, absl::Time now) {
    std::optional<Resolver::Answer> result;
    resolver_->Resolve(host, 80, {}, now, [&](const Resolver::Answer& answer) {
      result = answer;
      loop_.Stop();
    });
    if (!result.has_value()) loop_.Run();
    return *result;
  }
  absl::Time Blame(const std::string& host, absl::Time now) {
    const Resolver::Answer failed = Resolve(host, now);
    EXPECT_TRUE(failed.server_failed) << failed.error;
    std::optional<absl::Time> result;
    resolver_->Blame(failed, now, [&](absl::Time retry_at) {
      result = retry_at;
      loop_.Stop();
    });
    if (!result.has_value()) loop_.Run();
    return *result;
  }
  void Kill(std::set<std::string> domains) {
    const std::lock_guard<std::mutex> lock(mu_);
    dead_ = std::move(domains);
  }
  bool IsDead(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mu_);
    return dead_.count(std::string(PublicSuffixList::Builtin().RegistrableDomain(name))) > 0;
  }

  std::mutex mu_;
  std::set<std::string> dead_;
  DnsResponder dns_{[this](const DnsQuestion& question) {
    DnsMessage answer(question);
    return DnsReply{{IsDead(question.name) ? answer.Rcode(2).Bytes()
                                           : answer.Address("192.0.2.1", 60).Bytes()}};
  }};
  EventLoop loop_{[] {}};
  Outage outage_;
  std::unique_ptr<Resolver> resolver_;
  const absl::Time now_ = SteadyNow();
};

TEST_F(ResolverBlameTest, NameIsNoWitnessForItself) {
  Resolve("good.example", now_);
  Resolve("late.test", now_);
  Kill({"late.test"});
  EXPECT_EQ(Blame("late.test", now_ + absl::Minutes(5)), absl::InfinitePast());
  EXPECT_FALSE(outage_.Current().has_value());
}

TEST_F(ResolverBlameTest, NamesOfOneDomainAreNoWitnessesForOneAnother) {
  Resolve("good.example", now_);
  Resolve("a.late.test", now_);
  Kill({"late.test"});
  EXPECT_EQ(Blame("b.late.test", now_ + absl::Minutes(5)), absl::InfinitePast());
  EXPECT_FALSE(outage_.Current().has_value());
}

TEST_F(ResolverBlameTest, OneWitnessIsEnough) {
  for (const char* name : {"good.example", "a.test", "b.test", "c.test", "d.test"}) {
    Resolve(name, now_);
  }
  Kill({"a.test", "b.test", "c.test", "d.test"});
  EXPECT_EQ(Blame("d.test", now_ + absl::Minutes(5)), absl::InfinitePast());
}

TEST_F(ResolverBlameTest, ServersThatTellOfNoneOfManyAreWaitedFor) {
  for (const char* name : {"a.test", "b.test", "c.test"}) Resolve(name, now_);
  Kill({"a.test", "b.test", "c.test"});
  EXPECT_GT(Blame("a.test", now_ + absl::Minutes(5)), now_);
  EXPECT_TRUE(outage_.Current().has_value());
  EXPECT_GT(Blame("a.test", now_ + absl::Hours(24)), now_);
}

TEST_F(ResolverBlameTest, WaitForALoneDomainHasAnEnd) {
  Resolve("www.a.test", now_);
  Kill({"a.test"});
  const absl::Time later = now_ + absl::Minutes(5);
  EXPECT_GT(Blame("a.test", later), later);
  EXPECT_GT(Blame("www.a.test", later + absl::Minutes(9)), later);
  EXPECT_EQ(Blame("www.a.test", later + absl::Minutes(10)), absl::InfinitePast());
}

TEST_F(ResolverBlameTest, NameThatDnsCannotCarryTellsNothingOfTheServers) {
  const Resolver::Answer answer = Resolve("a..b", now_);
  EXPECT_FALSE(answer.server_failed);
  EXPECT_EQ(answer.error, "cannot resolve a..b: DNS cannot carry such a name");
  EXPECT_FALSE(outage_.ever_worked());
  EXPECT_FALSE(outage_.Current().has_value());
}

}  // namespace
}  // namespace spindle
