#include "tools/inspect_lists.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "shard/politeness.h"
#include "storage/verify.h"
#include "tools/json_text.h"
#include "tools/page_body.h"
#include "tools/rows.h"

namespace spindle {
namespace {

constexpr std::array kStates = {UrlState::kQueued,     UrlState::kFetched, UrlState::kUnchanged,
                                UrlState::kRedirected, UrlState::kGone,    UrlState::kFailed,
                                UrlState::kExcluded,   UrlState::kParked};

struct UrlCounts {
  uint64_t total = 0;
  std::map<UrlState, std::map<Reason, uint64_t>> by_state;

  uint64_t OfState(UrlState state) const {
    uint64_t sum = 0;
    const auto found = by_state.find(state);
    if (found == by_state.end()) return 0;
    for (const auto& [reason, count] : found->second) sum += count;
    return sum;
  }
};

struct HostCounts {
  uint64_t total = 0;
  uint64_t parked = 0;
  uint64_t pages = 0;
  uint64_t body_bytes = 0;
};

// Of the files at this moment; a crawl may remove some while they are counted.
uint64_t DiskBytes(const std::string& dir) {
  uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    std::error_code gone;
    const uintmax_t size = entry.file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

void AddUrlCounts(const UrlCounts& counts, RecordWriter* record) {
  record->Add("urls", CountCell(counts.total));
  JsonObject states, reasons;
  std::map<Reason, uint64_t> by_reason;
  for (const UrlState state : kStates) {
    const uint64_t count = counts.OfState(state);
    states.Add(Name(state), absl::StrCat(count));
    if (count == 0) continue;
    record->AddLine(absl::StrCat("  ", Name(state)), absl::StrCat(count));
    for (const auto& [reason, of_reason] : counts.by_state.at(state)) {
      if (reason == Reason::kNone) continue;
      by_reason[reason] += of_reason;
      record->AddLine(absl::StrCat("    ", Name(reason)), absl::StrCat(of_reason));
    }
  }
  for (const auto& [reason, count] : by_reason) reasons.Add(Name(reason), absl::StrCat(count));
  record->AddJson("states", states.ToString());
  record->AddJson("reasons", reasons.ToString());
}

void AddHostCounts(const HostCounts& counts, RecordWriter* record) {
  record->Add("hosts", CountCell(counts.total));
  record->Add("hosts_parked", CountCell(counts.parked));
  record->Add("pages", CountCell(counts.pages));
  record->Add("body_bytes", BytesCell(counts.body_bytes));
}

void AddDiskUse(const CrawlReader& reader, const std::string& dir, RecordWriter* record) {
  record->Add("disk_bytes", BytesCell(DiskBytes(dir)));
  JsonObject families;
  for (const CrawlReader::FamilySize& family : reader.FamilySizes()) {
    const uint64_t bytes = family.table_bytes + family.blob_bytes;
    families.Add(family.name, absl::StrCat(bytes));
    if (bytes > 0) record->AddLine(absl::StrCat("  ", family.name), HumanBytes(bytes));
  }
  record->AddJson("families", families.ToString());
}

// Of a host that is left alone, when it gets another chance.
Cell NextFetchCell(const HostRecord& host) {
  if (host.state != HostState::kParked) return TimeCell(host.next_fetch);
  return host.front_due < absl::InfiniteFuture() ? TimeCell(host.front_due) : EmptyCell();
}

// The delay that is kept, and what the site asks for where that is more.
Cell CrawlDelayCell(absl::Duration asked) {
  if (asked <= absl::ZeroDuration()) return EmptyCell();
  const absl::Duration kept = std::min(asked, PolitenessOptions().max_crawl_delay);
  Cell cell = DurationCell(kept);
  if (kept < asked) absl::StrAppend(&cell.text, " of ", absl::FormatDuration(asked));
  return cell;
}

// What kept its robots.txt from being fetched.
Cell DetailCell(const std::optional<RobotsRecord>& robots) {
  const bool failed = robots.has_value() && robots->outcome == RobotsPolicy::kDisallowAll;
  return failed && !robots->body.empty() ? TextCell(robots->body) : EmptyCell();
}

std::vector<Cell> HostRow(const HostRecord& host, const std::optional<RobotsRecord>& robots) {
  return {TextCell(Name(host.state)),
          TextCell(Name(host.reason)),
          CountCell(host.known_count),
          CountCell(host.queued_count),
          CountCell(host.page_count),
          BytesCell(host.body_bytes),
          CountCell(host.failures),
          NextFetchCell(host),
          robots.has_value() ? TextCell(Name(robots->outcome)) : EmptyCell(),
          CrawlDelayCell(host.crawl_delay),
          host.crawl_delay > absl::ZeroDuration() ? DurationCell(host.crawl_delay) : EmptyCell(),
          DetailCell(robots),
          TextCell(host.origin)};
}

std::vector<Cell> UrlRow(CrawlLookup* lookup, const std::string& origin, const UrlRecord& url) {
  return {TextCell(Name(url.state)),
          TextCell(Name(url.reason)),
          url.http_status > 0 ? CountCell(url.http_status) : EmptyCell(),
          CountCell(url.depth),
          CountCell(url.failures),
          TimeCell(url.last_fetch),
          TimeCell(url.discovered),
          url.found_on.has_value() ? TextCell(lookup->UrlText(*url.found_on)) : EmptyCell(),
          url.detail.empty() ? EmptyCell() : TextCell(url.detail),
          TextCell(absl::StrCat(origin, url.path))};
}

// The URLs of one host; false in *more once no more are wanted.
absl::Status PrintUrlsOf(CrawlLookup* lookup, const HostKey& key, const std::string& origin,
                         const InspectOptions& options, RowWriter* rows, bool* more) {
  return lookup->reader().ForEachUrl(key, [&](const UrlKey&, const UrlRecord& url) {
    if (options.state.has_value() && url.state != *options.state) return true;
    return *more = rows->Write(UrlRow(lookup, origin, url));
  });
}

void PrintCounts(const VerifyReport& report, const InspectOptions& options, Output* output) {
  RecordWriter record(options.format, output);
  record.Add("hosts", CountCell(report.host_count));
  record.Add("robots", CountCell(report.robots_count));
  record.Add("urls", CountCell(report.url_count));
  record.Add("queue_entries", CountCell(report.queue_count));
  record.Add("front_entries", CountCell(report.front_count));
  record.Add("pages", CountCell(report.page_count));
  record.Add("bodies", CountCell(report.body_count));
  record.Add("digests", CountCell(report.digest_count));
  record.Add("inbox_batches", CountCell(report.inbox_count));
  record.Add("urls_with_several_pages", CountCell(report.refetched_count));
  if (options.deep) {
    record.Add("files_compared", CountCell(report.compared_file_count));
    record.Add("files_without_checksum", CountCell(report.unchecked_file_count));
  }
  record.Add("violations", CountCell(report.violation_count));
  for (const auto& [check, count] : report.violations_by_check) {
    record.AddLine(absl::StrCat("  ", check), absl::StrCat(count));
  }
  record.Finish();
}

}  // namespace

absl::Status PrintStats(const CrawlLookup& lookup, const InspectOptions& options, Output* output) {
  const CrawlReader& reader = lookup.reader();
  HostCounts hosts;
  absl::Status status =
      reader.ForEachHost(std::nullopt, [&](const HostKey&, const HostRecord& host) {
        ++hosts.total;
        hosts.parked += host.state == HostState::kParked ? 1 : 0;
        hosts.pages += host.page_count;
        hosts.body_bytes += host.body_bytes;
        return true;
      });
  if (!status.ok()) return status;
  UrlCounts urls;
  status = reader.ForEachUrl(std::nullopt, [&](const UrlKey&, const UrlRecord& url) {
    ++urls.total;
    ++urls.by_state[url.state][url.reason];
    return true;
  });
  if (!status.ok()) return status;

  RecordWriter record(options.format, output);
  record.Add("dir", TextCell(options.dir));
  record.Add("created", TimeCell(reader.meta().created));
  record.Add("runs", CountCell(reader.meta().runs));
  record.Add("shards", CountCell(reader.meta().shard_count));
  record.Add("seeds", CountCell(reader.meta().seeds.size()));
  AddHostCounts(hosts, &record);
  AddUrlCounts(urls, &record);
  AddDiskUse(reader, options.dir, &record);
  record.Finish();
  return absl::OkStatus();
}

absl::Status PrintHosts(const CrawlLookup& lookup, const InspectOptions& options, Output* output) {
  RowWriter rows(options.format,
                 {{"state"},
                  {"reason"},
                  {"known"},
                  {"queued"},
                  {"pages"},
                  {"bytes"},
                  {"failures", true},
                  {"next_fetch"},
                  {"robots"},
                  {"crawl_delay"},
                  {"crawl_delay_asked", true},
                  {"detail"},
                  {"origin"}},
                 options.limit, output);
  absl::Status failure;
  const absl::Status status =
      lookup.ForEachHost(options.host, [&](const HostKey& key, const HostRecord& host) {
        const auto robots = lookup.reader().GetRobots(key);
        failure = robots.status();
        return failure.ok() && rows.Write(HostRow(host, *robots));
      });
  rows.Finish();
  return status.ok() ? failure : status;
}

absl::Status PrintUrls(CrawlLookup* lookup, const InspectOptions& options, Output* output) {
  RowWriter rows(options.format,
                 {{"state"},
                  {"reason"},
                  {"status"},
                  {"depth"},
                  {"failures", true},
                  {"last_fetch"},
                  {"discovered", true},
                  {"found_on", true},
                  {"detail", true},
                  {"url"}},
                 options.limit, output);
  absl::Status failure;
  const absl::Status status =
      lookup->ForEachHost(options.host, [&](const HostKey& key, const HostRecord& host) {
        bool more = true;
        failure = PrintUrlsOf(lookup, key, host.origin, options, &rows, &more);
        return failure.ok() && more;
      });
  rows.Finish();
  return status.ok() ? failure : status;
}

absl::Status PrintVerify(const CrawlLookup& lookup, const InspectOptions& options, Output* output) {
  VerifyOptions verify;
  verify.deep = options.deep;
  verify.decode_body = [](const PageRecord& page,
                          const std::string& body) -> absl::StatusOr<std::string> {
    return DecodePageBody(page, body).body;
  };
  if (options.limit > 0) verify.max_violations = options.limit;
  const absl::StatusOr<VerifyReport> report = Verify(lookup.reader(), verify);
  if (!report.ok()) return report.status();
  PrintCounts(*report, options, output);
  if (report->ok()) return absl::OkStatus();
  if (options.format == Format::kTable) output->Write("\n");
  RowWriter rows(options.format, {{"check"}, {"where"}, {"message"}}, 0, output);
  for (const Violation& violation : report->violations) {
    rows.Write({TextCell(violation.check), TextCell(violation.where), TextCell(violation.message)});
  }
  rows.Finish();
  return absl::FailedPreconditionError(
      absl::StrCat(options.dir, ": violations of the format: ", report->violation_count));
}

}  // namespace spindle
