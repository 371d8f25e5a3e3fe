#include "crawler/descriptor_budget.h"

#include <sys/resource.h>

#include <algorithm>

#include "crawler/multi_handle.h"

namespace spindle {
namespace {

// Standard streams, signals, the store's log, manifest and directories, and what its compactions
// write.
constexpr int kFixed = 48;
// Its loop, and its sockets to name servers.
constexpr int kEachWorker = 8;
// What curl wakes it by, and one connection that it always keeps.
constexpr int kEachMultiHandle = kMultiHandleDescriptors + 1;

constexpr int kLeastStoreFiles = 20;  // RocksDB takes no less
constexpr int kMostStoreFiles = 512;

// Where all is in use. A thirty-second of the connections may be idle ones.
int Needed(int workers, int transfers, int store_files) {
  const int each = (transfers + workers - 1) / workers;
  return kFixed + workers * (kEachWorker + kEachMultiHandle * MultiHandleCount(each)) + transfers +
         transfers / 32 + store_files;
}

}  // namespace

int RaiseDescriptorLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 24));
}

int LeastDescriptors(int workers) { return Needed(workers, workers, kLeastStoreFiles); }

DescriptorBudget DivideDescriptors(int descriptors, int workers, int wanted_transfers) {
  const int spare = descriptors - LeastDescriptors(workers);
  DescriptorBudget budget;
  budget.store_files = std::clamp(descriptors / 4, kLeastStoreFiles,
                                  std::min(kMostStoreFiles, kLeastStoreFiles + spare));
  int fits = workers;
  for (int too_many = std::max(wanted_transfers, workers) + 1; too_many - fits > 1;) {
    const int middle = fits + (too_many - fits) / 2;
    const bool enough = Needed(workers, middle, budget.store_files) <= descriptors;
    (enough ? fits : too_many) = middle;
  }
  budget.max_transfers = fits;
  budget.idle_connections = descriptors - Needed(workers, fits, budget.store_files) + fits / 32;
  return budget;
}

}  // namespace spindle
