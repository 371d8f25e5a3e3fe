#include "tests/shard/random_crawl.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/rejudge.h"
#include "parsers/public_suffix.h"
#include "parsers/url.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr ShardId kShard = 1;
constexpr int kHostCount = 12;
constexpr int kDomainCount = 4;
constexpr uint64_t kPathCount = 400;
constexpr int kMaxDepth = 5;
constexpr absl::string_view kOrigin = "http://h";
// Without a task and without time passing: each host may come and go.
constexpr int kMaxIdlePops = 300;
constexpr absl::string_view kDisallowed = "/no";
constexpr char kRules[] = "User-agent: *\nDisallow: /no\n";

// Parked, and not for a budget.
bool IsDead(const HostRecord& host) {
  return host.state == HostState::kParked && host.reason != Reason::kHostBudget &&
         host.reason != Reason::kDomainBudget;
}

}  // namespace

// Small numbers, for the model's and the frontier's sake.
FrontierOptions RandomCrawl::OptionsOf(uint64_t seed) {
  FrontierOptions options;
  options.politeness.per_host_delay = absl::Seconds(10);
  options.politeness.max_host_failures = 5;
  options.politeness.revive_after = seed % 3 == 0 ? absl::ZeroDuration() : absl::Hours(1);
  options.max_depth = kMaxDepth;
  options.window_count = 4;
  options.max_live_hosts = seed % 2 == 0 ? kHostCount + 1 : kHostCount / 2;
  options.min_idle_hosts = seed % 3;
  options.recrawl.initial_interval = absl::Hours(2);
  options.recrawl.min_interval = absl::Minutes(10);
  options.recrawl.max_interval = absl::Hours(48);
  options.recrawl.missing_interval = absl::Hours(1);
  options.recrawl.max_gone_count = 3;
  options.suffixes = &PublicSuffixList::Builtin();
  return options;
}

RandomCrawl::RandomCrawl(uint64_t seed)
    : random_(seed),
      options_(OptionsOf(seed)),
      has_domain_budget_(seed % 2 == 1),
      model_(options_, kHostCount, kDomainCount),
      now_(absl::FromUnixSeconds(1'700'000'000)) {
  for (HostIndex host = 0; host < kHostCount; ++host) {
    ids_.push_back(MakeHostId(kTestSalt, OriginOf(host)));
  }
  BeginStep();
}

FrontierModel::Rules RandomCrawl::RandomRules() {
  budget_ += Random(20);
  domain_budget_ += Random(12);
  FrontierModel::Rules rules;
  rules.visit_again = !OneIn(4);
  rules.max_page_count = OneIn(3) ? 0 : budget_;
  rules.max_domain_page_count = has_domain_budget_ ? domain_budget_ : 0;
  rules.max_depth = OneIn(3) ? -1 : 2 + static_cast<int>(Random(kMaxDepth - 1));
  const HostIndex last = OneIn(2) ? kHostCount : static_cast<HostIndex>(Random(kHostCount));
  rules.in_scope = [last](HostIndex host) { return host <= last; };
  return rules;
}

FrontierOptions RandomCrawl::OptionsFor(const FrontierModel::Rules& rules) const {
  FrontierOptions options = options_;
  options.visit_again = rules.visit_again;
  options.budgets.host.max_page_count = rules.max_page_count;
  options.budgets.domain.max_page_count = rules.max_domain_page_count;
  options.budgets.max_depth = rules.max_depth;
  return options;
}

void RandomCrawl::Open(CrawlStore* store) { OpenWith(RandomRules(), store); }

void RandomCrawl::OpenWith(const FrontierModel::Rules& rules, CrawlStore* store) {
  // No two runs begin at the same moment.
  now_ += absl::Seconds(1 + Random(20));
  BeginStep();
  if (store_ != nullptr) JudgeAnew(rules, store);
  store_ = store;
  now_ += absl::Seconds(1);
  frontier_ = std::make_unique<Frontier>(kShard, OptionsFor(rules), store);
  Check(frontier_->Load(now_));
  model_.OnRestart(rules, now_);
}

// As a crawl does where its scope or its budgets have changed.
void RandomCrawl::JudgeAnew(const FrontierModel::Rules& rules, CrawlStore* store) {
  Scope scope(ScopeKind::kHost, nullptr);
  for (HostIndex host = 0; host < kHostCount; ++host) {
    if (rules.in_scope(host)) scope.AddSeed(*Url::Parse(OriginOf(host)));
  }
  for (HostIndex host = 0; host < kHostCount; ++host) {
    for (const auto& [path, url] : model_.hosts()[host].urls) Remember(host, path);
  }
  Check(Rejudge(scope, OptionsFor(rules), now_, store));
  std::map<absl::Time, std::pair<HostIndex, std::string>> came_back;  // by their new place
  for (HostIndex host = 0; host < kHostCount; ++host) {
    for (const auto& [path, url] : model_.hosts()[host].urls) {
      if (url.lane != Lane::kParked && url.state != UrlState::kExcluded) continue;
      const auto stored = store->reader().GetUrl(KeyOf(host, path));
      Check(stored.status());
      if (!stored.ok() || !stored->has_value() || (*stored)->lane != Lane::kReady) continue;
      came_back[(*stored)->enqueued] = {host, path};
    }
  }
  std::vector<std::pair<HostIndex, std::string>> in_order;
  for (const auto& [time, url] : came_back) in_order.push_back(url);
  model_.OnRejudge(rules, in_order);
}

void RandomCrawl::Close() {
  frontier_.reset();
  running_.clear();
}

std::string RandomCrawl::OriginOf(HostIndex host) const {
  return absl::StrCat(kOrigin, host, ".d", host % kDomainCount, ".example");
}

FrontierModel::HostIndex RandomCrawl::HostOf(const HostKey& key) const {
  const auto it = std::find(ids_.begin(), ids_.end(), key.host);
  if (it == ids_.end()) abort();
  return static_cast<HostIndex>(it - ids_.begin());
}

UrlKey RandomCrawl::KeyOf(HostIndex host, const std::string& path) const {
  return {kShard, ids_[host], MakeUrlId(kTestSalt, OriginOf(host), path)};
}

void RandomCrawl::Check(const absl::Status& status) {
  if (!status.ok()) errors_.push_back(status.ToString());
}

void RandomCrawl::Apply(Commit* commit) {
  if (!commit->empty()) Check(store_->Apply(*commit));
}

const std::vector<std::string>& RandomCrawl::errors() {
  if (errors_.empty()) errors_ = model_.errors();
  return errors_;
}

void RandomCrawl::Remember(HostIndex host, const std::string& path) {
  const auto& urls = model_.hosts()[host].urls;
  const auto it = urls.find(path);
  last_step_.push_back({host, path, it == urls.end() ? std::nullopt : std::optional(it->second)});
}

// --- Operations

void RandomCrawl::BeginStep() {
  last_step_.clear();
  committed_before_.clear();
  for (const FrontierModel::Host& host : model_.hosts())
    committed_before_.push_back(host.committed);
}

void RandomCrawl::Step() {
  BeginStep();
  switch (Random(10)) {
    case 0:
      return OneIn(3) ? Insert() : PassTime();
    case 1:
      return PassTime();
    case 2:
    case 3:
    case 4:
    case 5:
      return running_.empty() ? Pop() : EndOne();
    default:
      return Pop();
  }
}

std::vector<InsertedLink> RandomCrawl::RandomLinks() {
  std::vector<InsertedLink> links;
  std::set<UrlKey> seen;
  const uint64_t count = OneIn(10) ? 60 : Random(8);
  const auto host = static_cast<HostIndex>(Random(kHostCount));
  for (uint64_t i = 0; i < count; ++i) {
    const HostIndex to = OneIn(4) ? static_cast<HostIndex>(Random(kHostCount)) : host;
    InsertedLink link;
    link.link.origin = OriginOf(to);
    link.link.path = absl::StrCat(OneIn(10) ? kDisallowed : "/yes", Random(kPathCount));
    link.link.depth = static_cast<uint16_t>(OneIn(20) ? kMaxDepth + 1 : Random(kMaxDepth + 1));
    link.link.priority = static_cast<uint8_t>(Random(4));
    link.key = KeyOf(to, link.link.path);
    if (!OneIn(20)) link.link.found_on = KeyOf(host, "/");  // else it is injected
    // A sitemap has these.
    if (OneIn(10)) link.link.lastmod = now_ - absl::Minutes(Random(300)) + absl::Minutes(10);
    if (OneIn(20)) link.link.interval_hint = absl::Minutes(Random(6000));
    if (seen.insert(link.key).second) links.push_back(link);
  }
  return links;
}

void RandomCrawl::InsertInto(const std::vector<InsertedLink>& links, Commit* commit) {
  size_t inserted = 0;
  Check(frontier_->Insert(links, now_, commit, &inserted));
  size_t expected = 0;
  for (const InsertedLink& link : links) {
    const HostIndex host = HostOf(link.key.host_key());
    Remember(host, link.link.path);
    if (model_.OnInsert(host, link.link, now_)) ++expected;
  }
  if (inserted != expected) {
    errors_.push_back(absl::StrCat(inserted, " of ", links.size(), " were new, not ", expected));
  }
}

void RandomCrawl::Insert() {
  Commit commit = store_->NewCommit();
  InsertInto(RandomLinks(), &commit);
  Apply(&commit);
}

void RandomCrawl::Pop() {
  Commit commit = store_->NewCommit();
  absl::StatusOr<std::optional<FetchTask>> popped = frontier_->Pop(now_, &commit);
  if (!popped.ok()) return Check(popped.status());
  const bool changed = !commit.empty();
  Apply(&commit);
  if (changed) NoticeChanges();
  if (!popped->has_value()) {
    // With all places taken, a host waits for one.
    const bool room = frontier_->live_host_count() < options_.max_live_hosts;
    const bool looked_through = frontier_->NextReadyTime() > now_;
    if (!changed && room && looked_through) model_.OnNothing(now_, frontier_->NextReadyTime());
    return;
  }
  Running running;
  running.task = **std::move(popped);
  const FetchTask& task = running.task;
  running.host = HostOf(task.host);
  if (task.kind == FetchTask::Kind::kRobots) {
    model_.OnStartRobots(running.host, HostOf(task.robots_for), task.robots_hops > 0, now_);
  } else {
    running.path = task.record.path;
    if (task.url != absl::StrCat(OriginOf(running.host), running.path)) {
      errors_.push_back(absl::StrCat(task.url, " is not of its host"));
    }
    model_.OnStartPage(running.host, running.path, now_);
  }
  running_.push_back(std::move(running));
}

// Pop() says of no URL that it struck it out or put it off: the store does.
void RandomCrawl::NoticeChanges() {
  std::map<absl::Time, std::pair<HostIndex, std::string>> back_in_queue;  // by their new place
  for (HostIndex host = 0; host < kHostCount; ++host) {
    const bool over_budget = model_.OverBudget(host);
    for (const auto& [path, url] : model_.hosts()[host].urls) {
      const bool timed = url.lane == Lane::kRetry || url.lane == Lane::kRecrawl;
      const bool may_wait = over_budget && timed && url.page_count == 0 && url.due <= now_;
      const bool may_go = url.lane != Lane::kNone && absl::StartsWith(path, kDisallowed);
      if (url.in_flight || !(may_wait || may_go)) continue;
      const auto stored = store_->reader().GetUrl(KeyOf(host, path));
      Check(stored.status());
      if (!stored.ok() || !stored->has_value()) continue;
      const UrlRecord& record = **stored;
      if (record.state == UrlState::kExcluded) {
        Remember(host, path);
        model_.OnExcluded(host, path);
      } else if (record.lane != url.lane || record.enqueued != url.due) {
        if (!may_wait) continue;  // its place is compared elsewhere
        Remember(host, path);
        if (record.lane == Lane::kReady) {
          back_in_queue[record.enqueued] = {host, path};
        } else {
          model_.OnPostponed(host, path, record.lane, record.enqueued, now_);
        }
      }
    }
  }
  for (const auto& [time, url] : back_in_queue) {
    model_.OnPostponed(url.first, url.second, Lane::kReady, time, now_);
  }
}

void RandomCrawl::EndOne() {
  const size_t index = Random(running_.size());
  Running& running = running_[index];
  if (!running.released && OneIn(15)) return Defer(index);
  if (running.task.kind == FetchTask::Kind::kRobots) return EndRobots(index);
  // What came may be parsed for a while.
  if (!running.released) {
    Release(&running);
    if (OneIn(3)) return;
  }
  Complete(index);
}

// It was not asked after all.
void RandomCrawl::Defer(size_t index) {
  const Running running = std::move(running_[index]);
  running_.erase(running_.begin() + static_cast<ptrdiff_t>(index));
  const absl::Time until = now_ + absl::Seconds(Random(30));
  Commit commit = store_->NewCommit();
  Check(frontier_->Defer(running.task, until, now_, &commit));
  Apply(&commit);
  model_.OnDefer(running.host, until);
  if (running.task.kind == FetchTask::Kind::kPage) {
    model_.OnDeferPage(running.host, running.path, now_);
  } else if (running.task.robots_hops == 0) {
    model_.OnDeferRobots(running.host);
  }
}

FetchOutcome RandomCrawl::RandomOutcome(const Running& running) {
  FetchOutcome outcome;
  outcome.fetched = running.task.start;
  const UrlRecord& record = running.task.record;
  if (running.seen.failed) {
    const bool again = record.failures + 1 < options_.politeness.max_tries;
    outcome.verdict = {again ? UrlState::kQueued : UrlState::kFailed, Reason::kTimeout, true};
    return outcome;
  }
  constexpr UrlState kEnds[] = {UrlState::kFetched, UrlState::kFetched,    UrlState::kFetched,
                                UrlState::kGone,    UrlState::kRedirected, UrlState::kFailed};
  // What is gone is often gone for good.
  const bool still_gone = record.state == UrlState::kGone && !OneIn(3);
  outcome.verdict = {still_gone ? UrlState::kGone : kEnds[Random(6)], Reason::kNone};
  if (outcome.verdict.state != UrlState::kFetched) return outcome;
  if (OneIn(10)) {
    outcome.verdict = {UrlState::kExcluded, Reason::kProcessor};
    return outcome;
  }
  if (record.digest != 0 && OneIn(3)) {
    outcome.verdict.state = UrlState::kUnchanged;
    outcome.http_status = 304;
    return outcome;
  }
  outcome.http_status = 200;
  outcome.digest = 1 + Random(3);
  outcome.stored = outcome.digest != record.digest;
  return outcome;
}

void RandomCrawl::Release(Running* running) {
  const bool robots = running->task.kind == FetchTask::Kind::kRobots;
  HostObservation& seen = running->seen;
  seen.failed = OneIn(robots ? 8 : 4);
  seen.answered = !seen.failed || OneIn(2);
  seen.latency = absl::Milliseconds(Random(OneIn(10) ? 9000 : 500));
  seen.now = now_;
  seen.request_seen = now_ - absl::Milliseconds(Random(1000));
  seen.request_seen = std::max(seen.request_seen, running->task.start);
  if (seen.failed && OneIn(3)) seen.retry_after = absl::Seconds(Random(400));
  running->outcome = RandomOutcome(*running);
  const bool was_dead = model_.hosts()[running->host].memory.parked;
  Commit commit = store_->NewCommit();
  frontier_->Release(running->task, seen, &commit);
  model_.OnRelease(running->host, running->task.kind == FetchTask::Kind::kPage, seen);
  running->released = true;
  if (!robots) return;
  Apply(&commit);
  if (was_dead) AdoptDead(running->host);
  model_.OnCommitted(running->host);
}

// A dead host was asked for another's sake: whether it was revived meanwhile is for the store to
// say.
void RandomCrawl::AdoptDead(HostIndex host) {
  const auto stored = store_->reader().GetHost(KeyOf(host, "/").host_key());
  Check(stored.status());
  if (!stored.ok() || !stored->has_value()) return;
  const HostRecord& record = **stored;
  model_.AdoptFailures(host, IsDead(record), record.failures, record.revivals);
}

void RandomCrawl::Complete(size_t index) {
  const Running running = std::move(running_[index]);
  running_.erase(running_.begin() + static_cast<ptrdiff_t>(index));
  Commit commit = store_->NewCommit();
  const FetchOutcome& outcome = running.outcome;
  if (outcome.verdict.state == UrlState::kFetched) InsertInto(RandomLinks(), &commit);
  Check(frontier_->Complete(running.task, outcome, now_, &commit));
  if (outcome.stored) {
    PageRecord page;
    page.url = running.task.url;
    page.fetched = running.task.start;
    commit.PutPage({running.task.queue.url, absl::ToUnixMicros(page.fetched)}, page, "");
    ++pages_;
  }
  Apply(&commit);
  Remember(running.host, running.path);
  model_.OnComplete(running.host, running.path, outcome, now_);
  model_.OnCommitted(running.host);
}

void RandomCrawl::EndRobots(size_t index) {
  Running running = std::move(running_[index]);
  running_.erase(running_.begin() + static_cast<ptrdiff_t>(index));
  Release(&running);
  RobotsAnswer answer;
  if (!running.seen.answered) {
    answer.reason = Reason::kTimeout;
  } else if (running.seen.failed) {
    answer.http_status = 503;
  } else if (OneIn(6) && running.task.robots_hops < options_.max_robots_hops) {
    const auto to = static_cast<HostIndex>(Random(kHostCount));
    RobotsHop hop;
    hop.origin = OriginOf(to);
    hop.host = KeyOf(to, "/").host_key();
    hop.url = absl::StrCat(hop.origin, "/robots.txt");
    hop.robots_for = running.task.robots_for;
    hop.hops = running.task.robots_hops + 1;
    const absl::StatusOr<bool> asked = frontier_->RequestRobots(std::move(hop));
    Check(asked.status());
    if (asked.ok() && *asked && model_.IsDead(to, now_)) errors_.push_back("a dead host is asked");
    if (asked.ok() && *asked) return;
    answer.reason = Reason::kHostDead;
  } else {
    answer.http_status = OneIn(2) ? 200 : 404;
    if (answer.http_status == 200) answer.body = kRules;
    if (OneIn(4)) absl::StrAppend(&answer.body, "Crawl-delay: ", Random(400), "\n");
  }
  DeliverRobots(running.task.robots_for, answer);
}

void RandomCrawl::DeliverRobots(const HostKey& host, const RobotsAnswer& answer) {
  Commit commit = store_->NewCommit();
  Check(frontier_->SetRobots(host, answer, now_, &commit));
  Apply(&commit);
  model_.OnRobots(HostOf(host), answer, now_);
  model_.OnCommitted(HostOf(host));
}

void RandomCrawl::PassTime() {
  const absl::Time next = frontier_->NextReadyTime();
  if (OneIn(200)) {
    now_ += absl::Hours(Random(30));
  } else if (OneIn(3) || next == absl::InfiniteFuture()) {
    now_ += absl::Milliseconds(Random(5000));
  } else {
    now_ = std::max(now_, next);
  }
}

void RandomCrawl::Finish() {
  Close();
  FrontierModel::Rules rules = RandomRules();
  rules.max_page_count = rules.max_domain_page_count = 0;
  OpenWith(rules, store_);
  const absl::Time end = now_ + absl::Hours(24 * 7);
  int idle_count = 0;
  while (frontier_->NextReadyTime() < end || !running_.empty()) {
    BeginStep();
    while (!running_.empty()) {
      if (running_[0].task.kind == FetchTask::Kind::kRobots) {
        EndRobots(0);
        continue;
      }
      if (!running_[0].released) Release(&running_[0]);
      // No new URLs, and no more visits, or there would be no end.
      running_[0].outcome = FetchOutcome();
      running_[0].outcome.verdict = {UrlState::kExcluded, Reason::kProcessor};
      Complete(0);
    }
    const absl::Time next = frontier_->NextReadyTime();
    idle_count = next <= now_ ? idle_count + 1 : 0;
    if (idle_count > kMaxIdlePops) errors_.push_back("nothing to be had, over and over");
    if (next < end) now_ = std::max(now_, next);
    Pop();
    if (!errors().empty()) return;
  }
  now_ += absl::Minutes(10);
  Pop();
  if (frontier_->live_host_count() > 0) {
    errors_.push_back(absl::StrCat(frontier_->live_host_count(), " hosts are live without work"));
  }
}

// --- Judging

// What is wrong with the record; empty: nothing.
std::string RandomCrawl::Compare(const std::optional<UrlRecord>& stored, int page_count,
                                 const FrontierModel::Url& url) const {
  if (!stored.has_value()) return "is lost";
  const UrlRecord& record = *stored;
  const bool timed = url.lane == Lane::kRetry || url.lane == Lane::kRecrawl;
  if (record.state == url.state && record.reason == url.reason && record.lane == url.lane &&
      record.failures == url.failures && record.last_fetch == url.last_fetch &&
      record.miss_count == url.miss_count && record.digest == url.digest &&
      page_count == url.page_count && (!timed || record.enqueued == url.due)) {
    return "";
  }
  const auto describe = [](UrlState state, Lane lane, int failures, int misses, absl::Time due,
                           int pages) {
    return absl::StrCat(Name(state), " in lane ", static_cast<int>(lane), " for ",
                        absl::FormatTime(due, absl::UTCTimeZone()), " after ", failures,
                        " failures and ", misses, " misses with ", pages, " pages");
  };
  return absl::StrCat(
      "is ",
      describe(record.state, record.lane, record.failures, record.miss_count, record.enqueued,
               page_count),
      ", not ",
      describe(url.state, url.lane, url.failures, url.miss_count, url.due, url.page_count));
}

void RandomCrawl::AdoptLastStep(const CrawlStore& store) {
  const std::map<UrlKey, int> pages = CountPages(store);
  // A URL may have changed twice in the step: its first state is the one before.
  for (auto it = last_step_.rbegin(); it != last_step_.rend(); ++it) {
    const UrlKey key = KeyOf(it->host, it->path);
    const auto stored = store.reader().GetUrl(key);
    Check(stored.status());
    if (!stored.ok()) return;
    const auto found = pages.find(key);
    const int page_count = found == pages.end() ? 0 : found->second;
    const auto is_as = [&](const std::optional<FrontierModel::Url>& url) {
      if (!url.has_value()) return !stored->has_value();
      return Compare(*stored, page_count, *url).empty();
    };
    const auto& urls = model_.hosts()[it->host].urls;
    const auto now = urls.find(it->path);
    if (now != urls.end() && is_as(now->second)) continue;
    if (is_as(it->url)) {
      model_.Adopt(it->host, it->path, it->url);
    } else if (it->url.has_value() && !stored->has_value()) {
      errors_.push_back(absl::StrCat("lost ", OriginOf(it->host), it->path));
    }
  }
  for (HostIndex host = 0; host < kHostCount; ++host) AdoptHost(store, host);
}

std::map<UrlKey, int> RandomCrawl::CountPages(const CrawlStore& store) {
  std::map<UrlKey, int> pages;
  Check(store.reader().ForEachPage(std::nullopt, [&](const PageKey& key, const PageRecord&) {
    ++pages[key.url];
    return true;
  }));
  return pages;
}

// What binds is what was committed before the step; of the rest, what the store has.
void RandomCrawl::AdoptHost(const CrawlStore& store, HostIndex index) {
  FrontierModel::Memory memory = committed_before_[index];
  const HostKey key = KeyOf(index, "/").host_key();
  const auto host = store.reader().GetHost(key);
  const auto robots = store.reader().GetRobots(key);
  Check(host.status());
  Check(robots.status());
  if (!host.ok() || !robots.ok()) return;
  if (host->has_value()) {
    memory.latency = (*host)->last_latency;
    memory.failures = (*host)->failures;
    memory.crawl_delay = (*host)->crawl_delay;
    memory.parked = IsDead(**host);
    memory.revivals = (*host)->revivals;
  }
  if (robots->has_value()) {
    memory.robots_until = (*robots)->expires;
    memory.robots_tries = (*robots)->tries;
    memory.rules = nullptr;
    if ((*robots)->outcome == RobotsPolicy::kRules) {
      memory.rules = std::make_shared<RobotsTxt>(RobotsTxt::Parse((*robots)->body, "spindle"));
    }
  }
  model_.Adopt(index, memory);
}

void RandomCrawl::CompareStore(const CrawlStore& store) {
  const std::map<UrlKey, int> pages = CountPages(store);
  for (HostIndex host = 0; host < kHostCount; ++host) {
    for (const auto& [path, url] : model_.hosts()[host].urls) {
      const UrlKey key = KeyOf(host, path);
      const auto stored = store.reader().GetUrl(key);
      Check(stored.status());
      if (!stored.ok()) return;
      const auto found = pages.find(key);
      const std::string wrong = Compare(*stored, found == pages.end() ? 0 : found->second, url);
      if (!wrong.empty()) errors_.push_back(absl::StrCat(OriginOf(host), path, " ", wrong));
    }
  }
  size_t known = 0, expected = 0;
  Check(store.reader().ForEachUrl(std::nullopt, [&](const UrlKey&, const UrlRecord&) {
    ++known;
    return true;
  }));
  for (const FrontierModel::Host& host : model_.hosts()) expected += host.urls.size();
  if (known != expected) errors_.push_back(absl::StrCat(known, " URLs are known, not ", expected));
  const std::optional<int64_t> pending = model_.pending_count();
  if (pending.has_value() && frontier_ != nullptr && *pending != frontier_->pending_count()) {
    errors_.push_back(
        absl::StrCat(frontier_->pending_count(), " URLs are pending, not ", *pending));
  }
}

}  // namespace spindle
