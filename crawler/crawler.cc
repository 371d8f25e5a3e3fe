#include "crawler/crawler.h"

#include <curl/curl.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crawler/descriptor_budget.h"
#include "crawler/free_disk.h"
#include "crawler/inbox_batches.h"
#include "crawler/inject_spool.h"
#include "crawler/rejudge.h"
#include "crawler/steady_clock.h"
#include "crawler/tls_client.h"

namespace spindle {
namespace {

// Of one shard, whatever --memory says: a site with few hosts must not wait for a place.
constexpr size_t kLeastLiveHosts = 64;

// No answer's header and no site's URLs are shorter.
constexpr size_t kLeastHeaderBytes = 1024;
constexpr size_t kLeastUrlBytes = 64;

// What is held in memory, or in one value of the store, has a size that can be had.
constexpr size_t kMostBodyBytes = size_t{1} << 30;
constexpr size_t kMostHeaderBytes = size_t{16} << 20;
constexpr size_t kMostUrlBytes = size_t{1} << 20;
constexpr uint64_t kMostMemoryBytes = uint64_t{1} << 46;

constexpr int kMostThreads = 1024;
constexpr int kMostHostRequests = 1000;
constexpr absl::Duration kMostRecrawlInterval = absl::Hours(24 * 3660);

// A disk that takes 200 MB a second has five checks left when it comes down to 1 GB.
constexpr absl::Duration kDiskCheckInterval = absl::Seconds(1);

void InitProcessOnce() {
  static const bool done = [] {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    std::signal(SIGPIPE, SIG_IGN);
    return true;
  }();
  (void)done;
}

uint64_t RandomSalt() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

// "localhost:8080" and "mailto:me@example.org" look alike to a URL parser; only the first is a site
// that lacks its scheme.
bool NamesAnotherScheme(absl::string_view text) {
  for (const absl::string_view scheme :
       {"about:", "blob:", "data:", "file:", "javascript:", "mailto:", "tel:", "urn:"}) {
    if (absl::StartsWithIgnoreCase(text, scheme)) return true;
  }
  return absl::StrContains(text, "://");
}

// As far as people need it to find it again.
std::string Quoted(absl::string_view seed) {
  constexpr size_t kMost = 200;
  return absl::StrCat("seed \"", seed.substr(0, kMost), seed.size() > kMost ? "...\"" : "\"");
}

// What a person types as a site is one: "example.org" is "http://example.org/".
absl::StatusOr<Url> ParseSeed(absl::string_view text) {
  const std::optional<Url> url =
      NamesAnotherScheme(text) ? Url::Parse(text) : Url::Parse(absl::StrCat("http://", text));
  if (!url.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is not a URL"));
  }
  if (!url->is_http_family()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is ", url->scheme(),
                                                   ", and only http and https can be crawled"));
  }
  // Its length is for --max_url_bytes to judge.
  if (!IsCrawlable(*url, {std::numeric_limits<size_t>::max()})) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " cannot be crawled: its host is no name that DNS can carry"));
  }
  return url->Canonical();
}

absl::Status TooLong(const Url& seed, const CrawlOptions& options) {
  const std::string& href = seed.href();
  return absl::InvalidArgumentError(absl::StrCat(Quoted(href), " has ", href.size(),
                                                 " bytes, and --max_url_bytes is ",
                                                 options.pipeline.url.max_bytes));
}

absl::Status CheckOptions(const CrawlOptions& options) {
  const auto need = [](bool holds, absl::string_view what) {
    return holds ? absl::OkStatus() : absl::InvalidArgumentError(what);
  };
  absl::Status status;
  for (const auto& [threads, flag] : {std::pair{options.workers, "--workers"},
                                      std::pair{options.parser_threads, "--parser_threads"}}) {
    status.Update(need(
        threads >= 0 && threads <= kMostThreads,
        absl::StrCat(flag, " cannot be ", threads, ": it is 0 (one per core) to ", kMostThreads)));
  }
  status.Update(need(options.shards >= 1 && options.shards <= 65536, "--shards is 1 to 65536"));
  status.Update(
      need(options.memory_bytes == 0 || options.memory_bytes >= kLeastMemoryBytes,
           absl::StrCat("--memory is ", options.memory_bytes, " bytes; a crawl needs ",
                        kLeastMemoryBytes >> 20, "MB or more (0: a quarter of the machine's)")));
  status.Update(need(options.memory_bytes <= kMostMemoryBytes,
                     absl::StrCat("--memory cannot be ", options.memory_bytes, ": it is at most ",
                                  kMostMemoryBytes >> 30, "GB")));
  status.Update(need(
      options.max_transfers >= 1,
      absl::StrCat("--max_transfers cannot be ", options.max_transfers, ": it is at least 1")));
  for (const auto& [bytes, least, most, flag] :
       {std::tuple{options.fetcher.max_body_bytes, size_t{1}, kMostBodyBytes, "--max_body_bytes"},
        std::tuple{options.pipeline.decode.max_decoded_bytes, size_t{1}, kMostBodyBytes,
                   "--max_decoded_bytes"},
        std::tuple{options.fetcher.max_header_bytes, kLeastHeaderBytes, kMostHeaderBytes,
                   "--max_header_bytes"},
        std::tuple{options.pipeline.url.max_bytes, kLeastUrlBytes, kMostUrlBytes,
                   "--max_url_bytes"}}) {
    status.Update(need(bytes >= least && bytes <= most,
                       absl::StrCat(flag, " cannot be ", bytes, ": it is ", least, " to ", most,
                                    " bytes (there is no value for no limit)")));
  }
  for (const auto& [timeout, what] :
       {std::pair{options.fetcher.connect_timeout, "--connect_timeout is 1ms to 24h"},
        std::pair{options.fetcher.first_byte_timeout, "--first_byte_timeout is 1ms to 24h"},
        std::pair{options.fetcher.transfer_timeout, "--transfer_timeout is 1ms to 24h"}}) {
    status.Update(need(timeout >= absl::Milliseconds(1) && timeout <= absl::Hours(24), what));
  }
  status.Update(need(options.fetcher.low_speed_bytes_per_second >= 0,
                     "--low_speed is not negative (0: no limit)"));
  status.Update(need(options.fetcher.low_speed_time >= absl::Seconds(1) &&
                         options.fetcher.low_speed_time <= absl::Hours(24),
                     "--low_speed_time is 1s to 24h"));
  for (const auto& [depth, flag] :
       {std::pair{options.frontier.max_depth, "--max_depth"},
        std::pair{options.frontier.budgets.max_depth, "--park_depth"}}) {
    status.Update(need(depth >= -1,
                       absl::StrCat(flag, " cannot be ", depth, ": it is -1 (no limit) or more")));
  }
  status.Update(need(options.max_pages >= 0, "--max_pages is not negative (0: no limit)"));
  status.Update(
      need(options.frontier.per_host_concurrency >= 1 &&
               options.frontier.per_host_concurrency <= kMostHostRequests,
           absl::StrCat("--per_host_concurrency cannot be ", options.frontier.per_host_concurrency,
                        ": it is 1 to ", kMostHostRequests)));
  status.Update(need(options.frontier.politeness.per_host_delay >= absl::ZeroDuration() &&
                         options.frontier.politeness.per_host_delay <= absl::Hours(24),
                     "--per_host_delay is 0s to 24h"));
  const RecrawlOptions& recrawl = options.frontier.recrawl;
  status.Update(need(
      recrawl.min_interval > absl::ZeroDuration() && recrawl.min_interval <= recrawl.max_interval &&
          recrawl.max_interval <= kMostRecrawlInterval,
      "--recrawl_min is above 0s and at most --recrawl_max, that at most ten years"));
  status.Update(need(recrawl.initial_interval > absl::ZeroDuration() &&
                         recrawl.initial_interval <= kMostRecrawlInterval,
                     "--recrawl_after is above 0s and at most ten years"));
  status.Update(need(IsProductToken(options.frontier.product_token),
                     "--user_agent begins with a product token of letters, \"-\" and \"_\", "
                     "by which robots.txt may name the crawler, such as mybot/1.0"));
  return status;
}

}  // namespace

absl::Status CheckSeeds(const std::vector<std::string>& seeds) {
  for (const std::string& seed : seeds) {
    if (absl::Status status = ParseSeed(seed).status(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> FindKnown(const std::string& dir,
                                                   const std::vector<std::string>& seeds) {
  absl::StatusOr<std::unique_ptr<CrawlReader>> reader = CrawlReader::Open(dir);
  if (!reader.ok()) return reader.status();
  const std::filesystem::path list = std::filesystem::path(dir) / kSuffixFile;
  absl::StatusOr<PublicSuffixList> suffixes = PublicSuffixList::Load(list.string());
  if (!suffixes.ok()) return suffixes.status();
  const CrawlMeta& meta = (*reader)->meta();
  const ShardMap shards(meta.shard_count, meta.hash_salt, &*suffixes);
  std::vector<std::string> known;
  for (const std::string& seed : seeds) {
    const absl::StatusOr<Url> url = ParseSeed(seed);
    if (!url.ok()) return url.status();
    const auto host = (*reader)->FindHost(shards.KeyOf(*url).host_key(), url->origin());
    if (!host.ok()) return host.status();
    if (!host->has_value()) continue;
    const auto found = (*reader)->FindUrl((*host)->first, url->origin(), url->path_and_query());
    if (!found.ok()) return found.status();
    if (!found->has_value() || ComesBackAsSeed((*found)->second)) continue;
    const UrlRecord& record = (*found)->second;
    known.push_back(absl::StrCat(url->href(), " (", Name(record.state),
                                 record.reason == Reason::kNone ? "" : ", ",
                                 record.reason == Reason::kNone ? "" : Name(record.reason), ")"));
  }
  return known;
}

absl::StatusOr<std::unique_ptr<Crawler>> Crawler::Open(CrawlOptions options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  InitProcessOnce();
  const bool exists = CrawlStore::Exists(options.dir);
  if (!exists && options.seeds.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no seeds, and no crawl to resume in ", options.dir,
                     "; start one with a URL, such as: spindle https://example.org/"));
  }
  if (absl::Status status = CheckFreeDisk(options.dir, options.min_free_disk_bytes); !status.ok()) {
    return status;
  }
  std::unique_ptr<Crawler> crawler(new Crawler(std::move(options), exists));
  if (absl::Status status = crawler->FitDescriptors(); !status.ok()) return status;
  for (const std::string& seed : crawler->options_.seeds) {
    absl::StatusOr<Url> url = ParseSeed(seed);
    if (!url.ok()) return url.status();
    if (!WithinLimits(*url, crawler->options_.pipeline.url)) {
      return TooLong(*url, crawler->options_);
    }
    crawler->seeds_.push_back(*std::move(url));
  }
  absl::StatusOr<std::shared_ptr<const TrustStore>> trust =
      TrustStore::Load(crawler->options_.fetcher.ca_file);
  if (!trust.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--ca_file: ", trust.status().message()));
  }
  crawler->options_.fetcher.trust = *std::move(trust);
  if (absl::Status status = crawler->OpenStore(); !status.ok()) return status;
  return crawler;
}

Crawler::Crawler(CrawlOptions options, bool resumed)
    : options_(std::move(options)),
      memory_(Divide(options_.memory_bytes > 0 ? options_.memory_bytes : DefaultMemoryBytes())),
      resumed_(resumed),
      budget_(options_.max_bytes_in_flight > 0 ? options_.max_bytes_in_flight
                                               : memory_.answer_bytes) {
  options_.store.memory_bytes = memory_.store_bytes;
  const int cores = std::max(1u, std::thread::hardware_concurrency());
  if (options_.workers == 0) options_.workers = cores;
  if (options_.parser_threads == 0) options_.parser_threads = cores;
}

absl::Status Crawler::FitDescriptors() {
  const int descriptors = RaiseDescriptorLimit();
  if (const int least = LeastDescriptors(options_.workers); descriptors < least) {
    return absl::FailedPreconditionError(
        absl::StrCat("the system lets this process open ", descriptors,
                     " files and sockets; a crawl with --workers=", options_.workers, " needs ",
                     least, " or more, and 2000 to be quick (ulimit -n)"));
  }
  const DescriptorBudget budget =
      DivideDescriptors(descriptors, options_.workers, options_.max_transfers);
  if (options_.max_transfers > budget.max_transfers) {
    notes_.push_back(absl::StrCat("--max_transfers=", options_.max_transfers, " is lowered to ",
                                  budget.max_transfers, ": the system lets this process open ",
                                  descriptors, " files and sockets (ulimit -n), and the store has ",
                                  budget.store_files, " of them"));
    options_.max_transfers = budget.max_transfers;
  }
  options_.store.max_open_files = std::min(options_.store.max_open_files, budget.store_files);
  options_.fetcher.max_idle_connections =
      std::min(options_.fetcher.max_idle_connections, budget.idle_connections);
  return absl::OkStatus();
}

Crawler::~Crawler() = default;

void Crawler::AddProcessor(std::unique_ptr<PageProcessor> processor) {
  processors_.push_back(std::move(processor));
}

void Crawler::AddLinkFilter(std::unique_ptr<LinkFilter> filter) {
  filters_.push_back(std::move(filter));
}

void Crawler::SetUrlScorer(std::unique_ptr<UrlScorer> scorer) { scorer_ = std::move(scorer); }

absl::Status Crawler::OpenStore() {
  // Before a directory is made for a crawl that could not run.
  if (!resumed_) {
    absl::StatusOr<PublicSuffixList> list = PublicSuffixList::Load(options_.public_suffix_list);
    if (!list.ok()) return list.status();
  }
  const CreateOptions create{options_.shards, RandomSalt(), SteadyNow()};
  absl::StatusOr<std::unique_ptr<CrawlStore>> store =
      CrawlStore::Open(options_.dir, options_.store, create);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  if (absl::Status status = LoadSuffixes(); !status.ok()) return status;
  shards_ = std::make_unique<ShardMap>(store_->meta().shard_count, store_->meta().hash_salt,
                                       suffixes_.get());
  return LoadScope();
}

// The list that a crawl was sharded by stays with it: another one would look for hosts in other
// shards.
absl::Status Crawler::LoadSuffixes() {
  const std::filesystem::path kept = std::filesystem::path(options_.dir) / kSuffixFile;
  std::error_code error;
  if (!std::filesystem::exists(kept, error)) {
    std::ifstream file(options_.public_suffix_list, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || !text) {
      return absl::UnavailableError(absl::StrCat("cannot read ", options_.public_suffix_list));
    }
    if (absl::Status status = store_->PutSuffixList(text.str()); !status.ok()) return status;
  }
  absl::Status status = store_->reader().CheckSuffixList();
  if (!status.ok()) return status;
  absl::StatusOr<PublicSuffixList> list = PublicSuffixList::Load(kept.string());
  if (!list.ok()) return list.status();
  if (status = store_->KeepSuffixList(); !status.ok()) return status;
  suffixes_ = std::make_unique<PublicSuffixList>(*std::move(list));
  options_.fetcher.access.suffixes = suffixes_.get();
  return absl::OkStatus();
}

absl::Status Crawler::LoadScope() {
  if (seeds_.empty() && store_->meta().seeds.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("no seeds, and the crawl in ", options_.dir,
                                                      " ended before it had any; give them again"));
  }
  scope_ = std::make_unique<Scope>(options_.scope, suffixes_.get());
  for (const Url& seed : seeds_) scope_->AddSeed(seed);
  for (const std::string& seed : store_->meta().seeds) {
    if (const std::optional<Url> url = Url::Parse(seed)) scope_->AddSeed(*url);
  }
  return absl::OkStatus();
}

absl::Status Crawler::Run() {
  std::vector<PageProcessor*> processors;
  for (const auto& processor : processors_) processors.push_back(processor.get());
  std::vector<LinkFilter*> filters;
  for (const auto& filter : filters_) filters.push_back(filter.get());
  options_.pipeline.note_domains = options_.frontier.budgets.by_in_links;
  if (options_.pipeline.html.clock == nullptr) options_.pipeline.html.clock = &CoarseNanoseconds;
  pipeline_ =
      std::make_unique<PagePipeline>(options_.pipeline, scope_.get(), shards_.get(),
                                     std::move(processors), std::move(filters), scorer_.get());
  parse_pool_ = std::make_unique<ParsePool>(options_.parser_threads);
  absl::Status status = StartWorkers();
  if (status.ok()) status = WaitForEnd();
  // Stopped before it began.
  if (absl::IsCancelled(status) && IsFinished()) status = absl::OkStatus();
  {
    MutexLock lock(&inject_mu_);
    injectable_ = false;
  }
  for (const auto& worker : workers_) worker->Stop();
  for (const auto& worker : workers_) worker->Join();
  parse_pool_->Stop();
  workers_.clear();
  {
    // What went wrong while they drained.
    MutexLock lock(&mu_);
    status.Update(result_);
  }
  status.Update(store_->Close());
  return status;
}

absl::Status Crawler::WaitForEnd() {
  for (;;) {
    if (absl::Status status = TakeInjected(); !status.ok()) return status;
    if (absl::Status status = CheckProxies(); !status.ok()) return status;
    const absl::Status disk = CheckFreeDisk(options_.dir, options_.min_free_disk_bytes);
    MutexLock lock(&mu_);
    if (finished_) return result_;
    if (!disk.ok()) {
      stopped_because_ = std::string(disk.message());
      return absl::OkStatus();
    }
    changed_.WaitFor(&mu_, kDiskCheckInterval);
    if (finished_) return result_;
  }
}

// Proxies that worked once are waited for; where none ever did, something is set up wrongly.
absl::Status Crawler::CheckProxies() const {
  const std::optional<Outage::State> outage = proxy_outage_.Current();
  const absl::Duration patience = options_.fetcher.access.proxy_health.patience;
  if (!outage.has_value() || proxy_outage_.ever_worked() ||
      SteadyNow() < outage->since + patience) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("no proxy has worked for ",
                                             absl::FormatDuration(patience),
                                             ", and nothing was crawled: ", outage->why));
}

absl::Status Crawler::StartWorkers() {
  options_.fetcher.proxy_outage = &proxy_outage_;
  options_.resolver.outage = &dns_outage_;
  dns_witnesses_.emplace(suffixes_.get());
  options_.resolver.witnesses = &*dns_witnesses_;
  context_.options = &options_;
  context_.store = store_.get();
  context_.pipeline = pipeline_.get();
  context_.shards = shards_.get();
  context_.parse_pool = parse_pool_.get();
  context_.budget = &budget_;
  context_.clocks = &clocks_;
  options_.frontier.suffixes = suffixes_.get();
  context_.counters = &counters_;
  context_.on_finished = [this] { Finish(absl::OkStatus()); };
  // A crawl that visits its pages again has no end of its own.
  context_.on_idle = [this] {
    if (!options_.frontier.visit_again) Finish(absl::OkStatus());
  };
  context_.is_stopped = [this] { return IsFinished(); };
  context_.on_failed = [this](const absl::Status& status) { Finish(status); };
  // Each has something to do, and a request that it may make.
  const size_t count =
      std::min<size_t>({static_cast<size_t>(options_.workers), shards_->shard_count(),
                        static_cast<size_t>(options_.max_transfers)});
  context_.seen_cache_bytes = memory_.seen_cache_bytes / count;
  context_.robots_cache_bytes = memory_.robots_bytes / count;
  options_.frontier.max_live_hosts =
      std::max<size_t>(kLeastLiveHosts, memory_.live_host_count() / shards_->shard_count());
  context_.workers.resize(count);
  for (size_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, &context_));
    context_.workers[i] = workers_.back().get();
  }
  if (absl::Status status = LoadState(); !status.ok()) return status;
  {
    MutexLock lock(&inject_mu_);
    injectable_ = true;
  }
  // While it is not zero nobody takes the crawl for finished: URLs that were left for it between
  // two runs may be all that there is to do.
  counters_.pending += 1;
  for (const auto& worker : workers_) worker->Start();
  if (absl::Status status = TakeInjected(); !status.ok()) return status;
  if (counters_.pending.fetch_sub(1) == 1) context_.on_idle();
  return absl::OkStatus();
}

// All seeds and their links or none, whenever the process dies.
absl::Status Crawler::StoreSeeds() {
  Commit commit = store_->NewCommit();
  InboxBatches batches(store_.get(), &commit);
  std::vector<std::string> hrefs;
  for (const Url& seed : seeds_) {
    std::optional<InsertedLink> link = pipeline_->MakeLink(seed, LinkContext(), std::nullopt);
    if (!link.has_value()) {
      return TooLong(seed, options_);
    }
    batches.Add(*std::move(link));
    hrefs.push_back(seed.href());
  }
  batches.Finish();  // each worker's Load() takes its own
  seeds_ = {};
  return store_->AddSeeds(hrefs, commit);
}

// Where scope or limits are not those of the run before, URLs are judged by the new ones.
absl::Status Crawler::JudgeAnew() {
  const std::string rules = DescribeRules(*scope_, options_.frontier);
  if (store_->meta().judged_by == rules) return absl::OkStatus();
  if (resumed_) {
    absl::Status status =
        Rejudge(*scope_, options_.frontier, SteadyNow(), store_.get(), context_.is_stopped);
    if (!status.ok()) return status;
  }
  return store_->SetJudgedBy(rules);
}

absl::Status Crawler::LoadState() {
  absl::Status status = StoreSeeds();
  if (status.ok()) status = JudgeAnew();
  if (!status.ok()) return status;
  // While it is not zero nobody takes the crawl for finished.
  counters_.pending += 1;
  const absl::Time now = SteadyNow();
  for (const auto& worker : workers_) {
    if (status = worker->Load(now); !status.ok()) return status;
  }
  counters_.pending -= 1;
  return absl::OkStatus();
}

absl::Status Crawler::Inject(const std::vector<std::string>& urls) {
  absl::Status bad;
  MutexLock lock(&inject_mu_);
  if (!injectable_) return absl::FailedPreconditionError("the crawl is not running");
  Commit commit = store_->NewCommit();
  InboxBatches batches(store_.get(), &commit);
  std::vector<std::string> hrefs;
  for (const std::string& text : urls) {
    const absl::StatusOr<Url> url = ParseSeed(text);
    if (!url.ok()) {
      bad.Update(url.status());
      continue;
    }
    std::optional<InsertedLink> link = pipeline_->MakeLink(*url, LinkContext(), std::nullopt);
    if (!link.has_value()) {
      bad.Update(TooLong(*url, options_));
      continue;
    }
    batches.Add(*std::move(link));
    scope_->AddSeed(*url);
    hrefs.push_back(url->href());
  }
  std::vector<LinkDelivery> deliveries = batches.Finish();
  if (absl::Status status = store_->AddSeeds(hrefs, commit); !status.ok()) return status;
  for (LinkDelivery& delivery : deliveries) {
    counters_.pending.fetch_add(1);
    Worker& owner = context_.worker_of(delivery.key.to);
    owner.mailbox().Send(std::move(delivery));
  }
  return bad;
}

// A line that is no URL is dropped with the file that it came in: there is nobody to tell.
absl::Status Crawler::TakeInjected() {
  return TakeInjections(options_.dir, [this](const std::vector<std::string>& urls) {
    absl::Status status = Inject(urls);
    return absl::IsInvalidArgument(status) ? absl::OkStatus() : status;
  });
}

void Crawler::Finish(const absl::Status& status) {
  MutexLock lock(&mu_);
  result_.Update(status);
  finished_ = true;
  changed_.SignalAll();
}

bool Crawler::IsFinished() const {
  MutexLock lock(&mu_);
  return finished_;
}

void Crawler::Stop() { Finish(absl::OkStatus()); }

CrawlStats Crawler::stats() const {
  CrawlStats stats = Snapshot(counters_);
  std::optional<Outage::State> outage = proxy_outage_.Current();
  const char* what = "no proxy works: ";
  if (!outage.has_value()) {
    outage = dns_outage_.Current();
    what = "no name server works: ";
  }
  if (outage.has_value()) {
    stats.waiting_for = absl::StrCat(what, outage->why);
    stats.others_go_on = absl::FromUnixMicros(counters_.last_request) > outage->since;
  }
  MutexLock lock(&mu_);
  stats.stopped_because = stopped_because_;
  return stats;
}

}  // namespace spindle
