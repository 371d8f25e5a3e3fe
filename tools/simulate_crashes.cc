#include "tools/simulate_crashes.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/verify.h"
#include "tools/politeness_watch.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// From the moment that a crawl is at work to its death, at most.
constexpr uint64_t kMaxLifeUs = 200'000;
// One in so many dies while it opens the directory or loads the frontier.
constexpr uint64_t kEarlyDeaths = 8;

// Then another crawl begins, or once it has found everything: to look at one costs more the larger
// it is, and young ones are no less interesting.
constexpr int kCrashesOfACrawl = 50;

constexpr uint64_t kMaxEvents = 20'000'000;

// What outlives a killed process: what the hosts saw, in order. An event counts once `count` says
// so.
struct Record {
  std::atomic<uint64_t> count{0};
  std::atomic<uint64_t> violations{0};
  std::atomic<uint64_t> known{0};
  std::atomic<uint64_t> pages{0};
  std::atomic<bool> at_work{false};
  std::atomic<bool> at_end{false};
  SimulatedEvent events[kMaxEvents];
};
static_assert(std::is_trivially_copyable_v<SimulatedEvent>);

// A place for them in memory that this process and its children share, all zeros, which is its
// initial state.
class SharedRecord {
 public:
  SharedRecord() = default;
  ~SharedRecord() {
    if (record_ != nullptr) munmap(record_, sizeof(Record));
  }
  SharedRecord(const SharedRecord&) = delete;
  SharedRecord& operator=(const SharedRecord&) = delete;

  absl::Status Map() {
    void* const memory = mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return absl::ErrnoToStatus(errno, "mmap");
    record_ = static_cast<Record*>(memory);
    return absl::OkStatus();
  }
  Record* get() const { return record_; }

 private:
  Record* record_ = nullptr;
};

// One crawl and its deaths.
class CrashingCrawl {
 public:
  // `record` must outlive this.
  CrashingCrawl(const SimulateCrashesOptions& options, Record* record)
      : options_(options), web_(options.web), record_(record), random_(options.web.seed) {}

  // Until it has died `max_crashes` times or found everything.
  absl::Status Run(int max_crashes) {
    while (crashes_ < max_crashes && !record_->at_end) {
      const uint64_t seen = record_->count;
      absl::Status status = CrawlAndKill();
      if (status.ok()) status = InChild([&] { return Inspect(seen); });
      if (!status.ok()) {
        return absl::Status(status.code(),
                            absl::StrCat("crash ", crashes_, ": ", status.message()));
      }
    }
    // Once more, every link of every page.
    absl::Status status = InChild([&] { return Inspect(0); });
    if (status.ok() && record_->violations > 0) {
      status = absl::InternalError("hosts were asked too early");
    }
    return status;
  }

  int crashes() const { return crashes_; }

 private:
  // Runs `body` in a process of its own, which has RocksDB's threads for itself.
  absl::Status InChild(const std::function<absl::Status()>& body) {
    const pid_t child = fork();
    if (child < 0) return absl::ErrnoToStatus(errno, "fork");
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const absl::Status status = body();
      if (!status.ok()) std::cerr << "simulate: " << status.message() << std::endl;
      _exit(status.ok() ? 0 : 1);
    }
    int end = 0;
    waitpid(child, &end, 0);
    if (WIFEXITED(end) && WEXITSTATUS(end) == 0) return absl::OkStatus();
    return absl::InternalError("what the crash left behind is not in order");
  }

  absl::Status CrawlAndKill() {
    record_->at_work = false;
    const pid_t child = fork();
    if (child < 0) return absl::ErrnoToStatus(errno, "fork");
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const absl::Status status = Crawl();
      if (!status.ok()) std::cerr << "simulate: " << status.message() << std::endl;
      _exit(status.ok() ? 0 : 1);
    }
    int end = 0;
    const bool early = random_() % kEarlyDeaths == 0;
    while (!early && !record_->at_work && waitpid(child, &end, WNOHANG) == 0) usleep(200);
    usleep(static_cast<useconds_t>(random_() % kMaxLifeUs));
    kill(child, SIGKILL);
    waitpid(child, &end, 0);
    if (WIFEXITED(end) && WEXITSTATUS(end) != 0) return absl::InternalError("the crawl failed");
    if (WIFSIGNALED(end)) ++crashes_;  // else it was at its end before
    return absl::OkStatus();
  }

  // In a process that will be killed.
  absl::Status Crawl() {
    PolitenessWatch watch(options_.crawl.frontier.politeness);
    absl::Time now = kStart;
    const uint64_t count = record_->count;
    for (uint64_t i = 0; i < count; ++i) {
      Replay(record_->events[i], &watch);
      now = record_->events[i].time;
    }
    watch.OnRestart();
    // Those of earlier runs were found again.
    const uint64_t pages_before = record_->pages;
    CreateOptions if_new;
    if_new.shard_count = options_.shard_count;
    if_new.hash_salt = options_.web.seed;
    auto store = CrawlStore::Open(options_.dir, options_.store, if_new);
    if (!store.ok()) return store.status();
    SimulatedCrawl crawl(&web_, options_.crawl, store->get(), &watch, now);
    crawl.set_observer([&](const SimulatedEvent& event) {
      const uint64_t next = record_->count;
      if (next == kMaxEvents) abort();
      record_->events[next] = event;
      record_->count = next + 1;
      record_->violations = watch.violation_count();
      record_->pages = pages_before + crawl.counts().pages;
    });
    absl::Status status = crawl.Load();
    if (status.ok()) status = crawl.InsertSeeds(options_.seed_hosts);
    if (!status.ok()) return status;
    record_->at_work = true;
    for (;;) {
      const absl::StatusOr<bool> more = crawl.Step();
      if (!more.ok()) return more.status();
      if (*more) continue;
      record_->at_end = true;
      return absl::OkStatus();
    }
  }

  static void Replay(const SimulatedEvent& event, PolitenessWatch* watch) {
    switch (event.kind) {
      case SimulatedEvent::Kind::kBegin:
        return watch->OnRestart();
      case SimulatedEvent::Kind::kGivenUp:
        return watch->OnGivenUp(event.page.host);
      case SimulatedEvent::Kind::kStart:
        return watch->OnStart(event.page.host, event.time, event.crawl_delay);
      case SimulatedEvent::Kind::kEnd:
        return watch->OnEnd(event.page.host, {event.time, event.first_byte, event.latency,
                                              event.http_status, event.retry_after});
    }
  }

  // Looks at the directory, and for what the events from `first` on say must be there.
  absl::Status Inspect(uint64_t first) const {
    if (!CrawlStore::Exists(options_.dir)) return absl::OkStatus();
    const auto reader = CrawlReader::Open(options_.dir);
    // Killed while it was created.
    if (!reader.ok() && record_->count == 0) return absl::OkStatus();
    if (!reader.ok()) return reader.status();
    const auto report = Verify(**reader, VerifyOptions());
    if (!report.ok()) return report.status();
    if (!report->ok()) {
      const Violation& violation = report->violations[0];
      return absl::DataLossError(absl::StrCat(violation.where, ": ", violation.message));
    }
    if (report->refetched_count > 0) {
      return absl::InternalError(absl::StrCat(report->refetched_count, " pages stored twice"));
    }
    record_->known = report->url_count;
    const ShardMap shards(options_.shard_count, options_.web.seed, &PublicSuffixList::Builtin());
    // Links may still be on their way to another worker.
    std::set<std::string> on_the_way;
    absl::Status status =
        (*reader)->ForEachInbox(std::nullopt, [&](const InboxKey&, const LinkBatch& batch) {
          for (const LinkRecord& link : batch) on_the_way.insert(link.origin + link.path);
          return true;
        });
    std::vector<SimulatedPage> pages;
    for (uint64_t i = first; i < record_->count && status.ok(); ++i) {
      const SimulatedEvent& event = record_->events[i];
      if (event.kind != SimulatedEvent::Kind::kEnd || !event.stored) continue;
      pages.assign(1, event.page);
      web_.AppendLinks(event.page, &pages);
      for (const SimulatedPage& page : pages) {
        const HostKey host = shards.KeyOfHost(web_.Origin(page.host), web_.HostName(page.host));
        const auto url = (*reader)->FindUrl(host, web_.Origin(page.host), web_.Path(page));
        if (!url.ok()) return url.status();
        const std::string text = web_.Origin(page.host) + web_.Path(page);
        if (!url->has_value() && !on_the_way.contains(text)) {
          return absl::DataLossError(absl::StrCat("lost ", text));
        }
      }
    }
    return status;
  }

  const SimulateCrashesOptions options_;
  const SimulatedWeb web_;
  Record* const record_;
  std::mt19937_64 random_;
  int crashes_ = 0;
};

}  // namespace

absl::Status SimulateCrashes(const SimulateCrashesOptions& options, std::ostream* output) {
  uint64_t urls = 0, pages = 0;
  int crashes = 0;
  for (int crawls = 0; crashes < options.crashes; ++crawls) {
    SharedRecord record;
    if (absl::Status status = record.Map(); !status.ok()) return status;
    SimulateCrashesOptions crawl_options = options;
    crawl_options.dir = absl::StrCat(options.dir, "/", crawls);
    crawl_options.web.seed += crawls;
    CrashingCrawl crawl(crawl_options, record.get());
    absl::Status status = crawl.Run(std::min(kCrashesOfACrawl, options.crashes - crashes));
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("--seed=", crawl_options.web.seed, ", ", status.message()));
    }
    crashes += crawl.crashes();
    urls += record.get()->known;
    pages += record.get()->pages;
    *output << crashes << " crashes of " << crawls + 1 << " crawls, " << urls << " URLs known, "
            << pages << " pages stored, 0 requests too early" << std::endl;
    std::error_code error;
    std::filesystem::remove_all(crawl_options.dir, error);
  }
  return absl::OkStatus();
}

}  // namespace spindle
