#include "crawler/cookie_jar.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "parsers/http_date.h"

namespace spindle {
namespace {

// Of a cookie and of a site in memory, besides their strings.
constexpr size_t kCookieOverhead = 128;
constexpr size_t kSiteOverhead = 256;
constexpr size_t kMaxAttributeBytes = 1024;  // RFC 6265bis 5.6

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_iscntrl(c) && c != '\t'; });
}

// RFC 6265bis 5.1.3.
bool DomainMatches(absl::string_view host, absl::string_view domain) {
  return host == domain || (host.size() > domain.size() && absl::EndsWith(host, domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

// RFC 6265bis 5.1.4.
bool PathMatches(absl::string_view path, absl::string_view prefix) {
  if (!absl::StartsWith(path, prefix)) return false;
  return path.size() == prefix.size() || prefix.back() == '/' || path[prefix.size()] == '/';
}

std::string DefaultPath(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == absl::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

struct Attributes {
  std::optional<absl::Time> expires;
  std::optional<absl::Time> max_age;
  std::string domain;
  std::string path;
  bool secure = false;
};

// RFC 6265bis 5.6.2.
std::optional<absl::Time> ReadMaxAge(absl::string_view value, absl::Time now) {
  const absl::string_view digits = absl::StripPrefix(value, "-");
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  int64_t seconds = 0;
  if (digits.size() != value.size()) return absl::InfinitePast();
  if (!absl::SimpleAtoi(digits, &seconds)) return absl::InfiniteFuture();
  return seconds == 0 ? absl::InfinitePast() : now + absl::Seconds(seconds);
}

// RFC 6265bis 5.6: what comes behind the first ';'. The last of a kind counts.
Attributes ReadAttributes(absl::string_view text, absl::Time now) {
  Attributes attributes;
  while (!text.empty()) {
    text.remove_prefix(1);
    const absl::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(one.size());
    const size_t equals = one.find('=');
    const absl::string_view name = absl::StripAsciiWhitespace(one.substr(0, equals));
    const absl::string_view value =
        equals == absl::string_view::npos ? "" : absl::StripAsciiWhitespace(one.substr(equals + 1));
    if (value.size() > kMaxAttributeBytes) continue;
    if (absl::EqualsIgnoreCase(name, "expires")) {
      const std::optional<absl::Time> expires = ParseHttpDate(value, now);
      if (expires.has_value()) attributes.expires = expires;
    } else if (absl::EqualsIgnoreCase(name, "max-age")) {
      const std::optional<absl::Time> expires = ReadMaxAge(value, now);
      if (expires.has_value()) attributes.max_age = expires;
    } else if (absl::EqualsIgnoreCase(name, "domain")) {
      attributes.domain = absl::AsciiStrToLower(absl::StripPrefix(value, "."));
    } else if (absl::EqualsIgnoreCase(name, "path")) {
      attributes.path = absl::StartsWith(value, "/") ? std::string(value) : "";
    } else if (absl::EqualsIgnoreCase(name, "secure")) {
      attributes.secure = true;
    }
  }
  return attributes;
}

}  // namespace

size_t CookieJar::Cookie::bytes() const {
  return kCookieOverhead + name.size() + value.size() + domain.size() + path.size();
}

void CookieJar::Store(const Url& url, const std::vector<absl::string_view>& set_cookies,
                      absl::Time now) {
  const size_t count = std::min(set_cookies.size(), limits_.max_cookies_per_answer);
  for (size_t i = 0; i < count; ++i) StoreOne(url, set_cookies[i], now);
}

// RFC 6265bis 5.6 and 5.7, without what is there for scripts.
void CookieJar::StoreOne(const Url& url, absl::string_view text, absl::Time now) {
  if (HasControl(text)) return;
  const absl::string_view pair = text.substr(0, text.find(';'));
  const size_t equals = pair.find('=');
  Cookie cookie;
  if (equals == absl::string_view::npos) {
    cookie.value = std::string(absl::StripAsciiWhitespace(pair));
  } else {
    cookie.name = std::string(absl::StripAsciiWhitespace(pair.substr(0, equals)));
    cookie.value = std::string(absl::StripAsciiWhitespace(pair.substr(equals + 1)));
  }
  if (cookie.name.empty() && cookie.value.empty()) return;
  if (cookie.name.size() + cookie.value.size() > limits_.max_cookie_bytes) return;

  const Attributes attributes = ReadAttributes(text.substr(pair.size()), now);
  cookie.expires =
      std::min(attributes.max_age.value_or(attributes.expires.value_or(absl::InfiniteFuture())),
               now + limits_.max_age);
  cookie.secure = attributes.secure;
  cookie.path = attributes.path.empty() ? DefaultPath(url.path()) : attributes.path;
  cookie.domain = std::string(url.host());
  cookie.host_only = attributes.domain.empty();
  if (!attributes.domain.empty() && attributes.domain != url.host()) {
    // A domain under which others register is nobody's, and an address has no domain.
    if (url.host_is_ip() || !DomainMatches(url.host(), attributes.domain) ||
        suffixes_->IsPublicSuffix(attributes.domain)) {
      return;
    }
    cookie.domain = attributes.domain;
  } else if (url.host_is_ip() || suffixes_->IsPublicSuffix(url.host())) {
    cookie.host_only = true;
  }
  if (cookie.secure && !url.is_https()) return;
  if (absl::StartsWithIgnoreCase(cookie.name, "__secure-") && !cookie.secure) return;
  if (absl::StartsWithIgnoreCase(cookie.name, "__host-") &&
      (!cookie.secure || !cookie.host_only || attributes.path != "/")) {
    return;
  }
  Insert(url, std::move(cookie), now);
}

void CookieJar::Insert(const Url& url, Cookie cookie, absl::Time now) {
  Site* site = SiteOf(url, cookie.expires > now);
  if (site == nullptr) return;
  for (size_t i = 0; i < site->cookies.size(); ++i) {
    const Cookie& other = site->cookies[i];
    if (other.name != cookie.name) continue;
    // A page that anybody on the way could have written does not replace a secure cookie.
    const bool overlays =
        DomainMatches(cookie.domain, other.domain) || DomainMatches(other.domain, cookie.domain);
    if (other.secure && !url.is_https() && overlays && PathMatches(cookie.path, other.path)) {
      return;
    }
    if (other.domain == cookie.domain && other.host_only == cookie.host_only &&
        other.path == cookie.path) {
      Erase(site, i);
      break;
    }
  }
  if (cookie.expires <= now) return;
  site->bytes += cookie.bytes();
  total_bytes_ += cookie.bytes();
  site->cookies.push_back(std::move(cookie));
  while (site->cookies.size() > limits_.max_cookies_per_site ||
         site->bytes > limits_.max_bytes_per_site) {
    Erase(site, 0);
  }
  while (total_bytes_ > limits_.max_total_bytes && sites_.size() > 1) {
    const auto last = sites_.find(uses_.back());
    total_bytes_ -= last->second.bytes;
    sites_.erase(last);
    uses_.pop_back();
  }
}

std::string CookieJar::CookiesFor(const Url& url, absl::Time now) {
  Site* site = SiteOf(url, false);
  if (site == nullptr) return "";
  for (size_t i = site->cookies.size(); i-- > 0;) {
    if (site->cookies[i].expires <= now) Erase(site, i);
  }
  std::vector<const Cookie*> chosen;
  for (const Cookie& cookie : site->cookies) {
    const bool of_host =
        cookie.host_only ? cookie.domain == url.host() : DomainMatches(url.host(), cookie.domain);
    if (of_host && PathMatches(url.path(), cookie.path) && (!cookie.secure || url.is_https())) {
      chosen.push_back(&cookie);
    }
  }
  // RFC 6265bis 5.8.3: longer paths first.
  std::stable_sort(chosen.begin(), chosen.end(), [](const Cookie* a, const Cookie* b) {
    return a->path.size() > b->path.size();
  });
  std::string field;
  for (const Cookie* cookie : chosen) {
    const size_t size = cookie->name.size() + cookie->value.size() + 3;
    if (field.size() + size > limits_.max_header_bytes) continue;
    absl::StrAppend(&field, field.empty() ? "" : "; ", cookie->name,
                    cookie->name.empty() ? "" : "=", cookie->value);
  }
  return field;
}

void CookieJar::Erase(Site* site, size_t index) {
  const size_t bytes = site->cookies[index].bytes();
  site->bytes -= bytes;
  total_bytes_ -= bytes;
  site->cookies.erase(site->cookies.begin() + index);
}

// The site of a URL, which becomes the one that was asked last; nullptr: there is none.
CookieJar::Site* CookieJar::SiteOf(const Url& url, bool create) {
  const absl::string_view name = suffixes_->RegistrableDomain(url.host());
  auto it = sites_.find(name);
  if (it == sites_.end()) {
    if (!create) return nullptr;
    it = sites_.try_emplace(std::string(name)).first;
    uses_.push_front(it->first);
    it->second.use = uses_.begin();
    it->second.bytes = kSiteOverhead;
    total_bytes_ += kSiteOverhead;
  } else {
    uses_.splice(uses_.begin(), uses_, it->second.use);
  }
  return &it->second;
}

}  // namespace spindle
