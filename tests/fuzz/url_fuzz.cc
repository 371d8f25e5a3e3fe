// The first line of the input is the base, if it parses; the rest is parsed against it and then
// held to the URL Standard's promise that a serialised URL parses to itself.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "parsers/url.h"

namespace {

using spindle::Url;

void Demand(bool condition) {
  if (!condition) std::abort();
}

void DemandPartsMakeTheWhole(const Url& url) {
  for (const char c : url.href()) Demand(c >= 0x20 && c < 0x7F);
  Demand(!url.is_special() || url.path().substr(0, 1) == "/");
  Demand(url.has_query() || url.query().empty());
  Demand(url.has_fragment() || url.fragment().empty());
  std::string tail(url.path());
  if (url.has_query()) tail += "?" + std::string(url.query());
  Demand(tail == url.path_and_query());
  if (url.has_fragment()) tail += "#" + std::string(url.fragment());
  Demand(url.href().size() >= tail.size());
  Demand(url.href().compare(url.href().size() - tail.size(), tail.size(), tail) == 0);
}

void DemandParsesToItself(const Url& url) {
  const std::optional<Url> again = Url::Parse(url.href());
  Demand(again.has_value());
  Demand(again->href() == url.href());
  Demand(again->host() == url.host() && again->host_kind() == url.host_kind());
  Demand(again->port() == url.port());
  Demand(again->username() == url.username() && again->password() == url.password());
  Demand(again->path() == url.path());
  Demand(again->query() == url.query() && again->has_query() == url.has_query());
  Demand(again->fragment() == url.fragment() && again->has_fragment() == url.has_fragment());
}

void DemandCanonical(const Url& url) {
  const Url canonical = url.Canonical();
  Demand(!canonical.has_credentials() && !canonical.has_fragment());
  Demand(canonical.href() == url.FetchHref());
  Demand(canonical.host() == url.host() && canonical.path_and_query() == url.path_and_query());
  if (!url.is_http_family()) return;
  Demand(canonical.href() ==
         std::string(canonical.origin()) + std::string(canonical.path_and_query()));
  DemandParsesToItself(canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line_end = input.find('\n');
  const std::optional<Url> base = Url::Parse(input.substr(0, line_end));
  const absl::string_view reference =
      line_end == absl::string_view::npos ? "" : input.substr(line_end + 1);
  if (base.has_value()) {
    DemandPartsMakeTheWhole(*base);
    DemandParsesToItself(*base);
  }
  const std::optional<Url> url = Url::Parse(reference, base.has_value() ? &*base : nullptr);
  if (!url.has_value()) return 0;
  DemandPartsMakeTheWhole(*url);
  DemandParsesToItself(*url);
  DemandCanonical(*url);
  const bool is_wanted = IsCrawlable(*url, {});
  const std::optional<Url> crawlable =
      Url::ParseCrawlable(reference, base.has_value() ? &*base : nullptr);
  if (crawlable.has_value()) Demand(is_wanted && *crawlable == *url);
  if (!crawlable.has_value())
    Demand(!is_wanted || reference.size() > 2 * spindle::UrlLimits().max_bytes);
  return 0;
}
