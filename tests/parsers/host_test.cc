#include "parsers/host.h"

#include <string>

#include "gtest/gtest.h"

namespace spindle {
namespace {

// The canonical host with a letter for its kind, or "refused".
std::string Host(absl::string_view input, bool is_special = true) {
  std::string out;
  switch (AppendHost(input, is_special, &out)) {
    case HostKind::kNone:
      return "refused";
    case HostKind::kDomain:
      return "domain " + out;
    case HostKind::kIpv4:
      return "ipv4 " + out;
    case HostKind::kIpv6:
      return "ipv6 " + out;
    case HostKind::kOpaque:
      return "opaque " + out;
  }
  return "";
}

TEST(HostTest, PutsDomainsInLowerCase) {
  EXPECT_EQ(Host("WWW.Example.COM"), "domain www.example.com");
  EXPECT_EQ(Host("under_score.example"), "domain under_score.example");
  EXPECT_EQ(Host("a..b"), "domain a..b");
  EXPECT_EQ(Host("."), "domain .");
}

// Section 3.5: percent-decoding comes before everything.
TEST(HostTest, DecodesPercentEscapesInDomains) {
  EXPECT_EQ(Host("ex%41mple%2Ecom"), "domain example.com");
  EXPECT_EQ(Host("b%C3%BCcher.example"), "domain xn--bcher-kva.example");
  EXPECT_EQ(Host("%31%32%37.0.0.1"), "ipv4 127.0.0.1");
  EXPECT_EQ(Host("a%b"), "refused");
  EXPECT_EQ(Host("a%00b"), "refused");
  EXPECT_EQ(Host("a%2Fb"), "refused");
}

// Section 3.3: an ASCII domain is not validated.
TEST(HostTest, KeepsPunycodeOfAsciiDomainsAsItIs) {
  EXPECT_EQ(Host("XN--BCHER-KVA.example"), "domain xn--bcher-kva.example");
  EXPECT_EQ(Host("xn--a"), "domain xn--a");
  EXPECT_EQ(Host("xn--"), "domain xn--");
}

// Section 3.1: forbidden domain code points.
TEST(HostTest, RefusesForbiddenCodePoints) {
  for (const char c : absl::string_view("\0\x01\t\n\r\x1F #%/:<>?@[\\]^|\x7F", 22)) {
    EXPECT_EQ(Host(std::string("a") + c + "b"), "refused") << int{c};
  }
  for (const char c : absl::string_view("!\"$&'()*+,-.;=_`{}~")) {
    EXPECT_EQ(Host(std::string("a") + c + "b"), std::string("domain a") + c + "b");
  }
}

TEST(HostTest, RefusesAFullWidthDelimiterThatMapsToAForbiddenOne) {
  EXPECT_EQ(Host("a\uFF0Fb"), "refused");
  EXPECT_EQ(Host("a\uFF05b"), "refused");
}

// Section 3.5, IPv4 parser.
TEST(HostTest, ReadsIpv4InAllBases) {
  EXPECT_EQ(Host("192.168.0.1"), "ipv4 192.168.0.1");
  EXPECT_EQ(Host("0xC0.0250.0.1"), "ipv4 192.168.0.1");
  EXPECT_EQ(Host("3232235521"), "ipv4 192.168.0.1");
  EXPECT_EQ(Host("0300.0xa80001"), "ipv4 192.168.0.1");
  EXPECT_EQ(Host("192.168.1"), "ipv4 192.168.0.1");
  EXPECT_EQ(Host("0x"), "ipv4 0.0.0.0");
  EXPECT_EQ(Host("1.2.3.4."), "ipv4 1.2.3.4");
  EXPECT_EQ(Host("0xFFFFFFFF"), "ipv4 255.255.255.255");
  EXPECT_EQ(Host("１２７.0.0.1"), "ipv4 127.0.0.1");
}

TEST(HostTest, RefusesIpv4OutOfRange) {
  EXPECT_EQ(Host("256.0.0.1"), "refused");
  EXPECT_EQ(Host("1.2.3.256"), "refused");
  EXPECT_EQ(Host("1.2.65536"), "refused");
  EXPECT_EQ(Host("1.16777216"), "refused");
  EXPECT_EQ(Host("4294967296"), "refused");
  EXPECT_EQ(Host("99999999999999999999999999999"), "refused");
  EXPECT_EQ(Host("0x10000000000000000"), "refused");
}

TEST(HostTest, RefusesIpv4WithTheWrongParts) {
  EXPECT_EQ(Host("1.2.3.4.5"), "refused");
  EXPECT_EQ(Host("1..2"), "refused");
  EXPECT_EQ(Host("08.0.0.1"), "refused");
  EXPECT_EQ(Host("1.2.3.08"), "refused");
  EXPECT_EQ(Host("example.1"), "refused");
  EXPECT_EQ(Host("example.0xF"), "refused");
}

// Section 3.5, ends-in-a-number checker.
TEST(HostTest, OnlyALastLabelThatIsANumberMakesIpv4) {
  EXPECT_EQ(Host("1.example"), "domain 1.example");
  EXPECT_EQ(Host("example.1a"), "domain example.1a");
  EXPECT_EQ(Host("example.0xg"), "domain example.0xg");
  EXPECT_EQ(Host("1.2.3.."), "domain 1.2.3..");
}

// Section 3.5, IPv6 parser and serialiser.
TEST(HostTest, CompressesTheFirstLongestRunOfZeros) {
  EXPECT_EQ(Host("[1:2:3:4:5:6:7:8]"), "ipv6 [1:2:3:4:5:6:7:8]");
  EXPECT_EQ(Host("[2001:0DB8:0:0:1:0:0:1]"), "ipv6 [2001:db8::1:0:0:1]");
  EXPECT_EQ(Host("[1:0:0:2:0:0:0:3]"), "ipv6 [1:0:0:2::3]");
  EXPECT_EQ(Host("[1:0:2:3:4:5:6:7]"), "ipv6 [1:0:2:3:4:5:6:7]");
  EXPECT_EQ(Host("[::]"), "ipv6 [::]");
  EXPECT_EQ(Host("[::1]"), "ipv6 [::1]");
  EXPECT_EQ(Host("[1::]"), "ipv6 [1::]");
  EXPECT_EQ(Host("[1:2:3:4:5:6:7::]"), "ipv6 [1:2:3:4:5:6:7:0]");
  EXPECT_EQ(Host("[::2:3:4:5:6:7:8]"), "ipv6 [0:2:3:4:5:6:7:8]");
}

TEST(HostTest, ReadsIpv4AtTheEndOfIpv6) {
  EXPECT_EQ(Host("[::ffff:192.168.0.1]"), "ipv6 [::ffff:c0a8:1]");
  EXPECT_EQ(Host("[1:2:3:4:5:6:1.2.3.4]"), "ipv6 [1:2:3:4:5:6:102:304]");
  for (const char* text :
       {"[::1.2.3]", "[::1.2.3.4.5]", "[::1.2.3.256]", "[::01.2.3.4]", "[1:2:3:4:5:6:7:1.2.3.4]",
        "[::.1.2.3]", "[::1.2.3.4:5]", "[::1.2.3.]"}) {
    EXPECT_EQ(Host(text), "refused") << text;
  }
}

TEST(HostTest, RefusesBrokenIpv6) {
  for (const char* text : {"[]", "[", "[:", "[::", "[:1]", "[1]", "[1:2:3:4:5:6:7]",
                           "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[12345::]", "[g::]", "[1:]",
                           "[::1%25eth0]", "[::1]x", "[1:2:3:4:5:6:7:8::]", "[:::]"}) {
    EXPECT_EQ(Host(text), "refused") << text;
  }
}

// Section 3.5, opaque-host parser.
TEST(HostTest, KeepsOpaqueHostsButForControlsAndForbiddenOnes) {
  EXPECT_EQ(Host("Ex%41mple", false), "opaque Ex%41mple");
  EXPECT_EQ(Host("1.2.3", false), "opaque 1.2.3");
  EXPECT_EQ(Host("ü\x01\x7F", false), "opaque %C3%BC%01%7F");
  EXPECT_EQ(Host("[::1]", false), "ipv6 [::1]");
  EXPECT_EQ(Host("a b", false), "refused");
  EXPECT_EQ(Host("a^b", false), "refused");
  EXPECT_EQ(Host(absl::string_view("a\0b", 3), false), "refused");
}

TEST(HostTest, AppendsToWhatIsThere) {
  std::string out = "http://";
  EXPECT_EQ(AppendHost("0x7f.1", true, &out), HostKind::kIpv4);
  EXPECT_EQ(out, "http://127.0.0.1");
}

// RFC 1035, section 2.3.4.
TEST(VerifyDnsLengthTest, BoundsLabelsAndNames) {
  EXPECT_TRUE(VerifyDnsLength("example.com"));
  EXPECT_TRUE(VerifyDnsLength("example.com."));
  EXPECT_TRUE(VerifyDnsLength(std::string(63, 'a') + ".com"));
  EXPECT_FALSE(VerifyDnsLength(std::string(64, 'a') + ".com"));
  EXPECT_FALSE(VerifyDnsLength("com." + std::string(64, 'a')));
  EXPECT_FALSE(VerifyDnsLength("a..com"));
  EXPECT_FALSE(VerifyDnsLength(".com"));
  EXPECT_FALSE(VerifyDnsLength("com.."));
  EXPECT_FALSE(VerifyDnsLength("."));
  EXPECT_FALSE(VerifyDnsLength(""));
  std::string name;
  while (name.size() < 252) name += "a.";
  EXPECT_TRUE(VerifyDnsLength(name + "a"));
  EXPECT_TRUE(VerifyDnsLength(name + "a."));
  EXPECT_FALSE(VerifyDnsLength(name + "ab"));
}

}  // namespace
}  // namespace spindle
