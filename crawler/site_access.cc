#include "crawler/site_access.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "parsers/header_block.h"
#include "parsers/url.h"

namespace spindle {
namespace {

enum class ProxyOutcome { kWorks, kFailed, kSilent };

ProxyOutcome OutcomeOfHttp(CURL* easy) {
  long connect_status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  // It asks for credentials that it did not get; any other status is about the target.
  if (connect_status == 407) return ProxyOutcome::kFailed;
  return connect_status != 0 ? ProxyOutcome::kWorks : ProxyOutcome::kFailed;
}

ProxyOutcome OutcomeOfSocks(CURLcode result, CURL* easy) {
  if (result != CURLE_PROXY) {
    return result == CURLE_COULDNT_CONNECT ? ProxyOutcome::kFailed : ProxyOutcome::kWorks;
  }
  long error = CURLPX_OK;
  curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &error);
  switch (error) {
    // What RFC 1928 6 lets it say of the target.
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
    case CURLPX_REPLY_NOT_ALLOWED:
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
    case CURLPX_REPLY_HOST_UNREACHABLE:
    case CURLPX_REPLY_CONNECTION_REFUSED:
    case CURLPX_REPLY_TTL_EXPIRED:
      return ProxyOutcome::kWorks;
    default:
      return ProxyOutcome::kFailed;
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

void SiteAccess::UseProxy(size_t index, const IpAddress& address, CURL* easy) const {
  const Proxy& proxy = proxies_.proxy(index);
  const bool socks = proxy.kind == Proxy::Kind::kSocks5;
  const std::string at =
      absl::StrCat(socks ? "socks5://" : "http://", address.ToString(), ":", proxy.port);
  curl_easy_setopt(easy, CURLOPT_PROXY, at.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, socks ? 0L : 1L);
  // No exceptions by the environment; the answer to CONNECT is not the host's.
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  const Credentials* credentials =
      options_.credentials == nullptr ? nullptr : options_.credentials->Find(proxy.origin());
  const bool known = credentials != nullptr && !credentials->user.empty();
  curl_easy_setopt(easy, CURLOPT_PROXYAUTH,
                   known && credentials->scheme == Credentials::Scheme::kDigest ? CURLAUTH_DIGEST
                                                                                : CURLAUTH_BASIC);
  curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, known ? credentials->user.c_str() : nullptr);
  curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, known ? credentials->secret.c_str() : nullptr);
}

bool SiteAccess::TargetUnreachable(CURLcode result, CURL* easy) {
  long connect_status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  return result == CURLE_PROXY || connect_status >= 300;
}

bool SiteAccess::ProxyFailed(size_t index, CURLcode result, absl::Time now, CURL* easy) {
  curl_off_t request_us = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &request_us);
  ProxyOutcome outcome = ProxyOutcome::kWorks;
  if (result == CURLE_OK || request_us > 0) {
    // The host itself was asked.
  } else if (result == CURLE_OPERATION_TIMEDOUT) {
    outcome = ProxyOutcome::kSilent;
  } else {
    outcome = proxies_.proxy(index).kind == Proxy::Kind::kSocks5 ? OutcomeOfSocks(result, easy)
                                                                 : OutcomeOfHttp(easy);
  }
  if (outcome == ProxyOutcome::kSilent) {
    proxies_.ObserveSilence(index, now);
  } else {
    proxies_.Observe(index, outcome == ProxyOutcome::kWorks, now);
  }
  return outcome == ProxyOutcome::kFailed;
}

}  // namespace spindle
