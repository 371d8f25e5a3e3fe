#ifndef SPINDLE_SHARD_SEEN_CACHE_H_
#define SPINDLE_SHARD_SEEN_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "shard/huge_page_allocator.h"
#include "storage/keys.h"

namespace spindle {

// URLs that a worker handed on lately: most links of the web are to a few pages, and most of a
// page's links are those of the page before, so this answers most questions before the store is
// asked (step 2 in the life of a URL). It forgets: what it does not know may well be known. What it
// knows, it knows by two hashes of different parts of the URL, 96 bits together, salted with a
// secret of the crawl: that two URLs share them is not to be expected in its life.
//
// Sets of five entries, one cache line each, the latest first. Belongs to one worker thread.
class SeenCache {
 public:
  // Up to `max_bytes` of memory, taken as it fills; less than a line: it knows nothing. While it
  // grows to the double, its memory is that of both sizes.
  explicit SeenCache(size_t max_bytes);

  // What is kept of a URL, in parts of 32 bits, so that five fill a line.
  struct Fingerprint {
    uint32_t a_high = 0;  // of one hash; chooses the line
    uint32_t a_low = 0;
    uint32_t b = 0;  // of the other; 0: none
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  };
  // `path` is that of the URL.
  static Fingerprint FingerprintOf(const UrlKey& key, absl::string_view path);

  // Whether the URL was unknown here; it is known from now on.
  bool InsertIfNew(const Fingerprint& url);
  bool InsertIfNew(const UrlKey& key, absl::string_view path) {
    return InsertIfNew(FingerprintOf(key, path));
  }
  // The URL is known, and may soon be asked for. Not counted as a question.
  void Insert(const Fingerprint& url) { Touch(url); }
  // It is next but some. A line comes from main memory: waiting for it is most of what a question
  // costs, where many are not under way at once.
  void Prefetch(const Fingerprint& url) const;

  uint64_t hit_count() const { return hits_; }
  uint64_t miss_count() const { return misses_; }

 private:
  static constexpr size_t kWays = 5;
  struct alignas(64) Line : std::array<Fingerprint, kWays> {};

  size_t LineIndexOf(const Fingerprint& url) const;
  bool Touch(const Fingerprint& url);
  void Grow();

  const size_t max_line_count_;
  std::vector<Line, HugePageAllocator<Line>> lines_;
  size_t count_ = 0;  // fingerprints in the lines
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_SEEN_CACHE_H_
