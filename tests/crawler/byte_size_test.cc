#include "crawler/byte_size.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

uint64_t Parse(absl::string_view text) {
  ByteSize size;
  std::string error;
  EXPECT_TRUE(AbslParseFlag(text, &size, &error)) << text << ": " << error;
  return size.bytes;
}

TEST(ByteSizeTest, ReadsBytesAndUnits) {
  EXPECT_EQ(Parse("0"), 0);
  EXPECT_EQ(Parse("1000"), 1000);
  EXPECT_EQ(Parse("100B"), 100);
  EXPECT_EQ(Parse("4k"), 4096);
  EXPECT_EQ(Parse("512MB"), uint64_t{512} << 20);
  EXPECT_EQ(Parse("2gb"), uint64_t{2} << 30);
  EXPECT_EQ(Parse("2GiB"), uint64_t{2} << 30);
  EXPECT_EQ(Parse("1.5 GB"), uint64_t{3} << 29);
  EXPECT_EQ(Parse("1TB"), uint64_t{1} << 40);
}

TEST(ByteSizeTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "MB", "-1", "-1GB", "1XB", "1ib", "1e9", "inf", "nan", "2GB more", "99999999TB"}) {
    ByteSize size{7};
    std::string error;
    EXPECT_FALSE(AbslParseFlag(text, &size, &error)) << text;
    EXPECT_EQ(error, "a size is written as 512MB, 2GB or in bytes");
    EXPECT_EQ(size.bytes, 7);
  }
}

TEST(ByteSizeTest, WritesWhatItReads) {
  for (const char* text : {"0", "1000", "4KB", "512MB", "3GB", "1025MB"}) {
    EXPECT_EQ(AbslUnparseFlag({Parse(text)}), text);
  }
}

}  // namespace
}  // namespace spindle
