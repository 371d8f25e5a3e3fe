#include "tools/politeness_watch.h"

#include <algorithm>

namespace spindle {

void PolitenessWatch::OnStart(uint32_t host, absl::Time now, absl::Duration crawl_delay) {
  if (clocks_.size() >= expire_at_) Expire(now);
  Clock& clock = clocks_[host];
  if (clock.busy) Violation(&parallel_, host, now);
  if (absl::ToUnixMicros(now) < clock.next_us) Violation(&early_, host, now);
  const absl::Duration delay =
      std::max(options_.per_host_delay, std::min(crawl_delay, options_.max_crawl_delay));
  clock.next_us = std::max(clock.next_us, absl::ToUnixMicros(now + delay));
  clock.busy = true;
}

void PolitenessWatch::OnEnd(uint32_t host, const Answer& answer) {
  Clock& clock = clocks_[host];
  clock.busy = false;
  const auto hold_until = [&](absl::Time time) {
    clock.next_us = std::max(clock.next_us, absl::ToUnixMicros(time));
  };
  const bool failed =
      answer.http_status == 0 || answer.http_status == 429 || answer.http_status >= 500;
  if (failed) {
    const double factor =
        static_cast<double>(uint64_t{1} << std::min<uint32_t>(clock.failures, 40));
    ++clock.failures;
    hold_until(answer.first_byte + std::min(options_.min_backoff * factor, options_.max_backoff));
  } else {
    clock.failures = 0;
  }
  if (answer.http_status != 0 && options_.per_host_delay > absl::ZeroDuration()) {
    hold_until(answer.first_byte +
               std::min(options_.latency_factor * answer.latency, options_.max_adaptive_delay));
  }
  if (answer.retry_after.has_value()) {
    hold_until(answer.now + std::min(*answer.retry_after, options_.max_retry_after));
  }
}

void PolitenessWatch::OnRestart() {
  for (auto& [host, clock] : clocks_) clock.busy = false;
}

void PolitenessWatch::Violation(uint64_t* count, uint32_t host, absl::Time now) {
  ++*count;
  last_violator_ = host;
  last_violation_ = now;
}

void PolitenessWatch::Expire(absl::Time now) {
  const int64_t now_us = absl::ToUnixMicros(now);
  for (auto it = clocks_.begin(); it != clocks_.end();) {
    const Clock& clock = it->second;
    const bool idle = !clock.busy && clock.failures == 0 && clock.next_us <= now_us;
    if (idle) {
      clocks_.erase(it++);
    } else {
      ++it;
    }
  }
  expire_at_ = 2 * clocks_.size() + 1000;
}

}  // namespace spindle
