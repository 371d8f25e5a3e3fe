#include "tools/rows.h"

#include <unistd.h>

#include "gtest/gtest.h"

namespace spindle {
namespace {

// What `write` sends to its output.
template <typename Write>
std::string Written(Write write) {
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  {
    Output output(pipe_ends[1]);
    write(&output);
    EXPECT_TRUE(output.Finish().ok());
  }
  close(pipe_ends[1]);
  std::string text(1 << 16, '\0');
  text.resize(read(pipe_ends[0], text.data(), text.size()));
  close(pipe_ends[0]);
  return text;
}

std::string Table(Format format, uint64_t limit) {
  return Written([&](Output* output) {
    RowWriter rows(format, {{"name"}, {"count"}, {"hidden", true}, {"last_seen"}}, limit, output);
    rows.Write({TextCell("a"), CountCell(5), CountCell(1), TimeCell(absl::InfinitePast())});
    rows.Write({TextCell("über"), CountCell(1234567), EmptyCell(), TimeCell(absl::UnixEpoch())});
    rows.Finish();
  });
}

TEST(RowsTest, TablesAlignTextLeftAndNumbersRight) {
  EXPECT_EQ(Table(Format::kTable, 0),
            "NAME    COUNT  LAST SEEN\n"
            "a           5  never\n"
            "über  1234567  1970-01-01 00:00:00Z\n");
}

TEST(RowsTest, JsonHasEveryColumn) {
  EXPECT_EQ(Table(Format::kJsonLines, 0),
            "{\"name\":\"a\",\"count\":5,\"hidden\":1,\"last_seen\":null}\n"
            "{\"name\":\"über\",\"count\":1234567,\"hidden\":null,"
            "\"last_seen\":\"1970-01-01T00:00:00.000000Z\"}\n");
}

TEST(RowsTest, LimitIsKept) {
  EXPECT_EQ(Table(Format::kTable, 1),
            "NAME  COUNT  LAST SEEN\n"
            "a         5  never\n");
}

TEST(RowsTest, LimitSaysThatNoMoreIsWanted) {
  Written([](Output* output) {
    RowWriter rows(Format::kJsonLines, {{"n"}}, 2, output);
    EXPECT_TRUE(rows.Write({CountCell(1)}));
    EXPECT_FALSE(rows.Write({CountCell(2)}));
    EXPECT_FALSE(rows.Write({CountCell(3)}));
  });
}

TEST(RowsTest, RecordsAreLinesOrAnObject) {
  const auto write = [](Format format) {
    return Written([&](Output* output) {
      RecordWriter record(format, output);
      record.Add("body_bytes", BytesCell(2048));
      record.AddLine("  of these", "1");
      record.AddJson("parts", "{}");
      record.Finish();
    });
  };
  EXPECT_EQ(write(Format::kTable), "body bytes  2.0 KiB\n  of these  1\n");
  EXPECT_EQ(write(Format::kJsonLines), "{\"body_bytes\":2048,\"parts\":{}}\n");
}

TEST(RowsTest, BytesHaveUnits) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes(uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(HumanBytes(UINT64_MAX), "16384.0 PiB");
}

TEST(RowsTest, NothingThatMovesATerminalIsPrintable) {
  EXPECT_EQ(Printable("a\x1b[2J\r\nb\x7f\xff"), "a [2J  b \xef\xbf\xbd");
}

}  // namespace
}  // namespace spindle
