#ifndef SPINDLE_CRAWLER_ANSWER_HEAD_H_
#define SPINDLE_CRAWLER_ANSWER_HEAD_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spindle {

struct AnswerHeadLimits {
  size_t max_bytes = 0;  // of all lines, trailers included
  size_t max_lines = 0;
};

// The header of an answer as it comes in, line by line: interim answers make way for the final one
// (RFC 9110 15.2), trailers are bounded and not kept. It finds the end and counts what the framing
// of the body depends on. Thread-compatible.
class AnswerHead {
 public:
  enum class Step {
    kMore,
    kEnd,      // this was the empty line of the final answer
    kTrailer,  // the end was before
    kTooLarge,
  };

  Step Add(absl::string_view line, const AnswerHeadLimits& limits);

  // What came is not the answer after all: another one begins, or none is left.
  void Reopen() { complete_ = false; }

  bool complete() const { return complete_; }
  // The body comes in pieces that have a framing of their own.
  bool chunked() const { return has_transfer_coding_; }
  // As received: status line, fields, empty line.
  const std::string& text() const { return text_; }
  std::string TakeText() { return std::move(text_); }

  // Why nobody can say where the body ends (RFC 9112 6.1, 6.3); null: they can. libcurl takes the
  // last of two lengths, and undoes transfer codings that it did not ask for.
  const char* FramingError() const;

 private:
  std::string text_;
  size_t byte_count_ = 0;
  size_t line_count_ = 0;
  int length_count_ = 0;  // fields Content-Length
  bool has_transfer_coding_ = false;
  bool ended_ = false;  // text_ has its empty line (RFC 9112 2.2: a bare LF ends a line, too)
  bool complete_ = false;
};

// "HTTP/1.1 200 OK": 200; 0 for what is none.
int StatusOf(absl::string_view head);

// Whether one of `patterns`, "text/html", "text/*" or "*/*", means a media type.
bool MatchesAny(absl::Span<const std::string> patterns, absl::string_view essence);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_ANSWER_HEAD_H_
