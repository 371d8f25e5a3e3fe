#include "crawler/ip_address.h"

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

// RFC 6890 and its updates.
TEST(AddressGuardTest, SpecialAddressesAreRefused) {
  const AddressGuard guard;
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.0.2.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fc00::1",
                              "fd12::1",
                              "fe80::1",
                              "ff02::1",
                              "2001:db8::1",
                              "2001::1",
                              "100::1"}) {
    EXPECT_FALSE(Allowed(guard, address)) << address;
  }
}

TEST(AddressGuardTest, Ipv6FormsThatCarryASpecialIpv4AddressAreRefused) {
  const AddressGuard guard;
  EXPECT_FALSE(Allowed(guard, "::ffff:127.0.0.1"));
  EXPECT_FALSE(Allowed(guard, "::127.0.0.1"));
  EXPECT_FALSE(Allowed(guard, "64:ff9b::10.0.0.1"));
  EXPECT_FALSE(Allowed(guard, "2002:7f00:1::"));
  EXPECT_TRUE(Allowed(guard, "64:ff9b::8.8.8.8"));
  EXPECT_TRUE(Allowed(guard, "::ffff:8.8.8.8"));
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
