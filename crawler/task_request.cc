#include "crawler/task_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "parsers/header_block.h"
#include "parsers/response_headers.h"

namespace spindle {
namespace {

HostAddresses ReadAddresses(const FetchTask& task) {
  HostAddresses known;
  known.expires = task.addresses_expire;
  for (const absl::string_view text : absl::StrSplit(task.addresses, ' ', absl::SkipEmpty())) {
    if (const std::optional<IpAddress> address = IpAddress::Parse(text)) {
      known.addresses.push_back(*address);
    }
  }
  return known;
}

// A page that is stored is asked for only if it changed (RFC 9110 13.1). What a server once said is
// sent back to it, but no line of its own making.
std::vector<std::string> ConditionsOf(const FetchTask& task) {
  std::vector<std::string> fields;
  if (task.kind != FetchTask::Kind::kPage || task.record.stored == absl::InfinitePast()) {
    return fields;
  }
  const auto is_plain = [](absl::string_view value) {
    return !value.empty() && std::all_of(value.begin(), value.end(),
                                         [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  };
  if (is_plain(task.record.etag)) {
    fields.push_back(absl::StrCat("If-None-Match: ", task.record.etag));
  }
  if (is_plain(task.record.last_modified)) {
    fields.push_back(absl::StrCat("If-Modified-Since: ", task.record.last_modified));
  }
  return fields;
}

}  // namespace

FetchRequest RequestOf(const FetchTask& task) {
  const std::optional<Url> url = Url::Parse(task.url);
  FetchRequest request;
  request.url = task.url;
  request.host = std::string(url->host());
  request.port = url->effective_port();
  request.affinity = task.host.host;
  request.keep_alive = task.keep_alive;
  request.clock = task.clock;
  request.delay = task.delay;
  request.waited = task.waited;
  if (task.kind == FetchTask::Kind::kRobots) {
    request.any_media_type = true;
    request.least_body_bytes = kMaxRobotsBytes;
  }
  request.known = ReadAddresses(task);
  request.headers = ConditionsOf(task);
  return request;
}

bool IsConditional(const FetchTask& task) { return !ConditionsOf(task).empty(); }

HostObservation ObservationOf(const FetchResponse& response, bool failed, double jitter) {
  HostObservation seen;
  seen.jitter = jitter;
  seen.now = response.ended;
  seen.request_seen = response.request_seen;
  seen.answered = response.http_status != 0;
  seen.failed = failed;
  seen.latency = response.latency;
  if (const std::optional<absl::string_view> value =
          HeaderBlock(response.headers).Get("retry-after")) {
    if (const std::optional<RetryAfter> retry = ParseRetryAfter(*value, response.ended)) {
      seen.retry_after = RetryDelay(*retry, response.ended);
    }
  }
  return seen;
}

std::string WriteAddresses(const HostAddresses& found) {
  return absl::StrJoin(found.addresses, " ", [](std::string* out, const IpAddress& address) {
    absl::StrAppend(out, address.ToString());
  });
}

std::optional<Url> LocationOf(const FetchTask& task, const FetchResponse& response) {
  const std::optional<absl::string_view> location = HeaderBlock(response.headers).Get("location");
  if (!location.has_value()) return std::nullopt;
  const std::optional<Url> base = Url::Parse(task.url);
  return Url::ParseCrawlable(*location, &*base);
}

}  // namespace spindle
