#ifndef SPINDLE_CRAWLER_TLS_CLIENT_H_
#define SPINDLE_CRAWLER_TLS_CLIENT_H_

#include <openssl/ssl.h>

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace spindle {

// The certificate authorities that are believed. Loaded once for a process, since that takes
// milliseconds and a megabyte, and shared by all connections of all threads. Immutable.
class TrustStore {
 public:
  // `ca_file`: certificates in PEM. NotFound or InvalidArgument say what is wrong with it.
  static absl::StatusOr<std::shared_ptr<const TrustStore>> Load(const std::string& ca_file);

  X509_STORE* get() const { return store_.get(); }

 private:
  struct Deleter {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };
  explicit TrustStore(X509_STORE* store) : store_(store) {}

  const std::unique_ptr<X509_STORE, Deleter> store_;
};

// What came over one connection and was not followed by what it was for: framing. A peer may send
// any amount of it - empty frames of HTTP/2, pings, settings, extensions of chunks, empty records -
// while whoever asked is given nothing. Belongs to the thread of its connection.
struct TlsTraffic {
  size_t framing_bytes = 0;
  bool cut_off = false;   // there was too much of it: the connection reads as closed
  bool http2 = false;     // what is spoken, once the handshake is over
  int request_count = 0;  // under way on it

  // A header or a body was given on. It makes up for as much framing as it has bytes.
  void GaveOn(size_t bytes) { framing_bytes -= std::min(framing_bytes, 2 * bytes); }
};

// What the TLS connections of one fetcher have in common: the authorities, and the sessions of
// hosts seen before, which save most of a handshake (RFC 8446 2.2). A session of TLS 1.3 is used
// once (C.4); servers send new ones. Ends connections that are nearly all framing. Belongs to one
// thread; must outlive its connections.
class TlsClient {
 public:
  // Keeps a session each of up to `max_sessions` hosts, those used last.
  TlsClient(std::shared_ptr<const TrustStore> trust, size_t max_sessions, size_t max_framing_bytes);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Sets up the context of one new connection, before its handshake. `peer` names the server:
  // "example.org:443". `certificate_demanded` becomes true if the server asks for a client
  // certificate during the handshake; it must outlive that. Gives what Traffic() will.
  std::shared_ptr<TlsTraffic> Prepare(SSL_CTX* context, const std::string& host,
                                      const std::string& peer, bool* certificate_demanded);

  // Of a connection set up by Prepare(). Shared, since the requests on a connection end after it.
  static const std::shared_ptr<TlsTraffic>& Traffic(const SSL* connection);

  // The facts of a connection, set up by Prepare(), whose handshake is over, in the form of header
  // fields:
  //   Version: TLSv1.3
  //   Cipher: TLS_AES_256_GCM_SHA384
  //   Verify: ok                         (or what is wrong with the certificate)
  //   Subject: CN=example.org            (RFC 2253)
  //   Issuer: CN=R3,O=Let's Encrypt,C=US
  //   Not-Before: 2026-01-01T00:00:00Z
  //   Not-After: 2026-04-01T00:00:00Z
  // Found out once for a connection, then remembered.
  static const std::string& Facts(SSL* connection);

  size_t session_count() const { return sessions_.size(); }

 private:
  struct Connection;

  static int ConnectionIndex();
  static Connection* Of(const SSL* connection);
  static void OnState(const SSL* connection, int where, int result);
  static int OnSession(SSL* connection, SSL_SESSION* session);
  static int OnCertificateDemanded(SSL* connection, X509** certificate, EVP_PKEY** key);
  static void OnMessage(int sent, int version, int type, const void* bytes, size_t size,
                        SSL* connection, void*);
  static std::string Describe(SSL* connection, const std::string& host);
  void KeepSession(const std::string& peer, SSL_SESSION* session);
  SSL_SESSION* TakeSession(const std::string& peer);

  const std::shared_ptr<const TrustStore> trust_;
  const size_t max_sessions_;
  const size_t max_framing_bytes_;
  std::list<std::pair<std::string, SSL_SESSION*>> sessions_;  // the newest last
  absl::flat_hash_map<std::string, std::list<std::pair<std::string, SSL_SESSION*>>::iterator>
      by_peer_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_TLS_CLIENT_H_
