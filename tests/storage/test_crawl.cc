#include "tests/storage/test_crawl.h"

#include <stdio.h>
#include <stdlib.h>

#include "absl/strings/str_cat.h"
#include "storage/body_codec.h"

namespace spindle {
namespace {

constexpr ShardId kShard = 1;

void AbortUnlessOk(const absl::Status& status) {
  if (status.ok()) return;
  fprintf(stderr, "%s\n", status.ToString().c_str());
  abort();
}

}  // namespace

std::unique_ptr<CrawlStore> OpenTestStore(const std::string& dir) {
  auto store = OpenTestStore(dir, nullptr);
  AbortUnlessOk(store.status());
  return *std::move(store);
}

absl::StatusOr<std::unique_ptr<CrawlStore>> OpenTestStore(const std::string& dir,
                                                          rocksdb::Env* env) {
  StoreOptions options;
  options.memory_bytes = uint64_t{32} << 20;
  options.env = env;
  CreateOptions if_new;
  if_new.shard_count = kTestShardCount;
  if_new.hash_salt = kTestSalt;
  if_new.now = At(0);
  return CrawlStore::Open(dir, options, if_new);
}

absl::Time At(int seconds) { return absl::FromUnixSeconds(int64_t{1'700'000'000} + seconds); }

HostKey TestCrawl::HostOf(absl::string_view origin) const {
  return {kShard, MakeHostId(kTestSalt, origin)};
}

UrlKey TestCrawl::KeyOf(absl::string_view origin, absl::string_view path) const {
  const HostKey host = HostOf(origin);
  return {host.shard, host.host, MakeUrlId(kTestSalt, origin, path)};
}

HostRecord TestCrawl::GetOrNewHost(absl::string_view origin) const {
  const auto stored = store_->reader().GetHost(HostOf(origin));
  AbortUnlessOk(stored.status());
  if (stored->has_value()) return **stored;
  HostRecord host;
  host.origin = std::string(origin);
  return host;
}

void TestCrawl::Apply(Commit& commit) { AbortUnlessOk(store_->Apply(commit)); }

UrlKey TestCrawl::AddQueued(absl::string_view origin, absl::string_view path, int second) {
  const UrlKey key = KeyOf(origin, path);
  UrlRecord url;
  url.path = std::string(path);
  url.discovered = url.enqueued = At(second);
  HostRecord host = GetOrNewHost(origin);
  ++host.known_count;
  ++host.queued_count;
  Commit commit = store_->NewCommit();
  if (host.front_due == absl::InfinitePast()) {
    host.front_due = At(second);
    commit.PutFrontEntry({key.shard, absl::ToUnixMicros(host.front_due), key.host});
  }
  commit.PutUrl(key, url);
  commit.PutQueueEntry(*QueueEntryOf(key, url));
  commit.PutHost(key.host_key(), host);
  Apply(commit);
  return key;
}

UrlKey TestCrawl::AddEnded(absl::string_view origin, absl::string_view path, UrlState state,
                           Reason reason) {
  const UrlKey key = KeyOf(origin, path);
  UrlRecord url;
  url.path = std::string(path);
  url.state = state;
  url.lane = Lane::kNone;
  url.reason = reason;
  url.discovered = At(0);
  HostRecord host = GetOrNewHost(origin);
  ++host.known_count;
  Commit commit = store_->NewCommit();
  commit.PutUrl(key, url);
  commit.PutHost(key.host_key(), host);
  Apply(commit);
  return key;
}

PageKey TestCrawl::AddPage(absl::string_view origin, absl::string_view path, absl::string_view body,
                           int second) {
  const PageKey key{KeyOf(origin, path), absl::ToUnixMicros(At(second))};
  const EncodedBody encoded = EncodeBody(body, false);
  PageRecord page;
  page.url = absl::StrCat(origin, path);
  page.http_status = 200;
  page.headers = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
  page.fetched = At(second);
  page.media_type = "text/html";
  page.digest = BodyDigest(body);
  page.wire_bytes = page.decoded_bytes = body.size();
  page.body_codec = encoded.codec;
  UrlRecord url;
  url.path = std::string(path);
  url.state = UrlState::kFetched;
  url.lane = Lane::kNone;
  url.http_status = 200;
  url.discovered = At(0);
  url.last_fetch = At(second);
  url.digest = page.digest;
  HostRecord host = GetOrNewHost(origin);
  ++host.known_count;
  ++host.page_count;
  host.body_bytes += body.size();
  Commit commit = store_->NewCommit();
  commit.PutUrl(key.url, url);
  commit.PutPage(key, page, encoded.bytes);
  commit.PutHost(key.url.host_key(), host);
  Apply(commit);
  return key;
}

void TestCrawl::AddRobots(absl::string_view origin, const RobotsRecord& record) {
  Commit commit = store_->NewCommit();
  commit.PutHost(HostOf(origin), GetOrNewHost(origin));
  commit.PutRobots(HostOf(origin), record);
  Apply(commit);
}

}  // namespace spindle
