#ifndef SPINDLE_TESTS_SHARD_RANDOM_CRAWL_H_
#define SPINDLE_TESTS_SHARD_RANDOM_CRAWL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shard/frontier.h"
#include "storage/crawl_store.h"
#include "tests/shard/frontier_model.h"

namespace spindle {

// Drives a real frontier on a real store by random operations, and tells the model what it does:
// links and injected URLs, fetches with all their ends, visits again, robots.txt and its redirects,
// requests put off, the passing of time; and each time that it is opened, other budgets and another
// scope, by which what waits is judged anew. Everything follows from the seed.
class RandomCrawl {
 public:
  explicit RandomCrawl(uint64_t seed);

  // Begins to work on a store, the first one or what a death has left of it. REQUIRES: outlives the
  // work on it.
  void Open(CrawlStore* store);
  // As if the process had died, or been stopped: what is in memory is gone.
  void Close();
  bool is_open() const { return frontier_ != nullptr; }

  // One operation.
  void Step();
  // Whatever is left, up to the end of all that is known, as another process without budgets.
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
    FetchOutcome outcome;
  };
  // A URL as it was before the last step.
  struct Before {
    HostIndex host;
    std::string path;
    std::optional<FrontierModel::Url> url;
  };

  static FrontierOptions OptionsOf(uint64_t seed);

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
  void NoticeChanges();
  FrontierModel::Rules RandomRules();
  void OpenWith(const FrontierModel::Rules& rules, CrawlStore* store);
  FrontierOptions OptionsFor(const FrontierModel::Rules& rules) const;
  void JudgeAnew(const FrontierModel::Rules& rules, CrawlStore* store);
  void EndOne();
  void Defer(size_t index);
  FetchOutcome RandomOutcome(const Running& running);
  void Release(Running* running);
  void AdoptDead(HostIndex host);
  void EndRobots(size_t index);
  void DeliverRobots(const HostKey& host, const RobotsAnswer& answer);
  void Complete(size_t index);
  void PassTime();
  void AdoptHost(const CrawlStore& store, HostIndex host);
  std::map<UrlKey, int> CountPages(const CrawlStore& store);
  std::string Compare(const std::optional<UrlRecord>& stored, int page_count,
                      const FrontierModel::Url& url) const;
  void Apply(Commit* commit);
  void Check(const absl::Status& status);

  std::mt19937_64 random_;
  const FrontierOptions options_;
  const bool has_domain_budget_;
  std::vector<HostId> ids_;  // by index
  FrontierModel model_;
  uint64_t budget_ = 20;         // pages of a host; only ever raised
  uint64_t domain_budget_ = 10;  // of a domain
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
