#ifndef SPINDLE_TESTS_STORAGE_TEST_CRAWL_H_
#define SPINDLE_TESTS_STORAGE_TEST_CRAWL_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/crawl_store.h"

namespace spindle {

inline constexpr uint64_t kTestSalt = 0x5eed;
inline constexpr uint32_t kTestShardCount = 4;

// A small store that does not wait for the disk; the process ends with a message where it cannot be
// opened.
std::unique_ptr<CrawlStore> OpenTestStore(const std::string& dir);
// The same in a file system of the test's, such as MemoryFiles.
absl::StatusOr<std::unique_ptr<CrawlStore>> OpenTestStore(const std::string& dir,
                                                          rocksdb::Env* env);

// A point in time for tests, `seconds` after the crawl's creation.
absl::Time At(int seconds);

// Writes what a crawl would, with every invariant kept: records of hosts follow what is added. Each
// method is one commit. Aborts where a commit fails.
class TestCrawl {
 public:
  explicit TestCrawl(CrawlStore* store) : store_(store) {}

  // Keys as the tests place them: shard 1 for every host.
  HostKey HostOf(absl::string_view origin) const;
  UrlKey KeyOf(absl::string_view origin, absl::string_view path) const;

  UrlKey AddQueued(absl::string_view origin, absl::string_view path, int second = 0);
  // A known URL in the given end state, without a page.
  UrlKey AddEnded(absl::string_view origin, absl::string_view path, UrlState state, Reason reason);
  // A fetched URL with its page; `body` is kept as EncodeBody() makes it.
  PageKey AddPage(absl::string_view origin, absl::string_view path, absl::string_view body,
                  int second = 0);
  void AddRobots(absl::string_view origin, const RobotsRecord& record);

  CrawlStore& store() { return *store_; }

 private:
  HostRecord GetOrNewHost(absl::string_view origin) const;
  void Apply(Commit& commit);

  CrawlStore* const store_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_STORAGE_TEST_CRAWL_H_
