#include "parsers/idna.h"

#include <string>

#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string ToAscii(absl::string_view domain) {
  std::string out;
  return AppendDomainToAscii(domain, &out) ? out : "refused";
}

TEST(IdnaTest, EncodesLabelsThatAreNotAscii) {
  EXPECT_EQ(ToAscii("bücher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(ToAscii("例え.テスト"), "xn--r8jz45g.xn--zckzah");
}

// UTS #46, section 4: the mapping step.
TEST(IdnaTest, MapsCaseWidthAndDots) {
  EXPECT_EQ(ToAscii("BÜCHER.Example"), "xn--bcher-kva.example");
  EXPECT_EQ(ToAscii("ｅｘａｍｐｌｅ。com"), "example.com");
  EXPECT_EQ(ToAscii("a\u00ADb\u200Bü.example"), ToAscii("abü.example"));
}

// URL Standard, section 3.3: Transitional_Processing is false.
TEST(IdnaTest, KeepsDeviationCharacters) {
  EXPECT_EQ(ToAscii("faß.de"), "xn--fa-hia.de");
  EXPECT_EQ(ToAscii("βόλος.example"), "xn--nxasmm1c.example");
}

// URL Standard, section 3.3: CheckHyphens and VerifyDnsLength are false.
TEST(IdnaTest, ToleratesHyphensAndLengths) {
  EXPECT_EQ(ToAscii("-ü-.example"), "xn-----xka.example");
  EXPECT_EQ(ToAscii("ü..example"), "xn--tda..example");
  const std::string long_label(100, 'a');
  EXPECT_EQ(ToAscii("ü." + long_label), "xn--tda." + long_label);
}

// UTS #46, section 4.1, criteria 8 and 9: CheckJoiners and CheckBidi.
TEST(IdnaTest, RefusesMisplacedJoinersAndMixedDirections) {
  EXPECT_EQ(ToAscii("a\u200Cb.example"), "refused");
  EXPECT_EQ(ToAscii("aא.example"), "refused");
}

TEST(IdnaTest, RefusesBrokenPunycodeAmongLabelsThatAreNotAscii) {
  EXPECT_EQ(ToAscii("ü.xn--a-"), "refused");
}

TEST(IdnaTest, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(ToAscii("b\xFC"
                    "cher.example"),
            "refused");
  EXPECT_EQ(ToAscii("\xED\xA0\x80"), "refused");
}

TEST(IdnaTest, RefusesEmptyResults) {
  EXPECT_EQ(ToAscii(""), "refused");
  EXPECT_EQ(ToAscii("\u00AD"), "refused");
}

TEST(IdnaTest, RefusesNamesBeyondItsLimit) {
  std::string name = "ü";
  while (name.size() < kMaxDomainBytes) name += ".a";
  ASSERT_EQ(name.size(), kMaxDomainBytes);
  EXPECT_NE(ToAscii(name), "refused");
  EXPECT_EQ(ToAscii(name + "a"), "refused");
}

TEST(IdnaTest, TakesANameThatGrowsALot) {
  std::string name;
  while (name.size() + 4 <= kMaxDomainBytes) name += "㍿.";
  const std::string ascii = ToAscii(name);
  EXPECT_GT(ascii.size(), 3 * kMaxDomainBytes);
  EXPECT_EQ(ascii.substr(0, 4), "xn--");
}

// ICU encodes no label of more than 1,000 code units, as that takes quadratic time.
TEST(IdnaTest, RefusesEndlessLabels) {
  EXPECT_EQ(ToAscii("ü" + std::string(1500, 'a')), "refused");
}

TEST(IdnaTest, AppendsAndLeavesTheOutputAloneOnFailure) {
  std::string out = "https://";
  EXPECT_TRUE(AppendDomainToAscii("ü", &out));
  EXPECT_EQ(out, "https://xn--tda");
  EXPECT_FALSE(AppendDomainToAscii("\xFF", &out));
  EXPECT_EQ(out, "https://xn--tda");
}

}  // namespace
}  // namespace spindle
