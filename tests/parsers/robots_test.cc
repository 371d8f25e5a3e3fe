#include "parsers/robots.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

RobotsTxt Parse(absl::string_view body) { return RobotsTxt::Parse(body, "Spindle"); }

// Whether a file that says only `rules`, to everyone, allows `path`.
bool Allows(absl::string_view rules, absl::string_view path) {
  return Parse(absl::StrCat("User-agent: *\n", rules)).Allows(path);
}

TEST(RobotsTest, EmptyFileAllowsEverything) {
  EXPECT_TRUE(RobotsTxt().Allows("/a"));
  EXPECT_TRUE(Parse("").Allows("/a"));
  EXPECT_TRUE(Parse("").Allows(""));
}

// RFC 9309 section 2.2.1: which group.

TEST(RobotsTest, GroupThatNamesTheTokenReplacesTheOneForAll) {
  const RobotsTxt robots =
      Parse("User-agent: *\nDisallow: /\n\nUser-agent: spindle\nDisallow: /a\n");
  EXPECT_TRUE(robots.names_token());
  EXPECT_TRUE(robots.Allows("/b"));
  EXPECT_FALSE(robots.Allows("/a"));
}

TEST(RobotsTest, TokenIsComparedWithoutRegardToCase) {
  EXPECT_FALSE(Parse("USER-AGENT: sPiNdLe\nDISALLOW: /\n").Allows("/a"));
}

TEST(RobotsTest, TokenEndsAtTheFirstCharacterThatIsNotOfATokens) {
  EXPECT_FALSE(Parse("User-agent: Spindle/1.0 (x)\nDisallow: /\n").Allows("/a"));
  EXPECT_FALSE(Parse("User-agent: Spindle bot\nDisallow: /\n").Allows("/a"));
  EXPECT_TRUE(Parse("User-agent: Spindle-News\nDisallow: /\n").Allows("/a"));
  EXPECT_TRUE(Parse("User-agent: Spin\nDisallow: /\n").Allows("/a"));
}

TEST(RobotsTest, TokenThatIsNoneMatchesOnlyTheGroupForAll) {
  for (absl::string_view token : {"", "bot1", "My Bot", "*"}) {
    const std::string body =
        absl::StrCat("User-agent: ", token, "x\nDisallow: /x\n", "User-agent: *\nDisallow: /all\n",
                     "User-agent: My\nUser-agent: bot\nDisallow: /y\n");
    const RobotsTxt robots = RobotsTxt::Parse(body, token);
    EXPECT_FALSE(robots.names_token()) << token;
    EXPECT_FALSE(robots.Allows("/all")) << token;
    EXPECT_TRUE(robots.Allows("/y")) << token;
  }
}

TEST(RobotsTest, GroupsForTheSameTokenAreMerged) {
  const RobotsTxt robots = Parse(
      "User-agent: spindle\nDisallow: /a\n\nUser-agent: other\nDisallow: /b\n\n"
      "User-agent: spindle\nDisallow: /c\n");
  EXPECT_FALSE(robots.Allows("/a"));
  EXPECT_TRUE(robots.Allows("/b"));
  EXPECT_FALSE(robots.Allows("/c"));
}

TEST(RobotsTest, ConsecutiveUserAgentLinesShareAGroup) {
  EXPECT_FALSE(
      Parse("User-agent: a\nUser-agent: spindle\nUser-agent: b\nDisallow: /\n").Allows("/"));
}

// RFC 9309 section 2.2.4: other records do not end a group.
TEST(RobotsTest, OtherRecordsDoNotEndAGroup) {
  EXPECT_FALSE(Parse("User-agent: spindle\nSitemap: /s\nCrawl-delay: 1\nNoindex: /\n"
                     "User-agent: b\nDisallow: /\n")
                   .Allows("/a"));
}

TEST(RobotsTest, StarFollowedByWordsIsStillForAll) {
  EXPECT_FALSE(Parse("User-agent: * everyone\nDisallow: /\n").Allows("/a"));
  EXPECT_TRUE(Parse("User-agent: *bot\nDisallow: /\n").Allows("/a"));
}

TEST(RobotsTest, RulesBeforeAnyUserAgentAreIgnored) {
  EXPECT_TRUE(Parse("Disallow: /\nUser-agent: *\nDisallow: /a\n").Allows("/b"));
}

TEST(RobotsTest, GroupWithoutRulesAllowsEverything) {
  EXPECT_TRUE(Parse("User-agent: *\nDisallow: /\nUser-agent: spindle\n").Allows("/a"));
}

// RFC 9309 section 2.2.2: which rule.

TEST(RobotsTest, LongestMatchWinsInAnyOrder) {
  for (absl::string_view rules : {"Allow: /a/b\nDisallow: /a\nDisallow: /a/b/c\n",
                                  "Disallow: /a/b/c\nDisallow: /a\nAllow: /a/b\n"}) {
    EXPECT_FALSE(Allows(rules, "/a/x"));
    EXPECT_TRUE(Allows(rules, "/a/b/x"));
    EXPECT_FALSE(Allows(rules, "/a/b/c"));
  }
}

TEST(RobotsTest, AllowWinsATie) {
  EXPECT_TRUE(Allows("Disallow: /a\nAllow: /a\n", "/a"));
  EXPECT_TRUE(Allows("Disallow: /*b\nAllow: /a/b\n", "/a/b"));
}

TEST(RobotsTest, EmptyRuleSaysNothing) {
  EXPECT_TRUE(Allows("Disallow:\n", "/a"));
  EXPECT_FALSE(Allows("Disallow: /\nAllow:\n", "/a"));
}

TEST(RobotsTest, PathsAreComparedWithCaseAndQuery) {
  EXPECT_TRUE(Allows("Disallow: /A\n", "/a"));
  EXPECT_FALSE(Allows("Disallow: /a?x=1\n", "/a?x=1&y"));
  EXPECT_TRUE(Allows("Disallow: /a?x=1\n", "/a?y&x=1"));
}

TEST(RobotsTest, EmptyPathIsTheRoot) { EXPECT_FALSE(Allows("Disallow: /$\n", "")); }

TEST(RobotsTest, RuleWithoutASlashMatchesNoPath) { EXPECT_TRUE(Allows("Disallow: a\n", "/a")); }

TEST(RobotsTest, AllowedIndexPageAllowsItsFolder) {
  const absl::string_view rules = "Allow: /a/index.html\nDisallow: /\n";
  EXPECT_TRUE(Allows(rules, "/a/"));
  EXPECT_TRUE(Allows(rules, "/a/index.html"));
  EXPECT_FALSE(Allows(rules, "/a/b"));
  EXPECT_FALSE(Allows(rules, "/a"));
}

// RFC 9309 section 2.2.3: "*" and "$".

TEST(RobotsTest, StarStandsForAnyBytes) {
  EXPECT_FALSE(Allows("Disallow: /*.php\n", "/a/b.php?c"));
  EXPECT_FALSE(Allows("Disallow: /a*c\n", "/ac"));
  EXPECT_FALSE(Allows("Disallow: *c\n", "/abc"));
  EXPECT_FALSE(Allows("Disallow: /a*b*c\n", "/axxbxxbxxc"));
  EXPECT_TRUE(Allows("Disallow: /a*b*c\n", "/axxcxxb"));
  EXPECT_FALSE(Allows("Disallow: /a***c\n", "/abc"));
}

TEST(RobotsTest, DollarAnchorsAtTheEndOnly) {
  EXPECT_FALSE(Allows("Disallow: /*.php$\n", "/a.php"));
  EXPECT_FALSE(Allows("Disallow: /*.php$\n", "/a.php/b.php"));
  EXPECT_TRUE(Allows("Disallow: /*.php$\n", "/a.php?b"));
  EXPECT_FALSE(Allows("Disallow: /a$b\n", "/a$b"));
  EXPECT_TRUE(Allows("Disallow: /a$b\n", "/a"));
  EXPECT_FALSE(Allows("Disallow: *$\n", "/any"));
}

TEST(RobotsTest, PartsOfAnAnchoredPatternDoNotOverlap) {
  EXPECT_TRUE(Allows("Disallow: /ab*ba$\n", "/aba"));
  EXPECT_FALSE(Allows("Disallow: /ab*ba$\n", "/abba"));
}

TEST(RobotsTest, EscapedStarAndDollarAreThemselves) {
  EXPECT_FALSE(Allows("Disallow: /a-%2a.html\n", "/a-*.html"));
  EXPECT_TRUE(Allows("Disallow: /a-%2a.html\n", "/a-b.html"));
  EXPECT_FALSE(Allows("Disallow: /a-%24\n", "/a-$b"));
  EXPECT_FALSE(Allows("Disallow: /a-%24\n", "/a-%24b"));
}

// RFC 9309 section 2.2.2: percent-encoding.

TEST(RobotsTest, HexDigitsOfEscapesAreComparedWithoutRegardToCase) {
  EXPECT_FALSE(Allows("Disallow: /a%2fb\n", "/a%2Fb"));
  EXPECT_FALSE(Allows("Disallow: /a%2Fb\n", "/a%2fb"));
  EXPECT_TRUE(Allows("Disallow: /\nAllow: /a%c3%bc\n", "/a%C3%bc"));
}

TEST(RobotsTest, EscapedReservedCharacterIsNotTheCharacter) {
  EXPECT_TRUE(Allows("Disallow: /a%2Fb\n", "/a/b"));
  EXPECT_TRUE(Allows("Disallow: /a/b\n", "/a%2Fb"));
}

TEST(RobotsTest, NonAsciiPatternMatchesTheEscapedPath) {
  EXPECT_FALSE(Allows("Disallow: /\xc3\xbc\n", "/%C3%BC"));
  EXPECT_TRUE(Allows("Disallow: /\nAllow: /\xc3\xbc\n", "/%C3%BC"));
  EXPECT_FALSE(Allows("Disallow: /\xfc\n", "/%FC"));
}

TEST(RobotsTest, SpaceInAPatternMatchesTheEscapedPath) {
  EXPECT_FALSE(Allows("Disallow: /a b\n", "/a%20b"));
}

TEST(RobotsTest, EscapedUnreservedCharactersCountForDisallowOnly) {
  EXPECT_FALSE(Allows("Disallow: /%62%61%7A\n", "/baz"));
  EXPECT_FALSE(Allows("Disallow: /baz\n", "/%62%61%7a"));
  EXPECT_FALSE(Allows("Disallow: /%62%61%7A\n", "/%62%61%7A"));
  EXPECT_FALSE(Allows("Disallow: /\nAllow: /%62%61%7A\n", "/baz"));
  EXPECT_TRUE(Allows("Disallow: /\nAllow: /%62%61%7A\n", "/%62%61%7A"));
}

TEST(RobotsTest, UnescapedPathIsDisallowedButNotAllowedByItsRule) {
  EXPECT_FALSE(Allows("Disallow: /\xc3\xbc\n", "/\xc3\xbc"));
  EXPECT_FALSE(Allows("Disallow: /\nAllow: /\xc3\xbc\n", "/\xc3\xbc"));
}

TEST(RobotsTest, BrokenEscapesAreThemselves) {
  EXPECT_FALSE(Allows("Disallow: /%zz%4\n", "/%zz%4"));
  EXPECT_FALSE(Allows("Disallow: /%\n", "/%"));
}

// The lines.

TEST(RobotsTest, AllLineEndsCount) {
  for (absl::string_view end : {"\n", "\r", "\r\n"}) {
    const RobotsTxt robots =
        Parse(absl::StrCat("User-agent: *", end, end, "Disallow: /a", end, "Disallow: /b"));
    EXPECT_FALSE(robots.Allows("/a"));
    EXPECT_EQ(robots.Match("/b").line, 4);
  }
}

TEST(RobotsTest, CommentsAndWhiteSpaceAreRemoved) {
  EXPECT_FALSE(Allows(" \tDisallow \t:  /a \t# why\n", "/a"));
  EXPECT_TRUE(Allows("#Disallow: /a\nDisallow: # /a\n", "/a"));
}

TEST(RobotsTest, ColonMayBeMissingBetweenTwoWords) {
  EXPECT_FALSE(Allows("Disallow /a\n", "/a"));
  EXPECT_TRUE(Allows("Disallow /a /b\n", "/a"));
  EXPECT_FALSE(Parse("User-agent spindle\nDisallow /\n").Allows("/a"));
}

TEST(RobotsTest, FrequentTypingErrorsAreUnderstood) {
  for (absl::string_view key : {"dissallow", "dissalow", "disalow", "diasllow", "disallaw"}) {
    EXPECT_FALSE(Allows(absl::StrCat(key, ": /a\n"), "/a")) << key;
  }
  EXPECT_FALSE(Parse("useragent: spindle\nDisallow: /\n").Allows("/a"));
  EXPECT_FALSE(Parse("user agent: spindle\nDisallow: /\n").Allows("/a"));
  EXPECT_EQ(Parse("site-map: /s\n").sitemaps().size(), 1u);
  EXPECT_TRUE(Allows("desallow: /a\n", "/a"));
}

TEST(RobotsTest, ByteOrderMarkIsSkippedWholeOrInPart) {
  for (absl::string_view mark : {"\xef\xbb\xbf", "\xef\xbb", "\xef"}) {
    EXPECT_FALSE(Parse(absl::StrCat(mark, "User-agent: *\nDisallow: /\n")).Allows("/a"));
  }
  EXPECT_TRUE(Parse("\xef\x11\xbfUser-agent: *\nDisallow: /\n").Allows("/a"));
}

TEST(RobotsTest, Utf16IsReadByItsByteOrderMark) {
  const std::u16string text = u"User-agent: *\nDisallow: /\u00fc\U0001f600\nDisallow: /\xd800z\n";
  std::string big = "\xfe\xff";
  std::string little = "\xff\xfe";
  for (char16_t unit : text) {
    big += {static_cast<char>(unit >> 8), static_cast<char>(unit)};
    little += {static_cast<char>(unit), static_cast<char>(unit >> 8)};
  }
  for (const std::string& body : {big, little, big + "\n"}) {
    EXPECT_FALSE(Parse(body).Allows("/%C3%BC%F0%9F%98%80"));
    EXPECT_FALSE(Parse(body).Allows("/%EF%BF%BDz"));
    EXPECT_TRUE(Parse(body).Allows("/a"));
  }
}

TEST(RobotsTest, AnyBytesAreAccepted) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_TRUE(Parse(all).Allows(all));
  EXPECT_TRUE(Parse(absl::StrCat("User-agent: *\nDisallow: /", all)).Allows("/a"));
}

// A page of an error or of a login has no line that begins with "User-agent:".
TEST(RobotsTest, ErrorPageAllowsEverything) {
  const RobotsTxt robots = Parse(
      "<!DOCTYPE html>\n<html><head><title>404</title>\n<style>\na { allow: none }\n</style>\n"
      "<script>\ndisallow: /\n</script></head>\n<body>Not found: robots.txt</body></html>\n");
  EXPECT_TRUE(robots.Allows("/"));
  EXPECT_TRUE(robots.empty());
}

TEST(RobotsTest, RulesWrappedInHtmlCount) {
  const RobotsTxt robots = Parse(
      "<html>\n<body><p>User-agent: *<br>\nDisallow: /a<br>\n<b>Allow: /a/b</b>\nCrawl-delay: "
      "3<br/>\n");
  EXPECT_FALSE(robots.Allows("/a"));
  EXPECT_TRUE(robots.Allows("/a/b"));
  EXPECT_TRUE(robots.Allows("/b"));
  EXPECT_EQ(robots.crawl_delay(), absl::Seconds(3));
}

// Limits.

TEST(RobotsTest, LineThatTheSizeLimitCutsIsDropped) {
  const absl::string_view body = "User-agent: *\nDisallow: /a\nDisallow: /bcd\n";
  RobotsLimits limits;
  limits.max_bytes = body.size() - 3;
  const RobotsTxt robots = RobotsTxt::Parse(body, "Spindle", limits);
  EXPECT_TRUE(robots.truncated());
  EXPECT_FALSE(robots.Allows("/a"));
  EXPECT_TRUE(robots.Allows("/b"));
  EXPECT_FALSE(Parse(body).truncated());
}

// RFC 9309 section 2.5.
TEST(RobotsTest, FiveHundredKibibytesAreRead) {
  const std::string rule = "Disallow: /a\n";
  std::string body = "User-agent: *\n";
  body.append(500 * 1024 - body.size() - rule.size(), '\n');
  EXPECT_FALSE(Parse(absl::StrCat(body, rule, "Disallow: /b\n")).Allows("/a"));
  EXPECT_TRUE(Parse(absl::StrCat(body, rule, "Disallow: /b\n")).Allows("/b"));
}

TEST(RobotsTest, LongLineIsReadUpToItsLimit) {
  RobotsLimits limits;
  limits.max_line_bytes = 14;
  const RobotsTxt robots =
      RobotsTxt::Parse("User-agent: *\nDisallow: /abcdef\nDisallow: /x\n", "Spindle", limits);
  EXPECT_FALSE(robots.Allows("/abcx"));
  EXPECT_EQ(robots.Match("/x").line, 3);
}

// Each "*" could match in many places: trying them all would take for ever.
TEST(RobotsTest, HostilePatternsTakeLinearTime) {
  std::string pattern = "Disallow: /";
  for (int i = 0; i < 8000; ++i) pattern += "*a";
  EXPECT_TRUE(Allows(absl::StrCat(pattern, "*b$\n"), absl::StrCat("/", std::string(100000, 'a'))));
  EXPECT_FALSE(
      Allows(absl::StrCat(pattern, "*b$\n"), absl::StrCat("/", std::string(100000, 'a'), "b")));
}

TEST(RobotsTest, PathThatTakesTooLongToDecideIsDisallowed) {
  std::string rules = "User-agent: *\n";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&rules, "Disallow: /*aab\n");
  RobotsLimits limits;
  limits.max_search_bytes = 10'000;
  const RobotsTxt robots = RobotsTxt::Parse(rules, "Spindle", limits);
  EXPECT_TRUE(robots.Allows(absl::StrCat("/ab/", std::string(80, 'a'))));
  const std::string path = absl::StrCat("/ab/", std::string(200, 'a'));
  size_t searched = 0;
  EXPECT_FALSE(robots.Allows(path, &searched));
  EXPECT_LT(searched, limits.max_search_bytes + path.size());
  EXPECT_TRUE(robots.Match(path).undecided);
  EXPECT_EQ(robots.Match(path).line, 52);
}

TEST(RobotsTest, MemoryIsBounded) {
  std::string rules;
  for (int i = 0; i < 50; ++i) absl::StrAppend(&rules, "Disallow: /folder", i, "/\n");
  EXPECT_LT(Parse(absl::StrCat("User-agent: *\n", rules)).memory_bytes(), 4096u);
  EXPECT_LT(Parse(absl::StrCat("User-agent: x\n", rules)).memory_bytes(), 512u);
  for (absl::string_view rule :
       {"Disallow:/%61\n", "allow:/\xff\n", "disallow:\xff\xff\xff\xff\xff\xff%7e\n"}) {
    std::string hostile = "User-agent: *\n";
    while (hostile.size() < RobotsLimits().max_bytes) absl::StrAppend(&hostile, rule);
    EXPECT_LT(Parse(hostile).memory_bytes(), 5000000u);
  }
}

// Other fields.

TEST(RobotsTest, CrawlDelayIsThatOfTheGroup) {
  const absl::string_view body =
      "User-agent: *\nCrawl-delay: 9\nUser-agent: a\nDisallow: /\nUser-agent: "
      "spindle\nCrawl-delay: 2.5\n";
  EXPECT_EQ(Parse(body).crawl_delay(), absl::Milliseconds(2500));
  EXPECT_EQ(RobotsTxt::Parse(body, "b").crawl_delay(), absl::Seconds(9));
  EXPECT_EQ(RobotsTxt::Parse(body, "a").crawl_delay(), std::nullopt);
}

TEST(RobotsTest, LongestCrawlDelayCountsUpToTheLimit) {
  const absl::string_view all = "User-agent: *\n";
  EXPECT_EQ(Parse(absl::StrCat(all, "Crawl-delay: 3\nCrawl-delay: 1\n")).crawl_delay(),
            absl::Seconds(3));
  EXPECT_EQ(Parse(absl::StrCat(all, "Crawl-delay: 1e9\nCrawl-delay: 99999999\n")).crawl_delay(),
            absl::Hours(24));
  EXPECT_EQ(Parse(absl::StrCat(all, "Crawl-delay: ", std::string(400, '9'))).crawl_delay(),
            absl::Hours(24));
}

TEST(RobotsTest, CrawlDelayThatIsNoNumberIsIgnored) {
  for (absl::string_view value : {"", "-1", "soon", ".", "nan", "inf", "1.2.3"}) {
    EXPECT_EQ(Parse(absl::StrCat("User-agent: *\nCrawl-delay: ", value)).crawl_delay(),
              std::nullopt)
        << value;
  }
  EXPECT_EQ(Parse("User-agent: *\nCrawl-delay: 10 seconds\n").crawl_delay(), absl::Seconds(10));
}

TEST(RobotsTest, SitemapsAreForEveryoneAndKeptOnceInOrder) {
  const RobotsTxt robots = Parse(
      "Sitemap: http://a/1.xml\nUser-agent: x\nSITEMAP: /2.xml\nSitemap: "
      "http://a/1.xml\nSitemap:\n");
  EXPECT_EQ(robots.sitemaps(), (std::vector<std::string>{"http://a/1.xml", "/2.xml"}));
}

TEST(RobotsTest, SitemapsHaveLimits) {
  RobotsLimits limits;
  limits.max_sitemap_count = 2;
  limits.max_sitemap_bytes = 3;
  const RobotsTxt robots =
      RobotsTxt::Parse("Sitemap: long\nSitemap: a\nSitemap: b\nSitemap: c\n", "Spindle", limits);
  EXPECT_EQ(robots.sitemaps(), (std::vector<std::string>{"a", "b"}));
}

TEST(RobotsTest, ContentSignalsOfTheGroupAreKept) {
  const absl::string_view body =
      "Content-Signal: search=yes\nUser-agent: *\nContent-Signal: ai-train=no\nDisallow: /a\n"
      "User-agent: b\nContent-signal: ai-input=no\n";
  EXPECT_EQ(Parse(body).content_signal(), "search=yes, ai-train=no");
  EXPECT_EQ(RobotsTxt::Parse(body, "b").content_signal(), "search=yes, ai-input=no");
}

TEST(RobotsTest, ContentSignalHasALimit) {
  RobotsLimits limits;
  limits.max_content_signal_bytes = 8;
  EXPECT_EQ(RobotsTxt::Parse("Content-Signal: abc\nContent-Signal: abcdefgh\n", "x", limits)
                .content_signal(),
            "abc");
}

// Why.

TEST(RobotsTest, MatchNamesTheRuleThatDecided) {
  const RobotsTxt robots = Parse("User-agent: *\n\nDisallow: /a%c3*$ # no\nallow: /a\n");
  const RobotsMatch denied = robots.Match("/a%C3x");
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.line, 3);
  EXPECT_EQ(denied.rule, "Disallow: /a%C3*$");
  EXPECT_EQ(robots.Match("/ab").rule, "Allow: /a");
  EXPECT_EQ(robots.Match("/b").line, 0);
  EXPECT_TRUE(robots.Match("/b").allowed);
}

// RFC 9309 section 2.3.1.
TEST(RobotsOutcomeTest, FollowsTheStatus) {
  EXPECT_EQ(OutcomeForStatus(200), RobotsOutcome::kParse);
  EXPECT_EQ(OutcomeForStatus(204), RobotsOutcome::kParse);
  for (int status : {301, 302, 303, 307, 308}) {
    EXPECT_EQ(OutcomeForStatus(status), RobotsOutcome::kRedirect) << status;
  }
  EXPECT_EQ(OutcomeForStatus(304), RobotsOutcome::kUnchanged);
  for (int status : {300, 400, 401, 403, 404, 410, 451, 499}) {
    EXPECT_EQ(OutcomeForStatus(status), RobotsOutcome::kUnavailable) << status;
  }
  for (int status : {429, 500, 503, 599, 600, 999, 0, -1, 100, 199}) {
    EXPECT_EQ(OutcomeForStatus(status), RobotsOutcome::kUnreachable) << status;
  }
}

TEST(ProductTokenTest, IsOfLettersUnderscoreAndHyphen) {
  EXPECT_TRUE(IsProductToken("My_Crawler-x"));
  for (absl::string_view token : {"", "bot1", "my bot", "bot/1.0", "*"}) {
    EXPECT_FALSE(IsProductToken(token)) << token;
  }
}

}  // namespace
}  // namespace spindle
