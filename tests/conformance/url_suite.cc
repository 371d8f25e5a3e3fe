// url/urltestdata.json and its sisters: inputs with bases and the parts of the parsed URL, or
// "failure".

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
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

void RunTable(const std::string& path, Report& report) {
  int index = 0;
  for (const nlohmann::json& test : ReadJson(path, report)) {
    ++index;
    if (!test.is_object() || !test.contains("input")) continue;
    const std::string id = absl::StrCat("#", index, " ", Printable(JsonString(test, "input"), 80),
                                        " | ", Printable(JsonString(test, "base"), 80));
    const bool fails = test.contains("failure") && test["failure"].get<bool>();
    report.CheckEqual(id, fails ? "failure" : ExpectedParts(test), Result(test));
  }
}

}  // namespace

void RunUrlSuite(const std::string& data_dir, Report& report) {
  RunTable(data_dir + "/url/urltestdata.json", report);
}

}  // namespace spindle
