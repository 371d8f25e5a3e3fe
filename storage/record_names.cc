#include "storage/records.h"

// The names of stored enumerators, for people and exports.

namespace spindle {

absl::string_view Name(UrlState state) {
  switch (state) {
    case UrlState::kQueued:
      return "queued";
    case UrlState::kFetched:
      return "fetched";
    case UrlState::kUnchanged:
      return "unchanged";
    case UrlState::kRedirected:
      return "redirected";
    case UrlState::kGone:
      return "gone";
    case UrlState::kFailed:
      return "failed";
    case UrlState::kExcluded:
      return "excluded";
    case UrlState::kParked:
      return "parked";
  }
  return "unknown";
}

absl::string_view Name(HostState state) {
  switch (state) {
    case HostState::kLive:
      return "live";
    case HostState::kParked:
      return "parked";
  }
  return "unknown";
}

absl::string_view Name(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "none";
    case Reason::kHttpStatus:
      return "http-status";
    case Reason::kDns:
      return "dns";
    case Reason::kConnect:
      return "connect";
    case Reason::kTimeout:
      return "timeout";
    case Reason::kTls:
      return "tls";
    case Reason::kProtocol:
      return "protocol";
    case Reason::kTooLarge:
      return "too-large";
    case Reason::kAddressRefused:
      return "address-refused";
    case Reason::kRobotsDisallowed:
      return "robots-disallowed";
    case Reason::kRobotsUnreachable:
      return "robots-unreachable";
    case Reason::kRedirectLimit:
      return "redirect-limit";
    case Reason::kRedirectInvalid:
      return "redirect-invalid";
    case Reason::kDepth:
      return "depth";
    case Reason::kUrlTooLong:
      return "url-too-long";
    case Reason::kHostDead:
      return "host-dead";
    case Reason::kProcessor:
      return "processor";
    case Reason::kIdCollision:
      return "id-collision";
    case Reason::kRefused:
      return "refused";
    case Reason::kReset:
      return "reset";
    case Reason::kConnectTimeout:
      return "connect-timeout";
    case Reason::kFirstByteTimeout:
      return "first-byte-timeout";
    case Reason::kLowSpeed:
      return "low-speed";
    case Reason::kMediaType:
      return "media-type";
    case Reason::kDnsServer:
      return "dns-server";
    case Reason::kInterrupted:
      return "interrupted";
    case Reason::kTrapRepeat:
      return "trap-repeat";
    case Reason::kTrapDepth:
      return "trap-depth";
    case Reason::kTrapParameters:
      return "trap-parameters";
    case Reason::kTrapSession:
      return "trap-session";
    case Reason::kTrapTemplate:
      return "trap-template";
    case Reason::kHostBudget:
      return "host-budget";
    case Reason::kDepthBudget:
      return "depth-budget";
    case Reason::kDomainBudget:
      return "domain-budget";
    case Reason::kOutOfScope:
      return "out-of-scope";
    case Reason::kDuplicate:
      return "duplicate";
  }
  return "unknown";
}

absl::string_view Name(RobotsPolicy outcome) {
  switch (outcome) {
    case RobotsPolicy::kAllowAll:
      return "allow-all";
    case RobotsPolicy::kDisallowAll:
      return "disallow-all";
    case RobotsPolicy::kRules:
      return "rules";
  }
  return "unknown";
}

std::optional<UrlState> ParseUrlState(absl::string_view name) {
  for (int state = static_cast<int>(UrlState::kQueued);
       state <= static_cast<int>(UrlState::kParked); ++state) {
    if (Name(static_cast<UrlState>(state)) == name) return static_cast<UrlState>(state);
  }
  return std::nullopt;
}

}  // namespace spindle
