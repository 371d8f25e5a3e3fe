#ifndef SPINDLE_TESTS_SHARD_FRONTIER_MODEL_H_
#define SPINDLE_TESTS_SHARD_FRONTIER_MODEL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "parsers/robots.h"
#include "shard/frontier.h"
#include "storage/records.h"

namespace spindle {

// What a frontier should be doing, in sets and maps that are searched from end to end: which URLs
// are known and in what state, whose turn it is, and when each host may be asked. It is told what
// happens; each method that finds fault adds it to errors().
//
// Of each host it knows what is remembered, and what of that was committed: a death leaves that. It
// has two clocks for it: before Memory::not_before a request is a fault of politeness, and at
// `ready_by` the frontier must be willing.
class FrontierModel {
 public:
  struct Url {
    UrlState state = UrlState::kQueued;
    Reason reason = Reason::kNone;
    Lane lane = Lane::kReady;
    uint8_t priority = 0;
    uint64_t age = 0;  // lower is older
    int depth = 0;
    bool is_seed = false;
    uint8_t failures = 0;
    bool in_flight = false;
    absl::Time due = absl::InfiniteFuture();  // in lanes retry and recrawl
    absl::Time last_fetch = absl::InfinitePast();
    absl::Duration interval;
    uint32_t fetch_count = 0;
    uint8_t miss_count = 0;
    uint8_t gone_count = 0;
    uint64_t digest = 0;
    int page_count = 0;  // stored
  };
  // What the crawler knows of a host.
  struct Memory {
    absl::Time not_before = absl::InfinitePast();
    absl::Duration latency;
    uint32_t failures = 0;
    bool parked = false;  // dead; not: over its budget
    Reason parked_for = Reason::kNone;
    absl::Time revive = absl::InfiniteFuture();
    uint8_t revivals = 0;
    absl::Time robots_until = absl::InfinitePast();
    int robots_tries = 0;
    std::shared_ptr<const RobotsTxt> rules;  // null: everything is allowed
    absl::Duration crawl_delay;
  };
  struct Host {
    std::map<std::string, Url> urls;  // by path
    Memory memory;
    Memory committed;
    absl::Time ready_by = absl::InfinitePast();
    bool busy = false;
    bool robots_asked = false;
    std::deque<std::string> history;  // for messages
  };
  using HostIndex = int;

  // What may change from run to run.
  struct Rules {
    bool visit_again = false;
    uint64_t max_page_count = 0;         // of a host; 0: no limit
    uint64_t max_domain_page_count = 0;  // of a domain; 0: no limit, in all runs that store pages
    int max_depth = -1;                  // of the budget; -1: no limit
    std::function<bool(HostIndex)> in_scope;
  };

  // Every `domain_count`-th host is of one domain.
  FrontierModel(const FrontierOptions& options, int host_count, int domain_count)
      : options_(options),
        politeness_(options.politeness),
        domain_count_(domain_count),
        hosts_(host_count) {}

  // Whether the URL is new.
  bool OnInsert(HostIndex host, const LinkRecord& link, absl::Time now);
  void OnStartRobots(HostIndex asked, HostIndex robots_for, bool is_hop, absl::Time now);
  void OnStartPage(HostIndex host, const std::string& path, absl::Time now);
  // Nothing was to be had at `now`; `next` is when the frontier wants to be asked again.
  void OnNothing(absl::Time now, absl::Time next);
  void OnDefer(HostIndex asked, absl::Time until);
  void OnDeferPage(HostIndex host, const std::string& path, absl::Time now) {
    EndPage(host, &hosts_[host].urls.at(path), now);
  }
  void OnDeferRobots(HostIndex robots_for) { hosts_[robots_for].robots_asked = false; }
  void OnRelease(HostIndex host, bool of_page, const HostObservation& seen);
  void OnComplete(HostIndex host, const std::string& path, const FetchOutcome& outcome,
                  absl::Time now);
  void OnRobots(HostIndex host, const RobotsAnswer& answer, absl::Time now);
  // What is remembered of the host was committed.
  void OnCommitted(HostIndex host);
  // The frontier says that it struck the URL out because robots.txt disallows it.
  void OnExcluded(HostIndex host, const std::string& path);
  // The frontier says that the URL waits, because its host is over its budget; in lane recrawl,
  // until `due`.
  void OnPostponed(HostIndex host, const std::string& path, Lane lane, absl::Time due,
                   absl::Time now);
  // The process died and another one begins, with other rules.
  void OnRestart(const Rules& rules, absl::Time now);
  // What waits was judged by these rules. Paths that came back to lane ready, in order.
  void OnRejudge(const Rules& rules,
                 const std::vector<std::pair<HostIndex, std::string>>& came_back);
  // It died in the middle of things, and these are what the store has of them. A URL without a
  // value is not known.
  void Adopt(HostIndex host, const Memory& committed) { hosts_[host].committed = committed; }
  void Adopt(HostIndex host, const std::string& path, const std::optional<Url>& url);
  // A dead host was asked for another's sake; whether it was revived before is the frontier's to
  // say.
  void AdoptFailures(HostIndex host, bool parked, uint32_t failures, uint8_t revivals);

  bool Allows(HostIndex host, const std::string& path) const;
  // Pages of the host that take of its budget.
  uint64_t PageCount(HostIndex host) const;
  // The same of all hosts of its domain.
  uint64_t DomainPageCount(HostIndex host) const;
  bool OverBudget(HostIndex host) const;
  // Where it must not be asked.
  bool IsDead(HostIndex host, absl::Time now) const;
  const std::vector<Host>& hosts() const { return hosts_; }
  // Queued URLs; nullopt while a host is parked, whose URLs do not count.
  std::optional<int64_t> pending_count() const;

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  absl::Duration DelayOf(const Host& host) const;
  absl::Duration Backoff(uint32_t failures) const;
  absl::Duration Bounded(absl::Duration interval) const;
  uint64_t NewInFlight(HostIndex host) const;
  std::vector<HostIndex> DomainOf(HostIndex host) const;
  bool DomainWaits(HostIndex host) const;
  void EndPage(HostIndex host, Url* url, absl::Time now);
  void CheckBudget(HostIndex host, const std::string& path);
  void BringBack(const LinkRecord& link, Url* url);
  void OnStart(HostIndex host, absl::Time now);
  void Park(Host* host, Reason reason, absl::Time now);
  void Revive(Host* host, absl::Time now);
  void CheckOrder(HostIndex host, const std::string& path, const Url& url);
  void Miss(Url* url, absl::Time now) const;
  void Succeed(Url* url, absl::Time now) const;
  absl::Time WorkTime(HostIndex host) const;
  void Note(HostIndex host, const std::string& what);
  void Error(HostIndex host, const std::string& what);

  const FrontierOptions options_;
  const PolitenessOptions politeness_;
  const int domain_count_;
  Rules rules_;
  std::vector<Host> hosts_;
  uint64_t age_ = 0;
  std::vector<std::string> errors_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_SHARD_FRONTIER_MODEL_H_
