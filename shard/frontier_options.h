#ifndef SPINDLE_SHARD_FRONTIER_OPTIONS_H_
#define SPINDLE_SHARD_FRONTIER_OPTIONS_H_

#include <cstddef>
#include <string>

#include "parsers/public_suffix.h"
#include "shard/budgets.h"
#include "shard/clock_groups.h"
#include "shard/near_duplicates.h"
#include "shard/politeness.h"
#include "shard/recrawl.h"
#include "shard/url_traps.h"

namespace spindle {

// How a frontier (shard/frontier.h) decides; the same for all of a crawl.
struct FrontierOptions {
  PolitenessOptions politeness;
  RecrawlOptions recrawl;
  TrapOptions traps;
  NearDuplicateOptions near_duplicates;
  BudgetOptions budgets;
  ClockGroups clocks;
  // Pages are visited again when they are due. Off: what is due waits for a run that wants it.
  bool visit_again = false;
  // Requests to one host at the same time. Above 1, starts are still a delay apart.
  int per_host_concurrency = 1;
  // Links from a seed; URLs deeper are recorded as excluded. -1: no limit.
  int max_depth = -1;
  // Redirect hops from one link (RFC 9110 15.4 asks for a limit).
  int max_redirects = 10;
  // Hops from a robots.txt (RFC 9309 2.3.1.2: at least five).
  int max_robots_hops = 5;
  // Ready URLs of a host that are held in memory; the rest waits on disk.
  size_t window_count = 8;
  // Hosts of one shard that are worked on at the same time; the rest waits on disk.
  size_t max_live_hosts = 4096;
  // Hosts that are kept in memory without being worked on, for the links of the next pages: a
  // quarter of that, and so many at least.
  size_t min_idle_hosts = 64;
  // The group of robots.txt that applies to us.
  std::string product_token = "spindle";
  // For registrable domains. Null: each host is a domain of its own. Must outlive the frontier.
  const PublicSuffixList* suffixes = nullptr;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_FRONTIER_OPTIONS_H_
