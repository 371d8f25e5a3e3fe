#include "tests/testing/dnsmasq.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/testing/dns_responder.h"

namespace spindle {
namespace testing {
namespace {

constexpr char kBinary[] = "/usr/sbin/dnsmasq";

// "version.bind", asked for as an address: dnsmasq answers anything.
DnsQuestion Probe() {
  DnsQuestion question;
  question.raw = std::string("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x05probe\x04test\0\0\x01\0\x01", 28);
  return question;
}

int FreePort() {
  // Free for UDP and TCP at once, a moment ago.
  return DnsResponder([](const DnsQuestion&) { return DnsReply(); }).port();
}

}  // namespace

Dnsmasq::Dnsmasq(const std::vector<std::string>& settings) : port_(FreePort()) {
  std::vector<std::string> arguments = {kBinary,
                                        "--no-daemon",
                                        "--conf-file=/dev/null",
                                        "--no-resolv",
                                        "--no-hosts",
                                        "--user=",
                                        "--pid-file=",
                                        "--listen-address=127.0.0.1",
                                        "--bind-interfaces",
                                        absl::StrCat("--port=", port_)};
  for (const std::string& setting : settings) arguments.push_back(absl::StrCat("--", setting));
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (posix_spawn(&pid_, kBinary, &actions, nullptr, argv.data(), environ) != 0) {
    std::fprintf(stderr, "cannot run %s (Debian package dnsmasq-base)\n", kBinary);
    std::abort();
  }
  posix_spawn_file_actions_destroy(&actions);
  const absl::Time give_up = absl::Now() + absl::Seconds(10);
  while (AskDnsServer(port_, Probe()).empty()) {
    int status = 0;
    if (absl::Now() > give_up || waitpid(pid_, &status, WNOHANG) != 0) {
      std::fprintf(stderr, "dnsmasq does not answer\n");
      std::abort();
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
}

Dnsmasq::~Dnsmasq() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

std::string Dnsmasq::server() const { return absl::StrCat("127.0.0.1:", port_); }

}  // namespace testing
}  // namespace spindle
