#ifndef SPINDLE_CRAWLER_FETCHER_H_
#define SPINDLE_CRAWLER_FETCHER_H_

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "crawler/event_loop.h"
#include "crawler/ip_address.h"
#include "crawler/multi_handle.h"
#include "crawler/resolver.h"
#include "storage/records.h"

namespace spindle {

struct FetcherOptions {
  std::string user_agent = "spindle/0.1";
  AddressGuard guard;
  // PEM file of the certificate authorities that are trusted.
  std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration transfer_timeout = absl::Seconds(60);  // from the request to the last byte
  // Slower than this for this long, waiting for the first byte included, and the transfer ends.
  long low_speed_bytes_per_second = 1000;
  absl::Duration low_speed_time = absl::Seconds(20);
  size_t max_body_bytes = size_t{2} << 20;      // as received; the rest is cut off
  size_t max_header_bytes = size_t{128} << 10;  // all header and trailer fields together
  size_t max_body_pieces = 1 << 16;             // a body in more pieces of the wire is cut off
  // Multi handles to spread hosts over: the cost of a transfer grows with the connections of its
  // own.
  int multi_handle_count = 16;
  // Expected transfers at once; sizes the connection caches.
  int max_transfers = 1000;
  // Addresses of a host that are tried for one request.
  size_t max_addresses_tried = 4;
  // Asked once the address is chosen, before a connection to it; it answers when that address may
  // be asked. Later than `now`: the request ends at once, see FetchResponse::defer_until. Empty:
  // always now.
  std::function<absl::Time(const IpAddress& address, absl::Time now)> admit;
};

struct FetchRequest {
  std::string url;          // http or https, canonical
  std::string host;         // of url
  uint16_t port = 0;        // of url, effective
  uint64_t affinity = 0;    // requests with the same value may share connections
  bool keep_alive = false;  // another request to this host follows soon
  HostAddresses known;      // of `host`, from an earlier answer; taken while they hold
};

struct FetchResponse {
  // kNone: a whole answer, or one that we cut at max_body_bytes. Else http_status and body are what
  // came before.
  Reason reason = Reason::kNone;
  std::string message;  // about `reason`, for people
  uint16_t http_status = 0;
  std::string headers;  // of the final answer as received: status line, fields, empty line
  std::string body;     // Content-Encoding as received, chunks joined
  bool truncated = false;
  std::string address;  // connected to, "192.0.2.1:80"; empty: never
  // What `host` resolved to, for FetchRequest::known; empty: nothing that is worth keeping.
  HostAddresses resolved;
  // Not in the past: nothing was asked of the host, and nothing may be before.
  absl::Time defer_until = absl::InfinitePast();
  absl::Time started;
  absl::Time ended;
  // No later than when the server had the request.
  absl::Time request_seen;
  absl::Duration latency = absl::ZeroDuration();  // from the request sent to the first byte
};

// Gets URLs, thousands at a time: between a FetchTask and its bytes. It resolves the host, refuses
// addresses that the guard refuses (checked again on the socket that is opened), makes one GET
// request and gives back what came, whatever that was; redirects are answers like others. It knows
// no politeness: that is the frontier's.
//
// Belongs to the loop's thread; the loop must outlive it. REQUIRES: curl_global_init() was called,
// SIGPIPE is ignored.
class Fetcher {
 public:
  using Callback = std::function<void(FetchResponse)>;

  Fetcher(EventLoop* loop, const FetcherOptions& options, const ResolverOptions& resolver_options);
  // Transfers under way end without a callback.
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // Never calls back before it returns.
  void Fetch(FetchRequest request, Callback callback);

  // Requests whose callback has not been called.
  size_t active_count() const { return active_.size(); }

 private:
  struct Transfer;

  static size_t OnHeader(char* data, size_t size, size_t count, void* transfer);
  static size_t OnBody(char* data, size_t size, size_t count, void* transfer);
  static curl_socket_t OnOpenSocket(void* transfer, curlsocktype purpose, curl_sockaddr* address);

  Transfer* NewTransfer();
  void OnResolved(Transfer* transfer, const Resolver::Answer& answer);
  void Start(Transfer* transfer);
  void Admit(Transfer* transfer);
  void OnDone(CURL* easy, CURLcode result);
  bool RetryElsewhere(Transfer* transfer, CURLcode result);
  void FailLater(Transfer* transfer, Reason reason, std::string message);
  void Finish(Transfer* transfer);
  MultiHandle& MultiOf(const Transfer& transfer);

  const FetcherOptions options_;
  Resolver resolver_;
  std::vector<std::unique_ptr<MultiHandle>> multis_;
  curl_slist* headers_ = nullptr;
  std::vector<std::unique_ptr<Transfer>> transfers_;  // all
  std::vector<Transfer*> idle_;
  absl::flat_hash_set<Transfer*> active_;
  std::vector<Transfer*> failed_;  // to be finished on the loop's next round
  LoopTimer fail_timer_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FETCHER_H_
