#include "parsers/encoding.h"

#include <string>

#include "gtest/gtest.h"

namespace spindle {
namespace {

// WHATWG Encoding section 4.2.
TEST(EncodingTest, LabelsNameTheStandardsEncodings) {
  EXPECT_EQ(EncodingForLabel("utf8"), Encoding::kUtf8);
  EXPECT_EQ(EncodingForLabel("unicode-1-1-utf-8"), Encoding::kUtf8);
  EXPECT_EQ(EncodingForLabel("latin1"), Encoding::kWindows1252);
  EXPECT_EQ(EncodingForLabel("iso-8859-1"), Encoding::kWindows1252);
  EXPECT_EQ(EncodingForLabel("us-ascii"), Encoding::kWindows1252);
  EXPECT_EQ(EncodingForLabel("iso-8859-9"), Encoding::kWindows1254);
  EXPECT_EQ(EncodingForLabel("tis-620"), Encoding::kWindows874);
  EXPECT_EQ(EncodingForLabel("gb2312"), Encoding::kGbk);
  EXPECT_EQ(EncodingForLabel("ks_c_5601-1987"), Encoding::kEucKr);
  EXPECT_EQ(EncodingForLabel("x-sjis"), Encoding::kShiftJis);
  EXPECT_EQ(EncodingForLabel("utf-16"), Encoding::kUtf16Le);
  EXPECT_EQ(EncodingForLabel("hz-gb-2312"), Encoding::kReplacement);
}

TEST(EncodingTest, LabelsIgnoreCaseAndWhitespaceAround) {
  EXPECT_EQ(EncodingForLabel(" \t\r\n\fUtF-8\f\n"), Encoding::kUtf8);
  EXPECT_EQ(EncodingForLabel("\vutf-8"), std::nullopt);
}

TEST(EncodingTest, OtherLabelsNameNothing) {
  for (const char* label : {"", " ", "utf", "utf-7", "utf-32", "unknown", "utf 8", "latin-1"}) {
    EXPECT_EQ(EncodingForLabel(label), std::nullopt) << label;
  }
  EXPECT_EQ(EncodingForLabel(std::string(100000, 'u')), std::nullopt);
  EXPECT_EQ(EncodingForLabel(absl::string_view("utf-8\0", 6)), std::nullopt);
}

TEST(EncodingTest, EveryNameIsALabelOfItsEncoding) {
  for (size_t i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    EXPECT_EQ(EncodingForLabel(EncodingName(encoding)), encoding) << EncodingName(encoding);
  }
}

}  // namespace
}  // namespace spindle
