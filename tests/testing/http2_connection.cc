#include "tests/testing/http2_connection.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace testing {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// "/robots.txt" in HPACK's Huffman code, as clients write a path that they have not sent before.
constexpr absl::string_view kCodedRobotsPath = "\x62\xc3\xc6\x74\xa1\x74\xf9\x4f";

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kKnown[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, kKnown, sizeof(kKnown) - 1, offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// With a certificate that it signed itself.
SSL_CTX* NewContext() {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  if (context == nullptr || key == nullptr || certificate == nullptr) abort();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("hostile"), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  if (X509_sign(certificate, key, EVP_sha256()) == 0 ||
      SSL_CTX_use_certificate(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey(context, key) != 1) {
    abort();
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
  SSL_CTX_set_alpn_select_cb(context, &ChooseProtocol, nullptr);
  return context;
}

SSL_CTX* Context() {
  static SSL_CTX* const context = NewContext();
  return context;
}

std::string Number(uint64_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift));
  }
  return out;
}

// A string that is not Huffman coded (RFC 7541 5.1, 5.2).
std::string Literal(absl::string_view text) {
  std::string out;
  size_t size = text.size();
  if (size < 127) {
    out.push_back(static_cast<char>(size));
  } else {
    out.push_back(127);
    for (size -= 127; size >= 128; size /= 128) {
      out.push_back(static_cast<char>(128 + size % 128));
    }
    out.push_back(static_cast<char>(size));
  }
  return absl::StrCat(out, text);
}

}  // namespace

std::string Number32(uint32_t number) { return Number(number, 4); }

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload) {
  return absl::StrCat(Number(payload.size(), 3), Number(type, 1), Number(flags, 1),
                      Number(stream, 4), payload);
}

std::string Data(uint32_t stream, absl::string_view data, uint8_t flags) {
  return Frame(kDataFrame, flags, stream, data);
}

std::string Headers(uint32_t stream, absl::string_view block, uint8_t flags) {
  return Frame(kHeadersFrame, flags, stream, block);
}

std::string ResetStream(uint32_t stream, uint32_t error) {
  return Frame(kResetFrame, kNoFlags, stream, Number32(error));
}

std::string GoAway(uint32_t last_stream, uint32_t error) {
  return Frame(kGoAwayFrame, kNoFlags, 0, Number32(last_stream) + Number32(error));
}

std::string Settings(const Http2Settings& settings) {
  std::string payload;
  for (const auto& [name, value] : settings) {
    absl::StrAppend(&payload, Number(name, 2), Number32(value));
  }
  return Frame(kSettingsFrame, kNoFlags, 0, payload);
}

std::string WindowUpdate(uint32_t stream, uint32_t increment) {
  return Frame(kWindowUpdateFrame, kNoFlags, stream, Number32(increment));
}

std::string Field(absl::string_view name, absl::string_view value) {
  return absl::StrCat(Number(0, 1), Literal(name), Literal(value));
}

std::string RememberedField(absl::string_view name, absl::string_view value) {
  return absl::StrCat(Number(0x40, 1), Literal(name), Literal(value));
}

std::string IndexedField(uint8_t index) { return Number(0x80 | index, 1); }

Http2Connection::Http2Connection(HostileConnection* connection)
    : connection_(connection), ssl_(SSL_new(Context())) {
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

Http2Connection::~Http2Connection() { SSL_free(ssl_); }

int Http2Connection::Run(const std::function<int()>& call) {
  for (;;) {
    ERR_clear_error();
    const int result = call();
    const int error = SSL_get_error(ssl_, result);
    char* out = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &out);
    if (size > 0 && !connection_->Send(absl::string_view(out, size))) return 0;
    (void)BIO_reset(SSL_get_wbio(ssl_));
    if (result > 0) return result;
    std::string in;
    if (error != SSL_ERROR_WANT_READ || !connection_->Receive(&in)) return 0;
    BIO_write(SSL_get_rbio(ssl_), in.data(), static_cast<int>(in.size()));
  }
}

bool Http2Connection::Start() {
  if (Run([this] { return SSL_accept(ssl_); }) <= 0) return false;
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_, &protocol, &size);
  is_http2_ = absl::string_view(reinterpret_cast<const char*>(protocol), size) == "h2";
  if (!is_http2_) return true;
  if (!Fill(kPreface.size()) || !absl::StartsWith(in_, kPreface)) return false;
  in_.erase(0, kPreface.size());
  return true;
}

// Until there are so many bytes to look at.
bool Http2Connection::Fill(size_t bytes) {
  while (in_.size() < bytes) {
    char room[4096];
    const int got = Run([&] { return SSL_read(ssl_, room, sizeof(room)); });
    if (got <= 0) return false;
    in_.append(room, got);
  }
  return true;
}

bool Http2Connection::ReadRequest() {
  if (!is_http2_) {
    size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill(in_.size() + 1)) return false;
    }
    connection_->Note(absl::StartsWith(in_, "GET /robots.txt ") ? "/robots.txt" : "/");
    in_.erase(0, end + 4);
    return true;
  }
  while (Fill(kFrameHeaderBytes)) {
    const auto* head = reinterpret_cast<const unsigned char*>(in_.data());
    const size_t size = head[0] << 16 | head[1] << 8 | head[2];
    const uint8_t type = head[3];
    const uint32_t stream = head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8];
    if (!Fill(kFrameHeaderBytes + size)) return false;
    const std::string payload = in_.substr(kFrameHeaderBytes, size);
    in_.erase(0, kFrameHeaderBytes + size);
    if (type != kHeadersFrame) continue;
    stream_ = stream;
    connection_->Note(absl::StrContains(payload, kCodedRobotsPath) ? "/robots.txt" : "/");
    return true;
  }
  return false;
}

bool Http2Connection::Send(absl::string_view bytes) {
  if (bytes.empty()) return true;
  return Run([&] { return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())); }) > 0;
}

}  // namespace testing
}  // namespace spindle
