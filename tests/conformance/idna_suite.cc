// url/toascii.json and IdnaTestV2.json: domains and what "domain to ASCII" makes of them, null for
// a failure.

#include <unicode/utf8.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "parsers/host.h"
#include "tests/conformance/json_data.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

// Code points that Unicode 15.1 and later map, ignore or assign and that ICU 72, which has the
// tables of 15.0, refuses or maps otherwise.
constexpr struct {
  UChar32 first;
  UChar32 last;
} kNewerThanIcu[] = {
    {0x04C0, 0x04C0},   {0x10A0, 0x10C5},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
    {0x180E, 0x180E},   {0x1E9E, 0x1E9E},   {0x2061, 0x2063},   {0x206A, 0x206F},
    {0x2132, 0x2132},   {0x2183, 0x2183},   {0x3164, 0x3164},   {0xFFA0, 0xFFA0},
    {0x1D173, 0x1D17A}, {0x2F868, 0x2F868}, {0x32931, 0x32931}, {0x32B9A, 0x32B9A},
};

bool NeedsNewerUnicode(const std::string& utf8) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
  const int32_t size = static_cast<int32_t>(utf8.size());
  for (int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    for (const auto& range : kNewerThanIcu) {
      if (c >= range.first && c <= range.last) return true;
    }
  }
  return false;
}

std::string HostOf(const std::string& domain) {
  std::string host;
  return AppendHost(domain, /*is_special=*/true, &host) == HostKind::kNone ? "failure" : host;
}

void RunTable(const std::string& data_dir, const std::string& name, Report& report) {
  int index = 0;
  for (const nlohmann::json& test : ReadJson(absl::StrCat(data_dir, "/url/", name), report)) {
    ++index;
    if (!test.is_object() || !test.contains("output")) continue;
    const std::string input = JsonString(test, "input");
    if (input.empty()) continue;  // The URL parser gives no empty host to the host parser.
    const std::string id = absl::StrCat(name, " #", index, " ", Printable(input, 80));
    const std::string expected = JsonString(test, "output", "failure");
    if (expected != "failure" && NeedsNewerUnicode(input)) {
      report.ExpectFailure(id, "has a letter that Unicode maps anew since ICU 72");
    }
    report.CheckEqual(id, expected, HostOf(input));
  }
}

}  // namespace

void RunIdnaSuite(const std::string& data_dir, Report& report) {
  RunTable(data_dir, "toascii.json", report);
  RunTable(data_dir, "IdnaTestV2.json", report);
}

}  // namespace spindle
