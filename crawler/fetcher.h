#ifndef SPINDLE_CRAWLER_FETCHER_H_
#define SPINDLE_CRAWLER_FETCHER_H_

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/address_clocks.h"
#include "crawler/byte_budget.h"
#include "crawler/event_loop.h"
#include "crawler/fetch.h"
#include "crawler/ip_address.h"
#include "crawler/multi_handle.h"
#include "crawler/resolver.h"
#include "crawler/site_access.h"
#include "crawler/tls_client.h"

namespace spindle {

struct FetcherOptions {
  std::string user_agent = "spindle/0.1";
  AddressGuard guard;
  // PEM file of the certificate authorities that are trusted.
  std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";
  // What `ca_file` holds, loaded once for all fetchers; null: each loads it for itself.
  std::shared_ptr<const TrustStore> trust;
  // Hosts whose certificates are looked at and not insisted on; "*" stands for all.
  absl::flat_hash_set<std::string> insecure_hosts;
  // Offers HTTP/2 over TLS. Requests to one host then share a connection; how many there are at
  // once is up to who asks for them.
  bool http2 = false;

  absl::Duration connect_timeout = absl::Seconds(10);     // TLS included
  absl::Duration first_byte_timeout = absl::Seconds(20);  // connecting included
  absl::Duration transfer_timeout = absl::Seconds(60);    // connecting to the last byte
  // An answer that has begun and is slower than this for this long ends.
  long low_speed_bytes_per_second = 1000;
  absl::Duration low_speed_time = absl::Seconds(20);
  size_t max_url_bytes = 8192;
  size_t max_body_bytes = size_t{2} << 20;      // as received; the rest is cut off
  size_t max_header_bytes = size_t{128} << 10;  // all header and trailer fields together
  size_t max_header_count = 2000;               // those of interim answers and trailers included
  size_t max_body_pieces = 1 << 16;             // a body in more pieces of the wire is cut off
  // "text/html", "text/*": other types are left where they are once the header is there. An answer
  // that names no type may be anything. Empty: all are wanted.
  std::vector<std::string> media_types;

  // Counts what is received; while it is full, bodies are read no further but for one at a time, so
  // that it is never passed by more than max_body_bytes for each fetcher. Null: nobody counts. It
  // must outlive the answers.
  ByteBudget* budget = nullptr;

  // Multi handles to spread hosts over: the cost of a transfer grows with the connections of its
  // own. 0: by max_transfers.
  int multi_handle_count = 0;
  // Expected transfers at once.
  int max_transfers = 1000;
  // Headers, credentials, cookies and proxies.
  AccessOptions access;
  // Addresses of a host, and proxies, that are tried for one request.
  size_t max_addresses_tried = 4;
  // Asked once the address is chosen, before a connection to it. Where it may not be asked yet the
  // request ends at once, see FetchResponse::defer_until. Null: always now.
  AddressClocks* address_clocks = nullptr;
  // Connections kept open between requests; there are some for each multi handle.
  int max_idle_connections = 2000;
  // TLS sessions of hosts to come back to, 6 KB each, which save half of a handshake. None: as many
  // as max_transfers, 1000 at least.
  std::optional<size_t> max_tls_sessions;
};

// Gets URLs, thousands at a time: between a FetchTask and its bytes. It resolves the host, refuses
// addresses that the guard refuses (checked again on the socket that is opened), makes one
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
  size_t active_count() const { return active_count_; }

 private:
  struct Transfer;
  using Transfers = std::list<Transfer>;

  static size_t OnHeader(char* data, size_t size, size_t count, void* transfer);
  static size_t OnBody(char* data, size_t size, size_t count, void* transfer);
  static Transfer* TransferOf(CURL* easy);
  static SSL* TlsOf(Transfer* transfer);
  static void OnSocket(Transfer* transfer, curl_socket_t socket);
  static int OnProgress(void* transfer, curl_off_t, curl_off_t received, curl_off_t, curl_off_t);
  static int OnRequest(void* transfer, char*, char*, int, int);
  static curl_socket_t OnOpenSocket(void* transfer, curlsocktype purpose, curl_sockaddr* address);
  static CURLcode OnTlsContext(CURL* easy, void* context, void* transfer);

  Transfer* NewTransfer();
  void SetOptions(Transfer* transfer);
  void OnResolved(Transfer* transfer, const Resolver::Answer& answer);
  void Start(Transfer* transfer);
  void Admit(Transfer* transfer);
  void EndWay(Transfer* transfer);
  void ChooseProxy(Transfer* transfer);
  void SetCertificateChecks(Transfer* transfer);
  void OnFirstByte(Transfer* transfer);
  void OnHeaderEnd(Transfer* transfer);
  void ExpireFirstBytes();
  bool NeedsLeader() const;
  bool Pause(Transfer* transfer);
  void ResumePaused();
  void OnDone(Transfer* transfer, CURLcode result);
  bool RetryElsewhere(Transfer* transfer, CURLcode result);
  void FailLater(Transfer* transfer, Reason reason, std::string message);
  void Finish(Transfer* transfer);
  MultiHandle& MultiOf(const Transfer& transfer);

  const FetcherOptions options_;
  Resolver resolver_;
  SiteAccess access_;
  const std::vector<std::string> fields_;  // of every request, "Name: value"
  std::string fields_text_;                // the same as sent
  TlsClient tls_;
  std::vector<std::unique_ptr<MultiHandle>> multis_;
  curl_slist* headers_ = nullptr;
  // A transfer is in one of three: no request; waiting for the first byte of its answer, in the
  // order of their deadlines; anything else.
  Transfers idle_;
  Transfers waiting_;
  Transfers running_;
  size_t active_count_ = 0;
  std::vector<Transfer*> failed_;  // to be finished on the loop's next round
  LoopTimer fail_timer_;
  LoopTimer first_byte_timer_;
  bool first_byte_timer_set_ = false;
  std::list<Transfer*> paused_;  // the budget is full
  Transfer* leader_ = nullptr;   // goes on all the same
  LoopTimer resume_timer_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FETCHER_H_
