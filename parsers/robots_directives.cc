#include "parsers/robots_directives.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace spindle {
namespace {

struct Name {
  absl::string_view name;
  uint32_t directives;
};

constexpr Name kNames[] = {
    {"noindex", kRobotsNoindex},
    {"nofollow", kRobotsNofollow},
    {"none", kRobotsNoindex | kRobotsNofollow},
    {"noarchive", kRobotsNoarchive},
    {"nocache", kRobotsNoarchive},
    {"nosnippet", kRobotsNosnippet},
    {"noimageindex", kRobotsNoimageindex},
    {"notranslate", kRobotsNotranslate},
    {"indexifembedded", kRobotsIndexifembedded},
    {"noai", kRobotsNoai},
    {"noimageai", kRobotsNoimageai},
};

bool IsSeparator(char c) { return c == ',' || c == ';' || absl::ascii_isspace(c); }

}  // namespace

uint32_t ParseRobotsDirectives(absl::string_view content) {
  uint32_t directives = 0;
  size_t at = 0;
  while (at < content.size()) {
    // Spaces and semicolons separate as well: pages write "noindex nofollow" and mean it.
    while (at < content.size() && IsSeparator(content[at])) ++at;
    const size_t start = at;
    while (at < content.size() && !IsSeparator(content[at])) ++at;
    const absl::string_view word = content.substr(start, at - start);
    for (const Name& name : kNames) {
      if (absl::EqualsIgnoreCase(word, name.name)) directives |= name.directives;
    }
  }
  return directives;
}

}  // namespace spindle
