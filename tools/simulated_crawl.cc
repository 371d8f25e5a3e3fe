#include "tools/simulated_crawl.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

// One operation in so many is timed: the thread's CPU clock costs a system call.
constexpr uint64_t kSampleEvery = 64;

constexpr size_t kHostKeyCount = 1 << 16;

constexpr absl::string_view kHeaders =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: simulated\r\n"
    "Cache-Control: max-age=600\r\nVary: Accept-Encoding\r\nConnection: keep-alive\r\n\r\n";

absl::Duration ThreadCpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

// Bytes that no codec makes smaller.
std::string MakeBody(size_t bytes) {
  std::string body(bytes, '\0');
  uint64_t state = 1;
  for (char& c : body) {
    state = state * 6364136223846793005 + 1442695040888963407;
    c = static_cast<char>(state >> 56);
  }
  return body;
}

}  // namespace

class SimulatedCrawl::Span {
 public:
  Span(const SimulatedCrawl* crawl, absl::Duration* total)
      : total_(crawl->sampling_ ? total : nullptr) {
    if (total_ != nullptr) start_ = ThreadCpuTime();
  }
  ~Span() {
    if (total_ != nullptr) *total_ += kSampleEvery * (ThreadCpuTime() - start_);
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

 private:
  absl::Duration* const total_;
  absl::Duration start_;
};

SimulatedCrawl::SimulatedCrawl(const SimulatedWeb* web, const SimulatedCrawlOptions& options,
                               CrawlStore* store, PolitenessWatch* watch, absl::Time start)
    : web_(web),
      options_(options),
      store_(store),
      watch_(watch),
      shards_(store->meta().shard_count, store->meta().hash_salt, &PublicSuffixList::Builtin()),
      body_(MakeBody(options.body_bytes)),
      now_(start),
      transfers_(options.max_transfers),
      host_keys_(kHostKeyCount) {
  for (uint32_t worker = 0; worker < options.worker_count; ++worker) {
    caches_.push_back(
        std::make_unique<FrontierCaches>(options.seen_cache_bytes / options.worker_count,
                                         options.robots_bytes / options.worker_count));
  }
  FrontierOptions frontier = options.frontier;
  frontier.suffixes = &PublicSuffixList::Builtin();
  for (uint32_t shard = 0; shard < shards_.shard_count(); ++shard) {
    frontiers_.push_back(std::make_unique<Frontier>(static_cast<ShardId>(shard), frontier, store,
                                                    caches_[shard % caches_.size()].get()));
  }
  for (uint32_t i = 0; i < transfers_.size(); ++i) free_transfers_.push_back(i);
}

SimulatedCrawl::~SimulatedCrawl() = default;

absl::Status SimulatedCrawl::Load() {
  SimulatedEvent event;
  event.time = now_;
  if (observer_) observer_(event);
  event.kind = SimulatedEvent::Kind::kGivenUp;
  const auto visit = [&](const HostKey&, const HostRecord& record) {
    const std::optional<uint32_t> host = web_->ParseHost(record.origin);
    if (record.state != HostState::kParked || !host.has_value()) return;
    watch_->OnGivenUp(*host);
    event.page.host = *host;
    if (observer_) observer_(event);
  };
  for (const auto& frontier : frontiers_) {
    if (absl::Status status = frontier->Load(now_, visit); !status.ok()) return status;
  }
  return store_->reader().ForEachInbox(
      std::nullopt, [&](const InboxKey& key, const LinkBatch& batch) {
        Delivery delivery{key, {}};
        for (const LinkRecord& link : batch) {
          const std::optional<uint32_t> host = web_->ParseHost(link.origin);
          if (!host.has_value()) continue;
          const HostKey host_key = HostKeyOf(*host);
          const UrlId id = MakeUrlId(store_->meta().hash_salt, link.origin, link.path);
          delivery.links.push_back({{host_key.shard, host_key.host, id}, link});
        }
        deliveries_.push_back(std::move(delivery));
        return true;
      });
}

absl::Status SimulatedCrawl::InsertSeeds(uint32_t hosts) {
  for (uint32_t host = 0; host < std::min(hosts, web_->options().host_count); ++host) {
    const InsertedLink link = MakeLink({host, 0}, 0, 0, std::nullopt);
    Commit commit = store_->NewCommit();
    absl::Status status = Insert(link.key.shard, absl::MakeConstSpan(&link, 1), &commit);
    if (status.ok()) status = Apply(&commit);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

HostKey SimulatedCrawl::HostKeyOf(uint32_t host) const {
  CachedKey& cached = host_keys_[host % kHostKeyCount];
  if (cached.host != host) {
    cached.host = host;
    cached.key = shards_.KeyOfHost(web_->Origin(host), web_->HostName(host));
  }
  return cached.key;
}

UrlKey SimulatedCrawl::KeyOf(SimulatedPage page) const {
  const HostKey host = HostKeyOf(page.host);
  return {host.shard, host.host,
          MakeUrlId(store_->meta().hash_salt, web_->Origin(page.host), web_->Path(page))};
}

InsertedLink SimulatedCrawl::MakeLink(SimulatedPage page, uint16_t depth, uint8_t redirects,
                                      std::optional<UrlKey> found_on) const {
  InsertedLink link;
  link.link.origin = web_->Origin(page.host);
  link.link.path = web_->Path(page);
  link.link.depth = depth;
  link.link.redirects = redirects;
  link.link.priority = static_cast<uint8_t>(std::min<int>(depth, 255));
  link.link.found_on = found_on;
  const HostKey host = HostKeyOf(page.host);
  link.key = {host.shard, host.host,
              MakeUrlId(store_->meta().hash_salt, link.link.origin, link.link.path)};
  return link;
}

// At random: operations of different kinds take turns.
void SimulatedCrawl::BeginOperation() {
  sampling_ = (++operations_ * 0x9e3779b97f4a7c15) % (kSampleEvery << 32) < (uint64_t{1} << 32);
}

// --- The clock

size_t SimulatedCrawl::live_host_count() const {
  size_t count = 0;
  for (const auto& frontier : frontiers_) count += frontier->live_host_count();
  return count;
}

int64_t SimulatedCrawl::pending_count() const {
  int64_t count = 0;
  for (const auto& frontier : frontiers_) count += frontier->pending_count();
  return count;
}

uint64_t SimulatedCrawl::known_count() const {
  uint64_t count = 0;
  for (const auto& frontier : frontiers_) count += frontier->url_count();
  return count;
}

uint64_t SimulatedCrawl::seen_hit_count() const {
  uint64_t count = 0;
  for (const auto& caches : caches_) count += caches->seen.hit_count();
  return count;
}

uint64_t SimulatedCrawl::seen_miss_count() const {
  uint64_t count = 0;
  for (const auto& caches : caches_) count += caches->seen.miss_count();
  return count;
}

absl::Time SimulatedCrawl::NextReadyTime() const {
  absl::Time ready = absl::InfiniteFuture();
  for (const auto& frontier : frontiers_) ready = std::min(ready, frontier->NextReadyTime());
  return ready;
}

absl::StatusOr<bool> SimulatedCrawl::Step() {
  for (const auto& frontier : frontiers_) {
    for (const HostKey& host : frontier->TakeRefusedRobots()) {
      if (absl::Status status = RefuseRobots(host); !status.ok()) return status;
    }
  }
  if (!deliveries_.empty()) {
    const Delivery delivery = std::move(deliveries_.front());
    deliveries_.pop_front();
    if (absl::Status status = Deliver(delivery); !status.ok()) return status;
    return true;
  }
  if (!free_transfers_.empty()) {
    const absl::StatusOr<bool> started = StartNext();
    if (!started.ok() || *started) return started;
  }
  const absl::Time ready = free_transfers_.empty() ? absl::InfiniteFuture() : NextReadyTime();
  if (endings_.empty()) {
    // Hosts that were given up are tried again for ever.
    if (ready == absl::InfiniteFuture() || pending_count() == 0) return false;
    now_ = std::max(now_, ready);
    return true;
  }
  const absl::Time end = absl::FromUnixMicros(endings_.top().time_us);
  if (ready < end && ready > now_) {
    now_ = ready;
    return true;
  }
  now_ = std::max(now_, end);
  const uint32_t index = endings_.top().transfer;
  endings_.pop();
  --active_;
  Transfer transfer = std::move(transfers_[index]);
  free_transfers_.push_back(index);
  if (absl::Status status = End(std::move(transfer)); !status.ok()) return status;
  return true;
}

absl::StatusOr<std::optional<FetchTask>> SimulatedCrawl::Pop(Frontier* frontier, Commit* commit) {
  const Span span(this, &counts_.cpu.pop);
  return frontier->Pop(now_, commit);
}

// As Worker::StartNext().
absl::StatusOr<bool> SimulatedCrawl::StartNext() {
  BeginOperation();
  for (size_t i = 0; i < frontiers_.size(); ++i) {
    Frontier& frontier = *frontiers_[next_frontier_];
    next_frontier_ = (next_frontier_ + 1) % frontiers_.size();
    while (frontier.NextReadyTime() <= now_) {
      Commit commit = store_->NewCommit();
      absl::StatusOr<std::optional<FetchTask>> task = Pop(&frontier, &commit);
      if (!task.ok()) return task.status();
      const bool excluded = !commit.empty();
      if (absl::Status status = Apply(&commit); !status.ok()) return status;
      if (task->has_value()) {
        Start(**std::move(task));
        return true;
      }
      if (excluded) return true;
    }
  }
  return false;
}

void SimulatedCrawl::Start(FetchTask task) {
  const Span span(this, &counts_.cpu.web);
  const uint32_t index = free_transfers_.back();
  free_transfers_.pop_back();
  Transfer& transfer = transfers_[index];
  transfer.task = std::move(task);
  const bool robots = transfer.task.kind == FetchTask::Kind::kRobots;
  const std::optional<SimulatedPage> page = web_->ParseUrl(transfer.task.url);
  absl::Duration crawl_delay;
  if (robots) {
    transfer.page = {*web_->ParseHost(transfer.task.url), 0};
    transfer.answer = web_->FetchRobots(transfer.page.host, static_cast<uint32_t>(attempts_++));
    ++counts_.robots_requests;
  } else {
    transfer.page = *page;
    transfer.answer = web_->Fetch(transfer.page, transfer.task.record.failures);
    crawl_delay = web_->CrawlDelay(transfer.page.host);
    ++counts_.requests;
  }
  watch_->OnStart(transfer.page.host, now_, crawl_delay);
  if (observer_) {
    SimulatedEvent event;
    event.kind = SimulatedEvent::Kind::kStart;
    event.robots = robots;
    event.page = transfer.page;
    event.time = now_;
    event.crawl_delay = crawl_delay;
    observer_(event);
  }
  ++active_;
  endings_.push({absl::ToUnixMicros(now_ + transfer.answer.elapsed), index});
}

// --- Ends of requests

absl::Status SimulatedCrawl::End(Transfer transfer) {
  BeginOperation();
  return transfer.task.kind == FetchTask::Kind::kRobots ? EndRobots(transfer) : EndPage(transfer);
}

HostObservation SimulatedCrawl::ObservationOf(const SimulatedAnswer& answer, bool failed) const {
  HostObservation seen;
  seen.now = now_;
  seen.answered = answer.http_status != 0;
  seen.request_seen = seen.answered ? now_ - (answer.elapsed - answer.latency) : now_;
  seen.failed = failed;
  seen.latency = answer.latency;
  seen.retry_after = answer.retry_after;
  return seen;
}

// As Worker::OnPageFetched() and CommitPage().
absl::Status SimulatedCrawl::EndPage(const Transfer& transfer) {
  const FetchTask& task = transfer.task;
  const SimulatedAnswer& answer = transfer.answer;
  FetchOutcome outcome;
  outcome.verdict =
      Judge(options_.frontier.politeness, answer.http_status, answer.reason, task.record.failures);
  outcome.http_status = static_cast<uint16_t>(answer.http_status);
  Frontier& frontier = FrontierOf(task.host.shard);
  {
    const Span span(this, &counts_.cpu.complete);
    Commit commit = store_->NewCommit();
    frontier.Release(task, ObservationOf(answer, outcome.verdict.host_failed), &commit);
  }
  std::vector<InsertedLink> links;
  const bool stored = outcome.verdict.state == UrlState::kFetched;
  {
    const Span span(this, &counts_.cpu.web);
    if (stored) {
      std::vector<SimulatedPage> pages;
      web_->AppendLinks(transfer.page, &pages);
      links.reserve(pages.size());
      for (const SimulatedPage& page : pages) {
        links.push_back(
            MakeLink(page, static_cast<uint16_t>(task.record.depth + 1), 0, task.queue.url));
      }
      outcome.digest = absl::HashOf(transfer.page.host, transfer.page.page) | 1;
      outcome.body_bytes = body_.size();
    } else if (answer.redirect.has_value() && outcome.verdict.state == UrlState::kRedirected) {
      InsertedLink link = MakeLink(*answer.redirect, task.record.depth,
                                   static_cast<uint8_t>(task.record.redirects + 1), task.queue.url);
      outcome.detail = absl::StrCat(link.link.origin, link.link.path);
      if (outcome.detail == task.url) {
        outcome.verdict = {UrlState::kFailed, Reason::kRedirectLimit};
      } else {
        links.push_back(std::move(link));
      }
    }
  }
  Commit commit = store_->NewCommit();
  std::vector<Delivery> deliveries;
  if (absl::Status status = StageLinks(std::move(links), task.host.shard, &commit, &deliveries);
      !status.ok()) {
    return status;
  }
  {
    const Span span(this, &counts_.cpu.complete);
    outcome.stored = stored;
    outcome.fetched = task.start;
    absl::Status status = frontier.Complete(task, outcome, now_, &commit);
    if (!status.ok()) return status;
  }
  if (stored) StoreBody(transfer, &commit);
  if (absl::Status status = Apply(&commit); !status.ok()) return status;
  for (Delivery& delivery : deliveries) deliveries_.push_back(std::move(delivery));
  if (stored) ++counts_.pages;
  Report(transfer, stored);
  return absl::OkStatus();
}

void SimulatedCrawl::StoreBody(const Transfer& transfer, Commit* commit) const {
  PageRecord page;
  page.url = transfer.task.url;
  page.http_status = static_cast<uint16_t>(transfer.answer.http_status);
  page.headers = std::string(kHeaders);
  page.fetched = transfer.task.start;
  page.latency = transfer.answer.latency;
  page.elapsed = transfer.answer.elapsed;
  page.address = "192.0.2.1:443";
  page.media_type = "text/html";
  page.charset = "UTF-8";
  page.title = "A simulated page";
  page.wire_bytes = page.decoded_bytes = body_.size();
  commit->PutPage({transfer.task.queue.url, absl::ToUnixMicros(page.fetched)}, page, body_);
}

// As Worker::OnRobotsFetched() and FollowRobots().
absl::Status SimulatedCrawl::EndRobots(const Transfer& transfer) {
  const FetchTask& task = transfer.task;
  RobotsAnswer answer;
  answer.http_status = static_cast<uint16_t>(transfer.answer.http_status);
  answer.reason = transfer.answer.reason;
  answer.url = task.url;
  if (answer.http_status == 200) answer.body = web_->RobotsBody(transfer.page.host);
  Commit commit = store_->NewCommit();
  FrontierOf(task.host.shard)
      .Release(task, ObservationOf(transfer.answer, IsUnreachable(answer)), &commit);
  if (absl::Status status = Apply(&commit); !status.ok()) return status;
  Report(transfer, false);
  const absl::StatusOr<bool> followed = FollowRobots(transfer);
  if (!followed.ok()) return followed.status();
  return *followed ? absl::OkStatus() : DeliverRobots(task.robots_for, answer);
}

absl::StatusOr<bool> SimulatedCrawl::FollowRobots(const Transfer& transfer) {
  const FetchTask& task = transfer.task;
  if (!transfer.answer.redirect.has_value()) return false;
  if (task.robots_hops >= options_.frontier.max_robots_hops) return false;
  RobotsHop hop;
  const uint32_t host = transfer.answer.redirect->host;
  hop.host = HostKeyOf(host);
  hop.origin = web_->Origin(host);
  hop.url = absl::StrCat(hop.origin, "/robots.txt");
  hop.robots_for = task.robots_for;
  hop.hops = task.robots_hops + 1;
  absl::StatusOr<bool> asked = FrontierOf(hop.host.shard).RequestRobots(std::move(hop));
  if (!asked.ok() || *asked) return asked;
  if (absl::Status status = RefuseRobots(task.robots_for); !status.ok()) return status;
  return true;
}

absl::Status SimulatedCrawl::RefuseRobots(const HostKey& host) {
  RobotsAnswer refused;
  refused.reason = Reason::kHostDead;
  return DeliverRobots(host, refused);
}

absl::Status SimulatedCrawl::DeliverRobots(const HostKey& host, const RobotsAnswer& answer) {
  Commit commit = store_->NewCommit();
  if (absl::Status status = FrontierOf(host.shard).SetRobots(host, answer, now_, &commit);
      !status.ok()) {
    return status;
  }
  return Apply(&commit);
}

// --- Commits

// As Worker::StageLinks().
absl::Status SimulatedCrawl::StageLinks(std::vector<InsertedLink> all, ShardId from, Commit* commit,
                                        std::vector<Delivery>* deliveries) {
  absl::flat_hash_map<ShardId, std::vector<InsertedLink>> by_shard;
  {
    const Span span(this, &counts_.cpu.web);
    for (InsertedLink& link : all) by_shard[link.key.shard].push_back(std::move(link));
  }
  for (auto& [shard, links] : by_shard) {
    if (shard % options_.worker_count == from % options_.worker_count) {
      if (absl::Status status = Insert(shard, links, commit); !status.ok()) return status;
      continue;
    }
    const InboxKey key{shard, from, store_->NextInboxSequence()};
    LinkBatch batch;
    for (const InsertedLink& link : links) batch.push_back(link.link);
    commit->PutInbox(key, batch);
    deliveries->push_back({key, std::move(links)});
  }
  return absl::OkStatus();
}

absl::Status SimulatedCrawl::Deliver(const Delivery& delivery) {
  Commit commit = store_->NewCommit();
  commit.DeleteInbox(delivery.key);
  absl::Status status = Insert(delivery.key.to, delivery.links, &commit);
  return status.ok() ? Apply(&commit) : status;
}

absl::Status SimulatedCrawl::Insert(ShardId shard, absl::Span<const InsertedLink> links,
                                    Commit* commit) {
  const Span span(this, &counts_.cpu.insert);
  size_t inserted = 0;
  absl::Status status = FrontierOf(shard).Insert(links, now_, commit, &inserted);
  counts_.links += links.size();
  counts_.inserted += inserted;
  return status;
}

absl::Status SimulatedCrawl::Apply(Commit* commit) {
  if (commit->empty()) return absl::OkStatus();
  const Span span(this, &counts_.cpu.commit);
  ++counts_.commits;
  return store_->Apply(*commit);
}

void SimulatedCrawl::Report(const Transfer& transfer, bool stored) {
  const SimulatedAnswer& answer = transfer.answer;
  const absl::Time first_byte =
      answer.http_status == 0 ? now_ : now_ - (answer.elapsed - answer.latency);
  watch_->OnEnd(transfer.page.host,
                {now_, first_byte, answer.latency, answer.http_status, answer.retry_after});
  if (!observer_) return;
  SimulatedEvent event;
  event.kind = SimulatedEvent::Kind::kEnd;
  event.robots = transfer.task.kind == FetchTask::Kind::kRobots;
  event.stored = stored;
  event.page = transfer.page;
  event.http_status = answer.http_status;
  event.time = now_;
  event.first_byte = first_byte;
  event.latency = answer.latency;
  event.retry_after = answer.retry_after;
  observer_(event);
}

}  // namespace spindle
