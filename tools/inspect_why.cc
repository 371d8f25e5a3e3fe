#include "tools/inspect_why.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "parsers/robots.h"
#include "shard/politeness.h"
#include "tools/json_text.h"
#include "tools/rows.h"

namespace spindle {
namespace {

// What a reason means, as the end of "because ...".
std::string Words(Reason reason, int http_status) {
  switch (reason) {
    case Reason::kNone:
      return "no reason is recorded";
    case Reason::kHttpStatus:
      return absl::StrCat("the server answered with status ", http_status);
    case Reason::kDns:
      return "the host's name does not resolve";
    case Reason::kDnsServer:
      return "the name servers could not say where the host is";
    case Reason::kConnect:
      return "no connection came about";
    case Reason::kTimeout:
      return "the whole transfer took longer than --transfer_timeout";
    case Reason::kRefused:
      return "the server refused the connection";
    case Reason::kReset:
      return "the connection broke before an answer";
    case Reason::kConnectTimeout:
      return "no connection came about within --connect_timeout";
    case Reason::kFirstByteTimeout:
      return "no answer began within --first_byte_timeout";
    case Reason::kLowSpeed:
      return "the answer came too slowly";
    case Reason::kMediaType:
      return "it is of no media type that the crawl wants (--media_types)";
    case Reason::kTls:
      return "the certificate or the TLS handshake failed";
    case Reason::kProtocol:
      return "the answer was not HTTP, or broken HTTP";
    case Reason::kTooLarge:
      return "the answer's header was larger than the crawl takes";
    case Reason::kAddressRefused:
      return "the host's address is private, loopback or otherwise not allowed (--allow_net)";
    case Reason::kRobotsDisallowed:
      return "robots.txt disallows it";
    case Reason::kRobotsUnreachable:
      return "robots.txt could not be fetched, which means that nothing may be (RFC 9309)";
    case Reason::kRedirectLimit:
      return "too many redirects led to it, or it closes a loop of redirects";
    case Reason::kRedirectInvalid:
      return "its redirect has no usable target";
    case Reason::kDepth:
      return "it is more links away from a seed than --max_depth";
    case Reason::kUrlTooLong:
      return "it is longer than the crawl takes";
    case Reason::kHostDead:
      return "its host failed too many times in a row";
    case Reason::kProcessor:
      return "a processor of the pipeline dropped it or failed";
    case Reason::kIdCollision:
      return "its hash is that of another URL";
    case Reason::kInterrupted:
      return "the connection closed in the middle of the answer";
    case Reason::kTrapRepeat:
      return "its path repeats the same segments again and again";
    case Reason::kTrapDepth:
      return "its path has more segments than the crawl takes";
    case Reason::kTrapParameters:
      return "its query has too many parameters, or repeats one too often";
    case Reason::kTrapSession:
      return "it carries a session id, so it is another page under a passing name";
    case Reason::kTrapTemplate:
      return "it is of a pattern that its host seems to fill without end, with pages that repeat";
    case Reason::kHostBudget:
      return "its host is over its budget of pages or bytes";
    case Reason::kDepthBudget:
      return "it is more links away from a seed than --park_depth";
    case Reason::kDomainBudget:
      return "its registrable domain is over its budget";
    case Reason::kOutOfScope:
      return "the crawl's scope does not take it in";
    case Reason::kDuplicate:
      return "its content is that of another URL";
  }
  return "of a reason that this program does not know";
}

std::string FromNow(absl::Time time, absl::Time now) {
  const absl::Duration wait = time - now;
  if (wait <= absl::ZeroDuration()) return absl::StrCat(HumanTime(time), " (now)");
  const absl::Duration span =
      absl::Ceil(wait, wait < absl::Seconds(1) ? absl::Milliseconds(1) : absl::Seconds(1));
  return absl::StrCat(HumanTime(time), " (in ", absl::FormatDuration(span), ")");
}

// The explanation, built from what is stored about the URL, its host and its robots.txt.
class Explanation {
 public:
  Explanation(CrawlLookup* lookup, CrawlLookup::Host host, UrlKey key, UrlRecord url,
              const std::string& product_token, absl::Time now)
      : lookup_(lookup),
        host_(std::move(host)),
        key_(key),
        url_(std::move(url)),
        product_token_(product_token),
        now_(now) {}

  absl::StatusOr<std::vector<std::string>> Lines() {
    absl::StatusOr<std::optional<RobotsRecord>> robots = lookup_->reader().GetRobots(host_.key);
    if (!robots.ok()) return robots.status();
    robots_ = *std::move(robots);
    if (absl::Status status = AddState(); !status.ok()) return status;
    AddOrigin();
    return std::move(lines_);
  }

 private:
  void Add(std::string line) { lines_.push_back(std::move(line)); }

  absl::Status AddState() {
    const std::string reason = Words(url_.reason, url_.http_status);
    const std::string when = HumanTime(url_.last_fetch);
    switch (url_.state) {
      case UrlState::kQueued:
        return AddQueued();
      case UrlState::kFetched:
        Add(absl::StrCat("fetched ", when, " with status ", url_.http_status));
        break;
      case UrlState::kUnchanged:
        Add(absl::StrCat("unchanged: fetched again ", when, " and found the same"));
        break;
      case UrlState::kRedirected:
        Add(absl::StrCat("redirected with status ", url_.http_status, " to ",
                         Printable(url_.detail)));
        if (url_.reason != Reason::kNone) Add(absl::StrCat("not followed: ", reason));
        break;
      case UrlState::kGone:
        Add(absl::StrCat("gone: the server answered ", when, " with status ", url_.http_status));
        if (url_.lane == Lane::kNone && url_.gone_count > 1) {
          Add(absl::StrCat("missing ", static_cast<int>(url_.gone_count),
                           " times in a row: it is not asked for again"));
        }
        break;
      case UrlState::kFailed:
        Add(absl::StrCat("failed", url_.failures == 0 ? ": " : ", and given up after ",
                         url_.failures == 0   ? ""
                         : url_.failures == 1 ? "1 try: "
                                              : absl::StrCat(url_.failures, " tries: "),
                         reason));
        break;
      case UrlState::kExcluded:
        Add(absl::StrCat("excluded: ", reason));
        AddRobotsRule();
        break;
      case UrlState::kParked: {
        // Nothing else parks a URL, whatever reason an older version gave.
        const bool too_deep = url_.reason == Reason::kHostBudget;
        Add(absl::StrCat("parked, and may come back: ",
                         too_deep ? Words(Reason::kDepthBudget, 0) : reason));
        break;
      }
    }
    if (url_.lane == Lane::kRecrawl) {
      Add(absl::StrCat("due for a visit ", FromNow(url_.enqueued, now_),
                       ", in a run with --recrawl"));
    }
    if (!url_.detail.empty() && url_.state != UrlState::kRedirected) {
      Add(absl::StrCat("detail: ", Printable(url_.detail)));
    }
    return absl::OkStatus();
  }

  absl::Status AddQueued() {
    const QueueKey own = QueueEntryOf(key_, url_).value_or(QueueKey());
    uint64_t before = 0, total = 0;
    absl::Status status =
        lookup_->reader().ForEachQueueEntry(host_.key, [&](const QueueKey& entry) {
          ++total;
          before += entry < own ? 1 : 0;
          return true;
        });
    if (!status.ok()) return status;
    if (url_.lane == Lane::kRetry) {
      Add(absl::StrCat("queued: its next try is due ", FromNow(url_.enqueued, now_)));
    } else {
      Add(absl::StrCat("queued: number ", before + 1, " of ", total,
                       " that wait for their host, or being fetched at this moment"));
    }
    if (url_.failures > 0) {
      Add(absl::StrCat("tried ", url_.failures, url_.failures == 1 ? " time" : " times",
                       " without success, at last because ", Words(url_.reason, url_.http_status)));
    }
    AddHostWait();
    return absl::OkStatus();
  }

  void AddHostWait() {
    const HostRecord& host = host_.record;
    if (host.state == HostState::kParked) {
      const bool revives = host.front_due < absl::InfiniteFuture();
      Add(absl::StrCat("its host is left alone until ",
                       revives ? absl::StrCat(HumanTime(host.front_due), ", or ") : "",
                       "the next run: ", Words(host.reason, 0)));
      AddRobotsFailure();
      return;
    }
    if (host.next_fetch > now_) {
      Add(absl::StrCat("its host is not asked before ", FromNow(host.next_fetch, now_), ": ",
                       WaitReason()));
    }
    if (!robots_.has_value()) {
      Add("robots.txt of its host has not been fetched yet, and comes first");
    } else if (robots_->outcome == RobotsPolicy::kDisallowAll) {
      AddRobotsFailure();
    }
    AddRobotsRule();
  }

  void AddRobotsFailure() {
    if (!robots_.has_value() || robots_->outcome != RobotsPolicy::kDisallowAll) return;
    const bool parked = host_.record.state == HostState::kParked;
    Add(absl::StrCat("robots.txt of its host was not to be had (status ", robots_->http_status,
                     ", ", Name(robots_->reason), "), so that nothing may be fetched",
                     parked ? "" : absl::StrCat(" until ", HumanTime(robots_->expires))));
    if (!robots_->body.empty()) Add(absl::StrCat("detail: ", Printable(robots_->body)));
  }

  std::string WaitReason() const {
    const HostRecord& host = host_.record;
    if (host.failures > 0) {
      return absl::StrCat("back-off after ", host.failures,
                          host.failures == 1 ? " failure" : " failures in a row");
    }
    if (host.crawl_delay > absl::ZeroDuration()) {
      const absl::Duration most = PolitenessOptions().max_crawl_delay;
      return absl::StrCat(
          "its robots.txt asks for a delay of ", absl::FormatDuration(host.crawl_delay),
          host.crawl_delay > most ? absl::StrCat(", and ", absl::FormatDuration(most), " are kept")
                                  : "");
    }
    return "the delay between two requests to one host";
  }

  void AddRobotsRule() {
    if (!robots_.has_value() || robots_->outcome != RobotsPolicy::kRules) return;
    const RobotsMatch match = RobotsTxt::Parse(robots_->body, product_token_).Match(url_.path);
    const std::string as =
        absl::StrCat(" (for ", product_token_, "; fetched ", HumanTime(robots_->fetched), ")");
    if (match.line > 0) {
      Add(absl::StrCat("robots.txt line ", match.line, as, ": ", Printable(match.rule)));
    } else if (url_.reason == Reason::kRobotsDisallowed) {
      Add(absl::StrCat("robots.txt as stored now", as, " would allow it"));
    }
  }

  void AddOrigin() {
    const std::string when = absl::StrCat("discovered ", HumanTime(url_.discovered));
    if (!url_.found_on.has_value()) {
      return Add(
          absl::StrCat(when, url_.depth == 0 ? " as a seed" : " as a sitemap of robots.txt"));
    }
    Add(absl::StrCat(when, " at depth ", url_.depth, " on ", lookup_->UrlText(*url_.found_on)));
    if (url_.redirects > 0) {
      Add(absl::StrCat(url_.redirects, url_.redirects == 1 ? " redirect" : " redirects",
                       " after the last link"));
    }
  }

  CrawlLookup* const lookup_;
  const CrawlLookup::Host host_;
  const UrlKey key_;
  const UrlRecord url_;
  const std::string product_token_;
  const absl::Time now_;
  std::optional<RobotsRecord> robots_;
  std::vector<std::string> lines_;
};

void Print(const Url& url, absl::string_view state, const std::vector<std::string>& lines,
           const InspectOptions& options, Output* output) {
  if (options.format == Format::kTable) {
    return output->Write(absl::StrCat(url.href(), "\n  ", absl::StrJoin(lines, "\n  "), "\n"));
  }
  JsonObject object;
  object.Add("url", JsonString(url.href()));
  object.Add("state", JsonString(state));
  object.Add("why", JsonString(absl::StrJoin(lines, "\n")));
  output->Write(object.ToString() + "\n");
}

}  // namespace

absl::Status PrintWhy(CrawlLookup* lookup, const InspectOptions& options, absl::Time now,
                      Output* output) {
  const absl::StatusOr<Url> url = CrawlLookup::ParseUrl(options.url);
  if (!url.ok()) return url.status();
  absl::StatusOr<std::optional<CrawlLookup::Host>> host = lookup->FindHost(url->origin());
  if (!host.ok()) return host.status();
  const auto never_seen = [&](const std::string& line) {
    Print(*url, "unknown", {line}, options, output);
    return absl::NotFoundError(absl::StrCat("the crawl does not know ", url->href()));
  };
  if (!host->has_value()) {
    return never_seen(absl::StrCat("never seen, nor any other URL of ", url->origin()));
  }
  auto found = lookup->reader().FindUrl((*host)->key, url->origin(), url->path_and_query());
  if (!found.ok()) return found.status();
  if (!found->has_value()) {
    return never_seen(absl::StrCat("never seen; of its host ", (*host)->record.known_count,
                                   " other URLs are known"));
  }
  const absl::string_view state = Name((*found)->second.state);
  Explanation explanation(lookup, **std::move(host), (*found)->first, (*found)->second,
                          options.user_agent, now);
  const absl::StatusOr<std::vector<std::string>> lines = explanation.Lines();
  if (!lines.ok()) return lines.status();
  Print(*url, state, *lines, options, output);
  return absl::OkStatus();
}

}  // namespace spindle
