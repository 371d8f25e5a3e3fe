// A crawl of a simulated web, to see how frontier and store do as it grows: simulate --help.

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "crawler/byte_size.h"
#include "crawler/command_line.h"
#include "crawler/memory_budget.h"
#include "storage/compact.h"
#include "storage/verify.h"
#include "tools/politeness_watch.h"
#include "tools/simulate_crashes.h"
#include "tools/simulate_report.h"
#include "tools/simulated_clock.h"
#include "tools/simulated_crawl.h"
#include "tools/simulated_past.h"
#include "tools/simulated_web.h"

namespace {

const spindle::SimulatedWebOptions& Web() {
  static const auto* const defaults = new spindle::SimulatedWebOptions;
  return *defaults;
}

const spindle::SimulatedCrawlOptions& Crawl() {
  static const auto* const defaults = new spindle::SimulatedCrawlOptions;
  return *defaults;
}

}  // namespace

ABSL_FLAG(uint64_t, seed, Web().seed, "another seed, another web");
ABSL_FLAG(uint32_t, hosts, Web().host_count, "hosts");
ABSL_FLAG(uint64_t, pages, Web().page_count, "pages of all hosts together");
ABSL_FLAG(double, skew, Web().skew, "host sizes and links to hosts fall with this power of rank");
ABSL_FLAG(uint32_t, hosts_per_domain, Web().hosts_per_domain, "hosts of a registrable domain");
ABSL_FLAG(uint32_t, links_per_page, Web().links_per_page, "links of a page, on average");
ABSL_FLAG(double, intra_host_share, Web().intra_host_share, "share of links that stay on the host");
ABSL_FLAG(double, new_share, Web().new_share, "share of links to pages that nothing linked to yet");
ABSL_FLAG(double, dead_hosts, Web().dead_host_share, "share of hosts that never answer");
ABSL_FLAG(double, slow_hosts, Web().slow_host_share, "share of hosts that take seconds");
ABSL_FLAG(double, crawl_delay_hosts, Web().crawl_delay_share, "share of hosts with a Crawl-delay");
ABSL_FLAG(double, throttling_hosts, Web().throttling_share,
          "share of hosts that say 429 and Retry-After now and then");
ABSL_FLAG(double, broken_hosts, Web().broken_share, "share of hosts that say 503 to everything");
ABSL_FLAG(double, errors, Web().error_share, "share of requests with a 503, or no answer");
ABSL_FLAG(double, gone, Web().gone_share, "share of pages that are 404");
ABSL_FLAG(double, redirects, Web().redirect_share, "share of pages that are redirects");

ABSL_FLAG(std::string, dir, "",
          "crawl directory, kept with its clock; default: a new one, removed at the end");
ABSL_FLAG(spindle::ByteSize, memory, {uint64_t{512} << 20},
          "divided as a crawl does (crawler/memory_budget.h); bodies have none here");
ABSL_FLAG(uint32_t, shards, 64, "parts of the frontier");
ABSL_FLAG(uint32_t, workers, Crawl().worker_count,
          "links between shards of different workers pass the inbox; all run on one thread");
ABSL_FLAG(int, max_transfers, Crawl().max_transfers, "requests open at once");
ABSL_FLAG(absl::Duration, per_host_delay, Crawl().frontier.politeness.per_host_delay,
          "from one request to a host to its next");
ABSL_FLAG(uint64_t, body_bytes, Crawl().body_bytes, "stored with each page");
ABSL_FLAG(uint32_t, seed_hosts, 100, "hosts whose home pages are the seeds");
ABSL_FLAG(uint64_t, past, 0,
          "URLs that the crawl knows already when it begins, most of them queued; at most half of "
          "--pages");

ABSL_FLAG(int, crashes, 0,
          "instead: kill the crawl so many times, and look each time at what is left");
ABSL_FLAG(uint64_t, stop_known, 1'000'000, "end with so many known URLs; 0: never");
ABSL_FLAG(uint64_t, stop_requests, 0, "end after so many requests for pages; 0: never");
ABSL_FLAG(absl::Duration, stop_after, absl::InfiniteDuration(), "end after so long on the clock");
ABSL_FLAG(uint64_t, report_every, 0, "a line each so many known URLs; 0: each time they double");
ABSL_FLAG(std::string, format, "table", "table, or jsonl: a JSON object a line");
ABSL_FLAG(bool, compact, false, "rewrite all tables at the end, to see what a URL takes");
ABSL_FLAG(bool, verify, true, "check at the end that everything stored fits together");

namespace spindle {
namespace {

constexpr int kFailureExit = 1;
constexpr int kUsageExit = 2;

const std::vector<FlagSection>& Sections() {
  static const auto* const sections = new std::vector<FlagSection>{
      {"The web:",
       {"seed", "hosts", "pages", "skew", "hosts_per_domain", "links_per_page", "intra_host_share",
        "new_share", "dead_hosts", "slow_hosts", "crawl_delay_hosts", "throttling_hosts",
        "broken_hosts", "errors", "gone", "redirects"}},
      {"The crawl:",
       {"dir", "memory", "shards", "workers", "max_transfers", "per_host_delay", "body_bytes",
        "seed_hosts", "past"}},
      {"How far, and what it prints:",
       {"stop_known", "stop_requests", "stop_after", "report_every", "format", "compact", "verify",
        "crashes"}},
  };
  return *sections;
}

SimulatedWebOptions WebOptions() {
  SimulatedWebOptions options;
  options.seed = absl::GetFlag(FLAGS_seed);
  options.host_count = absl::GetFlag(FLAGS_hosts);
  options.page_count = absl::GetFlag(FLAGS_pages);
  options.skew = absl::GetFlag(FLAGS_skew);
  options.hosts_per_domain = absl::GetFlag(FLAGS_hosts_per_domain);
  options.links_per_page = absl::GetFlag(FLAGS_links_per_page);
  options.intra_host_share = absl::GetFlag(FLAGS_intra_host_share);
  options.new_share = absl::GetFlag(FLAGS_new_share);
  options.dead_host_share = absl::GetFlag(FLAGS_dead_hosts);
  options.slow_host_share = absl::GetFlag(FLAGS_slow_hosts);
  options.crawl_delay_share = absl::GetFlag(FLAGS_crawl_delay_hosts);
  options.throttling_share = absl::GetFlag(FLAGS_throttling_hosts);
  options.broken_share = absl::GetFlag(FLAGS_broken_hosts);
  options.error_share = absl::GetFlag(FLAGS_errors);
  options.gone_share = absl::GetFlag(FLAGS_gone);
  options.redirect_share = absl::GetFlag(FLAGS_redirects);
  return options;
}

StoreOptions StoreMemory() {
  StoreOptions options;
  options.memory_bytes = Divide(absl::GetFlag(FLAGS_memory).bytes).store_bytes;
  return options;
}

SimulatedCrawlOptions CrawlOptions() {
  SimulatedCrawlOptions options;
  options.max_transfers = absl::GetFlag(FLAGS_max_transfers);
  options.worker_count = absl::GetFlag(FLAGS_workers);
  options.body_bytes = absl::GetFlag(FLAGS_body_bytes);
  options.frontier.politeness.per_host_delay = absl::GetFlag(FLAGS_per_host_delay);
  const MemoryBudget memory = Divide(absl::GetFlag(FLAGS_memory).bytes);
  options.seen_cache_bytes = memory.seen_cache_bytes;
  options.robots_bytes = memory.robots_bytes;
  options.frontier.max_live_hosts =
      std::max<size_t>(1, memory.live_host_count() / absl::GetFlag(FLAGS_shards));
  return options;
}

absl::Status Wrong(absl::string_view flag, absl::string_view value, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, "=", value, ": not ", expected, "; see simulate --help"));
}

absl::Status CheckFlags(const CommandLine& line) {
  if (!line.arguments.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("what is ", line.arguments[0], "?"));
  }
  const double skew = absl::GetFlag(FLAGS_skew);
  if (skew <= 0 || skew >= 1) return Wrong("skew", absl::StrCat(skew), "between 0 and 1");
  if (absl::GetFlag(FLAGS_hosts) == 0) return Wrong("hosts", "0", "at least 1");
  if (absl::GetFlag(FLAGS_hosts_per_domain) == 0) {
    return Wrong("hosts_per_domain", "0", "at least 1");
  }
  if (absl::GetFlag(FLAGS_memory).bytes < kLeastMemoryBytes) {
    return Wrong("memory", AbslUnparseFlag(absl::GetFlag(FLAGS_memory)), "at least 64MiB");
  }
  if (absl::GetFlag(FLAGS_shards) == 0 || absl::GetFlag(FLAGS_shards) > 65536) {
    return Wrong("shards", absl::StrCat(absl::GetFlag(FLAGS_shards)), "1 to 65536");
  }
  if (absl::GetFlag(FLAGS_past) > absl::GetFlag(FLAGS_pages) / 2) {
    return Wrong("past", absl::StrCat(absl::GetFlag(FLAGS_past)), "at most half of --pages");
  }
  if (absl::GetFlag(FLAGS_workers) == 0) return Wrong("workers", "0", "at least 1");
  if (absl::GetFlag(FLAGS_max_transfers) <= 0) {
    return Wrong("max_transfers", absl::StrCat(absl::GetFlag(FLAGS_max_transfers)), "at least 1");
  }
  const std::string format = absl::GetFlag(FLAGS_format);
  if (format != "table" && format != "jsonl") return Wrong("format", format, "table or jsonl");
  return absl::OkStatus();
}

// One run of a simulated crawl with its lines.
class Simulation {
 public:
  explicit Simulation(const std::string& dir)
      : dir_(dir),
        web_(WebOptions()),
        watch_(CrawlOptions().frontier.politeness),
        report_(absl::GetFlag(FLAGS_format) == "jsonl" ? Format::kJsonLines : Format::kTable,
                &std::cout) {}

  absl::Status Run() {
    CreateOptions if_new;
    if_new.shard_count = absl::GetFlag(FLAGS_shards);
    if_new.hash_salt = absl::GetFlag(FLAGS_seed);
    auto store = CrawlStore::Open(dir_, StoreMemory(), if_new);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    const absl::StatusOr<absl::Time> start = ReadSimulatedClock(dir_);
    if (!start.ok()) return start.status();
    if (absl::Status status = MakePast(*start); !status.ok()) return status;
    crawl_ = std::make_unique<SimulatedCrawl>(&web_, CrawlOptions(), store_.get(), &watch_, *start);
    absl::Status status = crawl_->Load();
    Line("");
    if (status.ok()) status = crawl_->InsertSeeds(absl::GetFlag(FLAGS_seed_hosts));
    if (status.ok()) status = RunCrawl();
    if (status.ok()) status = store_->Close();
    Line("close");
    if (status.ok() && absl::GetFlag(FLAGS_verify)) status = VerifyAll();
    if (status.ok() && absl::GetFlag(FLAGS_compact)) status = Compact();
    if (status.ok() && watch_.violation_count() > 0) {
      status = absl::InternalError(
          absl::StrCat(watch_.violation_count(), " requests were impolite, the last one to host ",
                       web_.HostName(watch_.last_violator()), " at ",
                       absl::FormatTime(watch_.last_violation(), absl::UTCTimeZone())));
    }
    return status;
  }

 private:
  void Line(absl::string_view phase) { report_.Line(phase, *crawl_, *store_, watch_, dir_); }

  absl::Status MakePast(absl::Time end) {
    const uint64_t known = absl::GetFlag(FLAGS_past);
    if (known == 0) return absl::OkStatus();
    const absl::Time start = absl::Now();
    absl::Status status = WritePast(web_, known, end - absl::Seconds(1), store_.get());
    if (status.ok()) {
      std::cerr << absl::StrFormat("wrote a past of %u URLs in %.0f s\n", known,
                                   absl::ToDoubleSeconds(absl::Now() - start));
    }
    return status;
  }

  absl::Status RunCrawl() {
    const absl::Time end = absl::Now() + absl::GetFlag(FLAGS_stop_after);
    const uint64_t stop_requests = absl::GetFlag(FLAGS_stop_requests);
    const uint64_t stop_known = absl::GetFlag(FLAGS_stop_known);
    const uint64_t every = absl::GetFlag(FLAGS_report_every);
    uint64_t next_line = every > 0 ? crawl_->known_count() + every
                                   : std::max<uint64_t>(2 * crawl_->known_count(), 100'000);
    for (uint64_t steps = 0;; ++steps) {
      const absl::StatusOr<bool> more = crawl_->Step();
      if (!more.ok()) return more.status();
      const SimulatedCrawlCounts& counts = crawl_->counts();
      const bool stop = !*more || (stop_known > 0 && crawl_->known_count() >= stop_known) ||
                        (stop_requests > 0 && counts.requests >= stop_requests) ||
                        (steps % 256 == 0 && absl::Now() >= end);
      if (stop || crawl_->known_count() >= next_line) {
        Line("crawl");
        absl::Status kept = WriteSimulatedClock(dir_, crawl_->now());
        if (!kept.ok()) return kept;
        next_line = every > 0 ? next_line + every : 2 * next_line;
      }
      if (stop) return absl::OkStatus();
    }
  }

  absl::Status Compact() {
    const auto known = static_cast<double>(crawl_->known_count());
    crawl_.reset();
    store_.reset();
    absl::Status status = CompactCrawl(dir_, StoreMemory().memory_bytes);
    const auto reader = CrawlReader::Open(dir_);
    status.Update(reader.status());
    if (!status.ok()) return status;
    std::cerr << "compacted, bytes per known URL:";
    for (const CrawlReader::FamilySize& family : (*reader)->FamilySizes()) {
      const auto bytes = static_cast<double>(family.table_bytes + family.blob_bytes);
      std::cerr << absl::StrFormat(" %s %.1f", family.name, bytes / known);
    }
    std::cerr << "\n";
    return absl::OkStatus();
  }

  absl::Status VerifyAll() {
    const absl::StatusOr<VerifyReport> report = Verify(store_->reader(), VerifyOptions());
    if (!report.ok()) return report.status();
    if (!report->ok()) {
      const Violation& first = report->violations[0];
      return absl::DataLossError(absl::StrCat(
          report->violation_count, " violations, the first: ", first.where, ": ", first.message));
    }
    if (report->refetched_count > 0) {
      return absl::InternalError(
          absl::StrCat(report->refetched_count, " pages were stored more than once"));
    }
    std::cerr << "verified: " << report->url_count << " URLs, " << report->page_count << " pages, "
              << report->host_count << " hosts fit together\n";
    return absl::OkStatus();
  }

  const std::string dir_;
  const SimulatedWeb web_;
  PolitenessWatch watch_;
  SimulateReport report_;
  std::unique_ptr<CrawlStore> store_;
  std::unique_ptr<SimulatedCrawl> crawl_;
};

absl::Status RunCrashes(const std::string& dir) {
  SimulateCrashesOptions options;
  options.dir = dir;
  options.web = WebOptions();
  options.crawl = CrawlOptions();
  options.store = StoreMemory();
  options.shard_count = absl::GetFlag(FLAGS_shards);
  options.seed_hosts = absl::GetFlag(FLAGS_seed_hosts);
  options.crashes = absl::GetFlag(FLAGS_crashes);
  return SimulateCrashes(options, &std::cout);
}

absl::StatusOr<std::string> MakeScratchDir() {
  std::string dir = std::filesystem::temp_directory_path() / "spindle-simulate-XXXXXX";
  if (mkdtemp(dir.data()) == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot create ", dir));
  }
  return dir;
}

int Fail(const absl::Status& status, int code) {
  std::cerr << "simulate: " << status.message() << "\n";
  return code;
}

int Main(int argc, char** argv) {
  const auto line = ParseCommandLine(absl::MakeConstSpan(argv + 1, argc - 1), Sections());
  if (!line.ok()) return Fail(line.status(), kUsageExit);
  if (line->help) {
    std::cout << "simulate: crawls a web that is made up as it goes, with the frontier and the "
                 "store of a real crawl, no\nsockets and a clock that jumps. Prints what it costs "
                 "as the crawl grows; fails where a host was asked\ntoo early or the directory "
                 "does not verify.\n\n"
              << FormatHelp(Sections());
    return 0;
  }
  if (absl::Status status = CheckFlags(*line); !status.ok()) return Fail(status, kUsageExit);
  std::string dir = absl::GetFlag(FLAGS_dir);
  const bool scratch = dir.empty();
  if (scratch) {
    const absl::StatusOr<std::string> made = MakeScratchDir();
    if (!made.ok()) return Fail(made.status(), kFailureExit);
    dir = *made;
  }
  const absl::Cleanup remove = [&] {
    std::error_code error;
    if (scratch) std::filesystem::remove_all(dir, error);
  };
  const absl::Status status =
      absl::GetFlag(FLAGS_crashes) > 0 ? RunCrashes(dir) : Simulation(dir).Run();
  return status.ok() ? 0 : Fail(status, kFailureExit);
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) { return spindle::Main(argc, argv); }
