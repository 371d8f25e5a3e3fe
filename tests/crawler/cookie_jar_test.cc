#include "crawler/cookie_jar.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

class CookieJarTest : public ::testing::Test {
 protected:
  void Set(const char* url, const std::string& set_cookie) {
    jar_.Store(*Url::Parse(url), {set_cookie}, now_);
  }
  std::string Get(const std::string& url) { return jar_.CookiesFor(*Url::Parse(url), now_); }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  CookieJar jar_{&PublicSuffixList::Builtin()};
};

TEST_F(CookieJarTest, GoesBackToItsHostAndNoOther) {
  Set("http://a.example.org/", "id=1");
  EXPECT_EQ(Get("http://a.example.org/x"), "id=1");
  EXPECT_EQ(Get("http://b.example.org/"), "");
  EXPECT_EQ(Get("http://sub.a.example.org/"), "");
  EXPECT_EQ(Get("http://example.org/"), "");
}

TEST_F(CookieJarTest, DomainSharesItWithinTheSite) {
  Set("http://a.example.org/", "id=1; Domain=.Example.org");
  EXPECT_EQ(Get("http://b.example.org/"), "id=1");
  EXPECT_EQ(Get("http://example.org/"), "id=1");
  EXPECT_EQ(Get("http://badexample.org/"), "");
}

// RFC 6265bis 5.7: a domain that the host is not in, a public suffix, an address.
TEST_F(CookieJarTest, DomainsOfOthersAreRefused) {
  Set("http://a.example.org/", "x=1; Domain=b.example.org");
  Set("http://a.example.org/", "x=1; Domain=org");
  Set("http://a.example.co.uk/", "x=1; Domain=co.uk");
  Set("http://127.0.0.1/", "x=1; Domain=0.0.1");
  for (const char* url : {"http://a.example.org/", "http://b.example.org/", "http://other.org/",
                          "http://a.example.co.uk/", "http://b.co.uk/", "http://127.0.0.1/"}) {
    EXPECT_EQ(Get(url), "") << url;
  }
  // The suffix itself may have cookies, for itself alone.
  Set("http://github.io/", "x=1; Domain=github.io");
  EXPECT_EQ(Get("http://github.io/"), "x=1");
  EXPECT_EQ(Get("http://user.github.io/"), "");
}

// RFC 6265bis 5.1.4 and 5.8.3.
TEST_F(CookieJarTest, PathsMatchByWholeSegmentsAndLongerOnesGoFirst) {
  Set("http://a.example/docs/page", "default=1");
  Set("http://a.example/", "root=1; Path=/");
  Set("http://a.example/", "deep=1; Path=/docs/api");
  EXPECT_EQ(Get("http://a.example/docs/api/x"), "deep=1; default=1; root=1");
  EXPECT_EQ(Get("http://a.example/docs"), "default=1; root=1");
  EXPECT_EQ(Get("http://a.example/docs2"), "root=1");
}

TEST_F(CookieJarTest, SecureOnesTravelByHttpsOnly) {
  Set("https://a.example/", "s=1; Secure");
  EXPECT_EQ(Get("https://a.example/"), "s=1");
  EXPECT_EQ(Get("http://a.example/"), "");
  Set("http://a.example/", "s=forged");
  EXPECT_EQ(Get("https://a.example/"), "s=1");
  Set("http://a.example/", "t=1; Secure");
  EXPECT_EQ(Get("https://a.example/"), "s=1");
}

TEST_F(CookieJarTest, PrefixesOfNamesBind) {
  Set("https://a.example/", "__Secure-a=1");
  Set("https://a.example/", "__Host-b=1; Secure; Path=/x");
  Set("https://a.example/", "__host-c=1; Secure; Path=/; Domain=a.example");
  EXPECT_EQ(Get("https://a.example/x"), "");
  Set("https://a.example/", "__Host-d=1; Secure; Path=/");
  EXPECT_EQ(Get("https://a.example/"), "__Host-d=1");
}

TEST_F(CookieJarTest, AgeEndsThem) {
  Set("http://a.example/", "a=1; Max-Age=10");
  Set("http://a.example/", "b=1; Expires=Wed, 15 Nov 2023 00:00:00 GMT");
  Set("http://a.example/", "c=1; Max-Age=999999999999999999999");
  Set("http://a.example/", "d=1; Max-Age=5; Expires=Fri, 01 Jan 2100 00:00:00 GMT");
  EXPECT_EQ(Get("http://a.example/"), "a=1; b=1; c=1; d=1");
  now_ += absl::Seconds(10);
  EXPECT_EQ(Get("http://a.example/"), "b=1; c=1");
  now_ += absl::Hours(24);
  EXPECT_EQ(Get("http://a.example/"), "c=1");
  now_ += absl::Hours(24 * 400);
  EXPECT_EQ(Get("http://a.example/"), "");
}

TEST_F(CookieJarTest, ReplacesAndRemoves) {
  Set("http://a.example/", "a=1");
  Set("http://a.example/", "a=2");
  EXPECT_EQ(Get("http://a.example/"), "a=2");
  for (const char* end :
       {"a=; Max-Age=0", "a=; Max-Age=-1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}) {
    Set("http://a.example/", "a=3");
    Set("http://a.example/", end);
    EXPECT_EQ(Get("http://a.example/"), "") << end;
  }
}

TEST_F(CookieJarTest, WhatIsNoCookieIsPassedOver) {
  for (const std::string& text :
       {std::string(""), std::string("="), std::string(";Path=/"), std::string("a=\r\nX: y"),
        std::string("a\0b=1", 5), "a=" + std::string(5000, 'x')}) {
    Set("http://a.example/", text);
  }
  EXPECT_EQ(Get("http://a.example/"), "");
  Set("http://a.example/", "nameless");
  Set("http://a.example/", " spaced = v w ; Path=no-slash; Unknown");
  EXPECT_EQ(Get("http://a.example/"), "nameless; spaced=v w");
}

TEST_F(CookieJarTest, ASiteHasLimits) {
  std::vector<std::string> texts;
  std::vector<absl::string_view> many;
  for (int i = 0; i < 1000; ++i) texts.push_back(absl::StrCat("c", i, "=", std::string(1000, 'x')));
  many.assign(texts.begin(), texts.end());
  jar_.Store(*Url::Parse("http://a.example/"), many, now_);
  for (int i = 0; i < 1000; ++i) Set("http://a.example/", texts[i]);
  EXPECT_LE(jar_.total_bytes(), CookieLimits().max_bytes_per_site + 1000);
  EXPECT_LE(Get("http://a.example/").size(), CookieLimits().max_header_bytes);
  for (int i = 0; i < 1000; ++i) Set("http://b.example/", absl::StrCat("c", i, "=1"));
  const std::string field = Get("http://b.example/");
  EXPECT_EQ(std::count(field.begin(), field.end(), '='), 50);
  EXPECT_EQ(field.substr(0, 7), "c950=1;");
}

TEST_F(CookieJarTest, AllSitesTogetherHaveALimit) {
  CookieLimits limits;
  limits.max_total_bytes = 10'000;
  CookieJar jar(&PublicSuffixList::Builtin(), limits);
  const auto url = [](int i) { return *Url::Parse(absl::StrCat("http://a", i, ".example/")); };
  for (int i = 0; i < 1000; ++i) {
    jar.Store(url(i), {"id=1"}, now_);
    jar.CookiesFor(url(0), now_);
  }
  EXPECT_LE(jar.total_bytes(), limits.max_total_bytes);
  EXPECT_EQ(jar.CookiesFor(url(0), now_), "id=1");
  EXPECT_EQ(jar.CookiesFor(url(999), now_), "id=1");
  EXPECT_EQ(jar.CookiesFor(url(500), now_), "");
}

}  // namespace
}  // namespace spindle
