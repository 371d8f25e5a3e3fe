#include "crawler/back_pressure.h"

#include <utility>

#include "crawler/steady_clock.h"

namespace spindle {
namespace {

// How soon to look whether the budget has room again.
constexpr absl::Duration kPoll = absl::Milliseconds(10);

// What a leader has to bring each time that it is looked at: one that trickles a byte at a time, as
// other limits allow, would be the only one of its fetcher to go on for as long as a transfer may
// take.
constexpr absl::Duration kLookAtLeader = absl::Seconds(1);
constexpr size_t kLeastBytes = 64 << 10;

}  // namespace

BackPressure::BackPressure(EventLoop* loop, const ByteBudget* budget, EndCallback on_end)
    : budget_(budget), on_end_(std::move(on_end)), timer_(loop, [this] { OnTimer(); }) {}

bool BackPressure::NeedsLeader() const { return leader_ == nullptr && !budget_->AnyComplete(); }

bool BackPressure::MustWait(Exchange* exchange) {
  if (budget_ == nullptr || !budget_->Full() || exchange == leader_) return false;
  if (queue_.empty() && leader_ == nullptr) timer_.Set(kPoll);
  if (NeedsLeader()) {
    Lead(exchange);
    return false;
  }
  places_[exchange] = queue_.insert(queue_.end(), {exchange, SteadyNow()});
  return true;
}

void BackPressure::Lead(Exchange* exchange) {
  leader_ = exchange;
  looked_at_ = SteadyNow();
  bytes_then_ = exchange->body_bytes();
}

void BackPressure::LookAtLeader() {
  if (!budget_->Full()) leader_ = nullptr;
  if (leader_ == nullptr || SteadyNow() < looked_at_ + kLookAtLeader) return;
  // Complete answers give bytes back without it.
  if (budget_->AnyComplete() || leader_->body_bytes() >= bytes_then_ + kLeastBytes) {
    return Lead(leader_);
  }
  leader_->Abort(Reason::kLowSpeed, "the body is too slow for memory that is full");
  on_end_(leader_, CURLE_WRITE_ERROR);
}

void BackPressure::OnTimer() {
  LookAtLeader();
  while (!queue_.empty() && (!budget_->Full() || NeedsLeader())) {
    const Waiting first = queue_.front();
    queue_.pop_front();
    places_.erase(first.exchange);
    // May ask MustWait() again.
    const CURLcode result = first.exchange->Resume(SteadyNow() - first.since);
    if (result != CURLE_OK) on_end_(first.exchange, result);
  }
  if (!queue_.empty() || leader_ != nullptr) timer_.Set(kPoll);
}

void BackPressure::Leave(Exchange* exchange) {
  if (exchange == leader_) leader_ = nullptr;
  const auto place = places_.find(exchange);
  if (place == places_.end()) return;
  queue_.erase(place->second);
  places_.erase(place);
}

}  // namespace spindle
