#include "tests/benchmarks/fetch_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spindle {
namespace {

constexpr int kProcesses = 2;  // each has its own limit of descriptors

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int Listen(int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof(address);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(fd, 4096) != 0 || getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("listen");
  }
  *port = ntohs(address.sin_port);
  return fd;
}

void LeaveFirstProcessor() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0 || CPU_COUNT(&cpus) < 2) return;
  CPU_CLR(0, &cpus);
  sched_setaffinity(0, sizeof(cpus), &cpus);
}

// Serves the connections of some listening sockets, for ever.
class Server {
 public:
  Server(const std::vector<int>& listeners, const FetchServerOptions& options, SSL_CTX* tls)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), busy_wait_(options.busy_wait), tls_(tls) {
    if (busy_wait_) LeaveFirstProcessor();
    const std::string body =
        options.body.empty() ? std::string(options.body_bytes, 'x') : options.body;
    answer_ = absl::StrCat(
        "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: ", options.content_type,
        "\r\nContent-Length: ", body.size(), "\r\nCache-Control: max-age=60\r\n\r\n", body);
    for (const int fd : listeners) Watch(fd, EPOLLIN, new Connection{fd, nullptr, true});
  }

  [[noreturn]] void Run() {
    std::vector<epoll_event> events(1024);
    for (;;) {
      const int count =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), busy_wait_ ? 0 : -1);
      if (count == 0) sched_yield();
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[i].data.ptr);
        if (connection->listener) {
          Accept(connection->fd);
        } else if (!Serve(connection)) {
          if (connection->ssl != nullptr) SSL_free(connection->ssl);
          close(connection->fd);
          delete connection;
        }
      }
    }
  }

 private:
  struct Connection {
    int fd;
    SSL* ssl;
    bool listener;
    const std::string* answer = nullptr;
    size_t unsent = 0;
  };

  void Watch(int fd, uint32_t what, Connection* connection) {
    epoll_event event = {};
    event.events = what;
    event.data.ptr = connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
  }

  void Accept(int listener) {
    for (;;) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int one = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
      SSL* ssl = nullptr;
      if (tls_ != nullptr) {
        ssl = SSL_new(tls_);
        SSL_set_fd(ssl, fd);
        SSL_set_accept_state(ssl);
      }
      Watch(fd, EPOLLIN | EPOLLET | EPOLLOUT, new Connection{fd, ssl, false});
    }
  }

  // False: it is over. Requests are small and come one at a time, so one read holds one.
  bool Serve(Connection* connection) {
    for (;;) {
      if (connection->unsent > 0) {
        const std::string& answer = *connection->answer;
        const char* from = answer.data() + answer.size() - connection->unsent;
        const ssize_t wrote =
            connection->ssl != nullptr
                ? SSL_write(connection->ssl, from, static_cast<int>(connection->unsent))
                : send(connection->fd, from, connection->unsent, MSG_NOSIGNAL);
        if (wrote <= 0) return Again(connection, wrote);
        connection->unsent -= wrote;
        continue;
      }
      char request[4096];
      const ssize_t got = connection->ssl != nullptr
                              ? SSL_read(connection->ssl, request, sizeof(request))
                              : read(connection->fd, request, sizeof(request));
      if (got <= 0) return Again(connection, got);
      const absl::string_view text(request, got);
      if (!absl::EndsWith(text, "\r\n\r\n")) continue;
      connection->answer = absl::StartsWith(text, "GET /robots.txt ") ? &no_robots_ : &answer_;
      connection->unsent = connection->answer->size();
    }
  }

  static bool Again(Connection* connection, ssize_t result) {
    if (connection->ssl == nullptr) return result < 0 && errno == EAGAIN;
    const int error = SSL_get_error(connection->ssl, static_cast<int>(result));
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  }

  const int epoll_;
  const bool busy_wait_;
  SSL_CTX* const tls_;
  const std::string no_robots_ = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  std::string answer_;
};

void Shell(const std::string& command) {
  if (std::system(absl::StrCat("( ", command, " ) >/dev/null 2>&1").c_str()) != 0) {
    std::cerr << "failed: " << command << "\n";
    std::exit(1);
  }
}

std::vector<const char*> KindsOf(CertificateKeys keys) {
  constexpr char kP256[] = "ec -pkeyopt ec_paramgen_curve:P-256";
  constexpr char kP384[] = "ec -pkeyopt ec_paramgen_curve:P-384";
  switch (keys) {
    case CertificateKeys::kP384:
      return {kP256, kP384, kP384};
    case CertificateKeys::kRsa:
      return {"rsa:2048", "rsa:2048", "rsa:4096"};
    default:
      return {kP256, kP256, kP256};
  }
}

void MakeCertificates(const std::string& dir, const std::vector<std::string>& addresses,
                      CertificateKeys keys, bool intermediate) {
  std::string names;
  for (const std::string& address : addresses) {
    absl::StrAppend(&names, names.empty() ? "" : ",", "IP:", address);
  }
  std::ofstream(dir + "/names") << "subjectAltName=" << names << "\n";
  std::ofstream(dir + "/ca") << "basicConstraints=critical,CA:true\n";
  const std::vector<const char*> kinds = KindsOf(keys);
  const auto request = [&](absl::string_view name, const char* kind) {
    return absl::StrCat("openssl req -nodes -subj /CN=", name, " -newkey ", kind, " -keyout ", name,
                        ".key ");
  };
  const auto sign = [](absl::string_view name, absl::string_view by, absl::string_view extensions) {
    return absl::StrCat("openssl x509 -req -days 2 -in ", name, ".csr -CA ", by, ".pem -CAkey ", by,
                        ".key -CAcreateserial -extfile ", extensions, " -out ", name, ".pem");
  };
  Shell(absl::StrCat(
      "cd ", dir, " && ", request("authority", kinds[2]), "-x509 -days 2 -out authority.pem && ",
      request("between", kinds[1]), "-out between.csr && ", sign("between", "authority", "ca"),
      " && ", request("server", kinds[0]), "-out server.csr && ",
      sign("server", intermediate ? "between" : "authority", "names"), " && cat server.pem ",
      intermediate ? "between.pem" : "", " > chain.pem && ",
      "cat /etc/ssl/certs/ca-certificates.crt authority.pem > trusted.pem"));
}

SSL_CTX* NewTls(const std::string& dir) {
  SSL_CTX* tls = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_id_context(tls, reinterpret_cast<const unsigned char*>("b"), 1);
  if (SSL_CTX_use_certificate_chain_file(tls, (dir + "/chain.pem").c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, (dir + "/server.key").c_str(), SSL_FILETYPE_PEM) != 1) {
    std::cerr << "cannot load the server's certificate\n";
    std::exit(1);
  }
  return tls;
}

void RaiseDescriptorLimit() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::vector<std::string> LoopbackAddresses(int count) {
  std::vector<std::string> addresses;
  addresses.reserve(count);
  for (int i = 0; i < count; ++i) {
    addresses.push_back(absl::StrCat("127.0.", 64 + i / 250, ".", 1 + i % 250));
  }
  return addresses;
}

FetchServer::FetchServer(const FetchServerOptions& options)
    : tls_(options.tls), addresses_(options.addresses), dir_("/tmp/spindle-fetch-XXXXXX") {
  if (mkdtemp(dir_.data()) == nullptr) Die("mkdtemp");
  if (tls_) MakeCertificates(dir_, addresses_, options.keys, options.intermediate);
  RaiseDescriptorLimit();
  std::vector<std::vector<int>> listeners(kProcesses);
  for (int i = 0; i < options.port_count; ++i) {
    int port = 0;
    listeners[i % kProcesses].push_back(Listen(&port));
    ports_.push_back(port);
  }
  for (const std::vector<int>& own : listeners) {
    if (own.empty()) continue;
    const pid_t process = fork();
    if (process < 0) Die("fork");
    if (process == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      signal(SIGPIPE, SIG_IGN);
      Server(own, options, tls_ ? NewTls(dir_) : nullptr).Run();
    }
    processes_.push_back(process);
  }
  for (const std::vector<int>& own : listeners) {
    for (const int fd : own) close(fd);
  }
}

FetchServer::~FetchServer() {
  for (const pid_t process : processes_) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

std::string FetchServer::Url(size_t index) const {
  return absl::StrCat(tls_ ? "https://" : "http://", address(index), ":", port(index), "/page");
}

std::string FetchServer::ca_file() const {
  return tls_ ? dir_ + "/trusted.pem" : "/etc/ssl/certs/ca-certificates.crt";
}

}  // namespace spindle
