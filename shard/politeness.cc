#include "shard/politeness.h"

#include <algorithm>
#include <limits>

namespace spindle {
namespace {

// Temporary by RFC 9110 15.5.9, 15.5.20 (421), RFC 8470 5.2 (425), RFC 6585 4 (429) and 15.6.
bool IsTemporary(int status) {
  return status == 408 || status == 421 || status == 425 || status == 429 ||
         (status >= 500 && status != 501 && status != 505);
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool HasPage(int status) { return status >= 200 && status < 300; }

Verdict JudgeStatus(int status) {
  if (HasPage(status)) return {UrlState::kFetched};
  if (IsRedirect(status)) return {UrlState::kRedirected};
  if (status == 404 || status == 410) return {UrlState::kGone, Reason::kHttpStatus};
  return {IsTemporary(status) ? UrlState::kQueued : UrlState::kFailed, Reason::kHttpStatus,
          status == 429 || status >= 500};
}

Verdict JudgeTransport(int status, Reason reason) {
  const bool host_failed = status == 0;
  switch (reason) {
    case Reason::kAddressRefused:
    case Reason::kMediaType:
      return {UrlState::kExcluded, reason};
    case Reason::kTooLarge:
      return {UrlState::kFailed, reason, host_failed};
    case Reason::kTls:
    case Reason::kProtocol:
      // Another try would find the same certificate, the same garbage.
      return {HasPage(status) ? UrlState::kFetched : UrlState::kFailed, reason, host_failed};
    default:
      return {UrlState::kQueued, reason, host_failed};
  }
}

// Whether what a host is parked for may be over after a while.
bool CanMend(Reason reason) {
  switch (reason) {
    case Reason::kHostBudget:
    case Reason::kDomainBudget:
    case Reason::kAddressRefused:
    case Reason::kOutOfScope:
      return false;
    default:
      return true;
  }
}

}  // namespace

absl::Duration BackoffAfter(const PolitenessOptions& options, uint32_t failures) {
  absl::Duration backoff = options.min_backoff;
  for (uint32_t i = 1; i < failures && backoff < options.max_backoff; ++i) backoff *= 2;
  return std::min(backoff, options.max_backoff);
}

absl::Duration HostDelay(const PolitenessOptions& options, const HostRecord& host) {
  absl::Duration delay = options.per_host_delay;
  if (delay > absl::ZeroDuration()) {
    delay = std::max(
        delay, std::min(options.latency_factor * host.last_latency, options.max_adaptive_delay));
  }
  return std::max(delay, std::min(host.crawl_delay, options.max_crawl_delay));
}

absl::Time PauseEnd(const PolitenessOptions& options, const HostObservation& seen) {
  return seen.now +
         std::min(seen.retry_after.value_or(absl::ZeroDuration()), options.max_retry_after);
}

void Observe(const PolitenessOptions& options, const HostObservation& seen, HostRecord* host) {
  if (seen.answered) host->last_latency = seen.latency;
  if (!seen.failed) {
    host->failures = 0;
  } else if (!seen.failed_together) {
    ++host->failures;
  }
  absl::Duration wait = HostDelay(options, *host);
  if (seen.failed) wait = std::max(wait, BackoffAfter(options, host->failures));
  wait *= 1 + options.max_jitter * seen.jitter;
  absl::Time next = seen.request_seen + wait;
  if (seen.retry_after.has_value()) next = std::max(next, PauseEnd(options, seen));
  host->next_fetch = std::max(host->next_fetch, next);
  if (host->failures >= options.max_host_failures) {
    host->state = HostState::kParked;
    host->reason = Reason::kHostDead;
  }
}

absl::Duration RevivalDelay(const PolitenessOptions& options, Reason reason, uint8_t revivals) {
  if (!CanMend(reason) || options.revive_after <= absl::ZeroDuration()) {
    return absl::InfiniteDuration();
  }
  absl::Duration wait = options.revive_after;
  if (reason == Reason::kDnsServer) wait = std::min(wait, options.revive_name_after);
  for (int i = 0; i < revivals && wait < options.max_revive_after; ++i) {
    wait *= std::max(options.revive_factor, 1.0);
  }
  return std::min(wait, options.max_revive_after);
}

void ReviveHost(const PolitenessOptions& options, HostRecord* host) {
  const bool failed = CanMend(host->reason);
  host->state = HostState::kLive;
  host->reason = Reason::kNone;
  if (!failed) return;
  host->failures = std::max(options.max_host_failures, 1u) - 1;
  if (host->revivals < std::numeric_limits<uint8_t>::max()) ++host->revivals;
}

void HoldAfterRestart(const PolitenessOptions& options, absl::Time now, HostRecord* host) {
  host->next_fetch = std::max(host->next_fetch, now + HostDelay(options, *host));
  if (host->state == HostState::kParked) {
    host->state = HostState::kLive;
    host->reason = Reason::kNone;
    host->failures = 0;
  }
}

Verdict Judge(const PolitenessOptions& options, int http_status, Reason reason, uint8_t failures) {
  Verdict verdict =
      reason == Reason::kNone ? JudgeStatus(http_status) : JudgeTransport(http_status, reason);
  if (verdict.state == UrlState::kQueued && failures + 1 >= options.max_tries) {
    // What came of a page that never comes whole is better than nothing.
    verdict.state = HasPage(http_status) ? UrlState::kFetched : UrlState::kFailed;
  }
  return verdict;
}

}  // namespace spindle
