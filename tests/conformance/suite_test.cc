#include "tests/conformance/suite.h"

#include <sstream>

#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string Printed(const Report& report, bool verbose = false) {
  std::ostringstream out;
  report.Print(out, verbose);
  return out.str();
}

TEST(ReportTest, IsOkWhenEveryCasePasses) {
  Report report("numbers");
  report.Check("one", true);
  report.CheckEqual("two", "2", "2");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(Printed(report), "numbers                       2      0      0\n");
}

TEST(ReportTest, IsNotOkWithoutAnyCase) { EXPECT_FALSE(Report("empty").ok()); }

TEST(ReportTest, ShowsAnUnexpectedFailureWithBothValues) {
  Report report("numbers");
  report.Check("one", true);
  report.CheckEqual("two", "2", "3");
  EXPECT_FALSE(report.ok());
  EXPECT_NE(Printed(report).find("FAILED two  want 2  got 3"), std::string::npos);
}

TEST(ReportTest, CountsExpectedFailuresByReason) {
  Report report("numbers");
  report.ExpectFailure("two", "cannot count");
  report.Check("one", true);
  report.Check("two", false, "why");
  EXPECT_TRUE(report.ok());
  EXPECT_NE(Printed(report).find("1 expected: cannot count"), std::string::npos);
  EXPECT_EQ(Printed(report).find("why"), std::string::npos);
  EXPECT_NE(Printed(report, true).find("expected: two  why"), std::string::npos);
}

TEST(ReportTest, IsNotOkWhenAnExpectedFailurePasses) {
  Report report("numbers");
  report.ExpectFailure("one", "cannot count");
  report.Check("one", true);
  report.Check("two", true);
  EXPECT_FALSE(report.ok());
}

TEST(ReportTest, IsNotOkWhenAnExpectedFailureNamesNoCase) {
  Report report("numbers");
  report.ExpectFailure("three", "cannot count");
  report.Check("one", true);
  EXPECT_FALSE(report.ok());
  EXPECT_NE(Printed(report).find("NO SUCH CASE"), std::string::npos);
}

TEST(ReportTest, IsNotOkWhenDataIsMissing) {
  Report report("numbers");
  report.Check("one", true);
  EXPECT_EQ(ReadData("/nonexistent/file", report), "");
  EXPECT_FALSE(report.ok());
}

TEST(PrintableTest, EscapesControlAndBrokenBytesAndCutsLongText) {
  EXPECT_EQ(Printable("a\n\xC3\xBC\xFF"), "a\\x0A\xC3\xBC\\xFF");
  EXPECT_EQ(Printable("abcdef", 3), "abc...");
}

}  // namespace
}  // namespace spindle
