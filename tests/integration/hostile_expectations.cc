#include "tests/integration/hostile_expectations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace spindle {
namespace testing {
namespace {

using Reasons = std::vector<Reason>;

// The least and the most bytes of a body.
constexpr uint64_t kMaxBodyBytes = 2 << 20;      // as received: FetcherOptions
constexpr uint64_t kMaxDecodedBytes = 16 << 20;  // DecodeLimits
constexpr uint64_t kMaxLinks = 20000;            // ExtractOptions

std::string Describe(const UrlRecord& url) {
  return absl::StrCat(Name(url.state), ": ", Name(url.reason), ", status ", url.http_status,
                      url.detail.empty() ? "" : ", ", url.detail.substr(0, 100));
}

bool IsOneOf(Reason reason, const Reasons& reasons) {
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

HostileCheck All(std::vector<HostileCheck> checks) {
  return [checks = std::move(checks)](const HostSight& sight, const HostSights& all) {
    for (const HostileCheck& check : checks) {
      if (std::string wrong = check(sight, all); !wrong.empty()) return wrong;
    }
    return std::string();
  };
}

// One URL of the host is in that state for one of these reasons.
HostileCheck Is(absl::string_view path, UrlState state, const Reasons& reasons, int status = -1) {
  return [=, path = std::string(path)](const HostSight& sight, const HostSights&) -> std::string {
    const auto it = sight.urls.find(path);
    if (it == sight.urls.end()) return absl::StrCat(path, " is not known");
    const UrlRecord& url = it->second;
    const bool fits = url.state == state && IsOneOf(url.reason, reasons) &&
                      (status < 0 || url.http_status == status);
    return fits ? "" : absl::StrCat(path, " is ", Describe(url));
  };
}

HostileCheck Failed(const Reasons& reasons, int status = -1) {
  return Is("/", UrlState::kFailed, reasons, status);
}

// The page record of a URL satisfies `holds`.
HostileCheck PageIs(absl::string_view path, absl::string_view what,
                    std::function<bool(const PageRecord&)> holds) {
  return [path = std::string(path), what = std::string(what), holds = std::move(holds)](
             const HostSight& sight, const HostSights&) -> std::string {
    const auto it = sight.pages.find(path);
    if (it == sight.pages.end()) return absl::StrCat("no page of ", path);
    const PageRecord& page = it->second;
    if (holds(page)) return "";
    return absl::StrCat("the page of ", path, " is not ", what, ": ", page.wire_bytes, " bytes, ",
                        page.decoded_bytes, " decoded, truncated ", page.truncated, ", ",
                        page.link_count, " links, \"", page.media_type, "\"");
  };
}

// A page, whole.
HostileCheck Whole(absl::string_view path = "/", int status = 200) {
  return All({Is(path, UrlState::kFetched, {Reason::kNone}, status),
              PageIs(path, "whole", [](const PageRecord& page) { return !page.truncated; })});
}

// A page of which not all was taken, within the limits.
HostileCheck Cut(const Reasons& reasons, absl::string_view path = "/") {
  return All({Is(path, UrlState::kFetched, reasons),
              PageIs(path, "cut within the limits", [](const PageRecord& page) {
                return page.truncated && page.wire_bytes <= kMaxBodyBytes &&
                       page.decoded_bytes <= kMaxDecodedBytes;
              })});
}

HostileCheck Redirected(absl::string_view path = "/") {
  return Is(path, UrlState::kRedirected, {Reason::kNone});
}

// Nothing was fetched, the URL is kept for the next run, and its host is left alone till then.
HostileCheck Parked(const Reasons& reasons, absl::string_view path = "/") {
  return All(
      {Is(path, UrlState::kQueued, {Reason::kNone}),
       [=](const HostSight& sight, const HostSights&) -> std::string {
         const HostRecord& host = *sight.host;
         const bool fits = host.state == HostState::kParked && IsOneOf(host.reason, reasons);
         return fits ? "" : absl::StrCat("its host is ", Name(host.state), ": ", Name(host.reason));
       }});
}

HostileCheck TargetRefused(absl::string_view origin, absl::string_view path) {
  const HostileCheck refused = Parked({Reason::kAddressRefused}, path);
  return All(
      {Redirected(),
       [=, origin = std::string(origin)](const HostSight&, const HostSights& all) -> std::string {
         const auto it = all.find(origin);
         if (it == all.end()) return absl::StrCat(origin, " is not known");
         return refused(it->second, all);
       }});
}

// The host is not asked again before `least` from now, nor later than `most`.
HostileCheck Waits(absl::Duration least, absl::Duration most) {
  return [=](const HostSight& sight, const HostSights&) -> std::string {
    const absl::Duration wait = sight.host->next_fetch - absl::Now();
    if (sight.host->state == HostState::kLive && wait >= least && wait <= most) return "";
    return absl::StrCat("its host is ", Name(sight.host->state), " and waits for ",
                        absl::FormatDuration(wait));
  };
}

HostileCheck Knows(size_t least, size_t most) {
  return [=](const HostSight& sight, const HostSights&) -> std::string {
    const size_t known = sight.urls.size();
    return known >= least && known <= most ? "" : absl::StrCat(known, " URLs are known");
  };
}

HostileCheck Decoded(uint64_t least, uint64_t most) {
  return PageIs("/", absl::StrCat("of ", least, " to ", most, " decoded bytes"),
                [=](const PageRecord& page) {
                  return page.decoded_bytes >= least && page.decoded_bytes <= most;
                });
}

std::map<std::string, HostileCheck> Build() {
  const Reasons none = {Reason::kNone};
  const Reasons timeout = {Reason::kTimeout, Reason::kConnectTimeout, Reason::kFirstByteTimeout,
                           Reason::kLowSpeed};
  const Reasons protocol = {Reason::kProtocol};
  const Reasons interrupted = {Reason::kInterrupted};
  const Reasons too_large = {Reason::kTooLarge};
  const Reasons reset = {Reason::kReset};
  const Reasons no_handshake = {Reason::kConnectTimeout, Reason::kFirstByteTimeout};
  const Reasons tls = {Reason::kTls};
  Reasons reset_or_timeout = timeout;
  reset_or_timeout.push_back(Reason::kReset);
  const HostileCheck disallowed = Is("/", UrlState::kExcluded, {Reason::kRobotsDisallowed});
  return {
      // Headers.
      {"header-drip", Failed(timeout)},
      {"header-endless", Failed(too_large)},
      {"header-100mb", Failed(too_large)},
      {"header-giant-line", Failed(too_large)},
      {"status-line-endless", Failed(too_large)},
      {"header-nul", Failed(protocol)},
      {"header-no-colon", Failed(protocol)},
      {"header-lf-only", Whole()},
      {"cookies-thousand", Whole()},
      {"cookies-ten-thousand", Failed(too_large)},
      {"interim-flood", Failed(too_large)},
      {"interim-three", All({Whole(), PageIs("/", "with the final headers",
                                             [](const PageRecord& page) {
                                               return absl::StartsWith(page.headers,
                                                                       "HTTP/1.1 200") &&
                                                      !absl::StrContains(page.headers, "X-Early");
                                             })})},
      // Status lines.
      {"garbage-before-status", Failed(protocol)},
      {"http-0.9", Failed(protocol)},
      {"noise", Failed(protocol)},
      {"other-protocol", Failed(protocol)},
      {"http-version-9", Failed(protocol)},
      {"status-missing", Failed(protocol)},
      {"status-999", Failed({Reason::kHttpStatus}, 999)},
      {"status-204", All({Whole("/", 204), Decoded(0, 0)})},
      {"status-304", Failed({Reason::kHttpStatus}, 304)},
      {"status-206", Whole("/", 206)},
      {"status-101", Failed({Reason::kHttpStatus, Reason::kProtocol})},
      // Bodies.
      {"body-drip", Cut(timeout)},
      {"body-stall", Cut(timeout)},
      {"body-endless", Cut(none)},
      {"body-endless-chunks", Cut(none)},
      {"chunk-one-byte", Cut(none)},
      {"chunk-bad-size", Cut(protocol)},
      {"chunk-huge-size", Cut(protocol)},
      {"chunk-no-end", Cut(interrupted)},
      {"chunk-extension-endless", Failed(too_large)},
      {"chunk-trailers-endless", Failed(too_large)},
      {"chunk-trailer-giant", Failed(too_large)},
      {"length-too-long", Cut(interrupted)},
      {"length-too-short", All({Whole(), Decoded(10, 10)})},
      {"length-negative", Failed(protocol)},
      {"length-two", Failed(protocol)},
      {"length-huge", Whole()},
      {"length-and-chunks", All({Whole(), Decoded(49, 49)})},
      {"transfer-gzip-bomb", Failed(protocol)},
      {"transfer-zstd-window", Failed(protocol)},
      // Connections.
      {"accept-and-close", Parked(reset)},
      {"accept-and-reset", Parked(reset)},
      {"silent", Parked(timeout)},
      {"silent-page", Failed(timeout)},
      {"close-for-answer", Failed(reset)},
      {"close-in-headers", Failed(interrupted)},
      {"reset-in-headers", Failed({Reason::kInterrupted, Reason::kReset})},
      {"reset-in-body", Cut(interrupted)},
      {"close-on-reuse", All({Whole(), Whole("/1"), Whole("/2"), Whole("/3")})},
      {"tls-noise", Parked(tls)},
      {"tls-none", Parked(tls)},
      {"tls-stall", Parked(no_handshake)},
      {"tls-close", Parked(reset)},
      {"tls-drip", Parked(no_handshake)},
      // Codings.
      {"gzip-bomb", Cut(none)},
      {"br-bomb", Cut(none)},
      {"zstd-bomb", Cut(none)},
      {"zstd-window", All({Cut(none), Decoded(0, 0)})},
      {"gzip-twice-bomb", Cut(none)},
      {"coding-stack", All({Cut(none), Decoded(0, 0)})},
      {"gzip-truncated", All({Cut(none), Decoded(1000, kMaxDecodedBytes)})},
      {"gzip-close", All({Cut(interrupted), Decoded(1000, kMaxDecodedBytes)})},
      {"gzip-corrupt", Cut(none)},
      {"coding-unknown", All({Cut(none), Decoded(49, 49)})},
      {"coding-lies", All({Cut(none), Decoded(0, 0)})},
      // Redirects.
      {"redirect-self", Failed({Reason::kRedirectLimit})},
      {"redirect-pair",
       All({Redirected(), Is("/b", UrlState::kFailed, {Reason::kRedirectLimit}), Knows(2, 2)})},
      {"redirect-chain", All({Redirected(), Redirected("/10"), Knows(12, 12),
                              Is("/11", UrlState::kExcluded, {Reason::kRedirectLimit})})},
      {"redirect-private", TargetRefused("http://10.11.12.13", "/private")},
      {"redirect-metadata", TargetRefused("http://169.254.169.254", "/latest/meta-data/")},
      {"redirect-mapped", TargetRefused("http://[::ffff:c0a8:101]", "/mapped")},
      {"redirect-decimal", TargetRefused("http://169.254.169.254", "/decimal")},
      {"redirect-file", Failed({Reason::kRedirectInvalid})},
      {"redirect-javascript", Failed({Reason::kRedirectInvalid})},
      {"redirect-data", Failed({Reason::kRedirectInvalid})},
      {"redirect-nowhere", Failed({Reason::kRedirectInvalid})},
      {"redirect-1mb", Failed(too_large)},
      {"redirect-64kb", Failed({Reason::kRedirectInvalid})},
      {"redirect-endless-body", All({Redirected(), Whole("/target")})},
      // robots.txt.
      {"robots-drip", Parked({Reason::kRobotsUnreachable, Reason::kTimeout, Reason::kLowSpeed})},
      {"robots-silent", Parked(timeout)},
      {"robots-100mb", disallowed},
      {"robots-one-line", Whole()},
      {"robots-noise", Whole()},
      {"robots-html", Whole()},
      {"robots-gzip-bomb", Whole()},
      {"robots-corrupt", Parked({Reason::kRobotsUnreachable})},
      {"robots-loop", Whole()},
      {"robots-five-hops", disallowed},
      {"robots-six-hops", Whole()},
      {"robots-other-host", Whole()},
      {"robots-private", Parked({Reason::kRobotsUnreachable})},
      {"robots-503", Parked({Reason::kRobotsUnreachable})},
      {"robots-429-year",
       All({Is("/", UrlState::kQueued, none), Waits(absl::Hours(23), absl::Hours(24))})},
      {"crawl-delay-absurd",
       All({Is("/", UrlState::kQueued, none), Waits(absl::Minutes(3), absl::Minutes(5))})},
      {"retry-after-year", All({Is("/", UrlState::kQueued, {Reason::kHttpStatus}, 503),
                                Waits(absl::Hours(23), absl::Hours(24))})},
      {"retry-after-past", Failed({Reason::kHttpStatus}, 503)},
      // Pages.
      {"url-1mb", All({Whole(), Whole("/ok"), Knows(2, 2)})},
      {"links-million", All({Is("/", UrlState::kFetched, none), Knows(kMaxLinks, kMaxLinks + 1)})},
      {"nesting-divs", Whole()},
      {"nesting-lists", Whole()},
      {"nesting-formatting", Whole()},
      {"nesting-tables", Whole()},
      {"attributes-many", Whole()},
      {"comment-open", Whole()},
      {"entities-bomb", Whole()},
      {"type-lies-html", Whole()},
      {"type-lies-image", Whole()},
      {"type-none-sense", Whole()},
      {"charset-lies", Whole()},
      {"charset-unknown", Whole()},
      {"charset-broken", Whole()},
      // Sitemaps.
      {"sitemap-nested", All({Whole(), Whole("/index-0"), Whole("/index-10"), Knows(13, 13),
                              Is("/index-11", UrlState::kExcluded, {Reason::kRedirectLimit})})},
      {"sitemap-gzip-bomb", All({Whole(), Whole("/bomb.xml.gz")})},
      {"sitemap-50mb", All({Whole(), Cut(none, "/big.xml"), Knows(2, 2)})},
      {"sitemap-entities", All({Whole(), Whole("/laughs.xml"), Knows(2, 2)})},
      // HTTP/2: how streams and connections end.
      {"h2-plain", All({Whole(), PageIs("/", "in HTTP/2",
                                        [](const PageRecord& page) {
                                          return absl::StartsWith(page.headers, "HTTP/2 200");
                                        })})},
      {"h2-reset", Failed(reset)},
      {"h2-reset-refused", Failed(reset)},
      {"h2-reset-http11", All({Whole(), PageIs("/", "in HTTP/1.1",
                                               [](const PageRecord& page) {
                                                 return absl::StartsWith(page.headers,
                                                                         "HTTP/1.1 200");
                                               })})},
      {"h2-reset-after-end", Whole()},
      {"h2-reset-in-body", Cut(interrupted)},
      {"h2-close-in-body", Cut(interrupted)},
      {"h2-reset-in-body-no-error", Cut(interrupted)},
      {"h2-reset-in-gzip", Cut(interrupted)},
      {"h2-reset-and-close-in-gzip", Cut(interrupted)},
      {"h2-error-in-gzip", Cut(interrupted)},
      {"h2-reset-in-body-untold", Whole()},
      {"h2-error-in-body-untold", Whole()},
      {"h2-goaway", Failed(reset)},
      {"h2-goaway-in-body", Cut(interrupted)},
      {"h2-goaway-in-body-clean", Cut(interrupted)},
      {"h2-goaway-graceful", Whole()},
      {"h2-goaway-first", Parked(reset)},
      // Floods.
      {"h2-settings-flood", Failed(too_large)},
      {"h2-settings-ack-flood", Failed(protocol)},
      {"h2-ping-flood", Failed(too_large)},
      {"h2-ping-flood-in-body", Failed(too_large)},
      {"h2-reset-flood", Failed({Reason::kTooLarge, Reason::kProtocol})},
      {"h2-empty-data-flood", Failed(too_large)},
      {"h2-padding-flood", Failed(too_large)},
      {"h2-priority-flood", Failed(too_large)},
      {"h2-unknown-flood", Failed(too_large)},
      {"h2-window-flood", Failed(too_large)},
      {"h2-goaway-flood", Failed(too_large)},
      {"h2-continuation-flood", Failed(too_large)},
      {"h2-interim-flood", Failed(too_large)},
      // Frames that are against the rules.
      {"h2-speaks-http1", Parked(protocol)},
      {"h2-noise", Parked(protocol)},
      {"h2-noise-for-answer", Failed(protocol)},
      {"h2-silent", Parked(timeout)},
      {"h2-frame-too-large", Failed(protocol)},
      {"h2-frame-too-short", Failed(protocol)},
      {"h2-window-overflow", Failed(protocol)},
      {"h2-window-overflow-stream", Failed(protocol)},
      {"h2-window-zero", Failed(protocol)},
      {"h2-settings-bad", Failed(protocol)},
      {"h2-settings-frame-size", Failed(protocol)},
      {"h2-streams-none", Parked(reset_or_timeout)},
      {"h2-push", Failed(protocol)},
      {"h2-unknown-frames", Whole()},
      {"h2-data-first", Failed(protocol)},
      {"h2-data-elsewhere", Failed(protocol)},
      {"h2-data-on-zero", Failed(protocol)},
      {"h2-continuation-alone", Failed(protocol)},
      // Header blocks.
      {"h2-header-upper-case", Failed(protocol)},
      {"h2-header-control", Failed(protocol)},
      {"h2-header-nul", Failed(protocol)},
      {"h2-header-name-empty", Failed(protocol)},
      {"h2-header-connection", Failed(protocol)},
      {"h2-status-missing", Failed(protocol)},
      {"h2-status-word", Failed(protocol)},
      {"h2-status-twice", Failed(protocol)},
      {"h2-hpack-index", Failed(protocol)},
      {"h2-hpack-bomb", Failed(too_large)},
      {"h2-hpack-bomb-endless", Failed(too_large)},
      {"h2-header-endless", Failed(too_large)},
      {"h2-header-drip", Failed(too_large)},
      {"h2-trailers-endless", Failed(too_large)},
      // Bodies.
      {"h2-body-endless", Cut(none)},
      {"h2-body-crumbs", Failed(too_large)},
      {"h2-body-drip", Cut(timeout)},
      {"h2-body-stall", Cut(timeout)},
      {"h2-length-too-long", Failed(protocol)},
      {"h2-length-too-short", Failed(protocol)},
      {"h2-data-after-end", Whole()},
  };
}

}  // namespace

HostSights ReadSights(const CrawlReader& reader, absl::string_view leave_out) {
  HostSights sights;
  std::map<HostKey, HostSight*> wanted;
  reader
      .ForEachHost(std::nullopt,
                   [&](const HostKey& key, const HostRecord& record) {
                     if (!absl::StrContains(record.origin, leave_out)) {
                       HostSight& sight = sights[record.origin];
                       sight.host = record;
                       wanted[key] = &sight;
                     }
                     return true;
                   })
      .IgnoreError();
  for (auto& [key, sight] : wanted) {
    reader
        .ForEachUrl(key,
                    [&, sight = sight](const UrlKey& url_key, const UrlRecord& url) {
                      sight->urls[url.path] = url;
                      if (url.state != UrlState::kFetched) return true;
                      reader
                          .ForEachPage(url_key,
                                       [&](const PageKey&, const PageRecord& page) {
                                         sight->pages[url.path] = page;
                                         return true;
                                       })
                          .IgnoreError();
                      return true;
                    })
        .IgnoreError();
  }
  return sights;
}

const std::map<std::string, HostileCheck>& HostileExpectations() {
  static const auto* const expectations = new std::map<std::string, HostileCheck>(Build());
  return *expectations;
}

}  // namespace testing
}  // namespace spindle
