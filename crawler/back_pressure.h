#ifndef SPINDLE_CRAWLER_BACK_PRESSURE_H_
#define SPINDLE_CRAWLER_BACK_PRESSURE_H_

#include <cstddef>
#include <functional>
#include <list>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "crawler/byte_budget.h"
#include "crawler/event_loop.h"
#include "crawler/exchange.h"

namespace spindle {

// Lets exchanges wait in the middle of their bodies while the budget is full, and go on in their
// order. One may go on though it is full, where all of it are bodies in the middle: nobody would
// ever give a byte back. Since all others wait for that one, it is ended where it is slow: it, too,
// gives its bytes back then. Belongs to the loop's thread; all that is given must outlive it.
class BackPressure {
 public:
  // Told of exchanges that are to be ended, or broke when they went on: then leaves them.
  using EndCallback = std::function<void(Exchange* exchange, CURLcode result)>;

  // `budget` may be null: nobody waits.
  BackPressure(EventLoop* loop, const ByteBudget* budget, EndCallback on_end);
  BackPressure(const BackPressure&) = delete;
  BackPressure& operator=(const BackPressure&) = delete;

  // Asked before bytes of a body are taken. True: they have to wait, until Exchange::Resume().
  bool MustWait(Exchange* exchange);
  // It is over.
  void Leave(Exchange* exchange);

 private:
  struct Waiting {
    Exchange* exchange;
    absl::Time since;
  };
  using Queue = std::list<Waiting>;

  bool NeedsLeader() const;
  void Lead(Exchange* exchange);
  void LookAtLeader();
  void OnTimer();

  const ByteBudget* const budget_;
  const EndCallback on_end_;
  Queue queue_;
  absl::flat_hash_map<Exchange*, Queue::iterator> places_;
  Exchange* leader_ = nullptr;  // goes on all the same
  absl::Time looked_at_;        // when, and how much of its body it had then
  size_t bytes_then_ = 0;
  LoopTimer timer_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_BACK_PRESSURE_H_
