#ifndef SPINDLE_CRAWLER_BACK_PRESSURE_H_
#define SPINDLE_CRAWLER_BACK_PRESSURE_H_

#include <list>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "crawler/byte_budget.h"
#include "crawler/event_loop.h"
#include "crawler/exchange.h"

namespace spindle {

// Lets exchanges wait in the middle of their bodies while the budget is full, and go on in their
// order. One may go on though it is full, where all of it are bodies in the middle: nobody would
// ever give a byte back. Belongs to the loop's thread; all that is given must outlive it.
class BackPressure {
 public:
  // `budget` may be null: nobody waits.
  BackPressure(EventLoop* loop, const ByteBudget* budget);
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
  void Resume();

  const ByteBudget* const budget_;
  Queue queue_;
  absl::flat_hash_map<Exchange*, Queue::iterator> places_;
  Exchange* leader_ = nullptr;  // goes on all the same
  LoopTimer timer_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_BACK_PRESSURE_H_
