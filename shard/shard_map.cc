#include "shard/shard_map.h"

#include <xxhash.h>

#include "shard/budgets.h"

namespace spindle {

ShardMap::ShardMap(uint32_t shard_count, uint64_t salt, const PublicSuffixList* suffixes)
    : shard_count_(shard_count), salt_(salt), suffixes_(suffixes) {}

HostKey ShardMap::KeyOfHost(absl::string_view origin, absl::string_view host) const {
  const absl::string_view domain = suffixes_->RegistrableDomain(host);
  const uint64_t hash = XXH3_64bits_withSeed(domain.data(), domain.size(), salt_);
  return {static_cast<ShardId>(hash % shard_count_), MakeHostId(salt_, origin)};
}

UrlKey ShardMap::KeyOf(const Url& url) const {
  const HostKey host = KeyOfHost(url.origin(), url.host());
  return {host.shard, host.host, MakeUrlId(salt_, url.origin(), url.path_and_query())};
}

uint32_t ShardMap::OtherDomain(const Url& from, const Url& to) const {
  const absl::string_view domain = suffixes_->RegistrableDomain(from.host());
  return domain == suffixes_->RegistrableDomain(to.host()) ? 0 : DomainHash(salt_, domain);
}

}  // namespace spindle
