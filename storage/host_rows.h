#ifndef SPINDLE_STORAGE_HOST_ROWS_H_
#define SPINDLE_STORAGE_HOST_ROWS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "storage/keys.h"

// The family "hosts" has two rows a host: its record, rewritten with every page and so kept small,
// and its robots.txt. One byte after the host's key tells them apart. Internal to storage/.

namespace spindle {

enum class HostRow : char { kHost = 'h', kRobots = 'r' };

inline std::string HostRowKey(const HostKey& key, HostRow row) {
  std::string bytes = EncodeKey(key);
  bytes.push_back(static_cast<char>(row));
  return bytes;
}

// False on bytes that are the key of neither.
inline bool ParseHostRowKey(absl::string_view bytes, HostKey* key, HostRow* row) {
  if (bytes.empty()) return false;
  *row = static_cast<HostRow>(bytes.back());
  if (*row != HostRow::kHost && *row != HostRow::kRobots) return false;
  bytes.remove_suffix(1);
  return ParseKey(bytes, key);
}

}  // namespace spindle

#endif  // SPINDLE_STORAGE_HOST_ROWS_H_
