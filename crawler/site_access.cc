#include "crawler/site_access.h"

#include <cstring>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "parsers/header_block.h"
#include "parsers/url.h"

namespace spindle {
namespace {

constexpr long kProxyAuthenticationRequired = 407;

long LongInfo(CURL* easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

// A SOCKS5 proxy that said what it could not do: whether that is about the target (RFC 1928 6).
bool IsAboutTarget(long error) {
  switch (error) {
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
    case CURLPX_REPLY_NOT_ALLOWED:
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
    case CURLPX_REPLY_HOST_UNREACHABLE:
    case CURLPX_REPLY_CONNECTION_REFUSED:
    case CURLPX_REPLY_TTL_EXPIRED:
      return true;
    default:
      return false;
  }
}

}  // namespace

SiteAccess::SiteAccess(const AccessOptions& options)
    : options_(options),
      jar_(options.suffixes, options.cookie_limits),
      proxies_(options.proxies, options.proxy_health) {}

bool SiteAccess::Prepare(const std::string& text, absl::Time now, CURL* easy) {
  if (options_.credentials == nullptr && !options_.cookies) return false;
  const std::optional<Url> url = Url::Parse(text);
  if (!url.has_value()) return false;
  curl_easy_setopt(easy, CURLOPT_USERNAME, nullptr);
  curl_easy_setopt(easy, CURLOPT_PASSWORD, nullptr);
  curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, nullptr);
  curl_easy_setopt(easy, CURLOPT_COOKIE, nullptr);
  const Credentials* credentials =
      options_.credentials == nullptr ? nullptr : options_.credentials->Find(url->origin());
  if (credentials != nullptr && credentials->scheme == Credentials::Scheme::kBearer) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, credentials->secret.c_str());
  } else if (credentials != nullptr) {
    curl_easy_setopt(
        easy, CURLOPT_HTTPAUTH,
        credentials->scheme == Credentials::Scheme::kDigest ? CURLAUTH_DIGEST : CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, credentials->user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, credentials->secret.c_str());
  }
  const std::string cookies = options_.cookies ? jar_.CookiesFor(*url, now) : "";
  if (!cookies.empty()) curl_easy_setopt(easy, CURLOPT_COOKIE, cookies.c_str());
  return credentials != nullptr && credentials->scheme == Credentials::Scheme::kDigest;
}

void SiteAccess::OnAnswer(const std::string& text, absl::string_view headers, absl::Time now) {
  if (!options_.cookies) return;
  const std::vector<absl::string_view> cookies = HeaderBlock(headers).GetAll("set-cookie");
  if (cookies.empty()) return;
  if (const std::optional<Url> url = Url::Parse(text)) jar_.Store(*url, cookies, now);
}

bool SiteAccess::Forwards(size_t index, absl::string_view url) const {
  return proxies_.proxy(index).kind == Proxy::Kind::kHttp && absl::StartsWith(url, "http:");
}

bool SiteAccess::UseProxy(size_t index, const IpAddress& address, absl::string_view url,
                          CURL* easy) const {
  const Proxy& proxy = proxies_.proxy(index);
  const bool socks = proxy.kind == Proxy::Kind::kSocks5;
  const std::string at =
      absl::StrCat(socks ? "socks5://" : "http://", address.ToString(), ":", proxy.port);
  curl_easy_setopt(easy, CURLOPT_PROXY, at.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, socks || Forwards(index, url) ? 0L : 1L);
  // No exceptions by the environment; the answer to CONNECT is not the host's.
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  const Credentials* credentials =
      options_.credentials == nullptr ? nullptr : options_.credentials->Find(proxy.origin());
  const bool known = credentials != nullptr && !credentials->user.empty();
  const bool digest = known && credentials->scheme == Credentials::Scheme::kDigest;
  curl_easy_setopt(easy, CURLOPT_PROXYAUTH, digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC);
  curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, known ? credentials->user.c_str() : nullptr);
  curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, known ? credentials->secret.c_str() : nullptr);
  return digest;
}

bool SiteAccess::TargetUnreachable(CURLcode result, CURL* easy) {
  return result == CURLE_PROXY || LongInfo(easy, CURLINFO_HTTP_CONNECTCODE) >= 300;
}

std::string SiteAccess::DescribeFailure(CURLcode result, absl::string_view error, CURL* easy) {
  const long connect_status = LongInfo(easy, CURLINFO_HTTP_CONNECTCODE);
  const long status = LongInfo(easy, CURLINFO_RESPONSE_CODE);
  if (connect_status == kProxyAuthenticationRequired || status == kProxyAuthenticationRequired) {
    return "it asks for credentials that it did not get (407)";
  }
  if (connect_status >= 300) return absl::StrCat("it answered CONNECT with ", connect_status);
  const long os_error = LongInfo(easy, CURLINFO_OS_ERRNO);
  if (result == CURLE_COULDNT_CONNECT && os_error != 0) {
    return std::strerror(static_cast<int>(os_error));
  }
  if (result == CURLE_OK) return absl::StrCat("it answered with ", status);
  return error.empty() ? curl_easy_strerror(result) : std::string(error);
}

SiteAccess::ProxyOutcome SiteAccess::JudgeProxy(size_t index, bool forwards, CURLcode result,
                                                CURL* easy) const {
  // What a proxy that never worked refuses is not the host's fault yet.
  const ProxyOutcome refused =
      proxies_.has_worked(index) ? ProxyOutcome::kDoubtful : ProxyOutcome::kFailed;
  const long status = LongInfo(easy, CURLINFO_RESPONSE_CODE);
  curl_off_t request_us = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &request_us);
  if (forwards && request_us > 0) {
    if (status == kProxyAuthenticationRequired) return ProxyOutcome::kFailed;
    // Its word for a host that cannot be reached (RFC 9110 15.6.3, 15.6.5); some hosts' own.
    if (status == 502 || status == 504) return ProxyOutcome::kDoubtful;
    if (status != 0) return ProxyOutcome::kWorks;
    if (result == CURLE_OPERATION_TIMEDOUT) return ProxyOutcome::kDoubtful;
    return LongInfo(easy, CURLINFO_NUM_CONNECTS) == 0 ? ProxyOutcome::kUnknown : refused;
  }
  if (result == CURLE_OK || request_us > 0) return ProxyOutcome::kWorks;
  curl_off_t connect_us = 0;
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect_us);
  if (result == CURLE_OPERATION_TIMEDOUT) {
    return connect_us == 0 ? ProxyOutcome::kFailed : ProxyOutcome::kDoubtful;
  }
  if (proxies_.proxy(index).kind == Proxy::Kind::kSocks5) {
    if (result == CURLE_COULDNT_CONNECT) return ProxyOutcome::kFailed;
    if (result != CURLE_PROXY) return ProxyOutcome::kWorks;
    return IsAboutTarget(LongInfo(easy, CURLINFO_PROXY_ERROR)) ? ProxyOutcome::kDoubtful
                                                               : ProxyOutcome::kFailed;
  }
  const long connect_status = LongInfo(easy, CURLINFO_HTTP_CONNECTCODE);
  if (connect_status == 0 || connect_status == kProxyAuthenticationRequired) {
    return ProxyOutcome::kFailed;
  }
  if (connect_status < 300) return ProxyOutcome::kWorks;  // the host's TLS failed
  return connect_status < 500 ? refused : ProxyOutcome::kDoubtful;
}

SiteAccess::ProxyOutcome SiteAccess::ObserveProxy(size_t index, absl::string_view url,
                                                  absl::string_view host, CURLcode result,
                                                  absl::Time now, CURL* easy,
                                                  absl::string_view error) {
  const ProxyOutcome outcome = JudgeProxy(index, Forwards(index, url), result, easy);
  switch (outcome) {
    case ProxyOutcome::kWorks:
      proxies_.Observe(index, true, now);
      break;
    case ProxyOutcome::kFailed:
      proxies_.Observe(index, false, now, DescribeFailure(result, error, easy));
      break;
    case ProxyOutcome::kDoubtful:
      proxies_.ObserveDoubt(index, host, now, DescribeFailure(result, error, easy));
      break;
    case ProxyOutcome::kUnknown:
      break;
  }
  return outcome;
}

}  // namespace spindle
