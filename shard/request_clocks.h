#ifndef SPINDLE_SHARD_REQUEST_CLOCKS_H_
#define SPINDLE_SHARD_REQUEST_CLOCKS_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shard/shared_clocks.h"
#include "storage/mutex.h"

namespace spindle {

// The clocks that hosts share: of a registrable domain or an operator's group, asked by frontiers,
// and of an IP address, asked by fetchers. A clock counts from when a request begins, which may be
// long after it was let go: looking up a name and connecting take their time, and more where the
// server is busy. So while one request is on its way no other of its clock is let go, and requests
// never arrive together that left a delay apart.
//
//   const absl::Time when = clocks.Admit(key, now, delay, waited);
//   if (when > now) ...             // as SharedClocks::Reserve() says
//   ...                             // resolves, connects
//   clocks.Begin(key, now, delay);  // and asks
//
// Keys are any bytes: an address's 16, "group:blogs". Thread-safe.
class RequestClocks {
 public:
  RequestClocks() = default;
  RequestClocks(const RequestClocks&) = delete;
  RequestClocks& operator=(const RequestClocks&) = delete;

  // `now`: a request may go its way now; Begin() must follow. Else as SharedClocks::Reserve().
  absl::Time Admit(absl::string_view key, absl::Time now, absl::Duration delay, bool waited)
      ABSL_LOCKS_EXCLUDED(mu_);

  // A request that was admitted begins. Again where it begins anew.
  void Begin(absl::string_view key, absl::Time now, absl::Duration delay) ABSL_LOCKS_EXCLUDED(mu_);

  // A request that was admitted at `now`, the same, will never begin: as if it had not been asked.
  void Cancel(absl::string_view key, absl::Time now, absl::Duration delay) ABSL_LOCKS_EXCLUDED(mu_);

  // No request before `until`: the server asked for a pause (Retry-After).
  void HoldUntil(absl::string_view key, absl::Time until) { clocks_.HoldUntil(key, until); }

 private:
  SharedClocks clocks_;
  Mutex mu_;
  absl::flat_hash_set<std::string> on_the_way_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_REQUEST_CLOCKS_H_
