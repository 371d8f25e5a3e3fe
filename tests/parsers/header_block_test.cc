#include "parsers/header_block.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

std::vector<std::string> AllFields(absl::string_view bytes) {
  std::vector<std::string> fields;
  HeaderBlock(bytes).ForEach([&](absl::string_view name, absl::string_view value) {
    fields.push_back(absl::StrCat(name, "=", value));
    return true;
  });
  return fields;
}

using Fields = std::vector<std::string>;

TEST(HeaderBlockTest, FindsFieldsInAnyCase) {
  const HeaderBlock headers("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"a:b\"\r\n\r\n");
  EXPECT_EQ(headers.Get("content-type"), absl::string_view("text/html"));
  EXPECT_EQ(headers.Get("ETAG"), absl::string_view("\"a:b\""));
  EXPECT_FALSE(headers.Get("content").has_value());
  EXPECT_FALSE(headers.Get("").has_value());
}

TEST(HeaderBlockTest, GivesTheFirstOrAllOrTheListOfRepeatedFields) {
  const HeaderBlock headers("Link: <a>\r\nX: y\r\nLINK: <b>\r\n");
  EXPECT_EQ(headers.Get("link"), absl::string_view("<a>"));
  EXPECT_EQ(headers.GetAll("link"), (std::vector<absl::string_view>{"<a>", "<b>"}));
  EXPECT_EQ(headers.GetCombined("link"), "<a>, <b>");
  EXPECT_EQ(headers.GetCombined("absent"), "");
  EXPECT_TRUE(headers.GetAll("absent").empty());
}

TEST(HeaderBlockTest, TellsEmptyFromAbsent) {
  const HeaderBlock headers("A:\r\nB: \t \r\n");
  EXPECT_EQ(headers.Get("a"), absl::string_view(""));
  EXPECT_EQ(headers.Get("b"), absl::string_view(""));
  EXPECT_FALSE(headers.Get("c").has_value());
}

TEST(HeaderBlockTest, StripsBlanksAroundNamesAndValues) {
  EXPECT_EQ(AllFields("A : \t b c \r\n"), Fields{"A=b c"});
}

TEST(HeaderBlockTest, TakesAnyLineEnd) {
  EXPECT_EQ(AllFields("A: 1\nB: 2\r\n\nC: 3"), (Fields{"A=1", "B=2", "C=3"}));
}

// RFC 9112, section 5.2.
TEST(HeaderBlockTest, JoinsFoldedLines) {
  EXPECT_EQ(AllFields("A: 1\r\n\t2\r\n 3\r\nB: 4\r\n"), (Fields{"A=1\r\n\t2\r\n 3", "B=4"}));
}

TEST(HeaderBlockTest, PassesOverWhatIsNoField) {
  EXPECT_EQ(AllFields("HTTP/1.1 200 A: B\r\nnothing\r\n: no name\r\n \r\nA: 1\r\n"), Fields{"A=1"});
  EXPECT_EQ(AllFields(""), Fields{});
  EXPECT_EQ(AllFields("\r\n\r\n"), Fields{});
  EXPECT_EQ(AllFields(absl::string_view("A: \0\xFF\n", 6)), Fields{std::string("A=\0\xFF", 4)});
}

TEST(HeaderBlockTest, StopsWhenToldTo) {
  int count = 0;
  HeaderBlock("A: 1\nB: 2\n").ForEach([&](absl::string_view, absl::string_view) {
    ++count;
    return false;
  });
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace spindle
