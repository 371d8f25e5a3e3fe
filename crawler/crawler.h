#ifndef SPINDLE_CRAWLER_CRAWLER_H_
#define SPINDLE_CRAWLER_CRAWLER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crawler/byte_budget.h"
#include "crawler/crawl_options.h"
#include "crawler/crawl_stats.h"
#include "crawler/dns_witnesses.h"
#include "crawler/memory_budget.h"
#include "crawler/outage.h"
#include "crawler/page_processor.h"
#include "crawler/url_scorer.h"
#include "crawler/worker.h"
#include "shard/request_clocks.h"
#include "storage/mutex.h"

namespace spindle {

// InvalidArgument names the first seed that is no URL of http or https.
absl::Status CheckSeeds(const std::vector<std::string>& seeds);

// Of the seeds, those for which the crawl in `dir` has nothing to do, because it knows them, with
// their state: "https://example.org/ (fetched)". Also beside a running crawl.
absl::StatusOr<std::vector<std::string>> FindKnown(const std::string& dir,
                                                   const std::vector<std::string>& seeds);

// A crawl: opens or resumes what lies in a directory and works on it until there is nothing left,
// until a limit, or until it is stopped. Everything it does is durable as it goes; killing the
// process at any moment loses no URL and no page.
//
//   spindle::CrawlOptions options;
//   options.seeds = {"https://example.org/"};
//   absl::StatusOr<std::unique_ptr<spindle::Crawler>> crawler = spindle::Crawler::Open(options);
//   if (!crawler.ok()) return Fail(crawler.status());
//   (*crawler)->AddProcessor(std::make_unique<MyProcessor>());
//   return Fail((*crawler)->Run());
//
// Thread-compatible, but for Stop(), Inject() and stats(), which any thread may call.
class Crawler {
 public:
  // InvalidArgument: an option or a seed makes no sense, and which. FailedPrecondition: no seeds
  // for a new crawl, the directory is in use or of another format. Others: the directory cannot be
  // opened.
  static absl::StatusOr<std::unique_ptr<Crawler>> Open(CrawlOptions options);
  // REQUIRES: Run() is not under way.
  ~Crawler();
  Crawler(const Crawler&) = delete;
  Crawler& operator=(const Crawler&) = delete;

  // They run in the order they were added. REQUIRES: before Run().
  void AddProcessor(std::unique_ptr<PageProcessor> processor);
  void AddLinkFilter(std::unique_ptr<LinkFilter> filter);
  // In which order each host's URLs are fetched; without it, breadth first. REQUIRES: before Run().
  void SetUrlScorer(std::unique_ptr<UrlScorer> scorer);

  // Crawls, once. Returns when the crawl is at its end, after Stop(), or with the error that ended
  // it.
  absl::Status Run();

  // Seeds for the crawl under way, from any thread: stored when this returns. InvalidArgument names
  // those that are no URLs of http or https; the others are taken. FailedPrecondition: Run() is not
  // under way.
  absl::Status Inject(const std::vector<std::string>& urls);

  // Run() asks for nothing more, finishes what is under way, commits it and returns: within
  // CrawlOptions::drain_timeout, but for pages that a processor holds, which are waited for. While
  // it still loads what is stored it returns once it is through with a shard.
  void Stop();

  CrawlStats stats() const;
  const CrawlOptions& options() const { return options_; }
  // What people should know before Run(), such as an option that the system does not allow for.
  const std::vector<std::string>& notes() const { return notes_; }
  // The directory held a crawl before.
  bool resumed() const { return resumed_; }

 private:
  Crawler(CrawlOptions options, bool resumed);
  absl::Status FitDescriptors();
  absl::Status OpenStore();
  absl::Status LoadSuffixes();
  absl::Status LoadScope();
  absl::Status StartWorkers();
  absl::Status StoreSeeds();
  absl::Status JudgeAnew();
  absl::Status TakeInjected();
  absl::Status LoadState();
  absl::Status WaitForEnd();
  absl::Status CheckProxies() const;
  void Finish(const absl::Status& status);
  bool IsFinished() const;

  CrawlOptions options_;
  const MemoryBudget memory_;
  const bool resumed_;
  std::vector<std::string> notes_;
  std::vector<Url> seeds_;
  std::unique_ptr<CrawlStore> store_;
  std::unique_ptr<PublicSuffixList> suffixes_;
  std::unique_ptr<ShardMap> shards_;
  std::unique_ptr<Scope> scope_;
  std::vector<std::unique_ptr<PageProcessor>> processors_;
  std::vector<std::unique_ptr<LinkFilter>> filters_;
  std::unique_ptr<UrlScorer> scorer_;
  std::unique_ptr<PagePipeline> pipeline_;
  CrawlCounters counters_;
  ByteBudget budget_;
  RequestClocks clocks_;
  Outage proxy_outage_;
  Outage dns_outage_;
  std::optional<DnsWitnesses> dns_witnesses_;
  CrawlContext context_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<ParsePool> parse_pool_;  // ends before the workers that its jobs report to

  Mutex inject_mu_;  // Inject() is not under way while workers end
  bool injectable_ ABSL_GUARDED_BY(inject_mu_) = false;

  mutable Mutex mu_;
  CondVar changed_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mu_);
  std::string stopped_because_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_CRAWLER_H_
