#include "tools/json_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "parsers/utf8.h"

namespace spindle {

std::string JsonString(absl::string_view text) {
  std::string json = "\"";
  for (const char c : RepairUtf8(text)) {
    switch (c) {
      case '"':
        json += "\\\"";
        break;
      case '\\':
        json += "\\\\";
        break;
      case '\n':
        json += "\\n";
        break;
      case '\r':
        json += "\\r";
        break;
      case '\t':
        json += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          absl::StrAppendFormat(&json, "\\u%04x", static_cast<int>(c));
        } else {
          json += c;
        }
    }
  }
  return json += '"';
}

void JsonObject::Add(absl::string_view name, absl::string_view json) {
  absl::StrAppend(&text_, text_.empty() ? "{" : ",", JsonString(name), ":", json);
}

}  // namespace spindle
