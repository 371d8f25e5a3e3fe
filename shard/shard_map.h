#ifndef SPINDLE_SHARD_SHARD_MAP_H_
#define SPINDLE_SHARD_SHARD_MAP_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "parsers/public_suffix.h"
#include "parsers/url.h"
#include "storage/keys.h"

namespace spindle {

// Where a URL lives: all hosts of one registrable domain ("example.co.uk") share a shard, so that
// clocks and budgets of a domain need no lock. The map is fixed when a crawl is created: by its
// shard count, its salt and the public suffix list that is kept in its directory. Immutable. The
// list must outlive the map.
class ShardMap {
 public:
  // REQUIRES: 0 < shard_count <= 65536.
  ShardMap(uint32_t shard_count, uint64_t salt, const PublicSuffixList* suffixes);

  // `origin` is "https://www.example.org:8443", `host` its host alone.
  HostKey KeyOfHost(absl::string_view origin, absl::string_view host) const;
  // REQUIRES: url is http or https.
  UrlKey KeyOf(const Url& url) const;

  // DomainHash() of the registrable domain of `from`; 0: `to` is of the same.
  uint32_t OtherDomain(const Url& from, const Url& to) const;

  uint32_t shard_count() const { return shard_count_; }

 private:
  const uint32_t shard_count_;
  const uint64_t salt_;
  const PublicSuffixList* const suffixes_;
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_SHARD_MAP_H_
