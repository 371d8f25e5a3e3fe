// bazel run -c opt //tests/benchmarks:fetch -- [--open=100,1000,10000,18000] [--mode=keep,new]
//     [--scheme=http,https] [--client=bare,ours] [--seconds=2] [--rounds=2]
//     [--keys=p256] [--[no]intermediate] [--[no]resume]
//
// What the fetcher costs: CPU time of the client's process for a request, with so many transfers
// open all the time, beside a bare loop of libcurl and libevent with one multi handle. The servers
// are other processes, spread over loopback addresses and ports, so that every open transfer has a
// host of its own. Every figure is of a process of its own; the best of the rounds counts, which
// alternate between the two.

#include <curl/curl.h>
#include <event2/event.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "crawler/fetcher.h"
#include "tests/benchmarks/fetch_server.h"

ABSL_FLAG(std::vector<std::string>, open,
          (std::vector<std::string>{"100", "1000", "10000", "18000"}), "transfers open at once");
ABSL_FLAG(std::vector<std::string>, mode, (std::vector<std::string>{"keep", "new"}),
          "keep: keep-alive; new: a connection for each request");
ABSL_FLAG(std::vector<std::string>, scheme, (std::vector<std::string>{"http", "https"}), "");
ABSL_FLAG(std::vector<std::string>, client, (std::vector<std::string>{"bare", "ours"}), "");
ABSL_FLAG(double, seconds, 2, "of CPU time that a figure is taken over, at least");
ABSL_FLAG(int, rounds, 2, "of which the best counts");
ABSL_FLAG(int, multis, 0, "multi handles of the fetcher; 0: its default");
ABSL_FLAG(uint64_t, body_bytes, 10'000, "of the page");
ABSL_FLAG(std::string, keys, "p256",
          "of the server, the intermediate and the authority that is trusted: p256; p384: P-256, "
          "P-384, P-384; rsa: 2048, 2048, 4096 bits");
ABSL_FLAG(bool, intermediate, true,
          "the authority signs an intermediate one, which signs the server; without, the server");
ABSL_FLAG(bool, resume, true, "TLS sessions; without, each new connection verifies the chain");

namespace spindle {
namespace {

constexpr int kAddresses = 8;  // all of them in one certificate, as many names as it usually has

struct Load {
  int open = 0;
  bool keep_alive = false;
  size_t body_bytes = 0;
};

struct Figure {
  double us_per_request = 1e9;
  double kb_per_transfer = 0;
  int64_t requests = 0;
  int64_t errors = 0;
};

absl::Duration CpuTime() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

double PeakKb() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss);
}

// Counts requests once every transfer has come to its second, and for so long that each may end
// that: less would count what is begun and not what ends, or the other way round.
class Meter {
 public:
  explicit Meter(const Load& load) : load_(load), warm_(load.open, false) {}

  // Transfer number `i` has ended a request. False: enough.
  bool Count(size_t i, long status, size_t body_bytes) {
    ++count_;
    if (status != 200 || body_bytes != load_.body_bytes) ++figure_.errors;
    if (!warm_[i]) {
      warm_[i] = true;
      ++warm_count_;
    }
    if (start_count_ == 0) {
      if (warm_count_ < load_.open || count_ < kMinWarmUp) return true;
      start_count_ = count_;
      start_cpu_ = CpuTime();
    }
    if (count_ % 64 != 0) return true;
    const absl::Duration spent = CpuTime() - start_cpu_;
    figure_.requests = count_ - start_count_;
    if (spent < absl::Seconds(absl::GetFlag(FLAGS_seconds))) return true;
    if (figure_.requests < load_.open && spent < kMaxCpuTime) return true;
    figure_.us_per_request = absl::ToDoubleMicroseconds(spent) / figure_.requests;
    return false;
  }
  Figure figure(double before_kb) {
    figure_.kb_per_transfer = (PeakKb() - before_kb) / load_.open;
    return figure_;
  }

 private:
  static constexpr int64_t kMinWarmUp = 2000;
  static constexpr absl::Duration kMaxCpuTime = absl::Seconds(40);

  const Load load_;
  Figure figure_;
  std::vector<bool> warm_;
  int warm_count_ = 0;
  int64_t count_ = 0;
  int64_t start_count_ = 0;
  absl::Duration start_cpu_;
};

// What any program of libcurl's multi_socket interface does, and no more.
class BareLoop {
 public:
  BareLoop(const Load& load, const FetchServer& server)
      : load_(load), meter_(load), base_(event_base_new()), multi_(curl_multi_init()) {
    timer_ = evtimer_new(base_, &OnTimeout, this);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(load.open + 100));
    transfers_.resize(load.open);
    for (int i = 0; i < load.open; ++i) {
      transfers_[i].url = server.Url(i);
      CURL* easy = curl_easy_init();
      curl_easy_setopt(easy, CURLOPT_URL, transfers_[i].url.c_str());
      curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfers_[i]);
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
      curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfers_[i]);
      curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, load.keep_alive ? 0L : 1L);
      curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, absl::GetFlag(FLAGS_resume) ? 1L : 0L);
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
      curl_easy_setopt(easy, CURLOPT_CAINFO, server.ca_file().c_str());
      // Its cache of names is quadratic, numeric addresses included.
      curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
      // A limit of time is what no crawler can do without.
      curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 600L);
      curl_easy_setopt(easy, CURLOPT_TIMEOUT, 600L);
      curl_multi_add_handle(multi_, easy);
    }
  }

  Figure Run(double before_kb) {
    event_base_dispatch(base_);
    return meter_.figure(before_kb);
  }

 private:
  struct Transfer {
    std::string url;
    size_t body_bytes = 0;
  };

  static size_t OnBody(char*, size_t size, size_t count, void* transfer) {
    static_cast<Transfer*>(transfer)->body_bytes += size * count;
    return size * count;
  }
  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void* socket) {
    auto* loop = static_cast<BareLoop*>(self);
    auto* ev = static_cast<event*>(socket);
    if (ev != nullptr) event_free(ev);
    if (what == CURL_POLL_REMOVE) {
      curl_multi_assign(loop->multi_, fd, nullptr);
      return 0;
    }
    const short mask = static_cast<short>((what & CURL_POLL_IN ? EV_READ : 0) |
                                          (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);
    ev = event_new(loop->base_, fd, mask, &OnReady, loop);
    event_add(ev, nullptr);
    curl_multi_assign(loop->multi_, fd, ev);
    return 0;
  }
  static int OnTimer(CURLM*, long timeout_ms, void* self) {
    auto* loop = static_cast<BareLoop*>(self);
    if (timeout_ms < 0) {
      evtimer_del(loop->timer_);
    } else {
      const timeval time = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
      evtimer_add(loop->timer_, &time);
    }
    return 0;
  }
  static void OnReady(int fd, short what, void* self) {
    static_cast<BareLoop*>(self)->Act(
        fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
  }
  static void OnTimeout(int, short, void* self) {
    static_cast<BareLoop*>(self)->Act(CURL_SOCKET_TIMEOUT, 0);
  }
  void Act(curl_socket_t fd, int mask) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, mask, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      CURL* easy = message->easy_handle;
      Transfer* transfer = nullptr;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      curl_multi_remove_handle(multi_, easy);
      if (!meter_.Count(transfer - transfers_.data(), status, transfer->body_bytes)) {
        event_base_loopbreak(base_);
        return;
      }
      transfer->body_bytes = 0;
      curl_easy_setopt(easy, CURLOPT_URL, transfer->url.c_str());
      curl_multi_add_handle(multi_, easy);
    }
  }

  const Load load_;
  Meter meter_;
  event_base* const base_;
  CURLM* const multi_;
  event* timer_ = nullptr;
  std::vector<Transfer> transfers_;
};

// The fetcher, given one request of the same host after the other for each place.
class FetcherLoop {
 public:
  FetcherLoop(const Load& load, const FetchServer& server)
      : meter_(load), loop_([] {}), fetcher_(&loop_, Options(load, server), ResolverOptions()) {
    requests_.resize(load.open);
    for (int i = 0; i < load.open; ++i) {
      FetchRequest& request = requests_[i];
      request.url = server.Url(i);
      request.host = server.address(i);
      request.port = static_cast<uint16_t>(server.port(i));
      request.affinity = uint64_t(i) * 0x9e3779b97f4a7c15 >> 32;
      request.keep_alive = load.keep_alive;
    }
  }

  Figure Run(double before_kb) {
    for (size_t i = 0; i < requests_.size(); ++i) Start(i);
    loop_.Run();
    return meter_.figure(before_kb);
  }

 private:
  static FetcherOptions Options(const Load& load, const FetchServer& server) {
    FetcherOptions options;
    options.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
    options.ca_file = server.ca_file();
    options.max_transfers = load.open;
    if (!absl::GetFlag(FLAGS_resume)) options.max_tls_sessions = 0;
    options.connect_timeout = absl::Seconds(600);
    options.first_byte_timeout = absl::Seconds(600);
    options.transfer_timeout = absl::Seconds(600);
    if (const int multis = absl::GetFlag(FLAGS_multis); multis > 0) {
      options.multi_handle_count = multis;
    }
    return options;
  }
  void Start(size_t i) {
    fetcher_.Fetch(requests_[i], [this, i](FetchResponse response) {
      if (response.http_status != 200 && shown_errors_++ == 0) {
        std::cerr << "error: " << response.message << "\n";
      }
      if (!meter_.Count(i, response.http_status, response.body.size())) {
        done_ = true;
        loop_.Stop();
      }
      if (!done_) Start(i);
    });
  }

  Meter meter_;
  EventLoop loop_;
  Fetcher fetcher_;
  std::vector<FetchRequest> requests_;
  bool done_ = false;
  int shown_errors_ = 0;
};

// In a process of its own: no memory and no connection of another run.
Figure Measure(const std::string& client, const Load& load, const FetchServer& server) {
  auto* figure = static_cast<Figure*>(
      mmap(nullptr, sizeof(Figure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *figure = Figure();
  const pid_t child = fork();
  if (child == 0) {
    cpu_set_t cpu;
    CPU_ZERO(&cpu);
    CPU_SET(0, &cpu);
    sched_setaffinity(0, sizeof(cpu), &cpu);
    std::signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const double before_kb = PeakKb();
    // Not destroyed: the process ends.
    *figure = client == "bare" ? (new BareLoop(load, server))->Run(before_kb)
                               : (new FetcherLoop(load, server))->Run(before_kb);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) {
    std::cerr << client << " ended with " << status << "\n";
    std::exit(1);
  }
  const Figure result = *figure;
  munmap(figure, sizeof(Figure));
  return result;
}

Figure BestOf(const Figure& a, const Figure& b) {
  return a.us_per_request < b.us_per_request ? a : b;
}

CertificateKeys KeysOf(const std::string& name) {
  if (name == "p256") return CertificateKeys::kP256;
  if (name == "p384") return CertificateKeys::kP384;
  if (name == "rsa") return CertificateKeys::kRsa;
  std::cerr << "--keys is p256, p384 or rsa\n";
  std::exit(1);
}

void RunLoad(const std::string& scheme, const std::string& mode, const Load& load) {
  FetchServerOptions options;
  options.tls = scheme == "https";
  options.keys = KeysOf(absl::GetFlag(FLAGS_keys));
  options.intermediate = absl::GetFlag(FLAGS_intermediate);
  options.addresses = LoopbackAddresses(kAddresses);
  options.port_count = std::max(2, (load.open + kAddresses - 1) / kAddresses);
  options.body_bytes = load.body_bytes;
  options.busy_wait = true;
  const FetchServer server(options);
  std::map<std::string, Figure> best;
  for (int round = 0; round < absl::GetFlag(FLAGS_rounds); ++round) {
    for (const std::string& client : absl::GetFlag(FLAGS_client)) {
      const auto [it, is_new] = best.try_emplace(client);
      it->second = BestOf(it->second, Measure(client, load, server));
    }
  }
  static std::map<std::string, double> first;  // of each row's kind
  std::cout << absl::StreamFormat("%-6s %-5s %6d", scheme, mode, load.open);
  for (const std::string& client : absl::GetFlag(FLAGS_client)) {
    const Figure& figure = best[client];
    const double base =
        first.try_emplace(scheme + mode + client, figure.us_per_request).first->second;
    std::cout << absl::StreamFormat("  %s %7.1f us %8.0f/s x%-5.2f %6.1f KB", client,
                                    figure.us_per_request, 1e6 / figure.us_per_request,
                                    figure.us_per_request / base, figure.kb_per_transfer);
    if (figure.errors > 0) std::cout << " " << figure.errors << " errors!";
  }
  if (best.count("bare") && best.count("ours")) {
    std::cout << absl::StreamFormat("  %.2f of bare",
                                    best["bare"].us_per_request / best["ours"].us_per_request);
  }
  std::cout << std::endl;
}

int OpenCount(const std::string& text) {
  int open = 0;
  if (!absl::SimpleAtoi(text, &open) || open < 1) {
    std::cerr << "--open is a list of numbers\n";
    std::exit(1);
  }
  return open;
}

void Run() {
  std::cout << "CPU time of a request, requests a CPU-second, growth from the first row, peak "
               "memory of a transfer\n";
  for (const std::string& scheme : absl::GetFlag(FLAGS_scheme)) {
    for (const std::string& mode : absl::GetFlag(FLAGS_mode)) {
      for (const std::string& open : absl::GetFlag(FLAGS_open)) {
        RunLoad(scheme, mode, {OpenCount(open), mode == "keep", absl::GetFlag(FLAGS_body_bytes)});
      }
    }
  }
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  spindle::Run();
}
