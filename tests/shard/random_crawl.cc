#include "tests/shard/random_crawl.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr ShardId kShard = 1;
constexpr int kHostCount = 12;
constexpr uint64_t kPathCount = 400;
constexpr int kMaxDepth = 5;
constexpr absl::string_view kOrigin = "http://h";
constexpr char kRules[] = "User-agent: *\nDisallow: /no\n";

}  // namespace

FrontierOptions RandomCrawl::Options() {
  FrontierOptions options;
  options.politeness.per_host_delay = absl::Seconds(10);
  options.politeness.max_host_failures = 5;
  options.max_depth = kMaxDepth;
  options.politeness.revive_after = absl::ZeroDuration();
  options.window_count = 4;
  return options;
}

RandomCrawl::RandomCrawl(uint64_t seed)
    : random_(seed),
      max_live_hosts_(seed % 2 == 0 ? kHostCount + 1 : kHostCount / 2),
      model_(Options().politeness, kMaxDepth, kHostCount),
      now_(absl::FromUnixSeconds(1'700'000'000)) {
  BeginStep();
}

void RandomCrawl::Open(CrawlStore* store) {
  store_ = store;
  // No two runs begin at the same moment.
  now_ += absl::Seconds(1 + Random(20));
  BeginStep();
  FrontierOptions options = Options();
  options.max_live_hosts = max_live_hosts_;
  frontier_ = std::make_unique<Frontier>(kShard, options, store);
  Check(frontier_->Load(now_));
  model_.OnRestart(now_);
}

void RandomCrawl::Close() {
  frontier_.reset();
  running_.clear();
}

std::string RandomCrawl::OriginOf(HostIndex host) const { return absl::StrCat(kOrigin, host); }

FrontierModel::HostIndex RandomCrawl::HostOf(const HostKey& key) const {
  for (HostIndex host = 0; host < kHostCount; ++host) {
    if (MakeHostId(kTestSalt, OriginOf(host)) == key.host) return host;
  }
  abort();
}

UrlKey RandomCrawl::KeyOf(HostIndex host, const std::string& path) const {
  return {kShard, MakeHostId(kTestSalt, OriginOf(host)),
          MakeUrlId(kTestSalt, OriginOf(host), path)};
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
      return Insert();
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
    link.link.path = absl::StrCat(OneIn(10) ? "/no" : "/yes", Random(kPathCount));
    link.link.depth = static_cast<uint16_t>(OneIn(20) ? kMaxDepth + 1 : Random(kMaxDepth + 1));
    link.link.priority = static_cast<uint8_t>(Random(4));
    link.key = KeyOf(to, link.link.path);
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
    if (model_.OnInsert(host, link.link.path, link.link.priority, link.link.depth)) ++expected;
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
  if (changed) NoticeExclusions();
  if (!popped->has_value()) {
    // With all places taken, a host waits for one.
    const bool room = frontier_->live_host_count() < max_live_hosts_;
    if (!changed && room) model_.OnNothing(now_, frontier_->NextReadyTime());
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

// Pop() says of no URL that it struck it out: the store does.
void RandomCrawl::NoticeExclusions() {
  for (HostIndex host = 0; host < kHostCount; ++host) {
    for (const auto& [path, url] : model_.hosts()[host].urls) {
      if (url.state != UrlState::kQueued || model_.Allows(host, path)) continue;
      const auto stored = store_->reader().GetUrl(KeyOf(host, path));
      Check(stored.status());
      if (!stored.ok() || !stored->has_value()) continue;
      if ((*stored)->state != UrlState::kExcluded) continue;
      Remember(host, path);
      model_.OnExcluded(host, path);
    }
  }
}

void RandomCrawl::EndOne() {
  const size_t index = Random(running_.size());
  Running& running = running_[index];
  if (running.task.kind == FetchTask::Kind::kRobots) return EndRobots(index);
  // What came may be parsed for a while.
  if (!running.released) {
    Release(&running);
    if (OneIn(3)) return;
  }
  Complete(index);
}

void RandomCrawl::Release(Running* running) {
  const bool robots = running->task.kind == FetchTask::Kind::kRobots;
  constexpr UrlState kEnds[] = {UrlState::kFetched, UrlState::kFetched,    UrlState::kFetched,
                                UrlState::kGone,    UrlState::kRedirected, UrlState::kFailed};
  running->verdict = {kEnds[Random(6)], Reason::kNone};
  HostObservation& seen = running->seen;
  seen.failed = OneIn(robots ? 8 : 4);
  seen.answered = !seen.failed || OneIn(2);
  seen.latency = absl::Milliseconds(Random(OneIn(10) ? 9000 : 500));
  seen.now = now_;
  seen.request_seen = now_ - absl::Milliseconds(Random(1000));
  seen.request_seen = std::max(seen.request_seen, running->task.start);
  if (seen.failed && OneIn(3)) seen.retry_after = absl::Seconds(Random(400));
  if (seen.failed) {
    const bool again = running->task.record.failures + 1 < Options().politeness.max_tries;
    running->verdict = {again ? UrlState::kQueued : UrlState::kFailed, Reason::kTimeout, true};
  }
  Commit commit = store_->NewCommit();
  frontier_->Release(running->task, seen, &commit);
  model_.OnRelease(running->host, seen);
  running->released = true;
  if (!robots) return;
  Apply(&commit);
  model_.OnCommitted(running->host);
}

void RandomCrawl::Complete(size_t index) {
  const Running running = std::move(running_[index]);
  running_.erase(running_.begin() + static_cast<ptrdiff_t>(index));
  Commit commit = store_->NewCommit();
  FetchOutcome outcome;
  outcome.verdict = running.verdict;
  outcome.stored = running.verdict.state == UrlState::kFetched;
  outcome.fetched = running.task.start;
  if (running.verdict.state == UrlState::kFetched) InsertInto(RandomLinks(), &commit);
  Check(frontier_->Complete(running.task, outcome, now_, &commit));
  if (running.verdict.state == UrlState::kFetched) {
    PageRecord page;
    page.url = running.task.url;
    page.fetched = running.task.start;
    commit.PutPage({running.task.queue.url, absl::ToUnixMicros(page.fetched)}, page, "");
    ++pages_;
  }
  Apply(&commit);
  Remember(running.host, running.path);
  model_.OnComplete(running.host, running.path, running.verdict);
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
  } else if (OneIn(6) && running.task.robots_hops < Options().max_robots_hops) {
    const auto to = static_cast<HostIndex>(Random(kHostCount));
    RobotsHop hop;
    hop.origin = OriginOf(to);
    hop.host = KeyOf(to, "/").host_key();
    hop.url = absl::StrCat(hop.origin, "/robots.txt");
    hop.robots_for = running.task.robots_for;
    hop.hops = running.task.robots_hops + 1;
    const absl::StatusOr<bool> asked = frontier_->RequestRobots(std::move(hop));
    Check(asked.status());
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
  model_.OnRobots(HostOf(host), answer.http_status, IsUnreachable(answer), answer.body, now_);
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
  for (int idle = 0; idle < 3;) {
    BeginStep();
    while (!running_.empty()) {
      if (running_[0].task.kind == FetchTask::Kind::kRobots) {
        EndRobots(0);
        continue;
      }
      if (!running_[0].released) Release(&running_[0]);
      // No new URLs, or there would be no end.
      if (running_[0].verdict.state == UrlState::kFetched) {
        running_[0].verdict = {UrlState::kGone, Reason::kHttpStatus};
      }
      Complete(0);
    }
    const absl::Time next = frontier_->NextReadyTime();
    now_ = std::max(now_, next == absl::InfiniteFuture() ? now_ : next);
    Pop();
    idle = running_.empty() && next == absl::InfiniteFuture() ? idle + 1 : 0;
    if (!errors().empty()) return;
  }
}

// --- Judging

void RandomCrawl::AdoptLastStep(const CrawlStore& store) {
  // A URL may have changed twice in the step: its first state is the one before.
  for (auto it = last_step_.rbegin(); it != last_step_.rend(); ++it) {
    const auto stored = store.reader().GetUrl(KeyOf(it->host, it->path));
    Check(stored.status());
    if (!stored.ok()) return;
    const auto is_as = [&](const std::optional<FrontierModel::Url>& url) {
      if (!url.has_value() || !stored->has_value()) return url.has_value() == stored->has_value();
      return (*stored)->state == url->state && (*stored)->failures == url->failures;
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
  }
  if (robots->has_value()) {
    memory.robots_until = (*robots)->expires;
    memory.rules = nullptr;
    if ((*robots)->outcome == RobotsPolicy::kRules) {
      memory.rules = std::make_shared<RobotsTxt>(RobotsTxt::Parse((*robots)->body, "spindle"));
    }
  }
  model_.Adopt(index, memory);
}

void RandomCrawl::CompareStore(const CrawlStore& store) {
  for (HostIndex host = 0; host < kHostCount; ++host) {
    for (const auto& [path, url] : model_.hosts()[host].urls) {
      const auto stored = store.reader().GetUrl(KeyOf(host, path));
      Check(stored.status());
      if (!stored.ok()) return;
      if (!stored->has_value()) {
        errors_.push_back(absl::StrCat("lost ", OriginOf(host), path));
      } else if ((*stored)->state != url.state || (*stored)->failures != url.failures) {
        errors_.push_back(absl::StrCat(OriginOf(host), path, " is ", Name((*stored)->state),
                                       " after ", (*stored)->failures, " failures, not ",
                                       Name(url.state), " after ", url.failures));
      }
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
