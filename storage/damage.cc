#include "storage/damage.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table_properties.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "storage/coding.h"
#include "storage/host_rows.h"
#include "storage/keys.h"
#include "storage/manifest.h"
#include "storage/records.h"

namespace spindle {
namespace {

constexpr size_t kHostKeyBytes = 10;  // of a shard and a host id
constexpr size_t kMaxNamedHosts = 3;
constexpr uint64_t kMaxCountedRows = 10'000;  // of the family "hosts"

struct Content {
  const char* family;
  const char* what;
  bool by_host;  // keys begin with a host's
};
constexpr Content kContents[] = {
    {"meta", "what the crawl was created with; nothing can be done without it", false},
    {"hosts", "the state and counters of hosts", true},
    {"urls", "what is known of URLs", true},
    {"queue", "which URLs wait to be fetched", true},
    {"front", "when hosts have their next turn", false},
    {"inbox", "links on their way to other shards", false},
    {"pages", "pages without their bodies", true},
    {"bodies", "bodies below 4 KiB, and where the larger ones lie", true},
    {"digests", "which page has which body", true},
};

const Content* FindContent(const std::string& family) {
  const auto* const found =
      std::find_if(std::begin(kContents), std::end(kContents),
                   [&](const Content& content) { return family == content.family; });
  return found == std::end(kContents) ? nullptr : found;
}

std::string PathOf(const std::string& dir, uint64_t number) {
  return absl::StrFormat("%s/%06d.sst", dir, number);
}

// The first table that cannot be opened: RocksDB names it only for some of the reasons.
std::optional<uint64_t> FindUnreadableTable(rocksdb::Env* env, const std::string& dir,
                                            const Manifest& manifest) {
  rocksdb::Options options;
  options.env = env;
  for (const auto& [number, table] : manifest.tables) {
    if (rocksdb::SstFileReader(options).Open(PathOf(dir, number)).IsCorruption()) return number;
  }
  return std::nullopt;
}

// By the table's own account; none: what says so is damaged.
std::optional<uint64_t> CountRecords(rocksdb::Env* env, const std::string& path) {
  rocksdb::Options options;
  options.env = env;
  rocksdb::SstFileReader reader(options);
  if (!reader.Open(path).ok()) return std::nullopt;
  return reader.GetTableProperties()->num_entries;
}

// "1213 records", "about 1200 records" by what the family's other tables hold, or "records".
std::string Records(rocksdb::Env* env, const std::string& dir, const Manifest& manifest,
                    uint64_t number, const Manifest::Table& table) {
  if (const std::optional<uint64_t> count = CountRecords(env, PathOf(dir, number))) {
    return absl::StrCat(*count, *count == 1 ? " record" : " records");
  }
  constexpr int kMaxOthers = 10;
  double records = 0, bytes = 0;
  int others = 0;
  for (const auto& [other, like] : manifest.tables) {
    if (other == number || like.family != table.family || others == kMaxOthers) continue;
    ++others;
    const std::optional<uint64_t> count = CountRecords(env, PathOf(dir, other));
    if (!count.has_value()) continue;
    records += static_cast<double>(*count);
    bytes += static_cast<double>(like.bytes);
  }
  if (bytes == 0) return absl::StrCat(table.bytes, " bytes of records");
  const double about = records / bytes * static_cast<double>(table.bytes);
  return absl::StrFormat("about %.2g records", std::max(about, 1.0));
}

std::string Shards(const Manifest::Table& table) {
  const unsigned first = ByteReader(table.first_key).ReadFixed16();
  const unsigned last = ByteReader(table.last_key).ReadFixed16();
  if (first == last) return absl::StrCat(", shard ", first);
  return absl::StrCat(", shards ", first, " to ", last);
}

// ", of https://a.example, https://b.example and 7 hosts more", as far as they can be read.
std::string Hosts(const Manifest::Table& table, rocksdb::DB* db,
                  rocksdb::ColumnFamilyHandle* hosts) {
  std::vector<std::string> names;
  uint64_t rows = 0, count = 0;
  const std::unique_ptr<rocksdb::Iterator> row(db->NewIterator(rocksdb::ReadOptions(), hosts));
  const std::string last = table.last_key.substr(0, kHostKeyBytes);
  for (row->Seek(table.first_key.substr(0, kHostKeyBytes)); row->Valid(); row->Next()) {
    HostKey key;
    HostRow kind;
    const absl::string_view bytes(row->key().data(), row->key().size());
    if (bytes.substr(0, kHostKeyBytes) > last || ++rows > kMaxCountedRows) break;
    HostRecord host;
    if (!ParseHostRowKey(bytes, &key, &kind) || kind != HostRow::kHost ||
        !Decode({row->value().data(), row->value().size()}, &host).ok()) {
      continue;
    }
    if (++count <= kMaxNamedHosts) names.push_back(host.origin);
  }
  if (names.empty()) return "";
  std::string text = absl::StrCat(", of ", absl::StrJoin(names, ", "));
  if (count <= kMaxNamedHosts) return text;
  return absl::StrCat(text, " and ", rows > kMaxCountedRows ? "more than " : "",
                      count - kMaxNamedHosts, " other hosts");
}

std::optional<uint64_t> NamedTable(absl::string_view text) {
  const absl::string_view name = text.substr(0, text.find(".sst"));
  uint64_t number = 0;
  if (name.size() == text.size() || !absl::SimpleAtoi(name.substr(name.rfind('/') + 1), &number)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::string DescribeDamage(absl::string_view text, rocksdb::Env* env, const std::string& dir,
                           rocksdb::DB* db, rocksdb::ColumnFamilyHandle* hosts) {
  const absl::StatusOr<Manifest> manifest = ReadManifest(env, dir);
  if (!manifest.ok()) return std::string(text);
  std::optional<uint64_t> named = NamedTable(text);
  // Then no table is in use yet, and the manifest is named in place of one.
  const bool unnamed = !named.has_value() && db == nullptr;
  if (unnamed) named = FindUnreadableTable(env, dir, *manifest);
  if (!named.has_value()) return std::string(text);
  const uint64_t number = *named;
  const auto found = manifest->tables.find(number);
  const Content* const content =
      found != manifest->tables.end() ? FindContent(found->second.family) : nullptr;
  if (content == nullptr) return std::string(text);
  // RocksDB names the manifest, too, which is whole.
  text = text.substr(0, text.find(" in file "));
  const std::string path = unnamed ? absl::StrCat(" in ", PathOf(dir, number)) : "";
  const Manifest::Table& table = found->second;
  std::string message =
      absl::StrFormat("%s%s; %06d.sst holds %s of the family %s", text, path, number,
                      Records(env, dir, *manifest, number, table), table.family);
  if (table.family != "meta") absl::StrAppend(&message, Shards(table));
  if (content->by_host && db != nullptr) absl::StrAppend(&message, Hosts(table, db, hosts));
  absl::StrAppend(
      &message, " (", content->what,
      "). What other files hold is not touched by it. Put a good copy of the file in its "
      "place");
  return message;
}

}  // namespace spindle
