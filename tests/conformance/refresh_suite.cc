// links/meta_refresh.json: contents of <meta http-equiv=refresh> with seconds and URL.

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "parsers/response_headers.h"
#include "parsers/url.h"
#include "tests/conformance/json_data.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

// "__filename__" stands for the page itself.
std::string Described(absl::string_view url_text, int64_t seconds) {
  const std::optional<Url> page = Url::Parse("https://example.com/dir/__filename__");
  const std::optional<Url> url = Url::Parse(url_text, &*page);
  return absl::StrCat(seconds, " ", url.has_value() ? url->href() : "failure");
}

std::string Expected(const nlohmann::json& expected) {
  if (expected.size() != 2) return "none";
  return Described(expected[1].get<std::string>(), expected[0].get<int64_t>());
}

std::string Actual(const std::string& content) {
  const std::optional<Refresh> refresh = ParseRefresh(content);
  if (!refresh.has_value()) return "none";
  return Described(refresh->url, absl::ToInt64Seconds(refresh->delay));
}

}  // namespace

void RunRefreshSuite(const std::string& data_dir, Report& report) {
  for (const nlohmann::json& test : ReadJson(data_dir + "/links/meta_refresh.json", report)) {
    const std::string input = JsonString(test, "input");
    report.CheckEqual(Printable(input), Expected(test["expected"]), Actual(input));
  }
}

}  // namespace spindle
