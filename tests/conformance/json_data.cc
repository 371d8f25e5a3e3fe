#include "tests/conformance/json_data.h"

#include <cctype>

namespace spindle {
namespace {

// The code unit of a "\uXXXX" at `at`, or -1.
int UnicodeEscapeAt(const std::string& text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  for (size_t i = at + 2; i < at + 6; ++i) {
    if (!std::isxdigit(static_cast<unsigned char>(text[i]))) return -1;
  }
  return std::stoi(text.substr(at + 2, 4), nullptr, 16);
}

bool IsLead(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsTrail(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

std::string WithoutLoneSurrogates(std::string text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') continue;
    const int unit = UnicodeEscapeAt(text, at);
    if (IsLead(unit) && IsTrail(UnicodeEscapeAt(text, at + 6))) {
      at += 11;
    } else if (IsLead(unit) || IsTrail(unit)) {
      text.replace(at, 6, "\\uFFFD");
      at += 5;
    } else {
      ++at;
    }
  }
  return text;
}

}  // namespace

nlohmann::json ReadJson(const std::string& path, Report& report) {
  const std::string text = ReadData(path, report);
  if (text.empty()) return nullptr;
  nlohmann::json json = nlohmann::json::parse(WithoutLoneSurrogates(text), nullptr,
                                              /*allow_exceptions=*/false, /*ignore_comments=*/true);
  if (!json.is_discarded()) return json;
  report.Broken(path, "is not JSON");
  return nullptr;
}

std::string JsonString(const nlohmann::json& object, const char* key, const char* absent) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : absent;
}

}  // namespace spindle
