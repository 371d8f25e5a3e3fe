// url/crawler-commons-normalizer: URLs with what the normaliser of crawler-commons makes of them,
// which is close to the default rules of DedupKey().

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "parsers/dedup_key.h"
#include "parsers/url.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

// The two fields of a line of CSV whose commas are quoted or percent-encoded.
std::vector<std::string> Fields(absl::string_view line) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back().push_back(line[++i]);
    } else if (line[i] == '"' && (is_quoted || absl::StripAsciiWhitespace(fields.back()).empty())) {
      is_quoted = !is_quoted;
    } else if (line[i] == ',' && !is_quoted) {
      fields.emplace_back();
    } else {
      fields.back().push_back(line[i]);
    }
  }
  for (std::string& field : fields) absl::StripAsciiWhitespace(&field);
  return fields;
}

std::string KeyOf(const std::string& input) {
  const std::optional<Url> url = Url::Parse(input);
  return url.has_value() ? DedupKey(*url) : "failure";
}

struct Disagreement {
  const char* id;
  const char* reason;
};

constexpr char kNoHost[] = "the URL Standard refuses a URL without a host";
constexpr char kFileSlashes[] = "the URL Standard writes file: URLs with three slashes";

constexpr Disagreement kDisagreements[] = {
    {"line 136 ftp:/", kNoHost},
    {"line 138 http:////", kNoHost},
    {"line 139 http:///////", kNoHost},
    {"line 176 foo.com/index.html", "a text without a scheme is a relative reference, not a URL"},
    {"line 179 file:/path/index.html", kFileSlashes},
    {"line 185 file:/var/www/html/////./bar/index.html", kFileSlashes},
    {"line 186 file:/var/www/html/foo/../bar/index.html", kFileSlashes},
};

template <typename Visit>
void ForEachLine(const std::string& path, Report& report, Visit visit) {
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(ReadData(path, report), '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty() || absl::StartsWith(line, "#")) continue;
    visit(number, line);
  }
}

}  // namespace

void RunDedupKeySuite(const std::string& data_dir, Report& report) {
  for (const Disagreement& known : kDisagreements) report.ExpectFailure(known.id, known.reason);
  const std::string dir = data_dir + "/url/crawler-commons-normalizer/";
  ForEachLine(dir + "weirdToNormalizedUrls.csv", report, [&](int number, absl::string_view line) {
    const std::vector<std::string> fields = Fields(line);
    if (fields.size() != 2) return report.Broken("weirdToNormalizedUrls.csv", line);
    report.CheckEqual(absl::StrCat("line ", number, " ", Printable(fields[0])), fields[1],
                      KeyOf(fields[0]));
  });
  ForEachLine(dir + "invalidUrls.csv", report, [&](int number, absl::string_view line) {
    const std::string input(absl::StripAsciiWhitespace(line));
    report.CheckEqual(absl::StrCat("invalid line ", number, " ", Printable(input)), "failure",
                      KeyOf(input));
  });
}

}  // namespace spindle
