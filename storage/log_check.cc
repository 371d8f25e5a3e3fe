#include "storage/log_check.h"

#include <rocksdb/env.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "storage/status.h"

namespace spindle {
namespace {

constexpr size_t kBlockBytes = 32 * 1024;
constexpr size_t kHeaderBytes = 7;
constexpr uint8_t kWholeKind = 1;  // of an entry, one record
constexpr uint8_t kFirstKind = 2;  // others are several: first, middle (3), last
constexpr uint8_t kLastKind = 4;

uint32_t Crc32c(absl::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> entries;
    for (uint32_t i = 0; i < entries.size(); ++i) {
      uint32_t entry = i;
      for (int bit = 0; bit < 8; ++bit) entry = entry >> 1 ^ (entry & 1 ? 0x82f63b78 : 0);
      entries[i] = entry;
    }
    return entries;
  }();
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return ~crc;
}

// As RocksDB stores them, since checksums of checksums are no good.
uint32_t Masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8; }

uint32_t ReadLittleEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// Where the record at the beginning of `rest` would end, by its own account; none: it has no head.
std::optional<size_t> EndOfRecord(absl::string_view rest) {
  if (rest.size() < kHeaderBytes) return std::nullopt;
  return kHeaderBytes + ReadLittleEndian(rest.substr(4, 2));
}

bool IsRecord(absl::string_view rest) {
  const std::optional<size_t> end = EndOfRecord(rest);
  const uint8_t kind = end.has_value() ? static_cast<uint8_t>(rest[6]) : 0;
  if (kind < 1 || kind > kLastKind || *end > rest.size()) return false;
  return ReadLittleEndian(rest.substr(0, 4)) == Masked(Crc32c(rest.substr(6, *end - 6)));
}

// Follows the records of a log, block by block.
class LogScan {
 public:
  void AddBlock(absl::string_view block) {
    size_t at = 0;
    while (block.size() - at >= kHeaderBytes) {
      const absl::string_view rest = block.substr(at);
      const bool good = IsRecord(rest);
      if (!good && !damage_.has_value()) damage_ = offset_ + at;
      if (good && damage_.has_value()) good_after_ += *EndOfRecord(rest);
      // Behind a damaged record the next one may begin anywhere: its length may be what is damaged.
      at += good ? *EndOfRecord(rest) : 1;
    }
    offset_ += block.size();
  }

  // Of the first record that is none.
  uint64_t damage() const { return *damage_; }
  bool has_hole() const { return good_after_ > 0; }
  uint64_t good_after_bytes() const { return good_after_; }

 private:
  uint64_t offset_ = 0;
  std::optional<uint64_t> damage_;
  uint64_t good_after_ = 0;  // bytes of good records behind it
};

absl::Status ForEachBlock(rocksdb::Env* env, const std::string& path,
                          absl::FunctionRef<void(absl::string_view)> visit) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  rocksdb::Status status = env->NewSequentialFile(path, &file, rocksdb::EnvOptions());
  if (!status.ok()) return FromRocksDb(status, path);
  std::vector<char> scratch(kBlockBytes);
  rocksdb::Slice block;
  do {
    status = file->Read(scratch.size(), &block, scratch.data());
    if (!status.ok()) return FromRocksDb(status, path);
    visit({block.data(), block.size()});
  } while (block.size() == kBlockBytes);
  return absl::OkStatus();
}

absl::Status CheckLog(rocksdb::Env* env, const std::string& path) {
  LogScan scan;
  absl::Status status =
      ForEachBlock(env, path, [&](absl::string_view block) { scan.AddBlock(block); });
  if (!status.ok()) return status;
  if (!scan.has_hole()) return absl::OkStatus();
  if (!absl::EndsWith(path, ".log")) {
    return absl::DataLossError(absl::StrCat(
        path, " is damaged at byte ", scan.damage(),
        ": it says which files the crawl consists of, so none of it can be read. Nothing was "
        "changed. Put a good copy of the file in its place."));
  }
  return absl::DataLossError(absl::StrCat(
      path, " is damaged at byte ", scan.damage(), ". Behind it are ", scan.good_after_bytes(),
      " bytes of later commits: pages, URLs and queues that cannot be had in order. Nothing was "
      "changed. Put a good copy of the file in its place, or give up what was committed after that "
      "moment: truncate --size=",
      scan.damage(), " ", path));
}

}  // namespace

absl::Status CheckLogs(rocksdb::Env* env, const std::string& dir) {
  std::vector<std::string> names;
  const rocksdb::Status status = env->GetChildren(dir, &names);
  if (!status.ok()) return FromRocksDb(status, dir);
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".log") && !absl::StartsWith(name, "MANIFEST-")) continue;
    if (absl::Status log = CheckLog(env, absl::StrCat(dir, "/", name)); !log.ok()) return log;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ReadLog(rocksdb::Env* env, const std::string& path) {
  std::vector<std::string> entries;
  std::string entry;
  bool damaged = false;
  absl::Status status = ForEachBlock(env, path, [&](absl::string_view block) {
    while (!damaged && block.size() >= kHeaderBytes) {
      damaged = !IsRecord(block);
      if (damaged) return;
      const size_t end = *EndOfRecord(block);
      const uint8_t kind = static_cast<uint8_t>(block[6]);
      if (kind == kWholeKind || kind == kFirstKind) entry.clear();
      entry.append(block.data() + kHeaderBytes, end - kHeaderBytes);
      if (kind == kWholeKind || kind == kLastKind) entries.push_back(entry);
      block.remove_prefix(end);
    }
  });
  if (!status.ok()) return status;
  return entries;
}

}  // namespace spindle
