// Serves a made-up web on loopback until it is interrupted, for runs by hand.

#include <signal.h>
#include <stdio.h>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/time/time.h"
#include "tests/testing/test_web.h"

ABSL_FLAG(int, hosts, 200, "hosts, each an address of 127.0.0.0/8");
ABSL_FLAG(int, pages, 50, "pages of each host");
ABSL_FLAG(int, port, 0, "port to listen on; 0 takes a free one");
ABSL_FLAG(uint64_t, seed, 1, "equal seeds give equal webs");
ABSL_FLAG(uint64_t, page_bytes, 1500, "size of a page");
ABSL_FLAG(absl::Duration, latency, absl::ZeroDuration(), "time from a request to its answer");
ABSL_FLAG(bool, odd, true, "with redirects, missing pages, robots.txt rules, gzip and charsets");

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Serves a made-up web on loopback.");
  absl::ParseCommandLine(argc, argv);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Before the server's thread starts, so that it inherits the mask.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const bool odd = absl::GetFlag(FLAGS_odd);
  spindle::testing::WebOptions options;
  options.seed = absl::GetFlag(FLAGS_seed);
  options.host_count = absl::GetFlag(FLAGS_hosts);
  options.pages_per_host = absl::GetFlag(FLAGS_pages);
  options.page_bytes = absl::GetFlag(FLAGS_page_bytes);
  options.latency = absl::GetFlag(FLAGS_latency);
  options.robots_rules = options.redirects = options.missing_pages = odd;
  options.gzip = options.charsets = options.requisites = odd;
  const spindle::testing::TestWeb web(options, absl::GetFlag(FLAGS_port));

  const auto reachable = web.model().ReachableFrom(0, web.port(), /*with_requisites=*/false,
                                                   /*with_sitemaps=*/false);
  printf("%s\n%zu pages can be reached (%zu URLs; %zu forbidden)\n", web.Url(0, "/").c_str(),
         reachable.pages.size(), reachable.asked.size(), reachable.forbidden.size());
  fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  printf("%zu requests served, at most %d at once\n", web.Requests().size(), web.MaxInFlight());
  return 0;
}
