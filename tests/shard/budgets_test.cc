#include "shard/budgets.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

InLinkSketch LinkedFrom(int count) {
  InLinkSketch in_links;
  for (int i = 0; i < count; ++i) {
    in_links.Add(DomainHash(7, absl::StrCat("site", i, ".example")));
  }
  return in_links;
}

TEST(BudgetsTest, NothingIsOverByDefault) {
  const BudgetUse much = {1'000'000'000, 1'000'000'000'000};
  EXPECT_EQ(JudgeBudget({}, much, {much, {}}), Reason::kNone);
  EXPECT_EQ(JudgeDepth({}, 60'000), Reason::kNone);
}

TEST(BudgetsTest, HostIsOverWithItsLastPageOrByte) {
  BudgetOptions options;
  options.host = {10, 1000};
  EXPECT_EQ(JudgeBudget(options, {9, 999}, {}), Reason::kNone);
  EXPECT_EQ(JudgeBudget(options, {10, 0}, {}), Reason::kHostBudget);
  EXPECT_EQ(JudgeBudget(options, {0, 1000}, {}), Reason::kHostBudget);
}

TEST(BudgetsTest, DomainIsOverThoughItsHostIsNot) {
  BudgetOptions options;
  options.host.max_page_count = 10;
  options.domain = {20, 1000};
  EXPECT_EQ(JudgeBudget(options, {9, 0}, {{19, 999}, {}}), Reason::kNone);
  EXPECT_EQ(JudgeBudget(options, {9, 0}, {{20, 0}, {}}), Reason::kDomainBudget);
  EXPECT_EQ(JudgeBudget(options, {9, 0}, {{0, 1000}, {}}), Reason::kDomainBudget);
}

TEST(BudgetsTest, PagesUnderWayHaveTheirPlace) {
  BudgetOptions options;
  options.host.max_page_count = 10;
  options.domain.max_page_count = 20;
  EXPECT_EQ(JudgeExpected(options, {8, 0, 1}, {{18, 0, 1}, {}}), Reason::kNone);
  EXPECT_EQ(JudgeExpected(options, {8, 0, 2}, {{18, 0, 1}, {}}), Reason::kHostBudget);
  EXPECT_EQ(JudgeExpected(options, {8, 0, 1}, {{18, 0, 2}, {}}), Reason::kDomainBudget);
  EXPECT_EQ(JudgeBudget(options, {8, 0, 2}, {{18, 0, 2}, {}}), Reason::kNone);
}

TEST(BudgetsTest, APageUnderWayIsTakenToBeAsLargeAsThoseBefore) {
  BudgetOptions options;
  options.domain.max_body_bytes = 10'000;
  EXPECT_EQ(JudgeExpected(options, {}, {{5, 5'000, 4}, {}}), Reason::kNone);
  EXPECT_EQ(JudgeExpected(options, {}, {{5, 5'000, 5}, {}}), Reason::kDomainBudget);
  // What of it is left is less than a page.
  EXPECT_EQ(JudgeExpected(options, {}, {{9, 9'900, 0}, {}}), Reason::kNone);
  EXPECT_EQ(JudgeExpected(options, {}, {{9, 9'900, 1}, {}}), Reason::kDomainBudget);
}

TEST(BudgetsTest, ThePagesBeforeTheFirstAreTakenToHaveAFixedSize) {
  BudgetOptions options;
  options.host.max_body_bytes = 2 * kAssumedPageBytes;
  EXPECT_EQ(JudgeExpected(options, {0, 0, 1}, {}), Reason::kNone);
  EXPECT_EQ(JudgeExpected(options, {0, 0, 2}, {}), Reason::kHostBudget);
}

TEST(BudgetsTest, RaisedBudgetLetsItGoOn) {
  BudgetOptions options;
  options.host.max_page_count = 10;
  EXPECT_EQ(JudgeBudget(options, {10, 0}, {}), Reason::kHostBudget);
  options.host.max_page_count = 11;
  EXPECT_EQ(JudgeBudget(options, {10, 0}, {}), Reason::kNone);
}

TEST(BudgetsTest, DepthHasABudgetToo) {
  BudgetOptions options;
  options.max_depth = 3;
  EXPECT_EQ(JudgeDepth(options, 3), Reason::kNone);
  EXPECT_EQ(JudgeDepth(options, 4), Reason::kDepthBudget);
  options.max_depth = 0;
  EXPECT_EQ(JudgeDepth(options, 1), Reason::kDepthBudget);
}

TEST(BudgetsTest, InLinksEarnPagesUpToACap) {
  BudgetOptions options;
  EXPECT_EQ(DomainPageBudget(options, {}), std::numeric_limits<uint64_t>::max());
  options.by_in_links = true;
  EXPECT_EQ(DomainPageBudget(options, {}), 10u);
  EXPECT_EQ(DomainPageBudget(options, LinkedFrom(3)), 40u);
  EXPECT_EQ(DomainPageBudget(options, LinkedFrom(5000)), 10'000u);
  options.domain.max_page_count = 25;
  EXPECT_EQ(DomainPageBudget(options, LinkedFrom(3)), 25u);
}

TEST(BudgetsTest, DomainThatIsLinkedToMoreGoesOn) {
  BudgetOptions options;
  options.by_in_links = true;
  InLinkSketch in_links = LinkedFrom(1);
  EXPECT_EQ(JudgeBudget(options, {}, {{20, 0}, in_links}), Reason::kDomainBudget);
  in_links.Add(DomainHash(7, "another.example"));
  EXPECT_EQ(JudgeBudget(options, {}, {{20, 0}, in_links}), Reason::kNone);
}

TEST(BudgetsTest, AbsurdFactorsDoNotOverflow) {
  BudgetOptions options;
  options.by_in_links = true;
  options.in_link_factor = 1e300;
  options.in_link_cap = std::numeric_limits<uint64_t>::max() / 2;
  EXPECT_EQ(DomainPageBudget(options, LinkedFrom(3)), options.in_link_cap);
}

TEST(InLinkSketchTest, CountsEachDomainOnceAndAFewExactly) {
  for (int count = 0; count <= 16; ++count) {
    EXPECT_EQ(LinkedFrom(count).Estimate(), static_cast<uint64_t>(count));
  }
  InLinkSketch sketch;
  for (int i = 0; i < 1000; ++i) sketch.Add(DomainHash(7, "same.example"));
  EXPECT_EQ(sketch.Estimate(), 1u);
}

TEST(InLinkSketchTest, EstimatesManyWithinAThird) {
  for (const int count : {17, 30, 100, 160, 200, 1'000, 10'000, 200'000}) {
    const double estimate = static_cast<double>(LinkedFrom(count).Estimate());
    EXPECT_LT(std::abs(estimate - count), count / 3.0) << count << " " << estimate;
  }
}

TEST(InLinkSketchTest, NeverFallsWhenItTurnsIntoASketch) {
  EXPECT_GE(LinkedFrom(17).Estimate(), 17u);
}

TEST(InLinkSketchTest, KeepsItsCountUnderEachSalt) {
  EXPECT_NE(DomainHash(1, "a.example"), DomainHash(2, "a.example"));
  EXPECT_EQ(DomainHash(1, "a.example"), DomainHash(1, "a.example"));
}

TEST(InLinkSketchTest, SurvivesItsBytes) {
  for (const int count : {0, 1, 16, 17, 100'000}) {
    const InLinkSketch sketch = LinkedFrom(count);
    const std::string bytes = sketch.Encode();
    EXPECT_LE(bytes.size(), 66u);
    InLinkSketch again;
    ASSERT_TRUE(InLinkSketch::Decode(bytes, &again).ok());
    EXPECT_EQ(again.Estimate(), sketch.Estimate());
    EXPECT_EQ(again.Encode(), bytes);
  }
}

TEST(InLinkSketchTest, BytesThatNobodyWroteAreRefused) {
  InLinkSketch again;
  for (const int count : {3, 100}) {
    const std::string bytes = LinkedFrom(count).Encode();
    for (size_t length = 1; length < bytes.size(); ++length) {
      EXPECT_FALSE(InLinkSketch::Decode(bytes.substr(0, length), &again).ok()) << length;
    }
    EXPECT_FALSE(InLinkSketch::Decode(bytes + "x", &again).ok());
  }
  std::string bytes = LinkedFrom(100).Encode();
  bytes.back() = 28;
  EXPECT_FALSE(InLinkSketch::Decode(bytes, &again).ok());
}

}  // namespace
}  // namespace spindle
