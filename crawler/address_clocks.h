#ifndef SPINDLE_CRAWLER_ADDRESS_CLOCKS_H_
#define SPINDLE_CRAWLER_ADDRESS_CLOCKS_H_

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "crawler/ip_address.h"
#include "shard/shared_clocks.h"
#include "storage/mutex.h"

namespace spindle {

// The clocks of IP addresses (--clock=ip), as the fetchers of all workers go by them. A clock
// counts from when a request begins, which may be long after its way to the address does: a
// connection takes its time, and more where the server is busy. So while one request is on its way
// to an address no other is let go there, and requests never arrive together that left a delay
// apart.
//
//   const absl::Time when = clocks.Admit(address, now, delay, waited);
//   if (when > now) ...                 // as SharedClocks::Reserve() says
//   ...                                 // connects
//   clocks.Begin(address, now, delay);  // and asks, or gives up
//
// Thread-safe. The clocks must outlive this.
class AddressClocks {
 public:
  explicit AddressClocks(SharedClocks* clocks) : clocks_(*clocks) {}
  AddressClocks(const AddressClocks&) = delete;
  AddressClocks& operator=(const AddressClocks&) = delete;

  // `now`: a request may go its way now; Begin() must follow. Else as SharedClocks::Reserve().
  absl::Time Admit(const IpAddress& address, absl::Time now, absl::Duration delay, bool waited)
      ABSL_LOCKS_EXCLUDED(mu_);

  // A request that was admitted begins, or never will. Again where it begins anew.
  void Begin(const IpAddress& address, absl::Time now, absl::Duration delay)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  SharedClocks& clocks_;
  Mutex mu_;
  absl::flat_hash_set<IpAddress> on_the_way_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_ADDRESS_CLOCKS_H_
