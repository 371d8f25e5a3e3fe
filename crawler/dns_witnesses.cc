#include "crawler/dns_witnesses.h"

#include <algorithm>

namespace spindle {
namespace {

constexpr size_t kLastingCount = DnsWitnesses::kMaxCount / 2;

}  // namespace

void DnsWitnesses::Add(absl::string_view name) {
  const absl::string_view domain = suffixes_.RegistrableDomain(name);
  MutexLock lock(&mu_);
  const bool known = std::any_of(witnesses_.begin(), witnesses_.end(),
                                 [&](const Witness& other) { return other.domain == domain; });
  if (known) return;
  if (witnesses_.size() == kMaxCount) witnesses_.erase(witnesses_.begin() + kLastingCount);
  witnesses_.push_back({std::string(name), std::string(domain)});
}

std::vector<std::string> DnsWitnesses::NotOf(absl::string_view name) const {
  const absl::string_view domain = suffixes_.RegistrableDomain(name);
  std::vector<std::string> names;
  MutexLock lock(&mu_);
  for (const Witness& witness : witnesses_) {
    if (witness.domain != domain) names.push_back(witness.name);
  }
  return names;
}

}  // namespace spindle
