#ifndef SPINDLE_CRAWLER_FETCHER_OPTIONS_H_
#define SPINDLE_CRAWLER_FETCHER_OPTIONS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "crawler/byte_budget.h"
#include "crawler/ip_address.h"
#include "crawler/outage.h"
#include "crawler/site_access.h"
#include "crawler/tls_client.h"
#include "shard/request_clocks.h"

namespace spindle {

// Of a Fetcher and of all its exchanges.
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

  // Counts what is received; while it is full, bodies are read no further but for one at a time,
  // which fails where it brings less than 64 KB a second, so that it is never passed by more than
  // max_body_bytes for each fetcher. Null: nobody counts. It must outlive the answers.
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
  // Told when requests begin (FetchRequest::clock). Null: nobody is.
  RequestClocks* clocks = nullptr;
  // Addresses have clocks, too, which are asked once the address is chosen, before a connection to
  // it. Where it may not be asked yet the request ends at once, see FetchResponse::defer_until.
  bool clock_by_address = false;
  // Told whether any proxy works. Null: nobody is.
  Outage* proxy_outage = nullptr;
  // Connections kept open between requests; there are some for each multi handle.
  int max_idle_connections = 2000;
  // TLS sessions of hosts to come back to, 6 KB each, which save half of a handshake. None: as many
  // as max_transfers, 1000 at least.
  std::optional<size_t> max_tls_sessions;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FETCHER_OPTIONS_H_
