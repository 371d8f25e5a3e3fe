#ifndef SPINDLE_STORAGE_META_ROWS_H_
#define SPINDLE_STORAGE_META_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/database.h"
#include "storage/records.h"

// The rows of the family "meta". Internal to storage/.

namespace spindle {

inline constexpr char kCrawlRow[] = "crawl";
inline constexpr char kSuffixesRow[] = "suffixes";  // crawls of earlier versions have none

// The row "crawl", which in crawls of earlier versions has seeds. nullopt: the crawl is not written
// yet. FailedPrecondition: of another format version.
absl::StatusOr<std::optional<CrawlMeta>> ReadCrawlRow(const Database& database);

// Adds the seeds of all rows of their own, in the order of their numbers.
absl::Status ReadSeeds(const Database& database, std::vector<std::string>* seeds);

// The key and the value of such a row.
std::string SeedsRowKey(uint64_t number);
std::string MakeSeedsRow(absl::Span<const std::string> seeds);

// The value of the row "suffixes" for the list that lies in the directory.
absl::StatusOr<std::string> MakeSuffixesRow(const Database& database);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_META_ROWS_H_
