#include "parsers/arena.h"

#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(ArenaTest, BlocksAreAlignedAndDoNotOverlap) {
  Arena arena;
  arena.Reset(size_t{64} << 20);
  std::mt19937 random(1);
  std::vector<std::pair<unsigned char*, size_t>> blocks;
  for (int i = 0; i < 5000; ++i) {
    const size_t size = i % 100 == 0 ? random() % 20'000 : random() % 600;
    auto* const block = static_cast<unsigned char*>(arena.Allocate(size));
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % 8, 0u);
    std::memset(block, static_cast<unsigned char>(i), size);
    blocks.emplace_back(block, size);
    if (random() % 3 == 0) {
      // Free one of the older blocks, after it was seen to be as it was left.
      const size_t index = random() % blocks.size();
      for (size_t at = 1; at < blocks[index].second; ++at) {
        ASSERT_EQ(blocks[index].first[at], blocks[index].first[0]);
      }
      arena.Free(blocks[index].first);
      blocks[index] = blocks.back();
      blocks.pop_back();
    }
  }
}

TEST(ArenaTest, FreedBlockIsUsedAgainForTheSameSize) {
  Arena arena;
  arena.Reset(1 << 20);
  for (const size_t size : {0u, 1u, 16u, 100u, 513u, 5000u, 300'000u}) {
    void* const block = arena.Allocate(size);
    arena.Free(block);
    EXPECT_EQ(arena.Allocate(size), block) << size;
  }
}

TEST(ArenaTest, BudgetIsNeverExceeded) {
  Arena arena;
  arena.Reset(10'000);
  EXPECT_EQ(arena.Allocate(10'001), nullptr);
  size_t count = 0;
  while (arena.Allocate(92) != nullptr) ++count;
  EXPECT_EQ(count, 96u);  // 96 bytes and 8 of header each
  EXPECT_LE(arena.used_bytes(), 10'000u);
  arena.Reset(10'000);
  EXPECT_EQ(arena.used_bytes(), 0u);
  EXPECT_NE(arena.Allocate(92), nullptr);
}

TEST(ArenaTest, NothingIsAllowedBeforeReset) {
  Arena arena;
  EXPECT_EQ(arena.Allocate(1), nullptr);
}

TEST(ArenaTest, HugeSizesAreRefusedWithoutOverflow) {
  Arena arena;
  arena.Reset(~size_t{0});
  EXPECT_EQ(arena.Allocate(~size_t{0} - 3), nullptr);
}

TEST(ArenaTest, MemoryIsKeptForTheNextDocument) {
  Arena arena;
  arena.Reset(1 << 20);
  void* const first = arena.Allocate(100);
  arena.Reset(1 << 20);
  EXPECT_EQ(arena.Allocate(100), first);
}

TEST(ArenaTest, FreeOfNullIsAllowed) {
  Arena arena;
  arena.Free(nullptr);
}

}  // namespace
}  // namespace spindle
