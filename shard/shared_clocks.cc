#include "shard/shared_clocks.h"

#include <algorithm>

#include "xxhash.h"

namespace spindle {

SharedClocks::SharedClocks(const SharedClocksOptions& options)
    : max_part_count_(std::max<size_t>(options.max_clock_count / kPartCount, 1)) {}

absl::Time SharedClocks::Reserve(absl::string_view key, absl::Time now, absl::Duration delay,
                                 bool waited) {
  const uint64_t id = XXH3_64bits(key.data(), key.size());
  Part& part = parts_[id % kPartCount];
  MutexLock lock(&part.mu);
  if (!part.clocks.contains(id) && !MakeRoom(now, &part)) {
    // Without a clock nobody would know when the next one may come.
    return now + std::max(delay, absl::Milliseconds(1));
  }
  Clock& clock = part.clocks[id];
  const bool is_next = waited || clock.turns_end <= now;
  if (is_next && clock.next <= now) {
    clock.next = now + delay;
    return now;
  }
  // The one before came a little late.
  if (waited && clock.next - now < delay) return clock.next;
  // Hosts never come at the very moment: turns are a little longer than the delay, or lateness
  // would add up from turn to turn.
  constexpr double kSlack = 1.05;
  const absl::Time turn = std::max(clock.next, clock.turns_end);
  clock.turns_end = turn + kSlack * delay;
  return turn;
}

void SharedClocks::HoldUntil(absl::string_view key, absl::Time until) {
  const uint64_t id = XXH3_64bits(key.data(), key.size());
  Part& part = parts_[id % kPartCount];
  MutexLock lock(&part.mu);
  Clock& clock = part.clocks[id];
  clock.next = std::max(clock.next, until);
}

void SharedClocks::Cancel(absl::string_view key, absl::Time now, absl::Duration delay) {
  const uint64_t id = XXH3_64bits(key.data(), key.size());
  Part& part = parts_[id % kPartCount];
  MutexLock lock(&part.mu);
  const auto clock = part.clocks.find(id);
  // Unless the server asked for a pause since.
  if (clock != part.clocks.end() && clock->second.next == now + delay) clock->second.next = now;
}

size_t SharedClocks::size() const {
  size_t count = 0;
  for (const Part& part : parts_) {
    MutexLock lock(&part.mu);
    count += part.clocks.size();
  }
  return count;
}

bool SharedClocks::MakeRoom(absl::Time now, Part* part) {
  const bool full = part->clocks.size() >= max_part_count_;
  // A table that is full of running clocks is not looked through for each request.
  constexpr absl::Duration kMinSweepInterval = absl::Seconds(1);
  if (part->clocks.size() < part->sweep_at && !full) return true;
  if (full && now - part->swept < kMinSweepInterval) return false;
  absl::erase_if(part->clocks, [now](const auto& entry) {
    return entry.second.next <= now && entry.second.turns_end <= now;
  });
  part->swept = now;
  // Work is then in proportion to what was added.
  constexpr size_t kMinSweep = 64;
  part->sweep_at = std::max(2 * part->clocks.size(), kMinSweep);
  return part->clocks.size() < max_part_count_;
}

}  // namespace spindle
