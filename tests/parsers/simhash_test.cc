#include "parsers/simhash.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "xxhash.h"

namespace spindle {
namespace {

// Words of a made-up language, the same for the same seed.
std::vector<std::string> Words(uint32_t seed, size_t count) {
  std::mt19937 random(seed);
  std::vector<std::string> words(count);
  for (std::string& word : words) {
    for (uint32_t n = random() % 8 + 2; n > 0; --n) word.push_back('a' + random() % 26);
  }
  return words;
}

std::string Text(uint32_t seed, size_t count = 500) {
  return absl::StrJoin(Words(seed, count), " ");
}

TEST(SimHashTest, ShortTextHasNoFingerprint) {
  EXPECT_EQ(SimHash(""), 0u);
  EXPECT_EQ(SimHash("... --- !!!"), 0u);
  EXPECT_EQ(SimHash("one two three four five six seven"), 0u);
  EXPECT_NE(SimHash("one two three four five six seven eight"), 0u);
  EXPECT_EQ(SimHash("one two", {.min_word_count = 0}), 0u);
}

TEST(SimHashTest, IsTheSameOnEveryMachineAndInEveryVersion) {
  EXPECT_EQ(SimHash("The quick brown fox jumps over the lazy dog, again and again."),
            5008430499225936203ull);
}

TEST(SimHashTest, CaseSpaceAndPunctuationDoNotCount) {
  EXPECT_EQ(SimHash("the quick brown fox jumps over the lazy dog"),
            SimHash("\n The QUICK,brown\tfox: jumps\u00a0over \u201cthe lazy\u201d dog!"));
}

TEST(SimHashTest, OrderOfWordsCounts) {
  EXPECT_NE(SimHash("the quick brown fox jumps over the lazy dog"),
            SimHash("the lazy dog jumps over the quick brown fox"));
}

TEST(SimHashTest, OtherTextIsFarAway) {
  for (uint32_t seed = 1; seed < 50; ++seed) {
    EXPECT_GT(HammingDistance(SimHash(Text(0)), SimHash(Text(seed))), 12);
  }
}

TEST(SimHashTest, TextWithOneWordInAThousandChangedIsNear) {
  const uint64_t before = SimHash(Text(1, 1000));
  int near = 0;
  for (size_t at = 0; at < 1000; at += 20) {
    std::vector<std::string> words = Words(1, 1000);
    words[at] = "changed";
    if (HammingDistance(before, SimHash(absl::StrJoin(words, " "))) <= 3) ++near;
  }
  EXPECT_GE(near, 45);  // of 50
}

TEST(SimHashTest, ScriptsWithoutSpacesHaveWordsToo) {
  const uint64_t han = SimHash("天地玄黃宇宙洪荒日月盈昃辰宿列張");
  EXPECT_NE(han, 0u);
  EXPECT_EQ(han, SimHash("天地玄黃、宇宙洪荒。日月盈昃、辰宿列張。"));
  EXPECT_NE(SimHash("สวัสดีครับ"), 0u);
  EXPECT_EQ(SimHash("안녕하세요안녕하세요"), 0u);  // one word: Hangul has spaces
}

TEST(SimHashTest, LettersOfOtherScriptsMakeWords) {
  EXPECT_NE(SimHash("Съешь же ещё этих мягких французских булок да выпей"), 0u);
  EXPECT_EQ(SimHash("naïveté"), 0u);
}

TEST(SimHashTest, WorkIsBounded) {
  const std::string text = Text(1);
  EXPECT_EQ(SimHash(text + Text(2), {.max_bytes = text.size()}), SimHash(text));
}

TEST(SimHashTest, AnyBytesAreText) {
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(random() % 100, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    SimHash(bytes);
  }
  EXPECT_EQ(SimHash("\xe3"), 0u);
}

// The definition, word by word and bit by bit.
uint64_t Plainly(const std::vector<std::string>& words) {
  int balance[64] = {};
  for (size_t i = 2; i < words.size(); ++i) {
    uint64_t shingle[3];
    for (size_t k = 0; k < 3; ++k) {
      const std::string& word = words[i - 2 + k];
      shingle[k] = XXH3_64bits(word.data(), word.size());
    }
    const uint64_t hash = XXH3_64bits(shingle, sizeof(shingle));
    for (int bit = 0; bit < 64; ++bit) balance[bit] += hash >> bit & 1 ? 1 : -1;
  }
  uint64_t bits = 0;
  for (int bit = 0; bit < 64; ++bit) bits |= uint64_t{balance[bit] > 0} << bit;
  return bits;
}

TEST(SimHashTest, IsTheMajorityOfTheHashesInEachBit) {
  for (const size_t count : {8, 9, 100, 256, 257, 258, 600, 5000}) {
    const std::vector<std::string> words = Words(1, count);
    EXPECT_EQ(SimHash(absl::StrJoin(words, " ")), Plainly(words)) << count;
  }
}

}  // namespace
}  // namespace spindle
