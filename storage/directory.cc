#include "storage/directory.h"

#include <rocksdb/env.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "storage/status.h"

namespace spindle {
namespace {

constexpr absl::string_view kFormatText = "spindle crawl, format ";
// Left behind by a creation that was cut off; no reason to refuse the directory.
constexpr char kFormatTemporary[] = "FORMAT.new";

rocksdb::Env* Env() { return rocksdb::Env::Default(); }

std::string PathIn(const std::string& dir, absl::string_view name) {
  return absl::StrCat(dir, "/", name);
}

absl::Status FromErrno(int error, absl::string_view message) {
  return absl::Status(absl::ErrnoToStatusCode(error), absl::StrCat(message, ": ", strerror(error)));
}

bool HoldsNothing(const std::string& dir) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    if (entry.path().filename() != kFormatTemporary) return false;
  }
  return !error;
}

absl::Status CreateDirectories(const std::string& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return FromErrno(error.value(), absl::StrCat("cannot create ", dir));
  return absl::OkStatus();
}

// Complete or not there, after a crash as well.
absl::Status WriteFormatFile(const std::string& dir) {
  const std::string temporary = PathIn(dir, kFormatTemporary);
  rocksdb::Status status = rocksdb::WriteStringToFile(
      Env(), absl::StrCat(std::string(kFormatText), kFormatVersion, "\n"), temporary, true);
  if (status.ok()) status = Env()->RenameFile(temporary, PathIn(dir, kFormatFile));
  std::unique_ptr<rocksdb::Directory> handle;
  if (status.ok()) status = Env()->NewDirectory(dir, &handle);
  if (status.ok()) status = handle->Fsync();
  return FromRocksDb(status, dir);
}

absl::Status NoCrawlError(const std::string& dir) {
  return absl::InvalidArgumentError(absl::StrCat(
      dir,
      " exists and holds no crawl; nothing in it was touched. Name a new or empty directory."));
}

absl::Status CheckWritable(const std::string& dir) {
  if (access(dir.c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
  return FromErrno(errno, absl::StrCat("cannot write to ", dir));
}

}  // namespace

bool HoldsCrawl(const std::string& dir) {
  std::error_code error;
  return std::filesystem::exists(PathIn(dir, kFormatFile), error);
}

absl::Status OtherVersionError(const std::string& dir, uint64_t found) {
  return absl::FailedPreconditionError(absl::StrCat(
      dir, " holds a crawl of format ", found, "; this program reads and writes format ",
      kFormatVersion, ". Use the version of Spindle that wrote it, or another directory."));
}

absl::Status CheckCrawlDirectory(const std::string& dir) {
  std::error_code error;
  if (!std::filesystem::exists(dir, error)) {
    return absl::NotFoundError(absl::StrCat(dir, " does not exist"));
  }
  if (!std::filesystem::is_directory(dir, error)) {
    return absl::InvalidArgumentError(absl::StrCat(dir, " is not a directory"));
  }
  if (!HoldsCrawl(dir)) return NoCrawlError(dir);
  std::string content;
  const rocksdb::Status status =
      rocksdb::ReadFileToString(Env(), PathIn(dir, kFormatFile), &content);
  if (!status.ok()) return FromRocksDb(status, dir);
  absl::string_view text = content;
  uint64_t version = 0;
  if (!absl::ConsumePrefix(&text, kFormatText) || !absl::SimpleAtoi(text, &version)) {
    return absl::DataLossError(absl::StrCat(dir, "/", kFormatFile, " is damaged"));
  }
  if (version != kFormatVersion) return OtherVersionError(dir, version);
  return absl::OkStatus();
}

absl::Status PrepareCrawlDirectory(const std::string& dir) {
  absl::Status status = CheckCrawlDirectory(dir);
  if (absl::IsNotFound(status)) status = CreateDirectories(dir);
  if (!HoldsCrawl(dir) && HoldsNothing(dir)) {
    status = CheckWritable(dir);
    if (status.ok()) status = WriteFormatFile(dir);
  }
  if (!status.ok()) return status;
  return CheckWritable(dir);
}

// Through RocksDB's own Env, which knows the locks of this process: closing a second descriptor of
// the file ourselves would release them.
absl::Status CheckNotHeld(const std::string& dir) {
  rocksdb::FileLock* lock = nullptr;
  const rocksdb::Status status = Env()->LockFile(PathIn(dir, "LOCK"), &lock);
  if (status.ok()) return FromRocksDb(Env()->UnlockFile(lock), dir);
  if (status.IsNoSpace()) return FromRocksDb(status, dir);
  return absl::FailedPreconditionError(
      absl::StrCat("another process is crawling into ", dir,
                   ". Wait for it, stop it, or name another directory."));
}

}  // namespace spindle
