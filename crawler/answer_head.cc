#include "crawler/answer_head.h"

#include "absl/strings/match.h"
#include "parsers/header_block.h"
#include "parsers/mime.h"

namespace spindle {
namespace {

constexpr size_t kUsualBytes = 700;

bool Matches(absl::string_view pattern, absl::string_view essence) {
  if (pattern == "*/*") return true;
  if (absl::EndsWith(pattern, "/*")) {
    return absl::StartsWith(essence, pattern.substr(0, pattern.size() - 1));
  }
  return pattern == essence;
}

}  // namespace

AnswerHead::Step AnswerHead::Add(absl::string_view line, const AnswerHeadLimits& limits) {
  byte_count_ += line.size();
  ++line_count_;
  if (byte_count_ > limits.max_bytes || line_count_ > limits.max_lines) return Step::kTooLarge;
  if (complete_) return Step::kTrailer;
  if (line.empty()) return Step::kMore;
  if (ended_ && absl::StartsWith(line, "HTTP/")) text_.clear();
  if (text_.empty()) {
    text_.reserve(kUsualBytes);
    length_count_ = 0;
    has_transfer_coding_ = false;
  }
  text_.append(line.data(), line.size());
  if (line[0] == 'C' || line[0] == 'c') {
    if (absl::StartsWithIgnoreCase(line, "content-length:")) ++length_count_;
  } else if (line[0] == 'T' || line[0] == 't') {
    if (absl::StartsWithIgnoreCase(line, "transfer-encoding:")) has_transfer_coding_ = true;
  }
  ended_ = line == "\r\n" || line == "\n";
  complete_ = ended_ && StatusOf(text_) >= 200;
  return complete_ ? Step::kEnd : Step::kMore;
}

const char* AnswerHead::FramingError() const {
  if (length_count_ <= 1 && !has_transfer_coding_) return nullptr;
  const HeaderBlock headers(text_);
  const std::string coding = headers.GetCombined("transfer-encoding");
  if (!coding.empty()) {
    return absl::EqualsIgnoreCase(coding, "chunked") || absl::EqualsIgnoreCase(coding, "identity")
               ? nullptr
               : "the answer has a transfer coding that was not asked for";
  }
  const ContentLength length = ParseContentLength(headers.GetCombined("content-length"));
  return length.outcome == ContentLength::Outcome::kConflicting
             ? "the answer has two different lengths"
             : nullptr;
}

int StatusOf(absl::string_view head) {
  const size_t space = head.find(' ');
  if (space == head.npos) return 0;
  int status = 0;
  for (const char c : head.substr(space + 1, 3)) {
    if (c < '0' || c > '9') return 0;
    status = 10 * status + (c - '0');
  }
  return status;
}

bool MatchesAny(absl::Span<const std::string> patterns, absl::string_view essence) {
  for (const std::string& pattern : patterns) {
    if (Matches(pattern, essence)) return true;
  }
  return false;
}

}  // namespace spindle
