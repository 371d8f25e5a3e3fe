#include "storage/coding.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(CodingTest, FixedNumbersAreBigEndian) {
  std::string out;
  PutFixed16(&out, 0x0102);
  PutFixed64(&out, 0x030405060708090a);
  EXPECT_EQ(out, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a");
}

TEST(CodingTest, FixedNumbersSortAsTheirBytes) {
  std::string last;
  for (const uint64_t value :
       {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256}, uint64_t{1} << 40, UINT64_MAX}) {
    std::string bytes;
    PutFixed64(&bytes, value);
    EXPECT_LT(last, bytes);
    last = bytes;
  }
}

TEST(CodingTest, VarintsComeBack) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const uint64_t value : {uint64_t{1} << bit, (uint64_t{1} << bit) - 1}) {
      std::string out;
      PutVarint(&out, value);
      EXPECT_LE(out.size(), 10);
      ByteReader reader(out);
      EXPECT_EQ(reader.ReadVarint(), value);
      EXPECT_TRUE(reader.ok() && reader.at_end());
    }
  }
  std::string largest;
  PutVarint(&largest, UINT64_MAX);
  EXPECT_EQ(ByteReader(largest).ReadVarint(), UINT64_MAX);
}

TEST(CodingTest, VarintsOfMoreThan64BitsFail) {
  const std::string ten(9, '\xff');
  const std::string two = ten + "\x02";
  ByteReader reader(two);
  EXPECT_EQ(reader.ReadVarint(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(CodingTest, NumbersAboveTheirLimitFail) {
  ByteReader fits("\x05");
  EXPECT_EQ(fits.ReadVarintUpTo(5), 5);
  EXPECT_TRUE(fits.ok());
  ByteReader above("\x06");
  EXPECT_EQ(above.ReadVarintUpTo(5), 0);
  EXPECT_FALSE(above.ok());
}

TEST(CodingTest, StringsComeBack) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{127}, size_t{128}, size_t{100000}}) {
    std::string out;
    PutString(&out, std::string(size, 'x'));
    ByteReader reader(out);
    EXPECT_EQ(reader.ReadString(), std::string(size, 'x'));
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(CodingTest, StringLongerThanTheBytesFails) {
  ByteReader reader(
      "\x05"
      "abcd");
  EXPECT_EQ(reader.ReadString(), "");
  EXPECT_FALSE(reader.ok());
  ByteReader huge("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(huge.ReadString(), "");
  EXPECT_FALSE(huge.ok());
}

TEST(CodingTest, AFailedReaderGivesNothingMore) {
  ByteReader reader(absl::string_view("\x01\x02\x03", 3));
  reader.ReadFixed64();
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.ReadByte(), 0);
  EXPECT_EQ(reader.ReadFixed16(), 0);
  EXPECT_EQ(reader.ReadVarint(), 0);
  EXPECT_EQ(reader.ReadString(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(CodingTest, EmptyBytesHoldNothing) {
  ByteReader reader("");
  EXPECT_TRUE(reader.ok() && reader.at_end());
  EXPECT_EQ(reader.ReadByte(), 0);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace spindle
