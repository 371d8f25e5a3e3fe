#include "parsers/html_tokenizer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string Describe(const HtmlToken& token) {
  std::string scratch;
  std::string out;
  switch (token.kind) {
    case HtmlToken::Kind::kText:
      AppendHtmlText(token.source, token.content, &out);
      return out;
    case HtmlToken::Kind::kComment:
      AppendHtmlText(token.source, HtmlContent::kRawtext, &out);
      return absl::StrCat("{comment ", out, "}");
    case HtmlToken::Kind::kDoctype:
      return absl::StrCat("{doctype", token.source, "}");
    case HtmlToken::Kind::kEndTag:
      return absl::StrCat("{/", HtmlName(token.source, &scratch), "}");
    case HtmlToken::Kind::kStartTag:
      out = absl::StrCat("{", HtmlName(token.source, &scratch));
      for (const HtmlSourceAttribute& attribute : *token.attributes) {
        absl::StrAppend(&out, " ", HtmlName(attribute.name, &scratch));
        absl::StrAppend(&out, "=[", HtmlAttributeValue(attribute.value, &scratch), "]");
      }
      return absl::StrCat(out, token.self_closing ? "/" : "", "}");
  }
  return out;
}

std::string TokensOf(HtmlTokenizer& tokenizer) {
  std::string out;
  HtmlToken token;
  while (tokenizer.Next(&token)) out += Describe(token);
  return out;
}

std::string Tokens(absl::string_view input) {
  HtmlTokenizer tokenizer(input);
  return TokensOf(tokenizer);
}

// As inside the element `name`.
std::string TokensInside(absl::string_view name, HtmlContent content, absl::string_view input) {
  HtmlTokenizer tokenizer(input);
  tokenizer.SetContentOf(name, content);
  return TokensOf(tokenizer);
}

TEST(HtmlTokenizerTest, ReadsTagsTextCommentsAndDoctype) {
  EXPECT_EQ(Tokens("<!DOCTYPE html><p class=a>x &amp; y</p><!-- c --><br/>z"),
            "{doctype html>}{p class=[a]}x & y{/p}{comment  c }{br/}z");
}

// HTML 13.2.5.6: only these make markup of a '<'.
TEST(HtmlTokenizerTest, LessThanSignsOtherwiseAreText) {
  for (const char* text : {"<", "a<", "a < b", "<3", "<<", "</", "a</", "<\xC3\xA9>", "<=>"}) {
    EXPECT_EQ(Tokens(text), text);
  }
  EXPECT_EQ(Tokens("<<a>"), "<{a}");
}

TEST(HtmlTokenizerTest, ReadsEveryWayToWriteAnAttribute) {
  EXPECT_EQ(Tokens("<a b c=d e='f g' h=\"i'j\" k = l/m n=>"),
            "{a b=[] c=[d] e=[f g] h=[i'j] k=[l/m] n=[]}");
  EXPECT_EQ(Tokens("<a\tb\n=\r\n'c'\fd>"), "{a b=[c] d=[]}");
  EXPECT_EQ(Tokens("<a b='c'd=\"e\"f>"), "{a b=[c] d=[e] f=[]}");
  EXPECT_EQ(Tokens("<A HREF=X>"), "{a href=[X]}");
}

TEST(HtmlTokenizerTest, QuotesCountOnlyAroundValues) {
  EXPECT_EQ(Tokens("<a b\"c>d\">"), "{a b\"c=[]}d\">");
  EXPECT_EQ(Tokens("<a \"b=c>"), "{a \"b=[c]}");
  EXPECT_EQ(Tokens("<a b=c\"d>e"), "{a b=[c\"d]}e");
  EXPECT_EQ(Tokens("<a =\">\">"), "{a =\"=[]}\">");
  EXPECT_EQ(Tokens("<a b=\"c>d\">e"), "{a b=[c>d]}e");
}

TEST(HtmlTokenizerTest, FirstOfAttributesWithTheSameNameWins) {
  EXPECT_EQ(Tokens("<a href=1 HREF=2 x href=3>"), "{a href=[1] x=[]}");
}

// The hash that spares most comparisons must not drop names that share it.
TEST(HtmlTokenizerTest, AttributesWithLikeNamesAreKept) {
  EXPECT_EQ(Tokens("<a data-a-x=1 data-b-x=2 data-c-x=3>"),
            "{a data-a-x=[1] data-b-x=[2] data-c-x=[3]}");
}

TEST(HtmlTokenizerTest, SelfClosingIsASlashRightBeforeTheEnd) {
  EXPECT_EQ(Tokens("<a/>"), "{a/}");
  EXPECT_EQ(Tokens("<a b/>"), "{a b=[]/}");
  EXPECT_EQ(Tokens("<a b='c'/>"), "{a b=[c]/}");
  EXPECT_EQ(Tokens("<a b=c/>"), "{a b=[c/]}");
  EXPECT_EQ(Tokens("<a / >"), "{a}");
  EXPECT_EQ(Tokens("<a / b>"), "{a b=[]}");
}

// HTML 13.2.5, "eof-in-tag": the tag is dropped.
TEST(HtmlTokenizerTest, AnUnfinishedTagIsDropped) {
  for (const char* tag : {"<a", "<a ", "<a b", "<a b ", "<a b=", "<a b= ", "<a b=c", "<a b='c>d",
                          "<a b='c'", "<a/", "</a", "</a b='>"}) {
    EXPECT_EQ(Tokens(absl::StrCat("x", tag)), "x") << tag;
  }
}

TEST(HtmlTokenizerTest, EndTagsMayHaveAttributesWhichAreNotReported) {
  EXPECT_EQ(Tokens("</a b='>'>c"), "{/a}c");
  EXPECT_EQ(Tokens("</>a"), "a");
  EXPECT_EQ(Tokens("</ a>b"), "{comment  a}b");
}

// HTML 13.2.5.43 to 13.2.5.52.
TEST(HtmlTokenizerTest, CommentsEndInEveryWayOfTheStandard) {
  EXPECT_EQ(Tokens("<!--a-->b"), "{comment a}b");
  EXPECT_EQ(Tokens("<!-->b"), "{comment }b");
  EXPECT_EQ(Tokens("<!--->b"), "{comment }b");
  EXPECT_EQ(Tokens("<!---->b"), "{comment }b");
  EXPECT_EQ(Tokens("<!--a--!>b"), "{comment a}b");
  EXPECT_EQ(Tokens("<!--a--->b"), "{comment a-}b");
  EXPECT_EQ(Tokens("<!--a->b-->c"), "{comment a->b}c");
  EXPECT_EQ(Tokens("<!--<!-->b"), "{comment <!}b");
  EXPECT_EQ(Tokens("<!--a--!-->b"), "{comment a--!}b");
}

TEST(HtmlTokenizerTest, AnUnfinishedCommentRunsToTheEnd) {
  EXPECT_EQ(Tokens("<!--a<b>"), "{comment a<b>}");
  EXPECT_EQ(Tokens("<!--a-"), "{comment a}");
  EXPECT_EQ(Tokens("<!--a--"), "{comment a}");
  EXPECT_EQ(Tokens("<!--a--!"), "{comment a}");
  EXPECT_EQ(Tokens("<!--"), "{comment }");
}

TEST(HtmlTokenizerTest, DeclarationsThatAreNoneBecomeComments) {
  EXPECT_EQ(Tokens("<!a>b"), "{comment a}b");
  EXPECT_EQ(Tokens("<?xml ?>b"), "{comment ?xml ?}b");
  EXPECT_EQ(Tokens("<![CDATA[a]]>b"), "{comment [CDATA[a]]}b");
  EXPECT_EQ(Tokens("<!"), "{comment }");
}

TEST(HtmlTokenizerTest, CdataIsTextWhereItIsAllowed) {
  HtmlTokenizer tokenizer("<![CDATA[a<b>&amp;]]]>c<![CDATA[d");
  tokenizer.set_allow_cdata(true);
  EXPECT_EQ(TokensOf(tokenizer), "a<b>&amp;]cd");
}

TEST(HtmlTokenizerTest, RcdataHasReferencesAndNoTags) {
  EXPECT_EQ(TokensInside("title", HtmlContent::kRcdata, "a<b>&lt;<!--c--></titles></title >d<e>"),
            "a<b><<!--c--></titles>{/title}d{e}");
}

TEST(HtmlTokenizerTest, RawtextEndsOnlyAtItsOwnEndTag) {
  EXPECT_EQ(TokensInside("style", HtmlContent::kRawtext, "a<b>&lt;</script></STYLE/>c"),
            "a<b>&lt;</script>{/style}c");
  EXPECT_EQ(TokensInside("style", HtmlContent::kRawtext, "a</style"), "a</style");
  EXPECT_EQ(TokensInside("style", HtmlContent::kRawtext, "a</style "), "a");
}

TEST(HtmlTokenizerTest, PlaintextNeverEnds) {
  EXPECT_EQ(TokensInside("plaintext", HtmlContent::kPlaintext, "a</plaintext>&lt;"),
            "a</plaintext>&lt;");
}

// HTML 13.2.5.15 to 13.2.5.31.
TEST(HtmlTokenizerTest, ScriptsEndAtTheirEndTag) {
  const auto in_script = [](absl::string_view text) {
    return TokensInside("script", HtmlContent::kScript, text);
  };
  EXPECT_EQ(in_script("if (a<b) '<p>'</script>c"), "if (a<b) '<p>'{/script}c");
  EXPECT_EQ(in_script("<!-- a</script>b"), "<!-- a{/script}b");
  EXPECT_EQ(in_script("<!--<script>a</script>b-->c</script>d"),
            "<!--<script>a</script>b-->c{/script}d");
  EXPECT_EQ(in_script("<!--<script>a</script>b</script>c"), "<!--<script>a</script>b{/script}c");
  EXPECT_EQ(in_script("<!--<script>a--></script>b"), "<!--<script>a-->{/script}b");
  EXPECT_EQ(in_script("<!--><script></script>b"), "<!--><script>{/script}b");
  EXPECT_EQ(in_script("<!--<scripts></script>b"), "<!--<scripts>{/script}b");
  EXPECT_EQ(in_script("<!--<script </scripts></script></script>b"),
            "<!--<script </scripts></script>{/script}b");
  EXPECT_EQ(in_script("<!--<script>a</script>"), "<!--<script>a</script>");
}

TEST(HtmlTokenizerTest, ContentSetAfterAStartTagEndsAtItsEndTag) {
  HtmlTokenizer tokenizer("<title>a<b></title><i>");
  HtmlToken token;
  ASSERT_TRUE(tokenizer.Next(&token));
  EXPECT_EQ(token.tag, HtmlTag::kTitle);
  tokenizer.SetContent(HtmlContent::kRcdata);
  EXPECT_EQ(TokensOf(tokenizer), "a<b>{/title}{i}");
}

// HTML 13.2.3.5.
TEST(HtmlTokenizerTest, NewlinesAreNormalisedButNotThoseOfReferences) {
  EXPECT_EQ(Tokens("a\r\nb\rc&#13;d"), "a\nb\nc\rd");
  EXPECT_EQ(Tokens("<a b='c\r\nd\re'>"), "{a b=[c\nd\ne]}");
}

TEST(HtmlTokenizerTest, NulIsReplacedButInDataAndCdata) {
  const std::string nul(1, '\0');
  EXPECT_EQ(Tokens("a" + nul), "a" + nul);
  EXPECT_EQ(TokensInside("title", HtmlContent::kRcdata, nul), "\xEF\xBF\xBD");
  EXPECT_EQ(Tokens("<a" + nul + " b" + nul + "='" + nul + "'>"),
            "{a\xEF\xBF\xBD b\xEF\xBF\xBD=[\xEF\xBF\xBD]}");
  EXPECT_EQ(Tokens("<!--" + nul + "-->"), "{comment \xEF\xBF\xBD}");
}

TEST(HtmlTokenizerTest, BytesThatAreNotUtf8PassThrough) {
  EXPECT_EQ(Tokens("\xFF<a\xFE \xFD=\xFC>\xC3"), "\xFF{a\xFE \xFD=[\xFC]}\xC3");
}

TEST(HtmlTokenizerTest, FilteredTokensAreSteppedOver) {
  HtmlTokenizer tokenizer("<p a='<a>'>x<!-- <a> --><a b=c>y</a></p><!doctype html>");
  HtmlTokenizer::Filter filter;
  filter.start_tags = {HtmlTag::kA};
  filter.end_tags = {};
  filter.text = filter.comments = filter.doctypes = false;
  tokenizer.set_filter(filter);
  EXPECT_EQ(TokensOf(tokenizer), "{a b=[c]}");
}

TEST(HtmlTokenizerTest, TokensAreSlicesOfTheInput) {
  const std::string input = "ab<a c=d>";
  HtmlTokenizer tokenizer(input);
  HtmlToken token;
  ASSERT_TRUE(tokenizer.Next(&token));
  ASSERT_TRUE(tokenizer.Next(&token));
  EXPECT_EQ(tokenizer.OffsetOf(token.source.data()), 3u);
  EXPECT_EQ(token.attributes->front().value.data(), input.data() + 7);
}

TEST(HtmlTokenizerTest, AttributesBeyondTheLimitAreReadOver) {
  HtmlTokenizer tokenizer("<a b c d='>'>e", /*max_attributes=*/2);
  EXPECT_EQ(TokensOf(tokenizer), "{a b=[] c=[]}e");
}

TEST(HtmlTagTest, NamesAreFoundInAnyCaseAndOnlyWhole) {
  EXPECT_EQ(HtmlTagNamed("a"), HtmlTag::kA);
  EXPECT_EQ(HtmlTagNamed("TextArea"), HtmlTag::kTextarea);
  EXPECT_EQ(HtmlTagNamed("foreignObject"), HtmlTag::kForeignObject);
  EXPECT_EQ(HtmlTagNamed("annotation-XML"), HtmlTag::kAnnotationXml);
  for (const char* other : {"", "aa", "scripts", "textareas", "titl", "p", "h1", "plaintex"}) {
    EXPECT_EQ(HtmlTagNamed(other), HtmlTag::kOther) << other;
  }
  EXPECT_EQ(HtmlTagNamed(absl::string_view("a\0", 2)), HtmlTag::kOther);
  EXPECT_EQ(HtmlTagNamed("!"), HtmlTag::kOther);  // '!' is 'a' & 0x3F
}

std::string Doctype(absl::string_view source) {
  const HtmlDoctype doctype = ParseHtmlDoctype(source);
  return absl::StrCat(doctype.name.value_or("-"), "|", doctype.public_id.value_or("-"), "|",
                      doctype.system_id.value_or("-"), doctype.force_quirks ? "|quirks" : "");
}

// HTML 13.2.5.53 to 13.2.5.68.
TEST(HtmlDoctypeTest, ReadsNameAndIdentifiers) {
  EXPECT_EQ(Doctype(" HTML>"), "html|-|-");
  EXPECT_EQ(Doctype(" html PUBLIC \"a\" 'b'>"), "html|a|b");
  EXPECT_EQ(Doctype("html public'a'>"), "html|a|-");
  EXPECT_EQ(Doctype(" html SYSTEM 'b' c>"), "html|-|b");
  EXPECT_EQ(Doctype(" html SYSTEM ''>"), "html|-|");
}

TEST(HtmlDoctypeTest, BrokenOnesForceQuirks) {
  EXPECT_EQ(Doctype(">"), "-|-|-|quirks");
  EXPECT_EQ(Doctype(" html"), "html|-|-|quirks");
  EXPECT_EQ(Doctype(" html a>"), "html|-|-|quirks");
  EXPECT_EQ(Doctype(" html PUBLIC>"), "html|-|-|quirks");
  EXPECT_EQ(Doctype(" html PUBLIC 'a>"), "html|a|-|quirks");
  EXPECT_EQ(Doctype(" html SYSTEM 'b'"), "html|-|b|quirks");
}

// Seconds of processor time are too coarse and too machine-bound to assert; a quadratic reader
// would need hours for these.
TEST(HtmlTokenizerTest, HostileInputsTakeLinearTime) {
  constexpr size_t kSize = 512 << 10;
  const auto repeated = [](absl::string_view unit) {
    std::string out;
    while (out.size() < kSize) absl::StrAppend(&out, unit);
    return out;
  };
  std::string many_attributes = "<a ";
  for (int i = 0; many_attributes.size() < kSize; ++i)
    absl::StrAppend(&many_attributes, "b", i, " ");
  const std::string inputs[] = {
      repeated("<"),           repeated("&"),         repeated("</"),
      repeated("<a "),         repeated("<a b='"),    repeated("<a b=\""),
      repeated("<!--"),        repeated("<!---!"),    repeated("<![CDATA["),
      repeated("<![CDATA[]]"), repeated("<title>"),   repeated("</titl"),
      repeated("<!--<script"), repeated("&#"),        repeated("&CounterClockwiseContourIntegra"),
      many_attributes,         many_attributes + ">", absl::StrCat("<a ", repeated("b ")),
      repeated("<a b c d>"),
  };
  for (const HtmlContent content : {HtmlContent::kData, HtmlContent::kRcdata, HtmlContent::kRawtext,
                                    HtmlContent::kScript, HtmlContent::kCdata}) {
    for (const std::string& input : inputs) {
      HtmlTokenizer tokenizer(input);
      tokenizer.SetContentOf("title", content);
      tokenizer.set_allow_cdata(true);
      HtmlToken token;
      size_t read = 0;
      std::string text;
      while (tokenizer.Next(&token)) {
        if (token.kind == HtmlToken::Kind::kText)
          AppendHtmlText(token.source, token.content, &text);
        read += token.source.size();
      }
      EXPECT_LE(read, input.size());
      EXPECT_LE(text.size(), input.size() * 6 / 5);
    }
  }
}

}  // namespace
}  // namespace spindle
