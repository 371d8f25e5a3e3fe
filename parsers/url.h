// A URL, parsed, resolved and serialised by the WHATWG URL Standard (https://url.spec.whatwg.org).
// Every link, redirect, seed and sitemap entry becomes one of these first: href() is the canonical
// text that is fetched, stored and compared. All schemes are parsed; what the crawler takes is told
// by is_http_family() or, faster, by ParseCrawlable(). Stronger rules about which URLs name the
// same page are in parsers/dedup_key.h; registrable domains in parsers/public_suffix.h.
//
// Immutable (but for assignment) and thread-compatible. A Url is one string and its offsets; all
// views point into the Url and live as long as it does, unmoved and unassigned.
//
//   std::optional<Url> base = Url::Parse("https://example.com/a/b?x");
//   std::optional<Url> link = Url::Parse("../c d#top", &*base);
//   link->href();  // "https://example.com/c%20d#top"

#ifndef SPINDLE_PARSERS_URL_H_
#define SPINDLE_PARSERS_URL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "parsers/host.h"

namespace spindle {

// What the crawler is ready to carry as a URL; see Url::ParseCrawlable and WithinLimits.
struct UrlLimits {
  // Of the canonical href without its fragment. 0: no URL is accepted.
  size_t max_bytes = 8192;
};

// Writes a query (UTF-8) in the page's own encoding, as section 1.3 "percent-encode after encoding"
// demands for pages that are not UTF-8: appends the encoded bytes to the second argument, and for a
// code point without a code
// "%26%23" + its number in decimal + "%3B". Called only for queries that are not pure ASCII.
using QueryEncoder = absl::FunctionRef<void(absl::string_view, std::string*)>;

class Url {
 public:
  // Longer inputs, and results, are failures of Parse: offsets are 32 bits wide.
  static constexpr size_t kMaxParseBytes = size_t{2} << 20;

  // The basic URL parser (section 4.4) on `input`, relative to `*base` if there is one. Accepts any
  // bytes, meant as UTF-8; strips surrounding control characters and spaces, and tabs and newlines
  // anywhere. std::nullopt: the standard's "failure". Bytes that are not UTF-8, which the standard
  // does not know, are percent-encoded as they are in user info, path, query and fragment; in a
  // host they are a failure.
  static std::optional<Url> Parse(absl::string_view input, const Url* base = nullptr);

  // The same for a page that is not UTF-8: queries of http, https, ftp and file URLs go through
  // `query_encoder`.
  static std::optional<Url> Parse(absl::string_view input, const Url* base,
                                  QueryEncoder query_encoder);

  // What a crawler wants of a link: Parse() if the result IsCrawlable(), else std::nullopt. Refuses
  // javascript:, mailto:, data: and the like, and input over twice limits.max_bytes, without
  // parsing them.
  static std::optional<Url> ParseCrawlable(absl::string_view input, const Url* base = nullptr,
                                           const UrlLimits& limits = {});

  // The whole URL, serialised (section 4.5): always ASCII.
  const std::string& href() const { return href_; }

  // Lower case, without ':'.
  absl::string_view scheme() const { return Slice(0, scheme_end_); }

  // Percent-encoded; empty if absent.
  absl::string_view username() const;
  absl::string_view password() const;
  bool has_credentials() const { return host_begin_ > user_begin_; }

  // Serialised (section 3.5); IPv6 with its brackets. Empty if absent.
  absl::string_view host() const { return Slice(host_begin_, host_end_); }
  HostKind host_kind() const { return host_kind_; }
  bool host_is_ip() const { return host_kind_ == HostKind::kIpv4 || host_kind_ == HostKind::kIpv6; }

  // As written, unless it is the scheme's default: then, and if absent, std::nullopt.
  std::optional<uint16_t> port() const;
  // port(), else the scheme's default (80, 443, 21); 0 for a scheme without one.
  uint16_t effective_port() const;

  // Percent-encoded. Begins with '/' for all special schemes.
  absl::string_view path() const { return Slice(path_begin_, query_begin_); }

  // Without '?'; has_query() tells an empty query from none.
  absl::string_view query() const { return AfterDelimiter(query_begin_, fragment_begin_); }
  bool has_query() const { return query_begin_ < fragment_begin_; }

  // Without '#'; has_fragment() tells an empty fragment from none.
  absl::string_view fragment() const { return AfterDelimiter(fragment_begin_, href_.size()); }
  bool has_fragment() const { return fragment_begin_ < href_.size(); }

  // path() and, with its '?', query(), in one piece: the request target of HTTP.
  absl::string_view path_and_query() const { return Slice(path_begin_, fragment_begin_); }

  // Scheme, "://", host and port in one piece: "https://example.com:8443", the origin (section 4.7)
  // of an http, https, ws, wss or ftp URL. Empty if the URL has credentials, which would stand in
  // the middle of it: see Canonical().
  absl::string_view origin() const;

  bool is_http_family() const {
    return scheme_kind_ == SchemeKind::kHttp || scheme_kind_ == SchemeKind::kHttps;
  }
  bool is_https() const { return scheme_kind_ == SchemeKind::kHttps; }
  // http, https, ws, wss, ftp and file (section 4.2).
  bool is_special() const { return scheme_kind_ != SchemeKind::kOther; }
  // The path is no hierarchy, as in "mailto:a@b" (section 4.1): nothing but a fragment can be
  // resolved against this URL.
  bool has_opaque_path() const { return opaque_path_; }

  Url WithoutFragment() const;
  Url WithoutCredentials() const;

  // The URL to fetch: without fragment and credentials. FetchHref() is its href().
  Url Canonical() const;
  std::string FetchHref() const;

  friend bool operator==(const Url& a, const Url& b) { return a.href_ == b.href_; }
  friend bool operator!=(const Url& a, const Url& b) { return a.href_ != b.href_; }

 private:
  friend class UrlParser;

  enum class SchemeKind : uint8_t { kHttp, kHttps, kWs, kWss, kFtp, kFile, kOther };

  Url() = default;

  absl::string_view Slice(size_t begin, size_t end) const {
    return absl::string_view(href_.data() + begin, end - begin);
  }
  absl::string_view AfterDelimiter(size_t begin, size_t end) const {
    return begin < end ? Slice(begin + 1, end) : absl::string_view();
  }

  //   https://user:pass@example.com:1234/path?query#fragment
  //        |  |        |           |    |    |     |
  //        |  |        host_begin_ |    |    |     fragment_begin_ (href_.size() if none)
  //        |  user_begin_          |    |    query_begin_ (fragment_begin_ if none)
  //        scheme_end_             |    path_begin_
  //                                host_end_
  //
  // Without an authority the user and the host are empty ranges behind the scheme's ':'.
  std::string href_;
  uint32_t scheme_end_ = 0;
  uint32_t user_begin_ = 0;
  uint32_t host_begin_ = 0;
  uint32_t host_end_ = 0;
  uint32_t path_begin_ = 0;
  uint32_t query_begin_ = 0;
  uint32_t fragment_begin_ = 0;
  uint16_t port_ = 0;
  bool has_port_ = false;
  bool has_authority_ = false;
  bool opaque_path_ = false;
  SchemeKind scheme_kind_ = SchemeKind::kOther;
  HostKind host_kind_ = HostKind::kNone;
};

// Whether the URL, without its fragment, is within `limits`.
bool WithinLimits(const Url& url, const UrlLimits& limits);

// Whether the URL is http or https, WithinLimits(), and has a host that can exist: an IP address or
// a name that DNS can carry.
bool IsCrawlable(const Url& url, const UrlLimits& limits);

// Whether nothing but its length keeps Url::ParseCrawlable() from taking `input`.
bool IsOnlyTooLong(absl::string_view input, const Url* base, const UrlLimits& limits);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_URL_H_
