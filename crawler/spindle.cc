#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "crawler/crawl_flags.h"
#include "crawler/crawler.h"
#include "crawler/inject_spool.h"
#include "crawler/progress.h"
#include "crawler/stop_signals.h"

namespace {

// --help lists them.
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNoRoom = 3;

// Buffers of this size and more go back to the system at once. Left to itself, glibc raises the
// size up to 32 MB as soon as one was freed, and every thread then keeps such buffers for good.
constexpr int kMmapThresholdBytes = 256 << 10;

int ExitOf(const absl::Status& status) {
  if (absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status)) return kExitUsage;
  return absl::IsResourceExhausted(status) ? kExitNoRoom : kExitFailure;
}

int Fail(const absl::Status& status) {
  // Above what was wrong, wherever both go.
  std::fflush(stdout);
  std::fprintf(stderr, "spindle: %s\n", std::string(status.message()).c_str());
  return ExitOf(status);
}

int Inject(const spindle::CrawlCommand& command) {
  const spindle::CrawlOptions& options = command.options;
  if (options.seeds.empty()) {
    return Fail(absl::InvalidArgumentError("--inject needs URLs, or --seeds_file"));
  }
  if (absl::Status status = spindle::CheckSeeds(options.seeds); !status.ok()) return Fail(status);
  if (absl::Status status = spindle::WriteInjection(options.dir, options.seeds); !status.ok()) {
    return Fail(status);
  }
  std::printf("%zu URL%s for the crawl in %s\n", options.seeds.size(),
              options.seeds.size() == 1 ? "" : "s", options.dir.c_str());
  // It is in the spool already: that nobody can tell now what is known does no harm.
  const auto known = spindle::FindKnown(options.dir, options.seeds);
  if (!known.ok()) return 0;
  for (const std::string& url : *known) {
    std::printf("known already, and left as it is: %s\n", url.c_str());
  }
  return 0;
}

int Crawl(const spindle::CrawlCommand& command) {
  // Outlives the thread that may stop it at any moment.
  std::unique_ptr<spindle::Crawler> crawler;
  std::atomic<spindle::Crawler*> running{nullptr};
  std::atomic<bool> stopped{false};
  // First of all threads: the others inherit its signal mask.
  spindle::StopSignals signals([&] {
    std::fprintf(stderr, "\nspindle: stopping; once more to stop at once\n");
    stopped.store(true);
    if (spindle::Crawler* started = running.load()) started->Stop();
  });
  absl::StatusOr<std::unique_ptr<spindle::Crawler>> opened =
      spindle::Crawler::Open(command.options);
  if (!opened.ok()) return Fail(opened.status());
  crawler = *std::move(opened);
  for (const std::string& note : crawler->notes()) {
    std::fprintf(stderr, "spindle: %s\n", note.c_str());
  }
  running.store(crawler.get());
  if (stopped.load()) crawler->Stop();
  const absl::Time start = absl::Now();
  absl::Status status;
  {
    spindle::ProgressLine progress([&] { return crawler->stats(); }, command.options.max_pages);
    status = crawler->Run();
  }
  const absl::Duration elapsed = absl::Now() - start;
  const spindle::CrawlStats stats = crawler->stats();
  if (!status.ok() && stats.requests + stats.robots_requests == 0) return Fail(status);
  const spindle::ProcessUsage usage = spindle::ReadProcessUsage();
  std::fputs(spindle::FormatSummary(stats, elapsed, usage, command.options.dir).c_str(), stdout);
  if (!command.summary_file.empty()) {
    status.Update(spindle::WriteSummary(command.summary_file, stats, elapsed, usage));
  }
  if (!status.ok()) return Fail(status);
  return stats.stopped_because.empty() ? 0 : kExitNoRoom;
}

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, kMmapThresholdBytes);
  const absl::StatusOr<spindle::CrawlCommand> command =
      spindle::ReadCrawlCommand(absl::MakeConstSpan(argv, argc).subspan(1));
  if (!command.ok()) return Fail(command.status());
  if (!command->help.empty()) {
    std::fputs(command->help.c_str(), stdout);
    return 0;
  }
  if (command->inject) return Inject(*command);
  return Crawl(*command);
}
