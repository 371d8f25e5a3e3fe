#ifndef SPINDLE_CRAWLER_HTTPS_HOSTS_H_
#define SPINDLE_CRAWLER_HTTPS_HOSTS_H_

#include <cstddef>

#include "absl/container/flat_hash_set.h"
#include "parsers/url.h"
#include "shard/frontier.h"
#include "shard/shard_map.h"
#include "storage/keys.h"

namespace spindle {

// The hosts that sent us from http to https: links to their http side are turned to https before
// anyone asks whether they are known, so that no page costs two requests. Redirects themselves are
// taken at their word. Belongs to one worker's thread.
class HttpsHosts {
 public:
  // Further hosts are not remembered: their links cost a redirect each.
  static constexpr size_t kMaxHosts = 1'000'000;

  // Whether a redirect says that a host's pages moved to https: to the same host, path and query,
  // at the schemes' own ports, and for good (RFC 9110 15.4.2, 15.4.9) or from the front page.
  static bool IsMove(int http_status, const Url& from, const Url& to);

  // `http_host`: its http side.
  void Add(const HostKey& http_host);

  // Turns the link to https where its host moved.
  void Apply(const ShardMap& shards, InsertedLink* link) const;

 private:
  absl::flat_hash_set<HostKey> hosts_;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_HTTPS_HOSTS_H_
