#ifndef SPINDLE_STORAGE_RECORDS_H_
#define SPINDLE_STORAGE_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/keys.h"

// What a crawl stores, as plain values, with their bytes. Every encoded record begins with a
// version byte; Decode*() answers DataLoss with what is wrong for bytes that no version of this
// program wrote. Times are stored in microseconds; absl::InfinitePast() means "never" and is stored
// as 0.

namespace spindle {

enum class UrlState : uint8_t {
  kQueued = 1,      // waits to be fetched, for the first time or once more; also while it is
  kFetched = 2,     // a page is stored
  kUnchanged = 3,   // fetched again, nothing new (304, or the same digest)
  kRedirected = 4,  // answered with a redirect; `detail` is its target
  kGone = 5,        // the server says that there is nothing (404, 410)
  kFailed = 6,      // given up after the last try
  kExcluded = 7,    // not to be fetched, see the reason
  kParked = 8,      // over a budget; may come back
};

// Why a URL or a host is in its state. The numbers are stored: never reuse one.
enum class Reason : uint8_t {
  kNone = 0,
  kHttpStatus = 1,        // `http_status` says which
  kDns = 2,               // the name does not resolve
  kConnect = 3,           // unreachable, or no connection for another cause
  kTimeout = 4,           // the whole transfer took too long
  kTls = 5,               // certificate or handshake
  kProtocol = 6,          // not HTTP, or broken HTTP
  kTooLarge = 7,          // headers over their limit
  kAddressRefused = 8,    // private, loopback or otherwise not allowed
  kRobotsDisallowed = 9,  // a rule of robots.txt
  kRobotsUnreachable =
      10,  // robots.txt answered 5xx or not at all: taken as "disallow all" (RFC 9309 2.3.1.4)
  kRedirectLimit = 11,    // too many hops, or one that closes a loop
  kRedirectInvalid = 12,  // no usable Location
  kDepth = 13,            // deeper than --max_depth
  kUrlTooLong = 14,
  kHostDead = 15,        // too many failures in a row
  kProcessor = 16,       // a processor of the pipeline dropped it or failed
  kIdCollision = 17,     // not given any more: its hash is another's
  kInterrupted = 18,     // connection closed in the middle of the answer
  kTrapRepeat = 19,      // the same path segments again and again
  kTrapDepth = 20,       // more path segments than the crawl takes
  kTrapParameters = 21,  // too many query parameters, or the same one repeated
  kTrapSession = 22,     // a session id in the URL
  kTrapTemplate = 23,    // of a pattern that its host seems to fill without end
  kHostBudget = 24,      // its host has had its share
  kDomainBudget = 25,    // its registrable domain has had its share
  kOutOfScope = 26,      // the crawl's scope no longer takes it in
  kDuplicate = 27,       // not given any more: the same content as another URL's
  kRefused = 28,         // the server refused the connection
  kReset = 29,           // reset or closed before an answer
  kConnectTimeout = 30,
  kFirstByteTimeout = 31,  // connected, and no answer began
  kLowSpeed = 32,          // the answer came too slowly
  kMediaType = 33,         // not of --media_types; its body was not fetched
  kDnsServer = 34,         // the name servers did not say whether the name resolves
  kDepthBudget = 35,       // deeper than --park_depth; older versions said kHostBudget
};

inline constexpr Reason kLastReason = Reason::kDepthBudget;

// Room for every Reason, now and later.
inline constexpr size_t kReasonCount = 64;

struct UrlRecord {
  std::string path;  // path and query as fetched, "/a?b"
  UrlState state = UrlState::kQueued;
  Reason reason = Reason::kNone;
  Lane lane = Lane::kReady;        // of its queue entry; kNone: it has none
  uint8_t priority = 0;            // of its queue entry
  uint16_t depth = 0;              // links from a seed
  uint8_t redirects = 0;           // redirect hops since the last link
  uint8_t failures = 0;            // tries that failed since the last success
  uint16_t http_status = 0;        // of the last answer; 0: none
  std::optional<UrlKey> found_on;  // the page that linked here first; none for a seed
  absl::Time discovered = absl::InfinitePast();
  absl::Time enqueued = absl::InfinitePast();    // of its queue entry; where that waits: when due
  absl::Time last_fetch = absl::InfinitePast();  // when its last answer was complete
  std::string etag;
  std::string last_modified;
  uint64_t digest = 0;  // XXH3 of the decoded body; 0: none
  std::string detail;   // redirect target, or a message for people
  // How often it changes (shard/recrawl.h).
  absl::Duration interval = absl::ZeroDuration();  // to the next visit; zero: not yet known
  uint32_t fetch_count = 0;                        // answers that were worth a page, or 304
  uint32_t change_count = 0;                       // of them with another digest than before
  uint8_t miss_count = 0;                          // visits that found it gone or failed, in a row
  uint8_t gone_count = 0;                          // of these, gone
  absl::Time stored = absl::InfinitePast();        // PageRecord::fetched of its newest page
};

// The entry in the queue that the record says it has; nullopt: none.
std::optional<QueueKey> QueueEntryOf(const UrlKey& key, const UrlRecord& record);

enum class HostState : uint8_t {
  kLive = 1,
  kParked = 2,  // left alone, by its reason for a while, until a budget grows or until the next run
};

enum class RobotsPolicy : uint8_t {
  kAllowAll = 1,     // 4xx: no rules
  kDisallowAll = 2,  // 5xx or unreachable
  kRules = 3,        // RobotsRecord::body holds them
};

// A host's politeness and counters; rewritten with every page of it, so it stays small.
struct HostRecord {
  std::string origin;  // "https://example.org"
  HostState state = HostState::kLive;
  Reason reason = Reason::kNone;
  absl::Time next_fetch = absl::InfinitePast();       // no request before
  uint32_t failures = 0;                              // connect errors, 5xx and 429 in a row
  absl::Duration crawl_delay = absl::ZeroDuration();  // of robots.txt; zero: none
  absl::Duration last_latency = absl::ZeroDuration();
  uint64_t known_count = 0;            // URLs known
  uint64_t queued_count = 0;           // of them in state kQueued
  uint64_t retry_count = 0;            // of the queued ones in Lane::kRetry
  uint64_t recrawl_count = 0;          // URLs in Lane::kRecrawl
  uint64_t parked_count = 0;           // URLs in Lane::kParked
  uint64_t page_count = 0;             // URLs with a page stored; visits again add none
  uint64_t body_bytes = 0;             // of their first pages' bodies as received
  std::optional<QueueKey> queue_head;  // no entry of Lane::kReady lies before it; none: unknown
  absl::Time retry_due = absl::InfinitePast();    // nor one of Lane::kRetry before this
  absl::Time recrawl_due = absl::InfinitePast();  // nor one of Lane::kRecrawl before this
  absl::Time front_due = absl::InfinitePast();    // of its entry in the front; never: it has none
  uint8_t revivals = 0;                           // times that it was given up and tried again
  bool https = false;                             // an http host whose pages moved to https
  // Of its RobotsRecord, so that hosts without rules need not read it.
  RobotsPolicy robots = RobotsPolicy::kAllowAll;
  absl::Time robots_expire = absl::InfinitePast();
  // Last resolved, "192.0.2.1 2001:db8::1"; and until when that holds.
  std::string addresses;
  absl::Time addresses_expire = absl::InfinitePast();
};

// What is kept beside a host's record because it grows or changes rarely: bytes whose meaning is
// their writer's. The letters are stored.
enum class HostNote : char {
  kTemplates = 't',  // the shapes of its URLs (shard/url_traps.h)
  kRepeats = 'a',    // which of its areas repeat themselves (shard/near_duplicates.h)
  kCookies = 'c',
};

// What the hosts of a registrable domain share. Its key is that of a host with the domain's name
// for an origin.
struct DomainRecord {
  std::string name;         // "example.co.uk"
  uint64_t page_count = 0;  // as of its hosts together, while it had a budget
  uint64_t body_bytes = 0;
  std::string inlinkers;  // sketch of the domains that link to it (shard/budgets.h)
};

struct RobotsRecord {
  RobotsPolicy outcome = RobotsPolicy::kAllowAll;
  uint16_t http_status = 0;  // 0: no answer
  Reason reason = Reason::kNone;
  absl::Time fetched = absl::InfinitePast();
  absl::Time expires = absl::InfinitePast();
  // kRules: the file, at most the limit of RFC 9309 2.5 that the fetcher keeps. kDisallowAll: what
  // went wrong, for people.
  std::string body;
  uint8_t tries = 0;  // kDisallowAll: that went wrong, in a row
};

enum class BodyCodec : uint8_t {
  kAsReceived = 0,  // the bytes of the wire, Content-Encoding kept
  kZstd = 1,        // as received (identity), compressed by us
};

// One fetch. The body lies in a column family of its own, so that scans of pages stay cheap.
struct PageRecord {
  std::string url;  // absolute, for exports without further reads
  uint16_t http_status = 0;
  std::string headers;          // status line and header fields as received, CRLF line ends
  std::string request_headers;  // as sent; empty: not kept
  absl::Time fetched = absl::InfinitePast();      // when the request started
  absl::Duration latency = absl::ZeroDuration();  // to the first byte
  absl::Duration elapsed = absl::ZeroDuration();  // whole transfer
  std::string address;     // connected to, "192.0.2.1:443" or "[2001:db8::1]:443"
  std::string media_type;  // essence, "text/html"
  std::string charset;     // WHATWG name; empty for what is no text
  std::string title;
  std::string language;
  uint64_t digest = 0;         // XXH3 of the decoded body
  uint64_t wire_bytes = 0;     // of the body as received
  uint64_t decoded_bytes = 0;  // after Content-Encoding
  uint32_t link_count = 0;
  bool truncated = false;  // cut at a limit or by an early close
  BodyCodec body_codec = BodyCodec::kAsReceived;
  std::vector<std::pair<std::string, std::string>> fields;  // set by processors of the pipeline
  std::string tls;       // of the connection, for people; empty: none
  uint64_t simhash = 0;  // of the visible text (parsers/simhash.h); 0: none
  // A page of the same host with the same body, which has it. Empty: the body is this page's own.
  std::optional<PageKey> original;
};

// A link on its way to the shard that owns it.
struct LinkRecord {
  std::string origin;  // "https://example.org"
  std::string path;    // "/a?b"
  uint16_t depth = 0;
  uint8_t redirects = 0;
  uint8_t priority = 0;
  std::optional<UrlKey> found_on;
  uint32_t from_domain =
      0;  // hash of the domain that it was found on (shard/budgets.h); 0: its own
  // What a sitemap says of it.
  absl::Time lastmod = absl::InfinitePast();
  absl::Duration interval_hint = absl::ZeroDuration();  // of its changefreq; zero: none
};

using LinkBatch = std::vector<LinkRecord>;

// In the directory, the list that decides which hosts share a shard.
inline constexpr char kSuffixFile[] = "public_suffix_list.dat";

// Of the whole crawl, written once at its creation but for `runs`, `seeds` and `judged_by`.
struct CrawlMeta {
  uint32_t format_version = 0;
  uint32_t shard_count = 0;
  uint64_t hash_salt = 0;  // secret, random
  absl::Time created = absl::InfinitePast();
  uint64_t runs = 0;  // times that this crawl was opened for writing
  std::vector<std::string> seeds;
  std::string judged_by;  // the scope and limits of depth that all URLs were last judged by
};

std::string Encode(const UrlRecord& record);
void Append(std::string* out, const UrlRecord& record);
std::string Encode(const HostRecord& record);
std::string Encode(const DomainRecord& record);
std::string Encode(const RobotsRecord& record);
std::string Encode(const PageRecord& record);
std::string Encode(const LinkBatch& links);
std::string Encode(const CrawlMeta& meta);
absl::Status Decode(absl::string_view bytes, UrlRecord* record);
// UrlRecord::path alone, as a part of `bytes`.
absl::Status DecodePath(absl::string_view bytes, absl::string_view* path);
absl::Status Decode(absl::string_view bytes, HostRecord* record);
absl::Status Decode(absl::string_view bytes, DomainRecord* record);
absl::Status Decode(absl::string_view bytes, RobotsRecord* record);
absl::Status Decode(absl::string_view bytes, PageRecord* record);
absl::Status Decode(absl::string_view bytes, LinkBatch* links);
absl::Status Decode(absl::string_view bytes, CrawlMeta* meta);

// Names for people and exports: "queued", "robots-disallowed".
absl::string_view Name(UrlState state);
absl::string_view Name(HostState state);
absl::string_view Name(Reason reason);
absl::string_view Name(RobotsPolicy outcome);
std::optional<UrlState> ParseUrlState(absl::string_view name);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_RECORDS_H_
