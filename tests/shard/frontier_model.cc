#include "tests/shard/frontier_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace spindle {
namespace {

// After which a host looks again whether its domain's budget has room.
constexpr absl::Duration kDomainWait = absl::Seconds(1);

}  // namespace

absl::Duration FrontierModel::DelayOf(const Host& host) const {
  return std::max(
      {politeness_.per_host_delay,
       std::min(politeness_.latency_factor * host.memory.latency, politeness_.max_adaptive_delay),
       std::min(host.memory.crawl_delay, politeness_.max_crawl_delay)});
}

absl::Duration FrontierModel::Backoff(uint32_t failures) const {
  absl::Duration backoff = politeness_.min_backoff;
  for (uint32_t i = 1; i < failures; ++i) backoff = std::min(2 * backoff, politeness_.max_backoff);
  return backoff;
}

absl::Duration FrontierModel::Bounded(absl::Duration interval) const {
  return std::clamp(interval, options_.recrawl.min_interval, options_.recrawl.max_interval);
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

// --- URLs

bool FrontierModel::Allows(HostIndex host, const std::string& path) const {
  const auto& rules = hosts_[host].memory.rules;
  return rules == nullptr || rules->Allows(path);
}

bool FrontierModel::OnInsert(HostIndex host, const LinkRecord& link, absl::Time now) {
  const auto [it, is_new] = hosts_[host].urls.try_emplace(link.path);
  Url& url = it->second;
  if (!is_new) {
    if (link.depth == 0 && !link.found_on.has_value()) {
      BringBack(link, &url);
      return false;
    }
    const bool is_news = url.lane == Lane::kRecrawl && !url.in_flight &&
                         link.lastmod > url.last_fetch && link.lastmod <= now;
    const absl::Time due = std::max(now, url.last_fetch + options_.recrawl.min_interval);
    if (is_news && due < url.due) {
      url.due = due;
      url.miss_count = url.gone_count = 0;
    }
    return false;
  }
  url.priority = link.priority;
  url.age = ++age_;
  url.depth = link.depth;
  url.is_seed = link.depth == 0 && !link.found_on.has_value();
  url.interval = link.interval_hint;
  if (link.depth > options_.max_depth) {
    url.state = UrlState::kExcluded;
    url.reason = Reason::kDepth;
    url.lane = Lane::kNone;
  } else if (rules_.max_depth >= 0 && link.depth > rules_.max_depth) {
    url.state = UrlState::kParked;
    url.reason = Reason::kDepthBudget;
    url.lane = Lane::kParked;
  }
  return true;
}

void FrontierModel::BringBack(const LinkRecord& link, Url* url) {
  const bool comes_back =
      url->state == UrlState::kParked ||
      (url->state == UrlState::kExcluded && url->reason != Reason::kRobotsDisallowed);
  if (!comes_back) return;
  url->state = UrlState::kQueued;
  url->reason = Reason::kNone;
  url->lane = Lane::kReady;
  url->priority = link.priority;
  url->age = ++age_;
  url->depth = link.depth;
  url->is_seed = true;
  url->failures = 0;
}

uint64_t FrontierModel::PageCount(HostIndex host) const {
  uint64_t count = 0;
  for (const auto& [path, url] : hosts_[host].urls) count += url.page_count > 0 ? 1 : 0;
  return count;
}

std::vector<FrontierModel::HostIndex> FrontierModel::DomainOf(HostIndex host) const {
  std::vector<HostIndex> hosts;
  for (HostIndex other = 0; other < static_cast<HostIndex>(hosts_.size()); ++other) {
    if (other % domain_count_ == host % domain_count_) hosts.push_back(other);
  }
  return hosts;
}

uint64_t FrontierModel::DomainPageCount(HostIndex host) const {
  uint64_t count = 0;
  for (const HostIndex other : DomainOf(host)) count += PageCount(other);
  return count;
}

bool FrontierModel::OverBudget(HostIndex host) const {
  return (rules_.max_page_count > 0 && PageCount(host) >= rules_.max_page_count) ||
         (rules_.max_domain_page_count > 0 &&
          DomainPageCount(host) >= rules_.max_domain_page_count);
}

// Fetches that may bring new pages.
uint64_t FrontierModel::NewInFlight(HostIndex host) const {
  uint64_t count = 0;
  for (const auto& [path, url] : hosts_[host].urls) {
    count += url.in_flight && url.page_count == 0 ? 1 : 0;
  }
  return count;
}

// What is under way may use up the budget of the host's domain.
bool FrontierModel::DomainWaits(HostIndex host) const {
  if (rules_.max_domain_page_count == 0) return false;
  uint64_t count = DomainPageCount(host);
  for (const HostIndex other : DomainOf(host)) count += NewInFlight(other);
  return count >= rules_.max_domain_page_count;
}

// Hosts that waited for it look again after a while.
void FrontierModel::EndPage(HostIndex host, Url* url, absl::Time now) {
  if (DomainWaits(host)) {
    for (const HostIndex other : DomainOf(host)) {
      hosts_[other].ready_by = std::max(hosts_[other].ready_by, now + kDomainWait);
    }
  }
  url->in_flight = false;
}

void FrontierModel::CheckBudget(HostIndex host, const std::string& path) {
  const bool host_over = rules_.max_page_count > 0 && PageCount(host) > rules_.max_page_count;
  const bool domain_over =
      rules_.max_domain_page_count > 0 && DomainPageCount(host) > rules_.max_domain_page_count;
  if (host_over) Error(host, absl::StrCat(path, " is stored over the budget of its host"));
  if (domain_over) Error(host, absl::StrCat(path, " is stored over the budget of its domain"));
}

// Whether another one should have come first.
void FrontierModel::CheckOrder(HostIndex index, const std::string& path, const Url& url) {
  for (const auto& [other_path, other] : hosts_[index].urls) {
    if (other.lane != url.lane || other.in_flight) continue;
    const bool first = url.lane == Lane::kReady
                           ? std::pair(other.priority, other.age) < std::pair(url.priority, url.age)
                           : other.due < url.due;
    if (first && Allows(index, other_path)) {
      Error(index, absl::StrCat(path, " before ", other_path));
    }
  }
}

void FrontierModel::OnStartPage(HostIndex index, const std::string& path, absl::Time now) {
  OnStart(index, now);
  Host& host = hosts_[index];
  Revive(&host, now);
  if (host.memory.parked) Error(index, "asked while parked");
  if (host.memory.robots_until <= now) Error(index, "page asked for before robots.txt");
  const auto it = host.urls.find(path);
  if (it == host.urls.end()) return Error(index, absl::StrCat("unknown ", path));
  Url& url = it->second;
  if (url.in_flight) Error(index, absl::StrCat(path, " is being fetched already"));
  if (!Allows(index, path)) Error(index, absl::StrCat(path, " is disallowed"));
  const bool timed = url.lane == Lane::kRetry || url.lane == Lane::kRecrawl;
  if (!timed && url.lane != Lane::kReady) Error(index, absl::StrCat(path, " is not queued"));
  if (timed && url.due > now) Error(index, absl::StrCat(path, " is not due"));
  if (url.lane == Lane::kRecrawl && !rules_.visit_again) Error(index, "visited again");
  if (rules_.max_page_count > 0 && url.page_count == 0 &&
      PageCount(index) + NewInFlight(index) >= rules_.max_page_count) {
    Error(index, absl::StrCat(path, " is over the budget"));
  }
  if (url.page_count == 0 && DomainWaits(index)) {
    Error(index, absl::StrCat(path, " is over the budget of its domain"));
  }
  CheckOrder(index, path, url);
  url.in_flight = true;
}

void FrontierModel::Miss(Url* url, absl::Time now) const {
  const RecrawlOptions& recrawl = options_.recrawl;
  ++url->miss_count;
  if (url->state == UrlState::kGone) ++url->gone_count;
  url->lane = Lane::kNone;
  if (url->state == UrlState::kGone && url->gone_count >= recrawl.max_gone_count) return;
  url->lane = Lane::kRecrawl;
  absl::Duration wait = recrawl.missing_interval;
  for (int i = 1; i < url->miss_count; ++i) wait = std::min(2 * wait, recrawl.max_interval);
  url->due = now + Bounded(wait);
}

void FrontierModel::Succeed(Url* url, absl::Time now) const {
  const RecrawlOptions& recrawl = options_.recrawl;
  url->miss_count = url->gone_count = 0;
  absl::Duration interval =
      url->interval > absl::ZeroDuration() ? url->interval : recrawl.initial_interval;
  if (url->fetch_count > 0) {
    interval *= url->state == UrlState::kFetched ? 1 - recrawl.shrink : 1 + recrawl.grow;
  }
  ++url->fetch_count;
  url->interval = absl::Floor(Bounded(interval), absl::Seconds(1));
  url->lane = Lane::kRecrawl;
  url->due = now + url->interval;
}

void FrontierModel::OnComplete(HostIndex index, const std::string& path,
                               const FetchOutcome& outcome, absl::Time now) {
  Url& url = hosts_[index].urls.at(path);
  EndPage(index, &url, now);
  if (url.lane == Lane::kRecrawl) url.failures = 0;
  url.state = outcome.verdict.state;
  url.reason = outcome.verdict.reason;
  url.last_fetch = now;
  switch (url.state) {
    case UrlState::kQueued:
      ++url.failures;
      url.lane = Lane::kRetry;
      url.due = now + Backoff(url.failures);
      return;
    case UrlState::kFetched:
    case UrlState::kUnchanged:
      if (outcome.digest != 0 && outcome.digest == url.digest) url.state = UrlState::kUnchanged;
      if (outcome.http_status != 304) url.digest = outcome.digest;
      url.failures = 0;
      url.page_count += outcome.stored ? 1 : 0;
      if (outcome.stored && url.page_count == 1) CheckBudget(index, path);
      return Succeed(&url, now);
    case UrlState::kFailed:
      ++url.failures;
      return Miss(&url, now);
    case UrlState::kGone:
      return Miss(&url, now);
    case UrlState::kExcluded:
    case UrlState::kParked:
      url.lane = Lane::kNone;
      return;
    case UrlState::kRedirected:
      url.miss_count = url.gone_count = 0;
      url.lane = Lane::kRecrawl;
      url.due = now + options_.recrawl.max_interval;
  }
}

void FrontierModel::OnExcluded(HostIndex host, const std::string& path) {
  if (Allows(host, path)) Error(host, absl::StrCat(path, " excluded, though allowed"));
  Url& url = hosts_[host].urls.at(path);
  url.state = UrlState::kExcluded;
  url.reason = Reason::kRobotsDisallowed;
  url.lane = Lane::kNone;
}

void FrontierModel::OnPostponed(HostIndex host, const std::string& path, Lane lane, absl::Time due,
                                absl::Time now) {
  Url& url = hosts_[host].urls.at(path);
  if (!OverBudget(host) || url.page_count > 0 || url.due > now) {
    Error(host, absl::StrCat(path, " postponed without need"));
  }
  if (lane == Lane::kRecrawl && due != now + options_.recrawl.missing_interval) {
    Error(host, absl::StrCat(path, " postponed for another time"));
  }
  url.lane = lane;
  url.due = due;
  if (lane == Lane::kReady) url.age = ++age_;
}

void FrontierModel::OnRejudge(const Rules& rules,
                              const std::vector<std::pair<HostIndex, std::string>>& came_back) {
  for (HostIndex index = 0; index < static_cast<HostIndex>(hosts_.size()); ++index) {
    for (auto& [path, url] : hosts_[index].urls) {
      const bool waits =
          url.lane == Lane::kReady || url.lane == Lane::kRetry || url.lane == Lane::kParked;
      const bool kept_out = url.state == UrlState::kExcluded &&
                            (url.reason == Reason::kOutOfScope || url.reason == Reason::kDepth);
      if (!waits && !kept_out) continue;
      if (url.depth > options_.max_depth) {
        url.state = UrlState::kExcluded;
        url.reason = Reason::kDepth;
        url.lane = Lane::kNone;
      } else if (!url.is_seed && !rules.in_scope(index)) {
        url.state = UrlState::kExcluded;
        url.reason = Reason::kOutOfScope;
        url.lane = Lane::kNone;
      } else if (rules.max_depth >= 0 && url.depth > rules.max_depth) {
        url.state = UrlState::kParked;
        url.reason = Reason::kDepthBudget;
        url.lane = Lane::kParked;
      } else if (url.lane == Lane::kParked || kept_out) {
        url.state = UrlState::kQueued;
        url.reason = Reason::kNone;
        url.lane = Lane::kReady;
      }
    }
  }
  for (const auto& [host, path] : came_back) hosts_[host].urls.at(path).age = ++age_;
}

void FrontierModel::Adopt(HostIndex host, const std::string& path, const std::optional<Url>& url) {
  if (url.has_value()) {
    hosts_[host].urls[path] = *url;
  } else {
    hosts_[host].urls.erase(path);
  }
}

// --- Hosts

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
      now + std::max(politeness_.per_host_delay,
                     std::min(host.memory.crawl_delay, politeness_.max_crawl_delay));
  host.memory.not_before = std::max(host.memory.not_before, least);
  host.committed.not_before = std::max(host.committed.not_before, least);
  host.ready_by = std::max(host.ready_by, now + DelayOf(host));
  Note(index, absl::StrCat("asked at ", absl::FormatTime(now, absl::UTCTimeZone())));
}

void FrontierModel::OnStartRobots(HostIndex asked, HostIndex robots_for, bool is_hop,
                                  absl::Time now) {
  OnStart(asked, now);
  if (is_hop) return;
  Host& host = hosts_[robots_for];
  Revive(&host, now);
  if (host.memory.parked) Error(robots_for, "robots.txt asked for while parked");
  if (host.robots_asked) Error(robots_for, "robots.txt asked for twice");
  if (host.memory.robots_until > now) Error(robots_for, "robots.txt asked for while it holds");
  host.robots_asked = true;
}

void FrontierModel::OnDefer(HostIndex index, absl::Time until) {
  Host& host = hosts_[index];
  host.busy = false;
  host.memory.not_before = std::max(host.memory.not_before, until);
  host.ready_by = std::max(host.ready_by, until);
  Note(index, "deferred");
}

void FrontierModel::Park(Host* host, Reason reason, absl::Time now) {
  Memory& memory = host->memory;
  memory.parked = true;
  memory.parked_for = reason;
  absl::Duration wait = politeness_.revive_after;
  for (int i = 0; i < memory.revivals; ++i) {
    wait = std::min(wait * politeness_.revive_factor, politeness_.max_revive_after);
  }
  memory.revive = wait > absl::ZeroDuration() ? now + wait : absl::InfiniteFuture();
}

bool FrontierModel::IsDead(HostIndex host, absl::Time now) const {
  return hosts_[host].memory.parked && hosts_[host].memory.revive > now;
}

// Where its time has come.
void FrontierModel::Revive(Host* host, absl::Time now) {
  Memory& memory = host->memory;
  if (!memory.parked || memory.revive > now) return;
  memory.parked = false;
  memory.failures = politeness_.max_host_failures - 1;
  ++memory.revivals;
}

void FrontierModel::AdoptFailures(HostIndex host, bool parked, uint32_t failures,
                                  uint8_t revivals) {
  Memory& memory = hosts_[host].memory;
  memory.parked = parked;
  memory.failures = failures;
  memory.revivals = revivals;
}

void FrontierModel::OnRelease(HostIndex index, bool of_page, const HostObservation& seen) {
  Host& host = hosts_[index];
  host.busy = false;
  if (seen.answered) host.memory.latency = seen.latency;
  if (of_page && seen.answered && !seen.failed) host.memory.revivals = 0;
  host.memory.failures = seen.failed ? host.memory.failures + 1 : 0;
  absl::Time next = seen.request_seen + DelayOf(host);
  if (seen.failed) next = std::max(next, seen.request_seen + Backoff(host.memory.failures));
  if (seen.retry_after.has_value()) {
    next = std::max(next, seen.now + std::min(*seen.retry_after, politeness_.max_retry_after));
  }
  host.memory.not_before = std::max(host.memory.not_before, next);
  host.ready_by = std::max(host.ready_by, next);
  const bool dead = host.memory.parked && host.memory.parked_for == Reason::kHostDead;
  if (host.memory.failures >= politeness_.max_host_failures && !dead) {
    Park(&host, Reason::kHostDead, seen.now);
  }
  Note(index, absl::StrCat(seen.failed ? "failure " : "answer ", host.memory.failures, " after ",
                           absl::FormatDuration(seen.latency)));
}

void FrontierModel::OnRobots(HostIndex index, const RobotsAnswer& answer, absl::Time now) {
  Host& host = hosts_[index];
  host.robots_asked = false;
  absl::Time next;
  if (IsUnreachable(answer)) {
    ++host.memory.robots_tries;
    next = now + Backoff(host.memory.robots_tries);
    if (host.memory.robots_tries >= politeness_.max_tries && !host.memory.parked) {
      const bool answered = answer.http_status != 0 || answer.reason == Reason::kNone;
      Park(&host, answered ? Reason::kRobotsUnreachable : answer.reason, now);
      host.memory.robots_tries = 0;
    }
  } else {
    host.memory.robots_tries = 0;
    host.memory.revivals = 0;
    host.memory.robots_until = now + politeness_.robots_ttl;
    host.memory.rules = nullptr;
    host.memory.crawl_delay = absl::ZeroDuration();
    if (answer.http_status == 200) {
      host.memory.rules = std::make_shared<RobotsTxt>(RobotsTxt::Parse(answer.body, "spindle"));
      host.memory.crawl_delay = host.memory.rules->crawl_delay().value_or(absl::ZeroDuration());
    }
    next = now + DelayOf(host);
  }
  host.memory.not_before = std::max(host.memory.not_before, next);
  host.ready_by = std::max(host.ready_by, next);
  Note(index, absl::StrCat("robots.txt ", answer.http_status, " with a delay of ",
                           absl::FormatDuration(host.memory.crawl_delay)));
}

void FrontierModel::OnCommitted(HostIndex host) {
  Note(host, "committed");
  hosts_[host].committed = hosts_[host].memory;
}

void FrontierModel::OnRestart(const Rules& rules, absl::Time now) {
  rules_ = rules;
  for (Host& host : hosts_) {
    host.busy = false;
    host.robots_asked = false;
    if (host.committed.parked) host.committed.failures = 0;
    host.committed.parked = false;
    host.memory = host.committed;
    host.ready_by = std::max(host.ready_by, now + DelayOf(host));
    for (auto& [path, url] : host.urls) url.in_flight = false;
    Note(static_cast<HostIndex>(&host - hosts_.data()), "restart");
  }
}

// --- Whose turn it is

// When there is something to fetch at the host; infinite: never.
absl::Time FrontierModel::WorkTime(HostIndex index) const {
  const bool over = OverBudget(index);
  if (over && !rules_.visit_again) return absl::InfiniteFuture();
  // What is under way may use it up.
  const bool host_waits =
      rules_.max_page_count > 0 && PageCount(index) + NewInFlight(index) >= rules_.max_page_count;
  if (!over && (host_waits || DomainWaits(index))) return absl::InfiniteFuture();
  absl::Time first = absl::InfiniteFuture();
  for (const auto& [path, url] : hosts_[index].urls) {
    if (url.in_flight || (over && url.page_count == 0)) continue;
    const bool visited = url.lane == Lane::kRecrawl && rules_.visit_again;
    absl::Time when = absl::InfiniteFuture();
    if (url.lane == Lane::kReady && !over) when = absl::InfinitePast();
    if (url.lane == Lane::kRetry || visited) when = url.due;
    if (when < first && Allows(index, path)) first = when;
  }
  return first;
}

void FrontierModel::OnNothing(absl::Time now, absl::Time next) {
  if (next <= now) errors_.push_back("nothing to be had, though NextReadyTime() said so");
  for (HostIndex index = 0; index < static_cast<HostIndex>(hosts_.size()); ++index) {
    const Host& host = hosts_[index];
    if (host.busy || host.robots_asked) continue;
    absl::Time ready = std::max(host.ready_by, WorkTime(index));
    if (host.memory.parked) ready = std::max(ready, host.memory.revive);
    if (ready <= now) Error(index, "could be asked, and is not");
    if (ready < next) Error(index, "NextReadyTime() is later than its turn");
  }
}

std::optional<int64_t> FrontierModel::pending_count() const {
  int64_t count = 0;
  for (HostIndex index = 0; index < static_cast<HostIndex>(hosts_.size()); ++index) {
    if (hosts_[index].memory.parked || OverBudget(index)) return std::nullopt;
    for (const auto& [path, url] : hosts_[index].urls) {
      count += url.lane == Lane::kReady || url.lane == Lane::kRetry ? 1 : 0;
    }
  }
  return count;
}

}  // namespace spindle
