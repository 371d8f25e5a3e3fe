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

  // `url`: canonical. True: with digest, so that a first answer may be a challenge, and the next
  // one is what counts.
  bool Prepare(const std::string& url, absl::Time now, CURL* easy);
  // Takes the cookies of an answer. `headers`: as received.
  void OnAnswer(const std::string& url, absl::string_view headers, absl::Time now);

  ProxyPool& proxies() { return proxies_; }

  // Sends the request over a proxy, which is at `address`. A tunnel leads to the address that the
  // fetcher chose (CURLOPT_CONNECT_TO), never to a name: what the proxy connects to was judged. But
  // an HTTP proxy is asked for an http URL itself (Forwards(); RFC 9112 3.2.2), by the name that
  // was judged, since many tunnel to port 443 alone. True: with digest.
  bool UseProxy(size_t index, const IpAddress& address, absl::string_view url, CURL* easy) const;
  // Whether the proxy is to fetch the URL, rather than to connect to its host.
  bool Forwards(size_t index, absl::string_view url) const;

  // What the end of a request showed of its proxy; the pool is told.
  enum class ProxyOutcome {
    kWorks,
    kFailed,    // the host had no part in it
    kDoubtful,  // no answer, by the fault of the proxy or of the host
    kUnknown,   // the connection to it had gone stale
  };
  ProxyOutcome ObserveProxy(size_t index, absl::string_view url, absl::string_view host,
                            CURLcode result, absl::Time now, CURL* easy, absl::string_view error);
  // Whether the request ended because its proxy could not reach the host.
  static bool TargetUnreachable(CURLcode result, CURL* easy);
  // What is wrong, for people: "it answered CONNECT with 403". `error`: libcurl's words.
  static std::string DescribeFailure(CURLcode result, absl::string_view error, CURL* easy);

 private:
  ProxyOutcome JudgeProxy(size_t index, bool forwards, CURLcode result, CURL* easy) const;

  const AccessOptions options_;
  CookieJar jar_;
  ProxyPool proxies_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_SITE_ACCESS_H_
