#include "storage/status.h"

#include <rocksdb/status.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

using RocksStatus = rocksdb::Status;

// RocksDB keeps no errno: what it has no subcode for is told by strerror()'s text.
absl::StatusCode CodeOfIoError(const RocksStatus& status, absl::string_view text) {
  switch (status.subcode()) {
    case RocksStatus::kNoSpace:
    case RocksStatus::kSpaceLimit:
    case RocksStatus::kMemoryLimit:
      return absl::StatusCode::kResourceExhausted;
    case RocksStatus::kPathNotFound:
      return absl::StatusCode::kNotFound;
    default:
      break;
  }
  if (absl::StrContains(text, "Permission denied") || absl::StrContains(text, "Read-only file")) {
    return absl::StatusCode::kPermissionDenied;
  }
  if (absl::StrContains(text, "Too many open files")) return absl::StatusCode::kResourceExhausted;
  return absl::StatusCode::kUnavailable;
}

absl::StatusCode CodeOf(const RocksStatus& status, absl::string_view text) {
  switch (status.code()) {
    case RocksStatus::kNotFound:
      return absl::StatusCode::kNotFound;
    case RocksStatus::kCorruption:
      return absl::StatusCode::kDataLoss;
    case RocksStatus::kNotSupported:
      return absl::StatusCode::kUnimplemented;
    case RocksStatus::kInvalidArgument:
      return absl::StatusCode::kInvalidArgument;
    case RocksStatus::kIOError:
    case RocksStatus::kAborted:
    case RocksStatus::kMergeInProgress:
    case RocksStatus::kIncomplete:
      return CodeOfIoError(status, text);
    case RocksStatus::kShutdownInProgress:
      return absl::StatusCode::kCancelled;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

absl::Status FromRocksDb(const RocksStatus& status, absl::string_view where) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  return absl::Status(CodeOf(status, text), absl::StrCat(where, ": ", text));
}

}  // namespace spindle
