#include "crawler/redirect_loop.h"

#include <optional>
#include <utility>

#include "parsers/url.h"
#include "storage/records.h"

namespace spindle {
namespace {

using StoredUrl = absl::StatusOr<std::optional<UrlRecord>>;

bool IsRedirect(const StoredUrl& record) {
  return record.ok() && record->has_value() && (*record)->state == UrlState::kRedirected;
}

// Where a stored redirect leads.
std::optional<Url> TargetOf(const UrlRecord& redirect) {
  const std::optional<Url> target = Url::Parse(redirect.detail);
  if (!target.has_value() || !target->is_http_family()) return std::nullopt;
  return target->Canonical();
}

}  // namespace

absl::StatusOr<bool> EndRedirectLoop(const UrlKey& key, const ShardMap& shards, int max_redirects,
                                     CrawlStore* store) {
  StoredUrl own = store->reader().GetUrl(key);
  if (!own.ok()) return own.status();
  if (!IsRedirect(own)) return false;
  std::optional<Url> next = TargetOf(**own);
  for (int hops = 0; next.has_value() && shards.KeyOf(*next) != key; ++hops) {
    if (hops == max_redirects) return false;
    const StoredUrl record = store->reader().GetUrl(shards.KeyOf(*next));
    if (!record.ok()) return record.status();
    if (!IsRedirect(record) || (*record)->path != next->path_and_query()) return false;
    next = TargetOf(**record);
  }
  if (!next.has_value()) return false;
  (*own)->state = UrlState::kFailed;
  (*own)->reason = Reason::kRedirectLimit;
  Commit commit = store->NewCommit();
  commit.PutUrl(key, **own);
  absl::Status status = store->Apply(commit);
  if (!status.ok()) return status;
  return true;
}

}  // namespace spindle
