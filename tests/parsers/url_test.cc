#include "parsers/url.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string Href(absl::string_view input) {
  const std::optional<Url> url = Url::Parse(input);
  return url.has_value() ? url->href() : "failure";
}

// The href of `input` relative to `base`.
std::string Resolved(absl::string_view base, absl::string_view input) {
  const std::optional<Url> base_url = Url::Parse(base);
  if (!base_url.has_value()) return "broken base";
  const std::optional<Url> url = Url::Parse(input, &*base_url);
  return url.has_value() ? url->href() : "failure";
}

Url Parsed(absl::string_view input) {
  std::optional<Url> url = Url::Parse(input);
  EXPECT_TRUE(url.has_value()) << input;
  return url.has_value() ? *url : *Url::Parse("http://failed-to-parse/");
}

// ---- Parts ----

TEST(UrlTest, GivesAllParts) {
  const Url url = Parsed("https://user:pass@example.com:8443/a/b?c=d#e");
  EXPECT_EQ(url.scheme(), "https");
  EXPECT_EQ(url.username(), "user");
  EXPECT_EQ(url.password(), "pass");
  EXPECT_EQ(url.host(), "example.com");
  EXPECT_EQ(url.port(), 8443);
  EXPECT_EQ(url.effective_port(), 8443);
  EXPECT_EQ(url.path(), "/a/b");
  EXPECT_EQ(url.query(), "c=d");
  EXPECT_EQ(url.fragment(), "e");
  EXPECT_EQ(url.path_and_query(), "/a/b?c=d");
  EXPECT_EQ(url.href(), "https://user:pass@example.com:8443/a/b?c=d#e");
}

TEST(UrlTest, PartsOfTheShortestUrlAreEmpty) {
  const Url url = Parsed("http://h");
  EXPECT_EQ(url.href(), "http://h/");
  EXPECT_EQ(url.username(), "");
  EXPECT_EQ(url.password(), "");
  EXPECT_FALSE(url.has_credentials());
  EXPECT_EQ(url.port(), std::nullopt);
  EXPECT_EQ(url.path(), "/");
  EXPECT_EQ(url.query(), "");
  EXPECT_FALSE(url.has_query());
  EXPECT_EQ(url.fragment(), "");
  EXPECT_FALSE(url.has_fragment());
  EXPECT_EQ(url.path_and_query(), "/");
}

TEST(UrlTest, TellsEmptyQueryAndFragmentFromNone) {
  const Url url = Parsed("http://h/?#");
  EXPECT_TRUE(url.has_query());
  EXPECT_TRUE(url.has_fragment());
  EXPECT_EQ(url.query(), "");
  EXPECT_EQ(url.fragment(), "");
  EXPECT_EQ(url.href(), "http://h/?#");
  EXPECT_EQ(url.path_and_query(), "/?");
}

TEST(UrlTest, SplitsCredentials) {
  EXPECT_EQ(Parsed("http://u@h/").username(), "u");
  EXPECT_EQ(Parsed("http://u@h/").password(), "");
  EXPECT_EQ(Parsed("http://:p@h/").username(), "");
  EXPECT_EQ(Parsed("http://:p@h/").password(), "p");
  EXPECT_EQ(Parsed("http://u:p:q@h/").password(), "p%3Aq");
  EXPECT_EQ(Parsed("http://a@b@c/").username(), "a%40b");
  EXPECT_EQ(Href("http://u:@h/"), "http://u@h/");
  EXPECT_EQ(Href("http://:@h/"), "http://h/");
  EXPECT_EQ(Href("http://@h/"), "http://h/");
}

TEST(UrlTest, KnowsItsKind) {
  EXPECT_TRUE(Parsed("http://h/").is_http_family());
  EXPECT_FALSE(Parsed("http://h/").is_https());
  EXPECT_TRUE(Parsed("https://h/").is_https());
  EXPECT_TRUE(Parsed("ftp://h/").is_special());
  EXPECT_FALSE(Parsed("ftp://h/").is_http_family());
  EXPECT_FALSE(Parsed("mailto:a@b").is_special());
  EXPECT_TRUE(Parsed("mailto:a@b").has_opaque_path());
  EXPECT_FALSE(Parsed("web+x:/a").has_opaque_path());
  EXPECT_TRUE(Parsed("http://127.1/").host_is_ip());
  EXPECT_TRUE(Parsed("http://[::1]/").host_is_ip());
  EXPECT_FALSE(Parsed("http://h/").host_is_ip());
}

// Section 4.7.
TEST(UrlTest, OriginIsSchemeHostAndPort) {
  EXPECT_EQ(Parsed("https://example.com/a").origin(), "https://example.com");
  EXPECT_EQ(Parsed("https://example.com:443/a").origin(), "https://example.com");
  EXPECT_EQ(Parsed("http://[::1]:81/a").origin(), "http://[::1]:81");
  EXPECT_EQ(Parsed("https://u@example.com/a").origin(), "");
  EXPECT_EQ(Parsed("https://u@example.com/a").Canonical().origin(), "https://example.com");
  EXPECT_EQ(Parsed("file:///a").origin(), "");
  EXPECT_EQ(Parsed("mailto:a").origin(), "");
}

// Section 4.2: default ports.
TEST(UrlTest, DropsDefaultPorts) {
  EXPECT_EQ(Href("http://h:80/"), "http://h/");
  EXPECT_EQ(Href("https://h:443/"), "https://h/");
  EXPECT_EQ(Href("https://h:80/"), "https://h:80/");
  EXPECT_EQ(Href("ftp://h:21/"), "ftp://h/");
  EXPECT_EQ(Href("wss://h:443/"), "wss://h/");
  EXPECT_EQ(Href("web+x://h:80/"), "web+x://h:80/");
  EXPECT_EQ(Parsed("https://h/").effective_port(), 443);
  EXPECT_EQ(Parsed("http://h/").effective_port(), 80);
  EXPECT_EQ(Parsed("web+x://h/").effective_port(), 0);
  EXPECT_EQ(Parsed("web+x://h:0/").port(), 0);
}

TEST(UrlTest, ReadsPorts) {
  EXPECT_EQ(Href("http://h:/"), "http://h/");
  EXPECT_EQ(Href("http://h:0000081/"), "http://h:81/");
  EXPECT_EQ(Href("http://h:65535/"), "http://h:65535/");
  EXPECT_EQ(Href("http://h:65536/"), "failure");
  EXPECT_EQ(Href("http://h:8x/"), "failure");
  EXPECT_EQ(Href("http://h:-1/"), "failure");
  EXPECT_EQ(Href("http://h:99999999999999999999/"), "failure");
}

// ---- Cleaning (section 4.4, steps 1 to 3) ----

TEST(UrlTest, StripsControlsAndSpacesAround) {
  EXPECT_EQ(Href(" \x01\x1F http://h/a \n\x02"), "http://h/a");
  EXPECT_EQ(Href("http://h/a b "), "http://h/a%20b");
}

TEST(UrlTest, RemovesTabsAndNewlinesAnywhere) {
  EXPECT_EQ(Href("ht\ntp:/\t/h\r/a\tb?c\nd#e\rf"), "http://h/ab?cd#ef");
}

TEST(UrlTest, EmptyAndBlankInputsNeedABase) {
  EXPECT_EQ(Href(""), "failure");
  EXPECT_EQ(Href(" \t"), "failure");
  EXPECT_EQ(Resolved("http://h/a?b#c", ""), "http://h/a?b");
  EXPECT_EQ(Resolved("http://h/a?b#c", " \n "), "http://h/a?b");
}

// ---- Schemes ----

TEST(UrlTest, PutsSchemesInLowerCase) {
  EXPECT_EQ(Href("HTTPS://h/"), "https://h/");
  EXPECT_EQ(Href("Web+X.1-2:a"), "web+x.1-2:a");
}

TEST(UrlTest, WhatIsNoSchemeIsARelativeReference) {
  for (const char* input : {"1http://h/", "+a:b", "h/a:b", "ht tp://h/", "example.com/a"}) {
    EXPECT_EQ(Href(input), "failure") << input;
  }
  EXPECT_EQ(Resolved("http://h/a", "1a:b"), "http://h/1a:b");
  EXPECT_EQ(Resolved("http://h/a", "a b:c"), "http://h/a%20b:c");
}

TEST(UrlTest, SpecialSchemesNeedAHost) {
  for (const char* input : {"http://", "http:///", "https:", "http://?a", "http://#a", "http://u@/",
                            "http://u:p@?", "http://:80/", "http://@:80"}) {
    EXPECT_EQ(Href(input), "failure") << input;
  }
}

TEST(UrlTest, SpecialSchemesTakeAnySlashes) {
  EXPECT_EQ(Href("http:h/a"), "http://h/a");
  EXPECT_EQ(Href("http:/h/a"), "http://h/a");
  EXPECT_EQ(Href("http:////h/a"), "http://h/a");
  EXPECT_EQ(Href("http:\\\\h\\a\\b?c\\d#e\\f"), "http://h/a/b?c\\d#e\\f");
  EXPECT_EQ(Resolved("http://h/a/b", "http:c"), "http://h/a/c");
  EXPECT_EQ(Resolved("http://h/a/b", "https:c"), "https://c/");
  EXPECT_EQ(Resolved("http://h/a/b", "http:/c"), "http://h/c");
}

// ---- Relative references ----

struct Reference {
  const char* reference;
  const char* expected;
};

// The examples of RFC 3986, section 5.4, where the URL Standard agrees.
TEST(UrlTest, ResolvesTheExamplesOfRfc3986) {
  for (const Reference& test : std::vector<Reference>{
           {"g:h", "g:h"},
           {"g", "http://a/b/c/g"},
           {"./g", "http://a/b/c/g"},
           {"g/", "http://a/b/c/g/"},
           {"/g", "http://a/g"},
           {"//g", "http://g/"},
           {"?y", "http://a/b/c/d;p?y"},
           {"g?y", "http://a/b/c/g?y"},
           {"#s", "http://a/b/c/d;p?q#s"},
           {"g#s", "http://a/b/c/g#s"},
           {"g?y#s", "http://a/b/c/g?y#s"},
           {";x", "http://a/b/c/;x"},
           {"g;x?y#s", "http://a/b/c/g;x?y#s"},
           {"", "http://a/b/c/d;p?q"},
           {".", "http://a/b/c/"},
           {"./", "http://a/b/c/"},
           {"..", "http://a/b/"},
           {"../", "http://a/b/"},
           {"../g", "http://a/b/g"},
           {"../..", "http://a/"},
           {"../../g", "http://a/g"},
           {"../../../g", "http://a/g"},
           {"/./g", "http://a/g"},
           {"/../g", "http://a/g"},
           {"g.", "http://a/b/c/g."},
           {".g", "http://a/b/c/.g"},
           {"..g", "http://a/b/c/..g"},
           {"./../g", "http://a/b/g"},
           {"./g/.", "http://a/b/c/g/"},
           {"g/../h", "http://a/b/c/h"},
           {"g;x=1/../y", "http://a/b/c/y"},
           {"g?y/../x", "http://a/b/c/g?y/../x"},
           {"g#s/../x", "http://a/b/c/g#s/../x"},
       }) {
    EXPECT_EQ(Resolved("http://a/b/c/d;p?q", test.reference), test.expected) << test.reference;
  }
}

TEST(UrlTest, KeepsAuthorityOfTheBase) {
  EXPECT_EQ(Resolved("http://u:p@h:81/a/b?c#d", "e"), "http://u:p@h:81/a/e");
  EXPECT_EQ(Resolved("http://u:p@h:81/a/b?c#d", "/e"), "http://u:p@h:81/e");
  EXPECT_EQ(Resolved("http://u:p@h:81/a/b?c#d", "?e"), "http://u:p@h:81/a/b?e");
  EXPECT_EQ(Resolved("http://u:p@h:81/a/b?c#d", "#e"), "http://u:p@h:81/a/b?c#e");
}

TEST(UrlTest, NetworkPathReferencesTakeOnlyTheScheme) {
  const std::optional<Url> base = Url::Parse("https://u:p@h:81/a?b");
  const std::optional<Url> url = Url::Parse("//g/x", &*base);
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->href(), "https://g/x");
  EXPECT_EQ(url->port(), std::nullopt);
  EXPECT_FALSE(url->has_credentials());
  EXPECT_EQ(url->effective_port(), 443);
  EXPECT_EQ(Resolved("https://h/a", "\\\\g\\x"), "https://g/x");
  EXPECT_EQ(Resolved("https://h/a", "/\\g"), "https://g/");
}

TEST(UrlTest, PartsOfARelativeUrlAreRight) {
  const std::optional<Url> base = Url::Parse("https://u:p@h:81/a/b?c#d");
  const std::optional<Url> url = Url::Parse("x/../y?z#w", &*base);
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->username(), "u");
  EXPECT_EQ(url->password(), "p");
  EXPECT_EQ(url->host(), "h");
  EXPECT_EQ(url->port(), 81);
  EXPECT_EQ(url->path(), "/a/y");
  EXPECT_EQ(url->query(), "z");
  EXPECT_EQ(url->fragment(), "w");
}

TEST(UrlTest, OnlyAFragmentResolvesAgainstAnOpaquePath) {
  EXPECT_EQ(Resolved("mailto:a@b", "#c"), "mailto:a@b#c");
  EXPECT_EQ(Resolved("mailto:a@b?x", "#c"), "mailto:a@b?x#c");
  EXPECT_EQ(Resolved("mailto:a@b", "c"), "failure");
  EXPECT_EQ(Resolved("mailto:a@b", ""), "failure");
  EXPECT_EQ(Resolved("mailto:a@b", "//h/"), "failure");
  EXPECT_EQ(Resolved("mailto:a@b", "http://h/"), "http://h/");
}

// ---- Paths ----

TEST(UrlTest, ResolvesDotSegmentsInAllSpellings) {
  EXPECT_EQ(Href("http://h/a/%2e/b"), "http://h/a/b");
  EXPECT_EQ(Href("http://h/a/.%2E/b"), "http://h/b");
  EXPECT_EQ(Href("http://h/a/%2e%2e/b"), "http://h/b");
  EXPECT_EQ(Href("http://h/a/%2E."), "http://h/");
  EXPECT_EQ(Href("http://h/a/.../b"), "http://h/a/.../b");
  EXPECT_EQ(Href("http://h/a/%2eb"), "http://h/a/%2eb");
  EXPECT_EQ(Href("http://h/a\\..\\b"), "http://h/b");
  EXPECT_EQ(Href("http://h/../../.."), "http://h/");
}

TEST(UrlTest, KeepsEmptySegments) {
  EXPECT_EQ(Href("http://h//a///b//"), "http://h//a///b//");
  EXPECT_EQ(Href("http://h/a//../b"), "http://h/a/b");
  EXPECT_EQ(Href("http://h/a//.."), "http://h/a/");
}

// Section 1.3: the percent-encode sets.
TEST(UrlTest, EncodesEachPartByItsOwnSet) {
  EXPECT_EQ(Href("http://h/ \"#"), "http://h/%20%22#");
  EXPECT_EQ(Parsed("http://h/ \"<>^`{}|'\x7Fü").path(), "/%20%22%3C%3E%5E%60%7B%7D|'%7F%C3%BC");
  EXPECT_EQ(Parsed("http://h/? \"<>^`{}|'\x7Fü").query(), "%20%22%3C%3E^`{}|%27%7F%C3%BC");
  EXPECT_EQ(Parsed("web+x://h/?'").query(), "'");
  EXPECT_EQ(Parsed("http://h/# \"<>^`{}|'\x7Fü#").fragment(), "%20%22%3C%3E^%60{}|'%7F%C3%BC#");
  EXPECT_EQ(Parsed("http://a b;=|'^[]@h/").username(), "a%20b%3B%3D%7C'%5E%5B%5D");
}

TEST(UrlTest, LeavesEscapesAlone) {
  EXPECT_EQ(Href("http://h/%41%zz%?%41%zz#%4"), "http://h/%41%zz%?%41%zz#%4");
}

TEST(UrlTest, EncodesBytesThatAreNotUtf8AsTheyAre) {
  EXPECT_EQ(Href("http://h/\xE9?\xE9#\xE9"), "http://h/%E9?%E9#%E9");
  EXPECT_EQ(Href("http://\xE9/"), "failure");
}

// ---- Hosts in URLs ----

TEST(UrlTest, HostsAreCanonical) {
  EXPECT_EQ(Href("http://EXAMPLE.com/"), "http://example.com/");
  EXPECT_EQ(Href("http://bücher.example/"), "http://xn--bcher-kva.example/");
  EXPECT_EQ(Href("http://0x7f.1:81/"), "http://127.0.0.1:81/");
  EXPECT_EQ(Href("http://[0:0::1]:80/"), "http://[::1]/");
  EXPECT_EQ(Href("http://[::1/"), "failure");
  EXPECT_EQ(Href("http://a b/"), "failure");
}

// ---- Other schemes ----

TEST(UrlTest, ParsesOpaquePaths) {
  EXPECT_EQ(Href("javascript:alert('a b')"), "javascript:alert('a b')");
  EXPECT_EQ(Href("data:text/plain,a b?c d#e f"), "data:text/plain,a b?c%20d#e%20f");
  EXPECT_EQ(Href("data:a #b"), "data:a%20#b");
  EXPECT_EQ(Parsed("tel:+1").path(), "+1");
}

// Section 4.5: without a host, a path must not read as one.
TEST(UrlTest, MarksPathsThatWouldReadAsHosts) {
  const Url url = Parsed("web+x:/..//a");
  EXPECT_EQ(url.href(), "web+x:/.//a");
  EXPECT_EQ(url.path(), "//a");
  EXPECT_EQ(Resolved("web+x:/.//a/b", "c"), "web+x:/.//a/c");
  EXPECT_EQ(Resolved("web+x:/.//a/b", "?c"), "web+x:/.//a/b?c");
  EXPECT_EQ(Resolved("web+x:/.//a", "/b"), "web+x:/b");
}

TEST(UrlTest, NonSpecialAuthoritiesMayBeEmpty) {
  EXPECT_EQ(Href("web+x:///a"), "web+x:///a");
  EXPECT_EQ(Href("web+x://H"), "web+x://H");
  EXPECT_EQ(Href("web+x://:80/"), "failure");
  EXPECT_EQ(Resolved("web+x://h", "a"), "web+x://h/a");
  EXPECT_EQ(Resolved("web+x://h/a", "//g"), "web+x://g");
  EXPECT_EQ(Href("web+x://h\\a"), "failure");
}

TEST(UrlTest, ParsesFileUrls) {
  EXPECT_EQ(Href("file:a"), "file:///a");
  EXPECT_EQ(Href("file:/a/../b"), "file:///b");
  EXPECT_EQ(Href("file://LOCALHOST/a"), "file:///a");
  EXPECT_EQ(Href("file://Host/a"), "file://host/a");
  EXPECT_EQ(Href("file:///C|/../a"), "file:///C:/a");
  EXPECT_EQ(Href("file://c:/a"), "file:///c:/a");
  EXPECT_EQ(Href("file:?a"), "file:///?a");
  EXPECT_EQ(Resolved("file://h/C:/a/b", "/c"), "file://h/C:/c");
  EXPECT_EQ(Resolved("file://h/C:/a/b", "D|/c"), "file://h/D:/c");
  EXPECT_EQ(Resolved("file:///a/b?c", "#d"), "file:///a/b?c#d");
  EXPECT_EQ(Resolved("http://h/", "file:a"), "file:///a");
}

// ---- Encodings ----

// Stands for ISO-8859-1: what it lacks is a numeric reference (section 1.3).
void EncodeLatin1(absl::string_view query, std::string* out) {
  for (size_t i = 0; i < query.size(); ++i) {
    const unsigned char c = query[i];
    if (c < 0x80) {
      out->push_back(query[i]);
    } else if (c == 0xC3) {
      out->push_back(static_cast<char>(query[++i] + 0x40));
    } else {
      out->append("%26%238364%3B");
      i += 2;
    }
  }
}

TEST(UrlTest, WritesQueriesInTheEncodingOfThePage) {
  const auto href = [](absl::string_view input) {
    return Url::Parse(input, nullptr, EncodeLatin1)->href();
  };
  EXPECT_EQ(href("http://h/ü?ü'€#ü"), "http://h/%C3%BC?%FC%27%26%238364%3B#%C3%BC");
  EXPECT_EQ(href("http://h/?a b"), "http://h/?a%20b");
  EXPECT_EQ(href("ws://h/?ü"), "ws://h/?%C3%BC");
  EXPECT_EQ(href("web+x://h/?ü"), "web+x://h/?%C3%BC");
}

// ---- What the crawler makes of it ----

TEST(UrlTest, CanonicalDropsFragmentAndCredentials) {
  const Url url = Parsed("https://u:p@h:81/a?b#c");
  EXPECT_EQ(url.WithoutFragment().href(), "https://u:p@h:81/a?b");
  EXPECT_EQ(url.WithoutCredentials().href(), "https://h:81/a?b#c");
  EXPECT_EQ(url.Canonical().href(), "https://h:81/a?b");
  EXPECT_EQ(url.FetchHref(), "https://h:81/a?b");
  const Url canonical = url.Canonical();
  EXPECT_EQ(canonical.host(), "h");
  EXPECT_EQ(canonical.port(), 81);
  EXPECT_EQ(canonical.path_and_query(), "/a?b");
  EXPECT_FALSE(canonical.has_fragment());
  EXPECT_EQ(canonical.origin(), "https://h:81");
  EXPECT_EQ(url.WithoutCredentials().fragment(), "c");
  EXPECT_EQ(Parsed("mailto:a#b").Canonical().href(), "mailto:a");
}

TEST(UrlTest, ComparesByHref) {
  EXPECT_EQ(Parsed("HTTP://H:80"), Parsed("http://h/"));
  EXPECT_NE(Parsed("http://h/"), Parsed("http://h/?"));
}

TEST(UrlTest, CrawlableIsHttpOnly) {
  const std::optional<Url> base = Url::Parse("https://h/a/b");
  for (const char* input : {"javascript:x", "java\nscript:x", "MAILTO:a", "data:,", "ftp://h/",
                            "tel:1", "http://", "http://a..b/", "about:blank", "blob:https://h/"}) {
    EXPECT_FALSE(Url::ParseCrawlable(input, &*base).has_value()) << input;
  }
  EXPECT_EQ(Url::ParseCrawlable(" c ", &*base)->href(), "https://h/a/c");
  EXPECT_EQ(Url::ParseCrawlable("HTTP://g", &*base)->href(), "http://g/");
  EXPECT_EQ(Url::ParseCrawlable("//127.1", &*base)->href(), "https://127.0.0.1/");
  const std::optional<Url> file = Url::Parse("file:///a");
  EXPECT_FALSE(Url::ParseCrawlable("b", &*file).has_value());
}

TEST(UrlTest, CrawlableKeepsTheLimitOfLength) {
  UrlLimits limits;
  limits.max_bytes = 20;
  EXPECT_TRUE(Url::ParseCrawlable("http://h/12345678901", nullptr, limits).has_value());
  EXPECT_FALSE(Url::ParseCrawlable("http://h/123456789012", nullptr, limits).has_value());
  EXPECT_TRUE(Url::ParseCrawlable("http://h/12345678901#long", nullptr, limits).has_value());
  EXPECT_FALSE(
      Url::ParseCrawlable("http://h/" + std::string(50, '.'), nullptr, limits).has_value());
  EXPECT_FALSE(Url::ParseCrawlable("http://h/ü ü ü", nullptr, limits).has_value());
  EXPECT_TRUE(IsOnlyTooLong("http://h/ü ü ü", nullptr, limits));
  EXPECT_FALSE(IsOnlyTooLong("http://h/12345678901#long", nullptr, limits));
  EXPECT_FALSE(IsOnlyTooLong("mailto:somebody@example.org", nullptr, limits));
  limits.max_bytes = 0;
  EXPECT_FALSE(Url::ParseCrawlable("http://h/", nullptr, limits).has_value());
}

TEST(UrlTest, RefusesInputBeyondItsOffsets) {
  const std::string path(Url::kMaxParseBytes, 'a');
  EXPECT_FALSE(Url::Parse(absl::StrCat("http://h/", path)).has_value());
  EXPECT_TRUE(Url::Parse("http://h/" + path.substr(9)).has_value());
}

TEST(UrlTest, SurvivesManyDotSegments) {
  std::string input = "http://h";
  for (int i = 0; i < 100000; ++i) input += "/a/..";
  EXPECT_EQ(Href(input), "http://h/");
}

}  // namespace
}  // namespace spindle
