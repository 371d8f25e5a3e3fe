#include "crawler/custom_headers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

constexpr size_t kMaxHeaderBytes = 4096;

struct Refused {
  absl::string_view name;
  absl::string_view why;
};

constexpr absl::string_view kOfConnection = "it belongs to the connection, not to a request";
constexpr absl::string_view kOfMessage = "it follows from the request itself";

constexpr Refused kRefused[] = {
    {"Authorization", "it must not go to every host; see --auth_file"},
    {"Connection", kOfConnection},
    {"Content-Length", kOfMessage},
    {"Cookie", "it must not go to every host; see --cookies"},
    {"Expect", kOfMessage},
    {"Host", kOfMessage},
    {"If-Modified-Since", kOfMessage},
    {"If-None-Match", kOfMessage},
    {"Keep-Alive", kOfConnection},
    {"Proxy-Authorization", "it must not go to every host; see --auth_file"},
    {"Proxy-Connection", kOfConnection},
    {"Range", "pages are stored whole"},
    {"TE", kOfConnection},
    {"Trailer", kOfConnection},
    {"Transfer-Encoding", kOfConnection},
    {"Upgrade", kOfConnection},
    {"User-Agent", "see --user_agent"},
};

// RFC 9110 5.6.2.
bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`|~", absl::string_view(&c, 1));
}

absl::string_view NameOf(absl::string_view field) { return field.substr(0, field.find(':')); }

}  // namespace

absl::StatusOr<std::string> ParseCustomHeader(absl::string_view text) {
  const auto refuse = [&](absl::string_view why) {
    std::string shown(text);
    for (char& c : shown) c = absl::ascii_iscntrl(c) ? '?' : c;
    return absl::InvalidArgumentError(absl::StrCat("\"", shown, "\": ", why));
  };
  const absl::string_view name = NameOf(text);
  if (name.size() == text.size()) return refuse("a header is written as \"Name: value\"");
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenCharacter)) {
    return refuse("a header's name is of letters, digits and \"-\"");
  }
  const absl::string_view value = absl::StripAsciiWhitespace(text.substr(name.size() + 1));
  const bool clean = std::none_of(value.begin(), value.end(),
                                  [](char c) { return absl::ascii_iscntrl(c) && c != '\t'; });
  if (!clean) return refuse("a header's value has no line breaks and control characters");
  if (value.empty()) return refuse("it has no value");
  if (text.size() > kMaxHeaderBytes) return refuse("it is too long");
  for (const Refused& refused : kRefused) {
    if (absl::EqualsIgnoreCase(name, refused.name)) return refuse(refused.why);
  }
  return absl::StrCat(name, ": ", value);
}

std::vector<std::string> MergeHeaders(absl::Span<const std::string> defaults,
                                      absl::Span<const std::string> custom) {
  std::vector<std::string> merged;
  for (const std::string& field : defaults) {
    const bool replaced = std::any_of(custom.begin(), custom.end(), [&](const std::string& other) {
      return absl::EqualsIgnoreCase(NameOf(other), NameOf(field));
    });
    if (!replaced) merged.push_back(field);
  }
  merged.insert(merged.end(), custom.begin(), custom.end());
  return merged;
}

}  // namespace spindle
