// The first byte says which content the input begins in and whether CDATA is allowed. Tokens must
// be slices of the input, in order, and leaving some out must not change the others.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "parsers/html_tokenizer.h"

namespace {

using namespace spindle;

void Demand(bool condition) {
  if (!condition) std::abort();
}

void DemandInside(absl::string_view whole, absl::string_view part) {
  if (part.empty()) return;
  Demand(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

HtmlContent ContentOf(HtmlTag tag) {
  switch (tag) {
    case HtmlTag::kTitle:
      return HtmlContent::kRcdata;
    case HtmlTag::kStyle:
      return HtmlContent::kRawtext;
    case HtmlTag::kScript:
      return HtmlContent::kScript;
    case HtmlTag::kPlaintext:
      return HtmlContent::kPlaintext;
    default:
      return HtmlContent::kData;
  }
}

constexpr HtmlTagSet kWithContent = {HtmlTag::kTitle, HtmlTag::kStyle, HtmlTag::kScript,
                                     HtmlTag::kPlaintext};

// The start tags that `filter` reports; checks every token on the way.
std::vector<absl::string_view> StartTags(absl::string_view input, uint8_t mode,
                                         const HtmlTokenizer::Filter& filter) {
  HtmlTokenizer tokenizer(input);
  tokenizer.set_filter(filter);
  tokenizer.SetContentOf("title", static_cast<HtmlContent>(mode % 6));
  tokenizer.set_allow_cdata((mode & 8) != 0);
  std::vector<absl::string_view> tags;
  const char* last = input.data();
  std::string text;
  HtmlToken token;
  while (tokenizer.Next(&token)) {
    DemandInside(input, token.source);
    Demand(token.source.data() >= last);
    last = token.source.data() + token.source.size();
    text.clear();
    if (token.kind == HtmlToken::Kind::kDoctype) ParseHtmlDoctype(token.source);
    if (token.kind == HtmlToken::Kind::kText) {
      Demand(!token.source.empty());
      AppendHtmlText(token.source, token.content, &text);
      Demand(text.size() <= token.source.size() * 3);
    }
    if (token.kind != HtmlToken::Kind::kStartTag) continue;
    Demand(token.tag == HtmlTagNamed(token.source));
    for (const HtmlSourceAttribute& attribute : *token.attributes) {
      Demand(!attribute.name.empty());
      DemandInside(input, attribute.name);
      DemandInside(input, attribute.value);
      HtmlName(attribute.name, &text);
      HtmlAttributeValue(attribute.value, &text);
    }
    tags.push_back(token.source);
    if (ContentOf(token.tag) != HtmlContent::kData) tokenizer.SetContent(ContentOf(token.tag));
  }
  return tags;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  HtmlTokenizer::Filter few;
  few.start_tags = few.end_tags = kWithContent | HtmlTagSet{HtmlTag::kA};
  few.attributes = {HtmlTag::kA};
  few.text = few.comments = few.doctypes = false;
  std::vector<absl::string_view> expected;
  for (const absl::string_view tag : StartTags(input, data[0], {})) {
    if (few.start_tags.Contains(HtmlTagNamed(tag))) expected.push_back(tag);
  }
  const std::vector<absl::string_view> actual = StartTags(input, data[0], few);
  Demand(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) Demand(actual[i].data() == expected[i].data());
  return 0;
}
