#include "crawler/fetcher.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/fetch_reason.h"
#include "crawler/steady_clock.h"

namespace spindle {
namespace {

// Of an address's clock.
absl::string_view KeyOf(const IpAddress& address) {
  return {reinterpret_cast<const char*>(address.bytes().data()), address.bytes().size()};
}

constexpr int kMinTlsSessions = 1000;

// libcurl takes no longer ones (CURL_MAX_INPUT_LENGTH).
constexpr size_t kMaxCurlUrlBytes = 8'000'000;

// Idle connections that one multi handle keeps: libcurl looks at each of them far too often.
constexpr int kMaxIdleConnectionsPerMulti = 128;

// Easy handles kept for later, 8 KB each, where fewer are in use.
constexpr size_t kMinIdleTransfers = 256;

// Of a connection over TLS, where HTTP/2 may be spoken, whose frames cost more than chunks do.
constexpr size_t kMaxTlsFramingBytes = 1 << 20;

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
  explicit Transfer(Fetcher* fetcher) : exchange(&fetcher->context_, EventsFor(fetcher)) {
    curl_easy_setopt(exchange.easy(), CURLOPT_PRIVATE, this);
  }

  Exchange exchange;
  Transfers::iterator place;

  FetchRequest request;
  Callback callback;
  FetchResponse response;
  std::vector<IpAddress> addresses;  // allowed ones, not yet tried beyond `address_index`
  size_t address_index = 0;
  HostAddresses resolved;
  bool fresh_connection = false;  // retried after a stale one
  bool on_the_way = false;        // its clocks wait for its request
  bool admitted = false;          // to its address, by the clock of that
  bool in_multi = false;
  bool connects = false;           // others of its host wait for its connection
  bool unconnected = false;        // none of its addresses took a connection
  absl::Time first_byte_deadline;  // while in waiting_
  std::optional<size_t> proxy;     // chosen for it, and its address
  std::optional<IpAddress> proxy_address;
  size_t proxies_failed = 0;
  std::vector<size_t> doubtful_proxies;  // it got no answer over them

  Exchange::Events EventsFor(Fetcher* fetcher) {
    Exchange::Events events;
    events.on_first_byte = [this, fetcher] { fetcher->OnFirstByte(this); };
    events.must_wait = [this, fetcher] { return fetcher->back_pressure_.MustWait(&exchange); };
    events.on_request = [this, fetcher] {
      fetcher->OnRequest(this);
      fetcher->LetOthersShare(this);
    };
    return events;
  }
  const IpAddress& address() const { return addresses[address_index]; }
  void Reset() {
    request = {};
    callback = nullptr;
    response = {};
    addresses.clear();
    address_index = 0;
    resolved = {};
    fresh_connection = false;
    admitted = false;
    unconnected = false;
    proxy.reset();
    proxy_address.reset();
    proxies_failed = 0;
    doubtful_proxies.clear();
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
      tls_(TrustOf(options), MaxSessions(options), kMaxTlsFramingBytes),
      context_(&options_, &access_, &tls_),
      back_pressure_(loop, options.budget,
                     [this](Exchange* exchange, CURLcode result) {
                       OnDone(TransferOf(exchange->easy()), result);
                     }),
      fail_timer_(loop,
                  [this] {
                    const std::vector<Transfer*> failed = std::exchange(failed_, {});
                    for (Transfer* transfer : failed) Finish(transfer);
                  }),
      share_timer_(loop,
                   [this] {
                     const std::vector<Transfer*> sharing = std::exchange(sharing_, {});
                     for (Transfer* transfer : sharing) Start(transfer);
                   }),
      first_byte_timer_(loop, [this] { ExpireFirstBytes(); }) {
  const int multi_count = options.multi_handle_count > 0 ? options.multi_handle_count
                                                         : MultiHandleCount(options.max_transfers);
  const int idle_per_multi =
      std::clamp(options.max_idle_connections / multi_count, 1, kMaxIdleConnectionsPerMulti);
  for (int i = 0; i < multi_count; ++i) {
    multis_.push_back(std::make_unique<MultiHandle>(
        loop, idle_per_multi, options.http2,
        [this](CURL* easy, CURLcode result) { OnDone(TransferOf(easy), result); },
        [](CURL* easy, curl_socket_t socket) { TransferOf(easy)->exchange.OnSocket(socket); }));
  }
}

Fetcher::~Fetcher() {
  for (Transfers* transfers : {&waiting_, &running_}) {
    for (Transfer& transfer : *transfers) {
      EndWay(&transfer);
      if (transfer.in_multi) MultiOf(transfer).Remove(transfer.exchange.easy());
    }
    transfers->clear();
  }
  idle_.clear();
  multis_.clear();
}

Fetcher::Transfer* Fetcher::NewTransfer() {
  ++active_count_;
  if (!idle_.empty()) {
    running_.splice(running_.end(), idle_, std::prev(idle_.end()));
    return &running_.back();
  }
  Transfer* transfer = &running_.emplace_back(this);
  transfer->place = std::prev(running_.end());
  return transfer;
}

void Fetcher::Fetch(FetchRequest request, Callback callback) {
  Transfer* transfer = NewTransfer();
  transfer->request = std::move(request);
  transfer->callback = std::move(callback);
  transfer->response.started = SteadyNow();
  transfer->on_the_way = !transfer->request.clock.empty() && options_.clocks != nullptr;
  const size_t max_url_bytes = std::min(options_.max_url_bytes, kMaxCurlUrlBytes);
  if (transfer->request.url.size() > max_url_bytes) {
    FailLater(transfer, Reason::kUrlTooLong,
              absl::StrCat("the URL is longer than ", max_url_bytes, " bytes"));
    return;
  }
  resolver_.Resolve(transfer->request.host, transfer->request.port, transfer->request.known,
                    transfer->response.started, [this, transfer](const Resolver::Answer& answer) {
                      OnResolved(transfer, answer);
                    });
}

void Fetcher::OnResolved(Transfer* transfer, const Resolver::Answer& answer) {
  const std::vector<IpAddress>& found = answer.found.addresses;
  if (found.empty() && answer.server_failed) {
    resolver_.Blame(answer, SteadyNow(), [this, transfer, error = answer.error](absl::Time retry) {
      transfer->response.defer_until = retry;
      FailLater(transfer, Reason::kDnsServer, error);
    });
    return;
  }
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
  if (!options_.clock_by_address) return Start(transfer);
  const absl::Time now = SteadyNow();
  const absl::Time when = options_.clocks->Admit(KeyOf(transfer->address()), now,
                                                 transfer->request.delay, transfer->request.waited);
  transfer->admitted = when <= now;
  if (transfer->admitted) {
    transfer->on_the_way = true;
    return Start(transfer);
  }
  // Where it comes after dead ones, it is the first one when it is asked.
  transfer->unconnected = false;
  transfer->response.defer_until = when;
  FailLater(transfer, Reason::kNone, "");
}

// It is connected, and asks.
void Fetcher::OnRequest(Transfer* transfer) {
  transfer->on_the_way = false;
  if (options_.clocks == nullptr) return;
  const FetchRequest& request = transfer->request;
  const absl::Time now = SteadyNow();
  if (!request.clock.empty()) options_.clocks->Begin(request.clock, now, request.delay);
  if (transfer->admitted) {
    options_.clocks->Begin(KeyOf(transfer->address()), now, request.delay);
  }
}

// Where its clocks wait, and it will make no request.
void Fetcher::EndWay(Transfer* transfer) {
  if (transfer->on_the_way) OnRequest(transfer);
}

// Starts it over the next proxy that works. Where none does, it is not the host's fault: the
// request waits for one.
void Fetcher::ChooseProxy(Transfer* transfer) {
  const absl::Time now = SteadyNow();
  if (!transfer->proxy.has_value() && transfer->proxies_failed < options_.max_addresses_tried) {
    transfer->proxy = access_.proxies().Pick(now);
  }
  if (!transfer->proxy.has_value()) {
    transfer->response.defer_until =
        std::max(access_.proxies().NextTry(now), now + options_.access.proxy_health.min_pause);
    const std::string why = access_.proxies().Describe();
    if (options_.proxy_outage != nullptr) options_.proxy_outage->Fails(now, why);
    FailLater(transfer, Reason::kConnect, absl::StrCat("no proxy works: ", why));
    return;
  }
  const Proxy& proxy = access_.proxies().proxy(*transfer->proxy);
  resolver_.Resolve(
      proxy.host, proxy.port, {}, now, [this, transfer](const Resolver::Answer& answer) {
        if (answer.found.addresses.empty()) {
          access_.proxies().Observe(*transfer->proxy, false, SteadyNow(), answer.error);
          LeaveProxy(transfer);
          return ChooseProxy(transfer);
        }
        transfer->proxy_address = answer.found.addresses.front();
        Start(transfer);
      });
}

void Fetcher::LeaveProxy(Transfer* transfer) {
  transfer->proxy.reset();
  transfer->proxy_address.reset();
  ++transfer->proxies_failed;
}

void Fetcher::Start(Transfer* transfer) {
  if (!access_.proxies().empty() && !transfer->proxy_address.has_value()) {
    return ChooseProxy(transfer);
  }
  if (WaitsToShare(transfer)) return;
  transfer->exchange.Begin(transfer->request, {transfer->address(), transfer->proxy,
                                               transfer->proxy_address.value_or(IpAddress()),
                                               transfer->fresh_connection});
  transfer->first_byte_deadline = SteadyNow() + options_.first_byte_timeout;
  if (waiting_.empty()) first_byte_timer_.Set(options_.first_byte_timeout);
  waiting_.splice(waiting_.end(), running_, transfer->place);
  transfer->in_multi = true;
  MultiOf(*transfer).Add(transfer->exchange.easy());
}

// Only one transfer to a host at a time is on its way to a connection that may turn out to be one
// of HTTP/2. libcurl has a way to wait, CURLOPT_PIPEWAIT, but wakes those who wait one by one, so
// that a slow host holds up others.
bool Fetcher::WaitsToShare(Transfer* transfer) {
  if (!options_.http2 || !absl::StartsWith(transfer->request.url, "https:")) return false;
  const auto [connecting, alone] = connecting_.try_emplace(transfer->request.affinity);
  transfer->connects = alone;
  if (!alone) connecting->second.push_back(transfer);
  return !alone;
}

// It has its connection, or will get none.
void Fetcher::LetOthersShare(Transfer* transfer) {
  if (!std::exchange(transfer->connects, false)) return;
  const auto connecting = connecting_.find(transfer->request.affinity);
  sharing_.insert(sharing_.end(), connecting->second.begin(), connecting->second.end());
  connecting_.erase(connecting);
  if (!sharing_.empty()) share_timer_.Set(absl::ZeroDuration());
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
  transfer->Reset();
  idle_.splice(idle_.end(), running_, transfer->place);
  if (idle_.size() > std::max(kMinIdleTransfers, active_count_)) idle_.pop_front();
}

// --- Waiting for the first byte
// ------------------------------------------------------------------------------------------

void Fetcher::OnFirstByte(Transfer* transfer) {
  running_.splice(running_.end(), waiting_, transfer->place);
}

void Fetcher::ExpireFirstBytes() {
  const absl::Time now = SteadyNow();
  while (!waiting_.empty() && waiting_.front().first_byte_deadline <= now) {
    Transfer* transfer = &waiting_.front();
    transfer->exchange.Abort(
        Reason::kFirstByteTimeout,
        absl::StrCat("no answer began within ", absl::FormatDuration(options_.first_byte_timeout)));
    OnDone(transfer, CURLE_OPERATION_TIMEDOUT);
  }
  if (!waiting_.empty()) first_byte_timer_.Set(waiting_.front().first_byte_deadline - now);
}

// --- The end
// -------------------------------------------------------------------------------------------------------------

// Whether another proxy is to be tried.
bool Fetcher::RetryByProxy(Transfer* transfer, CURLcode result) {
  const FetchRequest& request = transfer->request;
  const absl::Time now = SteadyNow();
  const size_t proxy = *transfer->proxy;
  switch (access_.ObserveProxy(proxy, request.url, request.host, result, now,
                               transfer->exchange.easy(), transfer->exchange.error())) {
    case SiteAccess::ProxyOutcome::kFailed:
      LeaveProxy(transfer);
      return true;
    case SiteAccess::ProxyOutcome::kWorks:
      if (options_.proxy_outage != nullptr) options_.proxy_outage->Works();
      // So it was not the host.
      for (const size_t other : transfer->doubtful_proxies) {
        access_.proxies().Observe(other, false, now, "others reach what it does not");
      }
      transfer->doubtful_proxies.clear();
      return false;
    case SiteAccess::ProxyOutcome::kUnknown:
      return false;
    case SiteAccess::ProxyOutcome::kDoubtful:
      break;
  }
  // Where the host itself may have been asked, it has its delay.
  const bool may_be_from_host = result == CURLE_OK || result == CURLE_OPERATION_TIMEDOUT;
  if (may_be_from_host && access_.Forwards(proxy, request.url) &&
      access_.proxies().has_worked(proxy)) {
    return false;
  }
  transfer->doubtful_proxies.push_back(proxy);
  if (transfer->proxies_failed + 1 >= options_.max_addresses_tried) return false;
  const std::optional<size_t> next = access_.proxies().Pick(now, transfer->doubtful_proxies);
  if (!next.has_value()) return false;
  LeaveProxy(transfer);
  transfer->proxy = next;
  return true;
}

// Whether it is to be tried another way, which it is then prepared for.
bool Fetcher::RetryElsewhere(Transfer* transfer, CURLcode result) {
  const Exchange& exchange = transfer->exchange;
  if (exchange.cut_off()) return false;
  if (transfer->proxy.has_value() && RetryByProxy(transfer, result)) return true;
  transfer->unconnected = false;
  if (result == CURLE_OK) return false;
  if (!transfer->fresh_connection && exchange.FoundConnectionStale(result)) {
    transfer->fresh_connection = true;
    return true;
  }
  transfer->unconnected = exchange.NeverConnected(result);
  if (!transfer->unconnected || transfer->address_index + 1 >= transfer->addresses.size()) {
    return false;
  }
  ++transfer->address_index;
  return true;
}

void Fetcher::OnDone(Transfer* transfer, CURLcode result) {
  Exchange& exchange = transfer->exchange;
  const size_t address_index = transfer->address_index;
  EndWay(transfer);
  LetOthersShare(transfer);
  back_pressure_.Leave(&exchange);
  if (!exchange.answered()) running_.splice(running_.end(), waiting_, transfer->place);
  const bool retry = RetryElsewhere(transfer, result);
  if (retry) {
    exchange.Forget();
  } else {
    const absl::Time started = transfer->response.started;
    transfer->response = exchange.End(result);
    transfer->response.started = started;
  }
  MultiOf(*transfer).Remove(exchange.easy());
  transfer->in_multi = false;
  if (!retry) return Finish(transfer);
  // A connection that went stale is not another request to its address.
  const bool elsewhere = transfer->address_index != address_index;
  elsewhere ? Admit(transfer) : Start(transfer);
}

}  // namespace spindle
