#include "parsers/public_suffix.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

absl::string_view Registrable(absl::string_view host) {
  return PublicSuffixList::Builtin().RegistrableDomain(host);
}

// A list file of the test's own.
std::string WriteList(absl::string_view name, absl::string_view rules) {
  const std::string path = absl::StrCat(testing::TempDir(), "/", name);
  std::ofstream(path) << "// ===BEGIN ICANN DOMAINS===\n"
                      << rules << "\n// ===END ICANN DOMAINS===\n";
  return path;
}

TEST(PublicSuffixTest, FindsTheRegistrableDomain) {
  EXPECT_EQ(Registrable("example.com"), "example.com");
  EXPECT_EQ(Registrable("a.b.example.com"), "example.com");
  EXPECT_EQ(Registrable("www.example.co.uk"), "example.co.uk");
  EXPECT_EQ(Registrable("www.xn--85x722f.xn--55qx5d.cn"), "xn--85x722f.xn--55qx5d.cn");
}

// https://publicsuffix.org/list/, "Algorithm": wildcards, their exceptions, and the rule "*".
TEST(PublicSuffixTest, FollowsWildcardsAndExceptions) {
  EXPECT_EQ(Registrable("a.b.c.kobe.jp"), "b.c.kobe.jp");
  EXPECT_EQ(Registrable("www.city.kobe.jp"), "city.kobe.jp");
  EXPECT_EQ(Registrable("a.b.unlisted-tld"), "b.unlisted-tld");
}

TEST(PublicSuffixTest, SeparatesCustomersOfPrivateSuffixes) {
  EXPECT_EQ(Registrable("a.someone.github.io"), "someone.github.io");
}

TEST(PublicSuffixTest, HostsWithoutOneAnswerForThemselves) {
  EXPECT_EQ(Registrable("localhost"), "localhost");
  EXPECT_EQ(Registrable("com"), "com");
  EXPECT_EQ(Registrable("co.uk"), "co.uk");
  EXPECT_EQ(Registrable("192.168.0.1"), "192.168.0.1");
  EXPECT_EQ(Registrable("[::1]"), "[::1]");
  EXPECT_EQ(Registrable(""), "");
  EXPECT_EQ(Registrable("."), ".");
}

TEST(PublicSuffixTest, LeavesTheFinalDotOut) {
  EXPECT_EQ(Registrable("www.example.com."), "example.com");
}

TEST(PublicSuffixTest, TakesHostsOfAnyLength) {
  const std::string longest = std::string(243, 'a') + ".example.com";
  EXPECT_EQ(Registrable(longest), "example.com");
  const std::string too_long = "a" + longest;
  EXPECT_EQ(Registrable(too_long), too_long);
  EXPECT_FALSE(PublicSuffixList::Builtin().IsPublicSuffix(too_long));
}

TEST(PublicSuffixTest, ReturnsAViewOfTheHost) {
  const std::string host = "www.example.com";
  EXPECT_EQ(Registrable(host).data(), host.data() + 4);
}

TEST(PublicSuffixTest, KnowsPublicSuffixes) {
  const PublicSuffixList& list = PublicSuffixList::Builtin();
  EXPECT_TRUE(list.IsPublicSuffix("com"));
  EXPECT_TRUE(list.IsPublicSuffix("co.uk"));
  EXPECT_TRUE(list.IsPublicSuffix("c.kobe.jp"));
  EXPECT_FALSE(list.IsPublicSuffix("city.kobe.jp"));
  EXPECT_FALSE(list.IsPublicSuffix("example.com"));
  EXPECT_FALSE(list.IsPublicSuffix("127.0.0.1"));
}

TEST(PublicSuffixTest, LoadsAListFromAFile) {
  const auto list =
      PublicSuffixList::Load(WriteList("list.dat", "test\nmy.test\n*.wild\n!not.wild"));
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->RegistrableDomain("a.b.my.test"), "b.my.test");
  EXPECT_EQ(list->RegistrableDomain("a.b.test"), "b.test");
  EXPECT_EQ(list->RegistrableDomain("a.b.c.wild"), "b.c.wild");
  EXPECT_EQ(list->RegistrableDomain("a.not.wild"), "not.wild");
  EXPECT_EQ(list->RegistrableDomain("www.example.co.uk"), "co.uk");
}

TEST(PublicSuffixTest, LoadSaysWhatIsWrong) {
  EXPECT_EQ(PublicSuffixList::Load("/nonexistent/list").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(PublicSuffixList::Load(WriteList("empty.dat", "")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace spindle
