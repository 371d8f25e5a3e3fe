#ifndef SPINDLE_STORAGE_META_ROWS_H_
#define SPINDLE_STORAGE_META_ROWS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "storage/database.h"
#include "storage/records.h"

// The family "meta" has one row, "crawl". Internal to storage/.

namespace spindle {

inline constexpr char kCrawlRow[] = "crawl";

// nullopt: the crawl is not written yet. FailedPrecondition: of another format version.
absl::StatusOr<std::optional<CrawlMeta>> ReadCrawlMeta(const Database& database);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_META_ROWS_H_
