#include "storage/records.h"

#include "absl/strings/str_cat.h"
#include "storage/coding.h"

namespace spindle {
namespace {

// Of every kind of record. A new layout of one takes the next number for that one alone.
constexpr uint8_t kVersion = 2;

// Of a URL: what its record has behind the fields that all have.
constexpr uint8_t kNoHistory = 0;
constexpr uint8_t kHistory = 1;
constexpr uint8_t kGoneHistory = 2;  // with how often it was gone

void PutByte(std::string* out, uint8_t value) { out->push_back(static_cast<char>(value)); }

template <typename Enum>
void PutEnum(std::string* out, Enum value) {
  PutByte(out, static_cast<uint8_t>(value));
}

void PutTime(std::string* out, absl::Time time) {
  const int64_t us = absl::ToUnixMicros(time);
  PutVarint(out, us > 0 ? static_cast<uint64_t>(us) : 0);
}

void PutDuration(std::string* out, absl::Duration duration) {
  const int64_t us = absl::ToInt64Microseconds(duration);
  PutVarint(out, us > 0 ? static_cast<uint64_t>(us) : 0);
}

template <typename Key>
void PutOptionalKey(std::string* out, const std::optional<Key>& key) {
  PutByte(out, key.has_value() ? 1 : 0);
  if (key.has_value()) AppendKey(out, *key);
}

bool ReadBool(ByteReader& in) { return in.ReadVarintUpTo(1) == 1; }

// An enumerator between `first` and `last`, which have no gaps.
template <typename Enum>
Enum ReadEnum(ByteReader& in, Enum first, Enum last) {
  const uint8_t value = in.ReadByte();
  if (value < static_cast<uint8_t>(first) || value > static_cast<uint8_t>(last)) {
    in.Fail();
    return first;
  }
  return static_cast<Enum>(value);
}

Reason ReadReason(ByteReader& in) { return ReadEnum(in, Reason::kNone, kLastReason); }

absl::Time ReadTime(ByteReader& in) {
  const uint64_t us = in.ReadVarintUpTo(INT64_MAX);
  if (us == 0) return absl::InfinitePast();
  if (us == INT64_MAX) return absl::InfiniteFuture();
  return absl::FromUnixMicros(static_cast<int64_t>(us));
}

absl::Duration ReadDuration(ByteReader& in) {
  const uint64_t us = in.ReadVarintUpTo(INT64_MAX);
  if (us == INT64_MAX) return absl::InfiniteDuration();
  return absl::Microseconds(static_cast<int64_t>(us));
}

std::string ReadText(ByteReader& in) { return std::string(in.ReadString()); }

uint16_t ReadUint16(ByteReader& in) { return static_cast<uint16_t>(in.ReadVarintUpTo(UINT16_MAX)); }

uint32_t ReadUint32(ByteReader& in) { return static_cast<uint32_t>(in.ReadVarintUpTo(UINT32_MAX)); }

std::optional<UrlKey> ReadOptionalUrlKey(ByteReader& in) {
  if (!ReadBool(in)) return std::nullopt;
  const ShardId shard = in.ReadFixed16();
  const HostId host = in.ReadFixed64();
  return UrlKey{shard, host, in.ReadFixed64()};
}

std::optional<QueueKey> ReadOptionalQueueKey(ByteReader& in) {
  if (!ReadBool(in)) return std::nullopt;
  QueueKey key;
  key.url.shard = in.ReadFixed16();
  key.url.host = in.ReadFixed64();
  key.lane = ReadEnum(in, Lane::kReady, Lane::kParked);
  key.priority = in.ReadByte();
  key.enqueued_us = static_cast<int64_t>(in.ReadFixed64());
  key.url.url = in.ReadFixed64();
  return key;
}

std::optional<PageKey> ReadOptionalPageKey(ByteReader& in) {
  if (!ReadBool(in)) return std::nullopt;
  PageKey key;
  key.url.shard = in.ReadFixed16();
  key.url.host = in.ReadFixed64();
  key.url.url = in.ReadFixed64();
  key.fetched_us = static_cast<int64_t>(in.ReadFixed64());
  return key;
}

// How many elements follow; each takes at least one byte, so that no count makes us reserve more
// than is there.
uint64_t ReadCount(ByteReader& in) { return in.ReadVarintUpTo(in.remaining_bytes()); }

void ReadFields(ByteReader& in, UrlRecord* record) {
  *record = {};
  record->path = ReadText(in);
  record->state = ReadEnum(in, UrlState::kQueued, UrlState::kParked);
  record->reason = ReadReason(in);
  record->lane = ReadEnum(in, Lane::kNone, Lane::kParked);
  record->priority = in.ReadByte();
  record->depth = ReadUint16(in);
  record->redirects = in.ReadByte();
  record->found_on = ReadOptionalUrlKey(in);
  record->discovered = ReadTime(in);
  record->enqueued = ReadTime(in);
  record->interval = ReadDuration(in);
  const uint64_t history = in.ReadVarintUpTo(kGoneHistory);
  if (history == kNoHistory) return;
  record->failures = in.ReadByte();
  record->http_status = ReadUint16(in);
  record->last_fetch = ReadTime(in);
  record->etag = ReadText(in);
  record->last_modified = ReadText(in);
  record->digest = in.ReadFixed64();
  record->detail = ReadText(in);
  record->fetch_count = ReadUint32(in);
  record->change_count = ReadUint32(in);
  record->miss_count = in.ReadByte();
  record->stored = ReadTime(in);
  if (history == kGoneHistory) record->gone_count = in.ReadByte();
}

void ReadFields(ByteReader& in, HostRecord* record) {
  record->origin = ReadText(in);
  record->state = ReadEnum(in, HostState::kLive, HostState::kParked);
  record->reason = ReadReason(in);
  record->next_fetch = ReadTime(in);
  record->failures = ReadUint32(in);
  record->crawl_delay = ReadDuration(in);
  record->last_latency = ReadDuration(in);
  record->known_count = in.ReadVarint();
  record->queued_count = in.ReadVarint();
  record->retry_count = in.ReadVarint();
  record->recrawl_count = in.ReadVarint();
  record->parked_count = in.ReadVarint();
  record->page_count = in.ReadVarint();
  record->body_bytes = in.ReadVarint();
  record->queue_head = ReadOptionalQueueKey(in);
  record->retry_due = ReadTime(in);
  record->recrawl_due = ReadTime(in);
  record->front_due = ReadTime(in);
  record->revivals = in.ReadByte();
  record->https = ReadBool(in);
  record->robots = ReadEnum(in, RobotsPolicy::kAllowAll, RobotsPolicy::kRules);
  record->robots_expire = ReadTime(in);
  record->addresses = ReadText(in);
  record->addresses_expire = ReadTime(in);
}

void ReadFields(ByteReader& in, DomainRecord* record) {
  record->name = ReadText(in);
  record->page_count = in.ReadVarint();
  record->body_bytes = in.ReadVarint();
  record->inlinkers = ReadText(in);
}

void ReadFields(ByteReader& in, RobotsRecord* record) {
  record->outcome = ReadEnum(in, RobotsPolicy::kAllowAll, RobotsPolicy::kRules);
  record->http_status = ReadUint16(in);
  record->reason = ReadReason(in);
  record->fetched = ReadTime(in);
  record->expires = ReadTime(in);
  record->body = ReadText(in);
  const bool failed = record->outcome == RobotsPolicy::kDisallowAll;
  record->tries = failed && in.remaining_bytes() > 0 ? in.ReadByte() : 0;
}

void ReadFields(ByteReader& in, PageRecord* record) {
  record->url = ReadText(in);
  record->http_status = ReadUint16(in);
  record->headers = ReadText(in);
  record->request_headers = ReadText(in);
  record->fetched = ReadTime(in);
  record->latency = ReadDuration(in);
  record->elapsed = ReadDuration(in);
  record->address = ReadText(in);
  record->media_type = ReadText(in);
  record->charset = ReadText(in);
  record->title = ReadText(in);
  record->language = ReadText(in);
  record->digest = in.ReadFixed64();
  record->wire_bytes = in.ReadVarint();
  record->decoded_bytes = in.ReadVarint();
  record->link_count = ReadUint32(in);
  record->truncated = ReadBool(in);
  record->body_codec = ReadEnum(in, BodyCodec::kAsReceived, BodyCodec::kZstd);
  record->fields.clear();
  for (uint64_t count = ReadCount(in); count > 0 && in.ok(); --count) {
    std::string name = ReadText(in);
    record->fields.emplace_back(std::move(name), ReadText(in));
  }
  record->tls = ReadText(in);
  record->simhash = in.ReadFixed64();
  record->original = ReadOptionalPageKey(in);
}

void ReadFields(ByteReader& in, LinkBatch* links) {
  links->clear();
  for (uint64_t count = ReadCount(in); count > 0 && in.ok(); --count) {
    LinkRecord& link = links->emplace_back();
    link.origin = ReadText(in);
    link.path = ReadText(in);
    link.depth = ReadUint16(in);
    link.redirects = in.ReadByte();
    link.priority = in.ReadByte();
    link.found_on = ReadOptionalUrlKey(in);
    link.from_domain = ReadUint32(in);
    link.lastmod = ReadTime(in);
    link.interval_hint = ReadDuration(in);
  }
}

void ReadFields(ByteReader& in, CrawlMeta* meta) {
  meta->format_version = ReadUint32(in);
  meta->shard_count = ReadUint32(in);
  meta->hash_salt = in.ReadFixed64();
  meta->created = ReadTime(in);
  meta->runs = in.ReadVarint();
  meta->seeds.clear();
  for (uint64_t count = ReadCount(in); count > 0 && in.ok(); --count) {
    meta->seeds.push_back(ReadText(in));
  }
  meta->judged_by = ReadText(in);
}

// Whether something came of a request for it.
uint8_t HistoryOf(const UrlRecord& record) {
  if (record.gone_count != 0) return kGoneHistory;
  return record.failures != 0 || record.http_status != 0 || record.digest != 0 ||
                 record.fetch_count != 0 || record.change_count != 0 || record.miss_count != 0 ||
                 record.last_fetch != absl::InfinitePast() ||
                 record.stored != absl::InfinitePast() || !record.etag.empty() ||
                 !record.last_modified.empty() || !record.detail.empty()
             ? kHistory
             : kNoHistory;
}

template <typename Record>
absl::Status DecodeRecord(absl::string_view bytes, absl::string_view kind, Record* record) {
  if (bytes.empty()) return absl::DataLossError(absl::StrCat(kind, " record: empty"));
  ByteReader in(bytes);
  const uint8_t version = in.ReadByte();
  if (version != kVersion) {
    return absl::DataLossError(
        absl::StrCat(kind, " record: unknown version ", static_cast<int>(version)));
  }
  ReadFields(in, record);
  if (!in.ok()) return absl::DataLossError(absl::StrCat(kind, " record: cut off or not valid"));
  if (!in.at_end()) {
    return absl::DataLossError(
        absl::StrCat(kind, " record: ", in.remaining_bytes(), " bytes too many"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string Encode(const UrlRecord& record) {
  std::string out;
  out.reserve(record.path.size() + 64);
  Append(&out, record);
  return out;
}

void Append(std::string* out, const UrlRecord& record) {
  PutByte(out, kVersion);
  PutString(out, record.path);
  PutEnum(out, record.state);
  PutEnum(out, record.reason);
  PutEnum(out, record.lane);
  PutByte(out, record.priority);
  PutVarint(out, record.depth);
  PutByte(out, record.redirects);
  PutOptionalKey(out, record.found_on);
  PutTime(out, record.discovered);
  PutTime(out, record.enqueued);
  PutDuration(out, record.interval);
  // Most URLs were never asked for: they end here.
  const uint8_t history = HistoryOf(record);
  PutByte(out, history);
  if (history == kNoHistory) return;
  PutByte(out, record.failures);
  PutVarint(out, record.http_status);
  PutTime(out, record.last_fetch);
  PutString(out, record.etag);
  PutString(out, record.last_modified);
  PutFixed64(out, record.digest);
  PutString(out, record.detail);
  PutVarint(out, record.fetch_count);
  PutVarint(out, record.change_count);
  PutByte(out, record.miss_count);
  PutTime(out, record.stored);
  if (history == kGoneHistory) PutByte(out, record.gone_count);
}

std::optional<QueueKey> QueueEntryOf(const UrlKey& key, const UrlRecord& record) {
  if (record.lane == Lane::kNone) return std::nullopt;
  const bool by_time = record.lane == Lane::kRetry || record.lane == Lane::kRecrawl;
  const uint8_t priority = by_time ? 0 : record.priority;
  return QueueKey{key, priority, absl::ToUnixMicros(record.enqueued), record.lane};
}

std::string Encode(const HostRecord& record) {
  std::string out;
  PutByte(&out, kVersion);
  PutString(&out, record.origin);
  PutEnum(&out, record.state);
  PutEnum(&out, record.reason);
  PutTime(&out, record.next_fetch);
  PutVarint(&out, record.failures);
  PutDuration(&out, record.crawl_delay);
  PutDuration(&out, record.last_latency);
  PutVarint(&out, record.known_count);
  PutVarint(&out, record.queued_count);
  PutVarint(&out, record.retry_count);
  PutVarint(&out, record.recrawl_count);
  PutVarint(&out, record.parked_count);
  PutVarint(&out, record.page_count);
  PutVarint(&out, record.body_bytes);
  PutOptionalKey(&out, record.queue_head);
  PutTime(&out, record.retry_due);
  PutTime(&out, record.recrawl_due);
  PutTime(&out, record.front_due);
  PutByte(&out, record.revivals);
  PutByte(&out, record.https ? 1 : 0);
  PutEnum(&out, record.robots);
  PutTime(&out, record.robots_expire);
  PutString(&out, record.addresses);
  PutTime(&out, record.addresses_expire);
  return out;
}

std::string Encode(const DomainRecord& record) {
  std::string out;
  PutByte(&out, kVersion);
  PutString(&out, record.name);
  PutVarint(&out, record.page_count);
  PutVarint(&out, record.body_bytes);
  PutString(&out, record.inlinkers);
  return out;
}

std::string Encode(const RobotsRecord& record) {
  std::string out;
  PutByte(&out, kVersion);
  PutEnum(&out, record.outcome);
  PutVarint(&out, record.http_status);
  PutEnum(&out, record.reason);
  PutTime(&out, record.fetched);
  PutTime(&out, record.expires);
  PutString(&out, record.body);
  if (record.tries > 0) PutByte(&out, record.tries);
  return out;
}

std::string Encode(const PageRecord& record) {
  std::string out;
  out.reserve(record.headers.size() + record.url.size() + record.title.size() + 128);
  PutByte(&out, kVersion);
  PutString(&out, record.url);
  PutVarint(&out, record.http_status);
  PutString(&out, record.headers);
  PutString(&out, record.request_headers);
  PutTime(&out, record.fetched);
  PutDuration(&out, record.latency);
  PutDuration(&out, record.elapsed);
  PutString(&out, record.address);
  PutString(&out, record.media_type);
  PutString(&out, record.charset);
  PutString(&out, record.title);
  PutString(&out, record.language);
  PutFixed64(&out, record.digest);
  PutVarint(&out, record.wire_bytes);
  PutVarint(&out, record.decoded_bytes);
  PutVarint(&out, record.link_count);
  PutByte(&out, record.truncated ? 1 : 0);
  PutEnum(&out, record.body_codec);
  PutVarint(&out, record.fields.size());
  for (const auto& [name, value] : record.fields) {
    PutString(&out, name);
    PutString(&out, value);
  }
  PutString(&out, record.tls);
  PutFixed64(&out, record.simhash);
  PutOptionalKey(&out, record.original);
  return out;
}

std::string Encode(const LinkBatch& links) {
  std::string out;
  PutByte(&out, kVersion);
  PutVarint(&out, links.size());
  for (const LinkRecord& link : links) {
    PutString(&out, link.origin);
    PutString(&out, link.path);
    PutVarint(&out, link.depth);
    PutByte(&out, link.redirects);
    PutByte(&out, link.priority);
    PutOptionalKey(&out, link.found_on);
    PutVarint(&out, link.from_domain);
    PutTime(&out, link.lastmod);
    PutDuration(&out, link.interval_hint);
  }
  return out;
}

std::string Encode(const CrawlMeta& meta) {
  std::string out;
  PutByte(&out, kVersion);
  PutVarint(&out, meta.format_version);
  PutVarint(&out, meta.shard_count);
  PutFixed64(&out, meta.hash_salt);
  PutTime(&out, meta.created);
  PutVarint(&out, meta.runs);
  PutVarint(&out, meta.seeds.size());
  for (const std::string& seed : meta.seeds) PutString(&out, seed);
  PutString(&out, meta.judged_by);
  return out;
}

absl::Status Decode(absl::string_view bytes, UrlRecord* record) {
  return DecodeRecord(bytes, "url", record);
}

absl::Status DecodePath(absl::string_view bytes, absl::string_view* path) {
  ByteReader in(bytes);
  if (in.ReadByte() != kVersion) return absl::DataLossError("url record: unknown version");
  *path = in.ReadString();
  return in.ok() ? absl::OkStatus() : absl::DataLossError("url record: cut off or not valid");
}

absl::Status Decode(absl::string_view bytes, HostRecord* record) {
  return DecodeRecord(bytes, "host", record);
}

absl::Status Decode(absl::string_view bytes, DomainRecord* record) {
  return DecodeRecord(bytes, "domain", record);
}

absl::Status Decode(absl::string_view bytes, RobotsRecord* record) {
  return DecodeRecord(bytes, "robots", record);
}

absl::Status Decode(absl::string_view bytes, PageRecord* record) {
  return DecodeRecord(bytes, "page", record);
}

absl::Status Decode(absl::string_view bytes, LinkBatch* links) {
  return DecodeRecord(bytes, "inbox", links);
}

absl::Status Decode(absl::string_view bytes, CrawlMeta* meta) {
  return DecodeRecord(bytes, "crawl", meta);
}

}  // namespace spindle
