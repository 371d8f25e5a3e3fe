#include "parsers/srcset.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Urls(absl::string_view srcset) {
  std::vector<std::string> urls;
  for (const ImageCandidate& candidate : ParseSrcset(srcset)) {
    urls.push_back(std::string(candidate.url));
  }
  return urls;
}

// HTML section 4.8.4.2.2.
TEST(SrcsetTest, CandidatesAreSeparatedByCommas) {
  EXPECT_THAT(Urls("a.png, b.png 2x ,c.png 100w"), ElementsAre("a.png", "b.png", "c.png"));
}

TEST(SrcsetTest, DescriptorsAreRead) {
  const std::vector<ImageCandidate> candidates = ParseSrcset("a 1.5x, b 100w 50h, c, d -0x");
  ASSERT_EQ(candidates.size(), 4u);
  EXPECT_EQ(candidates[0].density, 1.5);
  EXPECT_EQ(candidates[0].width, 0);
  EXPECT_EQ(candidates[1].width, 100);
  EXPECT_EQ(candidates[1].density, 0);
  EXPECT_EQ(candidates[2].density, 1);
  EXPECT_EQ(candidates[3].density, 0);
}

TEST(SrcsetTest, UrlMayHoldCommas) {
  EXPECT_THAT(Urls("data:,a 1x, x,y 2x"), ElementsAre("data:,a", "x,y"));
}

TEST(SrcsetTest, CommasAtTheEndOfAUrlEndIt) {
  EXPECT_THAT(Urls("a,,, b"), ElementsAre("a", "b"));
  EXPECT_THAT(Urls(",,,a,"), ElementsAre("a"));
}

TEST(SrcsetTest, ParenthesesShieldCommasAndSpaces) {
  EXPECT_THAT(Urls("a (1x, b 2x, c"), IsEmpty());
  EXPECT_THAT(Urls("a ( , ) 1x, b 2x"), ElementsAre("b"));
}

TEST(SrcsetTest, BadDescriptorsDropTheCandidate) {
  for (const char* srcset :
       {"a 1",    "a x",     "a 1xx",       "a +1x",   "a -1x",    "a 0w",    "a -1w",
        "a 1.5w", "a 1w 1x", "a 1x 1x",     "a 1w 2w", "a 1h",     "a 1h 1x", "a 1x 1h",
        "a 1.x",  "a 1ex",   "a Infinityx", "a NaNx",  "a 1e999x", "a 0x1x",  "a 1W"}) {
    EXPECT_THAT(Urls(srcset), IsEmpty()) << srcset;
  }
}

TEST(SrcsetTest, FloatsAreThoseOfTheStandard) {
  for (const char* srcset : {"a 1x", "a .5x", "a 1e3x", "a 1E-3x", "a 1.0e+0x", "a -0.0x"}) {
    EXPECT_THAT(Urls(srcset), ElementsAre("a")) << srcset;
  }
}

TEST(SrcsetTest, VerticalTabIsNotASpace) {
  EXPECT_THAT(Urls("a\v1x"), ElementsAre("a\v1x"));
  EXPECT_THAT(Urls("a\f\r1x"), ElementsAre("a"));
}

TEST(SrcsetTest, NothingGivesNothing) {
  for (const char* srcset : {"", " ", ",", " , ,,"}) EXPECT_THAT(Urls(srcset), IsEmpty());
}

TEST(SrcsetTest, CountIsLimited) { EXPECT_EQ(ParseSrcset("a, b, c", 2).size(), 2u); }

}  // namespace
}  // namespace spindle
