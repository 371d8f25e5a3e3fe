// html5lib's tokenizer tests: html5lib/tokenizer/*.test. A case is run once per initial state.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "parsers/character_references.h"
#include "parsers/html_tokenizer.h"
#include "tests/conformance/json_data.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

using Json = nlohmann::json;

constexpr const char* kFiles[] = {
    "contentModelFlags",
    "domjs",
    "entities",
    "escapeFlag",
    "namedEntities",
    "numericEntities",
    "pendingSpecChanges",
    "test1",
    "test2",
    "test3",
    "test4",
    "unicodeChars",
    "unicodeCharsProblematic",
    "xmlViolation",
};

std::optional<HtmlContent> ContentOf(const std::string& state) {
  if (state == "Data state") return HtmlContent::kData;
  if (state == "RCDATA state") return HtmlContent::kRcdata;
  if (state == "RAWTEXT state") return HtmlContent::kRawtext;
  if (state == "Script data state") return HtmlContent::kScript;
  if (state == "PLAINTEXT state") return HtmlContent::kPlaintext;
  if (state == "CDATA section state") return HtmlContent::kCdata;
  return std::nullopt;
}

Json OrNull(const std::optional<std::string>& value) {
  return value.has_value() ? Json(*value) : Json();
}

Json ToJson(absl::string_view text) { return std::string(text); }

// The whole token stream in the form of the tables, neighbouring text joined.
Json Tokenize(const std::string& input, HtmlContent content, const std::string& last_start_tag) {
  HtmlTokenizer tokenizer(input);
  tokenizer.SetContentOf(last_start_tag, content);
  Json output = Json::array();
  std::string text;
  std::string scratch;
  const auto flush_text = [&] {
    if (!text.empty()) output.push_back({"Character", text});
    text.clear();
  };
  HtmlToken token;
  while (tokenizer.Next(&token)) {
    if (token.kind != HtmlToken::Kind::kText) flush_text();
    switch (token.kind) {
      case HtmlToken::Kind::kText:
        AppendHtmlText(token.source, token.content, &text);
        break;
      case HtmlToken::Kind::kComment: {
        std::string data;
        AppendHtmlText(token.source, HtmlContent::kRawtext, &data);
        output.push_back({"Comment", data});
        break;
      }
      case HtmlToken::Kind::kDoctype: {
        const HtmlDoctype doctype = ParseHtmlDoctype(token.source);
        output.push_back({"DOCTYPE", OrNull(doctype.name), OrNull(doctype.public_id),
                          OrNull(doctype.system_id), !doctype.force_quirks});
        break;
      }
      case HtmlToken::Kind::kEndTag:
        output.push_back({"EndTag", ToJson(HtmlName(token.source, &scratch))});
        break;
      case HtmlToken::Kind::kStartTag: {
        Json attributes = Json::object();
        for (const HtmlSourceAttribute& attribute : *token.attributes) {
          const std::string name(HtmlName(attribute.name, &scratch));
          attributes[name] = ToJson(HtmlAttributeValue(attribute.value, &scratch));
        }
        Json tag = {"StartTag", ToJson(HtmlName(token.source, &scratch)), attributes};
        if (token.self_closing) tag.push_back(true);
        output.push_back(std::move(tag));
        break;
      }
    }
  }
  flush_text();
  return output;
}

// Undoes the second level of \uHHHH. None for a lone surrogate, which UTF-8 cannot hold.
std::optional<std::string> Unescape(const std::string& text) {
  std::string out;
  char32_t high = 0;
  for (size_t i = 0; i < text.size();) {
    uint32_t code = 0;
    if (text.compare(i, 2, "\\u") != 0 || i + 6 > text.size() ||
        !absl::SimpleHexAtoi(text.substr(i + 2, 4), &code)) {
      if (high != 0) return std::nullopt;
      out.push_back(text[i++]);
      continue;
    }
    i += 6;
    const bool low = code >= 0xDC00 && code <= 0xDFFF;
    if (low != (high != 0)) return std::nullopt;
    if (code >= 0xD800 && code <= 0xDBFF) {
      high = code;
      continue;
    }
    AppendUtf8(low ? 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) : code, &out);
    high = 0;
  }
  if (high != 0) return std::nullopt;
  return out;
}

bool UnescapeAll(Json* value) {
  if (value->is_string()) {
    std::optional<std::string> text = Unescape(value->get<std::string>());
    if (text.has_value()) *value = *text;
    return text.has_value();
  }
  if (value->is_object()) {
    Json unescaped = Json::object();
    for (auto& [key, member] : value->items()) {
      const std::optional<std::string> name = Unescape(key);
      if (!name.has_value() || !UnescapeAll(&member)) return false;
      unescaped[*name] = member;
    }
    *value = std::move(unescaped);
  } else if (value->is_array()) {
    for (Json& member : *value) {
      if (!UnescapeAll(&member)) return false;
    }
  }
  return true;
}

void RunCase(const std::string& id, Json test, Report& report) {
  const bool escaped = test.value("doubleEscaped", false);
  if (escaped && (!UnescapeAll(&test["input"]) || !UnescapeAll(&test["output"]))) {
    report.ExpectFailure(id, "a lone surrogate, which a decoded (UTF-8) input cannot hold");
    report.Check(id, false);
    return;
  }
  const std::string input = test["input"];
  const std::string last_start_tag = test.value("lastStartTag", "");
  const Json states = test.value("initialStates", Json::array({"Data state"}));
  std::string detail;
  for (const Json& state : states) {
    const std::optional<HtmlContent> content = ContentOf(state);
    if (!content.has_value()) {
      detail = absl::StrCat("unknown state ", state.dump());
      break;
    }
    const Json actual = Tokenize(input, *content, last_start_tag);
    if (actual == test["output"]) continue;
    detail = absl::StrCat(
        state.dump(), " input ", Printable(input), " want ", Printable(test["output"].dump(), 400),
        " got ", Printable(actual.dump(-1, ' ', false, Json::error_handler_t::replace), 400));
    break;
  }
  report.Check(id, detail.empty(), detail);
}

}  // namespace

void RunHtmlTokenizerSuite(const std::string& data_dir, Report& report) {
  for (const char* name : {"0", "1", "2"}) {
    report.ExpectFailure(
        absl::StrCat("xmlViolation/", name),
        "asks for the coercion of characters that XML lacks, which is no tokenizer rule");
  }
  for (const char* file : kFiles) {
    const std::string path = absl::StrCat(data_dir, "/html5lib/tokenizer/", file, ".test");
    const Json table = ReadJson(path, report);
    if (!table.is_object()) continue;
    const char* const key = table.contains("tests") ? "tests" : "xmlViolationTests";
    size_t index = 0;
    for (const Json& test : table.value(key, Json::array())) {
      RunCase(absl::StrCat(file, "/", index++), test, report);
    }
  }
}

}  // namespace spindle
