#ifndef SPINDLE_TESTS_SHARD_FRONTIER_MODEL_H_
#define SPINDLE_TESTS_SHARD_FRONTIER_MODEL_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "parsers/robots.h"
#include "shard/politeness.h"
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
    uint8_t priority = 0;
    uint64_t age = 0;  // lower is older
    uint8_t failures = 0;
    bool in_flight = false;
  };
  // What the crawler knows of a host.
  struct Memory {
    absl::Time not_before = absl::InfinitePast();
    absl::Duration latency;
    uint32_t failures = 0;
    bool parked = false;
    absl::Time robots_until = absl::InfinitePast();
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
    int robots_tries = 0;
    std::deque<std::string> history;  // for messages
  };
  using HostIndex = int;

  FrontierModel(const PolitenessOptions& options, int max_depth, int host_count)
      : options_(options), max_depth_(max_depth), hosts_(host_count) {}

  // Whether the URL is new.
  bool OnInsert(HostIndex host, const std::string& path, uint8_t priority, int depth);
  void OnStartRobots(HostIndex asked, HostIndex robots_for, bool is_hop, absl::Time now);
  void OnStartPage(HostIndex host, const std::string& path, absl::Time now);
  // Nothing was to be had at `now`; `next` is when the frontier wants to be asked again.
  void OnNothing(absl::Time now, absl::Time next);
  void OnRelease(HostIndex host, const HostObservation& seen);
  void OnComplete(HostIndex host, const std::string& path, Verdict verdict);
  void OnRobots(HostIndex host, int status, bool unreachable, const std::string& body,
                absl::Time now);
  // What is remembered of the host was committed.
  void OnCommitted(HostIndex host);
  // The frontier says that it struck the URL out because robots.txt disallows it.
  void OnExcluded(HostIndex host, const std::string& path);
  // The process died and another one begins.
  void OnRestart(absl::Time now);
  // It died in the middle of things, and these are what the store has of them. A URL without a
  // value is not known.
  void Adopt(HostIndex host, const Memory& committed) { hosts_[host].committed = committed; }
  void Adopt(HostIndex host, const std::string& path, const std::optional<Url>& url);

  bool Allows(HostIndex host, const std::string& path) const;
  const std::vector<Host>& hosts() const { return hosts_; }
  // Queued URLs; nullopt while a host is parked, whose URLs do not count.
  std::optional<int64_t> pending_count() const;

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  absl::Duration DelayOf(const Host& host) const;
  absl::Duration Backoff(uint32_t failures) const;
  void OnStart(HostIndex host, absl::Time now);
  bool HasWork(const Host& host, HostIndex index) const;
  void Note(HostIndex host, const std::string& what);
  void Error(HostIndex host, const std::string& what);

  const PolitenessOptions options_;
  const int max_depth_;
  std::vector<Host> hosts_;
  uint64_t age_ = 0;
  std::vector<std::string> errors_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_SHARD_FRONTIER_MODEL_H_
