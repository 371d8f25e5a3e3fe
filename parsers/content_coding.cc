#include "parsers/content_coding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace spindle {
namespace {

enum class Coding { kIdentity, kGzip, kDeflate, kBrotli, kZstd };

std::optional<Coding> CodingForName(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "gzip") || absl::EqualsIgnoreCase(name, "x-gzip")) {
    return Coding::kGzip;
  }
  if (absl::EqualsIgnoreCase(name, "br")) return Coding::kBrotli;
  if (absl::EqualsIgnoreCase(name, "deflate")) return Coding::kDeflate;
  if (absl::EqualsIgnoreCase(name, "zstd")) return Coding::kZstd;
  if (absl::EqualsIgnoreCase(name, "identity")) return Coding::kIdentity;
  return std::nullopt;
}

// Where decoders write: a string that grows as output comes, up to one byte over the limit, which
// is how going over is seen. std::string zero-fills what it grows by, so the first size should be a
// good guess.
class Output {
 public:
  static constexpr size_t kLargeBytes = 1 << 20;
  static constexpr size_t kMaxReservedBytes = 64 << 20;

  Output(size_t limit, uint64_t guess_bytes)
      : max_bytes_(limit < std::numeric_limits<size_t>::max() ? limit + 1 : limit), limit_(limit) {
    // One byte more than the guess lets a right guess end without growing.
    body_.resize(std::min<uint64_t>(guess_bytes + 1, max_bytes_));
  }

  char* data() { return body_.data() + used_; }
  size_t room_bytes() const { return body_.size() - used_; }
  size_t used_bytes() const { return used_; }
  void Advance(size_t bytes) { used_ += bytes; }
  void Clear() { used_ = 0; }

  // Makes room where there is none. False: the limit is passed.
  bool EnsureRoom() {
    if (used_ < body_.size()) return true;
    if (body_.size() >= max_bytes_) return false;
    if (body_.size() >= kLargeBytes && max_bytes_ <= kMaxReservedBytes) {
      // Room that is not written to costs no memory: no copy, and never two buffers at once.
      body_.reserve(max_bytes_);
      body_.resize(std::min(body_.size() + kLargeBytes, max_bytes_));
    } else {
      body_.resize(std::min(std::max<size_t>(2 * body_.size(), 4096), max_bytes_));
    }
    return true;
  }

  bool over_limit() const { return used_ > limit_; }

  std::string Take() && {
    body_.resize(std::min(used_, limit_));
    return std::move(body_);
  }

 private:
  const size_t max_bytes_;
  const size_t limit_;
  std::string body_;
  size_t used_ = 0;
};

// Text compresses to about a quarter; a wrong guess costs a copy.
uint64_t TypicalSize(absl::string_view bytes) { return 4 * uint64_t{bytes.size()}; }

// The last member's ISIZE (RFC 1952 section 2.3.1), where it is a size that could be.
uint64_t GzipSizeGuess(absl::string_view bytes) {
  if (bytes.size() < 18) return TypicalSize(bytes);
  const char* end = bytes.data() + bytes.size();
  uint64_t size = 0;
  for (int i = 1; i <= 4; ++i) size = size << 8 | static_cast<uint8_t>(end[-i]);
  const bool plausible = size >= bytes.size() / 2 && size <= 32 * uint64_t{bytes.size()};
  return plausible ? size : TypicalSize(bytes);
}

constexpr int kGzipWindowBits = 15 + 16;
constexpr int kZlibWindowBits = 15;
constexpr int kRawWindowBits = -15;

bool StartsGzipMember(absl::string_view bytes) { return absl::StartsWith(bytes, "\x1f\x8b"); }

// zlib's counters are 32 bits wide; longer buffers are handed over in parts.
uInt ClampToUInt(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

DecodeOutcome Inflate(absl::string_view bytes, int window_bits, Output& output) {
  z_stream stream = {};
  if (inflateInit2(&stream, window_bits) != Z_OK) return DecodeOutcome::kCorrupt;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
  while (true) {
    if (!output.EnsureRoom()) return DecodeOutcome::kTooLarge;
    const uInt in_bytes = ClampToUInt(bytes.size());
    const uInt room_bytes = ClampToUInt(output.room_bytes());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = in_bytes;
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = room_bytes;
    // Z_FINISH saves the copy into zlib's window where everything fits at once; it may be repeated.
    const int status = inflate(&stream, Z_FINISH);
    bytes.remove_prefix(in_bytes - stream.avail_in);
    output.Advance(room_bytes - stream.avail_out);
    if (status == Z_STREAM_END) {
      if (window_bits != kGzipWindowBits || !StartsGzipMember(bytes)) return DecodeOutcome::kOk;
      inflateReset(&stream);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return DecodeOutcome::kCorrupt;
    } else if (bytes.empty() && stream.avail_out > 0) {
      return DecodeOutcome::kTruncatedInput;
    }
  }
}

// RFC 1950 section 2.2: method 8, a window of at most 32 KiB, and a check value.
bool LooksLikeZlib(absl::string_view bytes) {
  if (bytes.size() < 2) return false;
  const unsigned cmf = static_cast<uint8_t>(bytes[0]);
  const unsigned flags = static_cast<uint8_t>(bytes[1]);
  return (cmf & 0x0f) == 8 && cmf >> 4 <= 7 && (cmf << 8 | flags) % 31 == 0;
}

DecodeOutcome DecodeDeflate(absl::string_view bytes, Output& output) {
  if (LooksLikeZlib(bytes)) {
    const DecodeOutcome outcome = Inflate(bytes, kZlibWindowBits, output);
    // A raw stream can begin like a zlib header, one in about a thousand, but hardly makes sense as
    // one.
    if (outcome != DecodeOutcome::kCorrupt || output.used_bytes() > 0) return outcome;
  }
  output.Clear();
  return Inflate(bytes, kRawWindowBits, output);
}

// The decoders of br and zstd hold back what they have when they meet bad data, unless they ran out
// of input (br) or room (zstd) just before. So they first get all there is at once, and where that
// ends badly, a second time little by little.
constexpr size_t kAllAtOnce = std::numeric_limits<size_t>::max();
constexpr size_t kLittleByLittle = 64;

DecodeOutcome DecodeBrotliInSteps(absl::string_view bytes, size_t step_bytes, Output& output) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (state == nullptr) return DecodeOutcome::kCorrupt;
  while (true) {
    if (!output.EnsureRoom()) return DecodeOutcome::kTooLarge;
    const size_t given_bytes = std::min(bytes.size(), step_bytes);
    size_t in_bytes = given_bytes;
    const uint8_t* in = reinterpret_cast<const uint8_t*>(bytes.data());
    size_t room_bytes = output.room_bytes();
    uint8_t* out = reinterpret_cast<uint8_t*>(output.data());
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state.get(), &in_bytes, &in, &room_bytes, &out, nullptr);
    output.Advance(output.room_bytes() - room_bytes);
    bytes.remove_prefix(given_bytes - in_bytes);
    switch (result) {
      case BROTLI_DECODER_RESULT_SUCCESS:
        return DecodeOutcome::kOk;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        if (bytes.empty()) return DecodeOutcome::kTruncatedInput;
        break;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        break;
      case BROTLI_DECODER_RESULT_ERROR:
        return DecodeOutcome::kCorrupt;
    }
  }
}

DecodeOutcome DecodeBrotli(absl::string_view bytes, Output& output) {
  const DecodeOutcome outcome = DecodeBrotliInSteps(bytes, kAllAtOnce, output);
  if (outcome != DecodeOutcome::kCorrupt) return outcome;
  output.Clear();
  return DecodeBrotliInSteps(bytes, kLittleByLittle, output);
}

uint64_t ZstdSizeGuess(absl::string_view bytes) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  // The two error values are the largest there are.
  const bool plausible = size <= 32 * uint64_t{bytes.size()};
  return plausible ? size : TypicalSize(bytes);
}

// RFC 8878 sections 3.1.1 and 3.1.2: the magic numbers of a frame and of a skippable one,
// little-endian.
bool StartsZstdFrame(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\x28\xb5\x2f\xfd")) return true;
  return bytes.size() >= 4 && (static_cast<uint8_t>(bytes[0]) & 0xf0) == 0x50 &&
         bytes.substr(1, 3) == "\x2a\x4d\x18";
}

DecodeOutcome DecodeZstdInSteps(absl::string_view bytes, size_t step_bytes, size_t max_window_bytes,
                                Output& output) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  if (context == nullptr) return DecodeOutcome::kCorrupt;
  int window_log = 10;
  while (window_log < 31 && size_t{2} << window_log <= max_window_bytes) ++window_log;
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, window_log);
  ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
  while (true) {
    if (!output.EnsureRoom()) return DecodeOutcome::kTooLarge;
    ZSTD_outBuffer out = {output.data(), std::min(output.room_bytes(), step_bytes), 0};
    const size_t result = ZSTD_decompressStream(context.get(), &out, &in);
    output.Advance(out.pos);
    if (ZSTD_isError(result)) {
      return ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
                 ? DecodeOutcome::kTooLarge
                 : DecodeOutcome::kCorrupt;
    }
    if (result == 0) {
      if (!StartsZstdFrame(bytes.substr(in.pos))) return DecodeOutcome::kOk;
    } else if (in.pos == in.size && out.pos < out.size) {
      return DecodeOutcome::kTruncatedInput;
    }
  }
}

DecodeOutcome DecodeZstd(absl::string_view bytes, size_t max_window_bytes, Output& output) {
  if (bytes.size() >= 4 && !StartsZstdFrame(bytes)) return DecodeOutcome::kCorrupt;
  const DecodeOutcome outcome = DecodeZstdInSteps(bytes, kAllAtOnce, max_window_bytes, output);
  if (outcome != DecodeOutcome::kCorrupt) return outcome;
  output.Clear();
  return DecodeZstdInSteps(bytes, kLittleByLittle, max_window_bytes, output);
}

DecodeOutcome DecodeOne(Coding coding, absl::string_view bytes, size_t limit,
                        const DecodeLimits& limits, std::string& body) {
  const auto run = [&](uint64_t guess_bytes, auto decode) {
    Output output(limit, guess_bytes);
    DecodeOutcome outcome = decode(output);
    if (output.over_limit()) outcome = DecodeOutcome::kTooLarge;
    body = std::move(output).Take();
    return outcome;
  };
  switch (coding) {
    case Coding::kGzip:
      return run(GzipSizeGuess(bytes),
                 [&](Output& output) { return Inflate(bytes, kGzipWindowBits, output); });
    case Coding::kDeflate:
      return run(TypicalSize(bytes), [&](Output& output) { return DecodeDeflate(bytes, output); });
    case Coding::kBrotli:
      return run(TypicalSize(bytes), [&](Output& output) { return DecodeBrotli(bytes, output); });
    case Coding::kZstd:
      return run(ZstdSizeGuess(bytes), [&](Output& output) {
        return DecodeZstd(bytes, limits.max_zstd_window_bytes, output);
      });
    case Coding::kIdentity:
      break;
  }
  return DecodeOutcome::kOk;
}

// How long a body decoded from `encoded_bytes` may get before it counts as a bomb.
uint64_t RatioLimit(size_t encoded_bytes, const DecodeLimits& limits) {
  uint64_t product = 0;
  if (__builtin_mul_overflow(uint64_t{encoded_bytes}, uint64_t{limits.max_ratio}, &product)) {
    product = std::numeric_limits<uint64_t>::max();
  }
  return std::max<uint64_t>(product, limits.ratio_free_bytes);
}

}  // namespace

absl::string_view DecodeOutcomeName(DecodeOutcome outcome) {
  switch (outcome) {
    case DecodeOutcome::kOk:
      return "ok";
    case DecodeOutcome::kTruncatedInput:
      return "truncated_input";
    case DecodeOutcome::kCorrupt:
      return "corrupt";
    case DecodeOutcome::kTooLarge:
      return "too_large";
    case DecodeOutcome::kRatio:
      return "ratio";
    case DecodeOutcome::kUnknownCoding:
      return "unknown_coding";
    case DecodeOutcome::kTooManyCodings:
      return "too_many_codings";
  }
  return "unknown";
}

DecodeResult DecodeContent(absl::string_view content_encoding, absl::string_view bytes,
                           const DecodeLimits& limits) {
  DecodeResult result;
  const auto note = [&result](DecodeOutcome outcome) {
    if (result.outcome == DecodeOutcome::kOk) result.outcome = outcome;
  };
  std::vector<std::optional<Coding>> codings;
  for (absl::string_view name : absl::StrSplit(content_encoding, ',')) {
    name = absl::StripAsciiWhitespace(name);
    if (name.empty()) continue;
    if (codings.size() == limits.max_codings) {
      result.outcome = DecodeOutcome::kTooManyCodings;
      return result;
    }
    codings.push_back(CodingForName(name));
  }

  const uint64_t ratio_limit = RatioLimit(bytes.size(), limits);
  const size_t limit = std::min<uint64_t>(limits.max_decoded_bytes, ratio_limit);
  const DecodeOutcome over_limit =
      ratio_limit < limits.max_decoded_bytes ? DecodeOutcome::kRatio : DecodeOutcome::kTooLarge;

  absl::string_view current = bytes;
  std::string encoded;  // What `current` views after the first coding.
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    if (!*coding) {
      note(DecodeOutcome::kUnknownCoding);
      break;
    }
    if (*coding == Coding::kIdentity || current.empty()) continue;
    std::string decoded;
    const DecodeOutcome outcome = DecodeOne(**coding, current, limit, limits, decoded);
    note(outcome == DecodeOutcome::kTooLarge && decoded.size() == limit ? over_limit : outcome);
    encoded = std::move(decoded);
    current = encoded;
  }

  if (current.size() > limits.max_decoded_bytes) {
    note(DecodeOutcome::kTooLarge);
    current = current.substr(0, limits.max_decoded_bytes);
  }
  if (current.data() == encoded.data()) {
    encoded.resize(current.size());
    result.body = std::move(encoded);
  } else {
    result.body.assign(current.data(), current.size());
  }
  return result;
}

}  // namespace spindle
