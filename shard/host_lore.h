#ifndef SPINDLE_SHARD_HOST_LORE_H_
#define SPINDLE_SHARD_HOST_LORE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shard/frontier_options.h"
#include "shard/near_duplicates.h"
#include "shard/url_traps.h"
#include "storage/commit.h"
#include "storage/crawl_reader.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

// What a host taught about its URLs: the shapes that they have, and which of its areas repeat
// themselves. Forgetting it is harmless. Thread-compatible.
class HostLore {
 public:
  // What is stored of the host's; nothing is as good. DataLoss: it cannot be read.
  absl::Status Read(const CrawlReader& reader, const HostKey& host);
  // Writes what has changed, if anything.
  void Save(const HostKey& host, Commit* commit);

  // Whether a new URL may be taken, kNone, and then counts as one; else the trap that it is. What
  // its area's repeats add to its priority is in *penalty.
  Reason Admit(const FrontierOptions& options, absl::string_view path, absl::Time now,
               uint8_t* penalty);

  // A page was fetched for the first time. `simhash` 0: it has none; `copy`: the host has given its
  // body before.
  void ObservePage(const FrontierOptions& options, absl::string_view path, uint64_t simhash,
                   bool copy);

  // Since it was saved.
  int change_count() const { return change_count_; }

 private:
  HostTemplates templates_;
  HostRepeats repeats_;
  int change_count_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_HOST_LORE_H_
