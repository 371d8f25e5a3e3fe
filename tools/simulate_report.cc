#include "tools/simulate_report.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tools/json_text.h"

namespace spindle {
namespace {

double Ratio(double a, double b) { return b > 0 ? a / b : 0; }

// Of the families that hold a crawl's state, without pages and bodies.
uint64_t StateBytes(const CrawlStore& store) {
  uint64_t bytes = 0;
  for (const CrawlReader::FamilySize& family : store.reader().FamilySizes()) {
    if (family.name != "pages" && family.name != "bodies") {
      bytes += family.table_bytes + family.blob_bytes;
    }
  }
  return bytes;
}

}  // namespace

ProcessUse MeasureProcess() {
  ProcessUse use;
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  use.cpu = absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
  use.peak_rss_bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  if (statm >> size >> resident) use.rss_bytes = resident * static_cast<uint64_t>(getpagesize());
  return use;
}

uint64_t DirectoryBytes(const std::string& dir) {
  uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const uint64_t size = entry.file_size(error);
    if (!error) bytes += size;
  }
  return bytes;
}

void SimulateReport::Line(absl::string_view phase, const SimulatedCrawl& crawl,
                          const CrawlStore& store, const PolitenessWatch& watch,
                          const std::string& dir) {
  const absl::Time wall = absl::Now();
  const ProcessUse use = MeasureProcess();
  const SimulatedCrawlCounts& counts = crawl.counts();
  if (wall_start_ == absl::InfinitePast()) {  // the first call sets the start
    wall_start_ = wall;
    start_use_ = use;
    start_ = counts;
    return;
  }
  const auto us = [](absl::Duration span) { return absl::ToDoubleMicroseconds(span); };
  const auto links = static_cast<double>(counts.links - start_.links);
  const auto inserted = static_cast<double>(counts.inserted - start_.inserted);
  const auto requests = static_cast<double>(counts.requests - start_.requests);
  const double web_us = us(counts.cpu.web - start_.cpu.web);
  const double gross_us = us(use.cpu - start_use_.cpu);
  const double net_us = gross_us - web_us;
  const double insert_us = us(counts.cpu.insert - start_.cpu.insert);
  const double pop_us = us(counts.cpu.pop - start_.cpu.pop);
  const double complete_us = us(counts.cpu.complete - start_.cpu.complete);
  const double commit_us = us(counts.cpu.commit - start_.cpu.commit);
  const double wall_s = absl::ToDoubleSeconds(wall - wall_start_);
  const auto known = static_cast<double>(crawl.known_count());
  const auto hits = static_cast<double>(crawl.seen_hit_count() - seen_hits_);
  const auto misses = static_cast<double>(crawl.seen_miss_count() - seen_misses_);
  const double background_us = gross_us - web_us - insert_us - pop_us - complete_us - commit_us;

  struct Field {
    const char* name;
    const char* heading;  // null: in JSON alone
    int width;
    int digits;
    double value;
  };
  const std::vector<Field> fields = {
      {"known", "known", 11, 0, known},
      {"requests", "requests", 10, 0, static_cast<double>(counts.requests)},
      {"pages", "pages", 10, 0, static_cast<double>(counts.pages)},
      {"robots_requests", nullptr, 0, 0, static_cast<double>(counts.robots_requests)},
      {"links", "links", 11, 0, static_cast<double>(counts.links)},
      {"virtual_seconds", nullptr, 0, 0, absl::ToDoubleSeconds(crawl.now() - absl::UnixEpoch())},
      {"wall_seconds", "wall s", 7, 1, wall_s},
      {"links_per_page", "links/pg", 8, 1,
       Ratio(links, static_cast<double>(counts.pages - start_.pages))},
      {"known_share", "known %", 7, 1, 100 * Ratio(links - inserted, links)},
      {"seen_cache_hit_share", "cache %", 7, 1, 100 * Ratio(hits, hits + misses)},
      {"links_per_cpu_second", "links/cpu-s", 11, 0, 1e6 * Ratio(links, net_us)},
      {"cpu_us_per_link", "us/link", 8, 2, Ratio(net_us, links)},
      {"cpu_us_per_new_url", "us/new", 8, 2, Ratio(net_us, inserted)},
      {"cpu_us_per_request", "us/req", 8, 1, Ratio(net_us, requests)},
      {"insert_us_per_link", "insert", 7, 2, Ratio(insert_us, links)},
      {"pop_us_per_request", "pop", 7, 2, Ratio(pop_us, requests)},
      {"complete_us_per_request", "compl", 7, 2, Ratio(complete_us, requests)},
      {"commit_us_per_request", "commit", 7, 1, Ratio(commit_us, requests)},
      {"background_us_per_link", "bg/link", 7, 2, Ratio(background_us, links)},
      {"web_us_per_link", "web", 6, 2, Ratio(web_us, links)},
      {"rss_mb", "rss MB", 7, 0, static_cast<double>(use.rss_bytes) / 1e6},
      {"peak_rss_mb", nullptr, 0, 0, static_cast<double>(use.peak_rss_bytes) / 1e6},
      {"state_bytes_per_url", "B/url", 7, 1, Ratio(static_cast<double>(StateBytes(store)), known)},
      {"disk_mb", "disk MB", 8, 0, static_cast<double>(DirectoryBytes(dir)) / 1e6},
      {"live_hosts", "live", 8, 0, static_cast<double>(crawl.live_host_count())},
      {"pending", nullptr, 0, 0, static_cast<double>(crawl.pending_count())},
      {"active", "active", 6, 0, static_cast<double>(crawl.active_count())},
      {"violations", "viol", 5, 0, static_cast<double>(watch.violation_count())},
  };
  if (format_ == Format::kJsonLines) {
    JsonObject object;
    object.Add("phase", JsonString(phase));
    for (const Field& field : fields) {
      object.Add(field.name, absl::StrFormat("%.*f", field.digits, field.value));
    }
    *output_ << object.ToString() << std::endl;
  } else {
    std::string heading = absl::StrFormat("%-8s", "phase");
    std::string line = absl::StrFormat("%-8s", phase);
    for (const Field& field : fields) {
      if (field.heading == nullptr) continue;
      absl::StrAppendFormat(&heading, " %*s", field.width, field.heading);
      absl::StrAppendFormat(&line, " %*.*f", field.width, field.digits, field.value);
    }
    if (!has_heading_) *output_ << heading << std::endl;
    has_heading_ = true;
    *output_ << line << std::endl;
  }
  wall_start_ = wall;
  start_use_ = use;
  start_ = counts;
  seen_hits_ = crawl.seen_hit_count();
  seen_misses_ = crawl.seen_miss_count();
}

}  // namespace spindle
