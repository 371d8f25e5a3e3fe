#include "crawler/proxy_pool.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "parsers/url.h"

namespace spindle {
namespace {

constexpr uint16_t kSocksPort = 1080;  // RFC 1928 3
constexpr int kMaxDoublings = 16;

// Proxies that Describe() names.
constexpr size_t kMaxDescribed = 4;

}  // namespace

std::string Proxy::origin() const {
  // 80 is what http means without a port.
  const bool plain = kind == Kind::kHttp && port == 80;
  return absl::StrCat("http://", host, plain ? "" : absl::StrCat(":", port));
}

std::string Proxy::ToString() const {
  return kind == Kind::kSocks5 ? absl::StrCat("socks5://", host, ":", port) : origin();
}

absl::StatusOr<std::vector<Proxy>> ParseProxies(absl::string_view list) {
  std::vector<Proxy> proxies;
  for (absl::string_view text : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    text = absl::StripAsciiWhitespace(text);
    Proxy proxy;
    absl::string_view rest = text;
    if (absl::ConsumePrefix(&rest, "socks5://")) {
      proxy.kind = Proxy::Kind::kSocks5;
    } else if (!absl::ConsumePrefix(&rest, "http://")) {
      rest = "";
    }
    const std::optional<Url> url = Url::Parse(absl::StrCat("http://", rest));
    if (rest.empty() || !url.has_value() || url->path() != "/" || url->has_query()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", url.has_value() && url->has_credentials() ? "..." : text,
                       "\" is no proxy; write one as http://192.0.2.1:3128 or "
                       "socks5://192.0.2.1:1080"));
    }
    if (url->has_credentials()) {
      return absl::InvalidArgumentError(
          absl::StrCat("user names and passwords of proxies go into --auth_file, under ",
                       proxy.kind == Proxy::Kind::kSocks5 ? "socks5://" : "http://", url->host(),
                       ":", url->effective_port()));
    }
    const bool has_port = url->port().has_value() || absl::EndsWith(rest, ":80");
    proxy.host = std::string(url->host());
    proxy.port =
        proxy.kind == Proxy::Kind::kSocks5 && !has_port ? kSocksPort : url->effective_port();
    proxies.push_back(std::move(proxy));
  }
  return proxies;
}

ProxyPool::ProxyPool(std::vector<Proxy> proxies, const ProxyHealthOptions& options)
    : options_(options) {
  for (Proxy& proxy : proxies) states_.push_back({std::move(proxy)});
}

std::optional<size_t> ProxyPool::Pick(absl::Time now, absl::Span<const size_t> except) {
  for (size_t i = 0; i < states_.size(); ++i) {
    const size_t candidate = (next_ + i) % states_.size();
    State& state = states_[candidate];
    if (state.paused_until > now || absl::c_linear_search(except, candidate)) continue;
    next_ = candidate + 1;
    // The first after a pause is a trial: while it is under way, nobody else is sent there.
    state.on_trial = state.failures > 0;
    if (state.on_trial) state.paused_until = now + options_.min_pause;
    return candidate;
  }
  return std::nullopt;
}

absl::Time ProxyPool::NextTry(absl::Time now) const {
  absl::Time earliest = absl::InfiniteFuture();
  for (const State& state : states_) earliest = std::min(earliest, state.paused_until);
  return std::max(earliest, now);
}

void ProxyPool::Observe(size_t index, bool works, absl::Time now, absl::string_view why) {
  State& state = states_[index];
  state.doubtful_hosts.clear();
  if (works) {
    state.failures = 0;
    state.on_trial = false;
    state.paused_until = absl::InfinitePast();
    state.last_worked = now;
    return;
  }
  // Requests that were under way together fail together: that is one failure.
  if (state.paused_until > now && !state.on_trial) return;
  const absl::Duration pause = options_.min_pause * (1 << std::min(state.failures, kMaxDoublings));
  ++state.failures;
  state.on_trial = false;
  state.paused_until = now + std::min(pause, options_.max_pause);
  state.why = std::string(why);
}

void ProxyPool::ObserveDoubt(size_t index, absl::string_view host, absl::Time now,
                             absl::string_view why) {
  State& state = states_[index];
  if (state.on_trial) return Observe(index, false, now, why);
  if (state.paused_until > now || absl::c_linear_search(state.doubtful_hosts, host)) return;
  if (state.doubtful_hosts.empty()) state.first_doubt = now;
  state.doubtful_hosts.emplace_back(host);
  if (state.doubtful_hosts.size() < options_.max_doubtful_hosts) return;
  const bool others_work = absl::c_any_of(
      states_, [&](const State& other) { return other.last_worked >= state.first_doubt; });
  if (others_work) return Observe(index, false, now, why);
  state.doubtful_hosts.clear();
  state.paused_until = now + options_.min_pause;
  state.why = std::string(why);
}

std::string ProxyPool::Describe() const {
  std::string text;
  for (size_t i = 0; i < std::min(states_.size(), kMaxDescribed); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : "; ", states_[i].proxy.ToString(), ": ",
                    states_[i].why.empty() ? "is being tried" : states_[i].why);
  }
  if (states_.size() > kMaxDescribed) {
    absl::StrAppend(&text, "; and ", states_.size() - kMaxDescribed, " more");
  }
  return text;
}

}  // namespace spindle
