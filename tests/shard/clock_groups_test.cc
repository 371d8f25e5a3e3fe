#include "shard/clock_groups.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

ClockGroups Make(ClockKind kind, const std::vector<const char*>& texts) {
  std::vector<ClockGroup> groups;
  for (const char* text : texts) groups.push_back(ParseClockGroup(text).value());
  return ClockGroups::Create(kind, groups).value();
}

TEST(ClockKindTest, ReadsItsThreeNames) {
  EXPECT_EQ(ParseClockKind("host").value(), ClockKind::kHost);
  EXPECT_EQ(ParseClockKind("domain").value(), ClockKind::kDomain);
  EXPECT_EQ(ParseClockKind("ip").value(), ClockKind::kIp);
  for (const char* text : {"", "Host", "group", "ip "}) {
    const absl::Status status = ParseClockKind(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(status.message(), "\"host\", \"domain\" or \"ip\""));
  }
}

TEST(ClockGroupTest, ReadsNameAndPatterns) {
  const ClockGroup group =
      ParseClockGroup("blogs_1:*.blogspot.com, WordPress.com,*.bücher.de").value();
  EXPECT_EQ(group.name, "blogs_1");
  EXPECT_EQ(group.patterns,
            (std::vector<std::string>{"*.blogspot.com", "wordpress.com", "*.xn--bcher-kva.de"}));
  EXPECT_EQ(ParseClockGroup("v6:[2001:DB8::1]").value().patterns[0], "[2001:db8::1]");
}

TEST(ClockGroupTest, SaysWhatIsWrong) {
  struct Case {
    const char* text;
    const char* why;
  };
  for (const Case& c :
       {Case{"blogs", "no ':'"}, Case{"", "no ':'"}, Case{":a.com", "the name"},
        Case{"a b:a.com", "the name"}, Case{"a:", "empty"}, Case{"a:b.com,", "empty"},
        Case{"a:*.", "empty"}, Case{"a:*", "'*'"}, Case{"a:x*.com", "'x*.com'"},
        Case{"a:*.*.com", "'*.*.com'"}, Case{"a:*.192.0.2.1", "'*.192.0.2.1'"},
        Case{"a:a.com/b", "'a.com/b'"}, Case{"a:a..com", "'a..com'"}}) {
    const absl::Status status = ParseClockGroup(c.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_TRUE(absl::StrContains(status.message(), c.why)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), c.text)) << status;
  }
}

TEST(ClockGroupsTest, HostsGoByTheirOwnClockByDefault) {
  EXPECT_EQ(ClockGroups().ClockOf("a.example.org", "example.org").kind, ClockKind::kHost);
}

TEST(ClockGroupsTest, HostsOfADomainShareAClockWhereAskedFor) {
  const ClockGroups groups = Make(ClockKind::kDomain, {});
  EXPECT_EQ(ClockKey(groups.ClockOf("a.example.org", "example.org")), "domain:example.org");
  EXPECT_EQ(groups.ClockOf("192.0.2.1", "192.0.2.1").name, "192.0.2.1");
}

TEST(ClockGroupsTest, AddressesNameNoKeyBeforeTheyAreResolved) {
  const ClockGroups::HostClock clock = Make(ClockKind::kIp, {}).ClockOf("a.org", "a.org");
  EXPECT_EQ(clock.kind, ClockKind::kIp);
  EXPECT_EQ(clock.name, "");
}

TEST(ClockGroupsTest, GroupsGoBeforeTheKindOfTheOthers) {
  const ClockGroups groups = Make(ClockKind::kIp, {"blogs:*.blogspot.com,blogger.com"});
  for (const char* host :
       {"a.blogspot.com", "a.b.blogspot.com", "a.blogspot.com.", "blogger.com"}) {
    EXPECT_EQ(groups.ClockOf(host, "x").kind, ClockKind::kGroup) << host;
    EXPECT_EQ(ClockKey(groups.ClockOf(host, "x")), "group:blogs") << host;
  }
  for (const char* host : {"blogspot.com", "notblogspot.com", "www.blogger.com", "com", ""}) {
    EXPECT_EQ(groups.ClockOf(host, "x").kind, ClockKind::kIp) << host;
  }
}

TEST(ClockGroupsTest, MostPrecisePatternDecides) {
  const ClockGroups groups =
      Make(ClockKind::kHost, {"all:*.example.com", "sub:*.b.example.com", "one:a.b.example.com"});
  EXPECT_EQ(groups.ClockOf("x.example.com", "example.com").name, "all");
  EXPECT_EQ(groups.ClockOf("x.b.example.com", "example.com").name, "sub");
  EXPECT_EQ(groups.ClockOf("a.b.example.com", "example.com").name, "one");
}

TEST(ClockGroupsTest, GroupMayBeGivenInPartsButAPatternOnlyOnce) {
  const ClockGroups groups = Make(ClockKind::kHost, {"a:x.com,x.com", "a:y.com"});
  EXPECT_EQ(groups.ClockOf("y.com", "y.com").name, "a");
  const absl::Status status =
      ClockGroups::Create(ClockKind::kHost, {{"a", {"*.x.com"}}, {"b", {"*.x.com"}}}).status();
  EXPECT_EQ(status.message(), "'*.x.com' is in the clock groups 'a' and 'b'");
}

}  // namespace
}  // namespace spindle
