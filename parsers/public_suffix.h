// Registrable domains ("eTLD+1") by the Public Suffix List: of "www.example.co.uk" the part that
// its owner registered, "example.co.uk". Hosts that share one are one site to politeness and share
// a shard. The list is libpsl's own or, as that grows old, a file (https://publicsuffix.org/list/).
//
// Immutable and thread-safe.

#ifndef SPINDLE_PARSERS_PUBLIC_SUFFIX_H_
#define SPINDLE_PARSERS_PUBLIC_SUFFIX_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct psl_ctx_st;

namespace spindle {

class PublicSuffixList {
 public:
  // The list that libpsl was built with.
  static const PublicSuffixList& Builtin();

  // The list in the file at `path`, text or DAFSA. NotFound if it cannot be read, InvalidArgument
  // if it holds no suffix.
  static absl::StatusOr<PublicSuffixList> Load(const std::string& path);

  // The registrable domain of `host`, which is spelt as Url::host() spells it (lower case,
  // ASCII), as a view of it without a final dot. IP addresses, names of one label and public
  // suffixes themselves have none: for those it is the whole host. A name under a top-level
  // domain that is not in the list is taken to be registered right under that (the list's
  // rule "*"). Takes about half a microsecond: worth keeping with the host.
  absl::string_view RegistrableDomain(absl::string_view host) const;

  // Whether `host`, spelt likewise, is a name under which others register names.
  bool IsPublicSuffix(absl::string_view host) const;

 private:
  struct Free {
    void operator()(psl_ctx_st* list) const;
  };

  // Takes `list`.
  explicit PublicSuffixList(psl_ctx_st* list) : list_(list) {}

  std::unique_ptr<psl_ctx_st, Free> list_;
};

}  // namespace spindle

#endif  // SPINDLE_PARSERS_PUBLIC_SUFFIX_H_
