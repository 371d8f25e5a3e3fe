#include "tests/shard/frontier_model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace spindle {

absl::Duration FrontierModel::DelayOf(const Host& host) const {
  return std::max(
      {options_.per_host_delay,
       std::min(options_.latency_factor * host.memory.latency, options_.max_adaptive_delay),
       std::min(host.memory.crawl_delay, options_.max_crawl_delay)});
}

absl::Duration FrontierModel::Backoff(uint32_t failures) const {
  absl::Duration backoff = options_.min_backoff;
  for (uint32_t i = 1; i < failures; ++i) backoff = std::min(2 * backoff, options_.max_backoff);
  return backoff;
}

void FrontierModel::Error(HostIndex host, const std::string& what) {
  errors_.push_back(absl::StrCat("host ", host, ": ", what, "; it happened:\n  ",
                                 absl::StrJoin(hosts_[host].history, "\n  ")));
}

void FrontierModel::Note(HostIndex host, const std::string& what) {
  std::deque<std::string>& history = hosts_[host].history;
  const auto when = [](absl::Time time) {
    return absl::FormatTime("%d %H:%M:%E3S", time, absl::UTCTimeZone());
  };
  history.push_back(absl::StrCat(what, "; from then on not before ",
                                 when(hosts_[host].memory.not_before), ", ready by ",
                                 when(hosts_[host].ready_by)));
  if (history.size() > 12) history.pop_front();
}

bool FrontierModel::Allows(HostIndex host, const std::string& path) const {
  const auto& rules = hosts_[host].memory.rules;
  return rules == nullptr || rules->Allows(path);
}

bool FrontierModel::OnInsert(HostIndex host, const std::string& path, uint8_t priority, int depth) {
  const auto [it, is_new] = hosts_[host].urls.try_emplace(path);
  if (!is_new) return false;
  Url& url = it->second;
  url.priority = priority;
  url.age = ++age_;
  if (depth > max_depth_) {
    url.state = UrlState::kExcluded;
    url.reason = Reason::kDepth;
  }
  return true;
}

void FrontierModel::OnStart(HostIndex index, absl::Time now) {
  Host& host = hosts_[index];
  if (host.busy) Error(index, "two requests at once");
  if (now < host.memory.not_before) {
    Error(index,
          absl::StrCat("asked ", absl::FormatDuration(host.memory.not_before - now), " too early"));
  }
  host.busy = true;
  // Whatever becomes of this process, this much is known to hold.
  const absl::Time least =
      now + std::max(options_.per_host_delay,
                     std::min(host.memory.crawl_delay, options_.max_crawl_delay));
  host.memory.not_before = std::max(host.memory.not_before, least);
  host.committed.not_before = std::max(host.committed.not_before, least);
  host.ready_by = std::max(host.ready_by, now + DelayOf(host));
  Note(index, absl::StrCat("asked at ", absl::FormatTime(now, absl::UTCTimeZone())));
}

void FrontierModel::OnStartRobots(HostIndex asked, HostIndex robots_for, bool is_hop,
                                  absl::Time now) {
  OnStart(asked, now);
  Host& host = hosts_[robots_for];
  if (is_hop) return;
  if (host.robots_asked) Error(robots_for, "robots.txt asked for twice");
  if (host.memory.robots_until > now) Error(robots_for, "robots.txt asked for while it holds");
  host.robots_asked = true;
}

void FrontierModel::OnStartPage(HostIndex index, const std::string& path, absl::Time now) {
  OnStart(index, now);
  Host& host = hosts_[index];
  if (host.memory.parked) Error(index, "asked while parked");
  if (host.memory.robots_until <= now) Error(index, "page asked for before robots.txt");
  const auto it = host.urls.find(path);
  if (it == host.urls.end()) return Error(index, absl::StrCat("unknown ", path));
  Url& url = it->second;
  if (url.state != UrlState::kQueued) Error(index, absl::StrCat(path, " is not queued"));
  if (url.in_flight) Error(index, absl::StrCat(path, " is being fetched already"));
  if (!Allows(index, path)) Error(index, absl::StrCat(path, " is disallowed"));
  for (const auto& [other_path, other] : host.urls) {
    const bool waits = other.state == UrlState::kQueued && !other.in_flight &&
                       other.failures == 0 && Allows(index, other_path);
    // Tries again have times of their own.
    if (!waits || url.failures > 0) continue;
    if (std::pair(other.priority, other.age) < std::pair(url.priority, url.age)) {
      Error(index, absl::StrCat(path, " before ", other_path));
    }
  }
  url.in_flight = true;
}

bool FrontierModel::HasWork(const Host& host, HostIndex index) const {
  return std::any_of(host.urls.begin(), host.urls.end(), [&](const auto& entry) {
    const Url& url = entry.second;
    return url.state == UrlState::kQueued && !url.in_flight && url.failures == 0 &&
           Allows(index, entry.first);
  });
}

void FrontierModel::OnNothing(absl::Time now, absl::Time next) {
  if (next <= now) errors_.push_back("nothing to be had, though NextReadyTime() said so");
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const Host& host = hosts_[i];
    const auto index = static_cast<HostIndex>(i);
    if (host.busy || host.memory.parked || host.robots_asked || !HasWork(host, index)) continue;
    if (host.ready_by <= now) Error(index, "could be asked, and is not");
    if (host.ready_by < next) Error(index, "NextReadyTime() is later than its turn");
  }
}

void FrontierModel::OnRelease(HostIndex index, const HostObservation& seen) {
  Host& host = hosts_[index];
  host.busy = false;
  if (seen.answered) host.memory.latency = seen.latency;
  host.memory.failures = seen.failed ? host.memory.failures + 1 : 0;
  absl::Time next = seen.request_seen + DelayOf(host);
  if (seen.failed) next = std::max(next, seen.request_seen + Backoff(host.memory.failures));
  if (seen.retry_after.has_value()) {
    next = std::max(next, seen.now + std::min(*seen.retry_after, options_.max_retry_after));
  }
  host.memory.not_before = std::max(host.memory.not_before, next);
  host.ready_by = std::max(host.ready_by, next);
  if (host.memory.failures >= options_.max_host_failures) host.memory.parked = true;
  Note(index, absl::StrCat(seen.failed ? "failure " : "answer ", host.memory.failures, " after ",
                           absl::FormatDuration(seen.latency)));
}

void FrontierModel::OnComplete(HostIndex index, const std::string& path, Verdict verdict) {
  Url& url = hosts_[index].urls.at(path);
  url.in_flight = false;
  url.state = verdict.state;
  url.reason = verdict.reason;
  if (verdict.state == UrlState::kQueued) ++url.failures;
  if (verdict.state == UrlState::kFetched) url.failures = 0;
}

void FrontierModel::OnRobots(HostIndex index, int status, bool unreachable, const std::string& body,
                             absl::Time now) {
  Host& host = hosts_[index];
  host.robots_asked = false;
  absl::Time next;
  if (unreachable) {
    ++host.robots_tries;
    next = now + Backoff(host.robots_tries);
    if (host.robots_tries >= options_.max_tries) host.memory.parked = true;
  } else {
    host.robots_tries = 0;
    host.memory.robots_until = now + options_.robots_ttl;
    host.memory.rules = nullptr;
    host.memory.crawl_delay = absl::ZeroDuration();
    if (status == 200) {
      host.memory.rules = std::make_shared<RobotsTxt>(RobotsTxt::Parse(body, "spindle"));
      host.memory.crawl_delay = host.memory.rules->crawl_delay().value_or(absl::ZeroDuration());
    }
    next = now + DelayOf(host);
  }
  host.memory.not_before = std::max(host.memory.not_before, next);
  host.ready_by = std::max(host.ready_by, next);
  Note(index, absl::StrCat("robots.txt ", status, unreachable ? " unreachable" : "",
                           " with a delay of ", absl::FormatDuration(host.memory.crawl_delay)));
}

void FrontierModel::OnCommitted(HostIndex host) {
  Note(host, "committed");
  hosts_[host].committed = hosts_[host].memory;
}

void FrontierModel::OnExcluded(HostIndex host, const std::string& path) {
  if (Allows(host, path)) Error(host, absl::StrCat(path, " excluded, though allowed"));
  Url& url = hosts_[host].urls.at(path);
  url.state = UrlState::kExcluded;
  url.reason = Reason::kRobotsDisallowed;
}

void FrontierModel::OnRestart(absl::Time now) {
  for (Host& host : hosts_) {
    host.busy = false;
    host.robots_asked = false;
    host.robots_tries = 0;
    if (host.committed.parked) host.committed.failures = 0;
    host.committed.parked = false;
    host.memory = host.committed;
    host.ready_by = std::max(host.ready_by, now + DelayOf(host));
    for (auto& [path, url] : host.urls) url.in_flight = false;
    Note(static_cast<HostIndex>(&host - hosts_.data()), "restart");
  }
}

void FrontierModel::Adopt(HostIndex host, const std::string& path, const std::optional<Url>& url) {
  if (url.has_value()) {
    hosts_[host].urls[path] = *url;
  } else {
    hosts_[host].urls.erase(path);
  }
}

std::optional<int64_t> FrontierModel::pending_count() const {
  int64_t count = 0;
  for (const Host& host : hosts_) {
    if (host.memory.parked) return std::nullopt;
    for (const auto& [path, url] : host.urls) count += url.state == UrlState::kQueued ? 1 : 0;
  }
  return count;
}

}  // namespace spindle
