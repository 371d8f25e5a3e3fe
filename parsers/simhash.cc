#include "parsers/simhash.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "xxhash.h"

namespace spindle {
namespace {

// What a byte of ASCII is as part of a word; 0: it parts words.
constexpr std::array<char, 128> MakeWordTable() {
  std::array<char, 128> table{};
  for (uint8_t c = '0'; c <= '9'; ++c) table[c] = static_cast<char>(c);
  for (uint8_t c = 'a'; c <= 'z'; ++c) {
    constexpr uint8_t kToUpper = 'a' - 'A';
    table[c] = table[c - kToUpper] = static_cast<char>(c);
  }
  return table;
}
constexpr std::array<char, 128> kWordTable = MakeWordTable();

enum class CharacterClass { kSeparator, kLetter, kWordOfItsOwn };

// By its first two bytes; `lead` is not ASCII. Whole blocks of Unicode, as precise as a fingerprint
// needs.
CharacterClass ClassOf(uint8_t lead, uint8_t second) {
  switch (lead) {
    case 0xc2:  // U+0080..U+00BF: signs, but for ordinals and micro
      return second == 0xaa || second == 0xb5 || second == 0xba ? CharacterClass::kLetter
                                                                : CharacterClass::kSeparator;
    case 0xe0:  // U+0E00..U+0EFF: Thai, Lao
      return second >= 0xb8 && second <= 0xbb ? CharacterClass::kWordOfItsOwn
                                              : CharacterClass::kLetter;
    case 0xe1:  // U+1000..U+109F Burmese, U+1780..U+17FF Khmer
      return (second >= 0x80 && second <= 0x82) || second == 0x9e || second == 0x9f
                 ? CharacterClass::kWordOfItsOwn
                 : CharacterClass::kLetter;
    case 0xe2:  // U+2000..U+2BFF: punctuation, arrows, symbols
      return second <= 0xaf ? CharacterClass::kSeparator : CharacterClass::kLetter;
    case 0xe3:  // U+3000..U+303F: CJK punctuation; then kana and Han
      return second == 0x80 ? CharacterClass::kSeparator : CharacterClass::kWordOfItsOwn;
    case 0xef:  // U+F900..U+FAFF: Han; U+FF00..U+FF3F and the specials: mostly punctuation
      if (second >= 0xa4 && second <= 0xab) return CharacterClass::kWordOfItsOwn;
      return second == 0xbc || second == 0xbf ? CharacterClass::kSeparator
                                              : CharacterClass::kLetter;
    case 0xf0:  // U+1F000..: pictures; U+20000..: Han
      if (second == 0x9f) return CharacterClass::kSeparator;
      return second >= 0xa0 ? CharacterClass::kWordOfItsOwn : CharacterClass::kLetter;
    default:  // U+4000..U+9FFF: Han
      return lead >= 0xe4 && lead <= 0xe9 ? CharacterClass::kWordOfItsOwn : CharacterClass::kLetter;
  }
}

size_t SequenceLength(uint8_t lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

// Counts, for each of 64 places, the hashes that have a bit there. Counters stand upright: bit i of
// planes_[k] is bit k of the counter of place i, so that one addition serves all 64.
class BitCounters {
 public:
  void Add(uint64_t hash) {
    uint64_t carry = hash;
    for (size_t k = 0; carry != 0; ++k) {
      const uint64_t next = planes_[k] & carry;
      planes_[k] ^= carry;
      carry = next;
    }
    ++total_;
    if (++pending_ == kMaxPending) Flush();
  }

  uint64_t Majority() {
    Flush();
    uint64_t bits = 0;
    for (size_t i = 0; i < 64; ++i) {
      if (2 * counts_[i] > total_) bits |= uint64_t{1} << i;
    }
    return bits;
  }

 private:
  static constexpr int kPlaneCount = 8;
  static constexpr int kMaxPending = (1 << kPlaneCount) - 1;

  void Flush() {
    for (size_t k = 0; k < kPlaneCount; ++k) {
      for (size_t i = 0; i < 64; ++i) counts_[i] += (planes_[k] >> i & 1) << k;
    }
    planes_ = {};
    pending_ = 0;
  }

  std::array<uint64_t, kPlaneCount> planes_ = {};
  std::array<uint64_t, 64> counts_ = {};
  int pending_ = 0;
  uint64_t total_ = 0;
};

class Hasher {
 public:
  void AddWord(const char* word, size_t size) {
    last_ = {last_[1], last_[2], XXH3_64bits(word, size)};
    if (++word_count_ >= last_.size()) counters_.Add(XXH3_64bits(last_.data(), sizeof(last_)));
  }

  size_t word_count() const { return word_count_; }
  uint64_t Finish() { return counters_.Majority(); }

 private:
  std::array<uint64_t, 3> last_ = {};
  size_t word_count_ = 0;
  BitCounters counters_;
};

// The word in the making. Longer words count as their beginning.
class Word {
 public:
  explicit Word(Hasher* hasher) : hasher_(hasher) {}

  void Append(char c) {
    if (size_ < sizeof(bytes_)) bytes_[size_++] = c;
  }
  void End() {
    if (size_ > 0) hasher_->AddWord(bytes_, size_);
    size_ = 0;
  }

 private:
  Hasher* const hasher_;
  size_t size_ = 0;
  char bytes_[64];
};

}  // namespace

uint64_t SimHash(absl::string_view text, const SimHashOptions& options) {
  text = text.substr(0, options.max_bytes);
  Hasher hasher;
  Word word(&hasher);
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    if (lead < 0x80) {
      const char c = kWordTable[lead];
      if (c != 0) {
        word.Append(c);
      } else {
        word.End();
      }
      ++i;
      continue;
    }
    const size_t length = std::min(SequenceLength(lead), text.size() - i);
    const auto second = static_cast<uint8_t>(length > 1 ? text[i + 1] : 0);
    const CharacterClass kind = ClassOf(lead, second);
    if (kind != CharacterClass::kLetter) word.End();
    if (kind != CharacterClass::kSeparator) {
      for (size_t k = 0; k < length; ++k) word.Append(text[i + k]);
    }
    if (kind == CharacterClass::kWordOfItsOwn) word.End();
    i += length;
  }
  word.End();
  if (hasher.word_count() < std::max<size_t>(options.min_word_count, 3)) return 0;
  // 0 means that there is none.
  return std::max<uint64_t>(hasher.Finish(), 1);
}

}  // namespace spindle
