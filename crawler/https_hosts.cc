#include "crawler/https_hosts.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace spindle {

bool HttpsHosts::IsMove(int http_status, const Url& from, const Url& to) {
  const bool for_good = http_status == 301 || http_status == 308;
  return (for_good || from.path_and_query() == "/") && !from.is_https() && to.is_https() &&
         !from.port().has_value() && !to.port().has_value() && from.host() == to.host() &&
         from.path_and_query() == to.path_and_query();
}

void HttpsHosts::Add(const HostKey& http_host) {
  if (hosts_.size() < kMaxHosts) hosts_.insert(http_host);
}

void HttpsHosts::Apply(const ShardMap& shards, InsertedLink* link) const {
  if (link->link.redirects > 0 || !hosts_.contains(link->key.host_key())) return;
  absl::string_view rest = link->link.origin;
  if (!absl::ConsumePrefix(&rest, "http://")) return;
  const std::optional<Url> url = Url::Parse(absl::StrCat("https://", rest, link->link.path));
  if (!url.has_value()) return;
  link->key = shards.KeyOf(*url);
  link->link.origin = std::string(url->origin());
}

}  // namespace spindle
