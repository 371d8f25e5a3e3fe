#ifndef SPINDLE_CRAWLER_SITE_ACCESS_H_
#define SPINDLE_CRAWLER_SITE_ACCESS_H_

#include <curl/curl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/cookie_jar.h"
#include "crawler/credentials.h"
#include "crawler/ip_address.h"
#include "crawler/proxy_pool.h"
#include "parsers/public_suffix.h"

namespace spindle {

struct AccessOptions {
  std::vector<std::string> headers;                    // of every request, by ParseCustomHeader()
  std::shared_ptr<const CredentialStore> credentials;  // shared by all workers; null: none
  bool cookies = false;
  CookieLimits cookie_limits;
  const PublicSuffixList* suffixes = &PublicSuffixList::Builtin();  // of `cookies`
  std::vector<Proxy> proxies;  // empty: hosts are asked directly
  ProxyHealthOptions proxy_health;
};

// What a request carries because of whom it goes to, as options of its easy handle: credentials and
// cookies of its host, and the proxy it goes over. Handles are used again, so all of it is set anew
// for each request. Belongs to the loop's thread.
class SiteAccess {
 public:
  explicit SiteAccess(const AccessOptions& options);

  // `url`: canonical. True: a first answer may be a challenge, and the next one is what counts.
  bool Prepare(const std::string& url, absl::Time now, CURL* easy);
  // Takes the cookies of an answer. `headers`: as received.
  void OnAnswer(const std::string& url, absl::string_view headers, absl::Time now);

  ProxyPool& proxies() { return proxies_; }
  // Sends the request over a proxy, at an address of its host. The proxy is told the address that
  // the fetcher chose (CURLOPT_CONNECT_TO), never a name: what it connects to was judged. So http
  // goes through a tunnel, as https does.
  void UseProxy(size_t index, const IpAddress& address, CURL* easy) const;
  // Notes what the end of a request showed of its proxy. True: it was the proxy that failed, and
  // the host had no part in it.
  bool ProxyFailed(size_t index, CURLcode result, absl::Time now, CURL* easy);
  // Whether the request ended because its proxy could not reach the host.
  static bool TargetUnreachable(CURLcode result, CURL* easy);

 private:
  const AccessOptions options_;
  CookieJar jar_;
  ProxyPool proxies_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_SITE_ACCESS_H_
