// url/urltestdata.json and its sisters: inputs with bases and the parts of the parsed URL, or
// "failure".

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "parsers/url.h"
#include "tests/conformance/json_data.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

// The attributes of the URL class (section 6.1) of `url`, in one line.
std::string Parts(const Url& url) {
  const std::string port = url.port().has_value() ? absl::StrCat(*url.port()) : "";
  return absl::StrCat("href=", url.href(), " protocol=", url.scheme(),
                      ": username=", url.username(), " password=", url.password(),
                      " hostname=", url.host(), " port=", port, " pathname=", url.path(),
                      " search=", url.query().empty() ? "" : "?", url.query(),
                      " hash=", url.fragment().empty() ? "" : "#", url.fragment());
}

std::string ExpectedParts(const nlohmann::json& test) {
  return absl::StrCat(
      "href=", JsonString(test, "href"), " protocol=", JsonString(test, "protocol"),
      " username=", JsonString(test, "username"), " password=", JsonString(test, "password"),
      " hostname=", JsonString(test, "hostname"), " port=", JsonString(test, "port"),
      " pathname=", JsonString(test, "pathname"), " search=", JsonString(test, "search"),
      " hash=", JsonString(test, "hash"));
}

std::string Result(const nlohmann::json& test) {
  const std::string base_text = JsonString(test, "base");
  std::optional<Url> base;
  if (!base_text.empty()) {
    base = Url::Parse(base_text);
    if (!base.has_value()) return "failure";
  }
  const std::optional<Url> url =
      Url::Parse(JsonString(test, "input"), base.has_value() ? &*base : nullptr);
  return url.has_value() ? Parts(*url) : "failure";
}

void RunTable(const std::string& dir, const std::string& name, Report& report) {
  int index = 0;
  for (const nlohmann::json& test : ReadJson(dir + name, report)) {
    ++index;
    if (!test.is_object() || !test.contains("input")) continue;
    const std::string id =
        absl::StrCat(name, " #", index, " ", Printable(JsonString(test, "input"), 80), " | ",
                     Printable(JsonString(test, "base"), 80));
    const bool fails = test.contains("failure") && test["failure"].get<bool>();
    report.CheckEqual(id, fails ? "failure" : ExpectedParts(test), Result(test));
  }
}

// percent-encoding.json: what stands in a query and in a fragment for `input`. The other encodings
// of the table belong to the writer of the query's bytes.
void RunPercentEncoding(const std::string& path, Report& report) {
  for (const nlohmann::json& test : ReadJson(path, report)) {
    if (!test.is_object()) continue;
    const std::string input = JsonString(test, "input");
    const std::optional<Url> url = Url::Parse(absl::StrCat("https://h/?", input, "#", input));
    const std::string expected = JsonString(test["output"], "utf-8");
    const std::string id = absl::StrCat("percent-encoding ", Printable(input));
    report.CheckEqual(
        id, absl::StrCat(expected, " ", expected),
        url.has_value() ? absl::StrCat(url->query(), " ", url->fragment()) : "failure");
  }
}

// verifydnslength_tests.json: URLs whose names DNS can carry, or not.
void RunDnsLength(const std::string& path, Report& report) {
  int index = 0;
  for (const nlohmann::json& test : ReadJson(path, report)) {
    ++index;
    if (!test.is_object()) continue;
    const std::string id = absl::StrCat("dns length #", index);
    const bool is_too_long = test.contains("failure") && test["failure"].get<bool>();
    report.Check(id, Url::ParseCrawlable(JsonString(test, "input")).has_value() != is_too_long);
  }
}

// url-resolve.csv: reference, base, result, some of them in quotes.
void RunResolve(const std::string& path, Report& report) {
  for (absl::string_view line : absl::StrSplit(ReadData(path, report), '\n', absl::SkipEmpty())) {
    if (line[0] == '#') continue;
    std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(", ", 2));
    if (fields.size() != 3) {
      report.Broken(path, line);
      continue;
    }
    for (std::string& field : fields) field = absl::StrReplaceAll(field, {{"\"", ""}});
    const std::optional<Url> base = Url::Parse(fields[1]);
    const std::optional<Url> url = Url::Parse(fields[0], base.has_value() ? &*base : nullptr);
    report.CheckEqual(absl::StrCat("resolve ", fields[0], " | ", fields[1]), fields[2],
                      url.has_value() ? url->href() : "failure");
  }
}

}  // namespace

void RunUrlSuite(const std::string& data_dir, Report& report) {
  const std::string dir = data_dir + "/url/";
  for (const char* name :
       {"urltestdata.json", "ada_extra_urltestdata.json", "ada_long_urltestdata.json"}) {
    RunTable(dir, name, report);
  }
  RunPercentEncoding(dir + "percent-encoding.json", report);
  RunDnsLength(dir + "verifydnslength_tests.json", report);
  RunResolve(dir + "url-resolve.csv", report);
}

}  // namespace spindle
