#include "tests/testing/tls_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spindle {
namespace testing {
namespace {

constexpr char kNewKey[] = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";

void Shell(const std::string& command) {
  if (std::system(absl::StrCat("( ", command, " ) >/dev/null 2>&1").c_str()) == 0) return;
  std::cerr << "failed: " << command << "\n";
  std::abort();
}

SSL_CTX* NewContext(const TlsServerOptions& options) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("t"), 1);
  if (options.only_tls_1_2) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  if (options.demands_certificate) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (SSL_CTX_use_certificate_file(context, options.certificate.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    std::cerr << "cannot load " << options.certificate << "\n";
    std::abort();
  }
  return context;
}

}  // namespace

TestAuthority::TestAuthority(std::string dir, const std::string& name)
    : dir_(std::move(dir)), ca_(name) {
  Shell(absl::StrCat("cd ", dir_, " && openssl req -x509 -days 2 -subj '/CN=", ca_, "'", kNewKey,
                     "-keyout ", ca_, ".key -out ", ca_, ".pem"));
}

std::string TestAuthority::ca_file() const { return certificate(ca_); }

void TestAuthority::Issue(const std::string& name, const std::string& names, int days) {
  std::ofstream(dir_ + "/names") << "subjectAltName=" << names << "\n";
  Shell(absl::StrCat("cd ", dir_, " && openssl req -subj '/CN=", name, "'", kNewKey, "-keyout ",
                     name, ".key -out ", name, ".csr && openssl x509 -req -days ", days, " -in ",
                     name, ".csr -CA ", ca_, ".pem -CAkey ", ca_,
                     ".key -CAcreateserial -extfile names -out ", name, ".pem"));
}

TlsServer::TlsServer(const TlsServerOptions& options)
    : options_(options), context_(NewContext(options)) {
  SSL_CTX_set_tlsext_servername_callback(context_, &OnServerName);
  SSL_CTX_set_tlsext_servername_arg(context_, this);
  listener_ = socket(options.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  auto* address =
      options.ipv6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  socklen_t size = options.ipv6 ? sizeof(v6) : sizeof(v4);
  if (bind(listener_, address, size) != 0 || listen(listener_, 64) != 0) std::abort();
  getsockname(listener_, address, &size);
  port_ = ntohs(options.ipv6 ? v6.sin6_port : v4.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

TlsServer::~TlsServer() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  if (const int fd = connection_; fd >= 0) shutdown(fd, SHUT_RDWR);
  thread_.join();
  close(listener_);
  SSL_CTX_free(context_);
}

std::vector<std::string> TlsServer::server_names() const {
  const std::lock_guard<std::mutex> lock(mu_);
  return server_names_;
}

int TlsServer::OnServerName(SSL* connection, int*, void* self) {
  auto* server = static_cast<TlsServer*>(self);
  const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  const std::lock_guard<std::mutex> lock(server->mu_);
  server->server_names_.emplace_back(name == nullptr ? "" : name);
  return SSL_TLSEXT_ERR_OK;
}

void TlsServer::Serve() {
  while (!stopping_) {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    connection_ = fd;
    ServeConnection(fd);
    connection_ = -1;
    close(fd);
  }
}

void TlsServer::ServeConnection(int fd) {
  SSL* ssl = SSL_new(context_);
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1) {
    ++(SSL_session_reused(ssl) ? resumed_handshakes_ : full_handshakes_);
    const absl::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    char request[4096];
    int got = 0;
    while (!stopping_ && (got = SSL_read(ssl, request, sizeof(request))) > 0) {
      if (!absl::EndsWith(absl::string_view(request, got), "\r\n\r\n")) continue;
      SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
      if (options_.close_after_answer) break;
    }
    SSL_shutdown(ssl);
  }
  SSL_free(ssl);
}

}  // namespace testing
}  // namespace spindle
