#include "crawler/request_text.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

FetchRequest RequestFor(const std::string& url) {
  FetchRequest request;
  request.url = url;
  return request;
}

TEST(RequestTextTest, FieldsOfAllRequestsComeFirstThenItsOwn) {
  FetchRequest request = RequestFor("http://a.example/x?y");
  request.headers = {"If-None-Match: \"1\""};
  EXPECT_EQ(RequestText(request, "Accept: */*\r\n", false),
            "GET /x?y HTTP/1.1\r\nHost: a.example\r\n"
            "Accept: */*\r\nIf-None-Match: \"1\"\r\n\r\n");
}

TEST(RequestTextTest, UserinfoAndFragmentAreNotSent) {
  EXPECT_EQ(RequestText(RequestFor("http://u:p@a.example:81/x#f"), "", false),
            "GET /x HTTP/1.1\r\nHost: a.example:81\r\n\r\n");
}

TEST(RequestTextTest, PathIsNeverEmptyAndTheMethodIsNamed) {
  FetchRequest request = RequestFor("https://a.example");
  request.method = FetchMethod::kHead;
  EXPECT_EQ(RequestText(request, "", true), "HEAD / HTTP/2\r\nHost: a.example\r\n\r\n");
}

}  // namespace
}  // namespace spindle
