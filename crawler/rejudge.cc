#include "crawler/rejudge.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "parsers/url.h"

namespace spindle {
namespace {

// Changes that are applied in one commit.
constexpr size_t kCommitBytes = 1 << 20;
// Queue entries of a host that are read at once.
constexpr size_t kBatch = 1000;

class QueueJudge {
 public:
  QueueJudge(const Scope& scope, const FrontierOptions& options, absl::Time now, CrawlStore* store)
      : scope_(scope),
        options_(options),
        store_(*store),
        time_us_(absl::ToUnixMicros(now)),
        commit_(store->NewCommit()) {}

  absl::Status Run() {
    absl::Status judged;
    absl::Status status =
        store_.reader().ForEachHost(std::nullopt, [&](const HostKey& key, const HostRecord& host) {
          if (host.queued_count + host.parked_count > 0) judged = JudgeHost(key, host);
          return judged.ok();
        });
    status.Update(judged);
    if (status.ok()) status = store_.Apply(commit_);
    return status;
  }

 private:
  absl::Status JudgeHost(const HostKey& key, HostRecord host) {
    absl::Status status;
    for (const Lane lane : {Lane::kReady, Lane::kRetry, Lane::kParked}) {
      if (status.ok()) status = JudgeLane(key, &host, lane);
    }
    return status;
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
        if (absl::Status status = JudgeUrl(entry, host); !status.ok()) return status;
      }
      if (entries->size() < kBatch) return absl::OkStatus();
      from = entries->back();
    }
  }

  Reason ReasonAgainst(const HostRecord& host, const UrlRecord& record) const {
    const std::optional<Url> url = Url::Parse(absl::StrCat(host.origin, record.path));
    // A seed is part of the crawl whatever its scope.
    const bool is_seed = record.depth == 0 && !record.found_on.has_value();
    if (!is_seed && (!url.has_value() || !scope_.Contains(*url))) return Reason::kOutOfScope;
    if (options_.max_depth >= 0 && record.depth > options_.max_depth) return Reason::kDepth;
    return JudgeDepth(options_.budgets, record.depth);
  }

  absl::Status JudgeUrl(const QueueKey& entry, HostRecord* host) {
    absl::StatusOr<std::optional<UrlRecord>> stored = store_.reader().GetUrl(entry.url);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return absl::OkStatus();
    UrlRecord& record = **stored;
    const Reason reason = ReasonAgainst(*host, record);
    const bool parked = entry.lane == Lane::kParked;
    // What waits for its host's budget of pages is in lane ready.
    const Lane wanted = reason == Reason::kHostBudget ? Lane::kParked
                        : reason != Reason::kNone     ? Lane::kNone
                        : parked                      ? Lane::kReady
                                                      : entry.lane;
    if (wanted == entry.lane) return absl::OkStatus();
    commit_.DeleteQueueEntry(entry);
    Count(entry.lane, -1, host);
    record.lane = wanted;
    record.reason = reason;
    record.state = wanted == Lane::kReady    ? UrlState::kQueued
                   : wanted == Lane::kParked ? UrlState::kParked
                                             : UrlState::kExcluded;
    if (wanted != Lane::kNone) {
      record.enqueued = absl::FromUnixMicros(time_us_++);
      commit_.PutQueueEntry(*QueueEntryOf(entry.url, record));
      Count(wanted, 1, host);
    }
    host->queue_head = std::nullopt;  // unknown
    commit_.PutUrl(entry.url, record);
    UpdateFront(entry.url.host_key(), host);
    commit_.PutHost(entry.url.host_key(), *host);
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
  CrawlStore& store_;
  int64_t time_us_;
  const int64_t first_new_us_ = time_us_;
  Commit commit_;
};

}  // namespace

std::string DescribeRules(ScopeKind scope, const FrontierOptions& options) {
  return absl::StrCat("scope=", static_cast<int>(scope), " max_depth=", options.max_depth,
                      " depth_budget=", options.budgets.max_depth);
}

absl::Status Rejudge(const Scope& scope, const FrontierOptions& options, absl::Time now,
                     CrawlStore* store) {
  return QueueJudge(scope, options, now, store).Run();
}

}  // namespace spindle
