#include "crawler/robots_fetch.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "crawler/task_request.h"
#include "parsers/header_block.h"
#include "parsers/robots.h"
#include "parsers/url.h"

namespace spindle {
namespace {

// It is decoded on the loop, so not much more is even looked at; a little, for codings that are
// stacked.
constexpr size_t kMaxDecodedRobotsBytes = 2 * kMaxRobotsBytes;

}  // namespace

RobotsAnswer ReadRobots(const FetchTask& task, const FetchResponse& response, DecodeLimits limits) {
  RobotsAnswer answer;
  answer.http_status = response.http_status;
  answer.reason = response.reason;
  answer.url = task.url;
  answer.detail = response.message;
  if (OutcomeForStatus(answer.http_status) != RobotsOutcome::kParse) return answer;
  limits.max_decoded_bytes = kMaxDecodedRobotsBytes;
  DecodeResult decoded = DecodeContent(
      HeaderBlock(response.headers).GetCombined("content-encoding"), response.body, limits);
  const bool readable = decoded.outcome == DecodeOutcome::kOk ||
                        decoded.outcome == DecodeOutcome::kTooLarge ||
                        decoded.outcome == DecodeOutcome::kRatio;
  // Rules that cannot be read are not the absence of rules.
  if (!readable && answer.reason == Reason::kNone) {
    answer.reason = Reason::kProtocol;
    answer.detail = "its content coding cannot be undone";
  }
  answer.body = std::move(decoded.body);
  if (response.truncated && answer.body.size() < kMaxRobotsBytes &&
      answer.reason == Reason::kNone) {
    answer.reason = Reason::kTooLarge;
    answer.detail = "it was cut off in the middle of its rules";
  }
  answer.body.resize(std::min(answer.body.size(), kMaxRobotsBytes));
  return answer;
}

std::optional<RobotsHop> NextRobotsHop(const FetchTask& task, const FetchResponse& response,
                                       const ShardMap& shards, int max_hops) {
  if (task.robots_hops >= max_hops) return std::nullopt;
  const std::optional<Url> target = LocationOf(task, response);
  if (!target.has_value()) return std::nullopt;
  const Url url = target->Canonical();
  RobotsHop hop;
  hop.host = shards.KeyOf(url).host_key();
  hop.origin = std::string(url.origin());
  hop.url = url.href();
  hop.robots_for = task.robots_for;
  hop.hops = task.robots_hops + 1;
  return hop;
}

}  // namespace spindle
