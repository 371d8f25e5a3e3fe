#include "crawler/free_disk.h"

#include <sys/statvfs.h>

#include "absl/strings/str_format.h"

namespace spindle {

absl::Status CheckFreeDisk(const std::string& dir, uint64_t needed_bytes) {
  struct statvfs disk = {};
  if (needed_bytes == 0 || statvfs(dir.c_str(), &disk) != 0) return absl::OkStatus();
  const uint64_t free_bytes = uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free_bytes >= needed_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "the disk of %s has %.1f MB free, less than the %.1f MB that --min_free_disk keeps free", dir,
      free_bytes / 1048576.0, needed_bytes / 1048576.0));
}

}  // namespace spindle
