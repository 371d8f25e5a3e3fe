#include "parsers/sitemap.h"

#include <zlib.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

SitemapResult Parse(absl::string_view bytes, const SitemapLimits& limits = {}) {
  return ParseSitemap(bytes, *Url::Parse("http://example.com/maps/sitemap.xml"), limits);
}

std::vector<std::string> Locs(const SitemapResult& result) {
  std::vector<std::string> locs;
  for (const SitemapEntry& entry : result.entries) locs.push_back(entry.loc);
  for (const SitemapChild& child : result.children) locs.push_back(child.loc);
  return locs;
}

using List = std::vector<std::string>;

// A sitemap of one <url> with `fields` in it.
std::string Urlset(absl::string_view fields) {
  return absl::StrCat("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><url>", fields,
                      "</url></urlset>");
}

std::string Gzip(absl::string_view bytes) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(&out[0]);
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

absl::Time Utc(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second),
                         absl::UTCTimeZone());
}

// ---- Sitemaps, https://www.sitemaps.org/protocol.html ----

TEST(SitemapTest, UrlsetGivesItsEntriesWithAllFields) {
  const SitemapResult result = Parse(R"(<?xml version="1.0" encoding="UTF-8"?>
      <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
        <url><loc>http://example.com/?a=1&amp;b=2</loc><lastmod>2005-01-01</lastmod>
             <changefreq>Monthly</changefreq><priority>0.8</priority></url>
        <url><loc> http://example.com/b </loc></url>
      </urlset>)");
  EXPECT_EQ(result.kind, SitemapKind::kUrlset);
  EXPECT_EQ(result.error, "");
  EXPECT_FALSE(result.truncated);
  ASSERT_EQ(Locs(result), (List{"http://example.com/?a=1&b=2", "http://example.com/b"}));
  EXPECT_EQ(result.entries[0].lastmod, Utc(2005, 1, 1));
  EXPECT_EQ(result.entries[0].change_frequency, ChangeFrequency::kMonthly);
  EXPECT_FLOAT_EQ(result.entries[0].priority, 0.8f);
  EXPECT_EQ(result.entries[1].lastmod, std::nullopt);
  EXPECT_EQ(result.entries[1].change_frequency, ChangeFrequency::kNotSaid);
  EXPECT_FLOAT_EQ(result.entries[1].priority, 0.5f);
}

TEST(SitemapTest, IndexGivesChildren) {
  const SitemapResult result = Parse(
      "<sitemapindex><sitemap><loc>http://example.com/a.xml.gz</loc><lastmod>2005-01-02</lastmod></"
      "sitemap>"
      "<sitemap><loc><![CDATA[/b.xml?a&b]]></loc></sitemap></sitemapindex>");
  EXPECT_EQ(result.kind, SitemapKind::kIndex);
  EXPECT_TRUE(result.entries.empty());
  ASSERT_EQ(Locs(result), (List{"http://example.com/a.xml.gz", "http://example.com/b.xml?a&b"}));
  EXPECT_EQ(result.children[0].lastmod, Utc(2005, 1, 2));
}

TEST(SitemapTest, LocIsMadeAbsoluteAndCanonical) {
  EXPECT_EQ(Locs(Parse(Urlset("<loc>../a b#c</loc>"))), List{"http://example.com/a%20b"});
  EXPECT_EQ(Locs(Parse(Urlset("<loc>HTTPS://EXAMPLE.org:443</loc>"))),
            List{"https://example.org/"});
  EXPECT_EQ(Locs(Parse(Urlset("<loc>\xc2\xa0http://example.com/a\xe2\x80\x80\n</loc>"))),
            List{"http://example.com/a"});
}

TEST(SitemapTest, LocThatBeginsWithTheHostHasForgottenItsScheme) {
  EXPECT_EQ(Locs(Parse(Urlset("<loc>example.com/a</loc>"))), List{"http://example.com/a"});
  EXPECT_EQ(Locs(Parse("example.com/a\nexample.community/b\n")), List{"http://example.com/a"});
}

TEST(SitemapTest, EntriesWithoutAUsableUrlAreCounted) {
  for (absl::string_view fields :
       {"", "<loc/>", "<loc>mailto:a@b</loc>", "<loc>http://</loc>", "<lastmod>2005</lastmod>"}) {
    const SitemapResult result = Parse(Urlset(fields));
    EXPECT_EQ(result.kind, SitemapKind::kUrlset);
    EXPECT_TRUE(result.entries.empty()) << fields;
    EXPECT_EQ(result.bad_entry_count, 1u) << fields;
  }
}

TEST(SitemapTest, PriorityIsBetweenZeroAndOne) {
  const auto priority = [](absl::string_view text) {
    return Parse(Urlset(absl::StrCat("<loc>/</loc><priority>", text, "</priority>")))
        .entries.at(0)
        .priority;
  };
  EXPECT_FLOAT_EQ(priority(" 0.3 "), 0.3f);
  EXPECT_FLOAT_EQ(priority("7"), 1.0f);
  EXPECT_FLOAT_EQ(priority("-inf"), 0.0f);
  EXPECT_FLOAT_EQ(priority("nan"), 0.5f);
  EXPECT_FLOAT_EQ(priority("high"), 0.5f);
}

TEST(SitemapTest, HreflangAlternatesAreKept) {
  const SitemapResult result = Parse(Urlset(
      R"(<loc>/en</loc><xhtml:link rel="alternate" hreflang="de-CH" href="/de"/>
         <xhtml:link rel="alternate" hreflang="x-default" href="javascript:x"/>
         <xhtml:link rel="stylesheet" hreflang="de" href="/css"/><xhtml:link rel="alternate" href="/no"/>)"));
  ASSERT_EQ(result.entries.size(), 1u);
  ASSERT_EQ(result.entries[0].alternates.size(), 1u);
  EXPECT_EQ(result.entries[0].alternates[0].hreflang, "de-CH");
  EXPECT_EQ(result.entries[0].alternates[0].url, "http://example.com/de");
}

TEST(SitemapTest, FieldsOfExtensionsAreNotThoseOfTheEntry) {
  const SitemapResult result = Parse(Urlset(
      "<image:image><image:loc>/i.png</image:loc><loc>/x</loc></image:image><image:loc>/j.png</"
      "image:loc>"
      "<loc>/a</loc><news:news><news:publication_date>2008</news:publication_date></news:news>"));
  EXPECT_EQ(Locs(result), List{"http://example.com/a"});
  EXPECT_EQ(result.entries[0].lastmod, std::nullopt);
}

TEST(SitemapTest, PrefixOfTheNamespaceDoesNotMatter) {
  EXPECT_EQ(Locs(Parse("<s:urlset><s:url><s:loc>/a</s:loc></s:url></s:urlset>")),
            List{"http://example.com/a"});
}

TEST(SitemapTest, TextFileIsOneUrlALine) {
  const SitemapResult result = Parse(
      "\xef\xbb\xbfhttp://example.com/a\r\n\r\n  https://example.com/b\t\rnonsense\nhttp://a "
      "b/\n/c");
  EXPECT_EQ(result.kind, SitemapKind::kText);
  EXPECT_EQ(Locs(result), (List{"http://example.com/a", "https://example.com/b"}));
  EXPECT_EQ(result.bad_entry_count, 3u);
}

// "Sitemap file location" in the protocol.
TEST(SitemapMayListTest, GoesByOriginAndFolder) {
  const auto may_list = [](absl::string_view sitemap, absl::string_view loc) {
    return SitemapMayList(*Url::Parse(sitemap), *Url::Parse(loc));
  };
  EXPECT_TRUE(may_list("http://a.com/x/s.xml", "http://a.com/x/y?z"));
  EXPECT_TRUE(may_list("http://a.com/s.xml", "http://a.com/"));
  EXPECT_TRUE(may_list("http://a.com/s?p=/x/", "http://a.com/y"));
  EXPECT_FALSE(may_list("http://a.com/x/s.xml", "http://a.com/xy"));
  EXPECT_FALSE(may_list("http://a.com/s.xml", "https://a.com/"));
  EXPECT_FALSE(may_list("http://a.com/s.xml", "http://www.a.com/"));
  EXPECT_FALSE(may_list("http://a.com/s.xml", "http://a.com:8080/"));
}

// ---- Feeds ----

TEST(SitemapTest, RssGivesTheLinksOfItsItems) {
  const SitemapResult result =
      Parse(R"(<rss version="2.0"><channel><link>http://example.com/main</link>
      <atom:link href="/feed" rel="self"/>
      <item><atom:link href="/no"/><link>http://example.com/1</link><guid>http://example.com/g</guid>
            <pubDate>Thu, 05 Jan 2017 13:34:51 +0100</pubDate></item>
      <item><guid isPermaLink="false">http://example.com/2</guid><dc:date>2017-01-05</dc:date></item>
      <item><guid>7bd204c6</guid></item></channel></rss>)");
  EXPECT_EQ(result.kind, SitemapKind::kRss);
  ASSERT_EQ(Locs(result), (List{"http://example.com/1", "http://example.com/2"}));
  EXPECT_EQ(result.entries[0].lastmod, Utc(2017, 1, 5, 12, 34, 51));
  EXPECT_EQ(result.entries[1].lastmod, Utc(2017, 1, 5));
  EXPECT_EQ(result.bad_entry_count, 1u);
}

TEST(SitemapTest, Rss10HasItsItemsOutsideOfTheChannel) {
  const SitemapResult result = Parse(
      "<rdf:RDF><channel><link>/c</link></channel><image><url>/i</url><link>/l</link></image>"
      "<item rdf:about=\"x\"><link>/a</link></item></rdf:RDF>");
  EXPECT_EQ(result.kind, SitemapKind::kRss);
  EXPECT_EQ(Locs(result), List{"http://example.com/a"});
}

TEST(SitemapTest, AtomGivesTheFirstAlternateLinkOfItsEntries) {
  const SitemapResult result = Parse(R"(<feed xmlns="http://www.w3.org/2005/Atom"><link href="/"/>
      <entry><link rel="self" href="/s"/><link rel="alternate" href="/a"/><link href="/b"/>
             <updated>2003-12-13T18:30:02Z</updated><published>2001-01-01</published></entry>
      <entry><link href="/c"/><published>2001-01-01</published></entry>
      <entry><link rel="self" href="/d"/></entry></feed>)");
  EXPECT_EQ(result.kind, SitemapKind::kAtom);
  ASSERT_EQ(Locs(result), (List{"http://example.com/a", "http://example.com/c"}));
  EXPECT_EQ(result.entries[0].lastmod, Utc(2003, 12, 13, 18, 30, 2));
  EXPECT_EQ(result.entries[1].lastmod, Utc(2001, 1, 1));
}

// ---- What is no sitemap ----

TEST(SitemapTest, OtherContentIsNoSitemap) {
  for (absl::string_view bytes :
       {"", "this is a bogus sitemap", "<html><body><url><loc>/a</loc></url></body></html>",
        "{\"items\":[{\"url\":\"http://example.com/\"}]}", "<", "\x1f\x8b", "\xff\xfe<"}) {
    const SitemapResult result = Parse(bytes);
    EXPECT_EQ(result.kind, SitemapKind::kNone) << bytes;
    EXPECT_NE(result.error, "") << bytes;
    EXPECT_TRUE(Locs(result).empty()) << bytes;
  }
}

// ---- Broken files ----

TEST(SitemapTest, EntriesBeforeAnErrorAreKept) {
  const SitemapResult result =
      Parse("<urlset><url><loc>/a</loc></url></url>\n<url><loc>/b</loc></url></urlset>");
  EXPECT_EQ(Locs(result), List{"http://example.com/a"});
  EXPECT_EQ(result.error, "line 1: mismatched tag");
}

TEST(SitemapTest, CutFileGivesTheLocThatATagHadEnded) {
  EXPECT_EQ(Locs(Parse("<urlset><url><loc>http://example.com/a</lo")),
            List{"http://example.com/a"});
  EXPECT_EQ(Locs(Parse("<urlset><url><loc>http://example.com/a</loc><last")),
            List{"http://example.com/a"});
  EXPECT_TRUE(Locs(Parse("<urlset><url><loc>http://example.com/a")).empty());
  EXPECT_NE(Parse("<urlset><url><loc>http://example.com/a</lo").error, "");
}

TEST(SitemapTest, BareAmpersandIsRepaired) {
  const SitemapResult result = Parse(
      "<urlset><url><loc>/a?b&c=1&copy;2&amp;d&#38;e</loc></url><url><loc><![CDATA[/f?g&h]]></"
      "loc></url></urlset>");
  EXPECT_EQ(Locs(result),
            (List{"http://example.com/a?b&c=1&copy;2&d&e", "http://example.com/f?g&h"}));
  EXPECT_EQ(result.error, "line 1: not well-formed (invalid token)");
}

TEST(SitemapTest, BytesThatMayNotBeInXmlAreRepaired) {
  for (absl::string_view bad :
       {"<t>\xff</t>", "<t>\x01</t>", "<t>&nbsp;</t>", "<t>&#1;</t>", "<t>&#xd800;</t>",
        "<t>\xed\xa0\x80</t>", "<t>\xc0\x80</t>", "<t>\xf4\x90\x80\x80</t>", "<t>\xef\xbf\xbf</t>",
        "<t>\v</t>", "<!-- a -- b -->", "<t>&</t>", "<t>&#;</t>"}) {
    const SitemapResult result = Parse(Urlset(absl::StrCat(bad, "<loc>/a</loc>")));
    EXPECT_EQ(Locs(result), List{"http://example.com/a"}) << bad;
    EXPECT_NE(result.error, "") << bad;
  }
}

TEST(SitemapTest, MissingTagsBetweenLocsAreForgiven) {
  const SitemapResult result = Parse(
      "<sitemapindex><sitemap><loc>/a</loc><lastmod>2004</lastmod><loc>/b</loc><loc>/c</"
      "loc><lastmod>2005</lastmod>"
      "</sitemap></sitemapindex>");
  ASSERT_EQ(Locs(result),
            (List{"http://example.com/a", "http://example.com/b", "http://example.com/c"}));
  EXPECT_EQ(result.children[0].lastmod, Utc(2004, 1, 1));
  EXPECT_EQ(result.children[1].lastmod, std::nullopt);
  EXPECT_EQ(result.children[2].lastmod, Utc(2005, 1, 1));
}

TEST(SitemapTest, MissingLocTagsAreForgivenForAbsoluteUrls) {
  EXPECT_EQ(Locs(Parse(Urlset("\nhttp://example.com/a?b&amp;c\n"))),
            List{"http://example.com/a?b&c"});
  EXPECT_TRUE(Locs(Parse(Urlset("two words"))).empty());
}

TEST(SitemapTest, TagsInsideOfALocAreForgiven) {
  EXPECT_EQ(Locs(Parse(Urlset("<loc><url><![CDATA[/a]]></url></loc>"))),
            List{"http://example.com/a"});
}

TEST(SitemapTest, WhatStandsBeforeTheXmlIsSkipped) {
  EXPECT_EQ(
      Locs(Parse(absl::StrCat("\xef\xbb\xbf \r\n<?xml version='1.0'?>", Urlset("<loc>/a</loc>")))),
      List{"http://example.com/a"});
  const SitemapResult result =
      Parse(absl::StrCat("Warning: x\n<?xml version='1.0'?>", Urlset("<loc>/a</loc>")));
  EXPECT_EQ(Locs(result), List{"http://example.com/a"});
  EXPECT_EQ(result.error, "text before the XML");
}

// ---- Encodings ----

TEST(SitemapTest, Utf16IsReadByItsByteOrderMark) {
  std::string bytes = "\xff\xfe";
  for (char c : Urlset("<loc>/a</loc>")) bytes += {c, '\0'};
  EXPECT_EQ(Locs(Parse(bytes)), List{"http://example.com/a"});
}

TEST(SitemapTest, UnknownEncodingStillGivesAsciiUrls) {
  const SitemapResult result = Parse(absl::StrCat("<?xml version='1.0' encoding='windows-1251'?>",
                                                  Urlset("<t>\xcf\xf0</t><loc>/a</loc>")));
  EXPECT_EQ(Locs(result), List{"http://example.com/a"});
  EXPECT_EQ(result.error, "");
}

// ---- Entities ----

TEST(SitemapTest, ExternalEntitiesAreNeverRead) {
  const SitemapResult result = Parse(
      "<!DOCTYPE urlset [<!ENTITY test SYSTEM \"file:///etc/hostname\">]>"
      "<urlset><url><loc>&test;</loc></url><url><loc>/a&test;</loc></url><url><loc>/b</loc></url>"
      "<url>http://example.com/&test;</url></urlset>");
  EXPECT_EQ(Locs(result), List{"http://example.com/b"});
  EXPECT_EQ(result.bad_entry_count, 3u);
}

TEST(SitemapTest, LocWithADeclaredEntityIsNoUsableUrl) {
  const SitemapResult result = Parse(
      "<!DOCTYPE urlset [<!ENTITY h "
      "\"x\">]><urlset><url><loc>/&h;a</loc></url><url><loc>/b</loc></url></urlset>");
  EXPECT_EQ(Locs(result), List{"http://example.com/b"});
}

TEST(SitemapTest, EntitiesThatCouldGrowEndTheFile) {
  for (absl::string_view dtd : {"<!ENTITY a 'lol'><!ENTITY b '&a;&a;'>",
                                "<!ENTITY a 'seventeen bytes!!'>", "<!ENTITY % a 'x'>"}) {
    const SitemapResult result =
        Parse(absl::StrCat("<!DOCTYPE urlset [", dtd, "]>", Urlset("<loc>/a</loc>")));
    EXPECT_EQ(result.error, "line 1: an entity is declared") << dtd;
    EXPECT_TRUE(Locs(result).empty()) << dtd;
  }
}

TEST(SitemapTest, BillionLaughsCostNothing) {
  std::string dtd = "<!ENTITY l0 'lol'>";
  for (int i = 1; i < 10; ++i) {
    const std::string previous = absl::StrCat("&l", i - 1, ";");
    std::string value;
    for (int j = 0; j < 10; ++j) value += previous;
    absl::StrAppend(&dtd, "<!ENTITY l", i, " '", value, "'>");
  }
  const std::string bomb = absl::StrCat("<!DOCTYPE urlset [", dtd, "]>");
  EXPECT_TRUE(Locs(Parse(absl::StrCat(bomb, Urlset("<loc>&l9;</loc>")))).empty());
  EXPECT_TRUE(
      Locs(Parse(absl::StrCat(bomb, Urlset("<loc>/a</loc><x:link href='&l9;'/>")))).empty());
}

// ---- gzip ----

TEST(SitemapTest, GzipIsUndone) {
  const std::string xml = Urlset("<loc>/a</loc>");
  EXPECT_EQ(Locs(Parse(Gzip(xml))), List{"http://example.com/a"});
  EXPECT_EQ(Locs(Parse(Gzip(Gzip(xml)))), List{"http://example.com/a"});
  EXPECT_EQ(Locs(Parse(absl::StrCat(Gzip(xml.substr(0, 30)), Gzip(xml.substr(30))))),
            List{"http://example.com/a"});
  EXPECT_EQ(Parse(Gzip("http://example.com/a\n")).kind, SitemapKind::kText);
}

TEST(SitemapTest, BrokenGzipGivesWhatWasDecoded) {
  std::string text;
  for (int i = 0; i < 2000; ++i)
    absl::StrAppend(&text, "http://example.com/", i * 7919 % 2000, "\n");
  const std::string gzip = Gzip(text);
  const SitemapResult cut = Parse(gzip.substr(0, gzip.size() / 2));
  EXPECT_GT(cut.entries.size(), 100u);
  EXPECT_EQ(cut.error, "gzip: unexpected end");
  std::string broken = gzip;
  for (size_t i = gzip.size() / 2; i < gzip.size() / 2 + 50; ++i) broken[i] = '\xff';
  EXPECT_EQ(Parse(broken).error.substr(0, 6), "gzip: ");
}

TEST(SitemapTest, GzipBombIsCut) {
  const SitemapResult result = Parse(Gzip(std::string(20 << 20, ' ')));
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.kind, SitemapKind::kNone);
}

// ---- Limits ----

TEST(SitemapTest, BytesHaveALimit) {
  const std::string text = "http://example.com/a\nhttp://example.com/b\n";
  SitemapLimits limits;
  limits.max_bytes = 21;
  for (const std::string& bytes : {text, Gzip(text)}) {
    const SitemapResult result = Parse(bytes, limits);
    EXPECT_EQ(Locs(result), List{"http://example.com/a"});
    EXPECT_TRUE(result.truncated);
  }
}

// A cut line would be another URL.
TEST(SitemapTest, LineThatTheByteLimitCutsIsDropped) {
  const std::string text = "http://example.com/a\nhttp://example.com/b\n";
  SitemapLimits limits;
  limits.max_bytes = text.size() - 2;
  EXPECT_EQ(Locs(Parse(text, limits)), List{"http://example.com/a"});
}

TEST(SitemapTest, EntriesHaveALimit) {
  SitemapLimits limits;
  limits.max_entry_count = 2;
  for (absl::string_view bytes : {"http://a/\nhttp://b/\nhttp://c/\n",
                                  "<urlset><url><loc>http://a/</loc></url><url><loc>http://b/</"
                                  "loc></url><url><loc>http://c/</loc></url></urlset>",
                                  "<sitemapindex><sitemap><loc>http://a/</loc><loc>http://b/</"
                                  "loc><loc>http://c/</loc></sitemap></sitemapindex>"}) {
    const SitemapResult result = Parse(bytes, limits);
    EXPECT_EQ(Locs(result), (List{"http://a/", "http://b/"}));
    EXPECT_TRUE(result.truncated);
  }
}

TEST(SitemapTest, ResultHasALimit) {
  SitemapLimits limits;
  limits.max_result_bytes = 20;
  const SitemapResult result = Parse("http://a/\nhttp://b/\nhttp://c/\n", limits);
  EXPECT_EQ(Locs(result), (List{"http://a/", "http://b/"}));
  EXPECT_TRUE(result.truncated);
}

TEST(SitemapTest, DepthHasALimit) {
  std::string deep = "<urlset><url><loc>/a</loc></url>";
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  const SitemapResult result = Parse(deep);
  EXPECT_EQ(Locs(result), List{"http://example.com/a"});
  EXPECT_TRUE(result.truncated);
  EXPECT_EQ(result.error, "line 1: elements nested too deep");
}

TEST(SitemapTest, FieldsHaveALimit) {
  const std::string loc = absl::StrCat("/", std::string(9000, 'a'));
  EXPECT_TRUE(Locs(Parse(Urlset(absl::StrCat("<loc>", loc, "</loc>")))).empty());
  EXPECT_TRUE(Locs(Parse(Urlset(absl::StrCat("http://example.com", loc, "/\n/b")))).empty());
  EXPECT_TRUE(Locs(Parse(absl::StrCat("http://example.com", loc, "\n"))).empty());
  const SitemapResult result =
      Parse(Urlset(absl::StrCat("<loc>/a</loc><lastmod>", std::string(9000, '1'), "</lastmod>")));
  EXPECT_EQ(Locs(result), List{"http://example.com/a"});
}

TEST(SitemapTest, AlternatesHaveALimit) {
  SitemapLimits limits;
  limits.max_alternate_count = 1;
  const std::string link = "<x:link rel='alternate' hreflang='de' href='/de'/>";
  EXPECT_EQ(Parse(Urlset(absl::StrCat("<loc>/a</loc>", link, link)), limits)
                .entries.at(0)
                .alternates.size(),
            1u);
}

// ---- Dates ----

// https://www.w3.org/TR/NOTE-datetime
TEST(SitemapTimeTest, ReadsW3cDates) {
  EXPECT_EQ(ParseSitemapTime("2005"), Utc(2005, 1, 1));
  EXPECT_EQ(ParseSitemapTime("2005-02"), Utc(2005, 2, 1));
  EXPECT_EQ(ParseSitemapTime(" 2004-02-29 "), Utc(2004, 2, 29));
  EXPECT_EQ(ParseSitemapTime("2005-02-03T04:05Z"), Utc(2005, 2, 3, 4, 5));
  EXPECT_EQ(ParseSitemapTime("2005-02-03T04:05:06+01:30"), Utc(2005, 2, 3, 2, 35, 6));
  EXPECT_EQ(ParseSitemapTime("2005-02-03T04:05:06.789-0100"), Utc(2005, 2, 3, 5, 5, 6));
  EXPECT_EQ(ParseSitemapTime("2005-02-03t04:05:06,7+01"), Utc(2005, 2, 3, 3, 5, 6));
  EXPECT_EQ(ParseSitemapTime("2005-02-03 04:05:06 +01:00"), Utc(2005, 2, 3, 3, 5, 6));
  EXPECT_EQ(ParseSitemapTime("2005-02-03T04:05:06"), Utc(2005, 2, 3, 4, 5, 6));
}

// RFC 822 section 5, RFC 5322 section 4.3.
TEST(SitemapTimeTest, ReadsMailDates) {
  EXPECT_EQ(ParseSitemapTime("Thu, 05 Jan 2017 13:34:51 +0100"), Utc(2017, 1, 5, 12, 34, 51));
  EXPECT_EQ(ParseSitemapTime("5 January 17 13:34 GMT"), Utc(2017, 1, 5, 13, 34));
  EXPECT_EQ(ParseSitemapTime("Thu, 05 Jan 99 13:34:51 EST"), Utc(1999, 1, 5, 18, 34, 51));
  EXPECT_EQ(ParseSitemapTime("Thursday, 05-Jan-17 13:34:51 GMT"), Utc(2017, 1, 5, 13, 34, 51));
}

TEST(SitemapTimeTest, RefusesOtherText) {
  for (absl::string_view text : {"",
                                 "yesterday",
                                 "05",
                                 "2005-",
                                 "2005-13-01",
                                 "2005-02-30",
                                 "2005-02-03T25:00Z",
                                 "2005-02-03T04",
                                 "0000-01-01",
                                 "2005-02-03T04:05:06+99:00",
                                 "2005-02-03T04:05:06 x",
                                 "2005-02-03x",
                                 "05 Jan 17 13:34:55",
                                 "05 Foo 2017 13:34 GMT",
                                 "32 Jan 2017 13:34 GMT",
                                 "05 Jan 2017",
                                 "05 Jan 2017 13:61 GMT",
                                 "99999999999999999999",
                                 "-1",
                                 "2005-02-03T04:05:99Z"}) {
    EXPECT_EQ(ParseSitemapTime(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace spindle
