// bazel run -c opt //tests/benchmarks:storage -- [--urls=N] [--memory_mb=N] [DIR]
//
// What the store costs a crawl: CPU time of the whole process, RocksDB's own threads included, and
// time on the clock. DIR (a new one below the temporary directory where it is not given) is left
// behind for a look at its size.

#include <rocksdb/env.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/body_codec.h"
#include "storage/crawl_store.h"
#include "storage/database.h"

ABSL_FLAG(uint64_t, urls, 2'000'000, "that the store grows to");
ABSL_FLAG(uint64_t, memory_mb, 512, "of the store: write buffers and cache");
ABSL_FLAG(bool, pages, true, "also pages, one long queue, and commits a second");

namespace spindle {
namespace {

constexpr uint64_t kLinksPerPage = 62;    // as measured on pages of the web
constexpr uint64_t kNewLinksPerPage = 6;  // the others are known
constexpr uint64_t kHostCount = 1 << 18;  // a power of two
constexpr uint64_t kFirstStep = 1'000'000;
constexpr int kPageCount = 20'000;
constexpr size_t kPageBytes = 60'000;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::exit(1);
}

absl::Duration CpuTime() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

// Of this thread alone: compactions of what was written before are no cost of a look-up.
absl::Duration ThreadCpuTime() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

// Prints the time of `count` operations between its construction and Stop().
class Stopwatch {
 public:
  Stopwatch() : start_(absl::Now()), cpu_start_(CpuTime()) {}

  void Stop(absl::string_view what, uint64_t count) const {
    const double cpu = absl::ToDoubleMicroseconds(CpuTime() - cpu_start_);
    const double wall = absl::ToDoubleMicroseconds(absl::Now() - start_);
    std::cout << absl::StreamFormat("%-34s %10u  %9.2f us CPU  %9.2f us wall\n", what, count,
                                    cpu / count, wall / count)
              << std::flush;
  }

 private:
  const absl::Time start_;
  const absl::Duration cpu_start_;
};

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 31)) * 0x7fb5d329728ea185;
  x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44d;
  return x ^ (x >> 33);
}

// URL number i belongs to commit i / kNewLinksPerPage, whose new URLs share a host; the commits go
// through all hosts again and again, in an order that looks random.
constexpr uint64_t kStride = 0x2545f491;  // odd

uint64_t HostOf(uint64_t i) { return i / kNewLinksPerPage * kStride % kHostCount; }

UrlKey KeyOf(uint64_t i) {
  const uint64_t host = HostOf(i);
  return {static_cast<ShardId>(host % 64), Mix(host + 1), Mix(~i)};
}

// A random URL, of those with numbers below `count`, on the host of `i`.
uint64_t Sibling(uint64_t i, uint64_t count, std::mt19937_64& random) {
  const uint64_t page = i / kNewLinksPerPage % kHostCount;
  const uint64_t pages = count / kNewLinksPerPage;
  const uint64_t rounds = page >= pages ? 1 : (pages - page - 1) / kHostCount + 1;
  return (page + random() % rounds * kHostCount) * kNewLinksPerPage + random() % kNewLinksPerPage;
}

constexpr const char* kWords[] = {
    "review", "market", "summer", "python", "guide",  "garden", "policy", "report",
    "travel", "energy", "school", "health", "design", "mobile", "police", "budget",
    "street", "winter", "family", "museum", "record", "season", "player", "leader",
    "camera", "editor", "future", "island", "border", "planet", "recipe", "doctor"};

// Paths as of a news site: 55 to 85 bytes, 70 on average. Five words of 1,024, a date, a number.
std::string PathOf(uint64_t i) {
  const uint64_t host = Mix(HostOf(i));
  uint64_t random = Mix(i * 31 + 7);
  std::string path =
      absl::StrCat("/", kWords[host % 32], "/", 2010 + random % 15, "/", random / 16 % 12 + 1, "/");
  const uint64_t words = 5 + random / 512 % 3;
  for (uint64_t w = 0; w < words; ++w) {
    random = Mix(random + w);
    absl::StrAppend(&path, w == 0 ? "" : "-", kWords[random % 32],
                    absl::Hex(random / 32 % 32, absl::kZeroPad2));
  }
  absl::StrAppend(&path, "-", i);
  if (host % 4 == 0) absl::StrAppend(&path, "?ref=home");
  return path;
}

// Inserts the URLs from `first` on as pages bring them: a commit for each handful.
void InsertUrls(CrawlStore& store, uint64_t first, uint64_t last) {
  Commit commit = store.NewCommit();
  for (uint64_t i = first; i < last; ++i) {
    UrlRecord url;
    url.path = PathOf(i);
    url.depth = 3;
    const uint64_t finder = i / kNewLinksPerPage % kHostCount * kNewLinksPerPage;
    url.found_on = KeyOf(finder);
    url.discovered = url.enqueued = absl::FromUnixMicros(1'700'000'000'000'000 + i * 1000);
    commit.PutUrl(KeyOf(i), url);
    commit.PutQueueEntry({KeyOf(i), 0, absl::ToUnixMicros(url.enqueued)});
    if (i % kNewLinksPerPage == kNewLinksPerPage - 1) Check(store.Apply(commit));
  }
  Check(store.Apply(commit));
}

// Of a page's links, `fresh_percent` were never seen; of the known ones, four in five lie on the
// page's host.
double CheckLinks(const CrawlStore& store, uint64_t count, int fresh_percent) {
  constexpr uint64_t kBatches = 20'000;
  static std::mt19937_64 random(1);
  std::vector<UrlKey> keys(kLinksPerPage);
  std::vector<std::string> paths(kLinksPerPage);
  std::vector<CrawlReader::Known> known;
  absl::Duration cpu;
  for (uint64_t batch = 0; batch < kBatches; ++batch) {
    const uint64_t page = random() % count;
    for (uint64_t i = 0; i < kLinksPerPage; ++i) {
      const uint64_t link = i % 5 == 0 ? random() % count : Sibling(page, count, random);
      keys[i] = KeyOf(link);
      paths[i] = PathOf(link);
      if (random() % 100 < static_cast<uint64_t>(fresh_percent)) keys[i].url = random();
    }
    const std::vector<absl::string_view> views(paths.begin(), paths.end());
    const absl::Duration start = ThreadCpuTime();
    Check(store.reader().LookUpUrls(keys, views, &known));
    cpu += ThreadCpuTime() - start;
  }
  return absl::ToDoubleMicroseconds(cpu) / kBatches / kLinksPerPage;
}

// Empties queues of hosts that no other step has touched.
double PopQueues(CrawlStore& store, uint64_t step, uint64_t* popped) {
  constexpr uint64_t kHosts = 1000;
  *popped = 0;
  const absl::Duration start = CpuTime();
  for (uint64_t h = 0; h < kHosts; ++h) {
    const UrlKey url = KeyOf((step * kHosts + h) * kNewLinksPerPage);
    std::optional<QueueKey> head;
    for (;;) {
      const auto entries = store.reader().ReadQueue(url.host_key(), Lane::kReady, head, 32);
      Check(entries.status());
      if (entries->empty()) break;
      Commit commit = store.NewCommit();
      for (const QueueKey& entry : *entries) commit.DeleteQueueEntry(entry);
      Check(store.Apply(commit));
      head = entries->back();
      *popped += entries->size();
    }
  }
  return absl::ToDoubleMicroseconds(CpuTime() - start) / *popped;
}

uint64_t ResidentBytes() {
  uint64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

uint64_t DiskBytes(const std::string& dir) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".sst") bytes += entry.file_size();
  }
  return bytes;
}

// The store while it grows to `count` URLs: what a new URL costs, what a link costs that is
// checked, what an entry costs that is taken off a queue, all in CPU time of the whole process.
void Grow(CrawlStore& store, const std::string& dir, uint64_t count) {
  std::cout << "     URLs   insert    known      new      mix      pop   us of CPU each;"
               "  bytes/URL   resident\n";
  uint64_t step = 0;
  for (uint64_t done = 0; done < count; ++step) {
    const uint64_t next = std::min(count, std::max(kFirstStep, done * 2));
    const absl::Duration start = CpuTime();
    InsertUrls(store, done, next);
    const double insert = absl::ToDoubleMicroseconds(CpuTime() - start) / (next - done);
    done = next;
    const double known = CheckLinks(store, done, 0);
    const double fresh = CheckLinks(store, done, 100);
    const double mix = CheckLinks(store, done, 10);
    uint64_t popped = 0;
    const double pop = PopQueues(store, step, &popped);
    std::cout << absl::StreamFormat("%9u %8.2f %8.2f %8.2f %8.2f %8.2f %28.1f %7u MB\n", done,
                                    insert, known, fresh, mix, pop,
                                    static_cast<double>(DiskBytes(dir)) / done,
                                    ResidentBytes() >> 20)
              << std::flush;
  }
}

// One host's queue of millions, emptied in the order of its entries with a head that is kept: what
// an entry costs must not grow with those that are gone.
void PopLongQueue(CrawlStore& store) {
  constexpr uint64_t kEntries = 2'000'000;
  const HostKey host{0, 1};
  Commit commit = store.NewCommit();
  for (uint64_t i = 0; i < kEntries; ++i) {
    commit.PutQueueEntry({{0, 1, Mix(i)}, 0, static_cast<int64_t>(i + 1)});
    if (i % 1000 == 999) Check(store.Apply(commit));
  }
  std::cout << "one queue of " << kEntries << " entries, us of CPU for each of every 250,000:";
  std::optional<QueueKey> head;
  absl::Duration start = CpuTime();
  for (uint64_t popped = 0; popped < kEntries;) {
    const auto entries = store.reader().ReadQueue(host, Lane::kReady, head, 32);
    Check(entries.status());
    for (const QueueKey& entry : *entries) commit.DeleteQueueEntry(entry);
    Check(store.Apply(commit));
    head = entries->back();
    for (size_t i = 0; i < entries->size(); ++i) {
      if (++popped % 250'000 != 0) continue;
      const absl::Duration now = CpuTime();
      std::cout << absl::StreamFormat(" %.2f", absl::ToDoubleMicroseconds(now - start) / 250'000)
                << std::flush;
      start = now;
    }
  }
  std::cout << "\n";
}

// Commits of a page's new URLs by several threads, each waiting for its own.
void CommitRates(const std::string& dir) {
  constexpr uint64_t kCommits = 2000;
  for (const absl::Duration interval : {absl::Seconds(1), absl::ZeroDuration()}) {
    for (const int threads : {1, 2, 8}) {
      StoreOptions options;
      options.sync_interval = interval;
      const auto store = CrawlStore::Open(dir, options, CreateOptions());
      Check(store.status());
      const absl::Time start = absl::Now();
      std::vector<std::thread> writers;
      for (int t = 0; t < threads; ++t) {
        writers.emplace_back([&store, t] {
          InsertUrls(**store, t * kCommits * kNewLinksPerPage,
                     (t + 1) * kCommits * kNewLinksPerPage);
        });
      }
      for (std::thread& writer : writers) writer.join();
      std::cout << absl::StreamFormat(
          "%d threads, synced %s: %.0f commits/s\n", threads,
          interval > absl::ZeroDuration() ? "once a second" : "each time",
          threads * kCommits / absl::ToDoubleSeconds(absl::Now() - start));
    }
  }
}

// All levels into one: the size that is left once a crawl has been idle for long.
void Compact(const std::string& dir, uint64_t memory_bytes) {
  const auto database = Database::OpenForWriting(rocksdb::Env::Default(), dir, memory_bytes, 512);
  Check(database.status());
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  for (int i = 0; i < kFamilyCount; ++i) {
    Check((*database)->ToStatus((*database)->db()->CompactRange(
        options, (*database)->handle(static_cast<Family>(i)), nullptr, nullptr)));
  }
}

void PrintSizes(const CrawlStore& store, uint64_t count) {
  for (const CrawlReader::FamilySize& size : store.reader().FamilySizes()) {
    if (size.table_bytes == 0) continue;
    std::cout << absl::StreamFormat("  %-8s %6.1f bytes a URL\n", size.name,
                                    static_cast<double>(size.table_bytes) / count);
  }
}

// Text with the redundancy of a page: words of a small vocabulary in markup. About 5:1 under zstd.
std::string MakePage(std::mt19937_64& random) {
  std::string page = "<!doctype html><html><head><title>A page</title></head><body>";
  while (page.size() < kPageBytes) {
    absl::StrAppend(&page, "<div class=\"item item-", random() % 100, "\"><p>");
    for (int i = 0; i < 12; ++i) absl::StrAppend(&page, "word", random() % 2000, " ");
    absl::StrAppend(&page, "</p></div>\n");
  }
  page.resize(kPageBytes);
  return page;
}

void CommitPages(CrawlStore& store) {
  std::mt19937_64 random(1);
  std::vector<std::string> bodies;
  bodies.reserve(50);
  for (int i = 0; i < 50; ++i) bodies.push_back(MakePage(random));
  uint64_t stored_bytes = 0;
  const Stopwatch stopwatch;
  Commit commit = store.NewCommit();
  for (int i = 0; i < kPageCount; ++i) {
    const EncodedBody body = EncodeBody(bodies[i % bodies.size()], false);
    stored_bytes += body.bytes.size();
    const UrlKey key = KeyOf(i);
    UrlRecord url;
    url.path = PathOf(i);
    url.state = UrlState::kFetched;
    PageRecord page;
    page.url = absl::StrCat("https://example.org", url.path);
    page.headers = std::string(400, 'h');
    page.title = "A page";
    page.wire_bytes = page.decoded_bytes = kPageBytes;
    page.body_codec = body.codec;
    commit.PutUrl(key, url);
    commit.PutPage({key, 1'700'000'000'000'000 + i}, page, body.bytes);
    commit.PutHost(key.host_key(), HostRecord());
    Check(store.Apply(commit));
  }
  stopwatch.Stop("commit a page of 60 KB", kPageCount);
  std::cout << absl::StreamFormat("  a body takes %.2f of its bytes\n",
                                  static_cast<double>(stored_bytes) / kPageBytes / kPageCount);
}

void ReadBodies(const CrawlStore& store) {
  std::mt19937_64 random(2);
  constexpr int kReads = 20'000;
  const Stopwatch stopwatch;
  for (int i = 0; i < kReads; ++i) {
    const int page = static_cast<int>(random() % kPageCount);
    const auto body = store.reader().GetBody({KeyOf(page), 1'700'000'000'000'000 + page});
    Check(body.status());
  }
  stopwatch.Stop("read a page's body", kReads);
}

void Run(const std::string& dir) {
  const uint64_t count = absl::GetFlag(FLAGS_urls);
  StoreOptions options;
  options.memory_bytes = absl::GetFlag(FLAGS_memory_mb) << 20;
  CreateOptions if_new;
  if_new.now = absl::Now();
  auto store = CrawlStore::Open(dir, options, if_new);
  Check(store.status());
  uint64_t path_bytes = 0;
  for (uint64_t i = 0; i < 1000; ++i) path_bytes += PathOf(i).size();
  std::cout << absl::StreamFormat("paths of %.1f bytes, %u hosts, %u new URLs a commit\n",
                                  path_bytes / 1000.0, kHostCount, kNewLinksPerPage);
  Grow(**store, dir, count);
  if (absl::GetFlag(FLAGS_pages)) {
    PopLongQueue(**store);
    CommitPages(**store);
    ReadBodies(**store);
  }
  Check((*store)->Close());
  store->reset();
  const absl::Duration start = CpuTime();
  Compact(dir, options.memory_bytes);
  std::cout << absl::StreamFormat("compacted for %.2f us of CPU a URL\n",
                                  absl::ToDoubleMicroseconds(CpuTime() - start) / count);
  store = CrawlStore::Open(dir, options, if_new);
  Check(store.status());
  PrintSizes(**store, count);
  std::cout << absl::StreamFormat("then known %.2f, new %.2f, mix %.2f\n",
                                  CheckLinks(**store, count, 0), CheckLinks(**store, count, 100),
                                  CheckLinks(**store, count, 10));
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  if (absl::GetFlag(FLAGS_pages)) CommitRates(dir + "/commits");
  std::cout << absl::StreamFormat("peak memory %.1f MB\n", usage.ru_maxrss / 1e3);
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) {
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  std::string dir = "/tmp/spindle-storage-XXXXXX";
  if (arguments.size() > 1) {
    dir = arguments[1];
  } else if (mkdtemp(dir.data()) == nullptr) {
    return 1;
  }
  std::cout << dir << "\n";
  spindle::Run(dir);
}
