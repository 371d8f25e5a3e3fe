#ifndef SPINDLE_STORAGE_CRAWL_READER_H_
#define SPINDLE_STORAGE_CRAWL_READER_H_

// Reads a crawl directory. Thread-safe.
// Methods (sketch, the contract):
//   static absl::StatusOr<std::unique_ptr<CrawlReader>> Open(const std::string& dir);  // read-only; also while a crawl runs there
//   const CrawlMeta& meta() const;
//   absl::StatusOr<std::optional<HostRecord>> GetHost(const HostKey&) const;          // nullopt: not there
//   absl::StatusOr<std::optional<RobotsRecord>> GetRobots(const HostKey&) const;
//   absl::StatusOr<std::optional<UrlRecord>> GetUrl(const UrlKey&) const;
//   // out[i] belongs to keys[i]; keys in any order (sorted inside; duplicates allowed).
//   absl::Status MultiGetUrls(absl::Span<const UrlKey> keys, std::vector<std::optional<UrlRecord>>* out) const;
//   // Up to `limit` entries of the host's queue in order, none before `from` (nullopt: from the start).
//   absl::StatusOr<std::vector<QueueKey>> ReadQueue(const HostKey&, const std::optional<QueueKey>& from, size_t limit) const;
//   // Scans in key order; the callback returns false to stop.
//   absl::Status ForEachHost(std::optional<ShardId>, absl::FunctionRef<bool(const HostKey&, const HostRecord&)>) const;
//   absl::Status ForEachUrl(std::optional<HostKey>, absl::FunctionRef<bool(const UrlKey&, const UrlRecord&)>) const;
//   absl::Status ForEachQueueEntry(std::optional<HostKey>, FunctionRef<bool(const QueueKey&)>) const;
//   absl::Status ForEachInbox(std::optional<ShardId>, FunctionRef<bool(const InboxKey&, const LinkBatch&)>) const;
//   absl::Status ForEachPage(std::optional<UrlKey>, FunctionRef<bool(const PageKey&, const PageRecord&)>) const;
//   absl::StatusOr<std::optional<PageRecord>> GetPage(const PageKey&) const;
//   // As received (identity bodies decompressed from our codec, Content-Encoding kept).
//   absl::StatusOr<std::optional<std::string>> GetBody(const PageKey&) const;

#endif  // SPINDLE_STORAGE_CRAWL_READER_H_
