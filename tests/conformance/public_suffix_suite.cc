// psl/test_psl.tsv: host, tab, registrable domain or null.

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "parsers/public_suffix.h"
#include "parsers/url.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

// In the spelling of Url::host(), as the table has names in Unicode and in capitals.
std::string Canonical(absl::string_view host) {
  const std::optional<Url> url = Url::Parse(absl::StrCat("http://", host, "/"));
  return url.has_value() ? std::string(url->host()) : "";
}

// A name without a registrable domain answers for itself.
std::string Registrable(const std::string& host) {
  const absl::string_view domain = PublicSuffixList::Builtin().RegistrableDomain(host);
  const bool has_none = domain[0] == '.' || domain.find('.') == absl::string_view::npos ||
                        PublicSuffixList::Builtin().IsPublicSuffix(domain);
  return has_none ? "null" : std::string(domain);
}

}  // namespace

void RunPublicSuffixSuite(const std::string& data_dir, Report& report) {
  for (const absl::string_view line :
       absl::StrSplit(ReadData(data_dir + "/psl/test_psl.tsv", report), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() != 2) {
      report.Broken("psl/test_psl.tsv", line);
      continue;
    }
    const std::string expected = fields[1] == "null" ? "null" : Canonical(fields[1]);
    const std::string host = Canonical(fields[0]);
    report.CheckEqual(fields[0], expected, Registrable(host));
  }
}

}  // namespace spindle
