#include "storage/meta_rows.h"

#include <rocksdb/env.h>

#include "absl/strings/str_cat.h"
#include "storage/body_codec.h"
#include "storage/coding.h"
#include "storage/directory.h"
#include "storage/status.h"

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

absl::StatusOr<std::string> MakeSuffixesRow(const Database& database) {
  const std::string path = absl::StrCat(database.dir(), "/", kSuffixFile);
  std::string list;
  const rocksdb::Status status = rocksdb::ReadFileToString(database.env(), path, &list);
  if (!status.ok()) return FromRocksDb(status, path);
  std::string row;
  PutFixed64(&row, BodyDigest(list));
  return row;
}

}  // namespace spindle
