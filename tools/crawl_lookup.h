#ifndef SPINDLE_TOOLS_CRAWL_LOOKUP_H_
#define SPINDLE_TOOLS_CRAWL_LOOKUP_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "parsers/url.h"
#include "storage/crawl_reader.h"

namespace spindle {

// Between what people write, URLs and host names, and the keys of a crawl. Thread-compatible. The
// reader must outlive this.
class CrawlLookup {
 public:
  explicit CrawlLookup(const CrawlReader* reader) : reader_(reader) {}

  struct Host {
    HostKey key;
    HostRecord record;
  };
  struct FoundUrl {
    UrlKey key;
    UrlRecord record;
  };

  // InvalidArgument for what is no http or https URL.
  static absl::StatusOr<Url> ParseUrl(const std::string& text);

  // By its origin, "https://example.org:8443". nullopt: unknown.
  absl::StatusOr<std::optional<Host>> FindHost(absl::string_view origin) const;

  // Every host that `name` means: one by its origin, several by a name alone, all by an empty one.
  // The callback returns false to stop.
  absl::Status ForEachHost(absl::string_view name,
                           absl::FunctionRef<bool(const HostKey&, const HostRecord&)> visit) const;

  // The absolute URL of a key; with its id alone where the crawl does not know it.
  std::string UrlText(const UrlKey& key);

  const CrawlReader& reader() const { return *reader_; }

 private:
  const std::string& OriginOf(const HostKey& key);

  const CrawlReader* const reader_;
  absl::flat_hash_map<HostKey, std::string> origins_;  // some, so that neighbours need no look-up
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_CRAWL_LOOKUP_H_
