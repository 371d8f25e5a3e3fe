#include "shard/robots_cache.h"

namespace spindle {
namespace {

// Of rules beside what they take for their source, and the entry itself.
constexpr size_t kEntryBytes = 512;
// Parsed rules take up to this times the bytes of their source (lines of a few bytes each).
constexpr size_t kParsedFactor = 8;

}  // namespace

const RobotsTxt* RobotsCache::Get(HostId host) {
  const auto it = by_host_.find(host);
  if (it == by_host_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, it->second);
  return &it->second->rules;
}

const RobotsTxt* RobotsCache::Put(HostId host, RobotsTxt rules, size_t source_bytes) {
  Erase(host);
  const size_t bytes = kEntryBytes + kParsedFactor * source_bytes;
  entries_.push_front({host, std::move(rules), bytes});
  by_host_[host] = entries_.begin();
  bytes_ += bytes;
  Evict();
  return &entries_.front().rules;
}

void RobotsCache::Erase(HostId host) {
  const auto it = by_host_.find(host);
  if (it == by_host_.end()) return;
  bytes_ -= it->second->bytes;
  entries_.erase(it->second);
  by_host_.erase(it);
}

void RobotsCache::Evict() {
  while (bytes_ > max_bytes_ && entries_.size() > 1) Erase(entries_.back().host);
}

}  // namespace spindle
