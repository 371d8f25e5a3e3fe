#include "crawler/ip_address.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace spindle {
namespace {

bool Allowed(const AddressGuard& guard, const char* address) {
  const std::optional<IpAddress> parsed = IpAddress::Parse(address);
  EXPECT_TRUE(parsed.has_value()) << address;
  return parsed.has_value() && guard.Allows(*parsed);
}

TEST(IpAddressTest, ParsesBothFamiliesAndNothingElse) {
  EXPECT_EQ(IpAddress::Parse("192.0.2.1")->ToString(), "192.0.2.1");
  EXPECT_EQ(IpAddress::Parse("[2001:DB8::0:1]")->ToString(), "[2001:db8::1]");
  for (const char* text : {"", "example.org", "1.2.3", "1.2.3.4.5", "0x7f.1", "[::1", "::g"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(IpAddressTest, MappedFormEqualsTheIpv4Address) {
  EXPECT_EQ(*IpAddress::Parse("::ffff:10.0.0.1"), *IpAddress::Parse("10.0.0.1"));
}

TEST(IpAddressTest, BytesAreTheAddress) {
  for (const char* text : {"192.0.2.1", "[2001:db8::1]"}) {
    const IpAddress address = *IpAddress::Parse(text);
    const std::string bytes(address.bytes().begin(), address.bytes().end());
    EXPECT_EQ(IpAddress::FromBytes(bytes), address);
  }
  EXPECT_FALSE(IpAddress::FromBytes("1234").has_value());
}

TEST(IpNetworkTest, ContainsWhatSharesItsPrefix) {
  const IpNetwork network = *IpNetwork::Parse("10.32.0.0/11");
  EXPECT_TRUE(network.Contains(*IpAddress::Parse("10.63.255.255")));
  EXPECT_FALSE(network.Contains(*IpAddress::Parse("10.64.0.0")));
  EXPECT_FALSE(network.Contains(*IpAddress::Parse("2001:db8::1")));
  EXPECT_TRUE(IpNetwork::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("8.8.8.8")));
  EXPECT_FALSE(IpNetwork::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("2606:4700::1")));
}

TEST(IpNetworkTest, SaysWhatIsWrong) {
  for (const char* text :
       {"", "example.org/8", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "1.2.3.4/x"}) {
    const absl::Status status = IpNetwork::Parse(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_NE(status.message().find(text), absl::string_view::npos) << status;
  }
}

TEST(AddressGuardTest, PublicAddressesAreAllowed) {
  const AddressGuard guard;
  for (const char* address : {"1.1.1.1", "93.184.216.34", "172.32.0.1", "192.169.0.1",
                              "2606:4700:4700::1111", "2a00:1450:4001::1"}) {
    EXPECT_TRUE(Allowed(guard, address)) << address;
  }
}

// RFC 6890 and its updates: the first and the last address of each range, and its neighbours.
TEST(AddressGuardTest, SpecialAddressesAreRefused) {
  struct Range {
    const char* what;
    std::vector<const char*> inside;
    std::vector<const char*> outside;
  };
  const Range kRanges[] = {
      {"this network", {"0.0.0.0", "0.255.255.255"}, {"1.0.0.0"}},
      {"private", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0"}},
      {"private", {"172.16.0.0", "172.31.255.255"}, {"172.15.255.255", "172.32.0.0"}},
      {"private", {"192.168.0.0", "192.168.255.255"}, {"192.167.255.255", "192.169.0.0"}},
      {"CGNAT", {"100.64.0.0", "100.127.255.255"}, {"100.63.255.255", "100.128.0.0"}},
      {"loopback", {"127.0.0.0", "127.255.255.255"}, {"126.255.255.255", "128.0.0.0"}},
      {"link-local", {"169.254.0.0", "169.254.255.255"}, {"169.253.255.255", "169.255.0.0"}},
      {"metadata", {"169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"}, {}},
      {"metadata", {"168.63.129.16"}, {"168.63.129.15", "168.63.129.17"}},
      {"protocol assignments", {"192.0.0.0", "192.0.0.255"}, {"191.255.255.255", "192.0.1.0"}},
      {"documentation", {"192.0.2.0", "192.0.2.255"}, {"192.0.1.255", "192.0.3.0"}},
      {"documentation", {"198.51.100.0", "198.51.100.255"}, {"198.51.99.255", "198.51.101.0"}},
      {"documentation", {"203.0.113.0", "203.0.113.255"}, {"203.0.112.255", "203.0.114.0"}},
      {"6to4 relays", {"192.88.99.1"}, {"192.88.98.255", "192.88.100.0"}},
      {"benchmarks", {"198.18.0.0", "198.19.255.255"}, {"198.17.255.255", "198.20.0.0"}},
      {"multicast", {"224.0.0.0", "239.255.255.255"}, {"223.255.255.255"}},
      {"reserved and broadcast", {"240.0.0.0", "255.255.255.255"}, {}},
      {"unspecified and loopback", {"::", "::1"}, {}},
      {"discard", {"100::", "100::ffff:ffff:ffff:ffff"}, {}},
      {"no global unicast", {"1fff:ffff::1", "4000::1", "8000::1", "e000::1"}, {"2600::1"}},
      {"Teredo", {"2001::1", "2001:0:ffff::1"}, {"2001:200::1"}},
      {"benchmarks and ORCHID", {"2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1"}, {}},
      {"documentation", {"2001:db8::", "2001:db8:ffff::1"}, {"2001:db7:ffff::1", "2001:db9::"}},
      {"documentation", {"3fff::1", "3fff:fff::1"}, {"3fff:1000::1"}},
      {"6bone", {"3ffe::1"}, {"3ffd::1"}},
      {"segment routing", {"5f00::1"}, {}},
      {"unique local", {"fc00::1", "fdff:ffff::1"}, {}},
      {"link-local", {"fe80::1", "febf::1"}, {}},
      {"site-local", {"fec0::1", "feff::1"}, {}},
      {"multicast", {"ff00::1", "ff02::1", "ffff::1"}, {}},
  };
  const AddressGuard guard;
  for (const Range& range : kRanges) {
    for (const char* address : range.inside) {
      EXPECT_FALSE(Allowed(guard, address)) << range.what << ": " << address;
    }
    for (const char* address : range.outside) {
      EXPECT_TRUE(Allowed(guard, address)) << "next to " << range.what << ": " << address;
    }
  }
}

TEST(AddressGuardTest, AnEmbeddedIpv4AddressIsJudgedAsThatAddress) {
  const AddressGuard closed;
  const AddressGuard open({*IpNetwork::Parse("10.0.0.0/8")});
  for (const char* form : {"::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1",
                           "2600::5efe:10.0.0.1", "2600::200:5efe:10.0.0.1"}) {
    EXPECT_FALSE(Allowed(closed, form)) << form;
    EXPECT_TRUE(Allowed(open, form)) << form;
  }
  for (const char* form :
       {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2600::5efe:8.8.8.8"}) {
    EXPECT_TRUE(Allowed(closed, form)) << form;
  }
}

// Nothing public is behind them, whatever they carry.
TEST(AddressGuardTest, FormsOfNoUseAreRefusedWithAnyIpv4AddressInside) {
  const AddressGuard guard({*IpNetwork::Parse("10.0.0.0/8")});
  for (const char* address :
       {"::8.8.8.8", "::10.0.0.1", "64:ff9b:1::8.8.8.8", "64:ff9b:1::10.0.0.1", "::ffff:0:8.8.8.8",
        "::ffff:0:10.0.0.1", "2001:0:808:808::f5ff:fffe"}) {
    EXPECT_FALSE(Allowed(guard, address)) << address;
  }
}

TEST(AddressGuardTest, OperatorOpensNetworks) {
  const AddressGuard guard({*IpNetwork::Parse("127.0.0.0/8"), *IpNetwork::Parse("fd00::/8")});
  EXPECT_TRUE(Allowed(guard, "127.1.2.3"));
  EXPECT_TRUE(Allowed(guard, "fd00::1"));
  EXPECT_FALSE(Allowed(guard, "10.0.0.1"));
  EXPECT_FALSE(Allowed(guard, "::1"));
}

}  // namespace
}  // namespace spindle
