// The first byte chooses rules, the rest is a URL. With the default rules the key of a key is the
// key.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "parsers/dedup_key.h"
#include "parsers/url.h"

namespace {

using spindle::DedupKey;
using spindle::DedupRules;
using spindle::Url;

void Demand(bool condition) {
  if (!condition) std::abort();
}

DedupRules RulesFrom(uint8_t bits) {
  DedupRules rules;
  rules.drop_fragment = (bits & 1) == 0;
  rules.normalize_escapes = (bits & 2) == 0;
  rules.merge_slashes = (bits & 4) == 0;
  rules.drop_empty_parts = (bits & 8) == 0;
  rules.sort_parameters = (bits & 16) == 0;
  rules.drop_default_page = (bits & 32) != 0;
  rules.drop_trailing_slash = (bits & 64) != 0;
  rules.merge_http_and_https = rules.drop_www = (bits & 128) != 0;
  if ((bits & 128) != 0) rules.drop_parameters = {"ref", "q"};
  return rules;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::optional<Url> url =
      Url::Parse(absl::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  if (!url.has_value()) return 0;
  const std::string any_key = DedupKey(*url, RulesFrom(data[0]));
  Demand(url->has_opaque_path() || Url::Parse(any_key).has_value());
  const std::string key = DedupKey(*url);
  const std::optional<Url> again = Url::Parse(key);
  Demand(again.has_value());
  Demand(!again->has_credentials() && !again->has_fragment());
  Demand(DedupKey(*again) == key);
  if (!url->is_special()) return 0;
  Demand(again->href() == key);
  return 0;
}
