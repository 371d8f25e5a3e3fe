#include "shard/host_robots.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shard/politeness.h"

namespace spindle {
namespace {

constexpr size_t kMaxDetailBytes = 500;

// Of another host's file, which this one's redirects to: what is wrong there is not this host's.
bool IsElsewhere(const RobotsAnswer& answer, const HostRecord& host) {
  return !answer.url.empty() && !absl::StartsWith(answer.url, absl::StrCat(host.origin, "/"));
}

}  // namespace

bool IsUnreachable(const RobotsAnswer& answer) {
  const RobotsOutcome outcome = OutcomeForStatus(answer.http_status);
  return answer.reason != Reason::kNone || outcome == RobotsOutcome::kUnreachable ||
         outcome == RobotsOutcome::kUnchanged;
}

absl::StatusOr<const RobotsTxt*> HostRobots::RulesOf(const LiveHost& host) {
  if (host.record.robots != RobotsPolicy::kRules) return nullptr;
  if (const RobotsTxt* rules = rules_->Get(host.key().host)) return rules;
  const absl::StatusOr<std::optional<RobotsRecord>> stored = store_->reader().GetRobots(host.key());
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) {
    return absl::DataLossError(
        absl::StrCat("the robots.txt of ", host.record.origin, " is missing"));
  }
  const std::string& body = (*stored)->body;
  return rules_->Put(host.key().host, RobotsTxt::Parse(body, options_.product_token), body.size());
}

absl::Status HostRobots::Set(LiveHost* host, const RobotsAnswer& answer, absl::Time now,
                             Commit* commit) {
  RobotsRecord record;
  record.http_status = answer.http_status;
  record.reason = answer.reason;
  record.fetched = now;
  if (IsUnreachable(answer)) {
    record.outcome = RobotsPolicy::kDisallowAll;
    record.expires = now;
    record.body = answer.detail.substr(0, kMaxDetailBytes);
    absl::Status status = SetUnreachable(host, answer, now, &record);
    if (!status.ok()) return status;
  } else {
    record.expires = now + options_.politeness.robots_ttl;
    SetRules(host, answer, now, &record);
  }
  host->record.robots = record.outcome;
  host->record.robots_expire = record.expires;
  commit->PutRobots(host->key(), record);
  return absl::OkStatus();
}

// Behind a redirect the host itself answered, so its own back-off does not grow: these tries have
// their own.
absl::Status HostRobots::SetUnreachable(LiveHost* host, const RobotsAnswer& answer, absl::Time now,
                                        RobotsRecord* record) {
  const absl::StatusOr<std::optional<RobotsRecord>> before =
      store_->reader().GetRobots(host->key());
  if (!before.ok()) return before.status();
  record->tries = (before->has_value() ? (*before)->tries : 0) + 1;
  host->record.next_fetch =
      std::max(host->record.next_fetch, now + BackoffAfter(options_.politeness, record->tries));
  const bool give_up =
      answer.reason == Reason::kAddressRefused || record->tries >= options_.politeness.max_tries;
  if (!give_up || (host->parked() && !host->over_budget())) return absl::OkStatus();
  const bool answered = answer.http_status != 0 || answer.reason == Reason::kNone ||
                        IsElsewhere(answer, host->record);
  hosts_->Park(host, answered ? Reason::kRobotsUnreachable : answer.reason, now);
  record->tries = 0;
  return absl::OkStatus();
}

void HostRobots::SetRules(LiveHost* host, const RobotsAnswer& answer, absl::Time now,
                          RobotsRecord* record) {
  host->record.revivals = 0;
  host->record.crawl_delay = absl::ZeroDuration();
  record->outcome = RobotsPolicy::kAllowAll;
  if (OutcomeForStatus(answer.http_status) == RobotsOutcome::kParse) {
    record->outcome = RobotsPolicy::kRules;
    record->body = answer.body;
    const RobotsTxt* rules =
        rules_->Put(host->key().host, RobotsTxt::Parse(answer.body, options_.product_token),
                    answer.body.size());
    host->record.crawl_delay = rules->crawl_delay().value_or(absl::ZeroDuration());
  }
  // The request that told us of a Crawl-delay is the first that it counts from.
  const absl::Time next = now + HostDelay(options_.politeness, host->record);
  host->record.next_fetch = std::max(host->record.next_fetch, next);
  if (host->record.crawl_delay > absl::ZeroDuration()) hosts_->clocks().Hold(host->record, next);
}

}  // namespace spindle
