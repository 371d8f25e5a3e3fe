#ifndef SPINDLE_TESTS_SHARD_RANDOM_CRAWL_H_
#define SPINDLE_TESTS_SHARD_RANDOM_CRAWL_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shard/frontier.h"
#include "storage/crawl_store.h"
#include "tests/shard/frontier_model.h"

namespace spindle {

// Drives a real frontier on a real store by random operations, and tells the model what it does.
// Everything follows from the seed.
class RandomCrawl {
 public:
  // The options that it runs with, for the model's and the frontier's sake: small numbers.
  static FrontierOptions Options();

  explicit RandomCrawl(uint64_t seed);

  // Begins to work on a store, the first one or what a death has left of it. REQUIRES: outlives the
  // work on it.
  void Open(CrawlStore* store);
  // As if the process had died, or been stopped: what is in memory is gone.
  void Close();
  bool is_open() const { return frontier_ != nullptr; }

  // One operation.
  void Step();
  // Whatever is left, up to the end of all that is known.
  void Finish();

  // After a death in the middle of Step() or Open(), before Open(): sees in the store which of the
  // last step's commits were applied, and finds fault with what is neither as before nor as after.
  void AdoptLastStep(const CrawlStore& store);

  // Compares every URL in the store, and what else can be compared.
  void CompareStore(const CrawlStore& store);
  // What went wrong so far.
  const std::vector<std::string>& errors();

  const FrontierModel& model() const { return model_; }
  uint64_t page_count() const { return pages_; }

 private:
  using HostIndex = FrontierModel::HostIndex;
  struct Running {
    FetchTask task;
    HostIndex host = 0;
    std::string path;
    bool released = false;
    HostObservation seen;
    Verdict verdict;
  };
  // A URL as it was before the last step.
  struct Before {
    HostIndex host;
    std::string path;
    std::optional<FrontierModel::Url> url;
  };

  uint64_t Random(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t count) { return Random(count) == 0; }
  std::string OriginOf(HostIndex host) const;
  HostIndex HostOf(const HostKey& key) const;
  UrlKey KeyOf(HostIndex host, const std::string& path) const;
  void BeginStep();
  void Remember(HostIndex host, const std::string& path);
  std::vector<InsertedLink> RandomLinks();
  void InsertInto(const std::vector<InsertedLink>& links, Commit* commit);
  void Insert();
  void Pop();
  void NoticeExclusions();
  void EndOne();
  void Release(Running* running);
  void EndRobots(size_t index);
  void DeliverRobots(const HostKey& host, const RobotsAnswer& answer);
  void Complete(size_t index);
  void PassTime();
  void AdoptHost(const CrawlStore& store, HostIndex host);
  void Apply(Commit* commit);
  void Check(const absl::Status& status);

  std::mt19937_64 random_;
  const size_t max_live_hosts_;
  FrontierModel model_;
  CrawlStore* store_ = nullptr;
  std::unique_ptr<Frontier> frontier_;
  absl::Time now_;
  std::vector<Running> running_;
  std::vector<Before> last_step_;
  std::vector<FrontierModel::Memory> committed_before_;
  std::vector<std::string> errors_;
  uint64_t pages_ = 0;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_SHARD_RANDOM_CRAWL_H_
