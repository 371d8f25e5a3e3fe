#include "storage/log_file.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <array>
#include <memory>

#include "absl/functional/function_ref.h"
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
// An entry of a write-ahead log begins with the number of its first change and their count.
constexpr size_t kChangesBytes = 12;

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

uint64_t ReadLittleEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// Where the record at the beginning of `rest` would end, by its own account; none: it has no head.
std::optional<size_t> EndOfRecord(absl::string_view rest) {
  if (rest.size() < kHeaderBytes) return std::nullopt;
  return kHeaderBytes + static_cast<size_t>(ReadLittleEndian(rest.substr(4, 2)));
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
      if (!good && !content_.damage.has_value()) content_.damage = offset_ + at;
      if (good && content_.damage.has_value()) content_.good_bytes_behind += *EndOfRecord(rest);
      if (good && !content_.damage.has_value()) AddRecord(rest.substr(0, *EndOfRecord(rest)));
      // Behind a damaged record the next one may begin anywhere: its length may be what is damaged.
      at += good ? *EndOfRecord(rest) : 1;
    }
    offset_ += block.size();
  }

  const LogContent& content() const { return content_; }

 private:
  void AddRecord(absl::string_view record) {
    const uint8_t kind = static_cast<uint8_t>(record[6]);
    if (kind == kWholeKind || kind == kFirstKind) head_.clear();
    const absl::string_view bytes = record.substr(kHeaderBytes);
    head_.append(bytes.data(), std::min(bytes.size(), kChangesBytes - head_.size()));
    if ((kind == kWholeKind || kind == kLastKind) && head_.size() == kChangesBytes) AddChanges();
  }

  void AddChanges() {
    const absl::string_view head = head_;
    const uint64_t first = ReadLittleEndian(head.substr(0, 8));
    const uint64_t count = ReadLittleEndian(head.substr(8));
    if (count == 0) return;
    if (!content_.changes.has_value()) content_.changes = LoggedChanges{first, first};
    content_.changes->end = first + count;
  }

  LogContent content_;
  uint64_t offset_ = 0;
  std::string head_;  // the first bytes of the entry
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

}  // namespace

absl::StatusOr<LogContent> ScanLog(rocksdb::Env* env, const std::string& path) {
  LogScan scan;
  absl::Status status =
      ForEachBlock(env, path, [&](absl::string_view block) { scan.AddBlock(block); });
  if (!status.ok()) return status;
  return scan.content();
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
