#ifndef SPINDLE_SHARD_HOST_TABLE_H_
#define SPINDLE_SHARD_HOST_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "parsers/public_suffix.h"
#include "shard/budgets.h"
#include "shard/live_host.h"
#include "storage/commit.h"
#include "storage/crawl_store.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// A registrable domain, for budgets that its hosts share.
struct LiveDomain {
  HostKey key;
  std::string name;
  DomainState state;

  DomainRecord record() const;
};

// The hosts and domains of a shard that are in memory, read from the store as they are asked for.
// Live hosts stay, and domains with pages under way; others are kept for the links of the next
// pages as long as they are few, since what is known of them is stored. Belongs to one worker
// thread. The store and the list must outlive it.
class HostTable {
 public:
  // `suffixes` may be null: each host is a domain of its own then. `max_idle_count`: hosts kept
  // that are not live, and domains.
  HostTable(ShardId shard, const CrawlStore* store, const PublicSuffixList* suffixes,
            size_t max_idle_count);

  size_t size() const { return hosts_.size(); }

  // nullptr: not in memory.
  LiveHost* Find(HostId id) const;
  // REQUIRES: it is in memory.
  LiveHost* At(HostId id) const { return hosts_.at(id).get(); }

  // The host of an origin, from memory, from the store or new: *is_new. Where another origin has
  // its id, it has the next one that is free, as in a hash table with linear probing.
  absl::StatusOr<LiveHost*> GetOrCreate(HostKey key, absl::string_view origin, bool* is_new);
  // The host with this key. DataLoss: there is none.
  absl::StatusOr<LiveHost*> Get(const HostKey& key);

  // Drops hosts that are not live, if they are too many. Pointers to such hosts end.
  void Sweep(size_t live_count);

  // What the host taught; nullptr where it has too few URLs to teach anything.
  absl::StatusOr<HostLore*> LoreOf(LiveHost* host) const;

  absl::string_view DomainOf(const HostRecord& host) const;
  // Valid until the next call.
  absl::StatusOr<LiveDomain*> GetDomain(const LiveHost& host);

 private:
  LiveHost* Add(const HostKey& key, HostRecord record, bool stored);

  const ShardId shard_;
  const CrawlStore* const store_;
  const PublicSuffixList* const suffixes_;
  const size_t max_idle_count_;
  absl::flat_hash_map<HostId, std::unique_ptr<LiveHost>> hosts_;
  absl::flat_hash_map<HostId, LiveDomain> domains_;
};

// "www.example.org" of "https://www.example.org:8443".
absl::string_view HostNameOf(absl::string_view origin);

}  // namespace spindle

#endif  // SPINDLE_SHARD_HOST_TABLE_H_
