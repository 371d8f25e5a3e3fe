#include "shard/budgets.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "absl/numeric/bits.h"
#include "storage/coding.h"
#include "xxhash.h"

namespace spindle {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// Bits of a hash that choose its register; the rest is for the rank.
constexpr int kIndexBits = 6;
constexpr int kMaxRank = 32 - kIndexBits + 1;
static_assert(InLinkSketch::kRegisterCount == 1 << kIndexBits);

bool IsLimited(const Budget& budget) {
  return budget.max_page_count > 0 || budget.max_body_bytes > 0;
}

bool IsOver(const Budget& budget, const BudgetUse& use) {
  return (budget.max_page_count > 0 && use.page_count >= budget.max_page_count) ||
         (budget.max_body_bytes > 0 && use.body_bytes >= budget.max_body_bytes);
}

BudgetUse Expected(const BudgetUse& use) {
  const uint64_t mean = use.page_count > 0 ? use.body_bytes / use.page_count : kAssumedPageBytes;
  return {use.page_count + use.under_way_count, use.body_bytes + use.under_way_count * mean};
}

Reason Judge(const BudgetOptions& options, const BudgetUse& host, const BudgetUse& domain,
             const InLinkSketch& in_links) {
  if (IsOver(options.host, host)) return Reason::kHostBudget;
  if (IsOver(options.domain, domain) || domain.page_count >= DomainPageBudget(options, in_links)) {
    return Reason::kDomainBudget;
  }
  return Reason::kNone;
}

}  // namespace

void InLinkSketch::AddToRegisters(uint32_t domain_hash) {
  uint8_t& highest = registers_[domain_hash >> (32 - kIndexBits)];
  // Where the first one stands behind the index, from 1 on; one past the end if nowhere.
  const int rank = std::min(absl::countl_zero(domain_hash << kIndexBits) + 1, kMaxRank);
  highest = std::max(highest, static_cast<uint8_t>(rank));
}

void InLinkSketch::Add(uint32_t domain_hash) {
  if (!registers_.empty()) return AddToRegisters(domain_hash);
  const auto place = std::lower_bound(exact_.begin(), exact_.end(), domain_hash);
  if (place != exact_.end() && *place == domain_hash) return;
  if (exact_.size() < kMaxExactCount) {
    exact_.insert(place, domain_hash);
    return;
  }
  registers_.resize(kRegisterCount);
  for (const uint32_t hash : exact_) AddToRegisters(hash);
  AddToRegisters(domain_hash);
  exact_ = {};
}

uint64_t InLinkSketch::Estimate() const {
  if (registers_.empty()) return exact_.size();
  constexpr double kCount = kRegisterCount;
  constexpr double kAlpha = 0.709;  // for 64 registers
  double sum = 0;
  for (const uint8_t rank : registers_) sum += std::exp2(-rank);
  double estimate = kAlpha * kCount * kCount / sum;
  const auto zeros = std::count(registers_.begin(), registers_.end(), 0);
  if (estimate <= 2.5 * kCount && zeros > 0) estimate = kCount * std::log(kCount / zeros);
  return std::max<uint64_t>(std::llround(estimate), kMaxExactCount + 1);
}

uint32_t DomainHash(uint64_t salt, absl::string_view domain) {
  const auto hash = static_cast<uint32_t>(XXH3_64bits_withSeed(domain.data(), domain.size(), salt));
  return std::max(hash, 1u);
}

std::string InLinkSketch::Encode() const {
  constexpr char kVersion = 1;
  if (registers_.empty() && exact_.empty()) return "";
  std::string bytes(1, kVersion);
  PutVarint(&bytes, exact_.size());
  for (const uint32_t hash : exact_) {
    PutFixed16(&bytes, static_cast<uint16_t>(hash >> 16));
    PutFixed16(&bytes, static_cast<uint16_t>(hash & 0xffff));
  }
  bytes.append(registers_.begin(), registers_.end());
  return bytes;
}

absl::Status InLinkSketch::Decode(absl::string_view bytes, InLinkSketch* sketch) {
  InLinkSketch read;
  if (bytes.empty()) {
    *sketch = std::move(read);
    return absl::OkStatus();
  }
  ByteReader reader(bytes);
  if (reader.ReadByte() != 1) reader.Fail();
  read.exact_.resize(reader.ReadVarintUpTo(kMaxExactCount));
  for (uint32_t& hash : read.exact_) {
    const uint32_t high = reader.ReadFixed16();
    hash = high << 16 | reader.ReadFixed16();
  }
  // In order, each once.
  if (std::adjacent_find(read.exact_.begin(), read.exact_.end(), std::greater_equal<>()) !=
      read.exact_.end()) {
    reader.Fail();
  }
  if (read.exact_.empty()) {
    read.registers_.resize(kRegisterCount);
    for (uint8_t& rank : read.registers_) {
      rank = reader.ReadByte();
      if (rank > kMaxRank) reader.Fail();
    }
  }
  if (!reader.ok() || !reader.at_end()) {
    return absl::DataLossError("the in-linking domains of a domain cannot be read");
  }
  *sketch = std::move(read);
  return absl::OkStatus();
}

bool HasDomainBudgets(const BudgetOptions& options) {
  return options.by_in_links || IsLimited(options.domain);
}

bool HasBudgets(const BudgetOptions& options) {
  return IsLimited(options.host) || HasDomainBudgets(options);
}

uint64_t DomainPageBudget(const BudgetOptions& options, const InLinkSketch& in_links) {
  const uint64_t budget =
      options.domain.max_page_count > 0 ? options.domain.max_page_count : kNoLimit;
  if (!options.by_in_links) return budget;
  // Capped before it is a whole number: any factor will do.
  const double earned = std::min(options.in_link_factor * in_links.Estimate(),
                                 static_cast<double>(options.in_link_cap));
  return std::min({budget, options.in_link_cap,
                   options.in_link_base + static_cast<uint64_t>(std::max(earned, 0.0))});
}

Reason JudgeBudget(const BudgetOptions& options, const BudgetUse& host, const DomainState& domain) {
  return Judge(options, host, domain.use, domain.in_links);
}

Reason JudgeExpected(const BudgetOptions& options, const BudgetUse& host,
                     const DomainState& domain) {
  return Judge(options, Expected(host), Expected(domain.use), domain.in_links);
}

Reason JudgeDepth(const BudgetOptions& options, int depth) {
  const bool deeper = options.max_depth >= 0 && depth > options.max_depth;
  return deeper ? Reason::kDepthBudget : Reason::kNone;
}

}  // namespace spindle
