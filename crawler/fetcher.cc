#include "crawler/fetcher.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/steady_clock.h"

namespace spindle {
namespace {

// Idle connections that a multi handle keeps beyond its active ones: libcurl looks at each of them
// far too often.
constexpr int kIdleConnectionsPerMulti = 128;

// An idle connection is closed after this: servers close theirs soon, and finding out costs a
// request.
constexpr long kMaxIdleSeconds = 15;

Reason ReasonOf(CURLcode result, bool answered) {
  switch (result) {
    case CURLE_OK:
      return Reason::kNone;
    case CURLE_COULDNT_CONNECT:
      return Reason::kConnect;
    case CURLE_OPERATION_TIMEDOUT:
      return Reason::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Reason::kTls;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return answered ? Reason::kInterrupted : Reason::kConnect;
    case CURLE_OUT_OF_MEMORY:  // what 7.88 says of a header line over 100 KB
    case CURLE_FILESIZE_EXCEEDED:
      return Reason::kTooLarge;
    default:
      return Reason::kProtocol;
  }
}

// The server closed an idle connection just as we reused it.
bool IsStaleConnection(CURLcode result) {
  return result == CURLE_GOT_NOTHING || result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR;
}

}  // namespace

struct Fetcher::Transfer {
  Fetcher* fetcher = nullptr;
  CURL* easy = nullptr;
  curl_slist* connect_to = nullptr;
  char error[CURL_ERROR_SIZE] = {};

  FetchRequest request;
  Callback callback;
  std::vector<IpAddress> addresses;  // allowed ones, not yet tried beyond `address_index`
  size_t address_index = 0;
  HostAddresses resolved;
  bool fresh_connection = false;  // retried after a stale one
  bool in_multi = false;
  bool unconnected = false;  // none of its addresses took a connection

  FetchResponse response;
  size_t header_bytes = 0;  // trailers included
  size_t body_pieces = 0;
  Reason abort_reason = Reason::kNone;  // why a callback of ours stopped the transfer
  bool address_refused = false;

  void Reset() {
    request = {};
    callback = nullptr;
    addresses.clear();
    address_index = 0;
    resolved = {};
    fresh_connection = false;
    unconnected = false;
    ResetAnswer();
  }
  void ResetAnswer() {
    response = {};
    header_bytes = 0;
    body_pieces = 0;
    abort_reason = Reason::kNone;
    address_refused = false;
    error[0] = '\0';
  }
  ~Transfer() {
    if (easy != nullptr) curl_easy_cleanup(easy);
    curl_slist_free_all(connect_to);
  }
};

Fetcher::Fetcher(EventLoop* loop, const FetcherOptions& options,
                 const ResolverOptions& resolver_options)
    : options_(options), resolver_(loop, resolver_options), fail_timer_(loop, [this] {
        const std::vector<Transfer*> failed = std::exchange(failed_, {});
        for (Transfer* transfer : failed) Finish(transfer);
      }) {
  const int per_multi =
      options.max_transfers / options.multi_handle_count + kIdleConnectionsPerMulti;
  for (int i = 0; i < options.multi_handle_count; ++i) {
    multis_.push_back(std::make_unique<MultiHandle>(
        loop, per_multi, [this](CURL* easy, CURLcode result) { OnDone(easy, result); }));
  }
  headers_ = curl_slist_append(
      headers_, "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
  // Decoded by us, off the loop, so not by CURLOPT_ACCEPT_ENCODING.
  headers_ = curl_slist_append(headers_, "Accept-Encoding: gzip, br, zstd");
}

Fetcher::~Fetcher() {
  for (Transfer* transfer : active_) {
    if (transfer->in_multi) MultiOf(*transfer).Remove(transfer->easy);
  }
  transfers_.clear();
  multis_.clear();
  curl_slist_free_all(headers_);
}

Fetcher::Transfer* Fetcher::NewTransfer() {
  if (!idle_.empty()) {
    Transfer* transfer = idle_.back();
    idle_.pop_back();
    return transfer;
  }
  auto transfer = std::make_unique<Transfer>();
  transfer->fetcher = this;
  CURL* easy = transfer->easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.connect_timeout)));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.transfer_timeout)));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, options_.low_speed_bytes_per_second);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                   static_cast<long>(absl::ToInt64Seconds(options_.low_speed_time)));
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  // With a CA path, which Debian compiles in, libcurl reads every certificate for each connection.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer.get());
  transfers_.push_back(std::move(transfer));
  return transfers_.back().get();
}

void Fetcher::Fetch(FetchRequest request, Callback callback) {
  Transfer* transfer = NewTransfer();
  active_.insert(transfer);
  transfer->request = std::move(request);
  transfer->callback = std::move(callback);
  transfer->response.started = SteadyNow();
  resolver_.Resolve(transfer->request.host, transfer->request.port, transfer->request.known,
                    transfer->response.started, [this, transfer](const Resolver::Answer& answer) {
                      OnResolved(transfer, answer);
                    });
}

void Fetcher::OnResolved(Transfer* transfer, const Resolver::Answer& answer) {
  const std::vector<IpAddress>& found = answer.found.addresses;
  if (found.empty()) {
    FailLater(transfer, Reason::kDns, answer.error);
    return;
  }
  transfer->resolved = answer.found;
  for (const IpAddress& address : found) {
    if (transfer->addresses.size() == options_.max_addresses_tried) break;
    if (options_.guard.Allows(address)) transfer->addresses.push_back(address);
  }
  if (transfer->addresses.empty()) {
    FailLater(transfer, Reason::kAddressRefused,
              absl::StrCat(found.front().ToString(),
                           " is a private or otherwise special address; --allow_net opens it"));
    return;
  }
  Admit(transfer);
}

// Starts it, now that its address is chosen; or ends it, where that address is not to be asked yet.
void Fetcher::Admit(Transfer* transfer) {
  if (options_.admit == nullptr) return Start(transfer);
  const absl::Time now = SteadyNow();
  const absl::Time when = options_.admit(transfer->addresses[transfer->address_index], now);
  if (when <= now) return Start(transfer);
  transfer->response.defer_until = when;
  FailLater(transfer, Reason::kNone, "");
}

void Fetcher::Start(Transfer* transfer) {
  CURL* easy = transfer->easy;
  const FetchRequest& request = transfer->request;
  // The address is ours, the name in Host, SNI and the certificate stays the URL's.
  const std::string connect_to = absl::StrCat(
      "::", transfer->addresses[transfer->address_index].ToString(), ":", request.port);
  curl_slist_free_all(transfer->connect_to);
  transfer->connect_to = curl_slist_append(nullptr, connect_to.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer->connect_to);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request.keep_alive ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, transfer->fresh_connection ? 1L : 0L);
  transfer->in_multi = true;
  MultiOf(*transfer).Add(easy);
}

MultiHandle& Fetcher::MultiOf(const Transfer& transfer) {
  return *multis_[transfer.request.affinity % multis_.size()];
}

void Fetcher::FailLater(Transfer* transfer, Reason reason, std::string message) {
  transfer->response.reason = reason;
  transfer->response.message = std::move(message);
  transfer->response.ended = transfer->response.request_seen = SteadyNow();
  failed_.push_back(transfer);
  fail_timer_.Set(absl::ZeroDuration());
}

void Fetcher::Finish(Transfer* transfer) {
  if (transfer->unconnected) {
    resolver_.Forget(transfer->request.host);
  } else if (transfer->resolved.expires > transfer->response.ended) {
    if (transfer->address_index > 0) {
      const IpAddress& works = transfer->addresses[transfer->address_index];
      resolver_.Prefer(transfer->request.host, works);
      PreferAddress(works, &transfer->resolved.addresses);
    }
    transfer->response.resolved = std::move(transfer->resolved);
  }
  FetchResponse response = std::move(transfer->response);
  const Callback callback = std::move(transfer->callback);
  active_.erase(transfer);
  transfer->Reset();
  idle_.push_back(transfer);
  callback(std::move(response));
}

bool Fetcher::RetryElsewhere(Transfer* transfer, CURLcode result) {
  long new_connections = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &new_connections);
  const bool answered = !transfer->response.headers.empty();
  if (IsStaleConnection(result) && !answered && new_connections == 0 &&
      !transfer->fresh_connection) {
    transfer->fresh_connection = true;
    return true;
  }
  curl_off_t connect_us = 0;
  curl_off_t request_us = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
  curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &request_us);
  transfer->unconnected = !transfer->address_refused &&
                          (result == CURLE_COULDNT_CONNECT || (result == CURLE_OPERATION_TIMEDOUT &&
                                                               connect_us == 0 && request_us == 0));
  if (!transfer->unconnected || transfer->address_index + 1 >= transfer->addresses.size()) {
    return false;
  }
  ++transfer->address_index;
  return true;
}

void Fetcher::OnDone(CURL* easy, CURLcode result) {
  Transfer* transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  const size_t address_index = transfer->address_index;
  const bool retry = RetryElsewhere(transfer, result);
  const bool elsewhere = transfer->address_index != address_index;
  FetchResponse& response = transfer->response;
  long status = 0;
  const char* ip = nullptr;
  long port = 0;
  curl_off_t sent_us = 0;
  curl_off_t first_byte_us = 0;
  curl_off_t total_us = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
  curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte_us);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total_us);
  if (ip != nullptr && *ip != '\0') {
    response.address = absl::StrContains(ip, ':') ? absl::StrCat("[", ip, "]:", port)
                                                  : absl::StrCat(ip, ":", port);
  }
  MultiOf(*transfer).Remove(easy);
  transfer->in_multi = false;
  if (retry) {
    const absl::Time started = response.started;
    transfer->ResetAnswer();
    response.started = started;
    // A connection that went stale is not another request to its address.
    elsewhere ? Admit(transfer) : Start(transfer);
    return;
  }

  response.http_status = static_cast<uint16_t>(status);
  response.ended = SteadyNow();
  response.request_seen = response.ended;
  if (status != 0 && first_byte_us > 0) {
    response.request_seen -= absl::Microseconds(std::max<curl_off_t>(0, total_us - first_byte_us));
    response.latency = absl::Microseconds(std::max<curl_off_t>(0, first_byte_us - sent_us));
  }
  if (transfer->abort_reason != Reason::kNone) {
    response.reason = transfer->abort_reason;
  } else if (transfer->address_refused) {
    response.reason = Reason::kAddressRefused;
  } else if (!response.truncated) {
    response.reason = ReasonOf(result, status != 0);
  }
  if (response.reason != Reason::kNone && response.message.empty()) {
    response.message = transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(result);
  }
  Finish(transfer);
}

size_t Fetcher::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const size_t bytes = size * count;
  transfer->header_bytes += bytes;
  if (transfer->header_bytes > transfer->fetcher->options_.max_header_bytes) {
    transfer->abort_reason = Reason::kTooLarge;
    transfer->response.message = "the header fields are over their limit";
    return 0;
  }
  // Fields behind the body are trailers: bounded, and not kept.
  if (transfer->body_pieces > 0) return bytes;
  const absl::string_view line(data, bytes);
  std::string& headers = transfer->response.headers;
  // The final answer replaces interim ones (RFC 9110 15.2).
  if (absl::StartsWith(line, "HTTP/") && absl::EndsWith(headers, "\r\n\r\n")) headers.clear();
  headers.append(line.data(), line.size());
  return bytes;
}

size_t Fetcher::OnBody(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const FetcherOptions& options = transfer->fetcher->options_;
  std::string& body = transfer->response.body;
  const size_t bytes = size * count;
  if (transfer->body_pieces == 0) {
    curl_off_t length = -1;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0) body.reserve(std::min<size_t>(length, options.max_body_bytes));
  }
  ++transfer->body_pieces;
  const size_t room = options.max_body_bytes - body.size();
  body.append(data, std::min(bytes, room));
  if (bytes > room || transfer->body_pieces > options.max_body_pieces) {
    transfer->response.truncated = true;
    return 0;
  }
  return bytes;
}

curl_socket_t Fetcher::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::optional<IpAddress> ip = IpAddress::FromSockaddr(&address->addr);
  if (!ip.has_value() || !transfer->fetcher->options_.guard.Allows(*ip)) {
    transfer->address_refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace spindle
