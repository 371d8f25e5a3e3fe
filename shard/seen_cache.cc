#include "shard/seen_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace spindle {
namespace {

constexpr size_t kFirstLineCount = 1024;

}  // namespace

SeenCache::SeenCache(size_t max_bytes)
    : max_line_count_(std::min(max_bytes / sizeof(Line), size_t{1} << 31)),
      lines_(std::min(max_line_count_, kFirstLineCount)) {}

// The id of a host is a salted hash, so it serves as a secret seed of another hash of the path.
SeenCache::Fingerprint SeenCache::FingerprintOf(const UrlKey& key, absl::string_view path) {
  const uint64_t other = XXH3_64bits_withSeed(path.data(), path.size(), key.host);
  return {static_cast<uint32_t>(key.url >> 32), static_cast<uint32_t>(key.url),
          static_cast<uint32_t>(other) | 1};
}

// The upper bits of a product spread evenly over any number of lines.
size_t SeenCache::LineIndexOf(const Fingerprint& url) const {
  return uint64_t{url.a_high} * lines_.size() >> 32;
}

void SeenCache::Prefetch(const Fingerprint& url) const {
  __builtin_prefetch(lines_.data() + LineIndexOf(url), /*for writing=*/1);
}

void SeenCache::Grow() {
  decltype(lines_) old(std::min(max_line_count_, 2 * lines_.size()));
  old.swap(lines_);
  count_ = 0;
  for (const Line& line : old) {
    for (const Fingerprint& fingerprint : line) {
      if (fingerprint.b == 0) continue;
      Line& to = lines_[LineIndexOf(fingerprint)];
      const auto free = std::find(to.begin(), to.end(), Fingerprint());
      if (free == to.end()) continue;
      *free = fingerprint;
      ++count_;
    }
  }
}

bool SeenCache::InsertIfNew(const Fingerprint& url) {
  const bool is_new = Touch(url);
  ++(is_new ? misses_ : hits_);
  return is_new;
}

// Whether it was unknown.
bool SeenCache::Touch(const Fingerprint& url) {
  if (lines_.empty()) return true;
  if (count_ > 2 * lines_.size() && lines_.size() < max_line_count_) Grow();
  Line& line = lines_[LineIndexOf(url)];
  const auto found = std::find(line.begin(), line.end(), url);
  const bool is_new = found == line.end();
  if (is_new && line.back().b == 0) ++count_;
  // To the front; of a new one, the oldest falls off the end.
  std::copy_backward(line.begin(), is_new ? line.end() - 1 : found,
                     is_new ? line.end() : found + 1);
  line.front() = url;
  return is_new;
}

}  // namespace spindle
