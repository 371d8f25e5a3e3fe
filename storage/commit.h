#ifndef SPINDLE_STORAGE_COMMIT_H_
#define SPINDLE_STORAGE_COMMIT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/keys.h"
#include "storage/records.h"

namespace rocksdb {
class WriteBatch;
}  // namespace rocksdb

namespace spindle {

class Database;

// A set of changes that become durable together or not at all: all that one page brings, or one
// tick of a worker. Nothing is visible to readers before CrawlStore::Apply(). A later change of the
// same key wins. Thread-compatible. The database it was made for must outlive it.
class Commit {
 public:
  Commit(Commit&&) noexcept;
  Commit& operator=(Commit&&) noexcept;
  ~Commit();

  void PutHost(const HostKey& key, const HostRecord& record);
  void PutRobots(const HostKey& key, const RobotsRecord& record);
  void PutHostNote(const HostKey& key, HostNote note, absl::string_view bytes);
  void PutDomain(const HostKey& key, const DomainRecord& record);
  void PutUrl(const UrlKey& key, const UrlRecord& record);
  void PutQueueEntry(const QueueKey& key);
  void DeleteQueueEntry(const QueueKey& key);
  void PutFrontEntry(const FrontKey& key);
  void DeleteFrontEntry(const FrontKey& key);
  void PutInbox(const InboxKey& key, const LinkBatch& links);
  void DeleteInbox(const InboxKey& key);
  // `body` is encoded as record.body_codec says (storage/body_codec.h); an empty one takes no
  // record of its own, nor does one of a page with an original.
  void PutPage(const PageKey& key, const PageRecord& record, absl::string_view body);
  // Pages of this host with this digest are copies of `page` from now on.
  void PutDigest(const DigestKey& key, const PageKey& page);

  bool empty() const;
  size_t size_bytes() const;  // of the encoded changes
  void Clear();

 private:
  friend class CrawlStore;

  explicit Commit(const Database* database);

  // A change of the families urls or queue, of which a page brings many: in order they find their
  // places in the write buffer at a fraction of the cost, each next to the one before.
  struct Change {
    bool is_queue;
    bool is_removal;
    size_t key;  // begins here in change_bytes_
    size_t value;
    size_t end;
  };

  void Add(bool is_removal, const QueueKey& key);
  absl::string_view KeyOf(const Change& change) const;

  // Brings the changes into the batch, in order.
  rocksdb::WriteBatch* Finish();

  const Database* database_;
  std::unique_ptr<rocksdb::WriteBatch> batch_;  // all else
  std::vector<Change> changes_;
  std::string change_bytes_;
};

}  // namespace spindle

#endif  // SPINDLE_STORAGE_COMMIT_H_
