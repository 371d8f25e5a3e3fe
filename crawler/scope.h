#ifndef SPINDLE_CRAWLER_SCOPE_H_
#define SPINDLE_CRAWLER_SCOPE_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "parsers/public_suffix.h"
#include "parsers/url.h"
#include "storage/mutex.h"

namespace spindle {

enum class ScopeKind {
  kHost,    // the hosts of the seeds, whatever the scheme and port, with and without "www."
  kDomain,  // their registrable domains with all hosts in them
  kAny,
};

// Which URLs belong to the crawl: step 2 in the life of a URL. Thread-safe. The list must outlive
// it.
class Scope {
 public:
  Scope(ScopeKind kind, const PublicSuffixList* suffixes) : kind_(kind), suffixes_(suffixes) {}

  void AddSeed(const Url& seed);
  bool Contains(const Url& url) const;

  ScopeKind kind() const { return kind_; }
  // Distinct hosts, or domains, of the seeds.
  size_t name_count() const;

 private:
  absl::string_view NameOf(const Url& url) const;

  const ScopeKind kind_;
  const PublicSuffixList* const suffixes_;
  mutable Mutex mu_;
  absl::flat_hash_set<std::string> names_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_SCOPE_H_
