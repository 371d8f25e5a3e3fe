// The HTTP Content-Encoding of a body, undone: gzip, deflate, br, zstd and stacks of them.
//
// A fetched body arrives as the server sent it and is stored so; this unit turns it into the bytes
// that the charset and media-type units look at. It never fails harder than an outcome: whatever
// was decoded before a problem is kept, because a crawler has use for the first half of a page. It
// does not undo Transfer-Encoding (the HTTP client does) and does not judge what the decoded bytes
// are.
//
// All functions are pure and thread-safe. Memory: under three times DecodeLimits::max_decoded_bytes
// (a growing output, and the input of it where codings are stacked), plus the state of one decoder:
// gzip 40 KiB, br 16 MiB, zstd max_zstd_window_bytes, each at most and only where the stream asks
// for it.

#ifndef SPINDLE_PARSERS_CONTENT_CODING_H_
#define SPINDLE_PARSERS_CONTENT_CODING_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace spindle {

// How the decoding of a body ended. Every outcome comes with a body, see DecodeResult.
enum class DecodeOutcome {
  kOk,              // Everything decoded. Bytes after the end of the coded stream are ignored.
  kTruncatedInput,  // The input ends before the coded stream does.
  kCorrupt,         // The input is not in the coding it claims, or a checksum does not fit.
  kTooLarge,        // More than max_decoded_bytes, or a zstd window over max_zstd_window_bytes.
  kRatio,           // More than max_ratio times the input: a decompression bomb.
  kUnknownCoding,   // The header names a coding that is not one of those above.
  kTooManyCodings,  // The header stacks more than max_codings codings.
};

// "ok", "truncated_input", ...: for logs and records.
absl::string_view DecodeOutcomeName(DecodeOutcome outcome);

// What a stranger's body may cost. Zero has no special meaning: nothing may be decoded.
struct DecodeLimits {
  // Longest body, after each of the codings of a stack.
  size_t max_decoded_bytes = 16 << 20;
  // Decoded bytes per byte of input. Real pages stay under 100; deflate's own bound is 1,032.
  size_t max_ratio = 300;
  // The ratio is not looked at below this size: a small body of blanks is harmless.
  size_t ratio_free_bytes = 1 << 20;
  // Codings named by the header, "identity" included. Servers in earnest send one.
  size_t max_codings = 5;
  // RFC 9659 section 3: a decoder of the web may refuse a window over 8 MiB. At least 1 KiB.
  size_t max_zstd_window_bytes = 8 << 20;
};

struct DecodeResult {
  // kOk: the decoded bytes. kTruncatedInput, kCorrupt: what came out before the problem. kTooLarge,
  // kRatio: the first bytes up to the limit. kUnknownCoding: the codings applied after the unknown
  // one are undone, so what browsers show, who ignore a coding they do not know. kTooManyCodings:
  // empty.
  std::string body;
  DecodeOutcome outcome = DecodeOutcome::kOk;
};

// Decodes `bytes`, a complete or cut-off body, whose Content-Encoding field is `content_encoding`
// (several fields joined with commas; RFC 9110 sections 5.3 and 8.4): codings in the order they
// were applied, case-insensitive, empty list members skipped, an empty field meaning none. An empty
// body is OK under every known coding.
//
// gzip and x-gzip take several members and ignore trailing garbage; deflate takes both the zlib
// wrapper that RFC 9110 asks for and the raw stream that some servers send; zstd takes several and
// skippable frames.
//
// Where several codings of a stack have a problem, the outcome is that of the first one met.
DecodeResult DecodeContent(absl::string_view content_encoding, absl::string_view bytes,
                           const DecodeLimits& limits = {});

}  // namespace spindle

#endif  // SPINDLE_PARSERS_CONTENT_CODING_H_
