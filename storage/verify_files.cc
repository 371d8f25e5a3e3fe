#include "storage/verify_files.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <map>
#include <memory>

#include "absl/strings/str_format.h"
#include "storage/file_checksum.h"

namespace spindle {
namespace {

struct Kept {
  std::string checksum;
  std::string name;  // of the kind of checksum
};

// By the number in the file's name.
absl::StatusOr<std::map<uint64_t, Kept>> ReadChecksums(const Database& database) {
  const std::unique_ptr<rocksdb::FileChecksumList> list(rocksdb::NewFileChecksumList());
  std::vector<uint64_t> numbers;
  std::vector<std::string> checksums, names;
  rocksdb::Status status = database.db()->GetLiveFilesChecksumInfo(list.get());
  if (status.ok()) status = list->GetAllFileChecksums(&numbers, &checksums, &names);
  if (!status.ok()) return database.ToStatus(status);
  std::map<uint64_t, Kept> files;
  for (size_t i = 0; i < numbers.size(); ++i) files[numbers[i]] = {checksums[i], names[i]};
  return files;
}

}  // namespace

absl::StatusOr<FilesReport> VerifyFiles(const Database& database) {
  const absl::StatusOr<std::map<uint64_t, Kept>> files = ReadChecksums(database);
  if (!files.ok()) return files.status();
  FilesReport report;
  for (const auto& [number, kept] : *files) {
    const std::string table = absl::StrFormat("%s/%06d.sst", database.dir(), number);
    const bool is_table = database.env()->FileExists(table).ok();
    const std::string path =
        is_table ? table : absl::StrFormat("%s/%06d.blob", database.dir(), number);
    if (!database.env()->FileExists(path).ok()) continue;
    if (kept.name != kFileChecksumName) {
      ++report.without_checksum_count;
      continue;
    }
    const absl::StatusOr<std::string> found = ChecksumOfFile(database.env(), path);
    if (absl::IsNotFound(found.status())) continue;
    if (!found.ok()) return found.status();
    ++report.compared_count;
    if (*found == kept.checksum) continue;
    const auto damage =
        rocksdb::Status::Corruption(path, "the file is not as it was when it was written");
    const absl::Status described =
        is_table ? database.ToStatus(damage) : database.ToStatus(damage, Family::kBodies);
    report.damages.push_back({path, std::string(described.message())});
  }
  return report;
}

}  // namespace spindle
