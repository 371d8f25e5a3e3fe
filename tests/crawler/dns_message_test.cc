#include "crawler/dns_message.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/dns_responder.h"

namespace spindle {
namespace {

using ::spindle::testing::DnsMessage;
using ::spindle::testing::DnsQuestion;
using Outcome = DnsAnswer::Outcome;

DnsQuestion Question(DnsType type = DnsType::kA) {
  DnsQuestion question;
  question.name = "a.example";
  question.type = static_cast<uint16_t>(type);
  return question;
}

DnsAnswer Parse(const std::string& message, DnsType type = DnsType::kA) {
  return ParseDnsAnswer(message, "a.example", type, DnsLimits());
}

TEST(DnsMessageTest, ReadsAddressesAndTheirLeastTtl) {
  const DnsAnswer answer =
      Parse(DnsMessage(Question()).Address("192.0.2.1", 300).Address("192.0.2.2", 60).Bytes());
  EXPECT_EQ(answer.outcome, Outcome::kAddresses);
  ASSERT_EQ(answer.addresses.size(), 2u);
  EXPECT_EQ(answer.addresses[1].ToString(), "192.0.2.2");
  EXPECT_EQ(answer.ttl, absl::Seconds(60));
  const DnsAnswer v6 =
      Parse(DnsMessage(Question(DnsType::kAaaa)).Address("2001:db8::1", 9).Bytes(), DnsType::kAaaa);
  ASSERT_EQ(v6.addresses.size(), 1u);
  EXPECT_EQ(v6.addresses[0].ToString(), "[2001:db8::1]");
}

TEST(DnsMessageTest, FollowsAliasesInAnyOrder) {
  const DnsAnswer answer = Parse(DnsMessage(Question())
                                     .Address("192.0.2.1", 300, "c.example")
                                     .Alias("b.example", "c.example", 20)
                                     .Alias("A.Example", "b.example", 300)
                                     .Bytes());
  EXPECT_EQ(answer.outcome, Outcome::kAddresses);
  EXPECT_EQ(answer.ttl, absl::Seconds(20));
}

TEST(DnsMessageTest, PassesOverWhatTheNameDoesNotLeadTo) {
  const DnsAnswer answer = Parse(DnsMessage(Question())
                                     .Address("203.0.113.66", 300, "victim.example")
                                     .Address("2001:db8::1", 300)
                                     .Address("192.0.2.1", 300)
                                     .Bytes());
  ASSERT_EQ(answer.addresses.size(), 1u);
  EXPECT_EQ(answer.addresses[0].ToString(), "192.0.2.1");
}

TEST(DnsMessageTest, AliasesThatLeadNowhereAreABrokenAnswer) {
  EXPECT_EQ(Parse(DnsMessage(Question())
                      .Alias("a.example", "b.example", 1)
                      .Alias("b.example", "a.example", 1)
                      .Bytes())
                .outcome,
            Outcome::kMalformed);
  DnsMessage longer(Question());
  longer.Alias("a.example", "0.example", 1);
  for (int i = 0; i < 20; ++i) {
    longer.Alias(absl::StrCat(i, ".example"), absl::StrCat(i + 1, ".example"), 1);
  }
  longer.Address("192.0.2.1", 1, "20.example");
  EXPECT_EQ(Parse(longer.Bytes()).outcome, Outcome::kMalformed);
}

TEST(DnsMessageTest, TakesNoMoreThanItsLimits) {
  DnsMessage message(Question());
  for (int i = 0; i < 4000; ++i) message.Address(absl::StrCat("192.0.2.", i % 256), 60);
  const DnsAnswer answer = Parse(message.Bytes());
  EXPECT_EQ(answer.outcome, Outcome::kAddresses);
  EXPECT_EQ(answer.addresses.size(), DnsLimits().max_addresses);
}

// RFC 2308 5: the lesser of the SOA's own TTL and its minimum.
TEST(DnsMessageTest, NegativeAnswersHoldAsLongAsTheSoaSays) {
  const DnsAnswer unknown = Parse(DnsMessage(Question()).Rcode(3).Soa(900, 30).Bytes());
  EXPECT_EQ(unknown.outcome, Outcome::kNoSuchName);
  EXPECT_EQ(unknown.ttl, absl::Seconds(30));
  const DnsAnswer empty = Parse(DnsMessage(Question()).Soa(10, 30).Bytes());
  EXPECT_EQ(empty.outcome, Outcome::kNoAddresses);
  EXPECT_EQ(empty.ttl, absl::Seconds(10));
  EXPECT_EQ(Parse(DnsMessage(Question()).Rcode(3).Bytes()).ttl, absl::ZeroDuration());
}

TEST(DnsMessageTest, FailuresAreNoNegativeAnswers) {
  const DnsAnswer answer = Parse(DnsMessage(Question()).Rcode(2).Bytes());
  EXPECT_EQ(answer.outcome, Outcome::kFailure);
  EXPECT_EQ(answer.rcode, 2);
}

// RFC 2181 8.
TEST(DnsMessageTest, TtlWithItsHighestBitSetIsZero) {
  EXPECT_EQ(Parse(DnsMessage(Question()).Address("192.0.2.1", 0x80000001).Bytes()).ttl,
            absl::ZeroDuration());
}

TEST(DnsMessageTest, CompressedNamesAreReadAndTheirLoopsEnd) {
  // The owner is a pointer to the question; the record itself as usual.
  const std::string tail("\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", 14);
  EXPECT_EQ(Parse(DnsMessage(Question()).Raw("\xc0\x0c" + tail).Bytes()).outcome,
            Outcome::kAddresses);
  const size_t here = DnsMessage(Question()).Bytes().size();
  const std::string self = {'\xc0', static_cast<char>(here)};
  EXPECT_EQ(Parse(DnsMessage(Question()).Raw(self + tail).Bytes()).outcome, Outcome::kMalformed);
  EXPECT_EQ(Parse(DnsMessage(Question()).Raw("\xff\xff" + tail).Bytes()).outcome,
            Outcome::kMalformed);
}

TEST(DnsMessageTest, ADotWithinALabelIsNoDotOfTheName) {
  const std::string record(
      "\x09"
      "a.example\0\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1",
      25);
  EXPECT_EQ(Parse(DnsMessage(Question()).Raw(record).Bytes()).outcome, Outcome::kNoAddresses);
}

TEST(DnsMessageTest, EveryCutOfAMessageIsRead) {
  const std::string whole = DnsMessage(Question())
                                .Alias("a.example", "b.example", 5)
                                .Address("192.0.2.1", 5, "b.example")
                                .Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Parse(whole.substr(0, size)).outcome, Outcome::kMalformed) << size;
  }
  EXPECT_EQ(Parse(whole).outcome, Outcome::kAddresses);
}

}  // namespace
}  // namespace spindle
