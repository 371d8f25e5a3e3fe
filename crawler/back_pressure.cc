#include "crawler/back_pressure.h"

#include "crawler/steady_clock.h"

namespace spindle {
namespace {

// How soon to look whether the budget has room again.
constexpr absl::Duration kPoll = absl::Milliseconds(10);

}  // namespace

BackPressure::BackPressure(EventLoop* loop, const ByteBudget* budget)
    : budget_(budget), timer_(loop, [this] { Resume(); }) {}

bool BackPressure::NeedsLeader() const { return leader_ == nullptr && !budget_->AnyComplete(); }

bool BackPressure::MustWait(Exchange* exchange) {
  if (budget_ == nullptr || !budget_->Full() || exchange == leader_) return false;
  if (NeedsLeader()) {
    leader_ = exchange;
    return false;
  }
  if (queue_.empty()) timer_.Set(kPoll);
  places_[exchange] = queue_.insert(queue_.end(), {exchange, SteadyNow()});
  return true;
}

void BackPressure::Resume() {
  while (!queue_.empty() && (!budget_->Full() || NeedsLeader())) {
    const Waiting first = queue_.front();
    queue_.pop_front();
    places_.erase(first.exchange);
    first.exchange->Resume(SteadyNow() - first.since);  // may ask MustWait() again
  }
  if (!queue_.empty()) timer_.Set(kPoll);
}

void BackPressure::Leave(Exchange* exchange) {
  if (exchange == leader_) leader_ = nullptr;
  const auto place = places_.find(exchange);
  if (place == places_.end()) return;
  queue_.erase(place->second);
  places_.erase(place);
}

}  // namespace spindle
