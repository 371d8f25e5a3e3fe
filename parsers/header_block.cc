#include "parsers/header_block.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

namespace spindle {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// Takes a line and those that continue it off the front of `*rest`.
absl::string_view TakeFieldLine(absl::string_view* rest) {
  size_t end = 0;
  do {
    const size_t newline = rest->find('\n', end);
    end = newline == absl::string_view::npos ? rest->size() : newline + 1;
  } while (end < rest->size() && IsBlank((*rest)[end]));
  const absl::string_view line = rest->substr(0, end);
  rest->remove_prefix(end);
  return line;
}

}  // namespace

void HeaderBlock::ForEach(
    absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const {
  absl::string_view rest = bytes_;
  while (!rest.empty()) {
    const absl::string_view line = TakeFieldLine(&rest);
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos || absl::StartsWith(line, "HTTP/")) continue;
    const absl::string_view name = absl::StripAsciiWhitespace(line.substr(0, colon));
    if (name.empty()) continue;
    if (!visit(name, absl::StripAsciiWhitespace(line.substr(colon + 1)))) return;
  }
}

std::optional<absl::string_view> HeaderBlock::Get(absl::string_view name) const {
  std::optional<absl::string_view> found;
  ForEach([&](absl::string_view field, absl::string_view value) {
    if (absl::EqualsIgnoreCase(field, name)) found = value;
    return !found.has_value();
  });
  return found;
}

std::vector<absl::string_view> HeaderBlock::GetAll(absl::string_view name) const {
  std::vector<absl::string_view> values;
  ForEach([&](absl::string_view field, absl::string_view value) {
    if (absl::EqualsIgnoreCase(field, name)) values.push_back(value);
    return true;
  });
  return values;
}

std::string HeaderBlock::GetCombined(absl::string_view name) const {
  return absl::StrJoin(GetAll(name), ", ");
}

}  // namespace spindle
