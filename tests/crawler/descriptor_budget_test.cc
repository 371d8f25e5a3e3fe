#include "crawler/descriptor_budget.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(DescriptorBudgetTest, SharesAreWithinTheWhole) {
  for (const int workers : {1, 2, 64}) {
    for (const int wanted : {1, 1000, 50'000}) {
      for (int descriptors = LeastDescriptors(workers); descriptors < 30'000; descriptors += 97) {
        const DescriptorBudget budget = DivideDescriptors(descriptors, workers, wanted);
        ASSERT_GE(budget.max_transfers, workers);
        ASSERT_LE(budget.max_transfers, std::max(workers, wanted));
        ASSERT_GE(budget.store_files, 20);
        ASSERT_GE(budget.idle_connections, 0);
        ASSERT_LT(budget.store_files + budget.max_transfers + budget.idle_connections, descriptors);
      }
    }
  }
}

TEST(DescriptorBudgetTest, MostAreForConnections) {
  EXPECT_GE(DivideDescriptors(200, 2, 1000).max_transfers, 60);
  EXPECT_GE(DivideDescriptors(300, 2, 1000).max_transfers, 130);
  EXPECT_GE(DivideDescriptors(1024, 2, 50'000).max_transfers, 580);
  EXPECT_GE(DivideDescriptors(20'000, 2, 18'000).max_transfers, 18'000);
}

TEST(DescriptorBudgetTest, WhatIsNotWantedIsLeftForIdleConnections) {
  const DescriptorBudget budget = DivideDescriptors(20'000, 2, 1000);
  EXPECT_EQ(budget.max_transfers, 1000);
  EXPECT_EQ(budget.store_files, 512);
  EXPECT_GT(budget.idle_connections, 18'000);
}

TEST(DescriptorBudgetTest, AFewAreEnoughForASmallCrawl) {
  EXPECT_LE(LeastDescriptors(2), 100);
  EXPECT_GE(LeastDescriptors(2), 80);
}

}  // namespace
}  // namespace spindle
