#include "tools/simulated_web.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

// What a hash is for, so that answers do not depend on each other.
enum Purpose : uint64_t {
  kDomain,
  kKind,
  kDead,
  kSlow,
  kDelay,
  kThrottling,
  kThrottled,
  kBroken,
  kError,
  kGone,
  kRedirect,
  kLinkCount,
  kLink,
  kText,
  kLatency,
};

constexpr absl::string_view kWords[] = {
    "a",        "about",   "after",    "again",   "and",       "answer",  "apple",   "at",
    "autumn",   "best",    "better",   "between", "bridge",    "bright",  "build",   "by",
    "calm",     "castle",  "change",   "city",    "clear",     "cloud",   "coast",   "colour",
    "corner",   "country", "crossing", "daily",   "dance",     "deep",    "desert",  "dream",
    "early",    "east",    "edge",     "engine",  "evening",   "every",   "farm",    "fast",
    "field",    "first",   "forest",   "for",     "four",      "fresh",   "from",    "future",
    "garden",   "glass",   "gold",     "great",   "green",     "guide",   "harbour", "health",
    "hidden",   "history", "home",     "honest",  "house",     "how",     "idea",    "in",
    "inside",   "island",  "its",      "journey", "kitchen",   "knowing", "lake",    "language",
    "large",    "later",   "learning", "letter",  "light",     "little",  "local",   "long",
    "making",   "market",  "meadow",   "memory",  "method",    "middle",  "modern",  "morning",
    "mountain", "museum",  "music",    "nature",  "never",     "new",     "night",   "north",
    "notes",    "ocean",   "of",       "old",     "on",        "open",    "order",   "other",
    "our",      "over",    "paper",    "people",  "place",     "plain",   "planet",  "plans",
    "point",    "quiet",   "rain",     "reading", "river",     "road",    "rules",   "school",
    "science",  "season",  "second",   "silver",  "simple",    "small",   "south",   "spring",
    "station",  "stone",   "story",    "street",  "summer",    "table",   "the",     "their",
    "things",   "three",   "to",       "today",   "tower",     "travel",  "under",   "valley",
    "village",  "walking", "water",    "week",    "what",      "when",    "where",   "why",
    "wild",     "window",  "winter",   "with",    "without",   "wood",    "words",   "work",
    "world",    "writing", "year",     "yellow",  "yesterday", "you",     "young",   "your",
};
constexpr uint64_t kWordCount = std::size(kWords);

constexpr absl::string_view kSections[] = {"articles", "blog",     "catalogue", "documents",
                                           "forum",    "magazine", "news",      "products"};

// Of hosts with rules, for a thirtieth of their pages.
constexpr absl::string_view kClosedSection = "private";
constexpr absl::string_view kRobots =
    "User-agent: *\nDisallow: /private/\nDisallow: /search?\nAllow: /\n";

// A generator for a few draws that belong together.
uint64_t Next(uint64_t* state) {
  *state += 0x9e3779b97f4a7c15;
  uint64_t z = *state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Unit(uint64_t random) { return static_cast<double>(random >> 11) * 0x1p-53; }

// 0 to limit - 1.
uint64_t Below(uint64_t random, uint64_t limit) {
  return static_cast<uint64_t>((static_cast<unsigned __int128>(random) * limit) >> 64);
}

}  // namespace

SimulatedWeb::SimulatedWeb(const SimulatedWebOptions& options)
    : options_(options),
      exponent_(1 - options.skew),
      rank_span_(std::pow(options.host_count + 1.0, exponent_) - 1),
      home_links_(std::max<uint32_t>(
          1, static_cast<uint32_t>(options.links_per_page * options.intra_host_share / 2))),
      children_(std::max(1.0, options.links_per_page * options.new_share)) {}

uint64_t SimulatedWeb::Hash(uint64_t purpose, uint64_t a, uint64_t b) const {
  uint64_t state = options_.seed ^ (purpose << 56);
  state = Next(&state) ^ a;
  state = Next(&state) ^ b;
  return Next(&state);
}

bool SimulatedWeb::Chance(double share, uint64_t purpose, uint64_t a, uint64_t b) const {
  return Unit(Hash(purpose, a, b)) < share;
}

// --- Names

std::string SimulatedWeb::HostName(uint32_t host) const {
  const uint64_t domains = std::max<uint64_t>(1, options_.host_count / options_.hosts_per_domain);
  const uint64_t domain = Below(Hash(kDomain, host), domains);
  return absl::StrCat("www.h", host, ".", kWords[domain % kWordCount], domain,
                      domain % 3 == 0 ? ".co.uk" : ".com");
}

std::string SimulatedWeb::Origin(uint32_t host) const {
  return absl::StrCat("https://", HostName(host));
}

std::string SimulatedWeb::Path(SimulatedPage page) const {
  if (page.page == 0) return "/";
  const uint64_t kind = Hash(kKind, page.host);
  uint64_t random = Hash(kText, page.host, page.page);
  const bool closed = HasRules(page.host) && Below(Next(&random), 30) == 0;
  // Pages of an age lie in the same directory.
  std::string path =
      absl::StrCat("/", closed ? kClosedSection : kSections[(kind + page.page / 500) % 8], "/",
                   2004 + page.page / 2000 % 20, "/", 10 + page.page / 200 % 12, "/");
  const uint64_t length = 42 + Below(Next(&random), 20);
  while (path.size() < length) {
    absl::StrAppend(&path, kWords[Below(Next(&random), kWordCount)], "-");
  }
  if (kind >> 60 == 0) {
    path.back() = '?';
    absl::StrAppend(&path, "view=full&id=", page.page);
  } else {
    absl::StrAppend(&path, page.page, ".html");
  }
  return path;
}

std::optional<uint32_t> SimulatedWeb::ParseHost(absl::string_view url) const {
  constexpr absl::string_view kStart = "https://www.h";
  if (url.substr(0, kStart.size()) != kStart) return std::nullopt;
  url.remove_prefix(kStart.size());
  uint32_t host = 0;
  if (!absl::SimpleAtoi(url.substr(0, url.find('.')), &host)) return std::nullopt;
  if (host >= options_.host_count) return std::nullopt;
  return host;
}

std::optional<SimulatedPage> SimulatedWeb::ParseUrl(absl::string_view url) const {
  const std::optional<uint32_t> host = ParseHost(url);
  if (!host.has_value()) return std::nullopt;
  if (url.back() == '/') return SimulatedPage{*host, 0};
  constexpr absl::string_view kSuffix = ".html";
  if (url.size() > kSuffix.size() && url.substr(url.size() - kSuffix.size()) == kSuffix) {
    url.remove_suffix(kSuffix.size());
  }
  size_t start = url.size();
  while (start > 0 && absl::ascii_isdigit(url[start - 1])) --start;
  SimulatedPage page{*host, 0};
  if (!absl::SimpleAtoi(url.substr(start), &page.page)) return std::nullopt;
  return page;
}

// --- Links

uint32_t SimulatedWeb::PageCount(uint32_t host) const {
  const double share = exponent_ * std::pow(host + 1.0, -options_.skew) / rank_span_;
  const double count = share * static_cast<double>(options_.page_count);
  return static_cast<uint32_t>(std::clamp(count, 1.0, 4e9));
}

uint32_t SimulatedWeb::LinkedHost(uint64_t random) const {
  const double rank = std::pow(1 + Unit(random) * rank_span_, 1 / exponent_) - 1;
  return std::min(static_cast<uint32_t>(rank), options_.host_count - 1);
}

uint64_t SimulatedWeb::FirstChild(uint32_t page) const {
  if (page == 0) return 1;
  return 1 + home_links_ + static_cast<uint64_t>((page - 1) * children_);
}

void SimulatedWeb::AppendLinks(SimulatedPage page, std::vector<SimulatedPage>* links) const {
  uint64_t random = Hash(kLinkCount, page.host, page.page);
  const uint64_t mean = options_.links_per_page;
  const uint64_t count = mean / 2 + Below(Next(&random), mean + 1);
  const auto intra = static_cast<uint64_t>(static_cast<double>(count) * options_.intra_host_share);
  const uint64_t size = PageCount(page.host);

  // Children, then pages that are known once all before this one were seen: draw i is from the
  // i-th part of a distribution that favours low numbers, so that none is drawn twice.
  const uint64_t known = std::min(FirstChild(page.page), size);
  const uint64_t end = std::min(FirstChild(page.page + 1), size);
  for (uint64_t child = known; child < end; ++child) {
    links->push_back({page.host, static_cast<uint32_t>(child)});
  }
  const uint64_t children = end > known ? end - known : 0;
  const uint64_t draws = intra > children ? intra - children : 0;
  uint64_t next = 0;
  for (uint64_t i = 0; i < draws; ++i) {
    const double unit = (static_cast<double>(i) + Unit(Next(&random))) / static_cast<double>(draws);
    const auto drawn = static_cast<uint64_t>(unit * unit * static_cast<double>(known));
    const uint64_t target = std::max(drawn, next);
    if (target >= known) break;
    next = target + 1;
    if (target != page.page) links->push_back({page.host, static_cast<uint32_t>(target)});
  }

  // Other hosts: their home pages, or one of the first few.
  const size_t others = links->size();
  for (uint64_t i = intra; i < count; ++i) {
    SimulatedPage target{LinkedHost(Next(&random)), 0};
    if (target.host == page.host) continue;
    if (Next(&random) % 10 >= 6) {
      target.page = static_cast<uint32_t>(
          Below(Next(&random), std::min<uint64_t>(home_links_, PageCount(target.host))));
    }
    links->push_back(target);
  }
  std::sort(links->begin() + static_cast<ptrdiff_t>(others), links->end());
  links->erase(std::unique(links->begin() + static_cast<ptrdiff_t>(others), links->end()),
               links->end());
}

// --- Answers

bool SimulatedWeb::HasRules(uint32_t host) const { return Hash(kKind, host) % 10 < 6; }

absl::Duration SimulatedWeb::CrawlDelay(uint32_t host) const {
  if (!HasRules(host) || !Chance(options_.crawl_delay_share / 0.6, kDelay, host)) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(2 + Hash(kDelay, host, 1) % 30);
}

std::string SimulatedWeb::RobotsBody(uint32_t host) const {
  const absl::Duration delay = CrawlDelay(host);
  if (delay == absl::ZeroDuration()) return std::string(kRobots);
  return absl::StrCat(kRobots, "Crawl-delay: ", absl::ToInt64Seconds(delay), "\n");
}

SimulatedAnswer SimulatedWeb::Timing(uint32_t host, uint64_t random) const {
  SimulatedAnswer answer;
  const int64_t usual_ms = 40 + static_cast<int64_t>(Hash(kLatency, host) % 300);
  const int64_t factor = Chance(options_.slow_host_share, kSlow, host) ? 20 : 1;
  answer.latency = absl::Milliseconds(usual_ms * factor / 2 +
                                      static_cast<int64_t>(Below(random, usual_ms * factor)));
  answer.elapsed = answer.latency + absl::Milliseconds(20 + random % 200);
  return answer;
}

SimulatedAnswer SimulatedWeb::FetchRobots(uint32_t host, uint32_t attempt) const {
  uint64_t random = Hash(kLatency, host, attempt + 1);
  SimulatedAnswer answer = Timing(host, Next(&random));
  if (Chance(options_.dead_host_share, kDead, host)) {
    answer.reason = Next(&random) % 2 == 0 ? Reason::kConnect : Reason::kTimeout;
    answer.latency = absl::ZeroDuration();
    answer.elapsed = absl::Seconds(answer.reason == Reason::kTimeout ? 30 : 3);
    return answer;
  }
  if (Chance(options_.broken_share, kBroken, host)) {
    answer.http_status = 503;
  } else if (HasRules(host)) {
    answer.http_status = 200;
  } else if (Hash(kKind, host) % 100 == 9 && options_.host_count > 1) {
    answer.http_status = 301;
    answer.redirect = SimulatedPage{(host + 1) % options_.host_count, 0};
  } else {
    answer.http_status = 404;
  }
  return answer;
}

SimulatedAnswer SimulatedWeb::Fetch(SimulatedPage page, uint32_t attempt) const {
  uint64_t random = Hash(kError, page.host, (uint64_t{attempt} << 32) ^ page.page);
  SimulatedAnswer answer = FetchRobots(page.host, attempt);
  if (answer.http_status == 0 || answer.http_status == 503) return answer;
  answer = Timing(page.host, Next(&random));
  answer.http_status = 200;
  if (Chance(options_.throttling_share, kThrottling, page.host) && Next(&random) % 10 == 0) {
    answer.http_status = 429;
    answer.retry_after = absl::Seconds(10 + Next(&random) % 120);
  } else if (Unit(Next(&random)) < options_.error_share) {
    answer.http_status = Next(&random) % 2 == 0 ? 503 : 0;
    if (answer.http_status == 0) answer.reason = Reason::kTimeout;
  } else if (page.page != 0 && Chance(options_.gone_share, kGone, page.host, page.page)) {
    answer.http_status = 404;
  } else if (page.page != 0 && Chance(options_.redirect_share, kRedirect, page.host, page.page)) {
    answer.http_status = 301;
    uint32_t host = page.host;
    if (Next(&random) % 10 == 0) host = LinkedHost(Hash(kRedirect, page.host, ~page.page));
    const uint64_t limit = std::min<uint64_t>(PageCount(host), uint64_t{page.page} + 1);
    answer.redirect = SimulatedPage{
        host, static_cast<uint32_t>(Below(Hash(kRedirect, page.page, page.host), limit))};
  }
  return answer;
}

}  // namespace spindle
