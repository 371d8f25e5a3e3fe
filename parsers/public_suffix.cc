#include "parsers/public_suffix.h"

#include <libpsl.h>

#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

// A longer host is no DNS name: it has no registrable domain.
constexpr size_t kMaxHostBytes = 255;

absl::string_view WithoutFinalDot(absl::string_view host) {
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  return host;
}

// In a canonical host only an IPv4 address has a last label of digits (URL Standard, section 3.5).
bool IsIpAddress(absl::string_view host) {
  if (host[0] == '[') return true;
  const absl::string_view last = host.substr(host.rfind('.') + 1);
  return !last.empty() && std::all_of(last.begin(), last.end(), absl::ascii_isdigit);
}

// `host` with the NUL that libpsl wants.
class CString {
 public:
  explicit CString(absl::string_view host) {
    std::memcpy(bytes_, host.data(), host.size());
    bytes_[host.size()] = '\0';
  }
  const char* get() const { return bytes_; }

 private:
  char bytes_[kMaxHostBytes + 1];
};

}  // namespace

void PublicSuffixList::Free::operator()(psl_ctx_st* list) const {
  // psl_free() leaves the built-in list alone.
  psl_free(list);
}

const PublicSuffixList& PublicSuffixList::Builtin() {
  static const auto& list = *new PublicSuffixList(const_cast<psl_ctx_st*>(psl_builtin()));
  return list;
}

absl::StatusOr<PublicSuffixList> PublicSuffixList::Load(const std::string& path) {
  PublicSuffixList list(psl_load_file(path.c_str()));
  if (list.list_ == nullptr) return absl::NotFoundError(absl::StrCat("no suffix list: ", path));
  // Of a DAFSA libpsl does not know the number: -1.
  if (psl_suffix_count(list.list_.get()) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("no suffix in list: ", path));
  }
  return list;
}

absl::string_view PublicSuffixList::RegistrableDomain(absl::string_view host) const {
  host = WithoutFinalDot(host);
  if (host.empty() || host.size() > kMaxHostBytes || IsIpAddress(host)) return host;
  const CString name(host);
  const char* registrable = psl_registrable_domain(list_.get(), name.get());
  return registrable == nullptr ? host : host.substr(registrable - name.get());
}

bool PublicSuffixList::IsPublicSuffix(absl::string_view host) const {
  host = WithoutFinalDot(host);
  if (host.empty() || host.size() > kMaxHostBytes || IsIpAddress(host)) return false;
  return psl_is_public_suffix(list_.get(), CString(host).get()) != 0;
}

}  // namespace spindle
