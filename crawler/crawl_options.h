#ifndef SPINDLE_CRAWLER_CRAWL_OPTIONS_H_
#define SPINDLE_CRAWLER_CRAWL_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "crawler/fetcher.h"
#include "crawler/page_pipeline.h"
#include "crawler/resolver.h"
#include "crawler/scope.h"
#include "shard/frontier.h"
#include "storage/crawl_store.h"

namespace spindle {

// Everything that describes a crawl. The defaults crawl politely.
struct CrawlOptions {
  std::string dir = "crawl-data";
  std::vector<std::string> seeds;  // added to those of earlier runs

  int workers = 0;           // event loops, each on its own thread; 0: one per core
  int parser_threads = 0;    // 0: one per core
  uint32_t shards = 64;      // fixed when the crawl is created
  int64_t max_pages = 0;     // pages to store in this run; 0: no limit
  int max_transfers = 1000;  // requests open at once, whole process
  absl::Duration drain_timeout =
      absl::Seconds(5);  // for requests under way when the crawl is stopped
  // For all that grows with the crawl: the store's buffers and caches, hosts in memory, bodies
  // under way (crawler/memory_budget.h); store.memory_bytes follows from it. 0: a quarter of the
  // machine's.
  uint64_t memory_bytes = 0;
  // The crawl stops as by Stop() once the disk of `dir` has less. 0: only where the disk is full.
  uint64_t min_free_disk_bytes = uint64_t{1} << 30;
  // Bytes of answers in memory: being received, waiting for a parser thread, waiting for their
  // commit. Over it fetching slows down. 0: a part of memory_bytes.
  size_t max_bytes_in_flight = 0;
  // The public suffix list (publicsuffix.org) that shards and scope=domain go by; copied into `dir`
  // when the crawl is created, and read from there ever after.
  std::string public_suffix_list = "/usr/share/publicsuffix/public_suffix_list.dat";

  ScopeKind scope = ScopeKind::kHost;
  StoreOptions store;
  FrontierOptions frontier;
  FetcherOptions fetcher;
  ResolverOptions resolver;
  PipelineOptions pipeline;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_CRAWL_OPTIONS_H_
