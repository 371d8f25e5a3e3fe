#include "shard/clock_groups.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "parsers/host.h"

namespace spindle {
namespace {

constexpr absl::string_view kWildcard = "*.";

absl::StatusOr<std::string> ParsePattern(absl::string_view text) {
  absl::string_view name = text;
  const bool below = absl::ConsumePrefix(&name, kWildcard);
  if (name.empty()) return absl::InvalidArgumentError("a pattern is empty");
  std::string pattern(below ? kWildcard : "");
  const size_t begin = pattern.size();
  const HostKind kind = AppendHost(name, /*is_special=*/true, &pattern);
  const bool is_name = kind == HostKind::kDomain &&
                       VerifyDnsLength(absl::string_view(pattern).substr(begin)) &&
                       !absl::StrContains(name, "*");
  const bool is_address = kind == HostKind::kIpv4 || kind == HostKind::kIpv6;
  if (is_name || (is_address && !below)) return pattern;
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is neither a host nor \"*.\" and a domain"));
}

bool IsGroupName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

}  // namespace

absl::StatusOr<ClockKind> ParseClockKind(absl::string_view text) {
  if (text == "host") return ClockKind::kHost;
  if (text == "domain") return ClockKind::kDomain;
  if (text == "ip") return ClockKind::kIp;
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is not \"host\", \"domain\" or \"ip\""));
}

absl::StatusOr<ClockGroup> ParseClockGroup(absl::string_view text) {
  const auto invalid = [text](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not NAME:PATTERN,PATTERN,...: ", why));
  };
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos) return invalid("it has no ':'");
  ClockGroup group;
  group.name = std::string(text.substr(0, colon));
  if (!IsGroupName(group.name)) return invalid("the name is not of letters, digits, '-' and '_'");
  for (const absl::string_view part : absl::StrSplit(text.substr(colon + 1), ',')) {
    absl::StatusOr<std::string> pattern = ParsePattern(absl::StripAsciiWhitespace(part));
    if (!pattern.ok()) return invalid(pattern.status().message());
    group.patterns.push_back(*std::move(pattern));
  }
  return group;
}

absl::StatusOr<ClockGroups> ClockGroups::Create(ClockKind kind,
                                                const std::vector<ClockGroup>& groups) {
  ClockGroups made;
  made.kind_ = kind;
  for (const ClockGroup& group : groups) {
    for (absl::string_view pattern : group.patterns) {
      const absl::string_view written = pattern;
      auto& table =
          absl::ConsumePrefix(&pattern, kWildcard) ? made.group_below_ : made.group_of_host_;
      const auto place = table.emplace(pattern, group.name).first;
      if (place->second == group.name) continue;
      return absl::InvalidArgumentError(absl::StrCat("'", written, "' is in the clock groups '",
                                                     place->second, "' and '", group.name, "'"));
    }
  }
  return made;
}

ClockGroups::HostClock ClockGroups::ClockOf(absl::string_view host,
                                            absl::string_view domain) const {
  const absl::string_view name = absl::StripSuffix(host, ".");
  if (const auto found = group_of_host_.find(name); found != group_of_host_.end()) {
    return {ClockKind::kGroup, found->second};
  }
  if (!group_below_.empty()) {
    for (size_t dot = name.find('.'); dot != absl::string_view::npos;
         dot = name.find('.', dot + 1)) {
      const auto found = group_below_.find(name.substr(dot + 1));
      if (found != group_below_.end()) return {ClockKind::kGroup, found->second};
    }
  }
  if (kind_ == ClockKind::kDomain) return {kind_, domain};
  return {kind_, ""};
}

std::string ClockKey(const ClockGroups::HostClock& clock) {
  return absl::StrCat(clock.kind == ClockKind::kGroup ? "group:" : "domain:", clock.name);
}

}  // namespace spindle
