#include "storage/directory.h"

#include <rocksdb/env.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "storage/status.h"

namespace spindle {
namespace {

constexpr absl::string_view kFormatText = "spindle crawl, format ";
constexpr char kTemporaryEnding[] = ".new";
// Left behind by a creation that was cut off; no reason to refuse the directory.
constexpr char kFormatTemporary[] = "FORMAT.new";

std::string PathIn(const std::string& dir, absl::string_view name) {
  return absl::StrCat(dir, "/", name);
}

bool HoldsNothing(rocksdb::Env* env, const std::string& dir) {
  std::vector<std::string> names;
  if (!env->GetChildren(dir, &names).ok()) return false;
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name == kFormatTemporary || name == "." || name == "..";
  });
}

absl::Status CreateDirectories(rocksdb::Env* env, const std::string& dir) {
  for (size_t end = dir.find('/', 1); end != std::string::npos; end = dir.find('/', end + 1)) {
    const std::string parent = dir.substr(0, end);
    if (!env->FileExists(parent).ok()) env->CreateDirIfMissing(parent).PermitUncheckedError();
  }
  return FromRocksDb(env->CreateDirIfMissing(dir), absl::StrCat("cannot create ", dir));
}

absl::Status NoCrawlError(const std::string& dir) {
  return absl::InvalidArgumentError(absl::StrCat(
      dir,
      " exists and holds no crawl; nothing in it was touched. Name a new or empty directory."));
}

absl::Status CheckWritable(rocksdb::Env* env, const std::string& dir) {
  if (env != rocksdb::Env::Default() || access(dir.c_str(), W_OK | X_OK) == 0) {
    return absl::OkStatus();
  }
  return absl::Status(absl::ErrnoToStatusCode(errno),
                      absl::StrCat("cannot write to ", dir, ": ", strerror(errno)));
}

}  // namespace

bool HoldsCrawl(rocksdb::Env* env, const std::string& dir) {
  return env->FileExists(PathIn(dir, kFormatFile)).ok();
}

absl::Status OtherVersionError(const std::string& dir, uint64_t found) {
  return absl::FailedPreconditionError(absl::StrCat(
      dir, " holds a crawl of format ", found, "; this program reads and writes format ",
      kFormatVersion, ". Use the version of Spindle that wrote it, or another directory."));
}

absl::Status CheckCrawlDirectory(rocksdb::Env* env, const std::string& dir) {
  if (!env->FileExists(dir).ok()) {
    return absl::NotFoundError(absl::StrCat(dir, " does not exist"));
  }
  bool is_directory = false;
  if (env->IsDirectory(dir, &is_directory).ok() && !is_directory) {
    return absl::InvalidArgumentError(absl::StrCat(dir, " is not a directory"));
  }
  if (!HoldsCrawl(env, dir)) return NoCrawlError(dir);
  std::string content;
  const rocksdb::Status status = rocksdb::ReadFileToString(env, PathIn(dir, kFormatFile), &content);
  if (!status.ok()) return FromRocksDb(status, dir);
  absl::string_view text = content;
  uint64_t version = 0;
  if (!absl::ConsumePrefix(&text, kFormatText) || !absl::SimpleAtoi(text, &version)) {
    return absl::DataLossError(absl::StrCat(dir, "/", kFormatFile, " is damaged"));
  }
  if (version != kFormatVersion) return OtherVersionError(dir, version);
  return absl::OkStatus();
}

absl::Status PrepareCrawlDirectory(rocksdb::Env* env, const std::string& dir) {
  absl::Status status = CheckCrawlDirectory(env, dir);
  if (absl::IsNotFound(status)) status = CreateDirectories(env, dir);
  if (!HoldsCrawl(env, dir) && HoldsNothing(env, dir)) {
    status = CheckWritable(env, dir);
    if (status.ok()) {
      status = PutFile(env, dir, kFormatFile, absl::StrCat(kFormatText, kFormatVersion, "\n"));
    }
  }
  if (!status.ok()) return status;
  return CheckWritable(env, dir);
}

absl::Status PutFile(rocksdb::Env* env, const std::string& dir, absl::string_view name,
                     absl::string_view bytes) {
  const std::string file = PathIn(dir, name);
  const std::string temporary = absl::StrCat(file, kTemporaryEnding);
  rocksdb::Status status = rocksdb::WriteStringToFile(
      env, rocksdb::Slice(bytes.data(), bytes.size()), temporary, /*should_sync=*/true);
  if (status.ok()) status = env->RenameFile(temporary, file);
  std::unique_ptr<rocksdb::Directory> handle;
  if (status.ok()) status = env->NewDirectory(dir, &handle);
  if (status.ok()) status = handle->Fsync();
  return FromRocksDb(status, dir);
}

// Through RocksDB's own Env, which knows the locks of this process: closing a second descriptor of
// the file ourselves would release them.
absl::Status CheckNotHeld(rocksdb::Env* env, const std::string& dir) {
  rocksdb::FileLock* lock = nullptr;
  const rocksdb::Status status = env->LockFile(PathIn(dir, "LOCK"), &lock);
  if (status.ok()) return FromRocksDb(env->UnlockFile(lock), dir);
  if (status.IsNoSpace()) return FromRocksDb(status, dir);
  return absl::FailedPreconditionError(
      absl::StrCat("another process is crawling into ", dir,
                   ". Wait for it, stop it, or name another directory."));
}

}  // namespace spindle
