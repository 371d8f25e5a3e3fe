#include "storage/records.h"

#include <random>
#include <set>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

const absl::Time kTime = absl::FromUnixMicros(1'700'000'000'123'456);
constexpr UrlKey kUrl{1, 2, 3};

UrlRecord FullUrl() {
  UrlRecord url;
  url.path = "/a?b";
  url.state = UrlState::kParked;
  url.lane = Lane::kParked;
  url.reason = kLastReason;
  url.priority = 255;
  url.depth = 65535;
  url.redirects = 255;
  url.failures = 255;
  url.http_status = 65535;
  url.found_on = kUrl;
  url.discovered = url.enqueued = url.last_fetch = kTime;
  url.etag = "\"e\"";
  url.last_modified = "Tue, 14 Nov 2023 22:13:20 GMT";
  url.digest = UINT64_MAX;
  url.detail = "https://example.org/b";
  url.interval = absl::Hours(24);
  url.fetch_count = UINT32_MAX;
  url.change_count = 3;
  url.miss_count = 4;
  url.gone_count = 3;
  url.stored = kTime;
  return url;
}

HostRecord FullHost() {
  HostRecord host;
  host.origin = "https://example.org:8443";
  host.state = HostState::kParked;
  host.reason = Reason::kHostDead;
  host.next_fetch = kTime;
  host.failures = UINT32_MAX;
  host.crawl_delay = absl::Milliseconds(1500);
  host.last_latency = absl::Microseconds(7);
  host.known_count = UINT64_MAX;
  host.queued_count = 2;
  host.page_count = 3;
  host.body_bytes = uint64_t{1} << 50;
  host.queue_head = QueueKey{kUrl, 9, 1'700'000'000'000'000};
  host.retry_count = 4;
  host.recrawl_count = 5;
  host.parked_count = 6;
  host.retry_due = host.recrawl_due = host.front_due = host.robots_expire = host.addresses_expire =
      kTime;
  host.revivals = 255;
  host.https = true;
  host.robots = RobotsPolicy::kRules;
  host.addresses = "192.0.2.1 2001:db8::1";
  return host;
}

DomainRecord FullDomain() {
  DomainRecord domain;
  domain.name = "example.co.uk";
  domain.page_count = 1;
  domain.body_bytes = 2;
  domain.inlinkers = "sketch";
  return domain;
}

RobotsRecord FullRobots() {
  RobotsRecord robots;
  robots.outcome = RobotsPolicy::kRules;
  robots.http_status = 200;
  robots.reason = Reason::kTimeout;
  robots.fetched = kTime;
  robots.expires = kTime + absl::Hours(24);
  robots.body = std::string("User-agent: *\n\0\xff", 16);
  return robots;
}

PageRecord FullPage() {
  PageRecord page;
  page.url = "https://example.org/a?b";
  page.http_status = 200;
  page.headers = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n";
  page.request_headers = "GET /a?b HTTP/1.1\r\n\r\n";
  page.fetched = kTime;
  page.latency = absl::Milliseconds(20);
  page.elapsed = absl::Milliseconds(30);
  page.address = "[2001:db8::1]:443";
  page.media_type = "text/html";
  page.charset = "UTF-8";
  page.title = "A title";
  page.language = "en";
  page.digest = 42;
  page.wire_bytes = 1000;
  page.decoded_bytes = 5000;
  page.link_count = 77;
  page.truncated = true;
  page.body_codec = BodyCodec::kZstd;
  page.fields = {{"price", "9.99"}, {"", ""}};
  page.tls = "TLSv1.3";
  page.simhash = 43;
  page.original = PageKey{kUrl, 1};
  return page;
}

LinkBatch FullLinks() {
  LinkRecord link;
  link.origin = "https://example.net";
  link.path = "/x";
  link.depth = 3;
  link.redirects = 1;
  link.priority = 2;
  link.found_on = kUrl;
  link.lastmod = kTime;
  link.from_domain = UINT32_MAX;
  link.interval_hint = absl::Hours(1);
  return {link, LinkRecord()};
}

CrawlMeta FullMeta() {
  CrawlMeta meta;
  meta.format_version = 1;
  meta.shard_count = 64;
  meta.hash_salt = 0xdeadbeef;
  meta.created = kTime;
  meta.runs = 3;
  meta.seeds = {"https://example.org/", "https://example.net/"};
  meta.judged_by = "scope=host";
  return meta;
}

// Equal bytes mean equal records: the encoding has one form for each.
template <typename Record>
void ExpectComesBack(const Record& record) {
  const std::string bytes = Encode(record);
  Record decoded;
  const absl::Status status = Decode(bytes, &decoded);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Encode(decoded), bytes);
}

template <typename Record>
void ExpectDataLoss(absl::string_view bytes) {
  Record record;
  EXPECT_EQ(Decode(bytes, &record).code(), absl::StatusCode::kDataLoss);
}

// Every way to cut, extend or change the record's bytes gives DataLoss or a record, and never a
// crash.
template <typename Record>
void ExpectSurvivesDamage(const Record& record) {
  const std::string bytes = Encode(record);
  for (size_t cut = 0; cut < bytes.size(); ++cut) ExpectDataLoss<Record>(bytes.substr(0, cut));
  ExpectDataLoss<Record>(bytes + "x");
  ExpectDataLoss<Record>("\x7f" + bytes.substr(1));
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = bytes;
    for (uint64_t changes = random() % 4 + 1; changes > 0; --changes) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    Record decoded;
    const absl::Status status = Decode(damaged, &decoded);
    if (status.ok()) {
      ExpectComesBack(decoded);
    } else {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    }
  }
}

TEST(RecordsTest, DefaultsComeBack) {
  ExpectComesBack(UrlRecord());
  ExpectComesBack(HostRecord());
  ExpectComesBack(DomainRecord());
  ExpectComesBack(RobotsRecord());
  ExpectComesBack(PageRecord());
  ExpectComesBack(LinkBatch());
  ExpectComesBack(CrawlMeta());
}

TEST(RecordsTest, UrlComesBackFieldByField) {
  UrlRecord url;
  ASSERT_TRUE(Decode(Encode(FullUrl()), &url).ok());
  const UrlRecord full = FullUrl();
  EXPECT_EQ(url.path, full.path);
  EXPECT_EQ(url.state, full.state);
  EXPECT_EQ(url.reason, full.reason);
  EXPECT_EQ(url.priority, full.priority);
  EXPECT_EQ(url.depth, full.depth);
  EXPECT_EQ(url.redirects, full.redirects);
  EXPECT_EQ(url.failures, full.failures);
  EXPECT_EQ(url.http_status, full.http_status);
  EXPECT_EQ(url.found_on, full.found_on);
  EXPECT_EQ(url.discovered, full.discovered);
  EXPECT_EQ(url.enqueued, full.enqueued);
  EXPECT_EQ(url.last_fetch, full.last_fetch);
  EXPECT_EQ(url.etag, full.etag);
  EXPECT_EQ(url.last_modified, full.last_modified);
  EXPECT_EQ(url.digest, full.digest);
  EXPECT_EQ(url.detail, full.detail);
  EXPECT_EQ(url.lane, full.lane);
  EXPECT_EQ(url.interval, full.interval);
  EXPECT_EQ(url.fetch_count, full.fetch_count);
  EXPECT_EQ(url.change_count, full.change_count);
  EXPECT_EQ(url.miss_count, full.miss_count);
  EXPECT_EQ(url.gone_count, full.gone_count);
  EXPECT_EQ(url.stored, full.stored);
}

TEST(RecordsTest, HostComesBackFieldByField) {
  HostRecord host;
  ASSERT_TRUE(Decode(Encode(FullHost()), &host).ok());
  const HostRecord full = FullHost();
  EXPECT_EQ(host.origin, full.origin);
  EXPECT_EQ(host.state, full.state);
  EXPECT_EQ(host.reason, full.reason);
  EXPECT_EQ(host.next_fetch, full.next_fetch);
  EXPECT_EQ(host.failures, full.failures);
  EXPECT_EQ(host.crawl_delay, full.crawl_delay);
  EXPECT_EQ(host.last_latency, full.last_latency);
  EXPECT_EQ(host.known_count, full.known_count);
  EXPECT_EQ(host.queued_count, full.queued_count);
  EXPECT_EQ(host.page_count, full.page_count);
  EXPECT_EQ(host.body_bytes, full.body_bytes);
  EXPECT_EQ(host.queue_head, full.queue_head);
  EXPECT_EQ(host.retry_count, full.retry_count);
  EXPECT_EQ(host.recrawl_count, full.recrawl_count);
  EXPECT_EQ(host.parked_count, full.parked_count);
  EXPECT_EQ(host.retry_due, full.retry_due);
  EXPECT_EQ(host.recrawl_due, full.recrawl_due);
  EXPECT_EQ(host.front_due, full.front_due);
  EXPECT_EQ(host.revivals, full.revivals);
  EXPECT_EQ(host.https, full.https);
  EXPECT_EQ(host.robots, full.robots);
  EXPECT_EQ(host.robots_expire, full.robots_expire);
  EXPECT_EQ(host.addresses, full.addresses);
  EXPECT_EQ(host.addresses_expire, full.addresses_expire);
}

TEST(RecordsTest, RobotsComesBackFieldByField) {
  RobotsRecord robots;
  ASSERT_TRUE(Decode(Encode(FullRobots()), &robots).ok());
  const RobotsRecord full = FullRobots();
  EXPECT_EQ(robots.outcome, full.outcome);
  EXPECT_EQ(robots.http_status, full.http_status);
  EXPECT_EQ(robots.reason, full.reason);
  EXPECT_EQ(robots.fetched, full.fetched);
  EXPECT_EQ(robots.expires, full.expires);
  EXPECT_EQ(robots.body, full.body);
}

TEST(RecordsTest, PageComesBackFieldByField) {
  PageRecord page;
  ASSERT_TRUE(Decode(Encode(FullPage()), &page).ok());
  const PageRecord full = FullPage();
  EXPECT_EQ(page.url, full.url);
  EXPECT_EQ(page.http_status, full.http_status);
  EXPECT_EQ(page.headers, full.headers);
  EXPECT_EQ(page.request_headers, full.request_headers);
  EXPECT_EQ(page.fetched, full.fetched);
  EXPECT_EQ(page.latency, full.latency);
  EXPECT_EQ(page.elapsed, full.elapsed);
  EXPECT_EQ(page.address, full.address);
  EXPECT_EQ(page.media_type, full.media_type);
  EXPECT_EQ(page.charset, full.charset);
  EXPECT_EQ(page.title, full.title);
  EXPECT_EQ(page.language, full.language);
  EXPECT_EQ(page.digest, full.digest);
  EXPECT_EQ(page.wire_bytes, full.wire_bytes);
  EXPECT_EQ(page.decoded_bytes, full.decoded_bytes);
  EXPECT_EQ(page.link_count, full.link_count);
  EXPECT_EQ(page.truncated, full.truncated);
  EXPECT_EQ(page.body_codec, full.body_codec);
  EXPECT_EQ(page.fields, full.fields);
}

TEST(RecordsTest, LinksComeBackFieldByField) {
  LinkBatch links;
  ASSERT_TRUE(Decode(Encode(FullLinks()), &links).ok());
  ASSERT_EQ(links.size(), 2);
  EXPECT_EQ(links[0].origin, "https://example.net");
  EXPECT_EQ(links[0].path, "/x");
  EXPECT_EQ(links[0].depth, 3);
  EXPECT_EQ(links[0].redirects, 1);
  EXPECT_EQ(links[0].priority, 2);
  EXPECT_EQ(links[0].found_on, kUrl);
  EXPECT_FALSE(links[1].found_on.has_value());
}

TEST(RecordsTest, MetaComesBackFieldByField) {
  CrawlMeta meta;
  ASSERT_TRUE(Decode(Encode(FullMeta()), &meta).ok());
  const CrawlMeta full = FullMeta();
  EXPECT_EQ(meta.format_version, full.format_version);
  EXPECT_EQ(meta.shard_count, full.shard_count);
  EXPECT_EQ(meta.hash_salt, full.hash_salt);
  EXPECT_EQ(meta.created, full.created);
  EXPECT_EQ(meta.runs, full.runs);
  EXPECT_EQ(meta.seeds, full.seeds);
}

TEST(RecordsTest, DecodingReplacesWhatWasThere) {
  PageRecord page = FullPage();
  ASSERT_TRUE(Decode(Encode(PageRecord()), &page).ok());
  EXPECT_EQ(Encode(page), Encode(PageRecord()));
  UrlRecord url = FullUrl();
  ASSERT_TRUE(Decode(Encode(UrlRecord()), &url).ok());
  EXPECT_EQ(Encode(url), Encode(UrlRecord()));
  LinkBatch links = FullLinks();
  ASSERT_TRUE(Decode(Encode(LinkBatch()), &links).ok());
  EXPECT_TRUE(links.empty());
}

TEST(RecordsTest, NeverAndForEverAreTimes) {
  UrlRecord url;
  url.discovered = absl::InfinitePast();
  url.enqueued = absl::InfiniteFuture();
  url.last_fetch = absl::UnixEpoch() - absl::Seconds(5);  // before the format's first moment
  ASSERT_TRUE(Decode(Encode(url), &url).ok());
  EXPECT_EQ(url.discovered, absl::InfinitePast());
  EXPECT_EQ(url.enqueued, absl::InfiniteFuture());
  EXPECT_EQ(url.last_fetch, absl::InfinitePast());
}

TEST(RecordsTest, DurationsDoNotFallBelowZero) {
  HostRecord host;
  host.crawl_delay = absl::InfiniteDuration();
  host.last_latency = -absl::Seconds(1);
  ASSERT_TRUE(Decode(Encode(host), &host).ok());
  EXPECT_EQ(host.crawl_delay, absl::InfiniteDuration());
  EXPECT_EQ(host.last_latency, absl::ZeroDuration());
}

TEST(RecordsTest, PathIsReadWithoutTheRest) {
  const std::string bytes = Encode(FullUrl());
  absl::string_view path;
  ASSERT_TRUE(DecodePath(bytes, &path).ok());
  EXPECT_EQ(path, FullUrl().path);
  EXPECT_FALSE(DecodePath(absl::string_view(bytes).substr(0, 4), &path).ok());
  EXPECT_FALSE(DecodePath("", &path).ok());
}

TEST(RecordsTest, UrlsWithoutALaneHaveNoEntry) {
  UrlRecord url = FullUrl();
  EXPECT_EQ(QueueEntryOf(kUrl, url),
            (QueueKey{kUrl, 255, absl::ToUnixMicros(kTime), Lane::kParked}));
  url.lane = Lane::kRetry;
  EXPECT_EQ(QueueEntryOf(kUrl, url), (QueueKey{kUrl, 0, absl::ToUnixMicros(kTime), Lane::kRetry}));
  url.lane = Lane::kNone;
  EXPECT_EQ(QueueEntryOf(kUrl, url), std::nullopt);
}

TEST(RecordsTest, DamagedRecordsAreDataLossOrRecords) {
  ExpectSurvivesDamage(FullUrl());
  ExpectSurvivesDamage(FullHost());
  ExpectSurvivesDamage(FullRobots());
  ExpectSurvivesDamage(FullDomain());
  ExpectSurvivesDamage(FullPage());
  ExpectSurvivesDamage(FullLinks());
  ExpectSurvivesDamage(FullMeta());
}

TEST(RecordsTest, DataLossSaysWhatIsWrong) {
  UrlRecord url;
  EXPECT_TRUE(absl::StrContains(Decode("", &url).message(), "url record: empty"));
  EXPECT_TRUE(absl::StrContains(Decode("\x09", &url).message(), "unknown version 9"));
}

TEST(RecordsTest, HugeCountsTakeNoMemory) {
  // A batch that claims 2^63 links in ten bytes.
  ExpectDataLoss<LinkBatch>("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
}

TEST(RecordsTest, EveryStateHasANameThatParses) {
  for (int state = 1; state <= 8; ++state) {
    EXPECT_EQ(ParseUrlState(Name(static_cast<UrlState>(state))), static_cast<UrlState>(state));
  }
  EXPECT_EQ(ParseUrlState("unknown"), std::nullopt);
  EXPECT_EQ(ParseUrlState(""), std::nullopt);
}

TEST(RecordsTest, EveryReasonHasANameOfItsOwn) {
  std::set<std::string> names;
  for (int reason = 0; reason <= static_cast<int>(Reason::kDuplicate); ++reason) {
    const std::string name(Name(static_cast<Reason>(reason)));
    EXPECT_NE(name, "unknown");
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace spindle
