#include "storage/crawl_reader.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "storage/body_codec.h"
#include "storage/database.h"
#include "storage/directory.h"
#include "storage/host_rows.h"
#include "storage/meta_rows.h"

namespace spindle {
namespace {

std::string DescribeRow(const HostKey& key) { return Describe(key); }
std::string DescribeRow(const UrlKey& key) { return Describe(key); }
std::string DescribeRow(const InboxKey& key) {
  return absl::StrCat("inbox of shard ", key.to, " from ", key.from, " number ", key.sequence);
}
std::string DescribeRow(const PageKey& key) {
  return absl::StrCat(Describe(key.url), " fetched ", key.fetched_us);
}

template <typename Key, typename Record>
absl::Status DecodeRow(const Database& database, const Key& key, absl::string_view value,
                       Record* record) {
  absl::Status status = Decode(value, record);
  if (status.ok()) return status;
  return absl::DataLossError(
      absl::StrCat(database.dir(), ": ", DescribeRow(key), ": ", status.message()));
}

absl::Status DecodePathOf(const Database& database, const UrlKey& key, absl::string_view value,
                          absl::string_view* path) {
  absl::Status status = DecodePath(value, path);
  if (status.ok()) return status;
  return absl::DataLossError(
      absl::StrCat(database.dir(), ": ", DescribeRow(key), ": ", status.message()));
}

template <typename Record, typename Key>
absl::StatusOr<std::optional<Record>> GetRecord(const Database& database, Family family,
                                                const std::string& row, const Key& key) {
  rocksdb::PinnableSlice value;
  const absl::StatusOr<bool> found = database.Get(family, row, &value);
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<Record>();
  std::optional<Record> record(std::in_place);
  if (absl::Status status = DecodeRow(database, key, ToView(value), &*record); !status.ok()) {
    return status;
  }
  return record;
}

absl::Status BadKeyError(const Database& database, Family family) {
  return absl::DataLossError(
      absl::StrCat(database.dir(), ": a key of the family ", FamilyName(family), " is not valid"));
}

// Every row of a prefix whose key is the whole key and whose value is a record.
template <typename Key, typename Record>
absl::Status ForEachRow(const Database& database, Family family, const std::string& prefix,
                        absl::FunctionRef<bool(const Key&, const Record&)> visit) {
  Scan scan(database, family, prefix);
  Key key;
  for (; scan.Valid(); scan.Next()) {
    if (!ParseKey(scan.key(), &key)) return BadKeyError(database, family);
    Record record;
    absl::Status status = DecodeRow(database, key, scan.value(), &record);
    if (!status.ok()) return status;
    if (!visit(key, record)) return absl::OkStatus();
  }
  return scan.status();
}

template <typename Key>
std::string PrefixOf(const std::optional<Key>& key) {
  return key.has_value() ? EncodeKey(*key) : std::string();
}

// Up to `limit` keys of a prefix, none before `from`.
template <typename Key>
absl::StatusOr<std::vector<Key>> ReadKeys(const Database& database, Family family,
                                          const std::string& prefix, const std::optional<Key>& from,
                                          size_t limit) {
  std::vector<Key> keys;
  Scan::Options options;
  options.from = PrefixOf(from);
  options.keep_blocks = true;
  Key key;
  Scan scan(database, family, prefix, options);
  for (; keys.size() < limit && scan.Valid(); scan.Next()) {
    if (!ParseKey(scan.key(), &key)) return BadKeyError(database, family);
    keys.push_back(key);
  }
  if (absl::Status status = scan.status(); !status.ok()) return status;
  return keys;
}

std::string PrefixOfShard(std::optional<ShardId> shard) {
  return shard.has_value() ? ShardPrefix(*shard) : std::string();
}

}  // namespace

CrawlReader::CrawlReader(Database* database, std::unique_ptr<Database> owned, CrawlMeta meta)
    : owned_(std::move(owned)), database_(database), meta_(std::move(meta)) {}

CrawlReader::~CrawlReader() = default;

absl::StatusOr<std::unique_ptr<CrawlReader>> CrawlReader::Open(const std::string& dir) {
  if (absl::Status status = CheckCrawlDirectory(rocksdb::Env::Default(), dir); !status.ok())
    return status;
  absl::StatusOr<std::unique_ptr<Database>> database = Database::OpenForReading(dir);
  if (!database.ok()) return database.status();
  absl::StatusOr<std::optional<CrawlMeta>> meta = ReadCrawlRow(**database);
  if (!meta.ok()) return meta.status();
  if (!meta->has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat(dir, " is being created: no crawl in it yet"));
  }
  if (absl::Status status = ReadSeeds(**database, &(*meta)->seeds); !status.ok()) return status;
  Database* const borrowed = database->get();
  return std::unique_ptr<CrawlReader>(
      new CrawlReader(borrowed, *std::move(database), **std::move(meta)));
}

absl::Status CrawlReader::CheckSuffixList() const {
  rocksdb::PinnableSlice kept;
  const absl::StatusOr<bool> found = database_->Get(Family::kMeta, kSuffixesRow, &kept);
  if (!found.ok()) return found.status();
  if (!*found) return absl::OkStatus();
  const absl::StatusOr<std::string> row = MakeSuffixesRow(*database_);
  if (row.ok() && *row == ToView(kept)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      database_->dir(), "/", kSuffixFile,
      row.ok() ? " is damaged or was replaced" : " cannot be read",
      ": by another list than the crawl began with, hosts would be looked for in other shards, and "
      "asked twice. Put a good copy of the file in its place"));
}

absl::Status CrawlReader::Refresh() { return database_->CatchUp(); }

absl::StatusOr<std::optional<HostRecord>> CrawlReader::GetHost(const HostKey& key) const {
  return GetRecord<HostRecord>(*database_, Family::kHosts, HostRowKey(key, HostRow::kHost), key);
}

absl::StatusOr<std::optional<RobotsRecord>> CrawlReader::GetRobots(const HostKey& key) const {
  return GetRecord<RobotsRecord>(*database_, Family::kHosts, HostRowKey(key, HostRow::kRobots),
                                 key);
}

absl::StatusOr<std::string> CrawlReader::GetHostNote(const HostKey& key, HostNote note) const {
  rocksdb::PinnableSlice value;
  const absl::StatusOr<bool> found = database_->Get(Family::kHosts, HostRowKey(key, note), &value);
  if (!found.ok()) return found.status();
  return value.ToString();
}

absl::StatusOr<std::optional<DomainRecord>> CrawlReader::GetDomain(const HostKey& key) const {
  return GetRecord<DomainRecord>(*database_, Family::kHosts, HostRowKey(key, HostRow::kDomain),
                                 key);
}

absl::StatusOr<std::optional<UrlRecord>> CrawlReader::GetUrl(const UrlKey& key) const {
  return GetRecord<UrlRecord>(*database_, Family::kUrls, EncodeKey(key), key);
}

absl::StatusOr<std::optional<PageRecord>> CrawlReader::GetPage(const PageKey& key) const {
  return GetRecord<PageRecord>(*database_, Family::kPages, EncodeKey(key), key);
}

absl::StatusOr<std::optional<PageKey>> CrawlReader::GetDigest(const DigestKey& key) const {
  rocksdb::PinnableSlice value;
  const absl::StatusOr<bool> found = database_->Get(Family::kDigests, EncodeKey(key), &value);
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<PageKey>();
  PageKey page;
  if (!ParseKey(ToView(value), &page)) {
    return absl::DataLossError(absl::StrCat(database_->dir(), ": ", Describe(key.host), " digest ",
                                            key.digest, ": no page's key"));
  }
  return std::make_optional(page);
}

absl::StatusOr<std::optional<std::string>> CrawlReader::GetBody(const PageKey& key) const {
  const absl::StatusOr<std::optional<PageRecord>> page = GetPage(key);
  if (!page.ok()) return page.status();
  if (!page->has_value()) return std::optional<std::string>();
  // An original has none itself.
  if ((*page)->original.has_value() && *(*page)->original != key) {
    return GetBody(*(*page)->original);
  }
  rocksdb::PinnableSlice value;
  const absl::StatusOr<bool> found = database_->Get(Family::kBodies, EncodeKey(key), &value);
  if (!found.ok()) return found.status();
  if (!*found && (*page)->wire_bytes > 0) {
    return absl::DataLossError(
        absl::StrCat(database_->dir(), ": ", DescribeRow(key), ": the body is missing"));
  }
  if (!*found) return std::optional<std::string>("");
  absl::StatusOr<std::string> body =
      DecodeBody(ToView(value), (*page)->body_codec, (*page)->wire_bytes);
  if (body.ok()) return std::optional<std::string>(*std::move(body));
  return absl::DataLossError(
      absl::StrCat(database_->dir(), ": ", DescribeRow(key), ": ", body.status().message()));
}

absl::Status CrawlReader::LookUpUrls(absl::Span<const UrlKey> keys,
                                     absl::Span<const absl::string_view> paths,
                                     std::vector<Known>* out) const {
  out->assign(keys.size(), Known::kNo);
  return ForEachFound(keys, [&](size_t i, absl::string_view value) {
    absl::string_view path;
    absl::Status status = DecodePathOf(*database_, keys[i], value, &path);
    if (!status.ok()) return status;
    (*out)[i] = path == paths[i] ? Known::kYes : Known::kOther;
    return status;
  });
}

absl::Status CrawlReader::ForEachFound(
    absl::Span<const UrlKey> keys,
    absl::FunctionRef<absl::Status(size_t, absl::string_view)> visit) const {
  // RocksDB asks neighbours together, and stops the process where "sorted" is not true.
  std::vector<size_t> order(keys.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return keys[a] < keys[b]; });

  std::string rows;
  for (const size_t i : order) AppendKey(&rows, keys[i]);
  const size_t row_bytes = rows.size() / std::max<size_t>(keys.size(), 1);
  std::vector<rocksdb::Slice> slices;
  slices.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    slices.emplace_back(rows.data() + i * row_bytes, row_bytes);
  }
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  database_->db()->MultiGet(rocksdb::ReadOptions(), database_->handle(Family::kUrls), slices.size(),
                            slices.data(), values.data(), statuses.data(), /*sorted_input=*/true);

  for (size_t i = 0; i < order.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return database_->ToStatus(statuses[i]);
    if (absl::Status status = visit(order[i], ToView(values[i])); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::pair<UrlKey, UrlRecord>>> CrawlReader::FindUrl(
    const HostKey& host, absl::string_view origin, absl::string_view path) const {
  UrlKey key{host.shard, host.host, MakeUrlId(meta_.hash_salt, origin, path)};
  for (;; ++key.url) {
    absl::StatusOr<std::optional<UrlRecord>> record = GetUrl(key);
    if (!record.ok()) return record.status();
    if (!record->has_value()) return std::optional<std::pair<UrlKey, UrlRecord>>();
    if ((*record)->path == path)
      return std::make_optional(std::make_pair(key, **std::move(record)));
  }
}

absl::StatusOr<std::optional<std::pair<HostKey, HostRecord>>> CrawlReader::FindHost(
    HostKey key, absl::string_view origin) const {
  for (;; ++key.host) {
    absl::StatusOr<std::optional<HostRecord>> record = GetHost(key);
    if (!record.ok()) return record.status();
    if (!record->has_value()) return std::optional<std::pair<HostKey, HostRecord>>();
    if ((*record)->origin == origin)
      return std::make_optional(std::make_pair(key, **std::move(record)));
  }
}

absl::StatusOr<std::vector<QueueKey>> CrawlReader::ReadQueue(const HostKey& host, Lane lane,
                                                             const std::optional<QueueKey>& from,
                                                             size_t limit) const {
  return ReadKeys(*database_, Family::kQueue, LanePrefix(host, lane), from, limit);
}

absl::StatusOr<std::vector<FrontKey>> CrawlReader::ReadFront(ShardId shard,
                                                             const std::optional<FrontKey>& from,
                                                             size_t limit) const {
  return ReadKeys(*database_, Family::kFront, ShardPrefix(shard), from, limit);
}

absl::Status CrawlReader::ForEachHost(
    std::optional<ShardId> shard,
    absl::FunctionRef<bool(const HostKey&, const HostRecord&)> visit) const {
  Scan scan(*database_, Family::kHosts, PrefixOfShard(shard));
  HostKey key;
  HostRow row;
  for (; scan.Valid(); scan.Next()) {
    if (!ParseHostRowKey(scan.key(), &key, &row)) return BadKeyError(*database_, Family::kHosts);
    if (row != HostRow::kHost) continue;
    HostRecord record;
    absl::Status status = DecodeRow(*database_, key, scan.value(), &record);
    if (!status.ok()) return status;
    if (!visit(key, record)) return absl::OkStatus();
  }
  return scan.status();
}

absl::Status CrawlReader::ForEachUrl(
    std::optional<HostKey> host,
    absl::FunctionRef<bool(const UrlKey&, const UrlRecord&)> visit) const {
  return ForEachRow<UrlKey, UrlRecord>(*database_, Family::kUrls, PrefixOf(host), visit);
}

absl::Status CrawlReader::ForEachPath(
    const HostKey& host, absl::FunctionRef<bool(const UrlKey&, absl::string_view)> visit) const {
  Scan::Options options;
  options.keep_blocks = true;
  UrlKey key;
  Scan scan(*database_, Family::kUrls, EncodeKey(host), options);
  for (; scan.Valid(); scan.Next()) {
    if (!ParseKey(scan.key(), &key)) return BadKeyError(*database_, Family::kUrls);
    absl::string_view path;
    absl::Status status = DecodePathOf(*database_, key, scan.value(), &path);
    if (!status.ok()) return status;
    if (!visit(key, path)) return absl::OkStatus();
  }
  return scan.status();
}

absl::Status CrawlReader::ForEachQueueEntry(std::optional<HostKey> host,
                                            absl::FunctionRef<bool(const QueueKey&)> visit) const {
  Scan scan(*database_, Family::kQueue, PrefixOf(host));
  QueueKey key;
  for (; scan.Valid(); scan.Next()) {
    if (!ParseKey(scan.key(), &key)) return BadKeyError(*database_, Family::kQueue);
    if (!visit(key)) return absl::OkStatus();
  }
  return scan.status();
}

absl::Status CrawlReader::ForEachInbox(
    std::optional<ShardId> shard,
    absl::FunctionRef<bool(const InboxKey&, const LinkBatch&)> visit) const {
  return ForEachRow<InboxKey, LinkBatch>(*database_, Family::kInbox, PrefixOfShard(shard), visit);
}

absl::Status CrawlReader::ForEachPage(
    std::optional<UrlKey> url,
    absl::FunctionRef<bool(const PageKey&, const PageRecord&)> visit) const {
  return ForEachRow<PageKey, PageRecord>(*database_, Family::kPages, PrefixOf(url), visit);
}

std::vector<CrawlReader::FamilySize> CrawlReader::FamilySizes() const {
  std::vector<FamilySize> sizes;
  for (int i = 0; i < kFamilyCount; ++i) {
    const Family family = static_cast<Family>(i);
    FamilySize& size = sizes.emplace_back();
    size.name = FamilyName(family);
    const auto property = [&](const std::string& name, uint64_t* value) {
      database_->db()->GetIntProperty(database_->handle(family), name, value);
    };
    property(rocksdb::DB::Properties::kLiveSstFilesSize, &size.table_bytes);
    property(rocksdb::DB::Properties::kLiveBlobFileSize, &size.blob_bytes);
    property(rocksdb::DB::Properties::kEstimateNumKeys, &size.estimated_count);
  }
  return sizes;
}

}  // namespace spindle
