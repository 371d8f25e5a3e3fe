#include "crawler/outage.h"

namespace spindle {

void Outage::Works() {
  if (!ever_worked_.load(std::memory_order_relaxed)) ever_worked_.store(true);
  if (failing_.load(std::memory_order_relaxed)) failing_.store(false);
}

void Outage::Fails(absl::Time now, absl::string_view why) {
  MutexLock lock(&mu_);
  if (!failing_.exchange(true)) state_.since = now;
  state_.why = std::string(why);
}

std::optional<Outage::State> Outage::Current() const {
  MutexLock lock(&mu_);
  if (!failing_.load()) return std::nullopt;
  return state_;
}

}  // namespace spindle
