#include "parsers/idna.h"

#include <unicode/uidna.h>

namespace spindle {
namespace {

// What ICU reports and the URL Standard tolerates: CheckHyphens and VerifyDnsLength are off.
constexpr uint32_t kToleratedErrors =
    UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG | UIDNA_ERROR_DOMAIN_NAME_TOO_LONG |
    UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

const UIDNA* Profile() {
  static const UIDNA* const profile = [] {
    UErrorCode error = U_ZERO_ERROR;
    return uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                               UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
                           &error);
  }();
  return profile;
}

}  // namespace

bool AppendDomainToAscii(absl::string_view domain, std::string* out) {
  if (domain.empty() || domain.size() > kMaxDomainBytes || Profile() == nullptr) return false;
  // Mapping can lengthen a code point 18-fold (U+FDFA), Punycode much less.
  constexpr size_t kCapacity = 32 * 1024;
  char ascii[kCapacity];
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const int32_t length = uidna_nameToASCII_UTF8(Profile(), domain.data(), domain.size(), ascii,
                                                kCapacity, &info, &error);
  if (U_FAILURE(error) || length <= 0 || static_cast<size_t>(length) > kCapacity) return false;
  if ((info.errors & ~kToleratedErrors) != 0) return false;
  out->append(ascii, length);
  return true;
}

}  // namespace spindle
