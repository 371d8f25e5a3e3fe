#include "crawler/scope.h"

#include "absl/strings/strip.h"

namespace spindle {

void Scope::AddSeed(const Url& seed) {
  MutexLock lock(&mu_);
  names_.insert(std::string(NameOf(seed)));
}

bool Scope::Contains(const Url& url) const {
  if (kind_ == ScopeKind::kAny) return true;
  const absl::string_view name = NameOf(url);
  MutexLock lock(&mu_);
  return names_.contains(name);
}

size_t Scope::name_count() const {
  MutexLock lock(&mu_);
  return names_.size();
}

absl::string_view Scope::NameOf(const Url& url) const {
  return kind_ == ScopeKind::kDomain ? suffixes_->RegistrableDomain(url.host())
                                     : absl::StripPrefix(url.host(), "www.");
}

}  // namespace spindle
