#ifndef SPINDLE_STORAGE_BODY_CODEC_H_
#define SPINDLE_STORAGE_BODY_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/records.h"

// How the body of a page becomes the bytes that Commit::PutPage() takes: what a server compressed
// stays as it came, what came plain is compressed here (zstd level 1). Belongs on the thread that
// parsed the page, not on the loop. Thread-safe: the compression contexts are each thread's own.

namespace spindle {

struct EncodedBody {
  std::string bytes;
  BodyCodec codec = BodyCodec::kAsReceived;  // for PageRecord::body_codec
};

// `already_coded`: it carries a Content-Encoding, or is of a type that is compressed by nature.
// What compression does not make smaller is kept as received too.
EncodedBody EncodeBody(absl::string_view body, bool already_coded);

// The body as received. DataLoss where the bytes are no such encoding, or of more or fewer than
// `size_bytes`.
absl::StatusOr<std::string> DecodeBody(absl::string_view bytes, BodyCodec codec,
                                       uint64_t size_bytes);

// XXH3 of a decoded body, for PageRecord::digest and UrlRecord::digest; never 0.
uint64_t BodyDigest(absl::string_view decoded);

}  // namespace spindle

#endif  // SPINDLE_STORAGE_BODY_CODEC_H_
