#ifndef SPINDLE_CRAWLER_DESCRIPTOR_BUDGET_H_
#define SPINDLE_CRAWLER_DESCRIPTOR_BUDGET_H_

// Who may open how many of the files and sockets that the system lets this process have. A crawl
// that runs out of them takes it for failures of its hosts, so every one is accounted for: most are
// for connections, up to a quarter for the store's files. Thread-safe.

namespace spindle {

// As many as the system lets this process have, from now on; how many that is.
int RaiseDescriptorLimit();

struct DescriptorBudget {
  int store_files = 0;       // tables and blobs that the store holds open
  int max_transfers = 0;     // of all workers, at least one each
  int idle_connections = 0;  // of all workers, kept for the next request
};

// The fewest that a crawl with so many workers runs with.
int LeastDescriptors(int workers);

// REQUIRES: descriptors >= LeastDescriptors(workers), wanted_transfers >= 1.
DescriptorBudget DivideDescriptors(int descriptors, int workers, int wanted_transfers);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_DESCRIPTOR_BUDGET_H_
