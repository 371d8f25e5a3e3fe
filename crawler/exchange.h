#ifndef SPINDLE_CRAWLER_EXCHANGE_H_
#define SPINDLE_CRAWLER_EXCHANGE_H_

#include <curl/curl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crawler/answer_head.h"
#include "crawler/fetch.h"
#include "crawler/fetcher_options.h"
#include "crawler/ip_address.h"
#include "crawler/plain_framing.h"
#include "crawler/site_access.h"
#include "crawler/tls_client.h"

namespace spindle {

// What the exchanges of one fetcher share. All of it must outlive them.
struct ExchangeContext {
  ExchangeContext(const FetcherOptions* options, SiteAccess* access, TlsClient* tls);
  ~ExchangeContext();
  ExchangeContext(const ExchangeContext&) = delete;
  ExchangeContext& operator=(const ExchangeContext&) = delete;

  const FetcherOptions& options;
  SiteAccess& access;
  TlsClient& tls;
  std::vector<std::string> fields;  // of every request, "Name: value"
  std::string fields_text;          // the same as sent
  curl_slist* headers = nullptr;    // the same for libcurl
};

// One request to one address and the answer to it, as libcurl makes and reads it: an easy handle,
// all of its options, and what its callbacks see, within the limits. Used for one request after
// another, since a handle costs more than a request.
//
//   exchange.Begin(request, {address});
//   multi.Add(exchange.easy());
//   ...                                       // the multi handle tells its end
//   FetchResponse response = exchange.End(result);
//   multi.Remove(exchange.easy());
//
// Belongs to the loop's thread.
class Exchange {
 public:
  // Called while libcurl runs the exchange.
  struct Events {
    std::function<void()> on_request;  // it is connected, and asks
    std::function<void()> on_first_byte;
    std::function<bool()>
        must_wait;  // whether bytes of the body are not to be taken, till Resume()
  };
  // Whom it asks.
  struct Route {
    IpAddress address;            // of the request's host
    std::optional<size_t> proxy;  // over which it is asked, and that one's address
    IpAddress proxy_address;
    bool fresh_connection = false;  // and no other
  };

  Exchange(const ExchangeContext* context, Events events);
  // REQUIRES: the handle is in no multi handle.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  CURL* easy() const { return easy_; }

  // Makes the handle ready. `request` must outlive the exchange.
  void Begin(const FetchRequest& request, const Route& route);

  // It is to end for this reason, or has.
  void Abort(Reason reason, std::string message);

  // Where it waits, or one that others opened.
  void OnSocket(curl_socket_t socket);

  // Goes on after must_wait() said so `waited` ago; may call it again. Not CURLE_OK: it ended so,
  // and the multi handle will not tell.
  CURLcode Resume(absl::Duration waited);

  // What libcurl says of its end; empty: nothing.
  absl::string_view error() const { return error_; }
  // There was a first byte.
  bool answered() const { return answered_; }
  size_t body_bytes() const { return response_.body.size(); }
  // The connection was ended for what it sent.
  bool cut_off() const { return traffic_ != nullptr && traffic_->cut_off; }

  // Of its end, for who may try another way. No answer began on a connection that was kept, and
  // that nothing else used:
  bool FoundConnectionStale(CURLcode result) const;
  // There was no connection to the address:
  bool NeverConnected(CURLcode result) const;

  // What came, whatever that was, but for FetchResponse::started. REQUIRES: it ended so, and is
  // still in its multi handle.
  FetchResponse End(CURLcode result);
  // Instead of End(), where nobody wants it.
  void Forget();

 private:
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static int OnProgress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t);
  static int OnRequest(void* self, char*, char*, int, int);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static CURLcode OnTlsContext(CURL* easy, void* context, void* self);

  void SetOptions();
  void MakeNobodys();
  void SetHeaders();
  void SetCertificateChecks();
  bool Ask();
  void LeaveConnection();
  void OnFirstByte();
  void OnHeaderEnd();
  SSL* Tls() const;
  void SetTimeout();
  std::string AddressText(bool answered) const;
  void FindReason(CURLcode result, Reason reason, bool broke_in_header);

  const ExchangeContext& context_;
  const Events events_;
  CURL* const easy_;
  // As `easy_` is set.
  curl_slist* connect_to_ = nullptr;
  curl_slist* headers_ = nullptr;  // where the request has some of its own
  bool checks_certificates_ = true;
  FetchMethod method_ = FetchMethod::kGet;
  char error_[CURL_ERROR_SIZE] = {};

  const FetchRequest* request_ = nullptr;
  Route route_;
  bool may_be_challenged_ = false;  // an answer may be asking for credentials, and another follow
  bool speaks_digest_ = false;      // with the host or the proxy, whose challenge libcurl keeps
  absl::Duration waited_time_ = absl::ZeroDuration();  // does not count as the server's

  FetchResponse response_;
  AnswerHead head_;
  bool answered_ = false;
  size_t body_pieces_ = 0;
  Reason abort_reason_ = Reason::kNone;  // why a callback of ours stopped it
  bool address_refused_ = false;
  bool certificate_demanded_ = false;
  curl_socket_t socket_ = CURL_SOCKET_BAD;  // where it waits
  PlainFraming framing_;
  std::shared_ptr<TlsTraffic> traffic_;   // of its connection, as TlsClient has it; null: plain
  bool asked_ = false;                    // and nothing has come since
  bool found_idle_ = false;               // the connection that was asked on, the first time
  std::shared_ptr<TlsTraffic> asked_on_;  // traffic of that, while it is being used
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_EXCHANGE_H_
