#include "shard/near_duplicates.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "parsers/simhash.h"
#include "storage/coding.h"
#include "xxhash.h"

namespace spindle {

uint32_t FolderOf(absl::string_view path_and_query) {
  const absl::string_view path = path_and_query.substr(0, path_and_query.find('?'));
  constexpr int kMaxFolders = 2;
  // Behind the slash that ends the last folder that counts.
  size_t end = std::min(path.find('/'), path.size());
  for (int i = 0; i < kMaxFolders; ++i) {
    const size_t slash = path.find('/', end + 1);
    if (slash == absl::string_view::npos) break;
    end = slash;
  }
  const auto hash = static_cast<uint32_t>(XXH3_64bits(path.data(), end));
  return hash == 0 ? 1 : hash;
}

bool HostRepeats::Remember(int max_distance, uint64_t fingerprint) {
  if (fingerprint == 0) return false;
  const auto near = std::find_if(fingerprints_.begin(), fingerprints_.end(), [&](uint64_t known) {
    return HammingDistance(known, fingerprint) <= max_distance;
  });
  const bool found = near != fingerprints_.end();
  // Of pages that are near each other the first stays, or a long chain of small changes would
  // count as one page.
  const uint64_t kept = found ? *near : fingerprint;
  if (found) {
    fingerprints_.erase(near);
  } else if (fingerprints_.size() >= kMaxFingerprintCount) {
    fingerprints_.pop_back();
  }
  fingerprints_.insert(fingerprints_.begin(), kept);
  return found;
}

HostRepeats::Area& HostRepeats::FindOrAddArea(uint32_t id) {
  for (Area& area : areas_) {
    if (area.id == id) return area;
  }
  if (areas_.size() < kMaxAreaCount) {
    areas_.emplace_back();
    areas_.back().id = id;
    return areas_.back();
  }
  Area& least = *std::min_element(areas_.begin(), areas_.end(), [](const Area& a, const Area& b) {
    return a.page_count < b.page_count;
  });
  least = Area();
  least.id = id;
  return least;
}

bool HostRepeats::ObservePage(const NearDuplicateOptions& options, uint32_t area_id,
                              uint64_t fingerprint, bool same_digest) {
  const bool repeats = Remember(options.max_distance, fingerprint) || same_digest;
  Area& area = FindOrAddArea(area_id);
  constexpr uint16_t kMaxPageCount = 256;
  if (area.page_count >= kMaxPageCount) {
    area.page_count /= 2;
    area.repeat_count /= 2;
  }
  ++area.page_count;
  if (repeats) ++area.repeat_count;
  return repeats;
}

uint8_t HostRepeats::Penalty(const NearDuplicateOptions& options, uint32_t area_id) const {
  for (const Area& area : areas_) {
    if (area.id != area_id) continue;
    if (area.page_count < options.min_page_count) return 0;
    const double share = static_cast<double>(area.repeat_count) / area.page_count;
    if (share <= options.free_share) return 0;
    return static_cast<uint8_t>(options.max_penalty * (share - options.free_share) /
                                (1 - options.free_share));
  }
  return 0;
}

std::string HostRepeats::Encode() const {
  constexpr char kVersion = 1;
  std::string bytes(1, kVersion);
  PutVarint(&bytes, fingerprints_.size());
  for (const uint64_t fingerprint : fingerprints_) PutFixed64(&bytes, fingerprint);
  PutVarint(&bytes, areas_.size());
  for (const Area& area : areas_) {
    PutVarint(&bytes, area.id);
    PutVarint(&bytes, area.page_count);
    PutVarint(&bytes, area.repeat_count);
  }
  return bytes;
}

absl::Status HostRepeats::Decode(absl::string_view bytes, HostRepeats* repeats) {
  HostRepeats read;
  ByteReader reader(bytes);
  if (reader.ReadByte() != 1) reader.Fail();
  read.fingerprints_.resize(reader.ReadVarintUpTo(kMaxFingerprintCount));
  for (uint64_t& fingerprint : read.fingerprints_) fingerprint = reader.ReadFixed64();
  read.areas_.resize(reader.ReadVarintUpTo(kMaxAreaCount));
  for (Area& area : read.areas_) {
    area.id = static_cast<uint32_t>(reader.ReadVarintUpTo(std::numeric_limits<uint32_t>::max()));
    area.page_count = static_cast<uint16_t>(reader.ReadVarintUpTo(256));
    area.repeat_count = static_cast<uint16_t>(reader.ReadVarintUpTo(area.page_count));
  }
  if (!reader.ok() || !reader.at_end()) {
    return absl::DataLossError("the fingerprints of a host cannot be read");
  }
  *repeats = std::move(read);
  return absl::OkStatus();
}

}  // namespace spindle
