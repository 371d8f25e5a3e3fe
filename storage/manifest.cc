#include "storage/manifest.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "storage/coding.h"
#include "storage/log_file.h"
#include "storage/status.h"

namespace spindle {
namespace {

// What a manifest's entries are made of (RocksDB 7.8, db/version_edit.h): a tag, and what belongs
// to it. Tags with this bit are followed by a string and may be passed over.
constexpr uint64_t kIgnorable = 1 << 13;
enum Tag : uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kCompactCursor = 5,
  kDeletedFile = 6,
  kPrevLogNumber = 9,
  kMinLogNumberToKeep = 10,
  kNewFile = 103,
  kColumnFamily = 200,
  kColumnFamilyAdd = 201,
  kMaxColumnFamily = 203,
  kInAtomicGroup = 300,
  kBlobFileAddition = 400,
  kBlobFileGarbage = 401,
};
constexpr uint64_t kEndOfTable = 1;
constexpr uint64_t kEndOfBlobFile = 0;

// A key as RocksDB keeps it ends in a sequence number and a type.
std::string UserKey(absl::string_view internal) {
  constexpr size_t kTrailerBytes = 8;
  return std::string(
      internal.substr(0, internal.size() - std::min(internal.size(), kTrailerBytes)));
}

// A database that is opened begins a manifest, and gives its families the number behind its last
// log, which no log need have. Numbers above the manifest's own are of logs that were begun since.
class ManifestScan {
 public:
  // `number`: in the manifest's name.
  explicit ManifestScan(uint64_t number) : number_(number) {}

  // False: an entry of a kind that this does not know.
  bool AddEntry(absl::string_view bytes) {
    ByteReader in(bytes);
    std::string added_name;
    std::optional<uint64_t> log;
    std::vector<std::pair<uint64_t, Manifest::Table>> tables;
    uint64_t family = 0;  // 0: "default"
    while (in.ok() && !in.at_end()) {
      switch (const uint64_t tag = in.ReadVarint()) {
        case kComparator:
          in.ReadString();
          break;
        case kColumnFamilyAdd:
          added_name = std::string(in.ReadString());
          break;
        case kLogNumber:
          log = in.ReadVarint();
          break;
        case kColumnFamily:
          family = in.ReadVarint();
          break;
        case kLastSequence:
          last_change_ = in.ReadVarint();
          break;
        case kMinLogNumberToKeep:
          least_log_ = in.ReadVarint();
          break;
        case kNextFileNumber:
        case kPrevLogNumber:
        case kMaxColumnFamily:
        case kInAtomicGroup:
          in.ReadVarint();
          break;
        case kCompactCursor:
          in.ReadVarint();
          in.ReadString();
          break;
        case kDeletedFile:
          in.ReadVarint();
          manifest_.tables.erase(in.ReadVarint());
          break;
        case kNewFile:
          tables.push_back(ReadTable(in));
          break;
        case kBlobFileAddition:
          for (int i = 0; i < 3; ++i) in.ReadVarint();
          in.ReadString();
          in.ReadString();
          SkipFields(in, kEndOfBlobFile);
          break;
        case kBlobFileGarbage:
          for (int i = 0; i < 3; ++i) in.ReadVarint();
          SkipFields(in, kEndOfBlobFile);
          break;
        default:
          if ((tag & kIgnorable) == 0) return false;
          in.ReadString();
      }
    }
    if (!added_name.empty()) families_[family] = added_name;
    if (log.has_value()) logs_[family] = *log;
    for (auto& [number, table] : tables) {
      const auto name = families_.find(family);
      table.family = name != families_.end() ? name->second : "default";
      manifest_.tables[number] = std::move(table);
    }
    if (log.value_or(0) > number_) begun_.insert(*log);
    // Once there are such, what logs hold may be in tables as well.
    if (begun_.empty()) last_change_before_ = last_change_;
    return in.ok();
  }

  Manifest Finish() {
    // Nothing is ever put into "default".
    for (const auto& [family, name] : families_) {
      if (name == "default") continue;
      const uint64_t log = logs_[family];
      manifest_.first_log = manifest_.has_families ? std::min(manifest_.first_log, log) : log;
      manifest_.has_families = true;
    }
    manifest_.first_log = std::max(manifest_.first_log, least_log_);
    if (manifest_.first_log > number_) {
      begun_.insert(manifest_.first_log);
    } else {
      manifest_.last_change_before = last_change_before_;
    }
    manifest_.logs.insert(begun_.lower_bound(manifest_.first_log), begun_.end());
    return std::move(manifest_);
  }

 private:
  static void SkipFields(ByteReader& in, uint64_t end) {
    while (in.ok() && in.ReadVarint() != end) in.ReadString();
  }

  static std::pair<uint64_t, Manifest::Table> ReadTable(ByteReader& in) {
    in.ReadVarint();  // level
    const uint64_t number = in.ReadVarint();
    Manifest::Table table;
    table.bytes = in.ReadVarint();
    table.first_key = UserKey(in.ReadString());
    table.last_key = UserKey(in.ReadString());
    in.ReadVarint();  // sequence numbers
    in.ReadVarint();
    SkipFields(in, kEndOfTable);
    return {number, std::move(table)};
  }

  const uint64_t number_;
  Manifest manifest_;
  std::map<uint64_t, std::string> families_;
  std::map<uint64_t, uint64_t> logs_;  // of each family: in none before it is what its tables lack
  uint64_t least_log_ = 0;             // the same of all
  uint64_t last_change_ = 0;           // in tables
  uint64_t last_change_before_ = 0;    // as the manifest was begun
  std::set<uint64_t> begun_;           // logs, since then
};

absl::Status CurrentError(const std::string& dir) {
  return absl::DataLossError(absl::StrCat(
      dir,
      "/CURRENT does not name a manifest that is there, so none of the crawl can be read. Nothing "
      "was changed. Put a good copy of the file in its place, or write into it one line, the name "
      "of the file MANIFEST-* in that directory with the highest number"));
}

}  // namespace

absl::StatusOr<std::string> ManifestPath(rocksdb::Env* env, const std::string& dir) {
  const std::string current = absl::StrCat(dir, "/CURRENT");
  if (!env->FileExists(current).ok()) {
    return absl::NotFoundError(absl::StrCat(current, " does not exist"));
  }
  std::string name;
  const rocksdb::Status status = rocksdb::ReadFileToString(env, current, &name);
  if (!status.ok()) return FromRocksDb(status, current);
  if (!absl::StartsWith(name, "MANIFEST-") || !absl::EndsWith(name, "\n") ||
      absl::StrContains(name, '/')) {
    return CurrentError(dir);
  }
  name.pop_back();
  std::string path = absl::StrCat(dir, "/", name);
  if (!env->FileExists(path).ok()) return CurrentError(dir);
  return path;
}

absl::Status CheckNeverCreated(rocksdb::Env* env, const std::string& dir) {
  std::vector<std::string> names;
  const rocksdb::Status status = env->GetChildren(dir, &names);
  if (!status.ok()) return FromRocksDb(status, dir);
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log")) return CurrentError(dir);
  }
  return absl::OkStatus();
}

absl::StatusOr<Manifest> ReadManifest(rocksdb::Env* env, const std::string& dir) {
  const absl::StatusOr<std::string> path = ManifestPath(env, dir);
  if (!path.ok()) return path.status();
  const absl::StatusOr<std::vector<std::string>> entries = ReadLog(env, *path);
  if (!entries.ok()) return entries.status();
  uint64_t number = 0;
  if (!absl::SimpleAtoi(path->substr(path->rfind('-') + 1), &number)) return CurrentError(dir);
  ManifestScan scan(number);
  for (const std::string& entry : *entries) {
    if (!scan.AddEntry(entry)) {
      return absl::DataLossError(absl::StrCat(*path, ": an entry that is none"));
    }
  }
  return scan.Finish();
}

}  // namespace spindle
