#ifndef SPINDLE_STORAGE_VERIFY_H_
#define SPINDLE_STORAGE_VERIFY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/crawl_reader.h"
#include "storage/records.h"

// Whether a crawl directory keeps its promises: every record decodes, and what the column families
// say about each other is true (docs/storage_format.md lists the invariants). One pass over all of
// them side by side, host by host, in constant memory, on one snapshot. It repairs nothing.
// Thread-compatible.

namespace spindle {

struct VerifyOptions {
  // Also reads all bytes of all tables and blob files, decodes every body and compares its digest,
  // and looks up the page that each URL was found on.
  bool deep = false;
  // Undoes the Content-Encoding that the page's headers name, for the digest. Null: only bodies
  // without one are compared.
  std::function<absl::StatusOr<std::string>(const PageRecord& page, const std::string& body)>
      decode_body;
  size_t max_violations = 100;  // described; all are counted
};

struct Violation {
  std::string check;    // "queue", "host-counters"
  std::string where;    // a key, with its URL where that is known
  std::string message;  // "queued, but not in the queue"
};

struct VerifyReport {
  uint64_t host_count = 0;
  uint64_t robots_count = 0;
  uint64_t url_count = 0;
  uint64_t queue_count = 0;
  uint64_t front_count = 0;
  uint64_t page_count = 0;
  uint64_t body_count = 0;
  uint64_t digest_count = 0;
  uint64_t inbox_count = 0;      // batches of links
  uint64_t refetched_count = 0;  // URLs with more than one page: no violation
  // If deep. Files of earlier versions have no checksum to compare with.
  uint64_t compared_file_count = 0;
  uint64_t unchecked_file_count = 0;

  uint64_t violation_count = 0;
  std::map<std::string, uint64_t> violations_by_check;
  std::vector<Violation> violations;  // the first ones

  bool ok() const { return violation_count == 0; }
};

// Fails only where the directory cannot be read at all; what is wrong in it is in the report.
absl::StatusOr<VerifyReport> Verify(const CrawlReader& reader, const VerifyOptions& options);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_VERIFY_H_
