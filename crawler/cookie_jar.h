#ifndef SPINDLE_CRAWLER_COOKIE_JAR_H_
#define SPINDLE_CRAWLER_COOKIE_JAR_H_

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "parsers/public_suffix.h"
#include "parsers/url.h"

namespace spindle {

struct CookieLimits {
  size_t max_cookie_bytes = 4096;             // name and value (RFC 6265bis 5.6)
  size_t max_cookies_per_site = 50;           // the one that was set longest ago goes
  size_t max_bytes_per_site = 24 << 10;       // in memory; likewise
  size_t max_header_bytes = 8 << 10;          // of a Cookie field; further ones are not sent
  size_t max_cookies_per_answer = 50;         // further ones are passed over
  size_t max_total_bytes = size_t{32} << 20;  // the site that was asked longest ago goes
  absl::Duration max_age = absl::Hours(24 * 400);
};

// The cookies of the sites that a worker crawls (RFC 6265bis, as far as a crawler needs it: Domain,
// Path, Secure, Expires, Max-Age, the prefixes of names, public suffixes). A site is a registrable
// domain: cookies are shared between its hosts where they say so, and never beyond. In memory only.
// Belongs to one thread; the list must outlive it. Time is an argument.
class CookieJar {
 public:
  explicit CookieJar(const PublicSuffixList* suffixes, const CookieLimits& limits = {})
      : suffixes_(suffixes), limits_(limits) {}

  // Takes the values of an answer's Set-Cookie fields.
  void Store(const Url& url, const std::vector<absl::string_view>& set_cookies, absl::Time now);

  // The value of a request's Cookie field; empty: none.
  std::string CookiesFor(const Url& url, absl::Time now);

  size_t total_bytes() const { return total_bytes_; }

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    std::string path;
    bool host_only = true;
    bool secure = false;
    absl::Time expires = absl::InfiniteFuture();

    size_t bytes() const;
  };
  struct Site {
    std::vector<Cookie> cookies;  // in the order in which they were set
    size_t bytes = 0;
    std::list<std::string>::iterator use;
  };

  void StoreOne(const Url& url, absl::string_view text, absl::Time now);
  void Insert(const Url& url, Cookie cookie, absl::Time now);
  void Erase(Site* site, size_t index);
  Site* SiteOf(const Url& url, bool create);

  const PublicSuffixList* const suffixes_;
  const CookieLimits limits_;
  absl::flat_hash_map<std::string, Site> sites_;
  std::list<std::string> uses_;  // sites, the last asked first
  size_t total_bytes_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_COOKIE_JAR_H_
