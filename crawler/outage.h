#ifndef SPINDLE_CRAWLER_OUTAGE_H_
#define SPINDLE_CRAWLER_OUTAGE_H_

#include <atomic>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/mutex.h"

namespace spindle {

// Whether something that many requests depend on works: the proxies, the name servers. Whoever uses
// it says so each time; whoever watches the crawl sees what it waits for. Thread-safe, and cheap
// while all is well. Time is an argument.
class Outage {
 public:
  struct State {
    absl::Time since;
    std::string why;  // for people
  };

  void Works();
  void Fails(absl::Time now, absl::string_view why);

  // nullopt: nothing is known to be wrong.
  std::optional<State> Current() const;
  bool ever_worked() const { return ever_worked_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> ever_worked_{false};
  std::atomic<bool> failing_{false};
  mutable Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_OUTAGE_H_
