#include "tools/crawl_lookup.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

constexpr size_t kMaxOrigins = 10000;

bool HasName(const HostRecord& host, absl::string_view name) {
  const std::optional<Url> url = Url::Parse(host.origin);
  return url.has_value() && url->host() == name;
}

}  // namespace

absl::StatusOr<Url> CrawlLookup::ParseUrl(const std::string& text) {
  const std::optional<Url> url = Url::ParseCrawlable(text);
  if (url.has_value()) return url->Canonical();
  if (text.size() > UrlLimits().max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a URL of ", text.size(), " bytes, where a crawl takes none over ", UrlLimits().max_bytes));
  }
  const char* const hint =
      absl::StrContains(text, "://") ? "" : ", such as https://example.org/: with its scheme";
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no http or https URL", hint));
}

// Which shard it is depends on a list of public suffixes; asking each of them does not.
absl::StatusOr<std::optional<CrawlLookup::Host>> CrawlLookup::FindHost(
    absl::string_view origin) const {
  const HostId id = MakeHostId(reader_->meta().hash_salt, origin);
  for (uint32_t shard = 0; shard < reader_->meta().shard_count; ++shard) {
    const HostKey key{static_cast<ShardId>(shard), id};
    auto found = reader_->FindHost(key, origin);
    if (!found.ok()) return found.status();
    if (found->has_value()) {
      return std::make_optional(Host{(*found)->first, std::move((*found)->second)});
    }
  }
  return std::optional<Host>();
}

absl::Status CrawlLookup::ForEachHost(
    absl::string_view name,
    absl::FunctionRef<bool(const HostKey&, const HostRecord&)> visit) const {
  if (name.empty()) return reader_->ForEachHost(std::nullopt, visit);
  if (absl::StrContains(name, "://")) {
    const absl::StatusOr<Url> url = ParseUrl(std::string(name));
    if (!url.ok()) return url.status();
    const absl::StatusOr<std::optional<Host>> host = FindHost(url->origin());
    if (host.ok() && host->has_value()) visit((*host)->key, (*host)->record);
    return host.status();
  }
  // As the parser writes it: "EXAMPLE.org" is example.org.
  const std::optional<Url> url = Url::Parse(absl::StrCat("http://", name));
  if (!url.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no host name"));
  }
  return reader_->ForEachHost(std::nullopt, [&](const HostKey& key, const HostRecord& host) {
    return !HasName(host, url->host()) || visit(key, host);
  });
}

const std::string& CrawlLookup::OriginOf(const HostKey& key) {
  const auto known = origins_.find(key);
  if (known != origins_.end()) return known->second;
  if (origins_.size() >= kMaxOrigins) origins_.clear();
  const absl::StatusOr<std::optional<HostRecord>> host = reader_->GetHost(key);
  const bool found = host.ok() && host->has_value();
  return origins_[key] = found ? (*host)->origin : absl::StrCat("(", Describe(key), ")");
}

std::string CrawlLookup::UrlText(const UrlKey& key) {
  const absl::StatusOr<std::optional<UrlRecord>> url = reader_->GetUrl(key);
  if (!url.ok() || !url->has_value()) return absl::StrCat("(", Describe(key), ")");
  return absl::StrCat(OriginOf(key.host_key()), (*url)->path);
}

}  // namespace spindle
