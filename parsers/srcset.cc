#include "parsers/srcset.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace spindle {
namespace {

// ASCII whitespace of the Infra standard: without the vertical tab.
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// HTML section 2.3.4.2, valid non-negative integer; values past int are held at its end.
bool ParseInteger(absl::string_view text, int* value) {
  if (text.empty()) return false;
  int64_t sum = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return false;
    sum = std::min<int64_t>(sum * 10 + (c - '0'), std::numeric_limits<int>::max());
  }
  *value = static_cast<int>(sum);
  return true;
}

// HTML section 2.3.4.3, valid floating-point number: no plus sign, no lone dot at the end, no name.
bool ParseFloat(absl::string_view text, double* value) {
  size_t at = 0;
  if (at < text.size() && text[at] == '-') ++at;
  const size_t whole = at;
  while (at < text.size() && IsDigit(text[at])) ++at;
  const bool has_whole = at > whole;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = ++at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == fraction) return false;
  } else if (!has_whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const size_t exponent = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == exponent) return false;
  }
  return at == text.size() && absl::SimpleAtod(text, value) && std::isfinite(*value);
}

// What the descriptors of one candidate have said so far (steps 9 to 15 of the standard).
class Descriptors {
 public:
  void Add(absl::string_view descriptor) {
    const absl::string_view number = descriptor.substr(0, descriptor.size() - 1);
    int integer = 0;
    double real = 0;
    switch (descriptor.back()) {
      case 'w':
        if (!ParseInteger(number, &integer) || integer == 0 || width_ || density_) break;
        width_ = integer;
        return;
      case 'x':
        if (!ParseFloat(number, &real) || real < 0 || width_ || density_ || height_) break;
        density_ = real;
        return;
      case 'h':
        if (!ParseInteger(number, &integer) || integer == 0 || height_ || density_) break;
        height_ = integer;
        return;
      default:
        break;
    }
    valid_ = false;
  }

  // A height is only allowed next to a width (step 16).
  bool Finish(ImageCandidate* candidate) const {
    candidate->width = width_.value_or(0);
    candidate->density = width_ ? 0 : density_.value_or(1);
    return valid_ && (!height_ || width_);
  }

 private:
  std::optional<int> width_;
  std::optional<int> height_;
  std::optional<double> density_;
  bool valid_ = true;
};

// Reads descriptors up to the comma that ends the candidate, parentheses shielding commas and
// spaces.
void ReadDescriptors(absl::string_view* rest, Descriptors* descriptors) {
  size_t at = 0;
  size_t start = 0;
  int in_parens = 0;
  const auto end_descriptor = [&] {
    if (at > start) descriptors->Add(rest->substr(start, at - start));
  };
  for (; at < rest->size(); ++at) {
    const char c = (*rest)[at];
    if (in_parens) {
      if (c == ')') in_parens = 0;
    } else if (c == '(') {
      in_parens = 1;
    } else if (c == ',') {
      break;
    } else if (IsSpace(c)) {
      end_descriptor();
      start = at + 1;
    }
  }
  end_descriptor();
  rest->remove_prefix(at < rest->size() ? at + 1 : at);
}

}  // namespace

namespace srcset_internal {

bool NextCandidate(absl::string_view* rest, ImageCandidate* candidate, bool* valid) {
  while (!rest->empty() && (IsSpace(rest->front()) || rest->front() == ',')) rest->remove_prefix(1);
  if (rest->empty()) return false;
  size_t length = 0;
  while (length < rest->size() && !IsSpace((*rest)[length])) ++length;
  candidate->url = rest->substr(0, length);
  rest->remove_prefix(length);
  Descriptors descriptors;
  if (candidate->url.back() == ',') {
    while (candidate->url.back() == ',') candidate->url.remove_suffix(1);
  } else {
    ReadDescriptors(rest, &descriptors);
  }
  *valid = descriptors.Finish(candidate);
  return true;
}

}  // namespace srcset_internal

std::vector<ImageCandidate> ParseSrcset(absl::string_view srcset, size_t max_count) {
  std::vector<ImageCandidate> candidates;
  ImageCandidate candidate;
  bool valid = false;
  while (candidates.size() < max_count &&
         srcset_internal::NextCandidate(&srcset, &candidate, &valid)) {
    if (valid) candidates.push_back(candidate);
  }
  return candidates;
}

}  // namespace spindle
