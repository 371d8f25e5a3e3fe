#include "tools/json_text.h"

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string ComesBackAs(absl::string_view text) {
  return nlohmann::json::parse(JsonString(text)).get<std::string>();
}

// RFC 8259 section 7.
TEST(JsonTextTest, EveryTextComesBack) {
  for (int c = 0; c < 128; ++c) {
    const std::string text(1, static_cast<char>(c));
    EXPECT_EQ(ComesBackAs(text), text) << c;
  }
  EXPECT_EQ(ComesBackAs("Grüße, 世界 \"\\"), "Grüße, 世界 \"\\");
}

TEST(JsonTextTest, WhatIsNotUtf8IsReplaced) {
  EXPECT_EQ(ComesBackAs("a\xff"
                        "b"),
            "a\xef\xbf\xbd"
            "b");
}

TEST(JsonTextTest, ObjectsAreWrittenFieldByField) {
  JsonObject object;
  EXPECT_EQ(object.ToString(), "{}");
  object.Add("a", "1");
  object.Add("b\n", JsonString("x"));
  EXPECT_EQ(object.ToString(), "{\"a\":1,\"b\\n\":\"x\"}");
}

}  // namespace
}  // namespace spindle
