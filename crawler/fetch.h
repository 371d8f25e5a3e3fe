#ifndef SPINDLE_CRAWLER_FETCH_H_
#define SPINDLE_CRAWLER_FETCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "crawler/byte_budget.h"
#include "crawler/resolver.h"
#include "storage/records.h"

namespace spindle {

// What a Fetcher is asked for and what it gives back. Plain values.

enum class FetchMethod { kGet, kHead };

struct FetchRequest {
  FetchMethod method = FetchMethod::kGet;
  std::string url;                   // http or https, canonical
  std::string host;                  // of url
  uint16_t port = 0;                 // of url, effective
  uint64_t affinity = 0;             // requests with the same value may share connections
  bool keep_alive = false;           // another request to this host follows soon
  HostAddresses known;               // of `host`, from an earlier answer; taken while they hold
  std::string clock;                 // that it holds until it begins (RequestClocks); empty: none
  absl::Duration delay;              // to the next request of its clocks
  bool waited = false;               // it was not admitted before, and comes when it was told to
  bool any_media_type = false;       // whatever FetcherOptions::media_types says
  size_t least_body_bytes = 0;       // are taken, whatever FetcherOptions::max_body_bytes says
  std::vector<std::string> headers;  // further fields, "Name: value"
};

struct FetchResponse {
  // kNone: a whole answer, or one that we cut at its limit. Else http_status and body are what
  // came before.
  Reason reason = Reason::kNone;
  std::string message;  // about `reason`, for people
  uint16_t http_status = 0;
  std::string headers;  // of the final answer as received: status line, fields, empty line
  std::string body;     // Content-Encoding as received, chunks joined
  bool truncated = false;
  // As sent: request line, fields, empty line; where there was an answer. A request of HTTP/2 is
  // written as one of HTTP/1.1 would be.
  std::string request_headers;
  std::string address;  // connected to, "192.0.2.1:80"; empty: never
  // What `host` resolved to, for FetchRequest::known; empty: nothing that is worth keeping.
  // Expired: what was known does not hold any more.
  HostAddresses resolved;
  // Not in the past: nothing was asked of the host, and nothing may be before.
  absl::Time defer_until = absl::InfinitePast();
  std::string tls;  // see TlsClient::Facts(); empty: plain
  absl::Time started;
  absl::Time ended;
  // No later than when the server had the request.
  absl::Time request_seen;
  absl::Duration latency = absl::ZeroDuration();  // from the request sent to the first byte
  ByteClaim claim;                                // on FetcherOptions::budget, for the body
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FETCH_H_
