#include "shard/host_table.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

// Where hosts have fewer URLs, nothing can be learned of their shapes.
constexpr uint64_t kLoreFrom = 32;

}  // namespace

absl::string_view HostNameOf(absl::string_view origin) {
  const size_t scheme = origin.find("://");
  if (scheme != absl::string_view::npos) origin.remove_prefix(scheme + 3);
  if (absl::StartsWith(origin, "[")) return origin.substr(0, origin.find(']') + 1);
  return origin.substr(0, origin.find(':'));
}

DomainRecord LiveDomain::record() const {
  return {name, state.use.page_count, state.use.body_bytes, state.in_links.Encode()};
}

HostTable::HostTable(ShardId shard, const CrawlStore* store, const PublicSuffixList* suffixes,
                     size_t max_idle_count)
    : shard_(shard), store_(store), suffixes_(suffixes), max_idle_count_(max_idle_count) {}

LiveHost* HostTable::Find(HostId id) const {
  const auto it = hosts_.find(id);
  return it == hosts_.end() ? nullptr : it->second.get();
}

LiveHost* HostTable::Add(const HostKey& key, HostRecord record, bool stored) {
  auto host = std::make_unique<LiveHost>(key, std::move(record));
  host->just_read = stored;
  return (hosts_[key.host] = std::move(host)).get();
}

absl::StatusOr<LiveHost*> HostTable::GetOrCreate(HostKey key, absl::string_view origin,
                                                 bool* is_new) {
  *is_new = false;
  for (;; ++key.host) {
    if (LiveHost* host = Find(key.host); host != nullptr) {
      if (host->record.origin == origin) return host;
      continue;
    }
    absl::StatusOr<std::optional<HostRecord>> stored = store_->reader().GetHost(key);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) break;
    if ((*stored)->origin == origin) return Add(key, *std::move(*stored), true);
  }
  *is_new = true;
  HostRecord record;
  record.origin = std::string(origin);
  return Add(key, std::move(record), false);
}

absl::StatusOr<LiveHost*> HostTable::Get(const HostKey& key) {
  if (LiveHost* host = Find(key.host); host != nullptr) return host;
  absl::StatusOr<std::optional<HostRecord>> stored = store_->reader().GetHost(key);
  if (!stored.ok()) return stored.status();
  if (stored->has_value()) return Add(key, *std::move(*stored), true);
  return absl::DataLossError(absl::StrCat(Describe(key), " is unknown; run inspect verify"));
}

void HostTable::Sweep(size_t live_count) {
  if (hosts_.size() - live_count <= max_idle_count_) return;
  absl::erase_if(hosts_, [](const auto& entry) { return !entry.second->live; });
  if (domains_.size() <= max_idle_count_) return;
  absl::erase_if(domains_,
                 [](const auto& entry) { return entry.second.state.use.under_way_count == 0; });
}

absl::StatusOr<HostLore*> HostTable::LoreOf(LiveHost* host) const {
  if (host->lore != nullptr || host->record.known_count < kLoreFrom) return host->lore.get();
  auto lore = std::make_unique<HostLore>();
  if (absl::Status status = lore->Read(store_->reader(), host->key()); !status.ok()) return status;
  host->lore = std::move(lore);
  return host->lore.get();
}

absl::string_view HostTable::DomainOf(const HostRecord& host) const {
  const absl::string_view name = HostNameOf(host.origin);
  return suffixes_ == nullptr ? name : suffixes_->RegistrableDomain(name);
}

absl::StatusOr<LiveDomain*> HostTable::GetDomain(const LiveHost& host) {
  const absl::string_view name = DomainOf(host.record);
  const HostKey key{shard_, MakeHostId(store_->meta().hash_salt, name)};
  const auto it = domains_.find(key.host);
  if (it != domains_.end() && it->second.name == name) return &it->second;
  LiveDomain domain{key, std::string(name), {}};
  absl::StatusOr<std::optional<DomainRecord>> stored = store_->reader().GetDomain(key);
  if (!stored.ok()) return stored.status();
  if (stored->has_value() && (*stored)->name == name) {
    domain.state.use = {(*stored)->page_count, (*stored)->body_bytes};
    absl::Status status = InLinkSketch::Decode((*stored)->inlinkers, &domain.state.in_links);
    if (!status.ok()) {
      return absl::DataLossError(absl::StrCat("domain ", name, ": ", status.message()));
    }
  }
  return &(domains_[key.host] = std::move(domain));
}

}  // namespace spindle
