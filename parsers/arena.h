// Memory for one tree at a time: a pointer that moves forward through chunks which are kept for the
// next tree. What is freed by the tree's builder is used again for blocks of the same size. It has
// a budget, which is how hostile pages are stopped.
//
// Belongs to one thread.

#ifndef SPINDLE_PARSERS_ARENA_H_
#define SPINDLE_PARSERS_ARENA_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace spindle {

class Arena {
 public:
  // Chunks of up to retained_bytes in all stay with the arena between documents.
  explicit Arena(size_t retained_bytes = size_t{8} << 20);

  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Forgets everything allocated; at most `budget_bytes` may be allocated until the next Reset.
  void Reset(size_t budget_bytes);

  // Aligned to 8 bytes, uninitialised; null where it would exceed the budget.
  void* Allocate(size_t size_bytes);
  // Gives a block of Allocate back for reuse. Null is allowed.
  void Free(void* block);

  // Bytes taken from the budget since the last Reset; reuse takes none.
  size_t used_bytes() const { return used_bytes_; }
  // Allocate calls since the last Reset.
  uint64_t allocation_count() const { return allocation_count_; }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t size_bytes = 0;
  };
  struct FreeBlock {
    FreeBlock* next;
  };

  // Multiples of 16 up to 512, then four steps to each doubling up to 1 MiB. Larger blocks are not
  // used again.
  static constexpr size_t kSizeClassCount = 32 + 44;

  static size_t SizeClass(size_t size_bytes, size_t* rounded_bytes);
  void NextChunk(size_t size_bytes);

  const size_t retained_bytes_;

  std::vector<Chunk> chunks_;
  size_t chunk_index_ = 0;  // of the chunk after the current one
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t budget_bytes_ = 0;
  size_t used_bytes_ = 0;
  uint64_t allocation_count_ = 0;
  std::array<FreeBlock*, kSizeClassCount> free_{};
};

}  // namespace spindle

#endif  // SPINDLE_PARSERS_ARENA_H_
