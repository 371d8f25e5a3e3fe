#include "shard/url_traps.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'717'000'000);  // 2024-05-29

Reason JudgeByDefault(absl::string_view path_and_query) {
  return JudgeUrl(TrapOptions(), path_and_query);
}

TEST(JudgeUrlTest, TakesWhatTheWebIsMadeOf) {
  for (const char* url :
       {"/", "", "/a//b", "/article/123456", "/2024/05/31/some-title.html", "/a?", "/a?b",
        "/search?q=x&page=3&sort=asc&lang=en", "/wiki/Talk:A/B/A", "/images/000/000/042/x.png",
        "/2024/01/01/01/01/01", "/docs/api/v1/docs/api/v2", "/f?ids[]=1&ids[]=2&ids[]=3",
        "/java/org/apache/commons/lang3/org/apache/commons/lang3/Util.html", "/100%2525"}) {
    EXPECT_EQ(JudgeByDefault(url), Reason::kNone) << url;
  }
}

TEST(JudgeUrlTest, LengthHasALimit) {
  TrapOptions options;
  options.max_url_bytes = 10;
  EXPECT_EQ(JudgeUrl(options, "/234567?90"), Reason::kNone);
  EXPECT_EQ(JudgeUrl(options, "/234567?901"), Reason::kUrlTooLong);
}

TEST(JudgeUrlTest, DepthHasALimit) {
  TrapOptions options;
  options.max_segment_count = 3;
  EXPECT_EQ(JudgeUrl(options, "/a/b/c"), Reason::kNone);
  EXPECT_EQ(JudgeUrl(options, "/a/b/c/d"), Reason::kTrapDepth);
  EXPECT_EQ(JudgeUrl(options, "/a?b/c/d/e"), Reason::kNone);
}

TEST(JudgeUrlTest, SegmentsRepeatedInARowAreATrap) {
  for (const char* url : {"/a/a/a", "/a/b/a/b/a/b", "/x/a/b/a/b/a/b/y", "/a/b/c/a/b/c/a/b/c",
                          "/x////y", "/en/2024/en/2024/en/2024"}) {
    EXPECT_EQ(JudgeByDefault(url), Reason::kTrapRepeat) << url;
  }
  for (const char* url : {"/a/a", "/a/b/a/b", "/a/b/a/b/a", "/00/00/00/00/00"}) {
    EXPECT_EQ(JudgeByDefault(url), Reason::kNone) << url;
  }
}

TEST(JudgeUrlTest, OneSegmentAllOverThePathIsATrap) {
  EXPECT_EQ(JudgeByDefault("/a/b/a/c/a/d/a/e"), Reason::kNone);
  EXPECT_EQ(JudgeByDefault("/a/b/a/c/a/d/a/e/a"), Reason::kTrapRepeat);
}

TEST(JudgeUrlTest, EscapesOfEscapesAreATrap) {
  EXPECT_EQ(JudgeByDefault("/a?u=%25252525"), Reason::kTrapRepeat);
}

TEST(JudgeUrlTest, ParametersHaveALimit) {
  std::string url = "/a?p0=1";
  for (int i = 1; i < 20; ++i) absl::StrAppend(&url, "&p", i, "=1");
  EXPECT_EQ(JudgeByDefault(url), Reason::kNone);
  EXPECT_EQ(JudgeByDefault(url + "&p20=1"), Reason::kTrapParameters);
}

TEST(JudgeUrlTest, RepeatedParametersAreATrap) {
  EXPECT_EQ(JudgeByDefault("/a?b=1&c=2&b=1"), Reason::kNone);
  EXPECT_EQ(JudgeByDefault("/a?b=1&c=2&b=1&b=1"), Reason::kTrapParameters);
  EXPECT_EQ(JudgeByDefault("/a?b=1&b=2&b=3&b=4&b=5&b=6&b=7&b=8"), Reason::kNone);
  EXPECT_EQ(JudgeByDefault("/a?b=1&b=2&b=3&b=4&b=5&b=6&b=7&b=8&b=9"), Reason::kTrapParameters);
  EXPECT_EQ(JudgeByDefault("/a?b=1&amp;c=2"), Reason::kNone);
  EXPECT_EQ(JudgeByDefault("/a?b=1&amp;amp;c=2"), Reason::kTrapParameters);
}

TEST(JudgeUrlTest, SessionIdsAreATrapOnlyWhereAskedFor) {
  TrapOptions options;
  EXPECT_EQ(JudgeUrl(options, "/a;jsessionid=1A2B"), Reason::kNone);
  options.exclude_session_ids = true;
  EXPECT_EQ(JudgeUrl(options, "/a;jsessionid=1A2B"), Reason::kTrapSession);
  EXPECT_EQ(JudgeUrl(options, "/a"), Reason::kNone);
}

TEST(JudgeUrlTest, ZeroMeansNoLimit) {
  TrapOptions options;
  options.max_url_bytes = options.max_segment_count = options.max_segment_repeats = 0;
  options.max_same_segment = options.max_parameter_count = options.max_same_parameter = 0;
  std::string url;
  for (int i = 0; i < 2000; ++i) url += "/aa";
  url += "?";
  for (int i = 0; i < 2000; ++i) absl::StrAppend(&url, "&b=", i);
  EXPECT_EQ(JudgeUrl(options, url), Reason::kNone);
}

void ExpectSameTemplate(absl::string_view a, absl::string_view b) {
  EXPECT_NE(ShapeOf(a).id, 0u) << a;
  EXPECT_EQ(ShapeOf(a).id, ShapeOf(b).id) << a << " " << b;
}

TEST(UrlShapeTest, WhatNeverVariesHasNoTemplate) {
  for (const char* url : {"/", "", "/about", "/about/team.html"}) EXPECT_EQ(ShapeOf(url).id, 0u);
}

TEST(UrlShapeTest, NumbersIdsAndTitlesAreAlike) {
  ExpectSameTemplate("/article/1", "/article/123456");
  ExpectSameTemplate("/page7.html", "/page23.html");
  ExpectSameTemplate("/blog/my-first-post", "/blog/what-i-ate-today");
  ExpectSameTemplate("/p/0123456789abcdef0123", "/p/fedcba98765432100000");
  ExpectSameTemplate("/a?x=1&y=2", "/a?y=7&x=red");
  EXPECT_NE(ShapeOf("/article/1").id, ShapeOf("/user/1").id);
  EXPECT_NE(ShapeOf("/a?x=1").id, ShapeOf("/a?y=1").id);
  EXPECT_EQ(ShapeOf("/a?x=1").path_id, ShapeOf("/a?y=1&z=3").path_id);
  EXPECT_NE(ShapeOf("/a?x=1").parameter_set, ShapeOf("/a?y=1").parameter_set);
}

TEST(UrlShapeTest, KnowsDatesAndTheirYear) {
  for (const char* url :
       {"/2031/05/31", "/events/2031/05/", "/cal/2031-05-31", "/x?year=2031&month=5",
        "/x?date=2031-05-31", "/x?startDate=20310531", "/x?month=203105", "/calendar/2031/05"}) {
    EXPECT_TRUE(ShapeOf(url).is_date) << url;
    EXPECT_EQ(ShapeOf(url).year, 2031) << url;
  }
  ExpectSameTemplate("/2024/05/31", "/1999/12/01");
}

TEST(UrlShapeTest, ArticlesWithADateAndPlainNumbersAreNoCalendar) {
  for (const char* url : {"/2024/05/31/title", "/topic/2350/12", "/topic/2350/2", "/2350",
                          "/x?id=20310531", "/x?month=5", "/2024/13/01", "/0999/12/31"}) {
    EXPECT_FALSE(ShapeOf(url).is_date) << url;
  }
  EXPECT_EQ(ShapeOf("/topic/2350/12").year, 0);
}

// Verbs for one host.
class HostTemplatesTest : public ::testing::Test {
 protected:
  Reason Admit(absl::string_view url) { return templates_.Admit(options_, ShapeOf(url), kNow); }

  // How many of `count` URLs of a kind are taken, while every page fetched of them repeats or not.
  template <typename MakeUrl, typename Repeats>
  int Crawl(int count, MakeUrl make_url, Repeats repeats) {
    int taken = 0;
    for (int i = 0; i < count; ++i) {
      const std::string url = make_url(i);
      if (Admit(url) != Reason::kNone) continue;
      ++taken;
      templates_.ObservePage(ShapeOf(url), repeats(i));
    }
    return taken;
  }

  TrapOptions options_;
  HostTemplates templates_;
};

std::string Article(int i) { return absl::StrCat("/article/", i); }

std::string Day(int i) {
  const absl::CivilDay day = absl::CivilDay(2024, 5, 29) + i;
  return absl::StrCat("/events/", absl::FormatCivilTime(day));
}

TEST_F(HostTemplatesTest, BigHonestSitesAreTakenWhole) {
  EXPECT_EQ(Crawl(20'000, Article, [](int) { return false; }), 20'000);
}

TEST_F(HostTemplatesTest, SiteWithManyRepeatsIsStillTaken) {
  EXPECT_EQ(Crawl(20'000, Article, [](int i) { return i % 3 != 0; }), 20'000);
}

TEST_F(HostTemplatesTest, UrlsFarAheadOfTheirPagesAreTaken) {
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(Admit(Article(i)), Reason::kNone);
}

TEST_F(HostTemplatesTest, TemplateWhosePagesRepeatIsClosedAfterItsFreeUrls) {
  EXPECT_EQ(Crawl(20'000, Article, [](int) { return true; }), 500);
  EXPECT_EQ(Admit("/article/7000000"), Reason::kTrapTemplate);
  EXPECT_EQ(Admit("/user/7000000"), Reason::kNone);
  EXPECT_EQ(Admit("/about"), Reason::kNone);
}

TEST_F(HostTemplatesTest, ClosedTemplateOpensWhenWhatIsLeftOfItIsNew) {
  Crawl(1'000, Article, [](int) { return true; });
  EXPECT_EQ(Admit(Article(1'000)), Reason::kTrapTemplate);
  for (int i = 0; i < 200; ++i) templates_.ObservePage(ShapeOf(Article(i)), false);
  EXPECT_EQ(Admit(Article(1'000)), Reason::kNone);
}

TEST_F(HostTemplatesTest, CalendarEndsTwoYearsAhead) {
  // Every day until the end of 2026, however new its page may look.
  EXPECT_EQ(Crawl(20'000, Day, [](int) { return false; }), 947);
}

TEST_F(HostTemplatesTest, CalendarOfEmptyDaysIsClosedSoon) {
  const auto back = [](int i) { return Day(-i); };
  EXPECT_EQ(Crawl(20'000, back, [](int i) { return i % 4 != 0; }), 100);
}

TEST_F(HostTemplatesTest, ArchiveOfANewspaperIsTaken) {
  const auto back = [](int i) { return Day(-i); };
  EXPECT_EQ(Crawl(19'000, back, [](int) { return false; }), 19'000);
  EXPECT_EQ(Crawl(30'000, back, [](int) { return false; }), 1'000);
}

// Every subset of 13 facets.
std::string Facets(int i) {
  std::string url = "/shop?page=1";
  for (int bit = 0; bit < 13; ++bit) {
    if (i >> bit & 1) absl::StrAppend(&url, "&f", std::string(1, 'a' + bit), "=", i);
  }
  return url;
}

TEST_F(HostTemplatesTest, ParametersInAllCombinationsExplode) {
  const int taken = Crawl(8'192, Facets, [](int) { return false; });
  EXPECT_LT(taken, 400);
  EXPECT_GT(taken, 60);
  EXPECT_EQ(Admit("/shop?fa=1&fb=2&fc=3"), Reason::kTrapParameters);
  EXPECT_EQ(Admit("/shop?fa=1&fb=2"), Reason::kNone);
  EXPECT_EQ(Admit("/other?fa=1&fb=2&fc=3"), Reason::kNone);
}

TEST_F(HostTemplatesTest, ManyValuesOfFewParametersAreNoExplosion) {
  const auto page = [](int i) {
    return i % 2 == 0 ? absl::StrCat("/index.php?title=", i, "&action=view&oldid=", i)
                      : absl::StrCat("/index.php?title=", i, "&action=edit&section=", i);
  };
  EXPECT_EQ(Crawl(10'000, page, [](int) { return false; }), 10'000);
}

TEST_F(HostTemplatesTest, FloodOfTemplatesLeavesTheHeavyOnesAndStaysBounded) {
  Crawl(1'000, Article, [](int) { return true; });
  for (int i = 0; i < 10'000; ++i) {
    Admit(absl::StrCat("/", std::string(1, 'a' + i % 26), i % 7, std::string(i % 9 + 1, 'x'), "/1",
                       std::string(i % 11 + 1, 'y'), "?z"));
  }
  EXPECT_EQ(Admit(Article(1'000)), Reason::kTrapTemplate);
  EXPECT_LT(templates_.Encode().size(), 600u);
}

TEST_F(HostTemplatesTest, WhatWasLearnedSurvivesItsBytes) {
  Crawl(1'000, Article, [](int) { return true; });
  Crawl(2'000, Facets, [](int) { return false; });
  HostTemplates again;
  ASSERT_TRUE(HostTemplates::Decode(templates_.Encode(), &again).ok());
  EXPECT_EQ(again.Encode(), templates_.Encode());
  EXPECT_EQ(again.Admit(options_, ShapeOf(Article(1)), kNow), Reason::kTrapTemplate);
  EXPECT_EQ(again.Admit(options_, ShapeOf("/shop?fa=1&fb=2&fc=3"), kNow), Reason::kTrapParameters);
}

TEST_F(HostTemplatesTest, BytesThatNobodyWroteAreRefused) {
  Crawl(10, Article, [](int) { return true; });
  const std::string bytes = templates_.Encode();
  HostTemplates again;
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(HostTemplates::Decode(bytes.substr(0, length), &again).ok()) << length;
  }
  EXPECT_FALSE(HostTemplates::Decode(bytes + "x", &again).ok());
  EXPECT_EQ(again.Encode(), HostTemplates().Encode());
}

TEST(UrlTrapsTest, OffMeansThatNothingIsATrap) {
  TrapOptions off;
  off.enabled = false;
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const std::string long_url = "/" + std::string(5000, 'a');
  HostTemplates templates;
  for (const std::string& url :
       {std::string("/a/b/a/b/a/b/a/b/a/b/"), long_url, std::string("/cal/9999/01/01"),
        std::string("/x?a&a&a&a&a&a&a&a&a&a&a")}) {
    EXPECT_EQ(JudgeUrl(off, url), Reason::kNone) << url;
    for (int i = 0; i < 3000; ++i) {
      ASSERT_EQ(templates.Admit(off, ShapeOf(url), now), Reason::kNone) << url;
      templates.ObservePage(ShapeOf(url), true);
    }
  }
}

}  // namespace
}  // namespace spindle
