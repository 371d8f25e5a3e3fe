#ifndef SPINDLE_STORAGE_META_ROWS_H_
#define SPINDLE_STORAGE_META_ROWS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/database.h"
#include "storage/records.h"

// The rows of the family "meta". Internal to storage/.

namespace spindle {

inline constexpr char kCrawlRow[] = "crawl";
inline constexpr char kSuffixesRow[] = "suffixes";  // crawls of earlier versions have none

// nullopt: the crawl is not written yet. FailedPrecondition: of another format version.
absl::StatusOr<std::optional<CrawlMeta>> ReadCrawlMeta(const Database& database);

// The value of the row "suffixes" for the list that lies in the directory.
absl::StatusOr<std::string> MakeSuffixesRow(const Database& database);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_META_ROWS_H_
