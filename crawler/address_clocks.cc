#include "crawler/address_clocks.h"

#include "absl/strings/string_view.h"

namespace spindle {
namespace {

absl::string_view KeyOf(const IpAddress& address) {
  return {reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size()};
}

}  // namespace

absl::Time AddressClocks::Admit(const IpAddress& address, absl::Time now, absl::Duration delay,
                                bool waited) {
  MutexLock lock(&mu_);
  // When that one will begin nobody knows: whose turn it is asks again after half a delay.
  if (on_the_way_.contains(address)) clocks_.HoldUntil(KeyOf(address), now + delay / 2);
  const absl::Time when = clocks_.Reserve(KeyOf(address), now, delay, waited);
  if (when <= now && delay > absl::ZeroDuration()) on_the_way_.insert(address);
  return when;
}

void AddressClocks::Begin(const IpAddress& address, absl::Time now, absl::Duration delay) {
  if (delay <= absl::ZeroDuration()) return;  // nobody waits for it
  MutexLock lock(&mu_);
  on_the_way_.erase(address);
  clocks_.HoldUntil(KeyOf(address), now + delay);
}

}  // namespace spindle
