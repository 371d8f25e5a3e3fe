#include "crawler/progress.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/records.h"

namespace spindle {
namespace {

constexpr absl::Duration kTerminalInterval = absl::Seconds(1);
constexpr absl::Duration kPlainInterval = absl::Seconds(30);
constexpr char kClearLine[] = "\r\033[K";

int64_t Sum(const std::array<int64_t, kReasonCount>& counts) {
  int64_t total = 0;
  for (const int64_t count : counts) total += count;
  return total;
}

std::string Counted(int64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

// What an operator can do about it.
absl::string_view Hint(Reason reason) {
  switch (reason) {
    case Reason::kAddressRefused:
      return " (private and loopback addresses need --allow_net)";
    case Reason::kOutOfScope:
      return " (--scope=domain or any takes more hosts in)";
    case Reason::kDns:
      return " (does the name exist?)";
    case Reason::kDnsServer:
      return " (the name servers fail; --dns names others)";
    default:
      return "";
  }
}

size_t TerminalWidth() {
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string DescribeWait(const CrawlStats& stats) {
  return absl::StrCat(stats.others_go_on ? "some hosts wait: " : "waiting: ", stats.waiting_for);
}

std::string FormatElapsed(absl::Duration elapsed) {
  const int64_t seconds = absl::ToInt64Seconds(elapsed);
  return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  ProcessUsage result;
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  result.cpu_seconds = absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) +
                                             absl::DurationFromTimeval(usage.ru_stime));
  result.peak_rss_bytes = int64_t{usage.ru_maxrss} * 1024;
  std::ifstream statm("/proc/self/statm");
  int64_t size_pages = 0;
  int64_t rss_pages = 0;
  if (statm >> size_pages >> rss_pages) result.rss_bytes = rss_pages * sysconf(_SC_PAGESIZE);
  return result;
}

std::string FormatBytes(int64_t bytes) {
  if (bytes < 1000) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"kB", "MB", "GB", "TB", "PB"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return absl::StrFormat("%.*f %s", value < 9.95 ? 1 : 0, value, unit);
}

std::string FormatProgress(const CrawlStats& now, const CrawlStats& before, absl::Duration interval,
                           absl::Duration elapsed, int64_t max_pages, int64_t rss_bytes) {
  const double seconds = std::max(1e-3, absl::ToDoubleSeconds(interval));
  std::string line = absl::StrFormat(
      "%s  %d pages  %.0f/s  %s/s  queued %d  hosts %d  open %d  errors %d  mem %s",
      FormatElapsed(elapsed), now.pages, static_cast<double>(now.pages - before.pages) / seconds,
      FormatBytes(
          static_cast<int64_t>(static_cast<double>(now.body_bytes - before.body_bytes) / seconds)),
      now.queued, now.hosts, now.open_transfers, Sum(now.errors), FormatBytes(rss_bytes));
  if (!now.waiting_for.empty()) absl::StrAppend(&line, "  ", DescribeWait(now));
  if (max_pages > 0 && now.pages > 0) {
    const absl::Duration left =
        elapsed * (static_cast<double>(max_pages - now.pages) / static_cast<double>(now.pages));
    absl::StrAppend(&line, "  eta ", FormatElapsed(std::max(left, absl::ZeroDuration())));
  }
  return line;
}

std::string FormatSummary(const CrawlStats& stats, absl::Duration elapsed,
                          const ProcessUsage& usage, absl::string_view dir) {
  const double seconds = std::max(1e-3, absl::ToDoubleSeconds(elapsed));
  std::string text =
      absl::StrFormat("%s (%s) in %.1f s: %.1f pages/s, %.1f CPU-seconds, peak memory %s\n",
                      Counted(stats.pages, "page"), FormatBytes(stats.body_bytes), seconds,
                      static_cast<double>(stats.pages) / seconds, usage.cpu_seconds,
                      FormatBytes(usage.peak_rss_bytes));
  absl::StrAppend(
      &text, Counted(stats.urls_known, "URL"), " known at ", Counted(stats.hosts, "host"), ", ",
      stats.queued + stats.resting, " still queued",
      stats.resting > 0 ? absl::StrCat(" (", stats.resting, " at hosts left alone), ") : ", ",
      Counted(stats.redirects, "redirect"), ", ",
      stats.retries == 1 ? "1 retry" : absl::StrCat(stats.retries, " retries"), "; stored in ", dir,
      "\n");
  if (!stats.stopped_because.empty()) {
    absl::StrAppend(&text, "stopped because ", stats.stopped_because,
                    "; run it again to go on once there is more (exit status 3)\n");
  }
  if (!stats.waiting_for.empty()) {
    absl::StrAppend(&text, "at its end ", stats.waiting_for, "\n");
  }
  if (stats.disallowed > 0) {
    absl::StrAppend(&text, "  ", Counted(stats.disallowed, "URL"), " ended as ",
                    Name(Reason::kRobotsDisallowed), "\n");
  }
  if (stats.links_too_long > 0) {
    absl::StrAppend(&text, "  ", Counted(stats.links_too_long, "link"),
                    " left out: longer than --max_url_bytes\n");
  }
  for (size_t i = 0; i < kReasonCount; ++i) {
    const Reason reason = static_cast<Reason>(i);
    if (stats.errors[i] > 0) {
      absl::StrAppend(&text, "  ", Counted(stats.errors[i], "URL"), " ended as ", Name(reason),
                      Hint(reason), "\n");
    }
    if (stats.parked_hosts[i] > 0) {
      absl::StrAppend(&text, "  ", Counted(stats.parked_hosts[i], "host"),
                      " left alone for now: ", Name(reason), Hint(reason), "\n");
    }
  }
  return text;
}

absl::Status WriteSummary(const std::string& path, const CrawlStats& stats, absl::Duration elapsed,
                          const ProcessUsage& usage) {
  nlohmann::ordered_json json;
  json["pages"] = stats.pages;
  json["bytes"] = stats.body_bytes;
  json["seconds"] = absl::ToDoubleSeconds(elapsed);
  json["cpu_seconds"] = usage.cpu_seconds;
  json["peak_rss_bytes"] = usage.peak_rss_bytes;
  json["urls_known"] = stats.urls_known;
  json["queued"] = stats.queued + stats.resting;
  json["queued_at_parked_hosts"] = stats.resting;
  json["hosts"] = stats.hosts;
  json["requests"] = stats.requests;
  json["robots_requests"] = stats.robots_requests;
  json["redirects"] = stats.redirects;
  json["retries"] = stats.retries;
  json["robots_disallowed"] = stats.disallowed;
  json["links_too_long"] = stats.links_too_long;
  if (!stats.stopped_because.empty()) json["stopped_because"] = stats.stopped_because;
  if (!stats.waiting_for.empty()) json["waiting_for"] = stats.waiting_for;
  json["errors"] = nlohmann::ordered_json::object();
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (stats.errors[i] == 0) continue;
    json["errors"][std::string(Name(static_cast<Reason>(i)))] = stats.errors[i];
  }
  json["parked_hosts"] = nlohmann::ordered_json::object();
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (stats.parked_hosts[i] == 0) continue;
    json["parked_hosts"][std::string(Name(static_cast<Reason>(i)))] = stats.parked_hosts[i];
  }
  const std::string partial = path + ".partial";
  std::ofstream file(partial);
  file << json.dump(2) << "\n";
  file.close();
  if (!file || std::rename(partial.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot write the summary to ", path));
  }
  return absl::OkStatus();
}

ProgressLine::ProgressLine(std::function<CrawlStats()> stats, int64_t max_pages)
    : stats_(std::move(stats)),
      max_pages_(max_pages),
      terminal_(isatty(STDERR_FILENO) == 1),
      thread_([this] { Run(); }) {}

ProgressLine::~ProgressLine() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  changed_.SignalAll();
  thread_.join();
}

void ProgressLine::Run() {
  const absl::Duration interval = terminal_ ? kTerminalInterval : kPlainInterval;
  const absl::Time start = absl::Now();
  absl::Time last = start;
  CrawlStats before;
  bool waiting = false;
  for (;;) {
    {
      MutexLock lock(&mu_);
      if (!stopping_) changed_.WaitFor(&mu_, kTerminalInterval);
      if (stopping_) break;
    }
    const absl::Time now = absl::Now();
    const CrawlStats stats = stats_();
    if (waiting == stats.waiting_for.empty()) {
      waiting = !waiting;
      const std::string line = waiting ? DescribeWait(stats) : "going on";
      std::fprintf(stderr, "%sspindle: %s\n", terminal_ ? kClearLine : "", line.c_str());
    }
    if (now < last + interval) continue;
    std::string line = FormatProgress(stats, before, now - last, now - start, max_pages_,
                                      ReadProcessUsage().rss_bytes);
    if (terminal_) {
      line.resize(std::min(line.size(), TerminalWidth() - 1));
      std::fprintf(stderr, "%s%s", kClearLine, line.c_str());
    } else {
      std::fprintf(stderr, "%s\n", line.c_str());
    }
    std::fflush(stderr);
    before = stats;
    last = now;
  }
  if (terminal_) std::fputs(kClearLine, stderr);
}

}  // namespace spindle
