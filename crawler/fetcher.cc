#include "crawler/fetcher.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/answer_head.h"
#include "crawler/custom_headers.h"
#include "crawler/fetch_reason.h"
#include "crawler/request_text.h"
#include "crawler/steady_clock.h"
#include "parsers/header_block.h"
#include "parsers/mime.h"

namespace spindle {
namespace {

// Transfers for each multi handle: what libcurl does for each of them grows with this, and a multi
// handle takes 40 KB.
constexpr int kTransfersPerMulti = 64;
constexpr int kMinMultis = 16;

constexpr int kMinTlsSessions = 1000;

// Idle connections that one multi handle keeps: libcurl looks at each of them far too often.
constexpr int kMaxIdleConnectionsPerMulti = 128;

// An idle connection is closed after this: servers close theirs soon, and finding out costs a
// request.
constexpr long kMaxIdleSeconds = 15;

// Easy handles kept for later, 8 KB each, where fewer are in use.
constexpr size_t kMinIdleTransfers = 256;

// Of each socket, in the kernel, which doubles it: left to itself it takes up to 6 MB a socket.
// Enough for 3 MB a second over 50 ms.
constexpr int kReceiveBufferBytes = 128 << 10;

// How soon to look whether the budget has room again.
constexpr absl::Duration kResumePoll = absl::Milliseconds(10);

// Of the wire, beyond the body: sizes, extensions and ends of chunks.
constexpr int64_t kMaxFramingBytes = 4 << 20;
// The same over TLS, where HTTP/2 may be spoken, whose frames cost more than chunks do.
constexpr size_t kMaxTlsFramingBytes = 1 << 20;
constexpr char kNearlyAllFraming[] = "the answer is nearly all framing";

// Of OnProgress(): asking the socket takes longer than the rest of it, and most transfers have
// fewer. Between two calls libcurl reads 1.6 MB at most.
constexpr uint32_t kProgressCallsPerLook = 4;

constexpr char kAcceptField[] =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
// Decoded by us, off the loop, so not by CURLOPT_ACCEPT_ENCODING.
constexpr char kAcceptEncodingField[] = "Accept-Encoding: gzip, deflate, br, zstd";

bool IsHttps(absl::string_view url) { return absl::StartsWith(url, "https:"); }

int MultiCount(const FetcherOptions& options) {
  if (options.multi_handle_count > 0) return options.multi_handle_count;
  return std::max(kMinMultis, options.max_transfers / kTransfersPerMulti);
}

size_t MaxSessions(const FetcherOptions& options) {
  return options.max_tls_sessions.value_or(std::max(kMinTlsSessions, options.max_transfers));
}

std::shared_ptr<const TrustStore> TrustOf(const FetcherOptions& options) {
  if (options.trust != nullptr) return options.trust;
  absl::StatusOr<std::shared_ptr<const TrustStore>> trust = TrustStore::Load(options.ca_file);
  return trust.ok() ? *std::move(trust) : nullptr;
}

}  // namespace

struct Fetcher::Transfer {
  Fetcher* fetcher = nullptr;
  CURL* easy = nullptr;
  curl_slist* connect_to = nullptr;
  curl_slist* headers = nullptr;  // of this request, where it has some of its own
  char error[CURL_ERROR_SIZE] = {};
  Transfers::iterator place;
  bool checks_certificates = true;  // as `easy` is set
  FetchMethod method = FetchMethod::kGet;

  FetchRequest request;
  Callback callback;
  std::vector<IpAddress> addresses;  // allowed ones, not yet tried beyond `address_index`
  size_t address_index = 0;
  HostAddresses resolved;
  bool fresh_connection = false;  // retried after a stale one
  bool on_the_way = false;        // admitted to its address, and has made no request
  bool in_multi = false;
  bool unconnected = false;        // none of its addresses took a connection
  absl::Time first_byte_deadline;  // while in waiting_
  bool paused = false;
  absl::Time paused_since;
  absl::Duration paused_time = absl::ZeroDuration();  // does not count as the server's
  std::optional<size_t> proxy;                        // chosen for it, and its address
  IpAddress proxy_address;
  size_t proxies_failed = 0;
  bool may_be_challenged = false;  // an answer may be asking for credentials, and another follow

  FetchResponse response;
  AnswerHead head;
  bool answered = false;  // there was a first byte
  size_t body_pieces = 0;
  Reason abort_reason = Reason::kNone;  // why a callback of ours stopped the transfer
  bool address_refused = false;
  bool certificate_demanded = false;
  curl_socket_t socket = CURL_SOCKET_BAD;  // where it waits
  uint32_t progress_calls = 0;             // of OnProgress(), since the header
  std::optional<int64_t> least_framing_bytes;
  std::shared_ptr<TlsTraffic> traffic;  // of its connection, as TlsClient has it; null: plain

  void Reset() {
    request = {};
    callback = nullptr;
    addresses.clear();
    address_index = 0;
    resolved = {};
    fresh_connection = false;
    unconnected = false;
    proxy.reset();
    proxies_failed = 0;
    ResetAnswer();
  }
  void ResetAnswer() {
    response = {};
    head = {};
    answered = false;
    body_pieces = 0;
    abort_reason = Reason::kNone;
    address_refused = false;
    certificate_demanded = false;
    socket = CURL_SOCKET_BAD;
    progress_calls = 0;
    least_framing_bytes.reset();
    traffic.reset();
    paused_time = absl::ZeroDuration();
    error[0] = '\0';
  }
  void Abort(Reason reason, std::string message) {
    abort_reason = reason;
    response.message = std::move(message);
  }
  ~Transfer() {
    if (easy != nullptr) curl_easy_cleanup(easy);
    curl_slist_free_all(connect_to);
    curl_slist_free_all(headers);
  }
};

Fetcher::Transfer* Fetcher::TransferOf(CURL* easy) {
  Transfer* transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  return transfer;
}

Fetcher::Fetcher(EventLoop* loop, const FetcherOptions& options,
                 const ResolverOptions& resolver_options)
    : options_(options),
      resolver_(loop, resolver_options),
      access_(options.access),
      fields_(MergeHeaders(
          {absl::StrCat("User-Agent: ", options.user_agent), kAcceptField, kAcceptEncodingField},
          options.access.headers)),
      tls_(TrustOf(options), MaxSessions(options), kMaxTlsFramingBytes),
      fail_timer_(loop,
                  [this] {
                    const std::vector<Transfer*> failed = std::exchange(failed_, {});
                    for (Transfer* transfer : failed) Finish(transfer);
                  }),
      first_byte_timer_(loop, [this] { ExpireFirstBytes(); }),
      resume_timer_(loop, [this] { ResumePaused(); }) {
  const int multi_count = MultiCount(options);
  const int idle_per_multi =
      std::clamp(options.max_idle_connections / multi_count, 1, kMaxIdleConnectionsPerMulti);
  for (int i = 0; i < multi_count; ++i) {
    multis_.push_back(std::make_unique<MultiHandle>(
        loop, idle_per_multi, options.http2,
        [this](CURL* easy, CURLcode result) { OnDone(TransferOf(easy), result); },
        [](CURL* easy, curl_socket_t socket) { OnSocket(TransferOf(easy), socket); }));
  }
  for (const std::string& field : fields_) {
    absl::StrAppend(&fields_text_, field, "\r\n");
    headers_ = curl_slist_append(headers_, field.c_str());
  }
}

Fetcher::~Fetcher() {
  for (Transfers* transfers : {&waiting_, &running_}) {
    for (Transfer& transfer : *transfers) {
      EndWay(&transfer);
      if (transfer.in_multi) MultiOf(transfer).Remove(transfer.easy);
    }
    transfers->clear();
  }
  idle_.clear();
  multis_.clear();
  curl_slist_free_all(headers_);
}

Fetcher::Transfer* Fetcher::NewTransfer() {
  ++active_count_;
  if (!idle_.empty()) {
    running_.splice(running_.end(), idle_, std::prev(idle_.end()));
    return &running_.back();
  }
  Transfer* transfer = &running_.emplace_back();
  transfer->place = std::prev(running_.end());
  transfer->fetcher = this;
  transfer->easy = curl_easy_init();
  SetOptions(transfer);
  return transfer;
}

// What is the same for all requests.
void Fetcher::SetOptions(Transfer* transfer) {
  CURL* easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // Nor what the environment says of proxies, which would be read for each request.
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(
      easy, CURLOPT_HTTP_VERSION,
      static_cast<long>(options_.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  // What a proxy is told; hosts get it with the other fields, which libcurl formats but once.
  if (!access_.proxies().empty()) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.connect_timeout)));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                   static_cast<long>(absl::ToInt64Seconds(options_.low_speed_time)));
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  // The authorities come with OnTlsContext(): libcurl would read all of them for each multi handle,
  // and with a CA path, which Debian compiles in, for each connection.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &OnTlsContext);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  if (options_.address_clocks != nullptr) {
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &OnRequest);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
  }
}

void Fetcher::Fetch(FetchRequest request, Callback callback) {
  Transfer* transfer = NewTransfer();
  transfer->request = std::move(request);
  transfer->callback = std::move(callback);
  transfer->response.started = SteadyNow();
  if (transfer->request.url.size() > options_.max_url_bytes) {
    FailLater(transfer, Reason::kUrlTooLong,
              absl::StrCat("the URL is longer than ", options_.max_url_bytes, " bytes"));
    return;
  }
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
  if (options_.address_clocks == nullptr) return Start(transfer);
  const absl::Time now = SteadyNow();
  const absl::Time when =
      options_.address_clocks->Admit(transfer->addresses[transfer->address_index], now,
                                     transfer->request.delay, transfer->request.waited);
  if (when <= now) {
    transfer->on_the_way = true;
    return Start(transfer);
  }
  transfer->response.defer_until = when;
  FailLater(transfer, Reason::kNone, "");
}

// It was admitted, and will make no request.
void Fetcher::EndWay(Transfer* transfer) {
  if (!std::exchange(transfer->on_the_way, false)) return;
  options_.address_clocks->Begin(transfer->addresses[transfer->address_index], SteadyNow(),
                                 transfer->request.delay);
}

// Starts it over the next proxy that works. Where none does, it is not the host's fault: the
// request waits for one.
void Fetcher::ChooseProxy(Transfer* transfer) {
  const absl::Time now = SteadyNow();
  transfer->proxy = transfer->proxies_failed < options_.max_addresses_tried
                        ? access_.proxies().Pick(now)
                        : std::nullopt;
  if (!transfer->proxy.has_value()) {
    transfer->response.defer_until =
        std::max(access_.proxies().NextTry(now), now + options_.access.proxy_health.min_pause);
    FailLater(transfer, Reason::kConnect, "no proxy works");
    return;
  }
  const Proxy& proxy = access_.proxies().proxy(*transfer->proxy);
  resolver_.Resolve(proxy.host, proxy.port, {}, now,
                    [this, transfer](const Resolver::Answer& answer) {
                      if (answer.found.addresses.empty()) {
                        access_.proxies().Observe(*transfer->proxy, false, SteadyNow());
                        ++transfer->proxies_failed;
                        return ChooseProxy(transfer);
                      }
                      transfer->proxy_address = answer.found.addresses.front();
                      Start(transfer);
                    });
}

void Fetcher::Start(Transfer* transfer) {
  if (!access_.proxies().empty()) {
    if (!transfer->proxy.has_value()) return ChooseProxy(transfer);
    access_.UseProxy(*transfer->proxy, transfer->proxy_address, transfer->easy);
  }
  transfer->may_be_challenged = access_.Prepare(transfer->request.url, SteadyNow(), transfer->easy);
  CURL* easy = transfer->easy;
  const FetchRequest& request = transfer->request;
  // The address is ours, the name in Host, SNI and the certificate stays the URL's.
  // Where that name is the address, there is nothing to say.
  const std::string address = transfer->addresses[transfer->address_index].ToString();
  curl_slist_free_all(std::exchange(transfer->connect_to, nullptr));
  if (address != request.host) {
    transfer->connect_to =
        curl_slist_append(nullptr, absl::StrCat("::", address, ":", request.port).c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer->connect_to);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request.keep_alive ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, transfer->fresh_connection ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(options_.transfer_timeout)));
  // Counts from the first byte on: until then there is another limit, and libcurl's looks at every
  // transfer each second.
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 0L);
  if (request.method != transfer->method) {
    transfer->method = request.method;
    const bool head = request.method == FetchMethod::kHead;
    curl_easy_setopt(easy, head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1L);
  }
  if (!request.headers.empty() && transfer->headers == nullptr) {
    for (const std::vector<std::string>* fields : {&fields_, &request.headers}) {
      for (const std::string& field : *fields) {
        transfer->headers = curl_slist_append(transfer->headers, field.c_str());
      }
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
  }
  if (!options_.insecure_hosts.empty()) SetCertificateChecks(transfer);

  transfer->first_byte_deadline = SteadyNow() + options_.first_byte_timeout;
  waiting_.splice(waiting_.end(), running_, transfer->place);
  if (!first_byte_timer_set_) {
    first_byte_timer_.Set(options_.first_byte_timeout);
    first_byte_timer_set_ = true;
  }
  transfer->in_multi = true;
  MultiOf(*transfer).Add(easy);
}

void Fetcher::SetCertificateChecks(Transfer* transfer) {
  const bool check = !options_.insecure_hosts.contains(transfer->request.host) &&
                     !options_.insecure_hosts.contains("*");
  if (check == transfer->checks_certificates) return;
  transfer->checks_certificates = check;
  curl_easy_setopt(transfer->easy, CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
  curl_easy_setopt(transfer->easy, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
}

MultiHandle& Fetcher::MultiOf(const Transfer& transfer) {
  return *multis_[transfer.request.affinity % multis_.size()];
}

void Fetcher::FailLater(Transfer* transfer, Reason reason, std::string message) {
  EndWay(transfer);
  transfer->response.reason = reason;
  transfer->response.message = std::move(message);
  transfer->response.ended = transfer->response.request_seen = SteadyNow();
  failed_.push_back(transfer);
  fail_timer_.Set(absl::ZeroDuration());
}

// REQUIRES: it is in running_, and out of its multi handle.
void Fetcher::Finish(Transfer* transfer) {
  if (transfer->unconnected) {
    resolver_.Forget(transfer->request.host);
    // What is known of the host from before is to be forgotten too.
    if (!transfer->request.known.addresses.empty()) {
      transfer->response.resolved = {std::move(transfer->resolved.addresses)};
    }
  } else if (transfer->resolved.expires > transfer->response.ended) {
    if (transfer->address_index > 0) {
      const IpAddress& works = transfer->addresses[transfer->address_index];
      resolver_.Prefer(transfer->request.host, works);
      PreferAddress(works, &transfer->resolved.addresses);
    }
    transfer->response.resolved = std::move(transfer->resolved);
  }
  transfer->response.claim.SetComplete();
  --active_count_;
  transfer->callback(std::move(transfer->response));
  if (transfer->headers != nullptr) {
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, headers_);
    curl_slist_free_all(std::exchange(transfer->headers, nullptr));
  }
  transfer->Reset();
  idle_.splice(idle_.end(), running_, transfer->place);
  if (idle_.size() > std::max(kMinIdleTransfers, active_count_)) idle_.pop_front();
}

// --- Waiting for the first byte
// ------------------------------------------------------------------------------------------

void Fetcher::OnFirstByte(Transfer* transfer) {
  transfer->answered = true;
  running_.splice(running_.end(), waiting_, transfer->place);
  curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_LIMIT, options_.low_speed_bytes_per_second);
}

void Fetcher::ExpireFirstBytes() {
  first_byte_timer_set_ = false;
  const absl::Time now = SteadyNow();
  while (!waiting_.empty() && waiting_.front().first_byte_deadline <= now) {
    Transfer* transfer = &waiting_.front();
    transfer->Abort(
        Reason::kFirstByteTimeout,
        absl::StrCat("no answer began within ", absl::FormatDuration(options_.first_byte_timeout)));
    OnDone(transfer, CURLE_OPERATION_TIMEDOUT);
  }
  if (waiting_.empty() || first_byte_timer_set_) return;
  first_byte_timer_.Set(waiting_.front().first_byte_deadline - now);
  first_byte_timer_set_ = true;
}

// --- Back-pressure
// -------------------------------------------------------------------------------------------------------

// One may go on though the budget is full: where all of it are bodies in the middle, nobody would
// ever give a byte back.
bool Fetcher::NeedsLeader() const { return leader_ == nullptr && !options_.budget->AnyComplete(); }

// Whether the transfer has to wait.
bool Fetcher::Pause(Transfer* transfer) {
  if (options_.budget == nullptr || !options_.budget->Full() || transfer == leader_) return false;
  if (NeedsLeader()) {
    leader_ = transfer;
    return false;
  }
  transfer->paused = true;
  transfer->paused_since = SteadyNow();
  if (paused_.empty()) resume_timer_.Set(kResumePoll);
  paused_.push_back(transfer);
  return true;
}

void Fetcher::ResumePaused() {
  while (!paused_.empty() && (!options_.budget->Full() || NeedsLeader())) {
    Transfer* transfer = paused_.front();
    paused_.pop_front();
    transfer->paused = false;
    transfer->paused_time += SteadyNow() - transfer->paused_since;
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(options_.transfer_timeout +
                                                                 transfer->paused_time)));
    // May call OnBody(), and that Pause().
    curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
  }
  if (!paused_.empty()) resume_timer_.Set(kResumePoll);
}

// --- The end
// -------------------------------------------------------------------------------------------------------------

bool Fetcher::RetryElsewhere(Transfer* transfer, CURLcode result) {
  if (transfer->traffic != nullptr && transfer->traffic->cut_off) return false;
  if (transfer->proxy.has_value() &&
      access_.ProxyFailed(*transfer->proxy, result, SteadyNow(), transfer->easy)) {
    transfer->proxy.reset();
    ++transfer->proxies_failed;
    return true;
  }
  transfer->unconnected = false;
  if (result == CURLE_OK) return false;
  long new_connections = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &new_connections);
  if (IsStaleConnection(result) && !transfer->answered && new_connections == 0 &&
      !transfer->fresh_connection) {
    transfer->fresh_connection = true;
    return true;
  }
  curl_off_t connect_us = 0;
  curl_off_t request_us = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
  curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &request_us);
  transfer->unconnected = !transfer->address_refused && !transfer->proxy.has_value() &&
                          (result == CURLE_COULDNT_CONNECT || (result == CURLE_OPERATION_TIMEDOUT &&
                                                               connect_us == 0 && request_us == 0));
  if (!transfer->unconnected || transfer->address_index + 1 >= transfer->addresses.size()) {
    return false;
  }
  ++transfer->address_index;
  return true;
}

void Fetcher::OnDone(Transfer* transfer, CURLcode result) {
  CURL* easy = transfer->easy;
  const size_t address_index = transfer->address_index;
  if (result != CURLE_OK && transfer->abort_reason == Reason::kNone &&
      transfer->traffic != nullptr && transfer->traffic->cut_off) {
    transfer->Abort(Reason::kTooLarge, kNearlyAllFraming);
  }
  EndWay(transfer);
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
  const Reason reason = transfer->proxy.has_value() && SiteAccess::TargetUnreachable(result, easy)
                            ? Reason::kConnect
                            : ReasonOf(easy, result, transfer->error, status != 0,
                                       transfer->traffic != nullptr && transfer->traffic->http2);
  if (transfer->proxy.has_value()) {
    response.address = status == 0
                           ? ""
                           : absl::StrCat(transfer->addresses[transfer->address_index].ToString(),
                                          ":", transfer->request.port);
  }
  MultiOf(*transfer).Remove(easy);
  transfer->in_multi = false;
  if (transfer == leader_) leader_ = nullptr;
  if (std::exchange(transfer->paused, false)) paused_.remove(transfer);
  if (!transfer->answered) running_.splice(running_.end(), waiting_, transfer->place);
  if (retry) {
    const absl::Time started = response.started;
    transfer->ResetAnswer();
    response.started = started;
    // A connection that went stale is not another request to its address.
    elsewhere ? Admit(transfer) : Start(transfer);
    return;
  }

  // An answer whose header never came whole is none.
  const bool broke_in_header = status != 0 && !transfer->head.complete();
  response.headers = transfer->head.TakeText();
  if (broke_in_header) status = 0;
  response.http_status = static_cast<uint16_t>(status);
  response.ended = SteadyNow();
  access_.OnAnswer(transfer->request.url, response.headers, response.ended);
  response.request_seen = response.ended;
  if (status != 0 && first_byte_us > 0) {
    response.request_seen -= absl::Microseconds(std::max<curl_off_t>(0, total_us - first_byte_us));
    response.latency = absl::Microseconds(std::max<curl_off_t>(0, first_byte_us - sent_us));
    response.request_headers =
        RequestText(transfer->request, fields_text_, absl::StartsWith(response.headers, "HTTP/2"));
  }
  if (transfer->abort_reason != Reason::kNone) {
    response.reason = transfer->abort_reason;
  } else if (transfer->address_refused) {
    response.reason = Reason::kAddressRefused;
  } else if (transfer->certificate_demanded && status == 0 && result != CURLE_OK) {
    response.reason = Reason::kTls;
    response.message = "the server demands a certificate of its clients";
  } else if (broke_in_header && result == CURLE_OK) {
    const bool switches = StatusOf(response.headers) == 101;
    response.reason = switches ? Reason::kProtocol : Reason::kInterrupted;
    response.message = switches ? "the server switches protocols, which it was not asked to"
                                : "the answer ended within its header";
  } else if (!response.truncated) {
    response.reason = reason;
  }
  if (response.reason != Reason::kNone && response.message.empty()) {
    response.message = transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(result);
  }
  Finish(transfer);
}

// --- What libcurl calls, while it runs a transfer
// ------------------------------------------------------------------------

size_t Fetcher::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const FetcherOptions& options = transfer->fetcher->options_;
  const absl::string_view line(data, size * count);
  if (!transfer->answered) transfer->fetcher->OnFirstByte(transfer);
  if (transfer->traffic != nullptr) transfer->traffic->GaveOn(line.size());
  // The answer so far was a challenge that libcurl has an answer to.
  if (transfer->may_be_challenged && transfer->body_pieces == 0 &&
      absl::StartsWith(line, "HTTP/")) {
    transfer->head.Reopen();
  }
  switch (transfer->head.Add(line, {options.max_header_bytes, options.max_header_count})) {
    case AnswerHead::Step::kMore:
    case AnswerHead::Step::kTrailer:
      break;
    case AnswerHead::Step::kEnd:
      transfer->fetcher->OnHeaderEnd(transfer);
      break;
    case AnswerHead::Step::kTooLarge:
      transfer->Abort(Reason::kTooLarge, "the header fields are over their limit");
      break;
  }
  return transfer->abort_reason == Reason::kNone ? line.size() : 0;
}

void Fetcher::OnHeaderEnd(Transfer* transfer) {
  FetchResponse& response = transfer->response;
  const AnswerHead& head = transfer->head;
  if (options_.budget != nullptr) {
    response.claim = ByteClaim(options_.budget);
    response.claim.Take(head.text().size());
  }
  if (SSL* connection = TlsOf(transfer)) response.tls = TlsClient::Facts(connection);
  if (const char* error = head.FramingError()) {
    transfer->head.Reopen();
    transfer->Abort(Reason::kProtocol, error);
    return;
  }
  if (options_.media_types.empty() || transfer->request.any_media_type ||
      StatusOf(head.text()) >= 300) {
    return;
  }
  const std::optional<MediaType> type =
      ExtractMediaType(HeaderBlock(head.text()).GetCombined("content-type"));
  if (!type.has_value() || MatchesAny(options_.media_types, type->essence())) return;
  transfer->Abort(Reason::kMediaType,
                  absl::StrCat(type->essence(), " is none of the wanted media types"));
}

// Its connection; null where there is none, or it is plain.
SSL* Fetcher::TlsOf(Transfer* transfer) {
  if (!IsHttps(transfer->request.url)) return nullptr;
  curl_tlssessioninfo* tls = nullptr;
  const bool known = curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK &&
                     tls->backend == CURLSSLBACKEND_OPENSSL;
  return known ? static_cast<SSL*>(tls->internals) : nullptr;
}

// Called where a transfer begins to wait, and so for one on a connection that others opened, too.
void Fetcher::OnSocket(Transfer* transfer, curl_socket_t socket) {
  transfer->socket = socket;
  if (transfer->traffic != nullptr) return;
  if (const SSL* connection = TlsOf(transfer)) transfer->traffic = TlsClient::Traffic(connection);
}

// Sees the bytes that neither OnHeader() nor OnBody() is given: the framing of chunks, of which a
// server may send any number. Over TLS, TlsClient counts.
int Fetcher::OnProgress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  auto* transfer = static_cast<Transfer*>(self);
  if (!transfer->head.complete() || !transfer->head.chunked() || transfer->traffic != nullptr) {
    return 0;
  }
  if (++transfer->progress_calls % kProgressCallsPerLook != 0) return 0;
  tcp_info info = {};
  socklen_t size = sizeof(info);
  int unread = 0;
  if (getsockopt(transfer->socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      ioctl(transfer->socket, FIONREAD, &unread) != 0) {
    return 0;
  }
  const int64_t framing_bytes = static_cast<int64_t>(info.tcpi_bytes_received) - unread - received;
  if (!transfer->least_framing_bytes.has_value()) transfer->least_framing_bytes = framing_bytes;
  if (framing_bytes - *transfer->least_framing_bytes <= kMaxFramingBytes) return 0;
  transfer->Abort(Reason::kTooLarge, kNearlyAllFraming);
  return 1;
}

size_t Fetcher::OnBody(char* data, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  if (transfer->fetcher->Pause(transfer)) return CURL_WRITEFUNC_PAUSE;
  const FetcherOptions& options = transfer->fetcher->options_;
  std::string& body = transfer->response.body;
  const size_t bytes = size * count;
  if (transfer->traffic != nullptr) transfer->traffic->GaveOn(bytes);
  if (transfer->body_pieces == 0) {
    curl_off_t length = -1;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0) body.reserve(std::min<size_t>(length, options.max_body_bytes));
  }
  ++transfer->body_pieces;
  const size_t taken = std::min(bytes, options.max_body_bytes - body.size());
  body.append(data, taken);
  transfer->response.claim.Take(taken);
  if (bytes > taken || transfer->body_pieces > options.max_body_pieces) {
    transfer->response.truncated = true;
    return 0;
  }
  return bytes;
}

// It is connected, and asks now.
int Fetcher::OnRequest(void* self, char*, char*, int, int) {
  auto* transfer = static_cast<Transfer*>(self);
  transfer->on_the_way = false;
  transfer->fetcher->options_.address_clocks->Begin(transfer->addresses[transfer->address_index],
                                                    SteadyNow(), transfer->request.delay);
  return CURL_PREREQFUNC_OK;
}

curl_socket_t Fetcher::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::optional<IpAddress> ip = IpAddress::FromSockaddr(&address->addr);
  // The operator chose the proxy; what it is to connect to was judged before.
  const bool allowed = ip.has_value() && (transfer->proxy.has_value()
                                              ? *ip == transfer->proxy_address
                                              : transfer->fetcher->options_.guard.Allows(*ip));
  if (!allowed) {
    transfer->address_refused = true;
    return CURL_SOCKET_BAD;
  }
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
  return fd;
}

CURLcode Fetcher::OnTlsContext(CURL*, void* context, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const FetchRequest& request = transfer->request;
  transfer->traffic = transfer->fetcher->tls_.Prepare(static_cast<SSL_CTX*>(context), request.host,
                                                      absl::StrCat(request.host, ":", request.port),
                                                      &transfer->certificate_demanded);
  return CURLE_OK;
}

}  // namespace spindle
