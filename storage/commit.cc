#include "storage/commit.h"

#include <rocksdb/write_batch.h>

#include <algorithm>

#include "storage/database.h"
#include "storage/host_rows.h"

namespace spindle {
namespace {

// No operation on a batch in memory can fail: there is no limit of bytes, and families are those of
// the database.
void Put(const Database& database, rocksdb::WriteBatch& batch, Family family, absl::string_view key,
         absl::string_view value) {
  batch.Put(database.handle(family), ToSlice(key), ToSlice(value)).PermitUncheckedError();
}

void Delete(const Database& database, rocksdb::WriteBatch& batch, Family family,
            absl::string_view key) {
  batch.Delete(database.handle(family), ToSlice(key)).PermitUncheckedError();
}

}  // namespace

Commit::Commit(const Database* database)
    : database_(database), batch_(std::make_unique<rocksdb::WriteBatch>()) {}
Commit::Commit(Commit&&) noexcept = default;
Commit& Commit::operator=(Commit&&) noexcept = default;
Commit::~Commit() = default;

void Commit::PutHost(const HostKey& key, const HostRecord& record) {
  Put(*database_, *batch_, Family::kHosts, HostRowKey(key, HostRow::kHost), Encode(record));
}

void Commit::PutRobots(const HostKey& key, const RobotsRecord& record) {
  Put(*database_, *batch_, Family::kHosts, HostRowKey(key, HostRow::kRobots), Encode(record));
}

void Commit::PutHostNote(const HostKey& key, HostNote note, absl::string_view bytes) {
  Put(*database_, *batch_, Family::kHosts, HostRowKey(key, note), bytes);
}

void Commit::PutDomain(const HostKey& key, const DomainRecord& record) {
  Put(*database_, *batch_, Family::kHosts, HostRowKey(key, HostRow::kDomain), Encode(record));
}

void Commit::PutUrl(const UrlKey& key, const UrlRecord& record) {
  const size_t begin = change_bytes_.size();
  AppendKey(&change_bytes_, key);
  const size_t value = change_bytes_.size();
  Append(&change_bytes_, record);
  changes_.push_back({false, false, begin, value, change_bytes_.size()});
}

void Commit::Add(bool is_removal, const QueueKey& key) {
  const size_t begin = change_bytes_.size();
  AppendKey(&change_bytes_, key);
  const size_t end = change_bytes_.size();
  changes_.push_back({true, is_removal, begin, end, end});
}

void Commit::PutQueueEntry(const QueueKey& key) { Add(/*is_removal=*/false, key); }

void Commit::DeleteQueueEntry(const QueueKey& key) { Add(/*is_removal=*/true, key); }

void Commit::PutFrontEntry(const FrontKey& key) {
  Put(*database_, *batch_, Family::kFront, EncodeKey(key), {});
}

void Commit::DeleteFrontEntry(const FrontKey& key) {
  Delete(*database_, *batch_, Family::kFront, EncodeKey(key));
}

void Commit::PutInbox(const InboxKey& key, const LinkBatch& links) {
  Put(*database_, *batch_, Family::kInbox, EncodeKey(key), Encode(links));
}

void Commit::DeleteInbox(const InboxKey& key) {
  Delete(*database_, *batch_, Family::kInbox, EncodeKey(key));
}

void Commit::PutPage(const PageKey& key, const PageRecord& record, absl::string_view body) {
  const std::string row = EncodeKey(key);
  Put(*database_, *batch_, Family::kPages, row, Encode(record));
  if (!body.empty() && !record.original.has_value()) {
    Put(*database_, *batch_, Family::kBodies, row, body);
  }
}

void Commit::PutDigest(const DigestKey& key, const PageKey& page) {
  Put(*database_, *batch_, Family::kDigests, EncodeKey(key), EncodeKey(page));
}

bool Commit::empty() const { return batch_->Count() == 0 && changes_.empty(); }

size_t Commit::size_bytes() const { return batch_->GetDataSize() + change_bytes_.size(); }

void Commit::Clear() {
  batch_->Clear();
  changes_.clear();
  change_bytes_.clear();
}

absl::string_view Commit::KeyOf(const Change& change) const {
  return absl::string_view(change_bytes_).substr(change.key, change.value - change.key);
}

rocksdb::WriteBatch* Commit::Finish() {
  // Of changes to the same key the last one wins, so they keep their order.
  std::stable_sort(changes_.begin(), changes_.end(), [this](const Change& a, const Change& b) {
    return a.is_queue != b.is_queue ? b.is_queue : KeyOf(a) < KeyOf(b);
  });
  for (const Change& change : changes_) {
    const Family family = change.is_queue ? Family::kQueue : Family::kUrls;
    if (change.is_removal) {
      Delete(*database_, *batch_, family, KeyOf(change));
    } else {
      Put(*database_, *batch_, family, KeyOf(change),
          absl::string_view(change_bytes_).substr(change.value, change.end - change.value));
    }
  }
  changes_.clear();
  change_bytes_.clear();
  return batch_.get();
}

}  // namespace spindle
