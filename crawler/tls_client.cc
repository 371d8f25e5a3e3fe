#include "crawler/tls_client.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace spindle {
namespace {

std::string NameText(const X509_NAME* name) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), &BIO_free);
  // Escapes control characters, so that it stays one line.
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, size);
}

std::string TimeText(const ASN1_TIME* time) {
  tm fields = {};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return "unknown";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromTM(fields, absl::UTCTimeZone()),
                          absl::UTCTimeZone());
}

// What stands in the certificate matters, not whether the fetcher let it pass. Names have no final
// dot there, addresses no brackets.
std::string VerifyText(const SSL* connection, X509* certificate, absl::string_view url_host) {
  const long result = SSL_get_verify_result(connection);
  if (result != X509_V_OK) return X509_verify_cert_error_string(result);
  absl::ConsumeSuffix(&url_host, ".");
  if (absl::ConsumePrefix(&url_host, "[")) absl::ConsumeSuffix(&url_host, "]");
  const std::string host(url_host);
  const bool matches = X509_check_ip_asc(certificate, host.c_str(), 0) == 1 ||
                       X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
  return matches ? "ok" : "the certificate is for another name";
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TrustStore>> TrustStore::Load(const std::string& ca_file) {
  if (access(ca_file.c_str(), R_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("cannot read ", ca_file, ": ", std::strerror(errno)));
  }
  std::shared_ptr<const TrustStore> trust(new TrustStore(X509_STORE_new()));
  ERR_clear_error();
  if (X509_STORE_load_file(trust->get(), ca_file.c_str()) != 1) {
    const unsigned long error = ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(error);
    ERR_clear_error();
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read certificates (PEM) from ", ca_file,
                     reason == nullptr ? "" : absl::StrCat(": ", reason)));
  }
  return trust;
}

// Hangs on the context of its connection, which libcurl makes anew for each, and dies with it.
struct TlsClient::Connection {
  TlsClient* client;
  std::string host;
  std::string peer;
  bool* certificate_demanded;  // null when the handshake is over
  std::shared_ptr<TlsTraffic> traffic;
  std::string facts;
};

TlsClient::TlsClient(std::shared_ptr<const TrustStore> trust, size_t max_sessions,
                     size_t max_framing_bytes)
    : trust_(std::move(trust)),
      max_sessions_(max_sessions),
      max_framing_bytes_(max_framing_bytes) {}

TlsClient::~TlsClient() {
  for (const auto& [peer, session] : sessions_) SSL_SESSION_free(session);
}

int TlsClient::ConnectionIndex() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* connection, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<Connection*>(connection);
      });
  return index;
}

TlsClient::Connection* TlsClient::Of(const SSL* connection) {
  return static_cast<Connection*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), ConnectionIndex()));
}

std::shared_ptr<TlsTraffic> TlsClient::Prepare(SSL_CTX* context, const std::string& host,
                                               const std::string& peer,
                                               bool* certificate_demanded) {
  auto traffic = std::make_shared<TlsTraffic>();
  if (trust_ != nullptr) SSL_CTX_set1_cert_store(context, trust_->get());
  // A server that closes without a word ends its answer all the same; what is missing of it is seen
  // from its length.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  // A connection that waits keeps no buffers; the next one takes those of the last, still in
  // the processor's cache.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_ex_data(context, ConnectionIndex(),
                      new Connection{this, host, peer, certificate_demanded, traffic, ""});
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &OnSession);
  SSL_CTX_set_info_callback(context, &OnState);
  SSL_CTX_set_client_cert_cb(context, &OnCertificateDemanded);
  SSL_CTX_set_msg_callback(context, &OnMessage);
  return traffic;
}

const std::shared_ptr<TlsTraffic>& TlsClient::Traffic(const SSL* connection) {
  return Of(connection)->traffic;
}

// Sees the header of each record that came (RFC 8446 5.1), before its content is looked at: a peer
// that sends as fast as it is read is read by libcurl without a pause.
void TlsClient::OnMessage(int sent, int, int type, const void* bytes, size_t size, SSL* connection,
                          void*) {
  if (sent != 0 || type != SSL3_RT_HEADER || size < SSL3_RT_HEADER_LENGTH) return;
  const auto* header = static_cast<const unsigned char*>(bytes);
  const Connection* own = Of(connection);
  TlsTraffic& traffic = *own->traffic;
  traffic.framing_bytes += size + (header[3] << 8 | header[4]);
  if (traffic.framing_bytes <= own->client->max_framing_bytes_) return;
  traffic.cut_off = true;
  SSL_set_shutdown(connection, SSL_get_shutdown(connection) | SSL_RECEIVED_SHUTDOWN);
}

// The only moment between libcurl's SSL_new() and the first message: here an old session goes in.
void TlsClient::OnState(const SSL* connection, int where, int) {
  Connection* own = Of(connection);
  if (where == SSL_CB_HANDSHAKE_START && own->certificate_demanded != nullptr) {
    if (SSL_SESSION* session = own->client->TakeSession(own->peer)) {
      SSL_set_session(const_cast<SSL*>(connection), session);
      if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) {
        own->client->KeepSession(own->peer, session);  // there may come no new one
      } else {
        SSL_SESSION_free(session);
      }
    }
  } else if (where == SSL_CB_HANDSHAKE_DONE) {
    own->certificate_demanded = nullptr;
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(connection, &protocol, &size);
    own->traffic->http2 = size == 2 && std::memcmp(protocol, "h2", 2) == 0;
  }
}

int TlsClient::OnSession(SSL* connection, SSL_SESSION* session) {
  const Connection* own = Of(connection);
  own->client->KeepSession(own->peer, session);
  return 1;  // it is ours now
}

int TlsClient::OnCertificateDemanded(SSL* connection, X509**, EVP_PKEY**) {
  if (bool* demanded = Of(connection)->certificate_demanded) *demanded = true;
  return 0;  // there is none
}

void TlsClient::KeepSession(const std::string& peer, SSL_SESSION* session) {
  if (SSL_SESSION* old = TakeSession(peer)) SSL_SESSION_free(old);
  if (max_sessions_ == 0) {
    SSL_SESSION_free(session);
    return;
  }
  if (sessions_.size() >= max_sessions_) {
    SSL_SESSION_free(sessions_.front().second);
    by_peer_.erase(sessions_.front().first);
    sessions_.pop_front();
  }
  by_peer_[peer] = sessions_.emplace(sessions_.end(), peer, session);
}

SSL_SESSION* TlsClient::TakeSession(const std::string& peer) {
  const auto it = by_peer_.find(peer);
  if (it == by_peer_.end()) return nullptr;
  SSL_SESSION* session = it->second->second;
  sessions_.erase(it->second);
  by_peer_.erase(it);
  return session;
}

const std::string& TlsClient::Facts(SSL* connection) {
  Connection* own = Of(connection);
  if (own->facts.empty()) own->facts = Describe(connection, own->host);
  return own->facts;
}

std::string TlsClient::Describe(SSL* connection, const std::string& host) {
  std::string facts = absl::StrCat("Version: ", SSL_get_version(connection),
                                   "\r\nCipher: ", SSL_get_cipher_name(connection), "\r\n");
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(connection),
                                                           &X509_free);
  if (certificate == nullptr) return facts;
  absl::StrAppend(&facts, "Verify: ", VerifyText(connection, certificate.get(), host),
                  "\r\nSubject: ", NameText(X509_get_subject_name(certificate.get())),
                  "\r\nIssuer: ", NameText(X509_get_issuer_name(certificate.get())),
                  "\r\nNot-Before: ", TimeText(X509_get0_notBefore(certificate.get())));
  absl::StrAppend(&facts, "\r\nNot-After: ", TimeText(X509_get0_notAfter(certificate.get())),
                  "\r\n");
  return facts;
}

}  // namespace spindle
