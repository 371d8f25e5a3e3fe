#include "shard/recrawl.h"

#include <algorithm>
#include <cmath>

namespace spindle {
namespace {

absl::Duration Bounded(const RecrawlOptions& options, absl::Duration interval) {
  return std::clamp(interval, options.min_interval, options.max_interval);
}

absl::Duration WholeSeconds(absl::Duration interval) {
  return absl::Floor(interval, absl::Seconds(1));
}

// Doubles with each miss, the first one being 1.
absl::Duration MissingInterval(const RecrawlOptions& options, uint8_t miss_count) {
  absl::Duration wait = options.missing_interval;
  for (int i = 1; i < miss_count && wait < options.max_interval; ++i) wait *= 2;
  return Bounded(options, wait);
}

RecrawlHistory AfterMiss(const RecrawlOptions& options, RecrawlHistory history,
                         const RecrawlObservation& seen) {
  const bool gone = seen.state == UrlState::kGone;
  if (history.miss_count < UINT8_MAX) ++history.miss_count;
  if (gone && history.gone_count < UINT8_MAX) ++history.gone_count;
  const bool aged_out =
      gone && options.max_gone_count > 0 && history.gone_count >= options.max_gone_count;
  history.due = aged_out ? absl::InfiniteFuture()
                         : seen.fetched + MissingInterval(options, history.miss_count);
  return history;
}

RecrawlHistory AfterPage(const RecrawlOptions& options, RecrawlHistory history,
                         const RecrawlObservation& seen) {
  history.miss_count = 0;
  history.gone_count = 0;
  absl::Duration interval =
      history.interval > absl::ZeroDuration() ? history.interval : options.initial_interval;
  if (history.fetch_count > 0) {
    const bool changed = seen.state == UrlState::kFetched;
    if (changed) ++history.change_count;
    interval *= changed ? 1 - options.shrink : 1 + options.grow;
  }
  ++history.fetch_count;
  absl::Duration ahead = absl::ZeroDuration();
  if (options.sync_delta && seen.last_modified.has_value()) {
    // An age beyond the longest interval would put the next fetch into the past.
    const absl::Duration age =
        std::clamp(seen.fetched - *seen.last_modified, absl::ZeroDuration(), options.max_interval);
    interval = std::max(interval, age);
    ahead = age * options.sync_rate;
  }
  history.interval = WholeSeconds(Bounded(options, interval));
  history.due = seen.fetched + std::max(history.interval - ahead, options.min_interval);
  return history;
}

}  // namespace

RecrawlHistory HistoryOf(const UrlRecord& record) {
  RecrawlHistory history;
  history.interval = record.interval;
  if (record.lane == Lane::kRecrawl) history.due = record.enqueued;
  history.fetch_count = record.fetch_count;
  history.change_count = record.change_count;
  history.miss_count = record.miss_count;
  history.gone_count = record.gone_count;
  return history;
}

void SetHistory(const RecrawlHistory& history, UrlRecord* record) {
  record->interval = history.interval;
  record->fetch_count = history.fetch_count;
  record->change_count = history.change_count;
  record->miss_count = history.miss_count;
  record->gone_count = history.gone_count;
}

bool IsUnchanged(int http_status, uint64_t old_digest, uint64_t new_digest) {
  return http_status == 304 || (new_digest != 0 && new_digest == old_digest);
}

absl::Duration IntervalHint(ChangeFrequency frequency, float priority) {
  constexpr absl::Duration kDay = absl::Hours(24);
  absl::Duration interval;
  switch (frequency) {
    case ChangeFrequency::kNotSaid:
      return absl::ZeroDuration();
    case ChangeFrequency::kAlways:
    case ChangeFrequency::kHourly:
      interval = absl::Hours(1);
      break;
    case ChangeFrequency::kDaily:
      interval = kDay;
      break;
    case ChangeFrequency::kWeekly:
      interval = 7 * kDay;
      break;
    case ChangeFrequency::kMonthly:
      interval = 30 * kDay;
      break;
    case ChangeFrequency::kYearly:
    case ChangeFrequency::kNever:
      interval = 365 * kDay;
      break;
  }
  return WholeSeconds(interval * std::exp2(1 - 2 * std::clamp(priority, 0.f, 1.f)));
}

RecrawlHistory Reschedule(const RecrawlOptions& options, const RecrawlHistory& history,
                          const RecrawlObservation& seen) {
  RecrawlHistory next = history;
  switch (seen.state) {
    case UrlState::kFetched:
    case UrlState::kUnchanged:
      return AfterPage(options, history, seen);
    case UrlState::kGone:
    case UrlState::kFailed:
      return AfterMiss(options, history, seen);
    case UrlState::kRedirected:
      next.miss_count = 0;
      next.gone_count = 0;
      next.due = seen.fetched + options.max_interval;
      return next;
    case UrlState::kQueued:
    case UrlState::kExcluded:
    case UrlState::kParked:
      next.due = absl::InfiniteFuture();
      return next;
  }
  return next;
}

bool NoteLastmod(const RecrawlOptions& options, absl::Time last_fetch, absl::Time lastmod,
                 absl::Time now, RecrawlHistory* history) {
  if (lastmod <= last_fetch || lastmod > now) return false;
  const absl::Time due = std::max(now, last_fetch + options.min_interval);
  if (due >= history->due) return false;
  history->due = due;
  history->miss_count = 0;
  history->gone_count = 0;
  return true;
}

}  // namespace spindle
