#ifndef SPINDLE_STORAGE_CRAWL_READER_H_
#define SPINDLE_STORAGE_CRAWL_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace spindle {

class Database;

// Everything that a crawl directory holds, one record or one scan at a time. The crawl itself reads
// through CrawlStore::reader() and sees each commit at once; a program of its own opens the
// directory with Open(), also while a crawl runs there, and sees the crawl as it was at one moment
// between two commits, until Refresh(). It never writes to the directory and takes no lock there.
// It interprets nothing: what a record means is for others.
//
// A record that does not decode is DataLoss, named by its key. Thread-safe, but for Refresh().
//
//   auto reader = CrawlReader::Open("crawl-data");
//   if (!reader.ok()) return reader.status();
//   absl::Status status = (*reader)->ForEachHost(std::nullopt, [](const HostKey&, const HostRecord&
//   host) {
//     std::cout << host.origin << "\n";
//     return true;
//   });
class CrawlReader {
 public:
  // NotFound: no such directory; InvalidArgument: it holds no crawl; FailedPrecondition: a crawl of
  // another format version, or one that is being created at this moment.
  static absl::StatusOr<std::unique_ptr<CrawlReader>> Open(const std::string& dir);

  ~CrawlReader();
  CrawlReader(const CrawlReader&) = delete;
  CrawlReader& operator=(const CrawlReader&) = delete;

  // As of Open().
  const CrawlMeta& meta() const { return meta_; }

  // DataLoss: the public suffix list in the directory is not the one that the crawl put its hosts
  // into shards by. OK where a crawl of an earlier version kept nothing to compare it with.
  absl::Status CheckSuffixList() const;

  // Moves on to what the crawl has committed since; after an error all stays as it was. No other
  // call may run meanwhile. Nothing to do for CrawlStore::reader().
  absl::Status Refresh();

  // nullopt: not there.
  absl::StatusOr<std::optional<HostRecord>> GetHost(const HostKey& key) const;
  absl::StatusOr<std::optional<RobotsRecord>> GetRobots(const HostKey& key) const;
  // Empty: there is none.
  absl::StatusOr<std::string> GetHostNote(const HostKey& key, HostNote note) const;
  absl::StatusOr<std::optional<DomainRecord>> GetDomain(const HostKey& key) const;
  absl::StatusOr<std::optional<UrlRecord>> GetUrl(const UrlKey& key) const;
  absl::StatusOr<std::optional<PageRecord>> GetPage(const PageKey& key) const;
  // The page of a host that has the body with this digest.
  absl::StatusOr<std::optional<PageKey>> GetDigest(const DigestKey& key) const;
  // The body as received: what we compressed is decompressed, a Content-Encoding is kept. Of a page
  // with an original, that one's.
  absl::StatusOr<std::optional<std::string>> GetBody(const PageKey& key) const;

  // What the store knows of the paths[i] under keys[i], without reading more of the record than it
  // must. Keys may come in any order and more than once.
  enum class Known : uint8_t {
    kNo,     // the key is free
    kYes,    // this path
    kOther,  // another path has this key
  };
  absl::Status LookUpUrls(absl::Span<const UrlKey> keys, absl::Span<const absl::string_view> paths,
                          std::vector<Known>* out) const;

  // The URL of a host with this path and query. Where the id that the path hashes to belongs to
  // another path, the following ids are probed up to the first that is free.
  absl::StatusOr<std::optional<std::pair<UrlKey, UrlRecord>>> FindUrl(const HostKey& host,
                                                                      absl::string_view origin,
                                                                      absl::string_view path) const;

  // The host with this origin; `key` is what the origin hashes to, and where that belongs to
  // another origin, the following ids are probed as for URLs.
  absl::StatusOr<std::optional<std::pair<HostKey, HostRecord>>> FindHost(
      HostKey key, absl::string_view origin) const;

  // Up to `limit` entries of a lane of the host's queue in order, none before `from` (nullopt: from
  // its start). Fast where `from` is no older than the last entry taken: deleted entries before it
  // are not stepped over.
  absl::StatusOr<std::vector<QueueKey>> ReadQueue(const HostKey& host, Lane lane,
                                                  const std::optional<QueueKey>& from,
                                                  size_t limit) const;

  // As ReadQueue(), of the hosts of a shard.
  absl::StatusOr<std::vector<FrontKey>> ReadFront(ShardId shard,
                                                  const std::optional<FrontKey>& from,
                                                  size_t limit) const;

  // Scans in key order; nullopt: of the whole crawl. The callback returns false to stop, which is
  // no error.
  absl::Status ForEachHost(std::optional<ShardId> shard,
                           absl::FunctionRef<bool(const HostKey&, const HostRecord&)> visit) const;
  absl::Status ForEachUrl(std::optional<HostKey> host,
                          absl::FunctionRef<bool(const UrlKey&, const UrlRecord&)> visit) const;
  // Of one host, without reading more of the records than it must; the blocks stay in memory.
  absl::Status ForEachPath(const HostKey& host,
                           absl::FunctionRef<bool(const UrlKey&, absl::string_view)> visit) const;
  absl::Status ForEachQueueEntry(std::optional<HostKey> host,
                                 absl::FunctionRef<bool(const QueueKey&)> visit) const;
  absl::Status ForEachInbox(std::optional<ShardId> shard,
                            absl::FunctionRef<bool(const InboxKey&, const LinkBatch&)> visit) const;
  absl::Status ForEachPage(std::optional<UrlKey> url,
                           absl::FunctionRef<bool(const PageKey&, const PageRecord&)> visit) const;

  // Bytes of each column family in its files; what is still in the write-ahead log is not counted.
  struct FamilySize {
    std::string name;
    uint64_t table_bytes = 0;
    uint64_t blob_bytes = 0;
    uint64_t estimated_count = 0;  // records, logged ones included
  };
  std::vector<FamilySize> FamilySizes() const;

 private:
  friend class CrawlStore;
  friend class Verifier;

  CrawlReader(Database* database, std::unique_ptr<Database> owned, CrawlMeta meta);

  // Calls back with the index and the stored bytes of each key that is there.
  absl::Status ForEachFound(absl::Span<const UrlKey> keys,
                            absl::FunctionRef<absl::Status(size_t, absl::string_view)> visit) const;

  const std::unique_ptr<Database> owned_;  // null for CrawlStore::reader()
  Database* const database_;               // must outlive this
  const CrawlMeta meta_;
};

}  // namespace spindle

#endif  // SPINDLE_STORAGE_CRAWL_READER_H_
