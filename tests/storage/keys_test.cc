#include "storage/keys.h"

#include <algorithm>
#include <vector>

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr UrlKey kUrl{0x0102, 0x030405060708090a, 0x0b0c0d0e0f101112};

template <typename Key>
void ExpectComesBack(const Key& key, size_t size) {
  const std::string bytes = EncodeKey(key);
  EXPECT_EQ(bytes.size(), size);
  Key parsed;
  ASSERT_TRUE(ParseKey(bytes, &parsed));
  EXPECT_EQ(parsed, key);
  // Every other length is refused.
  EXPECT_FALSE(ParseKey(bytes + "x", &parsed));
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(ParseKey(absl::string_view(bytes).substr(0, cut), &parsed));
  }
}

// Sorting by bytes gives the order of the keys themselves.
template <typename Key>
void ExpectBytesSortAs(const std::vector<Key>& in_order) {
  for (size_t i = 1; i < in_order.size(); ++i) {
    EXPECT_TRUE(in_order[i - 1] < in_order[i]) << i;
    EXPECT_LT(EncodeKey(in_order[i - 1]), EncodeKey(in_order[i])) << i;
  }
}

TEST(KeysTest, KeysComeBack) {
  ExpectComesBack(kUrl.host_key(), 10);
  ExpectComesBack(kUrl, 18);
  ExpectComesBack(QueueKey{kUrl, 200, 1'700'000'000'000'000, Lane::kParked}, 28);
  ExpectComesBack(FrontKey{1, 2, UINT64_MAX}, 18);
  ExpectComesBack(DigestKey{kUrl.host_key(), UINT64_MAX}, 18);
  ExpectComesBack(InboxKey{1, 2, UINT64_MAX}, 12);
  ExpectComesBack(PageKey{kUrl, 1'700'000'000'000'000}, 26);
}

TEST(KeysTest, BytesAreThoseOfTheFormat) {
  EXPECT_EQ(EncodeKey(kUrl),
            "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12");
  EXPECT_EQ(EncodeKey(QueueKey{kUrl, 0x20, 0x2122232425262728, Lane::kRetry}),
            "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x02\x20\x21\x22\x23\x24\x25\x26\x27\x28"
            "\x0b\x0c\x0d\x0e\x0f\x10\x11\x12");
}

TEST(KeysTest, KeysSortByShardHostAndUrl) {
  ExpectBytesSortAs<UrlKey>(
      {{0, 9, 9}, {1, 0, UINT64_MAX}, {1, 1, 0}, {1, 1, 255}, {1, 1, 256}, {256, 0, 0}});
  ExpectBytesSortAs<PageKey>({{kUrl, 0}, {kUrl, 1}, {kUrl, INT64_MAX}});
  ExpectBytesSortAs<InboxKey>({{0, 9, 9}, {1, 0, 9}, {1, 1, 0}, {1, 1, UINT64_MAX}});
}

TEST(KeysTest, QueueSortsByLaneThenPriorityThenAge) {
  UrlKey later_id = kUrl;
  ++later_id.url;
  ExpectBytesSortAs<QueueKey>({{kUrl, 0, 0},
                               {later_id, 0, 0},
                               {kUrl, 0, 256},
                               {kUrl, 1, 0},
                               {kUrl, 255, INT64_MAX},
                               {kUrl, 0, 0, Lane::kRetry},
                               {kUrl, 0, 0, Lane::kParked}});
}

TEST(KeysTest, FrontSortsByTime) {
  ExpectBytesSortAs<FrontKey>({{0, 9, 9}, {1, 0, 9}, {1, 1, 0}, {1, 1, 1}, {1, INT64_MAX, 0}});
}

TEST(KeysTest, NoLaneBeyondTheLast) {
  std::string bytes = EncodeKey(QueueKey{kUrl});
  QueueKey key;
  EXPECT_TRUE(ParseKey(bytes, &key));
  bytes[10] = 5;
  EXPECT_FALSE(ParseKey(bytes, &key));
  bytes[10] = 0;
  EXPECT_FALSE(ParseKey(bytes, &key));
}

TEST(KeysTest, IdsAreTheSameOnEveryMachine) {
  // XXH3 with a seed; these figures are part of the format.
  EXPECT_EQ(MakeHostId(1, "https://example.org"), HostId{0x7998092c32da0d02});
  EXPECT_EQ(MakeUrlId(1, "https://example.org", "/a?b=c"), UrlId{7571461274295105831});
}

TEST(KeysTest, SaltChangesEveryId) {
  EXPECT_NE(MakeUrlId(1, "a", "/"), MakeUrlId(2, "a", "/"));
  EXPECT_NE(MakeUrlId(1, "a", "/"), MakeUrlId(1, "b", "/"));
  EXPECT_NE(MakeUrlId(1, "", std::string(1000, 'x')), MakeUrlId(2, "", std::string(1000, 'x')));
}

TEST(KeysTest, ShardPrefixBeginsEveryKeyOfTheShard) {
  const std::string prefix = ShardPrefix(kUrl.shard);
  for (const std::string& key :
       {EncodeKey(kUrl), EncodeKey(kUrl.host_key()), EncodeKey(QueueKey{kUrl}),
        EncodeKey(PageKey{kUrl}), EncodeKey(InboxKey{kUrl.shard})}) {
    EXPECT_EQ(key.substr(0, prefix.size()), prefix);
  }
}

TEST(KeysTest, DescriptionsNameEveryPart) {
  EXPECT_EQ(Describe(kUrl), "shard 258 host 030405060708090a url 0b0c0d0e0f101112");
}

}  // namespace
}  // namespace spindle
