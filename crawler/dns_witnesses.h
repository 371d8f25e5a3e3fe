#ifndef SPINDLE_CRAWLER_DNS_WITNESSES_H_
#define SPINDLE_CRAWLER_DNS_WITNESSES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "parsers/public_suffix.h"
#include "storage/mutex.h"

namespace spindle {

// Names that the name servers told addresses of. When they cannot tell of another name, these are
// asked for, to find out whether the servers work at all.
//
// Whoever runs a domain can have all of its names fail together. So one name is kept of each
// registrable domain, and it says nothing of the others there. The first ones stay, which are of
// seeds as a rule; the last ones follow the crawl. Somebody who wants a crawl to wait for servers
// that work would have to run all of these domains. Thread-safe.
class DnsWitnesses {
 public:
  // `suffixes` must outlive it.
  explicit DnsWitnesses(const PublicSuffixList* suffixes) : suffixes_(*suffixes) {}

  // `name` has addresses. In lower case, as Url::host() has it.
  void Add(absl::string_view name);

  // Those that are of other domains than `name`; at most kMaxCount.
  std::vector<std::string> NotOf(absl::string_view name) const;

  static constexpr size_t kMaxCount = 4;

 private:
  struct Witness {
    std::string name;
    std::string domain;
  };

  const PublicSuffixList& suffixes_;
  mutable Mutex mu_;
  std::vector<Witness> witnesses_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_DNS_WITNESSES_H_
