#ifndef SPINDLE_STORAGE_KEYS_H_
#define SPINDLE_STORAGE_KEYS_H_

#include <compare>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// The keys of a crawl's records: who they are, and their bytes on disk. Every key begins with shard
// and host, so the records of one host are neighbours in each column family, and all fields are
// fixed-width big-endian, so that byte order is number order (docs/storage_format.md).
//
// Ids are 64-bit hashes salted with a secret of the crawl: nobody outside can aim for a collision.
// A collision by chance is noticed because records carry the text that was hashed.

namespace spindle {

using ShardId = uint16_t;
using HostId = uint64_t;  // of an origin, "https://example.org:8443"
using UrlId = uint64_t;   // of an origin with a path and its query, "/a?b=c"

struct HostKey {
  ShardId shard = 0;
  HostId host = 0;

  friend auto operator<=>(const HostKey&, const HostKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const HostKey& key) {
    return H::combine(std::move(h), key.host);
  }
};

struct UrlKey {
  ShardId shard = 0;
  HostId host = 0;
  UrlId url = 0;

  HostKey host_key() const { return {shard, host}; }

  friend auto operator<=>(const UrlKey&, const UrlKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const UrlKey& key) {
    return H::combine(std::move(h), key.host, key.url);
  }
};

// The parts of a host's queue. The numbers are stored.
enum class Lane : uint8_t {
  kNone = 0,     // not in the queue
  kReady = 1,    // may be fetched when its turn comes: by priority (lowest first), then by age
  kRetry = 2,    // failed, and is tried again when it is due
  kRecrawl = 3,  // was fetched, and is visited again when it is due
  kParked = 4,   // over a budget: nothing takes it out but a larger one
};

// A place in a host's queue. The URL's id makes every entry a key of its own, so that two entries
// can never overwrite each other.
struct QueueKey {
  UrlKey url;
  uint8_t priority = 0;     // 0 in kRetry and kRecrawl, which are ordered by time alone
  int64_t enqueued_us = 0;  // microseconds since the epoch, not below 0; in these: when it is due
  Lane lane = Lane::kReady;

  friend bool operator==(const QueueKey&, const QueueKey&) = default;
  // Order within the queue of one host.
  friend bool operator<(const QueueKey& a, const QueueKey& b) {
    if (a.lane != b.lane) return a.lane < b.lane;
    if (a.priority != b.priority) return a.priority < b.priority;
    if (a.enqueued_us != b.enqueued_us) return a.enqueued_us < b.enqueued_us;
    return a.url.url < b.url.url;
  }
};

// When a host wants to be looked at: the front of a shard is its hosts with something to fetch, by
// that time.
struct FrontKey {
  ShardId shard = 0;
  int64_t due_us = 0;  // microseconds since the epoch; not below 0
  HostId host = 0;

  HostKey host_key() const { return {shard, host}; }

  friend auto operator<=>(const FrontKey&, const FrontKey&) = default;
};

// The page of a host that first had a body of this digest.
struct DigestKey {
  HostKey host;
  uint64_t digest = 0;

  friend auto operator<=>(const DigestKey&, const DigestKey&) = default;
};

// A batch of links on its way to another shard. `sequence` comes from
// CrawlStore::NextInboxSequence().
struct InboxKey {
  ShardId to = 0;
  ShardId from = 0;
  uint64_t sequence = 0;

  friend auto operator<=>(const InboxKey&, const InboxKey&) = default;
};

// One fetch of a URL; a URL fetched again has several.
struct PageKey {
  UrlKey url;
  int64_t fetched_us = 0;  // microseconds since the epoch

  friend auto operator<=>(const PageKey&, const PageKey&) = default;
};

// Salted hashes. Equal text and salt give equal ids on every machine.
HostId MakeHostId(uint64_t salt, absl::string_view origin);
// The origin is part of a URL's id: where two origins have the same host id, their URLs still have
// ids of their own.
UrlId MakeUrlId(uint64_t salt, absl::string_view origin, absl::string_view path_and_query);

// Bytes on disk. Parse*() returns false on bytes of any other length.
void AppendKey(std::string* out, const HostKey& key);
void AppendKey(std::string* out, const UrlKey& key);
void AppendKey(std::string* out, const QueueKey& key);
void AppendKey(std::string* out, const FrontKey& key);
void AppendKey(std::string* out, const DigestKey& key);
void AppendKey(std::string* out, const InboxKey& key);
void AppendKey(std::string* out, const PageKey& key);
template <typename Key>
std::string EncodeKey(const Key& key) {
  std::string out;
  out.reserve(sizeof(Key));
  AppendKey(&out, key);
  return out;
}
bool ParseKey(absl::string_view bytes, HostKey* key);
bool ParseKey(absl::string_view bytes, UrlKey* key);
bool ParseKey(absl::string_view bytes, QueueKey* key);
bool ParseKey(absl::string_view bytes, FrontKey* key);
bool ParseKey(absl::string_view bytes, DigestKey* key);
bool ParseKey(absl::string_view bytes, InboxKey* key);
bool ParseKey(absl::string_view bytes, PageKey* key);

// The shortest bytes that begin every key of a shard, or of a lane of a host's queue.
std::string ShardPrefix(ShardId shard);
std::string LanePrefix(const HostKey& host, Lane lane);

// For messages: "shard 3 host 00a1b2c3d4e5f607 url 18191a1b1c1d1e1f".
std::string Describe(const HostKey& key);
std::string Describe(const UrlKey& key);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_KEYS_H_
