#include "crawler/dns_witnesses.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

using Names = std::vector<std::string>;

class DnsWitnessesTest : public ::testing::Test {
 protected:
  DnsWitnesses witnesses_{&PublicSuffixList::Builtin()};
};

TEST_F(DnsWitnessesTest, NamesOfOneRegistrableDomainAreNoWitnessesForOneAnother) {
  witnesses_.Add("www.a.co.uk");
  witnesses_.Add("mail.a.co.uk");
  witnesses_.Add("b.co.uk");
  EXPECT_EQ(witnesses_.NotOf("other.a.co.uk"), Names{"b.co.uk"});
  EXPECT_EQ(witnesses_.NotOf("b.co.uk"), Names{"www.a.co.uk"});
}

TEST_F(DnsWitnessesTest, FirstAndLastAreKept) {
  for (int i = 0; i < 10; ++i) witnesses_.Add(absl::StrCat("www.", i, ".example"));
  EXPECT_EQ(witnesses_.NotOf("none.example"),
            (Names{"www.0.example", "www.1.example", "www.8.example", "www.9.example"}));
}

}  // namespace
}  // namespace spindle
