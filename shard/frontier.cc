#include "shard/frontier.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

// URLs that robots.txt disallows are struck out by Pop(), at most so many in one call: a host with
// a million of them must not hold up the others.
constexpr int kMaxExclusionsPerPop = 64;

// Redirected requests for robots.txt that may wait for one host: it is a stranger's wish, and the
// host's own pages wait behind them.
constexpr size_t kMaxWaitingHops = 64;

// A keep-alive connection is worth its socket where the next request comes this soon.
constexpr absl::Duration kKeepAliveWithin = absl::Seconds(10);

}  // namespace

bool IsUnreachable(const RobotsAnswer& answer) {
  const RobotsOutcome outcome = OutcomeForStatus(answer.http_status);
  return answer.reason != Reason::kNone || outcome == RobotsOutcome::kUnreachable ||
         outcome == RobotsOutcome::kUnchanged;
}

Frontier::Frontier(ShardId shard, const FrontierOptions& options, const CrawlStore* store)
    : shard_(shard), options_(options), store_(store) {}

Frontier::~Frontier() = default;

absl::Status Frontier::Load(absl::Time now) {
  started_ = now;
  return store_->reader().ForEachHost(shard_, [&](const HostKey& key, const HostRecord& record) {
    if (record.queued_count > 0) Schedule(AddHost(key, record));
    return true;
  });
}

Frontier::LiveHost* Frontier::AddHost(const HostKey& key, HostRecord record) {
  HoldAfterRestart(options_.politeness, started_, &record);
  auto host = std::make_unique<LiveHost>();
  host->key = key;
  host->record = std::move(record);
  host->all_in_window = host->record.queued_count == 0;
  pending_ += host->record.queued_count;
  LiveHost* added = host.get();
  hosts_[key.host] = std::move(host);
  return added;
}

absl::StatusOr<Frontier::LiveHost*> Frontier::GetOrLoadHost(const HostKey& key,
                                                            absl::string_view origin) {
  const auto it = hosts_.find(key.host);
  if (it != hosts_.end()) {
    return it->second->record.origin == origin ? it->second.get() : nullptr;
  }
  absl::StatusOr<std::optional<HostRecord>> stored = store_->reader().GetHost(key);
  if (!stored.ok()) return stored.status();
  if (stored->has_value()) {
    if ((*stored)->origin != origin) return nullptr;
    return AddHost(key, *std::move(*stored));
  }
  auto host = std::make_unique<LiveHost>();
  host->key = key;
  host->record.origin = std::string(origin);
  host->all_in_window = true;
  host->robots_loaded = true;
  ++new_hosts_;
  LiveHost* added = host.get();
  hosts_[key.host] = std::move(host);
  return added;
}

// --- Insertion
// -------------------------------------------------------------------------------------------------------

absl::Status Frontier::Insert(absl::Span<const InsertedLink> links, absl::Time now, Commit* commit,
                              size_t* inserted) {
  std::vector<UrlKey> keys;
  keys.reserve(links.size());
  for (const InsertedLink& link : links) keys.push_back(link.key);
  std::vector<std::optional<UrlRecord>> stored;
  if (absl::Status status = store_->reader().MultiGetUrls(keys, &stored); !status.ok()) {
    return status;
  }
  size_t new_count = 0;
  absl::flat_hash_set<LiveHost*> touched;
  absl::flat_hash_map<UrlKey, std::string> batch;
  for (size_t i = 0; i < links.size(); ++i) {
    const LinkRecord& link = links[i].link;
    if (stored[i].has_value() && stored[i]->path == link.path) continue;
    absl::StatusOr<LiveHost*> host = GetOrLoadHost(links[i].key.host_key(), link.origin);
    if (!host.ok()) return host.status();
    if (*host == nullptr) continue;
    UrlKey key = links[i].key;
    if (stored[i].has_value() || batch.contains(key)) {
      bool known = false;
      absl::StatusOr<UrlKey> free = FreeKey(key, link.path, batch, &known);
      if (!free.ok()) return free.status();
      if (known) continue;
      key = *free;
    }
    batch[key] = link.path;
    InsertNew(*host, key, link, now, commit);
    touched.insert(*host);
    ++new_count;
  }
  for (LiveHost* host : touched) {
    Put(host, commit);
    Schedule(host);
  }
  if (inserted != nullptr) *inserted = new_count;
  return absl::OkStatus();
}

// Ids that collide take the next free one, as in a hash table with linear probing.
absl::StatusOr<UrlKey> Frontier::FreeKey(UrlKey key, const std::string& path,
                                         const absl::flat_hash_map<UrlKey, std::string>& batch,
                                         bool* known) const {
  for (;; ++key.url) {
    const auto it = batch.find(key);
    if (it != batch.end()) {
      if (it->second != path) continue;
      *known = true;
      return key;
    }
    absl::StatusOr<std::optional<UrlRecord>> stored = store_->reader().GetUrl(key);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return key;
    if ((*stored)->path == path) {
      *known = true;
      return key;
    }
  }
}

void Frontier::InsertNew(LiveHost* host, const UrlKey& key, const LinkRecord& link, absl::Time now,
                         Commit* commit) {
  ReadyUrl url;
  UrlRecord& record = url.record;
  record.path = link.path;
  record.depth = link.depth;
  record.redirects = link.redirects;
  record.priority = link.priority;
  record.found_on = link.found_on;
  record.discovered = now;
  ++host->record.known_count;
  if (options_.max_depth >= 0 && link.depth > options_.max_depth) {
    record.state = UrlState::kExcluded;
    record.reason = Reason::kDepth;
  } else if (link.redirects > options_.max_redirects) {
    record.state = UrlState::kExcluded;
    record.reason = Reason::kRedirectLimit;
  } else {
    url.key = {key, link.priority, NextEnqueuedUs(now), Lane::kReady};
    record.enqueued = absl::FromUnixMicros(url.key.enqueued_us);
    commit->PutQueueEntry(url.key);
  }
  if (record.state != UrlState::kQueued) record.lane = Lane::kNone;
  commit->PutUrl(key, record);
  if (record.state == UrlState::kQueued) {
    AddQueued(host, 1);
    Enqueue(host, std::move(url));
  }
}

int64_t Frontier::NextEnqueuedUs(absl::Time now) {
  last_enqueued_us_ = std::max(last_enqueued_us_ + 1, absl::ToUnixMicros(now));
  return last_enqueued_us_;
}

// The entry is in the commit; this puts it into the window where it belongs there.
void Frontier::Enqueue(LiveHost* host, ReadyUrl url) {
  const bool in_window =
      host->all_in_window || (host->window_end.has_value() && !(*host->window_end < url.key));
  if (!in_window) {
    std::optional<QueueKey>& head = host->record.queue_head;
    if (head.has_value() && url.key < *head) head = url.key;
    return;
  }
  const auto place =
      std::upper_bound(host->window.begin(), host->window.end(), url,
                       [](const ReadyUrl& a, const ReadyUrl& b) { return a.key < b.key; });
  host->window.insert(place, std::move(url));
  if (host->window.size() > options_.window_count) {
    host->window.pop_back();
    host->window_end = host->window.back().key;
    host->all_in_window = false;
  }
}

absl::Status Frontier::FillWindow(LiveHost* host) {
  const std::optional<QueueKey> from =
      host->window_end.has_value() ? host->window_end : host->record.queue_head;
  // One more for `from` itself, which is not to be had again, and those that are being fetched.
  const size_t limit = options_.window_count + 1 + host->urls_in_flight.size();
  absl::StatusOr<std::vector<QueueKey>> entries =
      store_->reader().ReadQueue(host->key, Lane::kReady, from, limit);
  if (!entries.ok()) return entries.status();
  host->all_in_window = entries->size() < limit;

  std::vector<UrlKey> urls;
  std::vector<QueueKey> fresh;
  for (const QueueKey& entry : *entries) {
    const bool seen = host->window_end.has_value() && !(*host->window_end < entry);
    const bool in_flight = std::find(host->urls_in_flight.begin(), host->urls_in_flight.end(),
                                     entry) != host->urls_in_flight.end();
    if (seen || in_flight) continue;
    fresh.push_back(entry);
    urls.push_back(entry.url);
  }
  if (!entries->empty()) host->window_end = entries->back();

  std::vector<std::optional<UrlRecord>> records;
  if (absl::Status status = store_->reader().MultiGetUrls(urls, &records); !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < fresh.size(); ++i) {
    if (!records[i].has_value()) {
      return absl::DataLossError(absl::StrCat("queue entry of ", host->record.origin,
                                              " has no URL record; run inspect verify"));
    }
    host->window.push_back({fresh[i], *std::move(records[i])});
  }
  return absl::OkStatus();
}

// --- Taking
// ----------------------------------------------------------------------------------------------------------

absl::Time Frontier::NextReadyTime() const {
  return delay_queue_.empty() ? absl::InfiniteFuture() : delay_queue_.begin()->first;
}

absl::StatusOr<std::optional<FetchTask>> Frontier::Pop(absl::Time now, Commit* commit) {
  Retire();
  while (!delay_queue_.empty() && delay_queue_.begin()->first <= now) {
    LiveHost* host = hosts_.at(delay_queue_.begin()->second).get();
    absl::StatusOr<std::optional<FetchTask>> task = PopFrom(host, now, commit);
    Schedule(host);
    if (!task.ok() || task->has_value() || !commit->empty()) return task;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<FetchTask>> Frontier::PopFrom(LiveHost* host, absl::Time now,
                                                           Commit* commit) {
  if (!host->hops.empty()) return StartHop(host, now);
  if (!host->robots_loaded) {
    if (absl::Status status = LoadRobots(host); !status.ok()) return status;
  }
  if (host->robots_expire <= now) return StartRobots(host, now);
  for (int excluded = 0; excluded < kMaxExclusionsPerPop; ++excluded) {
    if (host->window.empty() && !host->all_in_window) {
      if (absl::Status status = FillWindow(host); !status.ok()) return status;
    }
    if (host->window.empty()) break;
    if (!host->rules.has_value() || host->rules->Allows(host->window.front().record.path)) {
      std::optional<FetchTask> task = StartPage(host, now);
      if (!commit->empty()) Put(host, commit);
      return task;
    }
    ExcludeFront(host, commit);
  }
  if (!commit->empty()) {
    // Behind the hosts that have waited: there may be more to strike out.
    host->record.next_fetch = std::max(host->record.next_fetch, now);
    Put(host, commit);
  }
  return std::nullopt;
}

void Frontier::ExcludeFront(LiveHost* host, Commit* commit) {
  ReadyUrl& url = host->window.front();
  url.record.state = UrlState::kExcluded;
  url.record.lane = Lane::kNone;
  url.record.reason = Reason::kRobotsDisallowed;
  commit->PutUrl(url.key.url, url.record);
  commit->DeleteQueueEntry(url.key);
  host->window.pop_front();
  AddQueued(host, -1);
}

FetchTask Frontier::StartTask(LiveHost* host, FetchTask::Kind kind, std::string url,
                              absl::Time now) {
  ++host->in_flight;
  const absl::Duration delay = HostDelay(options_.politeness, host->record);
  host->record.next_fetch = now + delay;
  FetchTask task;
  task.kind = kind;
  task.host = host->key;
  task.url = std::move(url);
  task.start = now;
  task.keep_alive = delay <= kKeepAliveWithin && (!host->window.empty() || !host->all_in_window);
  return task;
}

FetchTask Frontier::StartPage(LiveHost* host, absl::Time now) {
  ReadyUrl url = std::move(host->window.front());
  host->window.pop_front();
  host->urls_in_flight.push_back(url.key);
  FetchTask task = StartTask(host, FetchTask::Kind::kPage,
                             absl::StrCat(host->record.origin, url.record.path), now);
  task.queue = url.key;
  task.record = std::move(url.record);
  return task;
}

FetchTask Frontier::StartRobots(LiveHost* host, absl::Time now) {
  host->robots_in_flight = true;
  FetchTask task = StartTask(host, FetchTask::Kind::kRobots,
                             absl::StrCat(host->record.origin, "/robots.txt"), now);
  task.robots_for = host->key;
  return task;
}

FetchTask Frontier::StartHop(LiveHost* host, absl::Time now) {
  RobotsHop hop = std::move(host->hops.front());
  host->hops.pop_front();
  FetchTask task = StartTask(host, FetchTask::Kind::kRobots, std::move(hop.url), now);
  task.robots_for = hop.robots_for;
  task.robots_hops = hop.hops;
  return task;
}

// --- Ending
// ----------------------------------------------------------------------------------------------------------

void Frontier::ForgetInFlight(LiveHost* host, const QueueKey& key) {
  auto& urls = host->urls_in_flight;
  urls.erase(std::find(urls.begin(), urls.end(), key));
}

void Frontier::Release(const FetchTask& task, const HostObservation& seen, Commit* commit) {
  LiveHost* host = hosts_.at(task.host.host).get();
  --host->in_flight;
  const bool was_parked = host->parked();
  Observe(options_.politeness, seen, &host->record);
  if (host->parked() && !was_parked) Park(host, host->record.reason);
  // Of a page, Complete() will write the host.
  if (task.kind == FetchTask::Kind::kRobots) Put(host, commit);
  Schedule(host);
}

void Frontier::Complete(const FetchTask& task, const FetchOutcome& outcome, absl::Time now,
                        Commit* commit) {
  LiveHost* host = hosts_.at(task.host.host).get();
  ForgetInFlight(host, task.queue);
  commit->DeleteQueueEntry(task.queue);

  ReadyUrl url{task.queue, task.record};
  UrlRecord& record = url.record;
  record.state = outcome.verdict.state;
  record.lane = record.state == UrlState::kQueued ? Lane::kReady : Lane::kNone;
  record.reason = outcome.verdict.reason;
  record.http_status = outcome.http_status;
  record.detail = outcome.detail;
  record.last_fetch = now;
  if (record.state == UrlState::kQueued) {
    ++record.failures;
    url.key.enqueued_us = NextEnqueuedUs(now);
    record.enqueued = absl::FromUnixMicros(url.key.enqueued_us);
    commit->PutQueueEntry(url.key);
    commit->PutUrl(url.key.url, record);
    Enqueue(host, std::move(url));
  } else {
    if (record.state == UrlState::kFetched) {
      record.failures = 0;
      record.etag = outcome.etag;
      record.last_modified = outcome.last_modified;
      record.digest = outcome.digest;
      ++host->record.page_count;
      host->record.body_bytes += outcome.body_bytes;
    }
    commit->PutUrl(url.key.url, record);
    AddQueued(host, -1);
  }

  Put(host, commit);
  Schedule(host);
}

// --- robots.txt
// ------------------------------------------------------------------------------------------------------

absl::Status Frontier::LoadRobots(LiveHost* host) {
  absl::StatusOr<std::optional<RobotsRecord>> stored = store_->reader().GetRobots(host->key);
  if (!stored.ok()) return stored.status();
  host->robots_loaded = true;
  if (stored->has_value()) ApplyRules(host, **stored);
  return absl::OkStatus();
}

void Frontier::ApplyRules(LiveHost* host, const RobotsRecord& record) {
  host->robots_expire = record.expires;
  host->rules.reset();
  if (record.outcome == RobotsPolicy::kDisallowAll) return;
  host->record.crawl_delay = absl::ZeroDuration();
  if (record.outcome != RobotsPolicy::kRules) return;
  host->rules = RobotsTxt::Parse(record.body, options_.product_token);
  host->record.crawl_delay = host->rules->crawl_delay().value_or(absl::ZeroDuration());
}

void Frontier::SetRobots(const HostKey& key, const RobotsAnswer& answer, absl::Time now,
                         Commit* commit) {
  const auto it = hosts_.find(key.host);
  if (it == hosts_.end()) return;
  LiveHost* host = it->second.get();
  host->robots_in_flight = false;
  RobotsRecord record;
  record.http_status = answer.http_status;
  record.reason = answer.reason;
  record.fetched = now;
  if (IsUnreachable(answer)) {
    record.outcome = RobotsPolicy::kDisallowAll;
    record.expires = now;
    // Behind a redirect the host itself answered, so its own back-off does not grow: these tries
    // have their own.
    ++host->robots_tries;
    host->record.next_fetch = std::max(host->record.next_fetch,
                                       now + BackoffAfter(options_.politeness, host->robots_tries));
    const bool give_up = answer.reason == Reason::kAddressRefused ||
                         host->robots_tries >= options_.politeness.max_tries;
    if (give_up && !host->parked()) {
      Park(host, answer.http_status == 0 && answer.reason != Reason::kNone
                     ? answer.reason
                     : Reason::kRobotsUnreachable);
    }
  } else {
    host->robots_tries = 0;
    const bool has_rules = OutcomeForStatus(answer.http_status) == RobotsOutcome::kParse;
    record.outcome = has_rules ? RobotsPolicy::kRules : RobotsPolicy::kAllowAll;
    if (has_rules) record.body = answer.body;
    record.expires = now + options_.politeness.robots_ttl;
    ApplyRules(host, record);
    // The request that told us of a Crawl-delay is the first that it counts from.
    host->record.next_fetch =
        std::max(host->record.next_fetch, now + HostDelay(options_.politeness, host->record));
  }
  commit->PutRobots(key, record);
  Put(host, commit);
  Schedule(host);
}

absl::StatusOr<bool> Frontier::RequestRobots(RobotsHop hop) {
  absl::StatusOr<LiveHost*> host = GetOrLoadHost(hop.host, hop.origin);
  if (!host.ok()) return host.status();
  if (*host == nullptr || (*host)->parked() || (*host)->hops.size() >= kMaxWaitingHops)
    return false;
  (*host)->hops.push_back(std::move(hop));
  Schedule(*host);
  return true;
}

// --- Bookkeeping
// -----------------------------------------------------------------------------------------------------

void Frontier::AddQueued(LiveHost* host, int64_t delta) {
  host->record.queued_count += delta;
  if (!host->parked()) pending_ += delta;
}

void Frontier::Park(LiveHost* host, Reason reason) {
  host->record.state = HostState::kParked;
  host->record.reason = reason;
  host->rules.reset();  // nothing is judged by them before the next run
  pending_ -= host->record.queued_count;
  ++parked_;
  ++parked_by_reason_[static_cast<size_t>(reason)];
}

void Frontier::Put(LiveHost* host, Commit* commit) {
  std::optional<QueueKey> head;
  bool known = true;
  const auto consider = [&](const QueueKey& key) {
    if (!head.has_value() || key < *head) head = key;
  };
  for (const QueueKey& key : host->urls_in_flight) consider(key);
  if (!host->window.empty()) consider(host->window.front().key);
  if (!host->all_in_window) {
    const std::optional<QueueKey>& rest =
        host->window_end.has_value() ? host->window_end : host->record.queue_head;
    if (rest.has_value()) {
      consider(*rest);
    } else {
      known = false;
    }
  }
  host->record.queue_head = known ? head : std::nullopt;
  HostRecord& record = host->record;
  const bool in_front = record.front_due != absl::InfinitePast();
  if (in_front != (record.queued_count > 0)) {
    if (!in_front) record.front_due = absl::FromUnixMicros(last_enqueued_us_);
    const FrontKey entry{shard_, absl::ToUnixMicros(record.front_due), host->key.host};
    if (in_front) {
      commit->DeleteFrontEntry(entry);
      record.front_due = absl::InfinitePast();
    } else {
      commit->PutFrontEntry(entry);
    }
  }
  commit->PutHost(host->key, host->record);
}

bool Frontier::HasWork(const LiveHost& host) const {
  if (!host.hops.empty()) return true;
  if (host.parked() || host.robots_in_flight) return false;
  return !host.window.empty() || !host.all_in_window;
}

void Frontier::Schedule(LiveHost* host) {
  const bool wanted = host->in_flight < options_.per_host_concurrency && HasWork(*host);
  const absl::Time when = wanted ? host->record.next_fetch : absl::InfiniteFuture();
  if (!HasWork(*host) && host->in_flight == 0) maybe_idle_.push_back(host->key.host);
  if (when == host->scheduled) return;
  if (host->scheduled != absl::InfiniteFuture()) {
    delay_queue_.erase({host->scheduled, host->key.host});
  }
  host->scheduled = when;
  if (wanted) delay_queue_.insert({when, host->key.host});
}

// Hosts with nothing to do leave memory; their record on disk is up to date by now.
void Frontier::Retire() {
  for (const HostId id : maybe_idle_) {
    const auto it = hosts_.find(id);
    if (it == hosts_.end()) continue;
    const LiveHost& host = *it->second;
    const bool busy = host.in_flight > 0 || !host.urls_in_flight.empty() || host.robots_in_flight;
    if (busy || HasWork(host) || host.parked()) continue;
    hosts_.erase(it);
  }
  maybe_idle_.clear();
}

}  // namespace spindle
