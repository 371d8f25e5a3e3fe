#include "parsers/dedup_key.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string Key(absl::string_view input, const DedupRules& rules = {}) {
  const std::optional<Url> url = Url::Parse(input);
  return url.has_value() ? DedupKey(*url, rules) : "failure";
}

// All rules off: the fetch URL and its fragment.
DedupRules NoRules() {
  DedupRules rules;
  rules.drop_fragment = rules.normalize_escapes = rules.drop_host_dot = rules.merge_slashes = false;
  rules.drop_empty_parts = rules.sort_parameters = false;
  rules.drop_tracking_parameters = rules.drop_session_ids = false;
  return rules;
}

TEST(DedupKeyTest, KeepsAPlainUrl) {
  EXPECT_EQ(Key("https://example.com:8443/a/b?c=d"), "https://example.com:8443/a/b?c=d");
  EXPECT_EQ(Key("http://[::1]/"), "http://[::1]/");
}

TEST(DedupKeyTest, WithoutRulesKeepsTheUrlButForCredentials) {
  EXPECT_EQ(Key("http://u:p@h./a//b;jsessionid=1/%7e?b&&a=&utm_source=x&PHPSESSID=1#f", NoRules()),
            "http://h./a//b;jsessionid=1/%7e?b&&a=&utm_source=x&PHPSESSID=1#f");
  EXPECT_EQ(Key("http://h/?", NoRules()), "http://h/?");
  EXPECT_EQ(Key("http://h/a/index.html", NoRules()), "http://h/a/index.html");
}

TEST(DedupKeyTest, DropsTheFragment) {
  EXPECT_EQ(Key("http://h/a#b"), "http://h/a");
  DedupRules rules;
  rules.drop_fragment = false;
  EXPECT_EQ(Key("http://h/a?#!b", rules), "http://h/a#!b");
}

// RFC 3986, sections 6.2.2.1 and 6.2.2.2.
TEST(DedupKeyTest, NormalizesEscapes) {
  EXPECT_EQ(Key("http://h/%7ea%2fb%41"), "http://h/~a%2FbA");
  EXPECT_EQ(Key("http://h/?%7ea=%2f%41"), "http://h/?~a=%2FA");
  EXPECT_EQ(Key("http://h/%c3%bc"), Key("http://h/ü"));
  EXPECT_EQ(Key("http://h/a[1]?b[2]|"), "http://h/a%5B1%5D?b%5B2%5D%7C");
  EXPECT_EQ(Key("http://h/100%?50%2"), "http://h/100%25?50%252");
  EXPECT_EQ(Key("http://h/%%34%31"), "http://h/%2541");
}

TEST(DedupKeyTest, DropsTheFinalDotOfTheHost) {
  EXPECT_EQ(Key("http://example.com./a"), "http://example.com/a");
  EXPECT_EQ(Key("http://./"), "http://./");
  EXPECT_EQ(Key("http://1.2.3../"), "http://1.2.3../");
}

TEST(DedupKeyTest, MergesSlashes) {
  EXPECT_EQ(Key("http://h//a///b//"), "http://h/a/b/");
  EXPECT_EQ(Key("http://h//"), "http://h/");
  EXPECT_EQ(Key("http://h/a?b=//c"), "http://h/a?b=//c");
}

TEST(DedupKeyTest, DropsEmptyParts) {
  EXPECT_EQ(Key("http://h/a?"), "http://h/a");
  EXPECT_EQ(Key("http://h/a?&"), "http://h/a");
  EXPECT_EQ(Key("http://h/a?=1&b=&&c=2&"), "http://h/a?b&c=2");
}

TEST(DedupKeyTest, SortsParametersAndKeepsTheOrderOfRepeatedOnes) {
  EXPECT_EQ(Key("http://h/?c=1&a=2&b=3"), "http://h/?a=2&b=3&c=1");
  EXPECT_EQ(Key("http://h/?b=2&a=2&a=1&b=1"), "http://h/?a=2&a=1&b=2&b=1");
  EXPECT_EQ(Key("http://h/?a1=&a=z"), "http://h/?a=z&a1");
  EXPECT_EQ(Key("http://h/?%62=1&a=1"), Key("http://h/?a=1&b=1"));
}

TEST(DedupKeyTest, DropsTrackingParameters) {
  EXPECT_EQ(Key("http://h/a?utm_source=x&UTM_Medium=y&id=1&gclid=2&fbclid=3&mc_eid=4"),
            "http://h/a?id=1");
  EXPECT_EQ(Key("http://h/a?utm_source=x"), "http://h/a");
  EXPECT_EQ(Key("http://h/a?utm=1&my_gclid=2"), "http://h/a?my_gclid=2&utm=1");
}

TEST(DedupKeyTest, DropsSessionIds) {
  EXPECT_EQ(Key("http://h/a;jsessionid=1A2B?x=1"), "http://h/a?x=1");
  EXPECT_EQ(Key("http://h/a;v=1;JSESSIONID=1A2B;w=2/b"), "http://h/a;v=1;w=2/b");
  EXPECT_EQ(Key("http://h/a?PHPSESSID=abc&ASPSESSIONIDQABC=1&b"), "http://h/a?b");
  EXPECT_EQ(Key("http://h/(S(lit3py55t21z5v55vlm25s55))/a.aspx"), "http://h/a.aspx");
}

TEST(DedupKeyTest, TellsWhetherThereIsASessionId) {
  EXPECT_TRUE(HasSessionId("/a;jsessionid=1A2B?x=1"));
  EXPECT_TRUE(HasSessionId("/a;x=1;JSESSIONID=1/b"));
  EXPECT_TRUE(HasSessionId("/(S(lit3py55t21z5v55vlm25s55))/a"));
  EXPECT_TRUE(HasSessionId("/a?b=1&PHPSESSID=1"));
  EXPECT_TRUE(HasSessionId("/?sid=0123456789abcdef"));
  EXPECT_FALSE(HasSessionId("/jsessionid/a?sid=17&session"));
  EXPECT_FALSE(HasSessionId("/?"));
  EXPECT_FALSE(HasSessionId(""));
}

TEST(DedupKeyTest, KeepsWhatOnlyLooksLikeASessionByName) {
  EXPECT_EQ(Key("http://h/a?sid=42"), "http://h/a?sid=42");
  EXPECT_EQ(Key("http://h/a?sid=0123456789abcdef"), "http://h/a");
  EXPECT_EQ(Key("http://h/a?sid=01234567890123456"), "http://h/a?sid=01234567890123456");
  EXPECT_EQ(Key("http://h/a?s=some-words-0123456789"), "http://h/a?s=some-words-0123456789");
  EXPECT_EQ(Key("http://h/(S(short))/a"), "http://h/(S(short))/a");
}

TEST(DedupKeyTest, LeavesNoDotSegmentBehind) {
  EXPECT_EQ(Key("http://h/a/..;jsessionid=1"), "http://h/a/..;jsessionid=1");
  EXPECT_EQ(Key("http://h/a/.;jsessionid=1/b"), "http://h/a/.;jsessionid=1/b");
}

TEST(DedupKeyTest, LeavesNoEmptySegmentBehind) {
  EXPECT_EQ(Key("http://h/a/;jsessionid=1/b"), "http://h/a/b");
  EXPECT_EQ(Key("http://h/a/;jsessionid=1"), "http://h/a/");
}

TEST(DedupKeyTest, DropsParametersOfTheOperatorsChoice) {
  DedupRules rules;
  rules.drop_parameters = {"ref"};
  EXPECT_EQ(Key("http://h/?Ref=1&a=2&reference=3", rules), "http://h/?a=2&reference=3");
}

TEST(DedupKeyTest, DropsDefaultPagesIfAsked) {
  EXPECT_EQ(Key("http://h/a/index.html"), "http://h/a/index.html");
  DedupRules rules;
  rules.drop_default_page = true;
  EXPECT_EQ(Key("http://h/a/Index.HTML", rules), "http://h/a/");
  EXPECT_EQ(Key("http://h/index.php?a", rules), "http://h/?a");
  EXPECT_EQ(Key("http://h/index.html/a", rules), "http://h/index.html/a");
  EXPECT_EQ(Key("http://h/myindex.html", rules), "http://h/myindex.html");
}

TEST(DedupKeyTest, DropsTheTrailingSlashIfAsked) {
  DedupRules rules;
  rules.drop_trailing_slash = true;
  EXPECT_EQ(Key("http://h/a/", rules), "http://h/a");
  EXPECT_EQ(Key("http://h/", rules), "http://h/");
  EXPECT_EQ(Key("http://h/a/?b", rules), "http://h/a?b");
}

TEST(DedupKeyTest, MergesHttpAndHttpsIfAsked) {
  DedupRules rules;
  rules.merge_http_and_https = true;
  EXPECT_EQ(Key("https://h/a", rules), "http://h/a");
  EXPECT_EQ(Key("https://h:80/a", rules), "https://h:80/a");
}

TEST(DedupKeyTest, DropsWwwIfAsked) {
  DedupRules rules;
  rules.drop_www = true;
  EXPECT_EQ(Key("http://www.example.com/", rules), "http://example.com/");
  EXPECT_EQ(Key("http://www.com/", rules), "http://www.com/");
}

TEST(DedupKeyTest, OtherSchemesAreTheirOwnKeys) {
  EXPECT_EQ(Key("mailto:a@b?c&&#d"), "mailto:a@b?c&&");
  EXPECT_EQ(Key("web+x://u@h//a#b"), "web+x://h//a");
  DedupRules rules;
  rules.drop_fragment = false;
  EXPECT_EQ(Key("mailto:a#b", rules), "mailto:a#b");
}

TEST(DedupKeyTest, KeyOfAKeyIsTheKey) {
  for (const char* input : {"http://h./a;jsessionid=1//%7e/%2fb%?b=1&a=&utm_x=1&[c]#d",
                            "http://h/(S(lit3py55t21z5v55vlm25s55))//", "http://h/%%37%65"}) {
    const std::string key = Key(input);
    EXPECT_EQ(Key(key), key) << input;
  }
}

}  // namespace
}  // namespace spindle
