#include "crawler/custom_headers.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(CustomHeadersTest, WritesFieldsAsTheyAreSent) {
  EXPECT_EQ(*ParseCustomHeader("Accept-Language:de,en;q=0.5 "), "Accept-Language: de,en;q=0.5");
  EXPECT_EQ(*ParseCustomHeader("X-Note: a: b\tc"), "X-Note: a: b\tc");
}

TEST(CustomHeadersTest, NoFieldCarriesAnother) {
  for (const std::string& text :
       {std::string("X: a\r\nHost: b"), std::string("X: a\nY: b"), std::string("X: a\0b", 6),
        std::string("X\r\nY: a"), std::string("X Y: a"), std::string("no colon"),
        std::string(": a"), std::string("X:"), "X: " + std::string(5000, 'x')}) {
    const absl::Status status = ParseCustomHeader(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_FALSE(absl::StrContains(status.message(), "\n")) << status;
  }
}

TEST(CustomHeadersTest, FieldsThatAreNotTheOperatorsAreRefused) {
  for (const char* text : {"host: b", "Connection: close", "Transfer-Encoding: chunked",
                           "CONTENT-LENGTH: 1", "Keep-Alive: 5", "TE: trailers", "Upgrade: h2c",
                           "Cookie: a=b", "Authorization: Basic x", "Proxy-Authorization: Basic x",
                           "Range: bytes=0-1", "User-Agent: x", "Expect: 100-continue"}) {
    EXPECT_FALSE(ParseCustomHeader(text).ok()) << text;
  }
}

TEST(CustomHeadersTest, CustomOnesReplaceDefaults) {
  EXPECT_EQ(MergeHeaders({"Accept: text/html", "Accept-Encoding: gzip"}, {"accept: */*", "X: y"}),
            (std::vector<std::string>{"Accept-Encoding: gzip", "accept: */*", "X: y"}));
}

}  // namespace
}  // namespace spindle
