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
// knows, it knows by its line and 52 bits or more of two hashes of the URL that are salted with a
// secret of the crawl: a new URL is taken for a known one in 8 of 2^52 cases at most, one of ten
// thousand million URLs in fifty thousand such crawls.
//
// Sets of eight entries, one cache line each, the latest first. Belongs to one worker thread.
class SeenCache {
 public:
  // Up to `max_bytes` of memory (not more than 8 GB), taken as it fills; less than a line: it knows
  // nothing. While it grows to the double, its memory is that of both sizes.
  explicit SeenCache(size_t max_bytes);

  struct Fingerprint {
    uint64_t tag = 0;    // what is kept of the URL; 0: none
    uint32_t place = 0;  // chooses the line, with the lowest bits of the tag
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
  static constexpr size_t kWays = 8;
  struct alignas(64) Line : std::array<uint64_t, kWays> {};

  size_t LineIndexOf(const Fingerprint& url) const;
  bool Touch(const Fingerprint& url);
  void Grow();

  const int max_doublings_;
  const size_t first_line_count_;
  int doublings_ = 0;  // of the number of lines, since the beginning
  std::vector<Line, HugePageAllocator<Line>> lines_;
  size_t count_ = 0;  // of URLs in the lines
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_SEEN_CACHE_H_
