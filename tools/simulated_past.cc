#include "tools/simulated_past.h"

#include <algorithm>
#include <string>
#include <vector>

#include "parsers/public_suffix.h"
#include "shard/shard_map.h"

namespace spindle {
namespace {

constexpr uint16_t kDepth = 4;

// Of a host, in one commit.
constexpr uint64_t kPagesPerTurn = 64;

struct PastHost {
  HostKey key;
  HostRecord record;
  uint64_t known = 0;  // in the end
};

class PastWriter {
 public:
  PastWriter(const SimulatedWeb& web, double share, absl::Time now, CrawlStore* store)
      : web_(web), now_(now), store_(store), commit_(store->NewCommit()) {
    const ShardMap shards(store->meta().shard_count, store->meta().hash_salt,
                          &PublicSuffixList::Builtin());
    for (uint32_t host = 0; host < web.options().host_count; ++host) {
      PastHost past;
      past.record.origin = web.Origin(host);
      past.key = shards.KeyOfHost(past.record.origin, web.HostName(host));
      past.known = std::max<uint64_t>(
          1, static_cast<uint64_t>(share * static_cast<double>(web.PageCount(host))));
      hosts_.push_back(std::move(past));
      total_ += hosts_.back().known;
    }
  }

  absl::Status Write() {
    // Larger hosts come first, so those that have more to come are the first ones.
    for (size_t open = hosts_.size(); open > 0;) {
      while (open > 0 && hosts_[open - 1].record.known_count == hosts_[open - 1].known) --open;
      for (uint32_t host = 0; host < open; ++host) {
        PutTurn(host);
        if (absl::Status status = store_->Apply(commit_); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

 private:
  void PutTurn(uint32_t host) {
    PastHost& past = hosts_[host];
    const uint64_t end = std::min(past.known, past.record.known_count + kPagesPerTurn);
    while (past.record.known_count < end) {
      PutPage(past, {host, static_cast<uint32_t>(past.record.known_count)});
    }
    if (end < past.known) return;
    if (past.record.queued_count > 0) {
      past.record.front_due = now_;
      commit_.PutFrontEntry({past.key.shard, absl::ToUnixMicros(now_), past.key.host});
    }
    commit_.PutHost(past.key, past.record);
  }

  void PutPage(PastHost& past, SimulatedPage page) {
    UrlRecord url;
    url.path = web_.Path(page);
    url.depth = page.page == 0 ? 0 : kDepth;
    url.priority = static_cast<uint8_t>(url.depth);
    const UrlKey key{past.key.shard, past.key.host,
                     MakeUrlId(store_->meta().hash_salt, past.record.origin, url.path)};
    if (page.page > 0) {
      url.found_on = {past.key.shard, past.key.host,
                      MakeUrlId(store_->meta().hash_salt, past.record.origin, "/")};
    }
    ++past.record.known_count;
    --total_;
    url.discovered = now_ - absl::Microseconds(total_);
    if (web_.FirstChild(page.page + 1) <= past.known) {
      url.state = UrlState::kGone;
      url.lane = Lane::kNone;
      url.http_status = 404;
      url.last_fetch = now_;
    } else {
      url.enqueued = url.discovered;
      ++past.record.queued_count;
      commit_.PutQueueEntry(*QueueEntryOf(key, url));
    }
    commit_.PutUrl(key, url);
  }

  const SimulatedWeb& web_;
  const absl::Time now_;
  CrawlStore* const store_;
  Commit commit_;
  std::vector<PastHost> hosts_;
  uint64_t total_ = 0;  // still to be written
};

}  // namespace

absl::Status WritePast(const SimulatedWeb& web, uint64_t known_count, absl::Time now,
                       CrawlStore* store) {
  const double share =
      static_cast<double>(known_count) / static_cast<double>(web.options().page_count);
  return PastWriter(web, std::min(share, 0.5), now, store).Write();
}

}  // namespace spindle
