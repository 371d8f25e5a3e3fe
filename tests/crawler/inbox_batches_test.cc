#include "crawler/inbox_batches.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

InsertedLink LinkTo(ShardId shard, int number) {
  InsertedLink link;
  link.key = {shard, 1, static_cast<UrlId>(number)};
  link.link.origin = "http://a.example";
  link.link.path = absl::StrCat("/", number);
  return link;
}

TEST(InboxBatchesTest, EachShardFindsItsLinksInOrderInBatchesOfBoundedSize) {
  const ScratchDir dir;
  const std::unique_ptr<CrawlStore> store = OpenTestStore(dir.path());
  constexpr int kLinks = 3 * kMaxInboxBatch;
  Commit commit = store->NewCommit();
  InboxBatches batches(store.get(), &commit);
  for (int i = 0; i < kLinks; ++i) batches.Add(LinkTo(i % 3 == 0 ? 5 : 7, i));
  const std::vector<LinkDelivery> deliveries = batches.Finish();
  EXPECT_EQ(deliveries.size(), 3u);
  ASSERT_TRUE(store->Apply(commit).ok());

  std::map<ShardId, std::vector<std::string>> found;
  ASSERT_TRUE(store->reader()
                  .ForEachInbox(std::nullopt,
                                [&](const InboxKey& key, const LinkBatch& links) {
                                  EXPECT_LE(links.size(), kMaxInboxBatch);
                                  for (const LinkRecord& link : links) {
                                    found[key.to].push_back(link.path);
                                  }
                                  return true;
                                })
                  .ok());
  EXPECT_EQ(found[5].size(), size_t{kLinks / 3});
  ASSERT_EQ(found[7].size(), size_t{kLinks - kLinks / 3});
  EXPECT_EQ(found[7].front(), "/1");
  EXPECT_EQ(found[7].back(), absl::StrCat("/", kLinks - 1));
  EXPECT_TRUE(std::is_sorted(found[7].begin(), found[7].end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }));
}

TEST(InboxBatchesTest, DeliveriesAreWhatLiesInTheInbox) {
  const ScratchDir dir;
  const std::unique_ptr<CrawlStore> store = OpenTestStore(dir.path());
  Commit commit = store->NewCommit();
  InboxBatches batches(store.get(), &commit);
  batches.Add(LinkTo(5, 1));
  const std::vector<LinkDelivery> deliveries = batches.Finish();
  ASSERT_TRUE(store->Apply(commit).ok());
  ASSERT_EQ(deliveries.size(), 1u);
  EXPECT_EQ(deliveries[0].links[0].link.path, "/1");
  int rows = 0;
  ASSERT_TRUE(store->reader()
                  .ForEachInbox(ShardId{5},
                                [&](const InboxKey& key, const LinkBatch&) {
                                  EXPECT_EQ(key.sequence, deliveries[0].key.sequence);
                                  ++rows;
                                  return true;
                                })
                  .ok());
  EXPECT_EQ(rows, 1);
}

}  // namespace
}  // namespace spindle
