#ifndef SPINDLE_TOOLS_SIMULATE_CRASHES_H_
#define SPINDLE_TOOLS_SIMULATE_CRASHES_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "storage/crawl_store.h"
#include "tools/simulated_crawl.h"
#include "tools/simulated_web.h"

namespace spindle {

struct SimulateCrashesOptions {
  std::string dir;  // each crawl in a folder of its own, removed where nothing is wrong
  SimulatedWebOptions web;
  SimulatedCrawlOptions crawl;
  StoreOptions store;
  uint32_t shard_count = 64;
  uint32_t seed_hosts = 100;
  int crashes = 1000;
};

// Crawls a simulated web in processes of their own and kills each with SIGKILL at a random moment,
// then looks at what is left: whether the directory verifies, every link of every page whose commit
// had returned is known, no page is stored twice, and the hosts, who remember through all of it,
// saw no request too early. Fails where that is not so. After fifty deaths, or once everything is
// found, another crawl begins, of another web. Prints a line after each.
//
// REQUIRES: this process has one thread, and has not opened a store.
absl::Status SimulateCrashes(const SimulateCrashesOptions& options, std::ostream* output);

}  // namespace spindle

#endif  // SPINDLE_TOOLS_SIMULATE_CRASHES_H_
