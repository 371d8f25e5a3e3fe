#include "crawler/worker.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "crawler/redirect_loop.h"
#include "crawler/robots_fetch.h"
#include "crawler/steady_clock.h"
#include "crawler/task_request.h"
#include "crawler/url_scorer.h"
#include "parsers/header_block.h"
#include "parsers/robots.h"

namespace spindle {
namespace {

// Transfers begun in one round of the loop: curl runs all of them at once, so more would hold up
// the others.
constexpr int kMaxStartsPerRound = 32;
// And no new one begins this long after the first: striking out URLs by a hostile robots.txt takes
// milliseconds each.
constexpr absl::Duration kMaxRoundTime = absl::Milliseconds(20);

// How soon to look again where something outside of this thread holds us up: the bytes in flight,
// or the page budget.
constexpr absl::Duration kBlockedPoll = absl::Milliseconds(10);
constexpr absl::Duration kMaxIdle = absl::Seconds(1);

// Of a Location that is no URL to crawl, for people.
constexpr size_t kMaxLocationDetail = 200;

// What is left over goes to the first.
int ShareOf(int total, size_t index, size_t count) {
  const int parts = static_cast<int>(count);
  return total / parts + (static_cast<int>(index) < total % parts ? 1 : 0);
}

}  // namespace

Worker::Worker(size_t index, const CrawlContext* context)
    : index_(index),
      context_(context),
      max_transfers_(ShareOf(context->options->max_transfers, index, context->workers.size())),
      caches_(context->seen_cache_bytes, context->robots_cache_bytes),
      counts_(context->counters),
      loop_([this] { OnWake(); }),
      mailbox_([this] { loop_.Wake(); }),
      pump_timer_(&loop_, [this] { Pump(); }),
      drain_timer_(&loop_, [this] { loop_.Stop(); }),
      probe_timer_(&loop_, [this] { ProbeLateness(); }) {
  const CrawlOptions& options = *context->options;
  for (size_t shard = index; shard < context->shards->shard_count();
       shard += context->workers.size()) {
    frontiers_.push_back(std::make_unique<Frontier>(static_cast<ShardId>(shard), options.frontier,
                                                    context->store, &caches_, context->clocks));
  }
  FetcherOptions fetcher = options.fetcher;
  fetcher.max_transfers = max_transfers_;
  if (options.frontier.clocks.any_shared()) fetcher.clocks = context->clocks;
  fetcher.clock_by_address = options.frontier.clocks.kind() == ClockKind::kIp;
  fetcher.max_idle_connections /= static_cast<int>(std::max<size_t>(1, context->workers.size()));
  fetcher.budget = context->budget;
  fetcher_ = std::make_unique<Fetcher>(&loop_, fetcher, options.resolver);
}

Worker::~Worker() = default;

absl::Status Worker::Load(absl::Time now) {
  for (const auto& frontier : frontiers_) {
    if (context_->is_stopped()) return absl::CancelledError("loading was stopped");
    absl::Status status = frontier->Load(now, [&](const HostKey& key, const HostRecord& host) {
      if (host.https) https_hosts_.Add(key);
    });
    if (!status.ok()) return status;
    context_->counters->urls_known += frontier->url_count();
  }
  // The scan does not see what is applied meanwhile.
  for (size_t shard = index_; shard < context_->shards->shard_count();
       shard += context_->workers.size()) {
    absl::Status taken;
    absl::Status status = context_->store->reader().ForEachInbox(
        static_cast<ShardId>(shard), [&](const InboxKey& key, const LinkBatch& links) {
          taken = context_->is_stopped() ? absl::CancelledError("loading was stopped")
                                         : TakeInbox(key, links, now);
          return taken.ok();
        });
    status.Update(taken);
    if (!status.ok()) return status;
  }
  PublishPending();
  return absl::OkStatus();
}

absl::Status Worker::TakeInbox(const InboxKey& key, const LinkBatch& links, absl::Time now) {
  std::vector<InsertedLink> batch;
  for (const LinkRecord& link : links) {
    const std::optional<Url> url = Url::Parse(absl::StrCat(link.origin, link.path));
    if (url.has_value()) batch.push_back({context_->shards->KeyOf(*url), link});
  }
  Commit commit = context_->store->NewCommit();
  commit.DeleteInbox(key);
  size_t inserted = 0;
  absl::Status status = InsertLinks(key.to, std::move(batch), now, &commit, &inserted);
  if (status.ok()) status = context_->store->Apply(commit);
  if (status.ok()) context_->counters->urls_known += inserted;
  return status;
}

void Worker::Start() {
  pump_timer_.Set(absl::ZeroDuration());
  ProbeLateness();
  thread_ = std::thread([this] { loop_.Run(); });
}

void Worker::ProbeLateness() {
  constexpr absl::Duration kInterval = absl::Milliseconds(kLatenessProbeMilliseconds);
  const absl::Time now = SteadyNow();
  if (probe_due_ != absl::InfinitePast()) {
    const int64_t late = std::max<int64_t>(0, absl::ToInt64Milliseconds(now - probe_due_));
    context_->counters->loop_lateness[std::min<size_t>(late, kLatenessCount - 1)].fetch_add(
        1, std::memory_order_relaxed);
  }
  probe_due_ = now + kInterval;
  probe_timer_.Set(kInterval);
}

void Worker::Stop() {
  stopping_.store(true);
  loop_.Wake();
}

void Worker::Join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::OnWake() {
  for (WorkerMessage& message : mailbox_.Take()) {
    std::visit([this](auto& content) { Handle(std::move(content)); }, message);
  }
  Pump();
}

// --- Fetching
// --------------------------------------------------------------------------------------------------------

void Worker::Pump() {
  if (failed_) return;
  if (stopping_.load()) {
    StopIfDrained();
    return;
  }
  const absl::Time now = SteadyNow();
  bool more = true;
  for (int i = 0; more && i < kMaxStartsPerRound && SteadyNow() < now + kMaxRoundTime; ++i) {
    more = StartNext(now);
  }
  if (failed_) return;
  if (more) {
    pump_timer_.Set(absl::ZeroDuration());
    return;
  }
  if (static_cast<int>(fetcher_->active_count()) >= max_transfers_) {
    pump_timer_.Cancel();  // the end of a transfer pumps
    return;
  }
  absl::Time ready = now + kMaxIdle;
  for (const auto& frontier : frontiers_) ready = std::min(ready, frontier->NextReadyTime());
  // What holds back a ready URL now is outside of this thread.
  const bool blocked = ready <= now;
  pump_timer_.Set(blocked ? kBlockedPoll : ready - now);
}

// Takes the next ready URL of the shards in turn and starts it; false where there is none, or no
// room for one.
bool Worker::StartNext(absl::Time now) {
  if (static_cast<int>(fetcher_->active_count()) >= max_transfers_ || context_->budget->Full() ||
      !ReservePageSlot()) {
    return false;
  }
  for (size_t i = 0; i < frontiers_.size(); ++i) {
    Frontier& frontier = *frontiers_[next_frontier_];
    next_frontier_ = (next_frontier_ + 1) % frontiers_.size();
    if (frontier.NextReadyTime() <= now) {
      Commit commit = context_->store->NewCommit();
      absl::StatusOr<std::optional<FetchTask>> task = frontier.Pop(now, &commit);
      if (!task.ok()) {
        Fail(task.status());
        return false;
      }
      const bool excluded = !commit.empty();
      if (excluded) {
        if (!Apply(commit)) return false;
        PublishPending();
      }
      if (!task->has_value()) {
        // There may be more to look through; not all at once.
        if (!excluded && frontier.NextReadyTime() > now) continue;
        ReleasePageSlot();
        return true;
      }
      if ((*task)->kind == FetchTask::Kind::kRobots) ReleasePageSlot();
      StartFetch(**std::move(task));
      return true;
    }
  }
  ReleasePageSlot();
  return false;
}

void Worker::StartFetch(FetchTask task) {
  FetchRequest request = RequestOf(task);
  context_->counters->open_transfers.fetch_add(1, std::memory_order_relaxed);
  fetcher_->Fetch(std::move(request),
                  [this, task = std::move(task)](FetchResponse response) mutable {
                    context_->counters->open_transfers.fetch_sub(1, std::memory_order_relaxed);
                    if (failed_) return;
                    OnFetched(std::move(task), std::move(response));
                    Pump();
                  });
}

HostObservation Worker::Observe(const FetchResponse& response, bool failed) {
  return ObservationOf(response, failed, std::generate_canonical<double, 24>(random_));
}

void Worker::OnFetched(FetchTask task, FetchResponse response) {
  if (Deferred(task, response)) return;
  context_->counters->last_request.store(absl::ToUnixMicros(response.ended),
                                         std::memory_order_relaxed);
  if (!response.resolved.addresses.empty()) {
    FrontierOf(task.host.shard)
        .SetAddresses(task.host, WriteAddresses(response.resolved), response.resolved.expires);
  }
  if (task.kind == FetchTask::Kind::kRobots) {
    OnRobotsFetched(task, response);
  } else {
    OnPageFetched(std::move(task), std::move(response));
  }
}

// The clock of its address does not allow it yet: the task goes back.
bool Worker::Deferred(const FetchTask& task, const FetchResponse& response) {
  if (response.defer_until == absl::InfinitePast()) return false;
  Commit commit = context_->store->NewCommit();
  Frontier& frontier = FrontierOf(task.host.shard);
  const absl::Status status = frontier.Defer(task, response.defer_until, SteadyNow(), &commit);
  RefuseWaitingRobots(frontier);
  if (!status.ok()) {
    Fail(status);
  } else if (Apply(commit) && task.kind == FetchTask::Kind::kPage) {
    ReleasePageSlot();
  }
  return true;
}

void Worker::OnPageFetched(FetchTask task, FetchResponse response) {
  context_->counters->requests.fetch_add(1, std::memory_order_relaxed);
  Verdict verdict = Judge(context_->options->frontier.politeness, response.http_status,
                          response.reason, task.record.failures);
  const bool unchanged =
      response.http_status == 304 && response.reason == Reason::kNone && IsConditional(task);
  if (unchanged) verdict = {UrlState::kUnchanged};
  {
    Commit commit = context_->store->NewCommit();
    Frontier& frontier = FrontierOf(task.host.shard);
    frontier.Release(task, Observe(response, verdict.host_failed), &commit);
    RefuseWaitingRobots(frontier);
  }
  if (verdict.state == UrlState::kFetched) {
    ++parsing_;
    context_->parse_pool->Submit([context = context_, worker = this, task = std::move(task),
                                  response = std::move(response)](Arena* arena) mutable {
      worker->mailbox().Send(context->pipeline->Parse(
          std::move(task), context->options->frontier.politeness, std::move(response), arena));
    });
    return;
  }
  ParsedPage page;
  page.store = false;
  page.outcome.verdict = verdict;
  page.outcome.http_status = response.http_status;
  page.outcome.detail = response.message;
  page.task = std::move(task);
  if (verdict.state == UrlState::kRedirected) OnRedirect(&page, response);
  CommitPage(std::move(page));
}

void Worker::OnRedirect(ParsedPage* page, const FetchResponse& response) {
  const FetchTask& task = page->task;
  const std::optional<Url> target = LocationOf(task, response);
  if (!target.has_value()) {
    page->outcome.verdict = {UrlState::kFailed, Reason::kRedirectInvalid};
    page->outcome.detail = std::string(
        HeaderBlock(response.headers).Get("location").value_or("").substr(0, kMaxLocationDetail));
    return;
  }
  page->outcome.detail = target->FetchHref();
  context_->counters->redirects.fetch_add(1, std::memory_order_relaxed);
  const std::optional<Url> from = Url::Parse(task.url);
  if (HttpsHosts::IsMove(response.http_status, *from, *target)) {
    https_hosts_.Add(task.host);
    FrontierOf(task.host.shard).NoteHttps(task.host);
  }
  LinkContext context;
  context.found_on = &*from;
  context.depth = task.record.depth;
  context.redirects = task.record.redirects + 1;
  if (std::optional<InsertedLink> link = context_->pipeline->MakeLink(
          *target, context, task.queue.url, &page->outcome.verdict.reason)) {
    if (link->key != task.queue.url) page->links.push_back(*std::move(link));
  }
}

bool Worker::EndLoop(ParsedPage* page) {
  if (page->outcome.verdict.state != UrlState::kRedirected) return true;
  const absl::StatusOr<bool> ended =
      EndRedirectLoop(page->task.queue.url, *context_->shards,
                      context_->options->frontier.max_redirects, context_->store);
  if (!ended.ok()) {
    Fail(ended.status());
    return false;
  }
  if (*ended) page->outcome.verdict = {UrlState::kFailed, Reason::kRedirectLimit};
  return true;
}

// --- robots.txt
// ------------------------------------------------------------------------------------------------------

void Worker::OnRobotsFetched(const FetchTask& task, const FetchResponse& response) {
  context_->counters->robots_requests.fetch_add(1, std::memory_order_relaxed);
  RobotsDelivery delivery{task.robots_for,
                          ReadRobots(task, response, context_->options->pipeline.decode)};
  const RobotsAnswer& answer = delivery.answer;
  const bool failed = IsUnreachable(answer) && answer.reason != Reason::kAddressRefused;
  Commit commit = context_->store->NewCommit();
  Frontier& frontier = FrontierOf(task.host.shard);
  frontier.Release(task, Observe(response, failed), &commit);
  RefuseWaitingRobots(frontier);
  if (!Apply(commit)) return;
  PublishPending();
  const bool redirect = answer.reason == Reason::kNone &&
                        OutcomeForStatus(answer.http_status) == RobotsOutcome::kRedirect;
  if (redirect && FollowRobots(task, response)) return;
  Worker& owner = context_->worker_of(task.robots_for.shard);
  if (&owner == this) {
    Handle(delivery);
  } else {
    owner.mailbox().Send(std::move(delivery));
  }
}

bool Worker::FollowRobots(const FetchTask& task, const FetchResponse& response) {
  std::optional<RobotsHop> hop =
      NextRobotsHop(task, response, *context_->shards, context_->options->frontier.max_robots_hops);
  if (!hop.has_value()) return false;
  Worker& owner = context_->worker_of(hop->host.shard);
  if (&owner == this) {
    Handle(*std::move(hop));
  } else {
    owner.mailbox().Send(*std::move(hop));
  }
  return true;
}

void Worker::Handle(RobotsHop hop) {
  if (failed_) return;
  const HostKey robots_for = hop.robots_for;
  Frontier& frontier = FrontierOf(hop.host.shard);
  const absl::StatusOr<bool> asked = frontier.RequestRobots(std::move(hop));
  if (!asked.ok()) {
    Fail(asked.status());
  } else if (!*asked) {
    RefuseRobots(robots_for);
  }
}

void Worker::RefuseRobots(const HostKey& host) {
  RobotsDelivery delivery{host, {}};
  delivery.answer.reason = Reason::kHostDead;
  context_->worker_of(host.shard).mailbox().Send(std::move(delivery));
}

void Worker::RefuseWaitingRobots(Frontier& frontier) {
  for (const HostKey& host : frontier.TakeRefusedRobots()) RefuseRobots(host);
}

void Worker::Handle(const RobotsDelivery& delivery) {
  if (failed_) return;
  const absl::Time now = SteadyNow();
  Commit commit = context_->store->NewCommit();
  std::vector<LinkDelivery> deliveries;
  if (absl::Status status = StageLinks(context_->pipeline->SitemapLinks(delivery.answer),
                                       delivery.host.shard, now, &commit, &deliveries);
      !status.ok()) {
    Fail(status);
    return;
  }
  Frontier& frontier = FrontierOf(delivery.host.shard);
  if (absl::Status status = frontier.SetRobots(delivery.host, delivery.answer, now, &commit);
      !status.ok()) {
    Fail(status);
    return;
  }
  RefuseWaitingRobots(frontier);
  if (!Apply(commit)) return;
  Send(std::move(deliveries));
  PublishPending();
}

// --- Committing
// ------------------------------------------------------------------------------------------------------

void Worker::Handle(ParsedPage page) {
  --parsing_;
  CommitPage(std::move(page));
}

void Worker::CommitPage(ParsedPage page) {
  if (failed_) return;
  const absl::Time now = SteadyNow();
  Commit commit = context_->store->NewCommit();
  std::vector<LinkDelivery> deliveries;
  if (absl::Status status =
          StageLinks(std::move(page.links), page.task.host.shard, now, &commit, &deliveries);
      !status.ok()) {
    Fail(status);
    return;
  }
  page.outcome.stored = page.store;
  page.outcome.fetched = page.record.fetched;
  if (page.store) {
    if (absl::Status status = FindOriginal(&page, &commit); !status.ok()) {
      Fail(status);
      return;
    }
  }
  if (absl::Status status =
          FrontierOf(page.task.host.shard).Complete(page.task, page.outcome, now, &commit);
      !status.ok()) {
    Fail(status);
    return;
  }
  if (page.store) {
    commit.PutPage({page.task.queue.url, absl::ToUnixMicros(page.record.fetched)}, page.record,
                   page.body);
  }
  if (!Apply(commit) || !EndLoop(&page)) return;
  Send(std::move(deliveries));
  CountPage(page);
  PublishPending();
}

// A body that the host has already given is stored once: this page refers to the one that has it.
absl::Status Worker::FindOriginal(ParsedPage* page, Commit* commit) const {
  PageRecord& record = page->record;
  if (record.digest == 0 || record.wire_bytes == 0 || record.truncated) return absl::OkStatus();
  const DigestKey key{page->task.host, record.digest};
  const PageKey own{page->task.queue.url, absl::ToUnixMicros(record.fetched)};
  const absl::StatusOr<std::optional<PageKey>> original = context_->store->reader().GetDigest(key);
  if (!original.ok()) return original.status();
  if (!original->has_value()) {
    commit->PutDigest(key, own);
    return absl::OkStatus();
  }
  page->outcome.copy = true;
  const absl::StatusOr<std::optional<PageRecord>> other =
      context_->store->reader().GetPage(**original);
  if (!other.ok()) return other.status();
  // A body is read with the header of its page, so it must be coded alike.
  const auto coding = [](const PageRecord& of) {
    return HeaderBlock(of.headers).GetCombined("content-encoding");
  };
  if (!other->has_value() || coding(**other) != coding(record)) return absl::OkStatus();
  record.original = **original;
  page->body.clear();
  return absl::OkStatus();
}

// Links of own shards become known at once; others lie in the inbox of their shard, in the same
// commit.
absl::Status Worker::StageLinks(std::vector<InsertedLink> all, ShardId from, absl::Time now,
                                Commit* commit, std::vector<LinkDelivery>* deliveries) {
  absl::flat_hash_map<ShardId, std::vector<InsertedLink>> by_shard;
  for (InsertedLink& link : all) {
    // A frontier of our own asks the cache itself.
    const bool known = !Owns(link.key.shard) &&
                       !TellsMore(context_->options->frontier, link.link) &&
                       !caches_.seen.InsertIfNew(link.key, link.link.path);
    if (!known) by_shard[link.key.shard].push_back(std::move(link));
  }
  for (auto& [shard, links] : by_shard) {
    if (Owns(shard)) {
      size_t inserted = 0;
      absl::Status status = InsertLinks(shard, std::move(links), now, commit, &inserted);
      if (!status.ok()) return status;
      context_->counters->urls_known.fetch_add(inserted, std::memory_order_relaxed);
      continue;
    }
    const InboxKey key{shard, from, context_->store->NextInboxSequence()};
    LinkBatch batch;
    for (const InsertedLink& link : links) batch.push_back(link.link);
    commit->PutInbox(key, batch);
    deliveries->push_back({key, std::move(links)});
  }
  return absl::OkStatus();
}

// The links of one own shard; https, where their hosts moved there.
absl::Status Worker::InsertLinks(ShardId shard, std::vector<InsertedLink> links, absl::Time now,
                                 Commit* commit, size_t* inserted) {
  for (InsertedLink& link : links) https_hosts_.Apply(*context_->shards, &link);
  return FrontierOf(shard).Insert(links, now, commit, inserted);
}

// REQUIRES: the commit that holds them was applied, and the pending count of this worker is not yet
// published.
void Worker::Send(std::vector<LinkDelivery> deliveries) {
  for (LinkDelivery& delivery : deliveries) {
    context_->counters->pending.fetch_add(1);
    Worker& owner = context_->worker_of(delivery.key.to);
    owner.mailbox().Send(std::move(delivery));
  }
}

void Worker::Handle(LinkDelivery delivery) {
  if (failed_) return;
  Commit commit = context_->store->NewCommit();
  commit.DeleteInbox(delivery.key);
  size_t inserted = 0;
  if (absl::Status status =
          InsertLinks(delivery.key.to, std::move(delivery.links), SteadyNow(), &commit, &inserted);
      !status.ok()) {
    Fail(status);
    return;
  }
  if (!Apply(commit)) return;
  context_->counters->urls_known.fetch_add(inserted, std::memory_order_relaxed);
  PublishPending();
  if (context_->counters->pending.fetch_sub(1) == 1) context_->on_idle();
}

void Worker::CountPage(const ParsedPage& page) {
  CrawlCounters& counters = *context_->counters;
  counters.links_too_long.fetch_add(page.too_long_count, std::memory_order_relaxed);
  const Verdict& verdict = page.outcome.verdict;
  if (verdict.state == UrlState::kQueued) {
    counters.retries.fetch_add(1, std::memory_order_relaxed);
  } else if (verdict.reason != Reason::kNone) {
    counters.errors[static_cast<size_t>(verdict.reason)].fetch_add(1, std::memory_order_relaxed);
  }
  if (!page.store) {
    ReleasePageSlot();
    return;
  }
  counters.body_bytes.fetch_add(page.record.wire_bytes, std::memory_order_relaxed);
  const int64_t pages = counters.pages.fetch_add(1) + 1;
  const int64_t max_pages = context_->options->max_pages;
  if (max_pages > 0 && pages >= max_pages) context_->on_finished();
}

bool Worker::ReservePageSlot() {
  const int64_t max_pages = context_->options->max_pages;
  if (max_pages <= 0) return true;
  std::atomic<int64_t>& slots = context_->counters->page_slots;
  if (slots.fetch_add(1) < max_pages) return true;
  slots.fetch_sub(1);
  return false;
}

void Worker::ReleasePageSlot() {
  if (context_->options->max_pages > 0) context_->counters->page_slots.fetch_sub(1);
}

bool Worker::Apply(Commit& commit) {
  if (commit.empty()) return true;
  const absl::Status status = context_->store->Apply(commit);
  if (!status.ok()) Fail(status);
  return status.ok();
}

// Memory is ahead of the disk now: nothing more may be committed.
void Worker::Fail(const absl::Status& status) {
  if (failed_) return;
  failed_ = true;
  context_->on_failed(status);
  loop_.Stop();
}

void Worker::PublishPending() {
  if (counts_.Publish(frontiers_)) context_->on_idle();
}

void Worker::StopIfDrained() {
  if (fetcher_->active_count() == 0 && parsing_ == 0) {
    loop_.Stop();
    return;
  }
  if (drain_started_) return;
  drain_started_ = true;
  drain_timer_.Set(context_->options->drain_timeout);
}

}  // namespace spindle
