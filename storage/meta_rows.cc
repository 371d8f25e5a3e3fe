#include "storage/meta_rows.h"

#include "absl/strings/str_cat.h"
#include "storage/directory.h"

namespace spindle {

absl::StatusOr<std::optional<CrawlMeta>> ReadCrawlMeta(const Database& database) {
  rocksdb::PinnableSlice value;
  const absl::StatusOr<bool> found = database.Get(Family::kMeta, kCrawlRow, &value);
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<CrawlMeta>();
  CrawlMeta meta;
  if (absl::Status status = Decode(ToView(value), &meta); !status.ok()) {
    return absl::DataLossError(absl::StrCat(database.dir(), ": ", status.message()));
  }
  if (meta.format_version != kFormatVersion) {
    return OtherVersionError(database.dir(), meta.format_version);
  }
  return std::optional<CrawlMeta>(std::move(meta));
}

}  // namespace spindle
