// A fingerprint of a page's text under which pages that say nearly the same differ in few bits
// (Charikar 2002; Manku, Jain and Das Sarma 2007 for crawlers, who take 3 bits of 64 as "nearly").
//
// Words are runs of letters and digits, ASCII ones in lower case; a character of a script written
// without spaces (Han, kana, Thai, Lao, Burmese, Khmer) is a word of its own. Each three words in a
// row are hashed with XXH3, and each bit of the fingerprint is what most of these hashes have
// there. The numbers are stored: another rule needs another field.
//
// Pure functions; thread-safe.
//
//   HammingDistance(SimHash(a.text), SimHash(b.text)) <= 3  // nearly the same page

#ifndef SPINDLE_PARSERS_SIMHASH_H_
#define SPINDLE_PARSERS_SIMHASH_H_

#include <cstddef>
#include <cstdint>

#include "absl/numeric/bits.h"
#include "absl/strings/string_view.h"

namespace spindle {

struct SimHashOptions {
  // The text is read up to here.
  size_t max_bytes = size_t{256} << 10;
  // Fewer words say too little to be compared: no fingerprint.
  size_t min_word_count = 8;
};

// Of any bytes, meant as UTF-8. 0: none, the text is too short. Works in constant memory.
uint64_t SimHash(absl::string_view text, const SimHashOptions& options = {});

// In how many bits two fingerprints differ.
inline int HammingDistance(uint64_t a, uint64_t b) { return absl::popcount(a ^ b); }

}  // namespace spindle

#endif  // SPINDLE_PARSERS_SIMHASH_H_
