#include "storage/verify.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/body_codec.h"
#include "storage/database.h"
#include "storage/host_rows.h"
#include "storage/verify_files.h"

namespace spindle {
namespace {

// More collisions in a row than chance will ever give.
constexpr uint64_t kMaxProbes = 64;

HostKey HostOf(const UrlKey& key) { return key.host_key(); }
HostKey HostOf(const QueueKey& key) { return key.url.host_key(); }
HostKey HostOf(const PageKey& key) { return key.url.host_key(); }

struct HostRowId {
  HostKey host;
  HostRow row = HostRow::kHost;
};
HostKey HostOf(const HostRowId& key) { return key.host; }

template <typename Key>
bool ParseRowKey(absl::string_view bytes, Key* key) {
  return ParseKey(bytes, key);
}
template <>
bool ParseRowKey(absl::string_view bytes, HostRowId* key) {
  return ParseHostRowKey(bytes, &key->host, &key->row);
}

// What was found for one host, to be compared with what its record says.
struct HostTally {
  std::optional<HostRecord> record;
  bool known = false;  // has a record, even one that does not decode
  bool is_domain = false;
  bool has_notes = false;
  uint64_t urls = 0;
  uint64_t queued = 0;
  uint64_t retries = 0;
  uint64_t recrawls = 0;
  uint64_t parked = 0;
  uint64_t pages = 0;
  uint64_t body_bytes = 0;
  std::optional<QueueKey> first_ready;
  std::optional<QueueKey> first_retry;
  std::optional<QueueKey> first_recrawl;
};

}  // namespace

class Verifier {
 public:
  Verifier(const CrawlReader& reader, const VerifyOptions& options)
      : reader_(reader),
        database_(*reader.database_),
        options_(options),
        // A database for reading stays at one state by itself.
        snapshot_(database_.writable() ? database_.db()->GetSnapshot() : nullptr),
        hosts_(this, Family::kHosts),
        urls_(this, Family::kUrls),
        queue_(this, Family::kQueue),
        pages_(this, Family::kPages),
        bodies_(this, Family::kBodies) {}

  ~Verifier() {
    if (snapshot_ != nullptr) database_.db()->ReleaseSnapshot(snapshot_);
  }

  absl::StatusOr<VerifyReport> Run() {
    if (absl::Status list = reader_.CheckSuffixList(); !list.ok()) {
      Add("suffix-list", kSuffixFile, std::string(list.message()));
    }
    if (absl::Status files = options_.deep ? CompareFiles() : absl::OkStatus(); !files.ok()) {
      return files;
    }
    while (const std::optional<HostKey> host = NextHost()) VerifyHost(*host);
    for (const absl::Status& status :
         {hosts_.status(), urls_.status(), queue_.status(), pages_.status(), bodies_.status(),
          VerifyFront(), VerifyDigests(), VerifyInbox(), error_}) {
      if (status.ok()) continue;
      if (report_.violations_by_check.count("file") == 0) return status;
      Add("file", database_.dir(), absl::StrCat("not all could be read: ", status.message()));
    }
    return std::move(report_);
  }

 private:
  // One family, at its next row with a valid key.
  template <typename Key>
  class Cursor {
   public:
    Cursor(Verifier* verifier, Family family)
        : verifier_(verifier), family_(family), scan_(verifier->NewScan(family, "")) {
      SkipBadKeys();
    }

    bool At(const HostKey& host) const { return scan_->Valid() && HostOf(key_) == host; }
    bool Valid() const { return scan_->Valid(); }
    const Key& key() const { return key_; }
    absl::string_view value() const { return scan_->value(); }
    absl::Status status() const { return scan_->status(); }
    void Next() {
      scan_->Next();
      SkipBadKeys();
    }
    // Goes on behind `key`, also after an error.
    void GoBehind(const Key& key) {
      scan_ = verifier_->NewScan(family_, EncodeKey(key) + '\0');
      SkipBadKeys();
    }

   private:
    void SkipBadKeys() {
      for (; scan_->Valid() && !ParseRowKey(scan_->key(), &key_); scan_->Next()) {
        verifier_->Add("key", FamilyName(family_),
                       absl::StrCat("a key of ", scan_->key().size(), " bytes that is none"));
      }
    }

    Verifier* const verifier_;
    const Family family_;
    std::unique_ptr<Scan> scan_;
    Key key_;
  };

  std::unique_ptr<Scan> NewScan(Family family, std::string from) const {
    Scan::Options options;
    options.from = std::move(from);
    options.snapshot = snapshot_;
    return std::make_unique<Scan>(database_, family, "", options);
  }

  void Add(const std::string& check, std::string where, std::string message) {
    ++report_.violation_count;
    ++report_.violations_by_check[check];
    if (report_.violations.size() >= options_.max_violations) return;
    report_.violations.push_back({check, std::move(where), std::move(message)});
  }

  template <typename Record>
  bool DecodeOrAdd(absl::string_view bytes, const std::string& where, Record* record) {
    const absl::Status status = Decode(bytes, record);
    if (!status.ok()) Add("record", where, std::string(status.message()));
    return status.ok();
  }

  bool Get(Family family, const std::string& key, rocksdb::PinnableSlice* value) {
    rocksdb::ReadOptions read;
    read.snapshot = snapshot_;
    value->Reset();
    const rocksdb::Status status = database_.db()->Get(read, database_.handle(family), key, value);
    if (!status.ok() && !status.IsNotFound()) error_.Update(database_.ToStatus(status));
    return status.ok();
  }

  absl::Status CompareFiles() {
    const absl::StatusOr<FilesReport> files = VerifyFiles(database_);
    if (!files.ok()) return files.status();
    report_.compared_file_count = files->compared_count;
    report_.unchecked_file_count = files->without_checksum_count;
    for (const FilesReport::Damage& file : files->damages) Add("file", file.path, file.message);
    return absl::OkStatus();
  }

  // nullopt also for one that does not decode; that is reported where its row is passed.
  std::optional<UrlRecord> GetUrl(const UrlKey& key) {
    rocksdb::PinnableSlice value;
    UrlRecord record;
    if (!Get(Family::kUrls, EncodeKey(key), &value)) return std::nullopt;
    if (!Decode(ToView(value), &record).ok()) return std::nullopt;
    return record;
  }

  template <typename Key>
  static void Least(const Cursor<Key>& cursor, std::optional<HostKey>* least) {
    if (!cursor.Valid()) return;
    const HostKey host = HostOf(cursor.key());
    if (!least->has_value() || host < **least) *least = host;
  }

  // The least host that any family is at.
  std::optional<HostKey> NextHost() const {
    std::optional<HostKey> least;
    if (!error_.ok()) return least;
    Least(hosts_, &least);
    Least(urls_, &least);
    Least(queue_, &least);
    Least(pages_, &least);
    Least(bodies_, &least);
    return least;
  }

  void VerifyHost(const HostKey& host) {
    HostTally tally;
    if (host.shard >= reader_.meta().shard_count) {
      Add("shard", Describe(host), absl::StrCat("of ", reader_.meta().shard_count, " shards"));
    }
    for (; hosts_.At(host); hosts_.Next()) VerifyHostRow(host, tally);
    for (; urls_.At(host); urls_.Next()) VerifyUrl(tally);
    while (pages_.At(host)) VerifyOrphanPage(tally);
    for (; bodies_.At(host); bodies_.Next()) AddOrphanBody();
    for (; queue_.At(host); queue_.Next()) VerifyQueueEntry(tally);
    VerifyTally(host, tally);
  }

  void VerifyHostRow(const HostKey& host, HostTally& tally) {
    switch (hosts_.key().row) {
      case HostRow::kRobots: {
        ++report_.robots_count;
        RobotsRecord robots;
        DecodeOrAdd(hosts_.value(), Describe(host), &robots);
        return;
      }
      case HostRow::kDomain: {
        DomainRecord domain;
        if (!DecodeOrAdd(hosts_.value(), Describe(host), &domain)) return;
        if (MakeHostId(reader_.meta().hash_salt, domain.name) != host.host) {
          Add("id", Describe(host), absl::StrCat("not the hash of ", domain.name));
        }
        tally.is_domain = true;
        return;
      }
      case HostRow::kTemplates:
      case HostRow::kRepeats:
      case HostRow::kCookies:
        tally.has_notes = true;
        return;
      case HostRow::kHost:
        break;
    }
    ++report_.host_count;
    tally.known = true;
    HostRecord record;
    if (!DecodeOrAdd(hosts_.value(), Describe(host), &record)) return;
    if (MakeHostId(reader_.meta().hash_salt, record.origin) != host.host) {
      Add("id", Describe(host), absl::StrCat("not the hash of ", record.origin));
    }
    tally.record = std::move(record);
  }

  static std::string Where(const HostTally& tally, const UrlKey& key, const UrlRecord* url) {
    if (url == nullptr || !tally.record.has_value()) return Describe(key);
    return absl::StrCat(Describe(key), " ", tally.record->origin, url->path);
  }

  void VerifyUrl(HostTally& tally) {
    const UrlKey key = urls_.key();
    ++report_.url_count;
    ++tally.urls;
    UrlRecord url;
    const bool decoded = DecodeOrAdd(urls_.value(), Describe(key), &url);
    const std::string where = Where(tally, key, decoded ? &url : nullptr);
    const uint64_t pages = VerifyPagesOf(key, decoded ? &url : nullptr, tally);
    if (!decoded) return;
    if (tally.record.has_value()) VerifyUrlId(key, tally.record->origin, url, where);
    const bool needs_page = url.state == UrlState::kFetched || url.state == UrlState::kUnchanged;
    if (needs_page && pages == 0)
      Add("page", where, absl::StrCat(Name(url.state), ", but has no page"));
    VerifyLane(key, url, where);
    if (options_.deep && url.found_on.has_value() && !GetUrl(*url.found_on).has_value()) {
      Add("found-on", where, absl::StrCat("found on an unknown URL: ", Describe(*url.found_on)));
    }
  }

  // Its id is the hash of its path, or follows one in a run of other paths.
  void VerifyUrlId(const UrlKey& key, const std::string& origin, const UrlRecord& url,
                   const std::string& where) {
    UrlKey probe = key;
    probe.url = MakeUrlId(reader_.meta().hash_salt, origin, url.path);
    if (key.url - probe.url > kMaxProbes) return Add("id", where, "not the hash of its path");
    for (; probe.url != key.url; ++probe.url) {
      const std::optional<UrlRecord> earlier = GetUrl(probe);
      if (!earlier.has_value()) return Add("id", where, "behind a free id that its path hashes to");
      if (earlier->path == url.path) return Add("id", where, "stored twice");
    }
  }

  void VerifyLane(const UrlKey& key, const UrlRecord& url, const std::string& where) {
    const bool queued = url.lane == Lane::kReady || url.lane == Lane::kRetry;
    if ((url.state == UrlState::kQueued) != queued ||
        (url.state == UrlState::kParked) != (url.lane == Lane::kParked)) {
      Add("queue", where,
          absl::StrCat(Name(url.state), ", but in lane ", static_cast<int>(url.lane)));
    }
    const std::optional<QueueKey> entry = QueueEntryOf(key, url);
    rocksdb::PinnableSlice value;
    if (entry.has_value() && !Get(Family::kQueue, EncodeKey(*entry), &value)) {
      Add("queue", where, "queued, but not in the queue at its priority and time");
    }
  }

  // Passes all pages up to those of `key`; the number of the latter.
  uint64_t VerifyPagesOf(const UrlKey& key, const UrlRecord* url, HostTally& tally) {
    uint64_t pages = 0;
    while (pages_.Valid() && pages_.key().url <= key) {
      if (pages_.key().url < key) {
        VerifyOrphanPage(tally);
        continue;
      }
      VerifyPage(url, tally, /*is_first=*/pages++ == 0);
    }
    if (pages > 1) ++report_.refetched_count;
    return pages;
  }

  void VerifyOrphanPage(HostTally& tally) {
    Add("page", Describe(pages_.key().url), "a page of an unknown URL");
    VerifyPage(nullptr, tally, /*is_first=*/true);
  }

  // Passes the page and its body. Of each URL the first counts.
  void VerifyPage(const UrlRecord* url, HostTally& tally, bool is_first) {
    const PageKey key = pages_.key();
    const std::string where =
        absl::StrCat(Where(tally, key.url, url), " fetched ",
                     absl::FormatTime(absl::FromUnixMicros(key.fetched_us), absl::UTCTimeZone()));
    ++report_.page_count;
    if (is_first) ++tally.pages;
    PageRecord page;
    const bool decoded = DecodeOrAdd(pages_.value(), where, &page);
    for (; bodies_.Valid() && bodies_.key() < key; bodies_.Next()) AddOrphanBody();
    const absl::Status unread = bodies_.status();
    const bool has_body = bodies_.Valid() && bodies_.key() == key;
    if (decoded) {
      if (is_first) tally.body_bytes += page.wire_bytes;
      if (url != nullptr && tally.record.has_value() &&
          page.url != absl::StrCat(tally.record->origin, url->path)) {
        Add("page", where, absl::StrCat("the page says that it is ", page.url));
      }
      if (absl::ToUnixMicros(page.fetched) != key.fetched_us) {
        Add("page", where, "the page says another time");
      }
      if (page.original.has_value()) {
        VerifyOriginal(page, has_body, where);
      } else if (page.wire_bytes > 0 && absl::IsDataLoss(unread)) {
        Add("body", where, std::string(unread.message()));
        bodies_.GoBehind(key);
      } else if (page.wire_bytes > 0 && !has_body) {
        Add("body", where, "the body is missing");
      }
      if (options_.deep && has_body) VerifyBody(page, where);
    }
    if (has_body) {
      ++report_.body_count;
      bodies_.Next();
    }
    pages_.Next();
  }

  void VerifyOriginal(const PageRecord& page, bool has_body, const std::string& where) {
    if (has_body) Add("body", where, "a copy of another page, but has a body");
    rocksdb::PinnableSlice value;
    PageRecord original;
    if (!Get(Family::kPages, EncodeKey(*page.original), &value)) {
      Add("body", where, "a copy of a page that is unknown");
    } else if (Decode(ToView(value), &original).ok() &&
               (original.original.has_value() || original.digest != page.digest)) {
      Add("body", where, "a copy of a page that is itself a copy, or has another digest");
    }
  }

  void VerifyBody(const PageRecord& page, const std::string& where) {
    absl::StatusOr<std::string> body =
        DecodeBody(bodies_.value(), page.body_codec, page.wire_bytes);
    if (!body.ok()) return Add("body", where, std::string(body.status().message()));
    if (page.digest == 0 || page.truncated) return;
    if (options_.decode_body) {
      body = options_.decode_body(page, *body);
      if (!body.ok()) return Add("body", where, std::string(body.status().message()));
    } else if (page.wire_bytes != page.decoded_bytes) {
      return;
    }
    if (BodyDigest(*body) != page.digest) Add("digest", where, "the body has another digest");
  }

  void AddOrphanBody() {
    ++report_.body_count;
    Add("body", Describe(bodies_.key().url), "a body without a page");
  }

  // nullptr: nobody keeps the first of this lane.
  static std::optional<QueueKey>* FirstOf(HostTally& tally, Lane lane) {
    switch (lane) {
      case Lane::kReady:
        return &tally.first_ready;
      case Lane::kRetry:
        return &tally.first_retry;
      case Lane::kRecrawl:
        return &tally.first_recrawl;
      default:
        return nullptr;
    }
  }

  void VerifyQueueEntry(HostTally& tally) {
    const QueueKey entry = queue_.key();
    ++report_.queue_count;
    std::optional<QueueKey>* const first = FirstOf(tally, entry.lane);
    if (first != nullptr && !first->has_value()) *first = entry;
    const std::optional<UrlRecord> url = GetUrl(entry.url);
    const std::string where = Where(tally, entry.url, url.has_value() ? &*url : nullptr);
    if (!url.has_value()) {
      Add("queue", where, "an entry of an unknown URL");
    } else if (url->lane == Lane::kNone) {
      Add("queue", where, absl::StrCat("an entry of a URL that is ", Name(url->state)));
    } else if (QueueEntryOf(entry.url, *url) != entry) {
      Add("queue", where, "an entry with another priority, lane or time than its URL");
    }
    switch (entry.lane) {
      case Lane::kRetry:
        ++tally.retries;
        [[fallthrough]];
      case Lane::kReady:
        ++tally.queued;
        break;
      case Lane::kRecrawl:
        ++tally.recrawls;
        break;
      case Lane::kParked:
        ++tally.parked;
        break;
      case Lane::kNone:
        break;
    }
  }

  void VerifyTally(const HostKey& host, const HostTally& tally) {
    if (!tally.known && tally.is_domain && tally.urls == 0 && !tally.has_notes) return;
    if (!tally.known) return Add("host", Describe(host), "has records, but is unknown");
    if (!tally.record.has_value()) return;
    const HostRecord& record = *tally.record;
    const std::string where = absl::StrCat(Describe(host), " ", record.origin);
    const auto compare = [&](absl::string_view name, uint64_t said, uint64_t found) {
      if (said == found) return;
      Add("host-counters", where, absl::StrCat(name, " is ", said, ", found ", found));
    };
    compare("known_count", record.known_count, tally.urls);
    compare("queued_count", record.queued_count, tally.queued);
    compare("retry_count", record.retry_count, tally.retries);
    compare("recrawl_count", record.recrawl_count, tally.recrawls);
    compare("parked_count", record.parked_count, tally.parked);
    compare("page_count", record.page_count, tally.pages);
    compare("body_bytes", record.body_bytes, tally.body_bytes);
    if (record.queue_head.has_value() && tally.first_ready.has_value() &&
        *tally.first_ready < *record.queue_head) {
      Add("queue-head", where, "an entry of the queue lies before its head");
    }
    const auto compare_due = [&](const std::optional<QueueKey>& first, absl::Time due) {
      if (!first.has_value() || first->enqueued_us >= absl::ToUnixMicros(due)) return;
      Add("queue-head", where, "an entry is due before the first that the host knows of");
    };
    compare_due(tally.first_retry, record.retry_due);
    compare_due(tally.first_recrawl, record.recrawl_due);
    VerifyHostInFront(host, record, where);
  }

  void VerifyHostInFront(const HostKey& host, const HostRecord& record, const std::string& where) {
    const bool has_entry = record.front_due != absl::InfinitePast();
    if (!has_entry && record.queued_count + record.recrawl_count > 0) {
      Add("front", where, "has something to fetch, but no entry in the front");
    }
    rocksdb::PinnableSlice value;
    const FrontKey entry{host.shard, absl::ToUnixMicros(record.front_due), host.host};
    if (has_entry && !Get(Family::kFront, EncodeKey(entry), &value)) {
      Add("front", where, "not in the front at its time");
    }
  }

  // No entry that its host does not know of.
  absl::Status VerifyFront() {
    Cursor<FrontKey> front(this, Family::kFront);
    for (; front.Valid(); front.Next()) {
      ++report_.front_count;
      const FrontKey& entry = front.key();
      rocksdb::PinnableSlice value;
      HostRecord host;
      const std::string where = Describe(entry.host_key());
      if (!Get(Family::kHosts, HostRowKey(entry.host_key(), HostRow::kHost), &value)) {
        Add("front", where, "an entry of an unknown host");
      } else if (Decode(ToView(value), &host).ok() &&
                 absl::ToUnixMicros(host.front_due) != entry.due_us) {
        Add("front", where, "an entry with another time than its host");
      }
    }
    return front.status();
  }

  absl::Status VerifyDigests() {
    Cursor<DigestKey> digests(this, Family::kDigests);
    for (; digests.Valid(); digests.Next()) {
      ++report_.digest_count;
      PageKey key;
      rocksdb::PinnableSlice value;
      const std::string where = Describe(digests.key().host);
      if (!ParseKey(digests.value(), &key)) {
        Add("record", where, "a digest without the key of a page");
      } else if (!Get(Family::kPages, EncodeKey(key), &value)) {
        Add("digest", where, "a digest of an unknown page");
      }
    }
    return digests.status();
  }

  absl::Status VerifyInbox() {
    Cursor<InboxKey> inbox(this, Family::kInbox);
    for (; inbox.Valid(); inbox.Next()) {
      ++report_.inbox_count;
      const InboxKey& key = inbox.key();
      const std::string where =
          absl::StrCat("inbox of shard ", key.to, " from ", key.from, " number ", key.sequence);
      if (std::max(key.to, key.from) >= reader_.meta().shard_count) {
        Add("shard", where, absl::StrCat("of ", reader_.meta().shard_count, " shards"));
      }
      LinkBatch links;
      DecodeOrAdd(inbox.value(), where, &links);
    }
    return inbox.status();
  }

  const CrawlReader& reader_;
  const Database& database_;
  const VerifyOptions& options_;
  const rocksdb::Snapshot* const snapshot_;

  VerifyReport report_;
  absl::Status error_;  // the first of a look-up

  Cursor<HostRowId> hosts_;
  Cursor<UrlKey> urls_;
  Cursor<QueueKey> queue_;
  Cursor<PageKey> pages_;
  Cursor<PageKey> bodies_;
};

absl::StatusOr<VerifyReport> Verify(const CrawlReader& reader, const VerifyOptions& options) {
  return Verifier(reader, options).Run();
}

}  // namespace spindle
