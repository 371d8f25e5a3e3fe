#ifndef SPINDLE_SHARD_RECRAWL_H_
#define SPINDLE_SHARD_RECRAWL_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "parsers/sitemap.h"
#include "storage/records.h"

// When a URL that was fetched is due again. The interval of each URL follows what was observed: it
// shrinks when the page had changed and grows when it had not (the rule of Apache Nutch's
// AdaptiveFetchSchedule). What a sitemap says sets the first interval, and a newer lastmod makes a
// page due at once. Pages that are gone are asked for less and less often, and then never again.
//
// Pure functions; thread-safe. At the commit of a page the frontier does
//
//   RecrawlObservation seen;
//   seen.fetched = now;
//   seen.state = IsUnchanged(http_status, record.digest, digest) ? UrlState::kUnchanged
//                                                                : verdict.state;
//   const RecrawlHistory next = Reschedule(options, HistoryOf(record), seen);
//   if (next.due < absl::InfiniteFuture()) ...  // its entry waits for that time
//
// and for a known URL that a sitemap lists with a date, before it moves the entry,
//
//   if (NoteLastmod(options, record.last_fetch, lastmod, now, &history)) ...  // due moved
//
// What a sitemap says of the rhythm of a new URL, IntervalHint(), is its first `interval`.

namespace spindle {

struct RecrawlOptions {
  // Until the second fetch, where no sitemap says more.
  absl::Duration initial_interval = absl::Hours(24 * 30);
  // Bounds of every interval. REQUIRES: 0 < min_interval <= max_interval.
  absl::Duration min_interval = absl::Hours(1);
  absl::Duration max_interval = absl::Hours(24 * 365);
  // A change multiplies the interval by 1 - shrink, no change by 1 + grow. Values over 0.4 make it
  // swing.
  double shrink = 0.2;
  double grow = 0.4;
  // Whether to aim at the rhythm of Last-Modified: the interval is at least the page's age, and the
  // next fetch comes earlier by sync_rate of that age. For servers whose Last-Modified is true.
  bool sync_delta = false;
  double sync_rate = 0.3;
  // Until a page that is gone (404, 410) or that failed is asked for again; doubles with each time.
  absl::Duration missing_interval = absl::Hours(24);
  // Gone so many times since it was last there: never again. Zero: never given up.
  uint8_t max_gone_count = 5;
};

// Kept with each URL: as varints of seconds 8 to 20 bytes.
struct RecrawlHistory {
  absl::Duration interval = absl::ZeroDuration();  // whole seconds; before the first fetch a hint
  absl::Time due = absl::InfiniteFuture();         // infinite: never again
  uint32_t fetch_count = 0;                        // that brought a page, or said "unchanged"
  uint32_t change_count = 0;                       // of these, with another page than the last
  uint8_t miss_count = 0;                          // gone or failed, in a row
  uint8_t gone_count = 0;                          // of these, gone
};

// As its record has it.
RecrawlHistory HistoryOf(const UrlRecord& record);
// All but `due`, which is the time of its entry in the queue.
void SetHistory(const RecrawlHistory& history, UrlRecord* record);

// One fetch that has ended for good, after the last of its tries.
struct RecrawlObservation {
  absl::Time fetched;
  UrlState state = UrlState::kFetched;  // kUnchanged: 304, or the same digest
  std::optional<absl::Time> last_modified;
};

// Whether an answer says that nothing changed: 304, or the digest of the last body that was stored.
// 0 is no digest and equal to none.
bool IsUnchanged(int http_status, uint64_t old_digest, uint64_t new_digest);

// The first interval that a sitemap's changefreq suggests: half for pages of priority 1, twice for
// those of priority 0. Zero: nothing is said. Reschedule() holds it within the bounds.
absl::Duration IntervalHint(ChangeFrequency frequency, float priority);

// The history after one more fetch. Redirects are due after max_interval. States that are no end of
// a fetch (queued, excluded, parked) are never due: they are others' to bring back.
RecrawlHistory Reschedule(const RecrawlOptions& options, const RecrawlHistory& history,
                          const RecrawlObservation& seen);

// A sitemap gives `lastmod` for a URL that was fetched at `last_fetch`. If that is news, the URL is
// due now, though never sooner than min_interval after its last fetch: sitemaps that call
// everything new on each request gain nothing. Dates in the future are not believed. Returns
// whether `due` moved. Where that was never, it is now; the frontier asks only for URLs that have
// an entry, so that what was given up stays so.
bool NoteLastmod(const RecrawlOptions& options, absl::Time last_fetch, absl::Time lastmod,
                 absl::Time now, RecrawlHistory* history);

}  // namespace spindle

#endif  // SPINDLE_SHARD_RECRAWL_H_
