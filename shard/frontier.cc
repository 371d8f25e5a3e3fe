#include "shard/frontier.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "parsers/http_date.h"

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

// Hosts that become live at once.
constexpr size_t kFrontBatch = 16;

// A host that has nothing to fetch for longer leaves memory.
constexpr absl::Duration kMaxLiveWait = absl::Minutes(1);

// With all places taken, the front is looked at again after this.
constexpr absl::Duration kFrontRetry = absl::Milliseconds(100);

// Pages that a host may have fetched before it makes room for one that waits.
constexpr uint32_t kTurnPages = 128;

// Hosts that are asked to make room, the ones with the longest wait first.
constexpr int kMaxLeaving = 8;

// Changes of a host's lore that a death may take.
constexpr int kLoreSaveEvery = 64;

// Hosts that are kept in memory without being live, for the links of the next pages.
constexpr size_t kLeastIdleHosts = 64;

// Changes that Load() applies in one commit.
constexpr size_t kLoadCommitBytes = 1 << 20;

FrontKey After(const FrontKey& entry) {
  if (entry.host != UINT64_MAX) return {entry.shard, entry.due_us, entry.host + 1};
  return {entry.shard, entry.due_us + 1, 0};
}

absl::Time DueOf(const FrontKey& entry) {
  return entry.due_us == INT64_MAX ? absl::InfiniteFuture() : absl::FromUnixMicros(entry.due_us);
}

// What RecrawlHistory is to shard/recrawl.h, a record is to the store.
RecrawlHistory HistoryOf(const UrlRecord& record) {
  RecrawlHistory history;
  history.interval = record.interval;
  if (record.lane == Lane::kRecrawl) history.due = record.enqueued;
  history.fetch_count = record.fetch_count;
  history.change_count = record.change_count;
  history.miss_count = record.miss_count;
  return history;
}

void SetHistory(const RecrawlHistory& history, UrlRecord* record) {
  record->interval = history.interval;
  record->fetch_count = history.fetch_count;
  record->change_count = history.change_count;
  record->miss_count = history.miss_count;
}

uint32_t AreaOf(const UrlShape& shape, absl::string_view path) {
  return shape.id != 0 ? shape.id : FolderOf(path);
}

}  // namespace

bool TellsMore(const FrontierOptions& options, const LinkRecord& link) {
  return link.lastmod != absl::InfinitePast() ||
         (options.budgets.by_in_links && link.from_domain != 0);
}

bool IsUnreachable(const RobotsAnswer& answer) {
  const RobotsOutcome outcome = OutcomeForStatus(answer.http_status);
  return answer.reason != Reason::kNone || outcome == RobotsOutcome::kUnreachable ||
         outcome == RobotsOutcome::kUnchanged;
}

Frontier::Frontier(ShardId shard, const FrontierOptions& options, CrawlStore* store,
                   FrontierCaches* caches, SharedClocks* clocks)
    : shard_(shard),
      options_(options),
      store_(store),
      own_caches_(caches == nullptr ? std::make_unique<FrontierCaches>() : nullptr),
      own_clocks_(clocks == nullptr ? std::make_unique<SharedClocks>() : nullptr),
      caches_(caches == nullptr ? own_caches_.get() : caches),
      clocks_(clocks == nullptr ? own_clocks_.get() : clocks),
      hosts_(shard, store, options.suffixes, std::max(kLeastIdleHosts, options.max_live_hosts / 4)),
      front_cursor_{shard, 0, 0} {}

Frontier::~Frontier() = default;

absl::Status Frontier::Load(absl::Time now,
                            absl::FunctionRef<void(const HostKey&, const HostRecord&)> visit) {
  started_ = now;
  Commit commit = store_->NewCommit();
  absl::Status applied;
  const auto revive = [&](const HostKey& key, const HostRecord& record) {
    LiveHost host(key, record);
    HoldAfterRestart(options_.politeness, now, &host.record);
    SetInFront(&host, now, &commit);
    commit.PutHost(key, host.record);
    if (commit.size_bytes() > kLoadCommitBytes) applied.Update(store_->Apply(commit));
  };
  absl::Status status =
      store_->reader().ForEachHost(shard_, [&](const HostKey& key, const HostRecord& record) {
        visit(key, record);
        ++known_hosts_;
        known_urls_ += record.known_count;
        pending_ += record.queued_count;
        const bool parked = record.state == HostState::kParked;
        if (parked && record.front_due != absl::InfinitePast()) revive(key, record);
        return applied.ok();
      });
  status.Update(applied);
  if (status.ok()) status = store_->Apply(commit);
  return status;
}

// --- Hosts in memory
// -------------------------------------------------------------------------------------

absl::StatusOr<LiveHost*> Frontier::GetOrLoadHost(const HostKey& key, absl::string_view origin) {
  bool is_new = false;
  absl::StatusOr<LiveHost*> host = hosts_.GetOrCreate(key, origin, &is_new);
  if (!host.ok()) return host;
  known_hosts_ += is_new ? 1 : 0;
  HoldIfJustRead(*host);
  return host;
}

// When a stored host was asked last is unknown: the process may have died before it could be
// written.
void Frontier::HoldIfJustRead(LiveHost* host) const {
  if (!std::exchange(host->just_read, false)) return;
  host->record.next_fetch =
      std::max(host->record.next_fetch, started_ + HostDelay(options_.politeness, host->record));
}

bool Frontier::HasDomains() const {
  const BudgetOptions& budgets = options_.budgets;
  return budgets.by_in_links || budgets.domain.max_page_count > 0 ||
         budgets.domain.max_body_bytes > 0;
}

ClockGroups::HostClock Frontier::ClockOf(const LiveHost& host) const {
  return options_.clocks.ClockOf(HostNameOf(host.record.origin), hosts_.DomainOf(host));
}

// --- Insertion
// -------------------------------------------------------------------------------------------

absl::Status Frontier::Insert(absl::Span<const InsertedLink> links, absl::Time now, Commit* commit,
                              size_t* inserted) {
  std::vector<const InsertedLink*> unseen;
  unseen.reserve(links.size());
  for (const InsertedLink& link : links) {
    const bool is_new = caches_->seen.InsertIfNew(link.key, link.link.path);
    if (is_new || TellsMore(options_, link.link)) unseen.push_back(&link);
  }
  if (inserted != nullptr) *inserted = 0;
  if (unseen.empty()) return absl::OkStatus();
  return InsertUnseen(unseen, now, commit, inserted);
}

absl::Status Frontier::InsertUnseen(absl::Span<const InsertedLink* const> links, absl::Time now,
                                    Commit* commit, size_t* inserted) {
  std::vector<UrlKey> keys;
  std::vector<absl::string_view> paths;
  keys.reserve(links.size());
  paths.reserve(links.size());
  for (const InsertedLink* link : links) {
    keys.push_back(link->key);
    paths.push_back(link->link.path);
  }
  std::vector<CrawlReader::Known> known;
  if (absl::Status status = store_->reader().LookUpUrls(keys, paths, &known); !status.ok()) {
    return status;
  }
  size_t new_count = 0;
  absl::flat_hash_set<LiveHost*> touched;
  Batch batch;
  for (size_t i = 0; i < links.size(); ++i) {
    const LinkRecord& link = links[i]->link;
    if (options_.budgets.by_in_links && link.from_domain != 0) {
      if (absl::Status status = NoteInLink(keys[i], link, now, commit); !status.ok()) return status;
    }
    if (known[i] == CrawlReader::Known::kYes) {
      if (link.lastmod == absl::InfinitePast()) continue;
      absl::Status status = NoteLink(keys[i], link, now, commit, &touched);
      if (!status.ok()) return status;
      continue;
    }
    absl::StatusOr<LiveHost*> host = GetOrLoadHost(keys[i].host_key(), link.origin);
    if (!host.ok()) return host.status();
    UrlKey key{shard_, (*host)->key.host, keys[i].url};
    if (key != keys[i] || known[i] != CrawlReader::Known::kNo || batch.contains(key)) {
      bool found = false;
      absl::StatusOr<UrlKey> free = FreeKey(key, link.path, batch, &found);
      if (!free.ok()) return free.status();
      if (found) continue;
      key = *free;
    }
    batch[key] = link.path;
    if (absl::Status status = InsertNew(*host, key, link, now, commit); !status.ok()) return status;
    touched.insert(*host);
    ++new_count;
  }
  for (LiveHost* host : touched) {
    Put(host, now, commit);
    Schedule(host);
  }
  known_urls_ += new_count;
  if (inserted != nullptr) *inserted = new_count;
  return absl::OkStatus();
}

// Ids that collide take the next free one.
absl::StatusOr<UrlKey> Frontier::FreeKey(UrlKey key, absl::string_view path, const Batch& batch,
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

// The host's record is the caller's to write.
absl::Status Frontier::InsertNew(LiveHost* host, const UrlKey& key, const LinkRecord& link,
                                 absl::Time now, Commit* commit) {
  uint8_t penalty = 0;
  const absl::StatusOr<Reason> reason = JudgeNew(host, link, now, &penalty);
  if (!reason.ok()) return reason.status();
  UrlRecord record;
  record.path = link.path;
  record.depth = link.depth;
  record.redirects = link.redirects;
  record.priority = static_cast<uint8_t>(std::min(255, link.priority + penalty));
  record.found_on = link.found_on;
  record.discovered = now;
  record.reason = *reason;
  record.interval = link.interval_hint;
  ++host->record.known_count;
  if (*reason == Reason::kHostBudget) {
    record.state = UrlState::kParked;
    AddEntry(host, key, &record, Lane::kParked, now, commit);
  } else if (*reason != Reason::kNone) {
    record.state = UrlState::kExcluded;
    record.lane = Lane::kNone;
  } else {
    AddEntry(host, key, &record, Lane::kReady, now, commit);
  }
  commit->PutUrl(key, record);
  return absl::OkStatus();
}

// kHostBudget: may come back. Others: not to be fetched.
absl::StatusOr<Reason> Frontier::JudgeNew(LiveHost* host, const LinkRecord& link, absl::Time now,
                                          uint8_t* penalty) {
  if (options_.max_depth >= 0 && link.depth > options_.max_depth) return Reason::kDepth;
  if (link.redirects > options_.max_redirects) return Reason::kRedirectLimit;
  // What the operator asks for is no trap.
  if (link.depth == 0 && !link.found_on.has_value()) return Reason::kNone;
  if (const Reason reason = JudgeUrl(options_.traps, link.path); reason != Reason::kNone) {
    return reason;
  }
  if (const Reason reason = JudgeDepth(options_.budgets, link.depth); reason != Reason::kNone) {
    return reason;
  }
  const absl::StatusOr<HostLore*> lore = hosts_.LoreOf(host);
  if (!lore.ok()) return lore.status();
  if (*lore == nullptr) return Reason::kNone;
  const UrlShape shape = ShapeOf(link.path);
  *penalty = (*lore)->repeats.Penalty(options_.near_duplicates, AreaOf(shape, link.path));
  ++(*lore)->unsaved_count;
  return (*lore)->templates.Admit(options_.traps, shape, now);
}

// A sitemap says when a known URL changed last.
absl::Status Frontier::NoteLink(const UrlKey& key, const LinkRecord& link, absl::Time now,
                                Commit* commit, absl::flat_hash_set<LiveHost*>* touched) {
  absl::StatusOr<std::optional<UrlRecord>> stored = store_->reader().GetUrl(key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value() || (*stored)->lane != Lane::kRecrawl) return absl::OkStatus();
  UrlRecord& record = **stored;
  RecrawlHistory history = HistoryOf(record);
  if (!NoteLastmod(options_.recrawl, record.last_fetch, link.lastmod, now, &history)) {
    return absl::OkStatus();
  }
  absl::StatusOr<LiveHost*> host = GetOrLoadHost(key.host_key(), link.origin);
  if (!host.ok()) return host.status();
  const QueueKey entry = *QueueEntryOf(key, record);
  if ((*host)->queue.InFlight(entry)) return absl::OkStatus();
  commit->DeleteQueueEntry(entry);
  Count(*host, Lane::kRecrawl, -1);
  SetHistory(history, &record);
  AddEntry(*host, key, &record, Lane::kRecrawl, history.due, commit);
  commit->PutUrl(key, record);
  touched->insert(*host);
  return absl::OkStatus();
}

absl::Status Frontier::NoteInLink(const UrlKey& key, const LinkRecord& link, absl::Time now,
                                  Commit* commit) {
  absl::StatusOr<LiveHost*> host = GetOrLoadHost(key.host_key(), link.origin);
  if (!host.ok()) return host.status();
  absl::StatusOr<LiveDomain*> domain = hosts_.GetDomain(**host);
  if (!domain.ok()) return domain.status();
  const uint64_t before = DomainPageBudget(options_.budgets, (*domain)->state.in_links);
  (*domain)->state.in_links.Add(link.from_domain);
  if (DomainPageBudget(options_.budgets, (*domain)->state.in_links) == before) {
    return absl::OkStatus();
  }
  commit->PutDomain((*domain)->key, (*domain)->record());
  // It may go on, then.
  if ((*host)->parked() && (*host)->record.reason == Reason::kDomainBudget) {
    (*host)->revive = now;
    Put(*host, now, commit);
  }
  return absl::OkStatus();
}

int64_t Frontier::NextEnqueuedUs(absl::Time now) {
  last_enqueued_us_ = std::max(last_enqueued_us_ + 1, absl::ToUnixMicros(now));
  return last_enqueued_us_;
}

// `time`: when it is due, or now. The URL's record is the caller's to write.
void Frontier::AddEntry(LiveHost* host, const UrlKey& key, UrlRecord* record, Lane lane,
                        absl::Time time, Commit* commit) {
  const bool by_age = lane == Lane::kReady || lane == Lane::kParked;
  record->lane = lane;
  record->enqueued = absl::FromUnixMicros(by_age ? NextEnqueuedUs(time) : absl::ToUnixMicros(time));
  const QueueKey entry = *QueueEntryOf(key, *record);
  commit->PutQueueEntry(entry);
  Count(host, lane, 1);
  host->queue.Add(entry, host->live ? options_.window_count : 0, &host->record);
}

void Frontier::Count(LiveHost* host, Lane lane, int64_t delta) {
  HostRecord& record = host->record;
  switch (lane) {
    case Lane::kRetry:
      record.retry_count += delta;
      [[fallthrough]];
    case Lane::kReady:
      record.queued_count += delta;
      if (!host->parked()) pending_ += delta;
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

// --- The front
// -------------------------------------------------------------------------------------------

// Looks at the hosts that are due in the front, and makes live those that have something to fetch.
absl::Status Frontier::Widen(absl::Time now, Commit* commit) {
  if (live_count_ >= options_.max_live_hosts) {
    // Those that make room go through `commit`, so the front is read the next time.
    if (!MakeRoom(now, commit)) front_due_ = now + kFrontRetry;
    return absl::OkStatus();
  }
  const absl::StatusOr<std::vector<FrontKey>> entries =
      store_->reader().ReadFront(shard_, front_cursor_, kFrontBatch);
  if (!entries.ok()) return entries.status();
  absl::Time next = entries->size() < kFrontBatch ? absl::InfiniteFuture() : now;
  front_due_ = absl::InfiniteFuture();  // what leaves meanwhile lowers it
  for (const FrontKey& entry : *entries) {
    const absl::Time due = DueOf(entry);
    if (due > now || live_count_ >= options_.max_live_hosts) {
      next = due;
      break;
    }
    front_cursor_ = After(entry);
    if (absl::Status status = Enter(entry, now, commit); !status.ok()) return status;
  }
  front_due_ = std::min(front_due_, next);
  return absl::OkStatus();
}

absl::Status Frontier::Enter(const FrontKey& entry, absl::Time now, Commit* commit) {
  const absl::StatusOr<LiveHost*> found = hosts_.Get(entry.host_key());
  if (!found.ok()) return found.status();
  LiveHost* const host = *found;
  if (host->live || absl::ToUnixMicros(host->record.front_due) != entry.due_us) {
    return absl::OkStatus();
  }
  // What is due there waits for a run that visits pages again.
  if (host->record.queued_count == 0 && !options_.visit_again) return absl::OkStatus();
  HoldIfJustRead(host);
  if (host->parked()) Revive(host);
  MakeLive(host);
  Schedule(host);
  MaybeLeave(host, now, commit);
  return absl::OkStatus();
}

void Frontier::MakeLive(LiveHost* host) {
  if (host->live) return;
  host->live = true;
  host->turn_count = 0;
  ++live_count_;
  // A pause that the server asked for holds all that share its clock, also after a restart.
  const ClockGroups::HostClock clock = ClockOf(*host);
  if (clock.kind == ClockKind::kDomain || clock.kind == ClockKind::kGroup) {
    const absl::Time usual = host->record.next_fetch - HostDelay(options_.politeness, host->record);
    if (usual > started_) clocks_->HoldUntil(ClockKey(clock), usual);
  }
}

// Asks the hosts that wait longest to leave; false: none could.
bool Frontier::MakeRoom(absl::Time now, Commit* commit) {
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

// The host goes back to the front, for the time when it has something to fetch.
void Frontier::Leave(LiveHost* host, absl::Time now, Commit* commit) {
  const absl::Time work = host->queue.WorkTime(/*visits=*/true);
  if (work != absl::InfiniteFuture() && !host->parked()) {
    SetInFront(host, std::max({now, work, host->record.next_fetch}), commit);
  }
  if (host->scheduled != absl::InfiniteFuture()) {
    delay_queue_.erase({host->scheduled, host->key.host});
    host->scheduled = absl::InfiniteFuture();
  }
  HostTable::SaveLore(host, commit);
  Put(host, now, commit);
  host->live = false;
  host->clock_waited = false;
  // Somebody may have waited for this place.
  if (live_count_-- == options_.max_live_hosts) front_due_ = absl::InfinitePast();
  host->queue = HostQueue(host->key, host->record);
}

void Frontier::MaybeLeave(LiveHost* host, absl::Time now, Commit* commit) {
  if (!host->live || host->busy()) return;
  const bool others_wait =
      live_count_ >= options_.max_live_hosts && front_due_ <= now + kFrontRetry;
  const bool had_its_turn = others_wait && host->turn_count >= kTurnPages;
  if (host->scheduled > now + kMaxLiveWait || had_its_turn) Leave(host, now, commit);
}

void Frontier::SetInFront(LiveHost* host, absl::Time due, Commit* commit) {
  HostRecord& record = host->record;
  const FrontKey entry{shard_, std::max<int64_t>(1, absl::ToUnixMicros(due)), host->key.host};
  const absl::Time before = record.front_due;
  record.front_due = DueOf(entry);
  front_cursor_ = std::min(front_cursor_, entry);
  front_due_ = std::min(front_due_, record.front_due);
  if (record.front_due == before) return;
  if (before != absl::InfinitePast()) {
    commit->DeleteFrontEntry({shard_, absl::ToUnixMicros(before), host->key.host});
  }
  commit->PutFrontEntry(entry);
}

// A host has an entry exactly while it has something to fetch, and no later than it wants to be
// looked at. An earlier one costs a look and does no harm.
void Frontier::UpdateFront(LiveHost* host, absl::Time now, Commit* commit) {
  HostRecord& record = host->record;
  const bool has_entry = record.front_due != absl::InfinitePast();
  if (record.queued_count + record.recrawl_count == 0) {
    if (!has_entry) return;
    commit->DeleteFrontEntry({shard_, absl::ToUnixMicros(record.front_due), host->key.host});
    record.front_due = absl::InfinitePast();
    return;
  }
  if (host->parked()) {
    // Not before; where it was parked before it was read, its entry says when.
    if (!has_entry || host->revive.has_value()) {
      SetInFront(host, host->revive.value_or(absl::InfiniteFuture()), commit);
    }
    return;
  }
  const absl::Time work = host->queue.WorkTime(/*visits=*/true);
  const absl::Time wanted = std::max({work, record.next_fetch, now});
  // One that was passed over, because nothing was to be done then, would not be looked at again.
  const bool passed = !host->live && FrontKey{shard_, absl::ToUnixMicros(record.front_due),
                                              host->key.host} < front_cursor_;
  if (!has_entry || passed || wanted < record.front_due) SetInFront(host, wanted, commit);
}

// --- Taking
// ----------------------------------------------------------------------------------------------

absl::Time Frontier::NextReadyTime() const {
  return delay_queue_.empty() ? front_due_ : std::min(front_due_, delay_queue_.begin()->first);
}

absl::StatusOr<std::optional<FetchTask>> Frontier::Pop(absl::Time now, Commit* commit) {
  hosts_.Sweep(live_count_);
  for (;;) {
    while (!delay_queue_.empty() && delay_queue_.begin()->first <= now) {
      LiveHost* host = hosts_.At(delay_queue_.begin()->second);
      absl::StatusOr<std::optional<FetchTask>> task = PopFrom(host, now, commit);
      Schedule(host);
      if (!task.ok() || task->has_value()) return task;
      MaybeLeave(host, now, commit);
      if (!commit->empty()) return task;
    }
    if (front_due_ > now) return std::optional<FetchTask>();
    if (absl::Status status = Widen(now, commit); !status.ok()) return status;
    if (!commit->empty()) return std::optional<FetchTask>();
  }
}

absl::StatusOr<std::optional<FetchTask>> Frontier::PopFrom(LiveHost* host, absl::Time now,
                                                           Commit* commit) {
  if (WaitForSharedClock(host, now)) return std::nullopt;
  if (!host->hops.empty()) return StartHop(host, now);
  if (host->record.robots_expire <= now) return StartRobots(host, now);
  const absl::StatusOr<bool> over = OverBudget(host, now);
  if (!over.ok()) return over.status();
  if (*over) {
    Put(host, now, commit);
    return std::nullopt;
  }
  const absl::StatusOr<const RobotsTxt*> rules = RulesOf(host);
  if (!rules.ok()) return rules.status();
  std::optional<FetchTask> task;
  for (int excluded = 0; excluded < kMaxExclusionsPerPop && !task.has_value(); ++excluded) {
    const absl::StatusOr<std::optional<QueueKey>> entry = host->queue.Take(
        store_->reader(), host->record, now, options_.visit_again, options_.window_count);
    if (!entry.ok()) return entry.status();
    if (!entry->has_value()) break;
    absl::StatusOr<std::optional<UrlRecord>> record = store_->reader().GetUrl((*entry)->url);
    if (!record.ok()) return record.status();
    if (!record->has_value()) {
      return absl::DataLossError(absl::StrCat("queue entry of ", host->record.origin,
                                              " has no URL record; run inspect verify"));
    }
    if (*rules == nullptr || (*rules)->Allows((*record)->path)) {
      task = StartPage(host, **entry, **std::move(record), now);
    } else {
      Exclude(host, **entry, **std::move(record), Reason::kRobotsDisallowed, commit);
    }
  }
  if (!commit->empty()) {
    // Behind the hosts that have waited: there may be more to strike out.
    host->record.next_fetch = std::max(host->record.next_fetch, now);
    Put(host, now, commit);
  }
  return task;
}

// nullptr: everything is allowed. Valid until the next call.
absl::StatusOr<const RobotsTxt*> Frontier::RulesOf(LiveHost* host) {
  if (host->record.robots != RobotsPolicy::kRules) return nullptr;
  if (const RobotsTxt* rules = caches_->robots.Get(host->key.host)) return rules;
  const absl::StatusOr<std::optional<RobotsRecord>> stored = store_->reader().GetRobots(host->key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) {
    return absl::DataLossError(
        absl::StrCat("the robots.txt of ", host->record.origin, " is missing"));
  }
  const std::string& body = (*stored)->body;
  return caches_->robots.Put(host->key.host, RobotsTxt::Parse(body, options_.product_token),
                             body.size());
}

// Hosts of a domain or a group take turns.
bool Frontier::WaitForSharedClock(LiveHost* host, absl::Time now) {
  const ClockGroups::HostClock clock = ClockOf(*host);
  if (clock.kind != ClockKind::kDomain && clock.kind != ClockKind::kGroup) return false;
  const absl::Time when = clocks_->Reserve(
      ClockKey(clock), now, HostDelay(options_.politeness, host->record), host->clock_waited);
  host->clock_waited = when > now;
  if (host->clock_waited) host->record.next_fetch = std::max(host->record.next_fetch, when);
  return host->clock_waited;
}

// True: it is, and was parked for it.
absl::StatusOr<bool> Frontier::OverBudget(LiveHost* host, absl::Time now) {
  const Budget& budget = options_.budgets.host;
  if (!HasDomains() && budget.max_page_count == 0 && budget.max_body_bytes == 0) return false;
  DomainState none;
  const DomainState* domain = &none;
  if (HasDomains()) {
    const absl::StatusOr<LiveDomain*> loaded = hosts_.GetDomain(*host);
    if (!loaded.ok()) return loaded.status();
    domain = &(*loaded)->state;
  }
  // What is under way will count.
  const BudgetUse use{host->record.page_count + host->in_flight, host->record.body_bytes};
  const Reason reason = JudgeBudget(options_.budgets, use, *domain);
  if (reason == Reason::kNone) return false;
  Park(host, reason, now);
  return true;
}

void Frontier::Exclude(LiveHost* host, const QueueKey& key, UrlRecord record, Reason reason,
                       Commit* commit) {
  host->queue.End(key);
  Count(host, key.lane, -1);
  record.state = UrlState::kExcluded;
  record.lane = Lane::kNone;
  record.reason = reason;
  commit->PutUrl(key.url, record);
  commit->DeleteQueueEntry(key);
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
  task.keep_alive = delay <= kKeepAliveWithin && host->queue.anything_ready();
  task.waited = host->clock_waited;
  task.addresses = host->record.addresses;
  task.addresses_expire = host->record.addresses_expire;
  return task;
}

FetchTask Frontier::StartPage(LiveHost* host, const QueueKey& key, UrlRecord record,
                              absl::Time now) {
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
  task.robots_for = host->key;
  return task;
}

FetchTask Frontier::StartHop(LiveHost* host, absl::Time now) {
  RobotsHop hop = std::move(host->hops.front());
  host->hops.erase(host->hops.begin());
  FetchTask task = StartTask(host, FetchTask::Kind::kRobots, std::move(hop.url), now);
  task.robots_for = hop.robots_for;
  task.robots_hops = hop.hops;
  return task;
}

// --- Ending
// ----------------------------------------------------------------------------------------------

void Frontier::Release(const FetchTask& task, const HostObservation& seen, Commit* commit) {
  LiveHost* host = hosts_.At(task.host.host);
  --host->in_flight;
  host->clock_waited = false;
  const bool was_parked = host->parked();
  Observe(options_.politeness, seen, &host->record);
  const ClockGroups::HostClock clock = ClockOf(*host);
  if (seen.retry_after.has_value() &&
      (clock.kind == ClockKind::kDomain || clock.kind == ClockKind::kGroup)) {
    clocks_->HoldUntil(ClockKey(clock), host->record.next_fetch);
  }
  if (host->parked() && !was_parked) Park(host, host->record.reason, seen.now);
  // Of a page, Complete() will write the host.
  if (task.kind == FetchTask::Kind::kRobots) Put(host, seen.now, commit);
  Schedule(host);
}

absl::Status Frontier::Defer(const FetchTask& task, absl::Time until, absl::Time now,
                             Commit* commit) {
  LiveHost* host = hosts_.At(task.host.host);
  --host->in_flight;
  host->record.next_fetch = std::max(host->record.next_fetch, until);
  host->clock_waited = true;
  if (task.kind == FetchTask::Kind::kPage) {
    host->queue.PutBack(task.queue, &host->record);
  } else if (task.robots_hops == 0) {
    host->robots_in_flight = false;
  } else {
    host->hops.push_back(
        {task.host, host->record.origin, task.url, task.robots_for, task.robots_hops});
  }
  Schedule(host);
  MaybeLeave(host, now, commit);
  return absl::OkStatus();
}

absl::Status Frontier::Complete(const FetchTask& task, const FetchOutcome& outcome, absl::Time now,
                                Commit* commit) {
  LiveHost* host = hosts_.At(task.host.host);
  host->queue.End(task.queue);
  commit->DeleteQueueEntry(task.queue);
  Count(host, task.queue.lane, -1);
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
    AddEntry(host, task.queue.url, &record, Lane::kRetry,
             now + BackoffAfter(options_.politeness, record.failures), commit);
  } else {
    RecrawlObservation seen;
    seen.fetched = now;
    const bool got_page =
        record.state == UrlState::kFetched || record.state == UrlState::kUnchanged;
    if (record.state == UrlState::kFetched &&
        IsUnchanged(outcome.http_status, task.record.digest, outcome.digest)) {
      record.state = UrlState::kUnchanged;
    }
    seen.state = record.state;
    seen.last_modified = ParseHttpDate(outcome.last_modified, now);
    if (got_page) {
      record.failures = 0;
      if (outcome.http_status != 304) {
        record.etag = outcome.etag;
        record.last_modified = outcome.last_modified;
        record.digest = outcome.digest;
      }
      if (outcome.stored) record.stored = outcome.fetched;
      if (absl::Status status =
              CountPage(host, outcome, record.path, record.fetch_count == 0, commit);
          !status.ok()) {
        return status;
      }
    }
    const RecrawlHistory history = Reschedule(options_.recrawl, HistoryOf(record), seen);
    SetHistory(history, &record);
    if (history.due < absl::InfiniteFuture()) {
      AddEntry(host, task.queue.url, &record, Lane::kRecrawl, history.due, commit);
    }
  }
  commit->PutUrl(task.queue.url, record);
  if (host->lore != nullptr && host->lore->unsaved_count >= kLoreSaveEvery)
    HostTable::SaveLore(host, commit);
  Put(host, now, commit);
  Schedule(host);
  MaybeLeave(host, now, commit);
  return absl::OkStatus();
}

absl::Status Frontier::CountPage(LiveHost* host, const FetchOutcome& outcome,
                                 absl::string_view path, bool first_visit, Commit* commit) {
  if (!outcome.stored) return absl::OkStatus();
  ++host->record.page_count;
  host->record.body_bytes += outcome.body_bytes;
  if (HasDomains()) {
    const absl::StatusOr<LiveDomain*> domain = hosts_.GetDomain(*host);
    if (!domain.ok()) return domain.status();
    ++(*domain)->state.use.page_count;
    (*domain)->state.use.body_bytes += outcome.body_bytes;
    commit->PutDomain((*domain)->key, (*domain)->record());
  }
  // A page that is visited again repeats itself, which says nothing of its area.
  if (!first_visit) return absl::OkStatus();
  const absl::StatusOr<HostLore*> lore = hosts_.LoreOf(host);
  if (!lore.ok()) return lore.status();
  if (*lore == nullptr) return absl::OkStatus();
  const UrlShape shape = ShapeOf(path);
  const bool repeats = (*lore)->repeats.ObservePage(options_.near_duplicates, AreaOf(shape, path),
                                                    outcome.simhash, outcome.copy);
  (*lore)->templates.ObservePage(shape, repeats);
  ++(*lore)->unsaved_count;
  return absl::OkStatus();
}

// --- robots.txt
// ------------------------------------------------------------------------------------------

absl::Status Frontier::SetRobots(const HostKey& key, const RobotsAnswer& answer, absl::Time now,
                                 Commit* commit) {
  LiveHost* const host = hosts_.Find(key.host);
  if (host == nullptr) return absl::OkStatus();
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
      Park(host,
           answer.http_status == 0 && answer.reason != Reason::kNone ? answer.reason
                                                                     : Reason::kRobotsUnreachable,
           now);
      host->robots_tries = 0;
    }
  } else {
    host->robots_tries = 0;
    const bool has_rules = OutcomeForStatus(answer.http_status) == RobotsOutcome::kParse;
    record.outcome = has_rules ? RobotsPolicy::kRules : RobotsPolicy::kAllowAll;
    record.expires = now + options_.politeness.robots_ttl;
    host->record.crawl_delay = absl::ZeroDuration();
    if (has_rules) {
      record.body = answer.body;
      const RobotsTxt* rules = caches_->robots.Put(
          key.host, RobotsTxt::Parse(record.body, options_.product_token), record.body.size());
      host->record.crawl_delay = rules->crawl_delay().value_or(absl::ZeroDuration());
    }
    // The request that told us of a Crawl-delay is the first that it counts from.
    host->record.next_fetch =
        std::max(host->record.next_fetch, now + HostDelay(options_.politeness, host->record));
  }
  host->record.robots = record.outcome;
  host->record.robots_expire = record.expires;
  commit->PutRobots(key, record);
  Put(host, now, commit);
  Schedule(host);
  MaybeLeave(host, now, commit);
  return absl::OkStatus();
}

absl::StatusOr<bool> Frontier::RequestRobots(RobotsHop hop) {
  absl::StatusOr<LiveHost*> host = GetOrLoadHost(hop.host, hop.origin);
  if (!host.ok()) return host.status();
  if ((*host)->parked() || (*host)->hops.size() >= kMaxWaitingHops) return false;
  MakeLive(*host);
  (*host)->hops.push_back(std::move(hop));
  Schedule(*host);
  return true;
}

// --- Bookkeeping
// -----------------------------------------------------------------------------------------

void Frontier::SetAddresses(const HostKey& key, absl::string_view addresses, absl::Time expire) {
  LiveHost* const host = hosts_.Find(key.host);
  if (host == nullptr) return;
  host->record.addresses = std::string(addresses);
  host->record.addresses_expire = expire;
}

void Frontier::Park(LiveHost* host, Reason reason, absl::Time now) {
  host->record.state = HostState::kParked;
  host->record.reason = reason;
  host->revive = now + RevivalDelay(options_.politeness, reason, host->record.revivals);
  caches_->robots.Erase(host->key.host);
  pending_ -= host->record.queued_count;
  ++parked_;
  ++parked_by_reason_[static_cast<size_t>(reason)];
}

void Frontier::Revive(LiveHost* host) {
  --parked_;
  --parked_by_reason_[static_cast<size_t>(host->record.reason)];
  pending_ += host->record.queued_count;
  ReviveHost(options_.politeness, &host->record);
  host->revive.reset();
}

void Frontier::Put(LiveHost* host, absl::Time now, Commit* commit) {
  host->queue.SaveHeads(&host->record);
  UpdateFront(host, now, commit);
  commit->PutHost(host->key, host->record);
}

bool Frontier::HasWork(const LiveHost& host) const {
  if (!host.hops.empty()) return true;
  if (host.parked() || host.robots_in_flight) return false;
  return host.queue.WorkTime(options_.visit_again) != absl::InfiniteFuture();
}

void Frontier::Schedule(LiveHost* host) {
  if (!host->live) return;
  absl::Time when = absl::InfiniteFuture();
  if (host->in_flight < options_.per_host_concurrency && HasWork(*host)) {
    const absl::Time work =
        host->hops.empty() ? host->queue.WorkTime(options_.visit_again) : absl::InfinitePast();
    when = std::max(host->record.next_fetch, work);
  }
  if (when == host->scheduled) return;
  if (host->scheduled != absl::InfiniteFuture()) {
    delay_queue_.erase({host->scheduled, host->key.host});
  }
  host->scheduled = when;
  if (when != absl::InfiniteFuture()) delay_queue_.insert({when, host->key.host});
}

}  // namespace spindle
