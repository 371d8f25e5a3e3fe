#include "storage/keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/str_format.h"
#include "storage/coding.h"

namespace spindle {
namespace {

HostKey ReadHostKey(ByteReader& reader) {
  const ShardId shard = reader.ReadFixed16();
  return {shard, reader.ReadFixed64()};
}

UrlKey ReadUrlKey(ByteReader& reader) {
  const HostKey host = ReadHostKey(reader);
  return {host.shard, host.host, reader.ReadFixed64()};
}

bool Done(const ByteReader& reader) { return reader.ok() && reader.at_end(); }

}  // namespace

HostId MakeHostId(uint64_t salt, absl::string_view origin) {
  return XXH3_64bits_withSeed(origin.data(), origin.size(), salt);
}

UrlId MakeUrlId(uint64_t salt, absl::string_view origin, absl::string_view path_and_query) {
  const uint64_t seed = salt ^ XXH3_64bits_withSeed(origin.data(), origin.size(), ~salt);
  return XXH3_64bits_withSeed(path_and_query.data(), path_and_query.size(), seed);
}

void AppendKey(std::string* out, const HostKey& key) {
  PutFixed16(out, key.shard);
  PutFixed64(out, key.host);
}

void AppendKey(std::string* out, const UrlKey& key) {
  AppendKey(out, key.host_key());
  PutFixed64(out, key.url);
}

void AppendKey(std::string* out, const QueueKey& key) {
  AppendKey(out, key.url.host_key());
  out->push_back(static_cast<char>(key.lane));
  out->push_back(static_cast<char>(key.priority));
  PutFixed64(out, static_cast<uint64_t>(key.enqueued_us));
  PutFixed64(out, key.url.url);
}

void AppendKey(std::string* out, const FrontKey& key) {
  PutFixed16(out, key.shard);
  PutFixed64(out, static_cast<uint64_t>(key.due_us));
  PutFixed64(out, key.host);
}

void AppendKey(std::string* out, const DigestKey& key) {
  AppendKey(out, key.host);
  PutFixed64(out, key.digest);
}

void AppendKey(std::string* out, const InboxKey& key) {
  PutFixed16(out, key.to);
  PutFixed16(out, key.from);
  PutFixed64(out, key.sequence);
}

void AppendKey(std::string* out, const PageKey& key) {
  AppendKey(out, key.url);
  PutFixed64(out, static_cast<uint64_t>(key.fetched_us));
}

bool ParseKey(absl::string_view bytes, HostKey* key) {
  ByteReader reader(bytes);
  *key = ReadHostKey(reader);
  return Done(reader);
}

bool ParseKey(absl::string_view bytes, UrlKey* key) {
  ByteReader reader(bytes);
  *key = ReadUrlKey(reader);
  return Done(reader);
}

bool ParseKey(absl::string_view bytes, QueueKey* key) {
  ByteReader reader(bytes);
  const HostKey host = ReadHostKey(reader);
  const uint8_t lane = reader.ReadByte();
  if (lane < static_cast<uint8_t>(Lane::kReady) || lane > static_cast<uint8_t>(Lane::kParked)) {
    return false;
  }
  key->lane = static_cast<Lane>(lane);
  key->priority = reader.ReadByte();
  key->enqueued_us = static_cast<int64_t>(reader.ReadFixed64());
  key->url = {host.shard, host.host, reader.ReadFixed64()};
  return Done(reader);
}

bool ParseKey(absl::string_view bytes, FrontKey* key) {
  ByteReader reader(bytes);
  key->shard = reader.ReadFixed16();
  key->due_us = static_cast<int64_t>(reader.ReadFixed64());
  key->host = reader.ReadFixed64();
  return Done(reader);
}

bool ParseKey(absl::string_view bytes, DigestKey* key) {
  ByteReader reader(bytes);
  key->host = ReadHostKey(reader);
  key->digest = reader.ReadFixed64();
  return Done(reader);
}

bool ParseKey(absl::string_view bytes, InboxKey* key) {
  ByteReader reader(bytes);
  key->to = reader.ReadFixed16();
  key->from = reader.ReadFixed16();
  key->sequence = reader.ReadFixed64();
  return Done(reader);
}

bool ParseKey(absl::string_view bytes, PageKey* key) {
  ByteReader reader(bytes);
  key->url = ReadUrlKey(reader);
  key->fetched_us = static_cast<int64_t>(reader.ReadFixed64());
  return Done(reader);
}

std::string ShardPrefix(ShardId shard) {
  std::string out;
  PutFixed16(&out, shard);
  return out;
}

std::string LanePrefix(const HostKey& host, Lane lane) {
  std::string out = EncodeKey(host);
  out.push_back(static_cast<char>(lane));
  return out;
}

std::string Describe(const HostKey& key) {
  return absl::StrFormat("shard %u host %016x", key.shard, key.host);
}

std::string Describe(const UrlKey& key) {
  return absl::StrFormat("%s url %016x", Describe(key.host_key()), key.url);
}

}  // namespace spindle
