#ifndef SPINDLE_SHARD_NEAR_DUPLICATES_H_
#define SPINDLE_SHARD_NEAR_DUPLICATES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// Which areas of a host keep saying the same. Each page is compared with the host's recent
// distinct ones by its SimHash (parsers/simhash.h); the share of repeats in an area moves new URLs
// of that area back in the host's queue. Nothing is dropped for it.
//
// An area is a number of the caller's: the page's template where it has one, else its folder.
//
//   const UrlShape shape = ShapeOf(record.path);
//   const uint32_t area = shape.id != 0 ? shape.id : FolderOf(record.path);
//   const bool repeats = host.repeats.ObservePage(options, area, outcome.simhash, known_digest);
//   host.templates.ObservePage(shape, repeats);
//
//   link.priority = SaturatingAdd(link.priority, host.repeats.Penalty(options, area_of_link));

namespace spindle {

struct NearDuplicateOptions {
  // Fingerprints that differ in at most so many bits are of nearly the same page.
  int max_distance = 3;
  // Pages of an area that must have been seen before its repeats count.
  uint16_t min_page_count = 8;
  // Repeats among the pages of an area up to this share are normal, 0 to 1.
  double free_share = 0.25;
  // Added to the priority at a share of 1 (larger numbers are fetched later); in between in
  // proportion. Zero: off.
  uint8_t max_penalty = 8;
};

// Hash of the first two folders of a path, never 0: "/a/b/c/d?e" and "/a/b/x" are in one.
uint32_t FolderOf(absl::string_view path_and_query);

// What is remembered of one host: its last 32 distinct fingerprints and its 16 busiest areas; under
// 450 bytes in memory and as bytes. Forgetting it is harmless. Thread-compatible.
class HostRepeats {
 public:
  static constexpr size_t kMaxFingerprintCount = 32;
  static constexpr size_t kMaxAreaCount = 16;

  // A page was fetched for the first time. True: it repeats a recent one, by its fingerprint (0:
  // none) or because the caller knows, `same_digest`.
  bool ObservePage(const NearDuplicateOptions& options, uint32_t area, uint64_t fingerprint,
                   bool same_digest);

  // What to add to the priority of a new URL of `area`.
  uint8_t Penalty(const NearDuplicateOptions& options, uint32_t area) const;

  std::string Encode() const;
  // DataLoss: no version of this program wrote `bytes`.
  static absl::Status Decode(absl::string_view bytes, HostRepeats* repeats);

 private:
  struct Area {
    uint32_t id = 0;
    uint16_t page_count = 0;  // halved, with the next, when it gets large
    uint16_t repeat_count = 0;
  };

  // Whether a fingerprint near this one is known. It is the latest afterwards.
  bool Remember(int max_distance, uint64_t fingerprint);
  Area& FindOrAddArea(uint32_t id);

  std::vector<uint64_t> fingerprints_;  // latest first
  std::vector<Area> areas_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_NEAR_DUPLICATES_H_
