#include "crawler/memory_budget.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

uint64_t Sum(const MemoryBudget& budget) {
  return budget.store_bytes + budget.answer_bytes + budget.seen_cache_bytes + budget.robots_bytes +
         budget.frontier_bytes;
}

TEST(MemoryBudgetTest, SharesAddUpToTheWhole) {
  for (const uint64_t bytes : {kLeastMemoryBytes, uint64_t{1} << 30, (uint64_t{1} << 36) + 5}) {
    EXPECT_LE(Sum(Divide(bytes)), bytes);
    EXPECT_GE(Sum(Divide(bytes)), bytes - 16);
  }
}

TEST(MemoryBudgetTest, NobodyIsLeftWithNothing) {
  const MemoryBudget budget = Divide(kLeastMemoryBytes);
  EXPECT_GE(budget.store_bytes, uint64_t{16} << 20);
  // A body of the largest size that is kept, and then some.
  EXPECT_GE(budget.answer_bytes, uint64_t{8} << 20);
  EXPECT_GE(budget.live_host_count(), 4096);
}

TEST(MemoryBudgetTest, DefaultIsAtLeastTheLeast) {
  EXPECT_GE(DefaultMemoryBytes(), kLeastMemoryBytes);
}

}  // namespace
}  // namespace spindle
