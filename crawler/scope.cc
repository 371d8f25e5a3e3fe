#include "crawler/scope.h"

#include "absl/strings/strip.h"

namespace spindle {

void Scope::AddSeed(const Url& seed) { names_.insert(std::string(NameOf(seed))); }

bool Scope::Contains(const Url& url) const {
  return kind_ == ScopeKind::kAny || names_.contains(NameOf(url));
}

absl::string_view Scope::NameOf(const Url& url) const {
  return kind_ == ScopeKind::kDomain ? suffixes_->RegistrableDomain(url.host())
                                     : absl::StripPrefix(url.host(), "www.");
}

}  // namespace spindle
