#include "crawler/byte_budget.h"

#include <utility>

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(ByteBudgetTest, IsFullFromItsLimitOn) {
  ByteBudget budget(100);
  ByteClaim claim(&budget);
  claim.Take(99);
  EXPECT_FALSE(budget.Full());
  claim.Take(1);
  EXPECT_TRUE(budget.Full());
  claim.Take(1000);  // received all the same
  EXPECT_EQ(budget.used_bytes(), 1100u);
}

TEST(ByteBudgetTest, ClaimsAreGivenBackOnce) {
  ByteBudget budget(100);
  {
    ByteClaim first(&budget);
    first.Take(60);
    ByteClaim second(std::move(first));
    first = ByteClaim(&budget);
    first.Take(10);
    EXPECT_EQ(budget.used_bytes(), 70u);
    second = std::move(first);
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(ByteBudgetTest, KnowsWhetherAnAnswerIsComplete) {
  ByteBudget budget(100);
  {
    ByteClaim claim(&budget);
    claim.Take(1);
    EXPECT_FALSE(budget.AnyComplete());
    claim.SetComplete();
    const ByteClaim moved(std::move(claim));
    EXPECT_TRUE(budget.AnyComplete());
  }
  EXPECT_FALSE(budget.AnyComplete());
}

TEST(ByteBudgetTest, ClaimOfNoBudgetCountsNothing) {
  ByteClaim claim;
  claim.Take(1000);
  claim.SetComplete();
}

}  // namespace
}  // namespace spindle
