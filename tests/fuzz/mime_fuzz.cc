// The first line is a header's value, read as Content-Type and as Content-Length; the rest is the
// start of a body.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "parsers/mime.h"

namespace {

using spindle::ContentLength;
using spindle::MediaType;

void Demand(bool condition) {
  if (!condition) std::abort();
}

// MIME Sniffing section 4.5: what is written parses to the same.
void DemandParsesToItself(const MediaType& media_type) {
  const std::optional<MediaType> again = MediaType::Parse(media_type.ToString());
  Demand(again.has_value() && *again == media_type);
  Demand(media_type.parameters().size() <= MediaType::kMaxParameters);
  Demand(std::string(media_type.type()) + "/" + std::string(media_type.subtype()) ==
         media_type.essence());
  for (const char c : media_type.essence()) Demand(!absl::ascii_isupper(c));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line_end = input.find('\n');
  const absl::string_view header = input.substr(0, line_end);
  const absl::string_view body =
      line_end == absl::string_view::npos ? "" : input.substr(line_end + 1);
  if (const auto media_type = MediaType::Parse(header)) DemandParsesToItself(*media_type);
  const std::optional<MediaType> extracted = spindle::ExtractMediaType(header);
  if (extracted) {
    DemandParsesToItself(*extracted);
    const std::string minimized = spindle::MinimizedMediaType(*extracted);
    Demand(minimized.empty() || MediaType::Parse(minimized).has_value());
  }
  const ContentLength length = spindle::ParseContentLength(header);
  Demand(length.bytes == 0 || length.outcome == ContentLength::Outcome::kKnown);

  const MediaType* const declared = extracted ? &*extracted : nullptr;
  for (const bool nosniff : {false, true}) {
    const spindle::SniffedContent content = spindle::SniffContent(declared, body, nosniff);
    DemandParsesToItself(content.media_type);
    Demand(content.kind == KindOf(content.media_type) ||
           content.kind == spindle::ContentKind::kFeed);
    const spindle::SniffedContent start =
        spindle::SniffContent(declared, body.substr(0, spindle::kSniffBytes), nosniff);
    Demand(start.kind == content.kind && start.media_type == content.media_type);
  }
  return 0;
}
