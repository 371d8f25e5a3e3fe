#ifndef SPINDLE_STORAGE_HOST_ROWS_H_
#define SPINDLE_STORAGE_HOST_ROWS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "storage/keys.h"
#include "storage/records.h"

// The family "hosts" has several rows a host: its record, rewritten with every page and so kept
// small, its robots.txt, and notes. Domains have rows there too. One byte after the key tells them
// apart. Internal to storage/.

namespace spindle {

enum class HostRow : char {
  kDomain = 'd',
  kHost = 'h',
  kRobots = 'r',
  kTemplates = static_cast<char>(HostNote::kTemplates),
  kRepeats = static_cast<char>(HostNote::kRepeats),
  kCookies = static_cast<char>(HostNote::kCookies),
};

inline bool IsHostRow(char row) {
  switch (static_cast<HostRow>(row)) {
    case HostRow::kDomain:
    case HostRow::kHost:
    case HostRow::kRobots:
    case HostRow::kTemplates:
    case HostRow::kRepeats:
    case HostRow::kCookies:
      return true;
  }
  return false;
}

inline std::string HostRowKey(const HostKey& key, HostRow row) {
  std::string bytes = EncodeKey(key);
  bytes.push_back(static_cast<char>(row));
  return bytes;
}

inline std::string HostRowKey(const HostKey& key, HostNote note) {
  return HostRowKey(key, static_cast<HostRow>(note));
}

// False on bytes that are the key of none.
inline bool ParseHostRowKey(absl::string_view bytes, HostKey* key, HostRow* row) {
  if (bytes.empty() || !IsHostRow(bytes.back())) return false;
  *row = static_cast<HostRow>(bytes.back());
  bytes.remove_suffix(1);
  return ParseKey(bytes, key);
}

}  // namespace spindle

#endif  // SPINDLE_STORAGE_HOST_ROWS_H_
