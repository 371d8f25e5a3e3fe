// A view of the header fields of an HTTP response as they came over the wire: "Name: value" lines,
// a status line perhaps first. Stored pages keep these bytes; every reader of a header goes through
// this class. It finds fields and does not interpret them (see parsers/response_headers.h).
//
// Any bytes are accepted: lines end in CRLF or LF, blanks around names and values are dropped,
// lines without a name and a colon are passed over, and a line that starts with a blank continues
// the value before it (obs-fold, RFC 9112 section 5.2), line break included.
//
// Immutable. Keeps a view of the bytes, which must outlive this; so do the views it returns.
//
//   HeaderBlock headers("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
//   headers.Get("content-type");  // "text/html"

#ifndef SPINDLE_PARSERS_HEADER_BLOCK_H_
#define SPINDLE_PARSERS_HEADER_BLOCK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace spindle {

class HeaderBlock {
 public:
  explicit HeaderBlock(absl::string_view bytes) : bytes_(bytes) {}

  // The value of the first field called `name`, in any case.
  std::optional<absl::string_view> Get(absl::string_view name) const;

  // The values of all fields called `name`, in their order.
  std::vector<absl::string_view> GetAll(absl::string_view name) const;

  // Those values joined by ", ", which for fields that are lists is the same (RFC 9110,
  // section 5.3); empty if there is none.
  std::string GetCombined(absl::string_view name) const;

  // Calls `visit` with the name, as written, and the value of every field in order, until it
  // returns false.
  void ForEach(absl::FunctionRef<bool(absl::string_view, absl::string_view)> visit) const;

 private:
  absl::string_view bytes_;
};

}  // namespace spindle

#endif  // SPINDLE_PARSERS_HEADER_BLOCK_H_
