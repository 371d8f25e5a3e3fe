#ifndef SPINDLE_STORAGE_CRAWL_STORE_H_
#define SPINDLE_STORAGE_CRAWL_STORE_H_

// A crawl directory open for writing, by one process at a time. Thread-safe; each key range has one writer by agreement.
// Sketch:
//   struct StoreOptions { uint64_t memory_bytes = 512 MiB (write buffers + block cache); absl::Duration sync_interval = absl::Seconds(1) (zero: every commit) ; int max_open_files = 512; };
//   struct CreateOptions { uint32_t shard_count = 64; uint64_t hash_salt (random given by caller); absl::Time now; };
//   static StatusOr<std::unique_ptr<CrawlStore>> Open(const std::string& dir, const StoreOptions&, const CreateOptions& if_new);
//       errors: FailedPrecondition (another format version; held by another process: both named with the directory), InvalidArgument
//       (exists but is no crawl directory), DataLoss (corrupt), ...
//   static bool Exists(dir): holds a crawl.
//   const CrawlReader& reader() const;
//   const CrawlMeta& meta() const;
//   absl::Status AddSeeds(const std::vector<std::string>&);   // union, kept in meta
//   Commit NewCommit() const;
//   absl::Status Apply(Commit& commit);   // atomic; clears it; WAL, no fsync (a background thread syncs each sync_interval)
//   uint64_t NextInboxSequence();  // unique over the life of the crawl: runs << 40 | counter
//   absl::Status Sync();  // fsync now
//   absl::Status Close(); // flush + sync, reported; the destructor closes too
// Page bodies: helper EncodeBody(absl::string_view body, bool already_coded, BodyCodec* codec) -> std::string (zstd 1), DecodeBody().

#endif  // SPINDLE_STORAGE_CRAWL_STORE_H_
