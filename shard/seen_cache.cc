#include "shard/seen_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace spindle {
namespace {

constexpr size_t kFirstLineCount = 16 * 1024;

// Of a fingerprint's tag, so that the rest of it tells URLs of one line apart.
constexpr int kMaxDoublings = 12;

// How often the number of lines may double from about that of the beginning.
int DoublingsUpTo(size_t max_line_count) {
  return std::clamp(static_cast<int>(std::bit_width(max_line_count / kFirstLineCount)) - 1, 0,
                    kMaxDoublings);
}

}  // namespace

SeenCache::SeenCache(size_t max_bytes)
    : max_doublings_(DoublingsUpTo(max_bytes / sizeof(Line))),
      first_line_count_(std::min(max_bytes / sizeof(Line) >> max_doublings_, 2 * kFirstLineCount)),
      lines_(first_line_count_) {}

// The id of a host is a salted hash, so it serves as a secret seed of another hash of the path.
SeenCache::Fingerprint SeenCache::FingerprintOf(const UrlKey& key, absl::string_view path) {
  const uint64_t other = XXH3_64bits_withSeed(path.data(), path.size(), key.host);
  return {std::max<uint64_t>(1, key.url ^ other), static_cast<uint32_t>(key.url >> 32)};
}

// The upper bits of a product spread evenly over any number of lines.
size_t SeenCache::LineIndexOf(const Fingerprint& url) const {
  const size_t first = uint64_t{url.place} * first_line_count_ >> 32;
  return first << doublings_ | (url.tag & ((uint64_t{1} << doublings_) - 1));
}

void SeenCache::Prefetch(const Fingerprint& url) const {
  __builtin_prefetch(lines_.data() + LineIndexOf(url), /*for writing=*/1);
}

// One more bit of the tags takes part in the choice of the line.
void SeenCache::Grow() {
  const size_t mask = (size_t{1} << doublings_) - 1;
  decltype(lines_) old(2 * lines_.size());
  old.swap(lines_);
  ++doublings_;
  for (size_t i = 0; i < old.size(); ++i) {
    const size_t to = (i & ~mask) << 1 | (i & mask);
    size_t sizes[2] = {};
    for (const uint64_t tag : old[i]) {
      if (tag == 0) break;
      const bool upper = (tag & (mask + 1)) != 0;
      lines_[upper ? to + mask + 1 : to][sizes[upper]++] = tag;
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
  if (count_ > kWays / 2 * lines_.size() && doublings_ < max_doublings_) Grow();
  Line& line = lines_[LineIndexOf(url)];
  const auto found = std::find(line.begin(), line.end(), url.tag);
  const bool is_new = found == line.end();
  if (is_new && line.back() == 0) ++count_;
  // To the front; of a new one, the oldest falls off the end.
  std::copy_backward(line.begin(), is_new ? line.end() - 1 : found,
                     is_new ? line.end() : found + 1);
  line.front() = url.tag;
  return is_new;
}

}  // namespace spindle
