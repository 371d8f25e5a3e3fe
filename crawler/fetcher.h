#ifndef SPINDLE_CRAWLER_FETCHER_H_
#define SPINDLE_CRAWLER_FETCHER_H_

#include <curl/curl.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "crawler/back_pressure.h"
#include "crawler/event_loop.h"
#include "crawler/exchange.h"
#include "crawler/fetch.h"
#include "crawler/fetcher_options.h"
#include "crawler/multi_handle.h"
#include "crawler/resolver.h"
#include "crawler/site_access.h"
#include "crawler/tls_client.h"

namespace spindle {

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

  static Transfer* TransferOf(CURL* easy);

  Transfer* NewTransfer();
  void OnResolved(Transfer* transfer, const Resolver::Answer& answer);
  void Admit(Transfer* transfer);
  void OnRequest(Transfer* transfer);
  void EndWay(Transfer* transfer);
  void ChooseProxy(Transfer* transfer);
  void Start(Transfer* transfer);
  bool WaitsToShare(Transfer* transfer);
  void LetOthersShare(Transfer* transfer);
  void OnFirstByte(Transfer* transfer);
  void ExpireFirstBytes();
  void OnDone(Transfer* transfer, CURLcode result);
  void LeaveProxy(Transfer* transfer);
  bool RetryByProxy(Transfer* transfer, CURLcode result);
  bool RetryElsewhere(Transfer* transfer, CURLcode result);
  void FailLater(Transfer* transfer, Reason reason, std::string message);
  void Finish(Transfer* transfer);
  MultiHandle& MultiOf(const Transfer& transfer);

  const FetcherOptions options_;
  Resolver resolver_;
  SiteAccess access_;
  TlsClient tls_;
  const ExchangeContext context_;
  BackPressure back_pressure_;
  std::vector<std::unique_ptr<MultiHandle>> multis_;
  // A transfer is in one of three: no request; waiting for the first byte of its answer, in the
  // order of their deadlines; anything else.
  Transfers idle_;
  Transfers waiting_;
  Transfers running_;
  size_t active_count_ = 0;
  std::vector<Transfer*> failed_;  // to be finished on the loop's next round
  LoopTimer fail_timer_;
  // By affinity, of hosts of which a transfer is on its way to a connection: others, which wait to
  // share it.
  absl::flat_hash_map<uint64_t, std::vector<Transfer*>> connecting_;
  std::vector<Transfer*> sharing_;  // to be started on the loop's next round
  LoopTimer share_timer_;
  LoopTimer first_byte_timer_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FETCHER_H_
