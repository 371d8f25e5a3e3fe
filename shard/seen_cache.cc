#include "shard/seen_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace spindle {

// Zeros of calloc() are pages that the system has not given yet.
SeenCache::SeenCache(size_t max_bytes)
    : line_count_(max_bytes / sizeof(Line)),
      lines_(static_cast<Line*>(std::calloc(line_count_, sizeof(Line)))) {}

bool SeenCache::InsertIfNew(const UrlKey& key, absl::string_view path) {
  if (line_count_ == 0) {
    ++misses_;
    return true;
  }
  // The id of a host is a salted hash, so it serves as a secret seed.
  const Fingerprint wanted{key.url, XXH3_64bits_withSeed(path.data(), path.size(), key.host) | 1};
  // The upper bits of a product spread evenly over any number of lines.
  const auto place = static_cast<unsigned __int128>(key.url) * line_count_;
  Line& line = lines_[static_cast<size_t>(place >> 64)];
  const auto found = std::find(line.begin(), line.end(), wanted);
  const bool is_new = found == line.end();
  // To the front; of a new one, the oldest falls off the end.
  std::copy_backward(line.begin(), is_new ? line.end() - 1 : found,
                     is_new ? line.end() : found + 1);
  line.front() = wanted;
  ++(is_new ? misses_ : hits_);
  return is_new;
}

}  // namespace spindle
