#include "storage/meta_rows.h"

#include <rocksdb/env.h>

#include "absl/strings/str_cat.h"
#include "storage/body_codec.h"
#include "storage/coding.h"
#include "storage/directory.h"
#include "storage/status.h"

namespace spindle {
namespace {

constexpr char kSeedsPrefix[] = "seeds";
constexpr uint8_t kSeedsVersion = 2;

}  // namespace

absl::StatusOr<std::optional<CrawlMeta>> ReadCrawlRow(const Database& database) {
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

absl::Status ReadSeeds(const Database& database, std::vector<std::string>* seeds) {
  Scan scan(database, Family::kMeta, kSeedsPrefix);
  for (; scan.Valid(); scan.Next()) {
    ByteReader in(scan.value());
    if (in.ReadByte() != kSeedsVersion) in.Fail();
    for (uint64_t count = in.ReadVarintUpTo(in.remaining_bytes()); count > 0 && in.ok(); --count) {
      seeds->emplace_back(in.ReadString());
    }
    if (!in.ok() || !in.at_end()) {
      return absl::DataLossError(absl::StrCat(database.dir(), ": a row of seeds is not valid"));
    }
  }
  return scan.status();
}

std::string SeedsRowKey(uint64_t number) {
  std::string key = kSeedsPrefix;
  PutFixed64(&key, number);
  return key;
}

std::string MakeSeedsRow(absl::Span<const std::string> seeds) {
  std::string row(1, static_cast<char>(kSeedsVersion));
  PutVarint(&row, seeds.size());
  for (const std::string& seed : seeds) PutString(&row, seed);
  return row;
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
