#ifndef SPINDLE_SHARD_BUDGETS_H_
#define SPINDLE_SHARD_BUDGETS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/records.h"

// How much of the crawl a host and a registrable domain may have. What is over its budget is
// parked, not dropped: nothing here is remembered but what was used, so a budget that is raised
// lets it go on. Optionally the budget of a domain grows with the number of other domains that link
// to it (IRLbot, Lee et al. 2008), which keeps a farm of one domain's hosts small however many
// pages it makes up.
//
// The functions are pure and thread-safe. All hosts of a domain are of one shard, so its state
// needs no lock. The frontier does
//
//   if (JudgeDepth(options, link.depth) != Reason::kNone) ...  // the new URL is stored as parked
//   domain.in_links.Add(linking_domain_hash);  // of a link from another domain
//
//   const BudgetUse host = {record.page_count, record.body_bytes, pages under way};
//   if (JudgeBudget(options, host, domain) != Reason::kNone) ...    // parked, its queue kept
//   if (JudgeExpected(options, host, domain) != Reason::kNone) ...  // waits for what is under way
//
// before each page, and asks again at the start of a run and when a domain gains.
//
// So a budget of pages is never exceeded: a page that is under way has its place in it. Of bytes
// nobody knows how many a page will have: it is taken to be as large as those before, and a budget
// of bytes is exceeded by what the last pages under way have more than that, and by the last one.

namespace spindle {

// Of one host, or one domain. Zero: no limit.
struct Budget {
  uint64_t max_page_count = 0;
  uint64_t max_body_bytes = 0;  // as received
};

struct BudgetOptions {
  Budget host;
  Budget domain;
  // Links from a seed. -1: no limit. What is deeper is parked where FrontierOptions::max_depth
  // would exclude it.
  int max_depth = -1;
  // Whether a domain may have only so many pages, on top of its budget: base, and so many for each
  // other domain that links to it, up to a cap.
  bool by_in_links = false;
  uint64_t in_link_base = 10;
  double in_link_factor = 10;
  uint64_t in_link_cap = 10'000;
};

// About how many distinct domains linked to one. Exact up to 16 of them, then a HyperLogLog of 64
// registers (Flajolet et al. 2007; the standard error is 13 %). At most 64 bytes and two vectors.
// Thread-compatible.
class InLinkSketch {
 public:
  static constexpr size_t kMaxExactCount = 16;
  static constexpr size_t kRegisterCount = 64;

  // `domain_hash` is DomainHash() of a domain that links here. Adding one again changes nothing.
  void Add(uint32_t domain_hash);
  uint64_t Estimate() const;

  // At most 66 bytes; none where there are no links.
  std::string Encode() const;
  // DataLoss: no version of this program wrote `bytes`.
  static absl::Status Decode(absl::string_view bytes, InLinkSketch* sketch);

 private:
  void AddToRegisters(uint32_t domain_hash);

  std::vector<uint32_t> exact_;     // in order; empty once there are registers
  std::vector<uint8_t> registers_;  // none, or kRegisterCount
};

// The number that stands for a registrable domain in sketches, never 0; `salt` is the crawl's.
uint32_t DomainHash(uint64_t salt, absl::string_view domain);

struct BudgetUse {
  uint64_t page_count = 0;
  uint64_t body_bytes = 0;
  uint32_t under_way_count = 0;  // fetches that may add a page; not stored
};

// What a page is taken to have where none is known to tell.
inline constexpr uint64_t kAssumedPageBytes = 64 << 10;

// What counts of a domain; stored in its DomainRecord.
struct DomainState {
  BudgetUse use;
  InLinkSketch in_links;
};

// Whether anything but depth is limited, and whether that of domains is, for which what they use
// must be counted.
bool HasBudgets(const BudgetOptions& options);
bool HasDomainBudgets(const BudgetOptions& options);

// The pages that a domain may have. UINT64_MAX: no limit.
uint64_t DomainPageBudget(const BudgetOptions& options, const InLinkSketch& in_links);

// Whether one more page of a host may be fetched: kNone, kHostBudget or kDomainBudget. A budget of
// bytes is over when it is reached: how large the next page is nobody knows.
Reason JudgeBudget(const BudgetOptions& options, const BudgetUse& host, const DomainState& domain);

// The same as it will be once what is under way has come, each page of the mean size of those
// before it.
Reason JudgeExpected(const BudgetOptions& options, const BudgetUse& host,
                     const DomainState& domain);

// Whether a URL is within the budget of depth: kNone or kDepthBudget.
Reason JudgeDepth(const BudgetOptions& options, int depth);

}  // namespace spindle

#endif  // SPINDLE_SHARD_BUDGETS_H_
