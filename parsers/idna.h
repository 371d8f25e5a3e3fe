// Internationalised domain names: Unicode to the ASCII form that DNS and HTTP use, by UTS #46 on
// ICU's tables. This is the "domain to ASCII" step of the URL Standard (section 3.3, beStrict
// false). Only the host parser needs it, and only for names that are not plain ASCII; it does not
// judge which code points a URL's host forbids.
//
// Thread-safe: ICU's immutable profile is made once per process.

#ifndef SPINDLE_PARSERS_IDNA_H_
#define SPINDLE_PARSERS_IDNA_H_

#include <string>

#include "absl/strings/string_view.h"

namespace spindle {

// Longer names are refused, and so are labels of more than 1,000 code units: Punycode takes
// quadratic time, and DNS carries 253 bytes.
inline constexpr size_t kMaxDomainBytes = 2048;

// Appends the ASCII form of `domain` (UTF-8, any bytes) to `*out` and returns true. False, with
// `*out` unchanged, for a name that UTS #46 refuses with CheckBidi, CheckJoiners and
// non-transitional processing, but without CheckHyphens, UseSTD3ASCIIRules and VerifyDnsLength; for
// ill-formed UTF-8; for an empty result; and beyond kMaxDomainBytes.
bool AppendDomainToAscii(absl::string_view domain, std::string* out);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_IDNA_H_
