#include "crawler/exchange.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/custom_headers.h"
#include "crawler/fetch_reason.h"
#include "crawler/request_text.h"
#include "crawler/steady_clock.h"
#include "parsers/header_block.h"
#include "parsers/mime.h"

namespace spindle {
namespace {

// A connection that was idle for longer is not used again: servers close theirs soon, and finding
// out costs a request. It is closed when libcurl next looks for a connection on its multi handle,
// which may be never.
constexpr long kMaxIdleSeconds = 15;

// Of each socket, in the kernel, which doubles it: left to itself it takes up to 6 MB a socket.
// Enough for 3 MB a second over 50 ms.
constexpr int kReceiveBufferBytes = 128 << 10;

// Made room for at once where an answer tells its length, which may be any.
constexpr size_t kMaxReservedBytes = 1 << 20;

constexpr char kHeaderTooLarge[] = "the header fields are over their limit";
constexpr char kNearlyAllFraming[] = "the answer is nearly all framing";
constexpr char kUnanswered[] = "the request was refused, or its connection ended without an answer";

constexpr char kAcceptField[] =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
// Decoded by us, off the loop, so not by CURLOPT_ACCEPT_ENCODING.
constexpr char kAcceptEncodingField[] = "Accept-Encoding: gzip, deflate, br, zstd";

bool IsHttps(absl::string_view url) { return absl::StartsWith(url, "https:"); }

long Milliseconds(absl::Duration duration) {
  return static_cast<long>(absl::ToInt64Milliseconds(duration));
}

long LongInfo(CURL* easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

// A time or a length, in microseconds or bytes.
curl_off_t Info(CURL* easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

}  // namespace

ExchangeContext::ExchangeContext(const FetcherOptions* fetcher_options, SiteAccess* site_access,
                                 TlsClient* tls_client)
    : options(*fetcher_options),
      access(*site_access),
      tls(*tls_client),
      fields(MergeHeaders(
          {absl::StrCat("User-Agent: ", options.user_agent), kAcceptField, kAcceptEncodingField},
          options.access.headers)) {
  for (const std::string& field : fields) {
    absl::StrAppend(&fields_text, field, "\r\n");
    headers = curl_slist_append(headers, field.c_str());
  }
}

ExchangeContext::~ExchangeContext() { curl_slist_free_all(headers); }

Exchange::Exchange(const ExchangeContext* context, Events events)
    : context_(*context), events_(std::move(events)), easy_(curl_easy_init()) {
  SetOptions();
}

Exchange::~Exchange() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(connect_to_);
  curl_slist_free_all(headers_);
}

// --- The request
// -------------------------------------------------------------------------------------------------------------

// What is the same for all requests.
void Exchange::SetOptions() {
  const FetcherOptions& options = context_.options;
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  // Nor what the environment says of proxies, which would be read for each request.
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(
      easy_, CURLOPT_HTTP_VERSION,
      static_cast<long>(options.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  // What a proxy is told; hosts get it with the other fields, which libcurl formats but once.
  if (!context_.access.proxies().empty()) {
    curl_easy_setopt(easy_, CURLOPT_USERAGENT, options.user_agent.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, context_.headers);
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME,
                   static_cast<long>(absl::ToInt64Seconds(options.low_speed_time)));
  curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
  curl_easy_setopt(easy_, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  curl_easy_setopt(easy_, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  // The authorities come with OnTlsContext(): libcurl would read all of them for each multi handle,
  // and with a CA path, which Debian compiles in, for each connection.
  curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy_, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_FUNCTION, &OnTlsContext);
  curl_easy_setopt(easy_, CURLOPT_SSL_CTX_DATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy_, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  curl_easy_setopt(easy_, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &OnRequest);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

// libcurl keeps a challenge (realm, nonce and count, RFC 7616) with the handle, answers it wherever
// digest is spoken next, whichever host that is, and takes no other one instead, unless that calls
// the first one stale.
void Exchange::MakeNobodys() {
  void* owner = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_PRIVATE, &owner);
  curl_easy_reset(easy_);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, owner);
  method_ = FetchMethod::kGet;
  checks_certificates_ = true;
  SetOptions();
}

void Exchange::Begin(const FetchRequest& request, const Route& route) {
  if (speaks_digest_) MakeNobodys();
  request_ = &request;
  route_ = route;
  Forget();
  bool forwarded = false;
  speaks_digest_ = context_.access.Prepare(request.url, SteadyNow(), easy_);
  int challenges = speaks_digest_ ? 1 : 0;
  if (route.proxy.has_value()) {
    forwarded = context_.access.Forwards(*route.proxy, request.url);
    if (context_.access.UseProxy(*route.proxy, route.proxy_address, request.url, easy_)) {
      speaks_digest_ = true;
      if (forwarded) ++challenges;  // those of a tunnel are none of the answers
    }
  }
  // The address is ours, the name in Host, SNI and the certificate stays the URL's.
  // Where that name is the address, there is nothing to say; nor to a proxy that connects itself,
  // since libcurl takes it for the wish for a tunnel.
  const std::string address = route.address.ToString();
  curl_slist_free_all(std::exchange(connect_to_, nullptr));
  if (address != request.host && !forwarded) {
    connect_to_ =
        curl_slist_append(nullptr, absl::StrCat("::", address, ":", request.port).c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_);
  // Else it would go to where the last one went.
  if (curl_easy_setopt(easy_, CURLOPT_URL, request.url.c_str()) != CURLE_OK) std::abort();
  // A connection to a proxy that forwards would be that of many hosts, and libcurl 7.88 takes what
  // came on it unasked, from a proxy that passes on what hosts send, for the next host's answer.
  curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, request.keep_alive && !forwarded ? 0L : 1L);
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, route.fresh_connection ? 1L : 0L);
  // Each is answered once: of those that call the last one stale, libcurl answers any number.
  may_be_challenged_ = challenges > 0;
  curl_easy_setopt(easy_, CURLOPT_MAXREDIRS, static_cast<long>(challenges));
  SetTimeout();
  // Counts from the first byte on: until then there is another limit, and libcurl's looks at every
  // transfer each second.
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, 0L);
  if (request.method != method_) {
    method_ = request.method;
    const bool head = method_ == FetchMethod::kHead;
    curl_easy_setopt(easy_, head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1L);
  }
  SetHeaders();
  if (!context_.options.insecure_hosts.empty()) SetCertificateChecks();
}

void Exchange::SetHeaders() {
  if (request_->headers.empty() && headers_ == nullptr) return;
  curl_slist* const old = std::exchange(headers_, nullptr);
  if (!request_->headers.empty()) {
    for (const std::vector<std::string>* fields : {&context_.fields, &request_->headers}) {
      for (const std::string& field : *fields) {
        headers_ = curl_slist_append(headers_, field.c_str());
      }
    }
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_ != nullptr ? headers_ : context_.headers);
  curl_slist_free_all(old);
}

void Exchange::SetCertificateChecks() {
  const absl::flat_hash_set<std::string>& insecure = context_.options.insecure_hosts;
  const bool check = !insecure.contains(request_->host) && !insecure.contains("*");
  if (check == checks_certificates_) return;
  checks_certificates_ = check;
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
}

void Exchange::SetTimeout() {
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                   Milliseconds(context_.options.transfer_timeout + waited_time_));
}

void Exchange::Forget() {
  response_ = {};
  head_ = {};
  answered_ = false;
  body_pieces_ = 0;
  abort_reason_ = Reason::kNone;
  address_refused_ = false;
  certificate_demanded_ = false;
  socket_ = CURL_SOCKET_BAD;
  framing_ = {};
  traffic_.reset();
  asked_ = false;
  found_idle_ = false;
  LeaveConnection();
  waited_time_ = absl::ZeroDuration();
  error_[0] = '\0';
}

// --- While it runs
// -----------------------------------------------------------------------------------------------------------

void Exchange::Abort(Reason reason, std::string message) {
  abort_reason_ = reason;
  response_.message = std::move(message);
}

CURLcode Exchange::Resume(absl::Duration waited) {
  waited_time_ += waited;
  SetTimeout();
  return curl_easy_pause(easy_, CURLPAUSE_CONT);  // may call OnBody()
}

// Its connection; null where there is none, or it is plain.
SSL* Exchange::Tls() const {
  if (!IsHttps(request_->url)) return nullptr;
  curl_tlssessioninfo* tls = nullptr;
  const bool known = curl_easy_getinfo(easy_, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK &&
                     tls->backend == CURLSSLBACKEND_OPENSSL;
  return known ? static_cast<SSL*>(tls->internals) : nullptr;
}

void Exchange::OnSocket(curl_socket_t socket) { socket_ = socket; }

curl_socket_t Exchange::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* exchange = static_cast<Exchange*>(self);
  const Route& route = exchange->route_;
  const std::optional<IpAddress> ip = IpAddress::FromSockaddr(&address->addr);
  // The operator chose the proxy; what it is to connect to was judged before.
  const bool allowed =
      ip.has_value() && (route.proxy.has_value() ? *ip == route.proxy_address
                                                 : exchange->context_.options.guard.Allows(*ip));
  if (!allowed) {
    exchange->address_refused_ = true;
    return CURL_SOCKET_BAD;
  }
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
  return fd;
}

CURLcode Exchange::OnTlsContext(CURL*, void* context, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  const FetchRequest& request = *exchange->request_;
  exchange->traffic_ = exchange->context_.tls.Prepare(static_cast<SSL_CTX*>(context), request.host,
                                                      absl::StrCat(request.host, ":", request.port),
                                                      &exchange->certificate_demanded_);
  return CURLE_OK;
}

int Exchange::OnRequest(void* self, char*, char*, int, int) {
  return static_cast<Exchange*>(self)->Ask() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

// It has a connection, and is to ask. libcurl makes a request anew by itself, at once and up to
// five times, where no byte came of an answer: on a connection that others had used before, and
// where a stream of HTTP/2 was refused. A host is asked anew once, and only
// - where the connection was kept, and its server may have closed it before the request came
//   (RFC 9112 9.3.1): not where other requests were on it, which the host had then;
// - where it wants HTTP/1.1 (HTTP_1_1_REQUIRED, RFC 9113 7).
bool Exchange::Ask() {
  SSL* const connection = Tls();
  const std::shared_ptr<TlsTraffic> traffic =
      connection != nullptr ? TlsClient::Traffic(connection) : nullptr;
  const bool steps_down =
      asked_on_ != nullptr && asked_on_->http2 && traffic != nullptr && !traffic->http2;
  if (asked_ && !found_idle_ && !steps_down) {
    traffic_ = asked_on_;
    if (!cut_off()) Abort(Reason::kReset, kUnanswered);
    return false;
  }
  LeaveConnection();
  const bool alone = traffic == nullptr || traffic->request_count == 0;
  found_idle_ = !asked_ && alone && LongInfo(easy_, CURLINFO_NUM_CONNECTS) == 0;
  // The next one that was kept may be closed, too. A challenge is answered on its own connection.
  if (found_idle_ && !may_be_challenged_) curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  asked_ = true;
  asked_on_ = traffic_ = traffic;
  if (traffic != nullptr) ++traffic->request_count;
  events_.on_request();
  return true;
}

void Exchange::LeaveConnection() {
  if (asked_on_ != nullptr) --asked_on_->request_count;
  asked_on_.reset();
}

void Exchange::OnFirstByte() {
  answered_ = true;
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, context_.options.low_speed_bytes_per_second);
  events_.on_first_byte();
}

size_t Exchange::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  const FetcherOptions& options = exchange->context_.options;
  const absl::string_view line(data, size * count);
  if (!exchange->answered_) exchange->OnFirstByte();
  exchange->asked_ = false;
  if (exchange->traffic_ != nullptr) exchange->traffic_->GaveOn(line.size());
  // The answer so far was a challenge that libcurl has an answer to.
  if (exchange->may_be_challenged_ && exchange->body_pieces_ == 0 &&
      absl::StartsWith(line, "HTTP/")) {
    exchange->head_.Reopen();
  }
  switch (exchange->head_.Add(line, {options.max_header_bytes, options.max_header_count})) {
    case AnswerHead::Step::kMore:
    case AnswerHead::Step::kTrailer:
      break;
    case AnswerHead::Step::kEnd:
      exchange->OnHeaderEnd();
      break;
    case AnswerHead::Step::kTooLarge:
      exchange->Abort(Reason::kTooLarge, kHeaderTooLarge);
      break;
  }
  return exchange->abort_reason_ == Reason::kNone ? line.size() : 0;
}

void Exchange::OnHeaderEnd() {
  const FetcherOptions& options = context_.options;
  if (options.budget != nullptr) {
    response_.claim = ByteClaim(options.budget);
    response_.claim.Take(head_.text().size());
  }
  if (SSL* connection = Tls()) response_.tls = TlsClient::Facts(connection);
  if (const char* error = head_.FramingError()) {
    head_.Reopen();
    Abort(Reason::kProtocol, error);
    return;
  }
  if (options.media_types.empty() || request_->any_media_type || StatusOf(head_.text()) >= 300) {
    return;
  }
  const std::optional<MediaType> type =
      ExtractMediaType(HeaderBlock(head_.text()).GetCombined("content-type"));
  if (!type.has_value() || MatchesAny(options.media_types, type->essence())) return;
  Abort(Reason::kMediaType, absl::StrCat(type->essence(), " is none of the wanted media types"));
}

size_t Exchange::OnBody(char* data, size_t size, size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  const FetcherOptions& options = exchange->context_.options;
  FetchResponse& response = exchange->response_;
  const size_t most = std::max(options.max_body_bytes, exchange->request_->least_body_bytes);
  const size_t bytes = size * count;
  const size_t taken = std::min(bytes, most - response.body.size());
  if (taken > 0 && exchange->events_.must_wait()) return CURL_WRITEFUNC_PAUSE;
  if (exchange->traffic_ != nullptr) exchange->traffic_->GaveOn(bytes);
  if (exchange->body_pieces_ == 0) {
    const curl_off_t length = Info(exchange->easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
    if (length > 0) {
      response.body.reserve(std::min({static_cast<size_t>(length), most, kMaxReservedBytes}));
    }
  }
  ++exchange->body_pieces_;
  response.body.append(data, taken);
  response.claim.Take(taken);
  if (bytes > taken || exchange->body_pieces_ > options.max_body_pieces) {
    response.truncated = true;
    return 0;
  }
  return bytes;
}

// Sees the bytes that neither OnHeader() nor OnBody() is given. Over TLS, TlsClient counts.
int Exchange::OnProgress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  auto* exchange = static_cast<Exchange*>(self);
  const AnswerHead& head = exchange->head_;
  if (!head.complete() || !head.chunked() || exchange->traffic_ != nullptr ||
      !exchange->framing_.IsTooMuch(exchange->socket_, received)) {
    return 0;
  }
  exchange->Abort(Reason::kTooLarge, kNearlyAllFraming);
  return 1;
}

// --- The end
// -----------------------------------------------------------------------------------------------------------------

bool Exchange::FoundConnectionStale(CURLcode result) const {
  return IsConnectionLost(result) && !answered_ && found_idle_;
}

bool Exchange::NeverConnected(CURLcode result) const {
  if (address_refused_ || route_.proxy.has_value()) return false;
  return result == CURLE_COULDNT_CONNECT ||
         (result == CURLE_OPERATION_TIMEDOUT && Info(easy_, CURLINFO_CONNECT_TIME_T) == 0 &&
          Info(easy_, CURLINFO_PRETRANSFER_TIME_T) == 0);
}

FetchResponse Exchange::End(CURLcode result) {
  if (result == CURLE_TOO_MANY_REDIRECTS) result = CURLE_OK;  // one challenge too many
  if (result != CURLE_OK && abort_reason_ == Reason::kNone && cut_off()) {
    Abort(Reason::kTooLarge, kNearlyAllFraming);
  }
  long status = LongInfo(easy_, CURLINFO_RESPONSE_CODE);
  const curl_off_t sent_us = Info(easy_, CURLINFO_PRETRANSFER_TIME_T);
  const curl_off_t first_byte_us = Info(easy_, CURLINFO_STARTTRANSFER_TIME_T);
  const curl_off_t total_us = Info(easy_, CURLINFO_TOTAL_TIME_T);
  response_.address = AddressText(status != 0);
  const Reason reason =
      route_.proxy.has_value() && SiteAccess::TargetUnreachable(result, easy_)
          ? Reason::kConnect
          : ReasonOf(easy_, result, error_, status != 0, traffic_ != nullptr && traffic_->http2);
  // An answer whose header never came whole is none.
  const bool broke_in_header = status != 0 && !head_.complete();
  if (broke_in_header) status = 0;
  response_.headers = head_.TakeText();
  response_.http_status = static_cast<uint16_t>(status);
  response_.ended = SteadyNow();
  context_.access.OnAnswer(request_->url, response_.headers, response_.ended);
  response_.request_seen = response_.ended;
  if (status != 0 && first_byte_us > 0) {
    response_.request_seen -= absl::Microseconds(std::max<curl_off_t>(0, total_us - first_byte_us));
    response_.latency = absl::Microseconds(std::max<curl_off_t>(0, first_byte_us - sent_us));
    response_.request_headers =
        RequestText(*request_, context_.fields_text, absl::StartsWith(response_.headers, "HTTP/2"));
  }
  FindReason(result, reason, broke_in_header);
  LeaveConnection();
  return std::move(response_);
}

std::string Exchange::AddressText(bool answered) const {
  if (route_.proxy.has_value()) {
    // Of what a proxy connected to by the name, nothing is known.
    answered &= !context_.access.Forwards(*route_.proxy, request_->url);
    return answered ? absl::StrCat(route_.address.ToString(), ":", request_->port) : "";
  }
  const char* ip = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_PRIMARY_IP, &ip);
  if (ip == nullptr || *ip == '\0') return "";
  const long port = LongInfo(easy_, CURLINFO_PRIMARY_PORT);
  return absl::StrContains(ip, ':') ? absl::StrCat("[", ip, "]:", port)
                                    : absl::StrCat(ip, ":", port);
}

// `reason`: what libcurl says.
void Exchange::FindReason(CURLcode result, Reason reason, bool broke_in_header) {
  if (abort_reason_ != Reason::kNone) {
    response_.reason = abort_reason_;
  } else if (address_refused_) {
    response_.reason = Reason::kAddressRefused;
  } else if (certificate_demanded_ && response_.http_status == 0 && result != CURLE_OK) {
    response_.reason = Reason::kTls;
    response_.message = "the server demands a certificate of its clients";
  } else if (broke_in_header && result == CURLE_OK) {
    const bool switches = StatusOf(response_.headers) == 101;
    response_.reason = switches ? Reason::kProtocol : Reason::kInterrupted;
    response_.message = switches ? "the server switches protocols, which it was not asked to"
                                 : "the answer ended within its header";
  } else if (!response_.truncated) {
    response_.reason = reason;
  }
  if (response_.reason == Reason::kTooLarge && response_.message.empty()) {
    response_.message = kHeaderTooLarge;  // libcurl has a limit for each line, too
  }
  if (response_.reason != Reason::kNone && response_.message.empty() && route_.proxy.has_value() &&
      SiteAccess::TargetUnreachable(result, easy_)) {
    response_.message =
        absl::StrCat("over ", context_.access.proxies().proxy(*route_.proxy).ToString(), ": ",
                     SiteAccess::DescribeFailure(result, error_, easy_));
  }
  if (response_.reason != Reason::kNone && response_.message.empty()) {
    response_.message = error_[0] != '\0' ? error_ : curl_easy_strerror(result);
  }
}

}  // namespace spindle
