#include "parsers/http_date.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace spindle {
namespace {

absl::Time Utc(int year, int month, int day, int hour, int minute, int second) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second),
                         absl::UTCTimeZone());
}

const absl::Time kNow = Utc(2024, 6, 1, 12, 0, 0);
const absl::Time kExample = Utc(1994, 11, 6, 8, 49, 37);

std::optional<absl::Time> Parsed(absl::string_view text) { return ParseHttpDate(text, kNow); }

// RFC 9110, section 5.6.7: its three examples.
TEST(HttpDateTest, ReadsTheThreeForms) {
  EXPECT_EQ(Parsed("Sun, 06 Nov 1994 08:49:37 GMT"), kExample);
  EXPECT_EQ(Parsed("Sunday, 06-Nov-94 08:49:37 GMT"), kExample);
  EXPECT_EQ(Parsed("Sun Nov  6 08:49:37 1994"), kExample);
}

// RFC 9110, section 5.6.7: "more than 50 years in the future" is the past.
TEST(HttpDateTest, TwoDigitYearsAreAtMostFiftyYearsAhead) {
  EXPECT_EQ(Parsed("Tue, 01-Jan-74 00:00:00 GMT"), Utc(2074, 1, 1, 0, 0, 0));
  EXPECT_EQ(Parsed("Tue, 01-Jan-75 00:00:00 GMT"), Utc(1975, 1, 1, 0, 0, 0));
  EXPECT_EQ(Parsed("Tue, 01-Jan-00 00:00:00 GMT"), Utc(2000, 1, 1, 0, 0, 0));
  EXPECT_EQ(ParseHttpDate("Tue, 01-Jan-00 00:00:00 GMT", Utc(2060, 1, 1, 0, 0, 0)),
            Utc(2100, 1, 1, 0, 0, 0));
}

TEST(HttpDateTest, IsLenientAboutForm) {
  EXPECT_EQ(Parsed("sun, 06 nov 1994 08:49:37 gmt"), kExample);
  EXPECT_EQ(Parsed("  06 November 1994 8:49:37  "), kExample);
  EXPECT_EQ(Parsed("Mon, 06-Nov-1994 08:49:37 UTC"), kExample);
  EXPECT_EQ(Parsed("6 Nov 1994 08:49"), Utc(1994, 11, 6, 8, 49, 0));
  EXPECT_EQ(Parsed("Sun, 06 Nov 1994 08:49:37 Z"), kExample);
}

TEST(HttpDateTest, KnowsZonesAndOffsets) {
  EXPECT_EQ(Parsed("06 Nov 1994 08:49:37 PST"), kExample + absl::Hours(8));
  EXPECT_EQ(Parsed("06 Nov 1994 08:49:37 EDT"), kExample + absl::Hours(4));
  EXPECT_EQ(Parsed("06 Nov 1994 08:49:37 +0200"), kExample - absl::Hours(2));
  EXPECT_EQ(Parsed("06 Nov 1994 08:49:37 -0130"), kExample + absl::Minutes(90));
  EXPECT_EQ(Parsed("06 Nov 1994 08:49:37 +2"), std::nullopt);
}

TEST(HttpDateTest, TakesALeapSecond) {
  EXPECT_EQ(Parsed("Sat, 31 Dec 2016 23:59:60 GMT"), Utc(2017, 1, 1, 0, 0, 0));
}

TEST(HttpDateTest, RefusesImpossibleDates) {
  for (const char* text :
       {"31 Feb 2000 00:00:00 GMT", "29 Feb 2023 00:00:00", "00 Jan 2000 00:00:00",
        "01 Jan 2000 24:00:00", "01 Jan 2000 00:60:00", "01 Jan 2000 00:00:61",
        "01 Jan 1600 00:00:00", "01 Jan 0000 00:00:00", "01 Jan 02000 00:00:00"}) {
    EXPECT_EQ(Parsed(text), std::nullopt) << text;
  }
  EXPECT_EQ(Parsed("29 Feb 2024 00:00:00"), Utc(2024, 2, 29, 0, 0, 0));
}

TEST(HttpDateTest, RefusesWhatIsNoDate) {
  for (const char* text : {"", "0", "-1", "now", "GMT", "Sun, 06 Nov 1994", "08:49:37",
                           "1994-11-06", "06 Nov 1994 08:49:37 XYZ", "06 Nov Dec 1994 08:49:37",
                           "06 Nov 1994 08:49:37 09:00:00", "06 Nov 199 08:49:37",
                           "06 Nov 1994 8h49", "06 Nov 1994 :49:37", "06 Nov 1994 08:49:37:10"}) {
    EXPECT_EQ(Parsed(text), std::nullopt) << text;
  }
  EXPECT_EQ(Parsed(std::string(1000, ' ') + "06 Nov 1994 08:49:37"), std::nullopt);
}

}  // namespace
}  // namespace spindle
