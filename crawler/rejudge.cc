#include "crawler/rejudge.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "parsers/url.h"
#include "shard/budgets.h"
#include "shard/host_lore.h"
#include "shard/url_traps.h"

namespace spindle {
namespace {

// Changes that are applied in one commit.
constexpr size_t kCommitBytes = 1 << 20;
// Queue entries of a host that are read at once.
constexpr size_t kBatch = 1000;

class QueueJudge {
 public:
  QueueJudge(const Scope& scope, const FrontierOptions& options, absl::Time now, CrawlStore* store,
             absl::FunctionRef<bool()> stopped)
      : scope_(scope),
        options_(options),
        stopped_(stopped),
        store_(*store),
        now_(now),
        time_us_(absl::ToUnixMicros(now)),
        commit_(store->NewCommit()) {}

  absl::Status Run() {
    absl::Status judged;
    absl::Status status =
        store_.reader().ForEachHost(std::nullopt, [&](const HostKey& key, const HostRecord& host) {
          judged = JudgeHost(key, host);
          return judged.ok();
        });
    status.Update(judged);
    if (status.ok()) status = store_.Apply(commit_);
    return status;
  }

 private:
  absl::Status CheckStopped() const {
    return stopped_() ? absl::CancelledError("judging anew was stopped") : absl::OkStatus();
  }

  absl::Status JudgeHost(const HostKey& key, HostRecord host) {
    absl::Status status = CheckStopped();
    const uint64_t waiting = host.queued_count + host.parked_count;
    const bool all_have_entries = host.known_count <= waiting + host.recrawl_count;
    if (status.ok() && waiting > 0) {
      for (const Lane lane : {Lane::kReady, Lane::kRetry, Lane::kParked}) {
        if (status.ok()) status = JudgeLane(key, &host, lane);
      }
    }
    if (status.ok() && !all_have_entries) status = JudgeExcluded(key, &host);
    return status;
  }

  // What an earlier scope or limit kept out, in the order of the ids. The scan does not see what is
  // applied meanwhile.
  absl::Status JudgeExcluded(const HostKey& key, HostRecord* host) {
    lore_.reset();
    absl::Status judged;
    absl::Status status =
        store_.reader().ForEachUrl(key, [&](const UrlKey& url, const UrlRecord& record) {
          const bool kept_out =
              record.state == UrlState::kExcluded && record.lane == Lane::kNone &&
              (record.reason == Reason::kOutOfScope || record.reason == Reason::kDepth);
          judged = CheckStopped();
          if (judged.ok() && kept_out) judged = JudgeRecord(url, record, host);
          return judged.ok();
        });
    status.Update(judged);
    if (status.ok() && lore_.has_value()) lore_->Save(key, &commit_);
    return status;
  }

  // Of what was too deep nobody has asked yet whether it is a trap.
  absl::StatusOr<Reason> JudgeTraps(const UrlKey& key, UrlRecord* record) {
    if (const Reason reason = JudgeUrl(options_.traps, record->path); reason != Reason::kNone) {
      return reason;
    }
    if (!lore_.has_value()) {
      lore_.emplace();
      absl::Status status = lore_->Read(store_.reader(), key.host_key());
      if (!status.ok()) return status;
    }
    uint8_t penalty = 0;
    const Reason reason = lore_->Admit(options_, record->path, now_, &penalty);
    record->priority = static_cast<uint8_t>(std::min(255, record->priority + penalty));
    return reason;
  }

  absl::Status JudgeLane(const HostKey& key, HostRecord* host, Lane lane) {
    std::optional<QueueKey> from;
    for (;;) {
      const absl::StatusOr<std::vector<QueueKey>> entries =
          store_.reader().ReadQueue(key, lane, from, kBatch);
      if (!entries.ok()) return entries.status();
      for (const QueueKey& entry : *entries) {
        if (entry == from) continue;
        // What this run put into lane ready is judged already.
        if (lane == Lane::kReady && entry.enqueued_us >= first_new_us_) continue;
        absl::StatusOr<std::optional<UrlRecord>> stored = store_.reader().GetUrl(entry.url);
        if (!stored.ok()) return stored.status();
        if (!stored->has_value()) continue;
        absl::Status status = CheckStopped();
        if (status.ok()) status = JudgeRecord(entry.url, *std::move(*stored), host);
        if (!status.ok()) return status;
      }
      if (entries->size() < kBatch) return absl::OkStatus();
      from = entries->back();
    }
  }

  Reason ReasonAgainst(const HostRecord& host, const UrlRecord& record) const {
    if (options_.max_depth >= 0 && record.depth > options_.max_depth) return Reason::kDepth;
    const std::optional<Url> url = Url::Parse(absl::StrCat(host.origin, record.path));
    // A seed is part of the crawl whatever its scope.
    const bool is_seed = record.depth == 0 && !record.found_on.has_value();
    if (!is_seed && (!url.has_value() || !scope_.Contains(*url))) return Reason::kOutOfScope;
    return JudgeDepth(options_.budgets, record.depth);
  }

  absl::Status JudgeRecord(const UrlKey& key, UrlRecord record, HostRecord* host) {
    Reason reason = ReasonAgainst(*host, record);
    if (record.reason == Reason::kDepth && reason != Reason::kDepth) {
      const absl::StatusOr<Reason> trap = JudgeTraps(key, &record);
      if (!trap.ok()) return trap.status();
      if (*trap != Reason::kNone) reason = *trap;
    }
    // What waits for its host's budget of pages is in lane ready.
    const Lane wanted = reason == Reason::kDepthBudget ? Lane::kParked
                        : reason != Reason::kNone      ? Lane::kNone
                        : record.lane == Lane::kRetry  ? Lane::kRetry
                                                       : Lane::kReady;
    if (wanted == record.lane && (wanted != Lane::kNone || reason == record.reason)) {
      return absl::OkStatus();
    }
    if (const std::optional<QueueKey> entry = QueueEntryOf(key, record)) {
      commit_.DeleteQueueEntry(*entry);
    }
    Count(record.lane, -1, host);
    record.lane = wanted;
    record.reason = reason;
    record.state = wanted == Lane::kReady    ? UrlState::kQueued
                   : wanted == Lane::kParked ? UrlState::kParked
                                             : UrlState::kExcluded;
    if (wanted != Lane::kNone) {
      record.enqueued = absl::FromUnixMicros(time_us_++);
      commit_.PutQueueEntry(*QueueEntryOf(key, record));
      Count(wanted, 1, host);
    }
    host->queue_head = std::nullopt;  // unknown
    commit_.PutUrl(key, record);
    UpdateFront(key.host_key(), host);
    commit_.PutHost(key.host_key(), *host);
    return commit_.size_bytes() > kCommitBytes ? store_.Apply(commit_) : absl::OkStatus();
  }

  static void Count(Lane lane, int64_t delta, HostRecord* host) {
    if (lane == Lane::kParked) host->parked_count += delta;
    if (lane == Lane::kReady || lane == Lane::kRetry) host->queued_count += delta;
    if (lane == Lane::kRetry) host->retry_count += delta;
  }

  // A host with something to fetch has an entry, which may be early and never late.
  void UpdateFront(const HostKey& key, HostRecord* host) {
    const absl::Time wanted = host->queued_count + host->recrawl_count == 0
                                  ? absl::InfinitePast()
                                  : absl::FromUnixMicros(first_new_us_);
    const bool there = host->front_due != absl::InfinitePast();
    if (there && host->front_due <= wanted) return;
    if (there) {
      commit_.DeleteFrontEntry({key.shard, absl::ToUnixMicros(host->front_due), key.host});
    }
    host->front_due = wanted;
    if (wanted != absl::InfinitePast()) commit_.PutFrontEntry({key.shard, first_new_us_, key.host});
  }

  const Scope& scope_;
  const FrontierOptions& options_;
  const absl::FunctionRef<bool()> stopped_;
  CrawlStore& store_;
  const absl::Time now_;
  int64_t time_us_;
  const int64_t first_new_us_ = time_us_;
  Commit commit_;
  std::optional<HostLore> lore_;  // of the host whose excluded URLs are judged
};

}  // namespace

std::string DescribeRules(const Scope& scope, const FrontierOptions& options) {
  std::string rules =
      absl::StrCat("scope=", static_cast<int>(scope.kind()), " max_depth=", options.max_depth,
                   " depth_budget=", options.budgets.max_depth);
  // Seeds are never taken back, so their number tells whether the scope has grown.
  if (scope.kind() != ScopeKind::kAny) absl::StrAppend(&rules, " names=", scope.name_count());
  return rules;
}

absl::Status Rejudge(const Scope& scope, const FrontierOptions& options, absl::Time now,
                     CrawlStore* store, absl::FunctionRef<bool()> stopped) {
  if (absl::Status status = store->SetJudgedBy(""); !status.ok()) return status;
  return QueueJudge(scope, options, now, store, stopped).Run();
}

}  // namespace spindle
