#include "shard/frontier.h"

#include <algorithm>
#include <forward_list>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "parsers/http_date.h"
#include "shard/budgets.h"
#include "shard/recrawl.h"

namespace spindle {
namespace {

// URLs that robots.txt disallows are struck out by Pop(), at most so many in one call: a host with
// a million of them must not hold up the others.
constexpr size_t kMaxExclusionsPerPop = 64;

// Nor, where robots.txt makes each of them cost milliseconds, once so many bytes were searched: a
// millisecond or a few, with what the last URL may take on top (RobotsLimits::max_search_bytes).
constexpr size_t kMaxSearchedBytesPerPop = size_t{1} << 20;

// Redirected requests for robots.txt that may wait for one host: it is a stranger's wish, and the
// host's own pages wait behind them.
constexpr size_t kMaxWaitingHops = 64;

// A keep-alive connection is worth its socket where the next request comes this soon.
constexpr absl::Duration kKeepAliveWithin = absl::Seconds(10);

// Changes of a host's lore that a death may take.
constexpr int kLoreSaveEvery = 64;

}  // namespace

Frontier::Frontier(ShardId shard, const FrontierOptions& options, CrawlStore* store,
                   FrontierCaches* caches, RequestClocks* clocks)
    : options_(options),
      store_(store),
      own_caches_(caches == nullptr ? std::make_unique<FrontierCaches>() : nullptr),
      own_clocks_(clocks == nullptr ? std::make_unique<RequestClocks>() : nullptr),
      caches_(caches == nullptr ? own_caches_.get() : caches),
      hosts_(shard, &options_, store, clocks == nullptr ? own_clocks_.get() : clocks,
             &caches_->robots, &caches_->seen),
      inserter_(shard, &options_, store, &caches_->seen, &hosts_),
      robots_(&options_, store, &caches_->robots, &hosts_) {}

Frontier::~Frontier() = default;

absl::Status Frontier::Load(absl::Time now,
                            absl::FunctionRef<void(const HostKey&, const HostRecord&)> visit) {
  return hosts_.Load(now, [&](const HostKey& key, const HostRecord& record) {
    known_urls_ += record.known_count;
    visit(key, record);
  });
}

absl::Status Frontier::Insert(absl::Span<const InsertedLink> links, absl::Time now, Commit* commit,
                              size_t* inserted) {
  // Hosts that are not live are read again, which a commit under way would make wrong.
  if (commit->empty()) hosts_.Sweep();
  size_t new_count = 0;
  absl::Status status = inserter_.Insert(links, now, commit, &new_count);
  known_urls_ += new_count;
  if (inserted != nullptr) *inserted = new_count;
  return status;
}

// --- Taking

absl::StatusOr<std::optional<FetchTask>> Frontier::Pop(absl::Time now, Commit* commit) {
  hosts_.Sweep();
  // What is due in the front may be much, with nothing to fetch there.
  for (bool widened = false;; widened = true) {
    while (LiveHost* host = hosts_.FirstReady(now)) {
      absl::StatusOr<std::optional<FetchTask>> task = PopFrom(host, now, commit);
      hosts_.Schedule(host);
      if (!task.ok() || task->has_value()) return task;
      hosts_.MaybeLeave(host, now, commit);
      if (!commit->empty()) return task;
    }
    if (widened || !hosts_.FrontIsDue(now)) return std::optional<FetchTask>();
    if (absl::Status status = hosts_.Widen(now, commit); !status.ok()) return status;
    if (!commit->empty()) return std::optional<FetchTask>();
  }
}

absl::StatusOr<std::optional<FetchTask>> Frontier::PopFrom(LiveHost* host, absl::Time now,
                                                           Commit* commit) {
  if (hosts_.clocks().MustWait(host, now)) return std::nullopt;
  absl::StatusOr<std::optional<FetchTask>> task = TakeFrom(host, now, commit);
  if (!task.ok() || !task->has_value()) hosts_.clocks().Cancel(host->record, now);
  return task;
}

absl::StatusOr<std::optional<FetchTask>> Frontier::TakeFrom(LiveHost* host, absl::Time now,
                                                            Commit* commit) {
  // Others' requests and its own take turns.
  const bool own_turn = std::exchange(host->hopped, false) && hosts_.HasOwnWork(*host);
  if (!host->hops.empty() && !own_turn) return StartHop(host, now);
  if (host->record.robots_expire <= now) return StartRobots(host, now);
  const Reason parked_for = host->record.reason;
  const absl::StatusOr<bool> allowed = hosts_.MindBudget(host, now);
  if (!allowed.ok()) return allowed.status();
  if (!*allowed) return std::nullopt;
  if (host->record.reason != parked_for) {
    hosts_.Put(host, now, commit);
    return std::nullopt;
  }
  absl::StatusOr<std::optional<FetchTask>> task = TakePage(host, now, commit);
  if (task.ok() && !commit->empty()) {
    // Behind the hosts that have waited: there may be more to strike out.
    host->record.next_fetch = std::max(host->record.next_fetch, now);
    hosts_.Put(host, now, commit);
  }
  return task;
}

// The next URL of the host's queue that may be fetched.
absl::StatusOr<std::optional<FetchTask>> Frontier::TakePage(LiveHost* host, absl::Time now,
                                                            Commit* commit) {
  const absl::StatusOr<const RobotsTxt*> rules = robots_.RulesOf(*host);
  if (!rules.ok()) return rules.status();
  // What is struck out is in the store until the commit, so it must not be taken again before.
  std::vector<QueueKey> passed_over;
  const absl::Cleanup end = [&] {
    for (const QueueKey& entry : passed_over) host->queue.End(entry);
  };
  size_t searched = 0;
  while (passed_over.size() < kMaxExclusionsPerPop && searched < kMaxSearchedBytesPerPop) {
    const absl::StatusOr<std::optional<QueueKey>> entry = host->queue.Take(
        store_->reader(), host->record, now, hosts_.ChoiceOf(*host), options_.window_count);
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) break;
    absl::StatusOr<std::optional<UrlRecord>> record = store_->reader().GetUrl((*entry)->url);
    if (!record.ok()) return record.status();
    if (!record->has_value()) {
      return absl::DataLossError(absl::StrCat("queue entry of ", host->record.origin,
                                              " has no URL record; run inspect verify"));
    }
    const bool allowed = *rules == nullptr || (*rules)->Allows((*record)->path, &searched);
    if (allowed && (!host->over_budget() || (*record)->stored != absl::InfinitePast())) {
      return StartPage(host, **entry, **std::move(record), now);
    }
    passed_over.push_back(**entry);
    if (!allowed) {
      ++disallowed_count_;
      Exclude(host, **entry, **std::move(record), Reason::kRobotsDisallowed, commit);
    } else {
      Postpone(host, **entry, **std::move(record), now, commit);
    }
  }
  return std::nullopt;
}

void Frontier::Exclude(LiveHost* host, const QueueKey& key, UrlRecord record, Reason reason,
                       Commit* commit) {
  hosts_.RemoveEntry(host, key, commit);
  record.state = UrlState::kExcluded;
  record.lane = Lane::kNone;
  record.reason = reason;
  commit->PutUrl(key.url, record);
}

// What may bring a new page waits where its host is over its budget: a try again with the new URLs,
// a visit to what was missing for another while.
void Frontier::Postpone(LiveHost* host, const QueueKey& key, UrlRecord record, absl::Time now,
                        Commit* commit) {
  hosts_.RemoveEntry(host, key, commit);
  if (key.lane == Lane::kRecrawl) {
    hosts_.AddEntry(host, key.url, &record, Lane::kRecrawl, now + options_.recrawl.missing_interval,
                    commit);
  } else {
    hosts_.AddEntry(host, key.url, &record, Lane::kReady, now, commit);
  }
  commit->PutUrl(key.url, record);
}

FetchTask Frontier::StartTask(LiveHost* host, FetchTask::Kind kind, std::string url,
                              absl::Time now) {
  ++host->in_flight;
  const absl::Duration delay = HostDelay(options_.politeness, host->record);
  host->record.next_fetch = now + delay;
  FetchTask task;
  task.kind = kind;
  task.host = host->key();
  task.url = std::move(url);
  task.start = now;
  task.keep_alive = delay <= kKeepAliveWithin && host->queue.anything_ready();
  task.delay = delay;
  task.waited = host->clock_waited;
  task.clock = hosts_.clocks().KeyOf(host->record);
  task.addresses = host->record.addresses;
  task.addresses_expire = host->record.addresses_expire;
  return task;
}

absl::StatusOr<std::optional<FetchTask>> Frontier::StartPage(LiveHost* host, const QueueKey& key,
                                                             UrlRecord record, absl::Time now) {
  if (absl::Status status = hosts_.CountUnderWay(host, record, 1); !status.ok()) return status;
  FetchTask task =
      StartTask(host, FetchTask::Kind::kPage, absl::StrCat(host->record.origin, record.path), now);
  task.queue = key;
  task.record = std::move(record);
  if (key.lane == Lane::kRecrawl) task.record.failures = 0;  // those of the visit before
  return task;
}

FetchTask Frontier::StartRobots(LiveHost* host, absl::Time now) {
  host->robots_in_flight = true;
  FetchTask task = StartTask(host, FetchTask::Kind::kRobots,
                             absl::StrCat(host->record.origin, "/robots.txt"), now);
  task.robots_for = host->key();
  return task;
}

FetchTask Frontier::StartHop(LiveHost* host, absl::Time now) {
  RobotsHop hop = std::move(host->hops.front());
  host->hops.pop_front();
  host->hopped = true;
  FetchTask task = StartTask(host, FetchTask::Kind::kRobots, std::move(hop.url), now);
  task.robots_for = hop.robots_for;
  task.robots_hops = hop.hops;
  return task;
}

// --- Ending

void Frontier::Release(const FetchTask& task, const HostObservation& seen, Commit* commit) {
  LiveHost* host = hosts_.At(task.host.host);
  --host->in_flight;
  host->clock_waited = false;
  const HostState state = host->record.state;
  const Reason reason = host->record.reason;
  HostObservation own = seen;
  own.failed_together = task.start < host->last_failure;
  if (own.failed && !own.failed_together) host->last_failure = CompactTime(seen.now);
  Observe(options_.politeness, own, &host->record);
  if (task.kind == FetchTask::Kind::kPage && seen.answered && !seen.failed) {
    host->record.revivals = 0;
  }
  if (seen.retry_after.has_value()) {
    hosts_.clocks().Hold(host->record, PauseEnd(options_.politeness, seen));
  }
  if (host->record.reason != reason) {
    host->record.state = state;
    hosts_.Park(host, std::exchange(host->record.reason, reason), seen.now);
  }
  // Of a page, Complete() will write the host.
  const bool robots = task.kind == FetchTask::Kind::kRobots;
  if (robots) hosts_.Put(host, seen.now, commit);
  hosts_.Schedule(host);
  if (robots) hosts_.MaybeLeave(host, seen.now, commit);
}

absl::Status Frontier::Defer(const FetchTask& task, absl::Time until, absl::Time now,
                             Commit* commit) {
  LiveHost* host = hosts_.At(task.host.host);
  --host->in_flight;
  host->record.next_fetch = std::max(host->record.next_fetch, until);
  host->clock_waited = true;
  if (task.kind == FetchTask::Kind::kPage) {
    if (absl::Status status = EndPage(host, task); !status.ok()) return status;
    host->queue.PutBack(task.queue, &host->record);
  } else if (task.robots_hops == 0) {
    host->robots_in_flight = false;
  } else {
    hosts_.PutBackHop(
        host, {task.host, host->record.origin, task.url, task.robots_for, task.robots_hops});
  }
  hosts_.Schedule(host);
  hosts_.MaybeLeave(host, now, commit);
  return absl::OkStatus();
}

absl::Status Frontier::Complete(const FetchTask& task, const FetchOutcome& outcome, absl::Time now,
                                Commit* commit) {
  LiveHost* host = hosts_.At(task.host.host);
  if (absl::Status status = EndPage(host, task); !status.ok()) return status;
  host->queue.End(task.queue);
  hosts_.RemoveEntry(host, task.queue, commit);
  ++host->turn_count;

  UrlRecord record = task.record;
  record.state = outcome.verdict.state;
  record.lane = Lane::kNone;
  record.reason = outcome.verdict.reason;
  record.http_status = outcome.http_status;
  record.detail = outcome.detail;
  record.last_fetch = now;
  if (record.state == UrlState::kQueued) {
    ++record.failures;
    hosts_.AddEntry(host, task.queue.url, &record, Lane::kRetry,
                    now + BackoffAfter(options_.politeness, record.failures), commit);
  } else {
    absl::Status status = EndForNow(host, task.queue.url, outcome, now, &record, commit);
    if (!status.ok()) return status;
  }
  commit->PutUrl(task.queue.url, record);
  if (host->lore != nullptr && host->lore->change_count() >= kLoreSaveEvery) {
    host->lore->Save(host->key(), commit);
  }
  hosts_.Put(host, now, commit);
  hosts_.Schedule(host);
  hosts_.MaybeLeave(host, now, commit);
  return absl::OkStatus();
}

absl::Status Frontier::EndPage(LiveHost* host, const FetchTask& task) {
  host->budget_waits = false;
  return hosts_.CountUnderWay(host, task.record, -1);
}

// No try again follows; perhaps a visit does. `record` has the outcome's state.
absl::Status Frontier::EndForNow(LiveHost* host, const UrlKey& key, const FetchOutcome& outcome,
                                 absl::Time now, UrlRecord* record, Commit* commit) {
  if (record->state == UrlState::kFetched &&
      IsUnchanged(outcome.http_status, record->digest, outcome.digest)) {
    record->state = UrlState::kUnchanged;
  }
  if (record->state == UrlState::kFailed) ++record->failures;
  if (record->state == UrlState::kFetched || record->state == UrlState::kUnchanged) {
    record->failures = 0;
    if (outcome.http_status != 304) {
      record->etag = outcome.etag;
      record->last_modified = outcome.last_modified;
      record->digest = outcome.digest;
    }
    // A page that is visited again is no new one: it takes nothing of the budgets, and that it
    // repeats itself says nothing of its area.
    if (outcome.stored && record->stored == absl::InfinitePast()) {
      absl::Status status = CountPage(host, outcome, record->path, commit);
      if (!status.ok()) return status;
    }
    if (outcome.stored) record->stored = outcome.fetched;
  }
  const RecrawlObservation seen{now, record->state, ParseHttpDate(outcome.last_modified, now)};
  const RecrawlHistory history = Reschedule(options_.recrawl, HistoryOf(*record), seen);
  SetHistory(history, record);
  if (history.due < absl::InfiniteFuture()) {
    hosts_.AddEntry(host, key, record, Lane::kRecrawl, history.due, commit);
  }
  return absl::OkStatus();
}

absl::Status Frontier::CountPage(LiveHost* host, const FetchOutcome& outcome,
                                 absl::string_view path, Commit* commit) {
  ++host->record.page_count;
  host->record.body_bytes += outcome.body_bytes;
  if (HasDomainBudgets(options_.budgets)) {
    const absl::StatusOr<LiveDomain*> domain = hosts_.table().GetDomain(*host);
    if (!domain.ok()) return domain.status();
    ++(*domain)->state.use.page_count;
    (*domain)->state.use.body_bytes += outcome.body_bytes;
    commit->PutDomain((*domain)->key, (*domain)->record());
  }
  const absl::StatusOr<HostLore*> lore = hosts_.table().LoreOf(host);
  if (lore.ok() && *lore != nullptr) {
    (*lore)->ObservePage(options_, path, outcome.simhash, outcome.copy);
  }
  return lore.status();
}

absl::Status Frontier::SetRobots(const HostKey& key, const RobotsAnswer& answer, absl::Time now,
                                 Commit* commit) {
  LiveHost* const host = hosts_.Find(key.host);
  if (host == nullptr) return absl::OkStatus();
  host->robots_in_flight = false;
  if (absl::Status status = robots_.Set(host, answer, now, commit); !status.ok()) return status;
  hosts_.Put(host, now, commit);
  hosts_.Schedule(host);
  hosts_.MaybeLeave(host, now, commit);
  return absl::OkStatus();
}

absl::StatusOr<bool> Frontier::RequestRobots(RobotsHop hop) {
  absl::StatusOr<LiveHost*> host = hosts_.GetOrLoad(hop.host, hop.origin);
  if (!host.ok()) return host.status();
  const bool dead = (*host)->parked() && !(*host)->over_budget();
  std::forward_list<RobotsHop>& hops = (*host)->hops;
  size_t waiting = 0;
  auto last = hops.before_begin();
  for (auto next = hops.begin(); next != hops.end(); last = next++) ++waiting;
  if (dead || waiting >= kMaxWaitingHops) return false;
  hosts_.MakeLive(*host);
  hops.insert_after(last, std::move(hop));
  hosts_.Schedule(*host);
  return true;
}

void Frontier::SetAddresses(const HostKey& key, absl::string_view addresses, absl::Time expire) {
  LiveHost* const host = hosts_.Find(key.host);
  if (host == nullptr) return;
  host->record.addresses = std::string(addresses);
  host->record.addresses_expire = expire;
}

}  // namespace spindle
