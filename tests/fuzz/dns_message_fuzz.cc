// What a name server sent, read as the answer to a question for a.example.

#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "crawler/dns_message.h"

namespace {

using spindle::DnsAnswer;
using spindle::DnsType;

void Demand(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view message(reinterpret_cast<const char*>(data), size);
  const spindle::DnsLimits limits;
  for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
    const DnsAnswer answer = spindle::ParseDnsAnswer(message, "a.example", type, limits);
    Demand(answer.addresses.size() <= limits.max_addresses);
    Demand(answer.addresses.empty() == (answer.outcome != DnsAnswer::Outcome::kAddresses));
    Demand(answer.ttl >= absl::ZeroDuration());
    // An A record is IPv4; an AAAA record may be that in its mapped form.
    for (const auto& address : answer.addresses) Demand(type == DnsType::kAaaa || address.is_v4());
  }
  return 0;
}
