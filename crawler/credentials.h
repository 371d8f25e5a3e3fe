#ifndef SPINDLE_CRAWLER_CREDENTIALS_H_
#define SPINDLE_CRAWLER_CREDENTIALS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spindle {

// How the crawler names itself to one origin (RFC 7617, RFC 7616, RFC 6750).
struct Credentials {
  enum class Scheme { kBasic, kDigest, kBearer };
  Scheme scheme = Scheme::kBasic;
  std::string user;    // none for bearer
  std::string secret;  // password or token
};

// The operator's credentials by origin, from a file so that they are in no process list:
//
//   # origin                   scheme  user and password, or token
//   https://example.org        basic   alice  correct horse
//   https://api.example:8443   bearer  eyJhbGciOi...
//   http://127.0.0.1:3128      basic   proxy-user  proxy-password
//   socks5://127.0.0.1:1080    basic   proxy-user  proxy-password
//
// The password is the rest of its line. They go to exactly that scheme, name and port: to no other
// host, and over no redirect. Immutable.
class CredentialStore {
 public:
  CredentialStore() = default;

  // FailedPrecondition where others than its owner may read the file; InvalidArgument names a line
  // that is none, and never a secret.
  static absl::StatusOr<CredentialStore> Load(const std::string& path);
  static absl::StatusOr<CredentialStore> Parse(absl::string_view text);

  // `origin`: "https://example.org:8443", as Url::origin() writes it. nullptr: none.
  const Credentials* Find(absl::string_view origin) const;

 private:
  absl::flat_hash_map<std::string, Credentials> by_origin_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_CREDENTIALS_H_
