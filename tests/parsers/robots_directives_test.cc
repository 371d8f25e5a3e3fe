#include "parsers/robots_directives.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(RobotsDirectivesTest, ListIsReadWithoutCaseOrSpaces) {
  EXPECT_EQ(ParseRobotsDirectives("NoIndex , nofollow"), kRobotsNoindex | kRobotsNofollow);
  EXPECT_EQ(ParseRobotsDirectives(",,noarchive,\t"), kRobotsNoarchive);
}

TEST(RobotsDirectivesTest, NoneIsNoindexAndNofollow) {
  EXPECT_EQ(ParseRobotsDirectives("none"), kRobotsNoindex | kRobotsNofollow);
}

TEST(RobotsDirectivesTest, SpacesSeparateToo) {
  EXPECT_EQ(ParseRobotsDirectives("noindex nofollow"), kRobotsNoindex | kRobotsNofollow);
}

TEST(RobotsDirectivesTest, NocacheIsNoarchive) {
  EXPECT_EQ(ParseRobotsDirectives("nocache"), kRobotsNoarchive);
}

TEST(RobotsDirectivesTest, UnknownAndPermissiveWordsSayNothing) {
  EXPECT_EQ(ParseRobotsDirectives("all, index, follow, max-snippet:-1, noindexing"), 0u);
  EXPECT_EQ(ParseRobotsDirectives(""), 0u);
}

TEST(RobotsDirectivesTest, EveryFlagHasItsName) {
  EXPECT_EQ(
      ParseRobotsDirectives("nosnippet,noimageindex,notranslate,indexifembedded,noai,noimageai"),
      kRobotsNosnippet | kRobotsNoimageindex | kRobotsNotranslate | kRobotsIndexifembedded |
          kRobotsNoai | kRobotsNoimageai);
}

}  // namespace
}  // namespace spindle
