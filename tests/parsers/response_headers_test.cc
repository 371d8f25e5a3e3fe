#include "parsers/response_headers.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/robots_directives.h"

namespace spindle {
namespace {

absl::Time Utc(int year, int month, int day, int hour, int minute, int second) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second),
                         absl::UTCTimeZone());
}

const absl::Time kNow = Utc(2024, 6, 1, 12, 0, 0);

// ---- X-Robots-Tag ----

RobotsTag Tag(const std::vector<absl::string_view>& values) {
  return ParseRobotsTag(values, "spindle", kNow);
}

TEST(RobotsTagTest, JoinsTheDirectivesOfAllValues) {
  EXPECT_EQ(Tag({"noindex, NoArchive", "nofollow"}).directives,
            kRobotsNoindex | kRobotsNoarchive | kRobotsNofollow);
  EXPECT_EQ(Tag({}).directives, 0u);
  EXPECT_EQ(Tag({"", ",,", "all", "unknown"}).directives, 0u);
}

TEST(RobotsTagTest, ReadsSectionsForItsProductToken) {
  EXPECT_EQ(Tag({"Spindle: noindex, nofollow"}).directives, kRobotsNoindex | kRobotsNofollow);
  EXPECT_EQ(Tag({"otherbot: noindex, nofollow"}).directives, 0u);
  EXPECT_EQ(Tag({"noarchive, otherbot: noindex, spindle: nofollow"}).directives,
            kRobotsNoarchive | kRobotsNofollow);
  EXPECT_EQ(Tag({"otherbot: noindex", "nofollow"}).directives, uint32_t{kRobotsNofollow});
  EXPECT_EQ(Tag({"spindlebot: noindex"}).directives, 0u);
}

TEST(RobotsTagTest, DirectivesWithValuesAreNoSections) {
  EXPECT_EQ(Tag({"max-snippet:-1, max-image-preview: large, noindex"}).directives,
            uint32_t{kRobotsNoindex});
}

TEST(RobotsTagTest, ReadsUnavailableAfterInManyForms) {
  const absl::Time time = Utc(2010, 6, 25, 15, 0, 0);
  EXPECT_EQ(Tag({"unavailable_after: 25 Jun 2010 15:00:00 GMT"}).unavailable_after, time);
  EXPECT_EQ(Tag({"Unavailable_After: Friday, 25-Jun-10 15:00:00 UTC, noindex"}).unavailable_after,
            time);
  EXPECT_EQ(Tag({"unavailable_after: 25 Jun 2010 15:00:00 PST"}).unavailable_after,
            time + absl::Hours(8));
  EXPECT_EQ(Tag({"unavailable_after:2010-06-25T17:00:00+02:00"}).unavailable_after, time);
  EXPECT_EQ(Tag({"unavailable_after: 2010-06-25"}).unavailable_after, Utc(2010, 6, 25, 0, 0, 0));
  EXPECT_EQ(Tag({"unavailable_after: Friday, 25-Jun-10 15:00:00 UTC, noindex"}).directives,
            uint32_t{kRobotsNoindex});
}

TEST(RobotsTagTest, UnavailableAfterBelongsToItsSectionAndTheEarliestCounts) {
  EXPECT_EQ(Tag({"otherbot: unavailable_after: 2010-06-25"}).unavailable_after, std::nullopt);
  EXPECT_EQ(Tag({"spindle: unavailable_after: 2011-01-01, unavailable_after: 2010-01-01",
                 "unavailable_after: 2012-01-01"})
                .unavailable_after,
            Utc(2010, 1, 1, 0, 0, 0));
  EXPECT_EQ(Tag({"unavailable_after: never", "unavailable_after", "unavailable_after:"})
                .unavailable_after,
            std::nullopt);
}

// ---- Refresh: HTML Standard, "shared declarative refresh steps" ----

std::string RefreshText(absl::string_view value) {
  const std::optional<Refresh> refresh = ParseRefresh(value);
  if (!refresh.has_value()) return "none";
  return absl::StrCat(absl::ToInt64Seconds(refresh->delay), " [", refresh->url, "]");
}

TEST(RefreshTest, ReadsDelayAndUrl) {
  EXPECT_EQ(RefreshText("5"), "5 []");
  EXPECT_EQ(RefreshText("5; url=/next"), "5 [/next]");
  EXPECT_EQ(RefreshText(" 5 , URL = '/a b' rest"), "5 [/a b]");
  EXPECT_EQ(RefreshText("0;url=\"a'b\""), "0 [a'b]");
  EXPECT_EQ(RefreshText("5 url=a"), "5 [a]");
}

TEST(RefreshTest, UrlNeedsNoPrefix) {
  EXPECT_EQ(RefreshText("5; next"), "5 [next]");
  EXPECT_EQ(RefreshText("5; 'next' x"), "5 [next]");
  EXPECT_EQ(RefreshText("5; u"), "5 [u]");
  EXPECT_EQ(RefreshText("5; urn:x"), "5 [urn:x]");
  EXPECT_EQ(RefreshText("5; url next"), "5 [url next]");
  EXPECT_EQ(RefreshText("5; url="), "5 []");
  EXPECT_EQ(RefreshText("5;"), "5 []");
}

TEST(RefreshTest, DropsFractionsOfSeconds) {
  EXPECT_EQ(RefreshText("1.9; url=a"), "1 [a]");
  EXPECT_EQ(RefreshText(".9"), "0 []");
  EXPECT_EQ(RefreshText("1.2.3"), "1 []");
}

TEST(RefreshTest, NeedsADelay) {
  for (const char* value : {"", " ", "url=a", "; url=a", "-1", "+1", "1x", "1url=a", "x1"}) {
    EXPECT_EQ(RefreshText(value), "none") << value;
  }
}

TEST(RefreshTest, CutsEndlessDelays) {
  const std::optional<Refresh> refresh = ParseRefresh(std::string(100, '9'));
  ASSERT_TRUE(refresh.has_value());
  EXPECT_EQ(refresh->delay, kMaxHeaderDelay);
}

// ---- Retry-After: RFC 9110, section 10.2.3 ----

std::optional<absl::Duration> Delay(absl::string_view value) {
  const std::optional<RetryAfter> retry_after = ParseRetryAfter(value, kNow);
  if (!retry_after.has_value()) return std::nullopt;
  return RetryDelay(*retry_after, kNow);
}

TEST(RetryAfterTest, ReadsSeconds) {
  EXPECT_EQ(Delay("120"), absl::Seconds(120));
  EXPECT_EQ(Delay(" 0 "), absl::ZeroDuration());
  EXPECT_EQ(Delay("1.5"), absl::Seconds(1));
  EXPECT_EQ(Delay("99999999999999999999"), kMaxHeaderDelay);
}

TEST(RetryAfterTest, ReadsDates) {
  EXPECT_EQ(Delay("Sat, 01 Jun 2024 12:01:00 GMT"), absl::Minutes(1));
  EXPECT_EQ(Delay("Saturday, 01-Jun-24 12:01:00 GMT"), absl::Minutes(1));
  EXPECT_EQ(Delay("Sat Jun  1 12:01:00 2024"), absl::Minutes(1));
  const auto date = ParseRetryAfter("Sat, 01 Jun 2024 12:01:00 GMT", kNow);
  ASSERT_TRUE(date.has_value());
  EXPECT_EQ(std::get<absl::Time>(*date), kNow + absl::Minutes(1));
}

TEST(RetryAfterTest, DelaysAreNeverNegativeOrEndless) {
  EXPECT_EQ(Delay("Sat, 01 Jun 2024 11:00:00 GMT"), absl::ZeroDuration());
  EXPECT_EQ(Delay("Fri, 31 Dec 9999 23:59:59 GMT"), kMaxHeaderDelay);
}

TEST(RetryAfterTest, RefusesWhatIsNeither) {
  for (const char* value : {"", "-1", "soon", "5s", "1 2", "."}) {
    EXPECT_EQ(Delay(value), std::nullopt) << value;
  }
}

// ---- Link: RFC 8288 ----

TEST(LinkHeaderTest, ReadsTargetsRelationsAndParameters) {
  const auto links = ParseLinkHeader(
      "<http://example.com/TheBook/chapter2>; rel=\"previous\"; title=\"previous chapter\"");
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].target, "http://example.com/TheBook/chapter2");
  EXPECT_TRUE(links[0].HasRel("previous"));
  EXPECT_TRUE(links[0].HasRel("Previous"));
  EXPECT_FALSE(links[0].HasRel("prev"));
  EXPECT_EQ(links[0].Parameter("title"), "previous chapter");
  EXPECT_EQ(links[0].Parameter("absent"), "");
}

TEST(LinkHeaderTest, ReadsListsOfLinks) {
  const auto links =
      ParseLinkHeader("</a,b;c>; rel=next , , </d>;rel=\"canonical START\";anchor=#x,<e>");
  ASSERT_EQ(links.size(), 3u);
  EXPECT_EQ(links[0].target, "/a,b;c");
  EXPECT_EQ(links[1].rels, (std::vector<std::string>{"canonical", "start"}));
  EXPECT_EQ(links[1].Parameter("anchor"), "#x");
  EXPECT_EQ(links[2].target, "e");
  EXPECT_TRUE(links[2].rels.empty());
}

TEST(LinkHeaderTest, UnquotesStringsAndKeepsTheirDelimiters) {
  const auto links = ParseLinkHeader(R"(<a>; title="x, <y>; \"z\" \\"; REL=Next, <b>)");
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links[0].Parameter("title"), "x, <y>; \"z\" \\");
  EXPECT_TRUE(links[0].HasRel("next"));
}

// Section 3.3: occurrences of "rel" after the first are ignored.
TEST(LinkHeaderTest, OnlyTheFirstRelCounts) {
  const auto links = ParseLinkHeader("<a>; rel=next; rel=prev");
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].rels, std::vector<std::string>{"next"});
}

// RFC 8187, section 3.2.
TEST(LinkHeaderTest, DecodesExtendedTitles) {
  const auto links = ParseLinkHeader(
      "<a>; title*=UTF-8'de'n%c3%a4chstes%20Kapitel, <b>; title*=iso-8859-1''%e4, "
      "<c>; title*=utf-8''%ff, <d>; title*=x");
  ASSERT_EQ(links.size(), 4u);
  EXPECT_EQ(links[0].Parameter("title*"), "nächstes Kapitel");
  EXPECT_EQ(links[1].Parameter("title*"), "ä");
  EXPECT_EQ(links[2].Parameter("title*"), "");
  EXPECT_EQ(links[3].Parameter("title*"), "");
}

TEST(LinkHeaderTest, KeepsWhatComesBeforeASyntaxError) {
  EXPECT_EQ(ParseLinkHeader("<a>;rel=x, b;rel=y, <c>").size(), 1u);
  EXPECT_EQ(ParseLinkHeader("<a>;rel=x, <b").size(), 1u);
  EXPECT_EQ(ParseLinkHeader("<a>; rel=\"x").size(), 1u);
  EXPECT_TRUE(ParseLinkHeader("").empty());
  EXPECT_TRUE(ParseLinkHeader("/a; rel=next").empty());
  EXPECT_EQ(ParseLinkHeader("<a>;;;=x;b;c=").size(), 1u);
}

TEST(LinkHeaderTest, KeepsItsLimits) {
  std::string value;
  for (int i = 0; i < 20; ++i) value += "<a>;a=1;b=2;c=3,";
  LinkHeaderLimits limits;
  limits.max_links = 5;
  limits.max_parameters = 2;
  const auto links = ParseLinkHeader(value, limits);
  ASSERT_EQ(links.size(), 5u);
  EXPECT_EQ(links[4].parameters.size(), 2u);
}

// ---- Content-Disposition: RFC 6266 ----

std::string Filename(absl::string_view value) {
  const std::optional<ContentDisposition> disposition = ParseContentDisposition(value);
  return disposition.has_value() ? disposition->filename : "none";
}

// Its section 5, examples.
TEST(ContentDispositionTest, ReadsTypeAndFilename) {
  EXPECT_EQ(Filename("Attachment; filename=example.html"), "example.html");
  EXPECT_EQ(ParseContentDisposition("Attachment; filename=example.html")->type, "attachment");
  EXPECT_EQ(Filename("INLINE; FILENAME= \"an example.html\""), "an example.html");
  EXPECT_EQ(Filename("attachment; filename*= UTF-8''%e2%82%ac%20rates"), "€ rates");
  EXPECT_EQ(Filename("attachment"), "");
}

// Section 4.3.
TEST(ContentDispositionTest, PrefersTheExtendedName) {
  EXPECT_EQ(Filename("attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates"),
            "€ rates");
  EXPECT_EQ(Filename("attachment; filename*=utf-8''b; filename=a"), "b");
  EXPECT_EQ(Filename("attachment; filename=a; filename*=utf-8''%ff"), "a");
  EXPECT_EQ(Filename("attachment; filename=a; filename*=koi8-r''%ff"), "a");
  EXPECT_EQ(Filename("attachment; filename=a; filename=b"), "a");
}

TEST(ContentDispositionTest, TakesNamesThatAreNotUtf8ForLatin1) {
  EXPECT_EQ(Filename("attachment; filename=\"\xFC.txt\""), "ü.txt");
  EXPECT_EQ(Filename("attachment; filename=\"ü.txt\""), "ü.txt");
  EXPECT_EQ(Filename("attachment; filename=\"\xED\xA0\x80\""), "\u00ED\u00A0\u0080");
}

// Section 4.3: path segments are not for the sender to choose.
TEST(ContentDispositionTest, KeepsTheLastSegmentOfAPath) {
  EXPECT_EQ(Filename("attachment; filename=\"/etc/passwd\""), "passwd");
  EXPECT_EQ(Filename("attachment; filename=\"c:\\\\x\\\\y.exe\""), "y.exe");
  EXPECT_EQ(Filename("attachment; filename*=utf-8''..%2f..%2fa"), "a");
}

TEST(ContentDispositionTest, NeedsAType) {
  EXPECT_EQ(Filename(""), "none");
  EXPECT_EQ(Filename("; filename=a"), "none");
  EXPECT_EQ(Filename("filename=a"), "none");
  EXPECT_EQ(Filename("attachment; =; ;x; filename"), "");
}

}  // namespace
}  // namespace spindle
