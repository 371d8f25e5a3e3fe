#include "parsers/arena.h"

#include <algorithm>

#include "absl/numeric/bits.h"

namespace spindle {
namespace {

constexpr size_t kHeaderBytes = 8;  // in front of each block: its size class
constexpr size_t kChunkBytes = size_t{256} << 10;
constexpr size_t kSmallLimit = 512;
constexpr size_t kSmallClasses = kSmallLimit / 16;

}  // namespace

Arena::Arena(size_t retained_bytes) : retained_bytes_(retained_bytes) {}

void Arena::Reset(size_t budget_bytes) {
  size_t kept_bytes = 0;
  size_t kept_count = 0;
  while (kept_count < chunks_.size() &&
         kept_bytes + chunks_[kept_count].size_bytes <= retained_bytes_) {
    kept_bytes += chunks_[kept_count++].size_bytes;
  }
  chunks_.resize(kept_count);
  chunk_index_ = 0;
  next_ = end_ = nullptr;
  budget_bytes_ = std::min(budget_bytes, ~size_t{0} / 4);  // sums of sizes don't overflow
  used_bytes_ = 0;
  allocation_count_ = 0;
  free_.fill(nullptr);
}

size_t Arena::SizeClass(size_t size_bytes, size_t* rounded_bytes) {
  if (size_bytes <= kSmallLimit) {
    const size_t steps = size_bytes == 0 ? 1 : (size_bytes + 15) / 16;
    *rounded_bytes = steps * 16;
    return steps - 1;
  }
  // 512 < size <= 2^20: the doubling it lies in, and which quarter of it.
  const size_t shift = absl::bit_width(size_bytes - 1) - 3;
  const size_t quarters = ((size_bytes - 1) >> shift) + 1;  // 5..8
  *rounded_bytes = quarters << shift;
  return kSmallClasses + (shift - 7) * 4 + (quarters - 5);
}

void Arena::NextChunk(size_t size_bytes) {
  while (chunk_index_ < chunks_.size()) {
    Chunk& chunk = chunks_[chunk_index_++];
    if (chunk.size_bytes >= size_bytes) {
      next_ = chunk.bytes.get();
      end_ = next_ + chunk.size_bytes;
      return;
    }
  }
  Chunk chunk;
  chunk.size_bytes = std::max(kChunkBytes, size_bytes);
  chunk.bytes.reset(new char[chunk.size_bytes]);
  next_ = chunk.bytes.get();
  end_ = next_ + chunk.size_bytes;
  chunks_.push_back(std::move(chunk));
  chunk_index_ = chunks_.size();
}

void* Arena::Allocate(size_t size_bytes) {
  ++allocation_count_;
  if (size_bytes > budget_bytes_) return nullptr;
  size_t rounded_bytes = (size_bytes + 7) & ~size_t{7};
  size_t size_class = kSizeClassCount;
  if (size_bytes <= (size_t{1} << 20)) {
    size_class = SizeClass(size_bytes, &rounded_bytes);
    if (FreeBlock* const block = free_[size_class]; block != nullptr) {
      free_[size_class] = block->next;
      return block;
    }
  }
  const size_t total_bytes = rounded_bytes + kHeaderBytes;
  if (total_bytes > budget_bytes_ - used_bytes_) return nullptr;
  if (total_bytes > static_cast<size_t>(end_ - next_)) NextChunk(total_bytes);
  used_bytes_ += total_bytes;
  char* const block = next_ + kHeaderBytes;
  *reinterpret_cast<uint64_t*>(next_) = size_class;
  next_ += total_bytes;
  return block;
}

void Arena::Free(void* block) {
  if (block == nullptr) return;
  const uint64_t size_class =
      *reinterpret_cast<uint64_t*>(static_cast<char*>(block) - kHeaderBytes);
  if (size_class == kSizeClassCount) return;
  FreeBlock* const free_block = static_cast<FreeBlock*>(block);
  free_block->next = free_[size_class];
  free_[size_class] = free_block;
}

}  // namespace spindle
