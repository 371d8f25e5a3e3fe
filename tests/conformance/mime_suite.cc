// mime/ and http/: parsing, writing and grouping of media types, and the combined values of
// Content-Type and Content-Length.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "parsers/encoding.h"
#include "parsers/mime.h"
#include "tests/conformance/json_data.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

constexpr char kNone[] = "none";

// Header values are bytes that stand for the characters up to U+00FF: from the table's UTF-8.
// nullopt where a character is none of these.
std::optional<std::string> ToLatin1(const std::string& utf8) {
  std::string latin1;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      latin1 += utf8[i];
    } else if (byte <= 0xc3 && i + 1 < utf8.size()) {
      latin1 += static_cast<char>((byte & 0x03) << 6 | (utf8[++i] & 0x3f));
    } else {
      return std::nullopt;
    }
  }
  return latin1;
}

std::string Serialized(const std::optional<MediaType>& media_type) {
  return media_type ? media_type->ToString() : kNone;
}

std::string EncodingOf(const std::optional<MediaType>& media_type) {
  const auto label = media_type ? media_type->Parameter("charset") : std::nullopt;
  const auto encoding = label ? EncodingForLabel(*label) : std::nullopt;
  return encoding ? std::string(EncodingName(*encoding)) : kNone;
}

void RunMediaTypes(const std::string& data_dir, const std::string& name, Report& report) {
  int index = 0;
  for (const nlohmann::json& test : ReadJson(data_dir + "/mime/" + name, report)) {
    ++index;
    if (!test.is_object()) continue;
    const std::string input = JsonString(test, "input");
    const std::string id = absl::StrCat(name, " #", index, " ", Printable(input, 60));
    const std::optional<std::string> bytes = ToLatin1(input);
    if (!bytes) {
      report.ExpectFailure(id, "not a header: a character over U+00FF");
      report.Check(id, false);
      continue;
    }
    const std::optional<MediaType> media_type = MediaType::Parse(*bytes);
    report.CheckEqual(id, ToLatin1(JsonString(test, "output", kNone)).value_or(kNone),
                      Serialized(media_type));
    if (!test.contains("encoding") || !media_type) continue;
    report.CheckEqual(id + " encoding", JsonString(test, "encoding", kNone),
                      EncodingOf(media_type));
  }
}

void RunMinimized(const std::string& data_dir, Report& report) {
  for (const nlohmann::json& test :
       ReadJson(data_dir + "/mime/mime-types-minimized.json", report)) {
    const std::string input = JsonString(test, "input");
    const std::optional<MediaType> media_type = MediaType::Parse(input);
    report.CheckEqual("minimized " + input, JsonString(test, "output"),
                      media_type ? MinimizedMediaType(*media_type) : kNone);
  }
}

std::string GroupsOf(const MediaType& media_type) {
  std::set<std::string> groups;
  if (media_type.IsImage()) groups.insert("image");
  if (media_type.IsAudioOrVideo()) groups.insert("audio or video");
  if (media_type.IsFont()) groups.insert("font");
  if (media_type.IsZipBased()) groups.insert("ZIP-based");
  if (media_type.IsArchive()) groups.insert("archive");
  if (media_type.IsXml()) groups.insert("XML");
  if (media_type.IsHtml()) groups.insert("HTML");
  if (media_type.IsScriptable()) groups.insert("scriptable");
  if (media_type.IsJavaScript()) groups.insert("JavaScript");
  if (media_type.IsJson()) groups.insert("JSON");
  return absl::StrJoin(groups, ", ");
}

void RunGroups(const std::string& data_dir, Report& report) {
  for (const nlohmann::json& test : ReadJson(data_dir + "/mime/mime-groups.json", report)) {
    if (!test.is_object()) continue;
    const std::string input = JsonString(test, "input");
    const std::optional<MediaType> media_type = MediaType::Parse(input);
    std::set<std::string> expected;
    for (const nlohmann::json& group : test["groups"]) expected.insert(group.get<std::string>());
    report.CheckEqual("groups " + Printable(input, 80), absl::StrJoin(expected, ", "),
                      media_type ? GroupsOf(*media_type) : kNone);
  }
}

void RunContentTypes(const std::string& data_dir, const std::string& name, Report& report) {
  int index = 0;
  for (const nlohmann::json& test : ReadJson(data_dir + "/http/" + name, report)) {
    const std::string id = absl::StrCat(name, " #", ++index);
    const std::string value =
        absl::StrJoin(test["contentType"].get<std::vector<std::string>>(), ", ");
    const std::optional<MediaType> media_type = ExtractMediaType(value);
    if (test.contains("mimeType")) {
      report.CheckEqual(id, JsonString(test, "mimeType", kNone), Serialized(media_type));
    }
    if (test.contains("executes")) {
      report.Check(id + " executes",
                   test["executes"] == (media_type && media_type->IsJavaScript()));
      if (!media_type || !media_type->IsJavaScript()) continue;
    }
    report.CheckEqual(id + " encoding", JsonString(test, "encoding", kNone),
                      EncodingOf(media_type));
  }
}

// The table was made for a body of 42 bytes: 42 stands for a length that is not looked at.
constexpr uint64_t kBodyBytes = 42;

void RunContentLengths(const std::string& data_dir, Report& report) {
  int index = 0;
  for (const nlohmann::json& test : ReadJson(data_dir + "/http/content-lengths.json", report)) {
    const std::string id = absl::StrCat("content-lengths.json #", ++index);
    std::vector<std::string> values;
    for (const absl::string_view line : absl::StrSplit(JsonString(test, "input"), "\r\n")) {
      values.emplace_back(line.substr(line.find(':') + 1));
    }
    const ContentLength length = ParseContentLength(absl::StrJoin(values, ","));
    std::string actual = absl::StrCat(kBodyBytes);
    if (length.outcome == ContentLength::Outcome::kConflicting) actual = kNone;
    if (length.outcome == ContentLength::Outcome::kKnown) actual = absl::StrCat(length.bytes);
    const std::string expected =
        test["output"].is_null() ? kNone : absl::StrCat(test["output"].get<uint64_t>());
    report.CheckEqual(id, expected, actual);
  }
}

}  // namespace

void RunMimeSuite(const std::string& data_dir, Report& report) {
  RunMediaTypes(data_dir, "mime-types.json", report);
  RunMediaTypes(data_dir, "generated-mime-types.json", report);
  RunMinimized(data_dir, report);
  RunGroups(data_dir, report);
}

void RunHttpFieldsSuite(const std::string& data_dir, Report& report) {
  RunContentTypes(data_dir, "content-types.json", report);
  RunContentTypes(data_dir, "script-content-types.json", report);
  RunContentLengths(data_dir, report);
}

}  // namespace spindle
