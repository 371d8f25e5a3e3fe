#include "shard/shard_map.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

class ShardMapTest : public ::testing::Test {
 protected:
  UrlKey KeyOf(absl::string_view url) const { return map_.KeyOf(*Url::Parse(url)); }

  ShardMap map_{64, /*salt=*/7, &PublicSuffixList::Builtin()};
};

TEST_F(ShardMapTest, HostsOfOneRegistrableDomainShareAShard) {
  EXPECT_EQ(KeyOf("http://example.co.uk/").shard, KeyOf("https://a.b.example.co.uk:8443/x").shard);
}

TEST_F(ShardMapTest, OtherDomainsAreToldApartAndFromTheLinkedOne) {
  const auto other = [&](absl::string_view from, absl::string_view to) {
    return map_.OtherDomain(*Url::Parse(from), *Url::Parse(to));
  };
  const uint32_t domain = other("http://www.example.org/", "http://example.com/");
  EXPECT_NE(domain, 0u);
  EXPECT_EQ(other("http://a.example.org/", "http://b.example.net/"), domain);
  EXPECT_NE(other("http://example.net/", "http://example.com/"), domain);
  EXPECT_EQ(other("http://a.example.co.uk/", "http://b.example.co.uk/"), 0u);
}

TEST_F(ShardMapTest, OriginsAreHostsOfTheirOwn) {
  const UrlKey http = KeyOf("http://example.org/");
  EXPECT_NE(http.host, KeyOf("https://example.org/").host);
  EXPECT_NE(http.host, KeyOf("http://example.org:8080/").host);
  EXPECT_EQ(http.host, KeyOf("http://example.org:80/other").host);
}

TEST_F(ShardMapTest, UrlIsPathAndQueryWithoutFragment) {
  EXPECT_EQ(KeyOf("http://example.org/a?b"), KeyOf("http://example.org/a?b#c"));
  EXPECT_NE(KeyOf("http://example.org/a?b"), KeyOf("http://example.org/a?c"));
}

TEST_F(ShardMapTest, SaltChangesEverything) {
  const ShardMap other(64, /*salt=*/8, &PublicSuffixList::Builtin());
  EXPECT_NE(other.KeyOf(*Url::Parse("http://example.org/")).host,
            KeyOf("http://example.org/").host);
}

TEST_F(ShardMapTest, DomainsSpreadOverAllShards) {
  std::set<ShardId> shards;
  for (int i = 0; i < 1000; ++i) {
    shards.insert(KeyOf(absl::StrCat("http://site", i, ".com/")).shard);
  }
  EXPECT_EQ(shards.size(), 64u);
}

}  // namespace
}  // namespace spindle
