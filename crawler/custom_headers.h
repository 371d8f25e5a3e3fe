#ifndef SPINDLE_CRAWLER_CUSTOM_HEADERS_H_
#define SPINDLE_CRAWLER_CUSTOM_HEADERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace spindle {

// A header field that the operator adds to every request: "Name: value" as it is sent. Refused,
// with the reason: what is no field (RFC 9110 5.1, 5.5), so that none can smuggle in another;
// fields of the connection, the message's framing and its target (RFC 9110 7.6.1); and what has a
// flag of its own because it must not go to every host, such as Cookie and Authorization.
absl::StatusOr<std::string> ParseCustomHeader(absl::string_view text);

// `defaults` without those that `custom` names too, then `custom`. All are "Name: value".
std::vector<std::string> MergeHeaders(absl::Span<const std::string> defaults,
                                      absl::Span<const std::string> custom);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_CUSTOM_HEADERS_H_
