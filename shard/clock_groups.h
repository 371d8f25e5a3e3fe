#ifndef SPINDLE_SHARD_CLOCK_GROUPS_H_
#define SPINDLE_SHARD_CLOCK_GROUPS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Which hosts share a clock, so that requests to any of them are a delay apart: by default each
// host has its own; or all hosts of a registrable domain, or of an IP address, share one; and the
// operator may name groups, for farms that look like many hosts and are one machine park. The
// clocks themselves: a host's is in its record, all others are in shard/request_clocks.h.

namespace spindle {

enum class ClockKind {
  kHost,
  kDomain,
  kIp,
  kGroup,  // an operator's; not to be asked for as the kind of all hosts
};

// "host", "domain" or "ip", as after --clock. InvalidArgument names what is wrong.
absl::StatusOr<ClockKind> ParseClockKind(absl::string_view text);

// Hosts that share a clock. A pattern is a host, "example.org", or all hosts below a name,
// "*.example.org" (example.org itself is not among them).
struct ClockGroup {
  std::string name;
  std::vector<std::string> patterns;  // canonical: lower case, ASCII
};

// NAME:PATTERN,PATTERN,... as after --clock_group: "blogs:*.blogspot.com,*.wordpress.com". The name
// is of letters, digits, '-' and '_'. InvalidArgument names the value and what is wrong with it.
absl::StatusOr<ClockGroup> ParseClockGroup(absl::string_view text);

// Immutable.
//
//   const ClockGroups::HostClock clock = groups.ClockOf("www.example.org", "example.org");
//   if (clock.kind == ClockKind::kIp) ...         // key: the address, once it is resolved
//   const std::string key = ClockKey(clock);      // kDomain, kGroup: "domain:example.org"
class ClockGroups {
 public:
  // Which clock a host goes by. Views of the host's domain or of the group's name: they live as
  // long as these.
  struct HostClock {
    ClockKind kind = ClockKind::kHost;
    absl::string_view name;  // kDomain: the domain; kGroup: the group; else empty
  };

  // Each host by itself.
  ClockGroups() = default;

  // `kind` is that of hosts of no group. Groups of one name are one group. InvalidArgument: a
  // pattern is in two groups.
  static absl::StatusOr<ClockGroups> Create(ClockKind kind, const std::vector<ClockGroup>& groups);

  // Whether any hosts share a clock.
  bool any_shared() const {
    return kind_ != ClockKind::kHost || !group_of_host_.empty() || !group_below_.empty();
  }

  // That of hosts of no group.
  ClockKind kind() const { return kind_; }

  // `host` is spelt as Url::host() spells it and `domain` is its registrable domain. The pattern
  // with the most labels decides; an exact one before all others.
  HostClock ClockOf(absl::string_view host, absl::string_view domain) const;

 private:
  ClockKind kind_ = ClockKind::kHost;
  absl::flat_hash_map<std::string, std::string> group_of_host_;
  absl::flat_hash_map<std::string, std::string> group_below_;  // by the name behind "*."
};

// One text for a clock of a domain or group, "group:blogs"; those of different kinds differ.
// REQUIRES: clock.kind is kDomain or kGroup.
std::string ClockKey(const ClockGroups::HostClock& clock);

}  // namespace spindle

#endif  // SPINDLE_SHARD_CLOCK_GROUPS_H_
