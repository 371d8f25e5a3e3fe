#include "shard/live_hosts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "shard/budgets.h"
#include "shard/politeness.h"

namespace spindle {
namespace {

// Hosts that become live at once.
constexpr size_t kFrontBatch = 16;

// A host that has nothing to fetch for longer leaves memory.
constexpr absl::Duration kMaxLiveWait = absl::Minutes(1);

// With all places taken, the front is looked at again after this.
constexpr absl::Duration kFrontRetry = absl::Milliseconds(100);

// Pages that a host may have fetched before it makes room for one that waits.
constexpr uint32_t kTurnPages = 128;

// What is under way at other hosts may use up the budget of a domain: its hosts look again after
// this. There may be many, so they are not all told of each page that ends.
constexpr absl::Duration kDomainWait = absl::Seconds(1);

// A host over its domain's budget looks again after this, where links to the domain raise it.
constexpr absl::Duration kBudgetLook = absl::Hours(1);

// Known URLs worth recalling for each page to come: a page links to about as many of its host.
constexpr uint64_t kRecalledPerPage = 64;

// Hosts that are asked to make room, the ones with the longest wait first.
constexpr int kMaxLeaving = 8;

// Changes that Load() applies in one commit.
constexpr size_t kLoadCommitBytes = 1 << 20;

}  // namespace

LiveHosts::LiveHosts(ShardId shard, const FrontierOptions* options, CrawlStore* store,
                     RequestClocks* clocks, RobotsCache* rules, SeenCache* seen)
    : shard_(shard),
      options_(*options),
      store_(store),
      rules_(rules),
      seen_(seen),
      hosts_(shard, store, options->suffixes,
             std::max(options->min_idle_hosts, options->max_live_hosts / 4)),
      front_(shard),
      clocks_(options, &hosts_, clocks) {}

absl::Status LiveHosts::Load(absl::Time now,
                             absl::FunctionRef<void(const HostKey&, const HostRecord&)> visit) {
  started_ = now;
  Commit commit = store_->NewCommit();
  absl::Status applied;
  const auto put = [&](const HostKey& key, const HostRecord& record) {
    commit.PutHost(key, record);
    if (commit.size_bytes() > kLoadCommitBytes) applied.Update(store_->Apply(commit));
  };
  absl::Status status =
      store_->reader().ForEachHost(shard_, [&](const HostKey& key, const HostRecord& stored) {
        visit(key, stored);
        clocks_.HoldAfterRestart(stored, now);
        ++known_count_;
        pending_ += stored.queued_count;
        HostRecord record = stored;
        const bool has_work = record.queued_count + record.recrawl_count > 0;
        // A run without visits may have put a host off until its next try of something else.
        const bool visit_first = options_.visit_again && record.recrawl_count > 0 &&
                                 record.recrawl_due < record.front_due;
        if (record.state == HostState::kParked) {
          HoldAfterRestart(options_.politeness, now, &record);
          if (has_work) front_.Put(key.host, now, &record, &commit);
          if (!has_work) front_.Remove(key.host, &record, &commit);
          put(key, record);
        } else if (visit_first) {
          front_.Put(key.host, record.recrawl_due, &record, &commit);
          put(key, record);
        }
        return applied.ok();
      });
  status.Update(applied);
  if (status.ok()) status = store_->Apply(commit);
  return status;
}

absl::StatusOr<LiveHost*> LiveHosts::GetOrLoad(const HostKey& key, absl::string_view origin) {
  bool is_new = false;
  absl::StatusOr<LiveHost*> host = hosts_.GetOrCreate(key, origin, &is_new);
  if (!host.ok()) return host;
  known_count_ += is_new ? 1 : 0;
  HoldIfJustRead(*host);
  return host;
}

// When a stored host was asked last is unknown: the process may have died before it could be
// written.
void LiveHosts::HoldIfJustRead(LiveHost* host) const {
  if (!std::exchange(host->just_read, false)) return;
  host->record.next_fetch =
      std::max(host->record.next_fetch, started_ + HostDelay(options_.politeness, host->record));
}

// --- Their queues

int64_t LiveHosts::NextEnqueuedUs(absl::Time now) {
  last_enqueued_us_ = std::max(last_enqueued_us_ + 1, absl::ToUnixMicros(now));
  return last_enqueued_us_;
}

void LiveHosts::AddEntry(LiveHost* host, const UrlKey& key, UrlRecord* record, Lane lane,
                         absl::Time time, Commit* commit) {
  const bool by_age = lane == Lane::kReady || lane == Lane::kParked;
  record->lane = lane;
  record->enqueued = absl::FromUnixMicros(by_age ? NextEnqueuedUs(time) : absl::ToUnixMicros(time));
  const QueueKey entry = *QueueEntryOf(key, *record);
  commit->PutQueueEntry(entry);
  Count(host, lane, 1);
  host->queue.Add(entry, host->live ? options_.window_count : 0, &host->record);
}

void LiveHosts::RemoveEntry(LiveHost* host, const QueueKey& entry, Commit* commit) {
  commit->DeleteQueueEntry(entry);
  Count(host, entry.lane, -1);
}

void LiveHosts::Count(LiveHost* host, Lane lane, int64_t delta) {
  HostRecord& record = host->record;
  switch (lane) {
    case Lane::kRetry:
      record.retry_count += delta;
      [[fallthrough]];
    case Lane::kReady:
      record.queued_count += delta;
      (host->parked() ? resting_ : pending_) += delta;
      break;
    case Lane::kRecrawl:
      record.recrawl_count += delta;
      break;
    case Lane::kParked:
      record.parked_count += delta;
      break;
    case Lane::kNone:
      break;
  }
}

void LiveHosts::Put(LiveHost* host, absl::Time now, Commit* commit) {
  host->queue.SaveHeads(&host->record);
  UpdateFront(host, now, commit);
  commit->PutHost(host->key(), host->record);
}

// --- The front

// A host has an entry exactly while it has something to fetch or is parked, and no later than it
// wants to be looked at.
void LiveHosts::UpdateFront(LiveHost* host, absl::Time now, Commit* commit) {
  HostRecord& record = host->record;
  const HostId id = host->key().host;
  if (record.queued_count + record.recrawl_count == 0 && !host->parked()) {
    return front_.Remove(id, &record, commit);
  }
  if (IsResting(*host)) {
    // Not before; where it was parked before it was read, its entry says when. One that was passed
    // over, because nothing was to be done then, would not be looked at again.
    const bool passed = !host->live && front_.HasPassed(id, record);
    if (!Front::HasEntry(record) || passed || host->revive.has_value()) {
      const absl::Time other = passed ? now : absl::InfiniteFuture();
      front_.Put(id, host->revive.has_value() ? *host->revive : other, &record, commit);
    }
    return;
  }
  const absl::Time wanted = WantedTime(*host, now);
  const bool passed = !host->live && front_.HasPassed(id, record);  // as above
  if (!Front::HasEntry(record) || passed || wanted < record.front_due) {
    front_.Put(id, wanted, &record, commit);
  }
}

// When a host that is not resting wants to be looked at. A run without visits looks for due visits
// where there is nothing else, and passes over them.
absl::Time LiveHosts::WantedTime(const LiveHost& host, absl::Time now) const {
  const bool only_visits = host.record.queued_count == 0;
  absl::Time work = host.queue.WorkTime(only_visits ? HostQueue::Choice::kVisits : ChoiceOf(host));
  if (host.parked() && host.revive.has_value()) work = std::min<absl::Time>(work, *host.revive);
  return std::max({now, work, host.record.next_fetch});
}

absl::Status LiveHosts::Widen(absl::Time now, Commit* commit) {
  if (live_count_ >= options_.max_live_hosts) {
    if (!MakeRoom(now, commit)) front_.WaitUntil(now + kFrontRetry);
    return absl::OkStatus();
  }
  const size_t room = std::min(kFrontBatch, options_.max_live_hosts - live_count_);
  const absl::StatusOr<std::vector<FrontKey>> entries = front_.TakeDue(store_->reader(), now, room);
  if (!entries.ok()) return entries.status();
  for (const FrontKey& entry : *entries) {
    if (absl::Status status = Enter(entry, now, commit); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status LiveHosts::Enter(const FrontKey& entry, absl::Time now, Commit* commit) {
  const absl::StatusOr<LiveHost*> found = hosts_.Get(entry.host_key());
  if (!found.ok()) return found.status();
  LiveHost* const host = *found;
  if (host->live || !Front::IsEntryOf(host->record, entry)) return absl::OkStatus();
  // What is due there waits for a run that visits pages again.
  if (host->record.queued_count == 0 && !options_.visit_again) return absl::OkStatus();
  HoldIfJustRead(host);
  if (IsResting(*host)) {
    Revive(host);
  } else if (host->over_budget()) {
    if (const auto allowed = MindBudget(host, now); !allowed.ok()) return allowed.status();
  }
  MakeLive(host);
  host->clock_waited = true;  // it comes when it was told to, if it was
  Schedule(host);
  MaybeLeave(host, now, commit);
  return host->live ? Recall(*host) : absl::OkStatus();
}

// Most links of its pages will be to URLs of its own that are known: read in one go, they cost a
// fiftieth of what each costs that is looked up alone. Not where they are more than the links.
absl::Status LiveHosts::Recall(const LiveHost& host) {
  const uint64_t pages = std::min<uint64_t>(host.record.queued_count, kTurnPages);
  if (host.record.known_count > kRecalledPerPage * pages) return absl::OkStatus();
  std::vector<SeenCache::Fingerprint> known;
  known.reserve(host.record.known_count);
  absl::Status status =
      store_->reader().ForEachPath(host.key(), [&](const UrlKey& key, absl::string_view path) {
        known.push_back(SeenCache::FingerprintOf(key, path));
        return true;
      });
  constexpr size_t kAhead = 8;
  for (size_t i = 0; i < known.size(); ++i) {
    if (i + kAhead < known.size()) seen_->Prefetch(known[i + kAhead]);
    seen_->Insert(known[i]);
  }
  return status;
}

// Asks the hosts that wait longest to leave; false: none could.
bool LiveHosts::MakeRoom(absl::Time now, Commit* commit) {
  std::vector<LiveHost*> leaving;
  int looked_at = 0;
  for (auto it = delay_queue_.rbegin(); it != delay_queue_.rend() && looked_at < kMaxLeaving;
       ++it, ++looked_at) {
    LiveHost* host = hosts_.At(it->second);
    if (it->first > now + kFrontRetry && !host->busy()) leaving.push_back(host);
  }
  for (LiveHost* host : leaving) Leave(host, now, commit);
  return !leaving.empty();
}

// --- Coming and going

void LiveHosts::MakeLive(LiveHost* host) {
  if (host->live) return;
  host->live = true;
  host->turn_count = 0;
  ++live_count_;
}

// The host goes back to the front, for the time when it has something to fetch.
void LiveHosts::Leave(LiveHost* host, absl::Time now, Commit* commit) {
  if (!IsResting(*host) && Front::HasEntry(host->record)) {
    front_.Put(host->key().host, WantedTime(*host, now), &host->record, commit);
  }
  if (host->scheduled != absl::InfiniteFuture()) {
    delay_queue_.erase({host->scheduled, host->key().host});
    host->scheduled = CompactTime(absl::InfiniteFuture());
  }
  if (host->lore != nullptr) host->lore->Save(host->key(), commit);
  Put(host, now, commit);
  host->live = false;
  host->clock_waited = false;
  // Somebody may have waited for this place.
  if (live_count_-- == options_.max_live_hosts) front_.WaitUntil(absl::InfinitePast());
  host->queue = HostQueue(host->key(), host->record);
}

void LiveHosts::MaybeLeave(LiveHost* host, absl::Time now, Commit* commit) {
  if (!host->live || host->busy()) return;
  const bool others_wait = live_count_ >= options_.max_live_hosts && FrontIsDue(now + kFrontRetry);
  const bool had_its_turn = others_wait && host->turn_count >= kTurnPages;
  if (host->scheduled > now + kMaxLiveWait || had_its_turn) Leave(host, now, commit);
}

// --- Whose turn it is

absl::Time LiveHosts::NextReadyTime() const {
  return delay_queue_.empty() ? front_.due()
                              : std::min<absl::Time>(front_.due(), delay_queue_.begin()->first);
}

LiveHost* LiveHosts::FirstReady(absl::Time now) const {
  const bool none = delay_queue_.empty() || delay_queue_.begin()->first > now;
  return none ? nullptr : hosts_.At(delay_queue_.begin()->second);
}

// Parked, and not even visited again.
bool LiveHosts::IsResting(const LiveHost& host) const {
  return host.parked() && !(options_.visit_again && host.over_budget());
}

HostQueue::Choice LiveHosts::ChoiceOf(const LiveHost& host) const {
  if (host.parked()) return HostQueue::Choice::kVisits;
  return options_.visit_again ? HostQueue::Choice::kAll : HostQueue::Choice::kNew;
}

bool LiveHosts::HasWork(const LiveHost& host) const {
  return !host.hops.empty() || HasOwnWork(host);
}

bool LiveHosts::HasOwnWork(const LiveHost& host) const {
  if (IsResting(host) || host.robots_in_flight || host.budget_waits) return false;
  return host.queue.WorkTime(ChoiceOf(host)) != absl::InfiniteFuture();
}

void LiveHosts::Schedule(LiveHost* host) {
  if (!host->live) return;
  absl::Time when = absl::InfiniteFuture();
  if (host->in_flight < options_.per_host_concurrency && HasWork(*host)) {
    const absl::Time work =
        host->hops.empty() ? host->queue.WorkTime(ChoiceOf(*host)) : absl::InfinitePast();
    when = std::max(host->record.next_fetch, work);
  }
  const CompactTime place(when);
  if (place == host->scheduled) return;
  if (host->scheduled != absl::InfiniteFuture()) {
    delay_queue_.erase({host->scheduled, host->key().host});
  }
  host->scheduled = place;
  if (when != absl::InfiniteFuture()) delay_queue_.insert({place, host->key().host});
}

void LiveHosts::PutBackHop(LiveHost* host, RobotsHop hop) {
  if (IsResting(*host)) {
    refused_.push_back(hop.robots_for);
  } else {
    host->hops.push_front(std::move(hop));
  }
}

// --- Parking

absl::StatusOr<bool> LiveHosts::MindBudget(LiveHost* host, absl::Time now) {
  const BudgetOptions& budgets = options_.budgets;
  if (!HasBudgets(budgets)) return true;
  const BudgetUse use = {host->record.page_count, host->record.body_bytes, host->new_page_count};
  const DomainState none;
  const DomainState* domain = &none;
  if (HasDomainBudgets(budgets)) {
    const absl::StatusOr<LiveDomain*> found = hosts_.GetDomain(*host);
    if (!found.ok()) return found.status();
    domain = &(*found)->state;
  }
  if (const Reason over = JudgeBudget(budgets, use, *domain); over != Reason::kNone) {
    if (!host->parked()) {
      Park(host, over, now);
    } else if (host->revive.has_value() && *host->revive <= now) {
      host->revive = CompactTime(NextLook(over, 0, now));
    }
    return true;
  }
  if (host->over_budget()) Revive(host);
  const Reason soon = JudgeExpected(budgets, use, *domain);
  host->budget_waits = soon == Reason::kHostBudget;
  if (soon == Reason::kDomainBudget) {
    host->record.next_fetch = std::max(host->record.next_fetch, now + kDomainWait);
  }
  return soon == Reason::kNone;
}

absl::Status LiveHosts::CountUnderWay(LiveHost* host, const UrlRecord& url, int delta) {
  if (url.stored != absl::InfinitePast()) return absl::OkStatus();
  host->new_page_count += delta;
  if (!HasDomainBudgets(options_.budgets)) return absl::OkStatus();
  const absl::StatusOr<LiveDomain*> domain = hosts_.GetDomain(*host);
  if (domain.ok()) (*domain)->state.use.under_way_count += delta;
  return domain.status();
}

void LiveHosts::ReconsiderBudget(LiveHost* host, absl::Time now, Commit* commit) {
  if (!host->over_budget()) return;
  if (host->live) {
    Revive(host);
  } else {
    host->revive = CompactTime(now);
    front_.Put(host->key().host, now, &host->record, commit);
  }
  Put(host, now, commit);
  Schedule(host);
}

void LiveHosts::Park(LiveHost* host, Reason reason, absl::Time now) {
  if (host->parked()) CountParked(host->record, -1);
  host->record.state = HostState::kParked;
  host->record.reason = reason;
  host->revive = CompactTime(NextLook(reason, host->record.revivals, now));
  if (IsResting(*host)) {
    rules_->Erase(host->key().host);
    for (const RobotsHop& hop : std::exchange(host->hops, {})) refused_.push_back(hop.robots_for);
  }
  CountParked(host->record, 1);
}

// A domain's budget may grow by links to its other hosts, which tell nobody.
absl::Time LiveHosts::NextLook(Reason reason, uint8_t revivals, absl::Time now) const {
  if (reason == Reason::kDomainBudget && options_.budgets.by_in_links) return now + kBudgetLook;
  return now + RevivalDelay(options_.politeness, reason, revivals);
}

void LiveHosts::Revive(LiveHost* host) {
  CountParked(host->record, -1);
  ReviveHost(options_.politeness, &host->record);
  host->revive.reset();
}

void LiveHosts::CountParked(const HostRecord& host, int delta) {
  parked_ += delta;
  parked_by_reason_[static_cast<size_t>(host.reason)] += delta;
  const int64_t moved = delta * static_cast<int64_t>(host.queued_count);
  pending_ -= moved;
  resting_ += moved;
}

}  // namespace spindle
