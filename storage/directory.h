#ifndef SPINDLE_STORAGE_DIRECTORY_H_
#define SPINDLE_STORAGE_DIRECTORY_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

// What makes a directory a crawl: a file FORMAT, written before all others, that says which version
// of the format the rest has. So a directory of somebody else's is never touched, and one of
// another version is refused before RocksDB opens it. `env` is the file system that `dir` lies in.
// Thread-safe.

namespace spindle {

// The version of docs/storage_format.md that this program reads and writes.
inline constexpr uint32_t kFormatVersion = 2;

// For the file FORMAT: "spindle crawl, format 2\n".
inline constexpr char kFormatFile[] = "FORMAT";

// Whether `dir` holds a crawl of any version, the file FORMAT that is.
bool HoldsCrawl(rocksdb::Env* env, const std::string& dir);

// OK where `dir` holds a crawl of this version. NotFound, InvalidArgument (something else),
// FailedPrecondition (another version).
absl::Status CheckCrawlDirectory(rocksdb::Env* env, const std::string& dir);

// The same for writing: creates what does not exist and makes an empty directory a crawl.
// Also PermissionDenied and ResourceExhausted.
absl::Status PrepareCrawlDirectory(rocksdb::Env* env, const std::string& dir);

// Puts `bytes` into a file of the directory: after a crash it is whole or not there.
absl::Status PutFile(rocksdb::Env* env, const std::string& dir, absl::string_view name,
                     absl::string_view bytes);

// FailedPrecondition where a process, this one included, has the crawl in `dir` open for writing.
absl::Status CheckNotHeld(rocksdb::Env* env, const std::string& dir);

// "DIR holds a crawl of format 7; ..."
absl::Status OtherVersionError(const std::string& dir, uint64_t found);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_DIRECTORY_H_
