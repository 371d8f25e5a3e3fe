#include "crawler/https_hosts.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

bool IsMove(int status, const char* from, const char* to) {
  return HttpsHosts::IsMove(status, *Url::Parse(from), *Url::Parse(to));
}

const ShardMap& Shards() {
  static const auto* const shards = new ShardMap(8, 7, &PublicSuffixList::Builtin());
  return *shards;
}

InsertedLink LinkTo(const char* text) {
  const Url url = *Url::Parse(text);
  InsertedLink link;
  link.key = Shards().KeyOf(url);
  link.link.origin = std::string(url.origin());
  link.link.path = std::string(url.path_and_query());
  return link;
}

std::string Text(const InsertedLink& link) {
  return absl::StrCat(link.link.origin, link.link.path);
}

TEST(HttpsHostsTest, TheSamePageUnderHttpsIsAMove) {
  EXPECT_TRUE(IsMove(301, "http://a.example/x?y", "https://a.example/x?y"));
  EXPECT_TRUE(IsMove(308, "http://a.example/x", "https://a.example/x"));
  EXPECT_TRUE(IsMove(302, "http://a.example/", "https://a.example/"));
}

TEST(HttpsHostsTest, AnythingElseIsNone) {
  EXPECT_FALSE(IsMove(302, "http://a.example/login", "https://a.example/login"));
  EXPECT_FALSE(IsMove(301, "http://a.example/x", "https://a.example/"));
  EXPECT_FALSE(IsMove(301, "http://a.example/x?y", "https://a.example/x"));
  EXPECT_FALSE(IsMove(301, "http://a.example/", "https://www.a.example/"));
  EXPECT_FALSE(IsMove(301, "http://a.example:8080/", "https://a.example/"));
  EXPECT_FALSE(IsMove(301, "http://a.example/", "https://a.example:8443/"));
  EXPECT_FALSE(IsMove(301, "https://a.example/", "http://a.example/"));
  EXPECT_FALSE(IsMove(301, "https://a.example/", "https://a.example/"));
}

TEST(HttpsHostsTest, LinksToAHostThatMovedGoToHttps) {
  HttpsHosts hosts;
  hosts.Add(LinkTo("http://a.example/").key.host_key());
  InsertedLink link = LinkTo("http://a.example/p?q");
  hosts.Apply(Shards(), &link);
  EXPECT_EQ(Text(link), "https://a.example/p?q");
  EXPECT_EQ(link.key, LinkTo("https://a.example/p?q").key);
  for (const char* other :
       {"http://b.example/p", "http://a.example:8080/p", "https://a.example/"}) {
    InsertedLink unchanged = LinkTo(other);
    hosts.Apply(Shards(), &unchanged);
    EXPECT_EQ(Text(unchanged), other);
    EXPECT_EQ(unchanged.key, LinkTo(other).key);
  }
}

// A site may send some of its pages back to http; turned around again, they would never be fetched.
TEST(HttpsHostsTest, RedirectsAreTakenAtTheirWord) {
  HttpsHosts hosts;
  hosts.Add(LinkTo("http://a.example/").key.host_key());
  InsertedLink link = LinkTo("http://a.example/p");
  link.link.redirects = 1;
  hosts.Apply(Shards(), &link);
  EXPECT_EQ(Text(link), "http://a.example/p");
}

}  // namespace
}  // namespace spindle
