#ifndef SPINDLE_TOOLS_JSON_TEXT_H_
#define SPINDLE_TOOLS_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace spindle {

// `text`, any bytes, as a JSON string with its quotes (RFC 8259 section 7). What is not UTF-8
// becomes U+FFFD.
std::string JsonString(absl::string_view text);

// An object on one line, written field by field: {"a":1,"b":"x"}. Thread-compatible.
class JsonObject {
 public:
  // `json` is a value as it is written.
  void Add(absl::string_view name, absl::string_view json);
  std::string ToString() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_JSON_TEXT_H_
