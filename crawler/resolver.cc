#include "crawler/resolver.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "crawler/steady_clock.h"
#include "parsers/url.h"

namespace spindle {
namespace {

constexpr std::array<DnsType, 2> kTypes = {DnsType::kA, DnsType::kAaaa};

// Networks come and go under a crawl that runs for days.
constexpr absl::Duration kRoutesHold = absl::Minutes(1);

constexpr int kMaxPauseDoublings = 16;

// Whether packets to the Internet could leave by IPv4 or IPv6. Connecting a datagram socket sends
// nothing. An IPv6 source that is not global (RFC 4193) leads nowhere.
bool HasRoute(const char* destination) {
  const IpAddress to = *IpAddress::Parse(destination);
  sockaddr_storage address = {};
  socklen_t size = to.ToSockaddr(53, &address);
  const int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  bool found = connect(fd, plain, size) == 0;
  if (found && !to.is_v4()) {
    size = sizeof(address);
    const bool named = getsockname(fd, plain, &size) == 0;
    const std::optional<IpAddress> source = IpAddress::FromSockaddr(plain);
    found = named && source.has_value() && (source->bytes()[0] & 0xe0) == 0x20;
  }
  close(fd);
  return found;
}

std::string NormalName(absl::string_view host) {
  return absl::AsciiStrToLower(absl::StripSuffix(host, "."));
}

bool IsUnder(absl::string_view name, absl::string_view domain) {
  return name == domain || absl::EndsWith(name, absl::StrCat(".", domain));
}

std::string RcodeName(int rcode) {
  switch (rcode) {
    case 1:
      return "the server does not understand the question (FORMERR)";
    case 2:
      return "the server cannot find out (SERVFAIL)";
    case 4:
      return "the server does not answer such questions (NOTIMP)";
    case 5:
      return "the server refuses to answer (REFUSED)";
    default:
      return absl::StrCat("the server answers with code ", rcode);
  }
}

// Families in turn, so that one that does not work costs one try (RFC 8305 4).
std::vector<IpAddress> Interleave(const std::vector<IpAddress>& first,
                                  const std::vector<IpAddress>& second) {
  std::vector<IpAddress> all;
  for (size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

}  // namespace

absl::StatusOr<std::vector<HostOverride>> ParseHostOverrides(absl::string_view list) {
  std::vector<HostOverride> overrides;
  for (absl::string_view text : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    text = absl::StripAsciiWhitespace(text);
    const size_t colon = text.find(':');
    const absl::string_view rest = colon == absl::string_view::npos ? "" : text.substr(colon + 1);
    std::optional<IpAddress> address = IpAddress::Parse(rest);
    uint32_t port = 0;
    if (!address.has_value()) {
      const size_t second = rest.find(':');
      if (second != absl::string_view::npos && absl::SimpleAtoi(rest.substr(0, second), &port) &&
          port > 0 && port <= 65535) {
        address = IpAddress::Parse(rest.substr(second + 1));
      }
    }
    // As URLs have it: IDNA, percent signs.
    const std::optional<Url> url = Url::Parse(absl::StrCat("http://", text.substr(0, colon), "/"));
    const bool is_host = url.has_value() && url->path() == "/" && !url->has_credentials() &&
                         !url->has_query() && !url->has_fragment();
    if (!address.has_value() || !is_host) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text,
                       "\" is no host with its address; write example.org:192.0.2.1 or "
                       "example.org:443:[2001:db8::1]"));
    }
    overrides.push_back({NormalName(url->host()), static_cast<uint16_t>(port), *address});
  }
  return overrides;
}

void PreferAddress(const IpAddress& address, std::vector<IpAddress>* addresses) {
  const auto it = std::find(addresses->begin(), addresses->end(), address);
  if (it != addresses->end()) std::rotate(addresses->begin(), it, it + 1);
}

Resolver::Resolver(EventLoop* loop, const ResolverOptions& options)
    : loop_(loop),
      options_(options),
      outage_(options.outage != nullptr ? options.outage : &own_outage_),
      own_witnesses_(&PublicSuffixList::Builtin()),
      witnesses_(options.witnesses != nullptr ? options.witnesses : &own_witnesses_) {
  if (!options.hosts_file.empty()) ReadHostsFile();
  for (const DnsServer& server : options.servers.empty() ? SystemDnsServers() : options.servers) {
    servers_.push_back({server, std::make_unique<DnsChannel>(loop, server, options.query_timeout)});
  }
}

Resolver::~Resolver() {
  servers_.clear();  // they hold pointers to lookups
}

void Resolver::ReadHostsFile() {
  std::ifstream file(options_.hosts_file);
  std::string line;
  while (std::getline(file, line)) {
    const absl::string_view text = absl::string_view(line).substr(0, line.find('#'));
    const std::vector<absl::string_view> words =
        absl::StrSplit(text, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.size() < 2) continue;
    const std::optional<IpAddress> address = IpAddress::Parse(words[0]);
    if (!address.has_value()) continue;
    for (size_t i = 1; i < words.size(); ++i) hosts_[NormalName(words[i])].push_back(*address);
  }
}

// What needs no server: --resolve, the hosts file, and localhost (RFC 6761 6.3).
std::vector<IpAddress> Resolver::Fixed(absl::string_view name, uint16_t port) const {
  std::vector<IpAddress> addresses;
  for (const HostOverride& item : options_.overrides) {
    if (item.host == name && (item.port == 0 || item.port == port)) {
      addresses.push_back(item.address);
    }
  }
  if (!addresses.empty()) return addresses;
  if (const auto it = hosts_.find(name); it != hosts_.end()) return it->second;
  if (IsUnder(name, "localhost")) {
    return {*IpAddress::Parse("127.0.0.1"), *IpAddress::Parse("::1")};
  }
  return {};
}

void Resolver::Resolve(absl::string_view host, uint16_t port, const HostAddresses& known,
                       absl::Time now, Callback callback) {
  if (const std::optional<IpAddress> literal = IpAddress::Parse(host); literal.has_value()) {
    callback(Answer{{{*literal}, now}, ""});
    return;
  }
  const std::string name = NormalName(host);
  if (std::vector<IpAddress> fixed = Fixed(name, port); !fixed.empty()) {
    callback(Answer{{std::move(fixed), now}, ""});
    return;
  }
  if (!known.addresses.empty() && known.expires > now) {
    callback(Answer{known, ""});
    return;
  }
  // RFC 7686 2, RFC 6761 6.4: asking would only tell others.
  if (IsUnder(name, "onion") || IsUnder(name, "invalid")) {
    callback(Answer{{}, absl::StrCat("cannot resolve ", name, ": DNS has no such names")});
    return;
  }
  if (const auto it = cache_.find(name); it != cache_.end() && it->second.found.expires > now) {
    // A copy: the callback may change the cache.
    const Answer answer = it->second;
    callback(answer);
    return;
  }
  std::unique_ptr<Lookup>& lookup = lookups_[name];
  if (lookup == nullptr) {
    lookup = std::make_unique<Lookup>();
    lookup->name = name;
    waiting_.push_back(lookup.get());
  }
  lookup->waiting.push_back(std::move(callback));
  StartWaiting();
}

void Resolver::Blame(const Answer& answer, absl::Time now,
                     std::function<void(absl::Time retry_at)> callback) {
  if (now - last_answer_ < options_.failure_ttl) return callback(absl::InfinitePast());
  const std::vector<std::string> witnesses = witnesses_->NotOf(answer.name);
  if (witnesses.empty()) {
    const absl::Duration patience =
        outage_->ever_worked() ? options_.lone_domain_patience : options_.patience;
    return callback(WaitForServers(answer.error, patience, now));
  }
  // The first that the servers tell of settles it, else the last that they do not. Shared by the
  // questions.
  struct Inquiry {
    size_t open;
    std::string error;
    std::function<void(absl::Time retry_at)> callback;
  };
  const auto inquiry =
      std::make_shared<Inquiry>(Inquiry{witnesses.size(), answer.error, std::move(callback)});
  for (const std::string& name : witnesses) {
    if (inquiry->callback == nullptr) return;
    const auto kept = cache_.find(name);
    if (kept != cache_.end() && !kept->second.server_failed) cache_.erase(kept);
    Resolve(name, 0, {}, now, [this, inquiry](const Answer& told) {
      if (inquiry->callback == nullptr || (--inquiry->open > 0 && told.server_failed)) return;
      std::exchange(inquiry->callback, nullptr)(
          told.server_failed ? WaitForServers(inquiry->error, absl::InfiniteDuration(), SteadyNow())
                             : absl::InfinitePast());
    });
  }
}

// When to ask servers again that all fail; InfinitePast: they failed for longer than that.
absl::Time Resolver::WaitForServers(absl::string_view error, absl::Duration patience,
                                    absl::Time now) {
  outage_->Fails(now, error);
  const absl::Duration lasts = now - outage_->Current().value_or(Outage::State{now, ""}).since;
  if (lasts >= patience) return absl::InfinitePast();
  return now + std::clamp(lasts / 2, options_.min_server_pause, options_.max_server_pause);
}

void Resolver::Forget(absl::string_view host) { cache_.erase(NormalName(host)); }

void Resolver::Prefer(absl::string_view host, const IpAddress& address) {
  const auto it = cache_.find(NormalName(host));
  if (it != cache_.end()) PreferAddress(address, &it->second.found.addresses);
}

// What fails at once ends at once, so nothing of the caller's may point into lookups_.
void Resolver::StartWaiting() {
  if (starting_) return;  // further up the stack, the loop below goes on
  starting_ = true;
  while (!waiting_.empty() && started_ < options_.max_lookups) {
    Lookup* lookup = waiting_.front();
    waiting_.pop_front();
    ++started_;
    CheckRoutes(SteadyNow());
    const std::array<bool, 2> wanted = wanted_;
    for (size_t family = 0; family < 2; ++family) lookup->families[family].open = wanted[family];
    // The first may end at once, but never the lookup while the other one is open.
    if (wanted[0]) Ask(lookup, 0);
    if (wanted[1]) Ask(lookup, 1);
  }
  starting_ = false;
}

void Resolver::Ask(Lookup* lookup, size_t index) {
  Family& family = lookup->families[index];
  if (servers_.empty()) {
    lookup->error = "there is no name server";
    family.open = false;
    family.failed = true;
    Settle(lookup);
    return;
  }
  const size_t server = PickServer(family.servers_asked, SteadyNow());
  family.servers_asked.push_back(server);
  servers_[server].channel->Ask(
      lookup->name, kTypes[index],
      [this, lookup, index, server](DnsChannel::Result result, absl::string_view message) {
        OnReply(lookup, index, server, result, message);
      });
}

void Resolver::OnReply(Lookup* lookup, size_t index, size_t server, DnsChannel::Result result,
                       absl::string_view message) {
  Family& family = lookup->families[index];
  const absl::Time now = SteadyNow();
  if (result == DnsChannel::Result::kCannotAsk) {
    lookup->cannot_be_asked = true;
    family.answer.outcome = DnsAnswer::Outcome::kNoSuchName;
    family.open = false;
    Settle(lookup);
    return;
  }
  ObserveServer(&servers_[server], result == DnsChannel::Result::kAnswer, now);
  size_t max_asked = std::max<size_t>(options_.tries, servers_.size());
  if (result == DnsChannel::Result::kAnswer) {
    family.answer = ParseDnsAnswer(message, lookup->name, kTypes[index], options_.limits);
    switch (family.answer.outcome) {
      case DnsAnswer::Outcome::kFailure:
        lookup->error = RcodeName(family.answer.rcode);
        break;
      case DnsAnswer::Outcome::kMalformed:
        lookup->error = "the server's answer is broken";
        break;
      default:
        family.open = false;
        Settle(lookup);
        return;
    }
    // The same server would say the same again.
    max_asked = servers_.size();
  } else {
    lookup->error =
        result == DnsChannel::Result::kTimeout ? "no server answers" : "no server can be reached";
  }
  if (family.servers_asked.size() < max_asked) {
    Ask(lookup, index);
    return;
  }
  family.open = false;
  family.failed = true;
  Settle(lookup);
}

bool Resolver::IsNoSuchName(const Family& family) {
  return !family.failed && family.answer.outcome == DnsAnswer::Outcome::kNoSuchName;
}

// One family came to its end.
void Resolver::Settle(Lookup* lookup) {
  const Family& v4 = lookup->families[0];
  const Family& v6 = lookup->families[1];
  if (!v4.open && !v6.open) {
    Deliver(lookup, true);
    return;
  }
  const Family& ended = v4.open ? v6 : v4;
  // Some servers say so of every AAAA (RFC 4074 4.2), but none of A without being right.
  if (&ended == &v4 && IsNoSuchName(v4)) {
    Deliver(lookup, false);
  } else if (!ended.answer.addresses.empty()) {
    lookup->family_wait =
        std::make_unique<LoopTimer>(loop_, [this, lookup] { Deliver(lookup, false); });
    lookup->family_wait->Set(options_.family_wait);
  }
}

// Tells all who wait. Where it is not the `last` time, the other family is still being asked, and
// what it says is added then.
void Resolver::Deliver(Lookup* lookup, bool last) {
  const absl::Time now = SteadyNow();
  const Answer answer = AnswerOf(*lookup, now);
  MakeRoom(now);
  cache_[lookup->name] = answer;
  if (!answer.server_failed && !lookup->cannot_be_asked) {
    last_answer_ = now;
    outage_->Works();
    if (!answer.found.addresses.empty()) witnesses_->Add(lookup->name);
  }
  const std::vector<Callback> waiting = std::exchange(lookup->waiting, {});
  if (last) {
    --started_;
    lookups_.erase(lookup->name);
  }
  for (const Callback& callback : waiting) callback(answer);
  if (last) StartWaiting();
}

Resolver::Answer Resolver::AnswerOf(const Lookup& lookup, absl::Time now) const {
  Answer answer;
  absl::Duration ttl = options_.max_ttl;
  absl::Duration negative_ttl = options_.negative_ttl;
  bool failed = false;
  for (const Family& family : lookup.families) {
    failed |= family.failed;
    if (!family.answer.addresses.empty()) {
      ttl = std::min(ttl, family.answer.ttl);
    } else if (!family.servers_asked.empty() && !family.open) {
      negative_ttl = std::min(negative_ttl, family.answer.ttl);
    }
  }
  answer.found.addresses =
      Interleave(lookup.families[0].answer.addresses, lookup.families[1].answer.addresses);
  if (!answer.found.addresses.empty()) {
    answer.found.expires = now + std::max(ttl, options_.min_ttl);
    return answer;
  }
  const bool no_such_name = IsNoSuchName(lookup.families[0]) || IsNoSuchName(lookup.families[1]);
  if (IsNoSuchName(lookup.families[0])) failed = false;
  answer.server_failed = failed;
  if (failed) answer.name = lookup.name;
  answer.error = absl::StrCat("cannot resolve ", lookup.name, ": ",
                              failed                   ? lookup.error
                              : lookup.cannot_be_asked ? "DNS cannot carry such a name"
                              : no_such_name           ? "there is no such name"
                                                       : "the name has no address");
  answer.found.expires =
      now + (failed ? options_.failure_ttl : std::max(negative_ttl, options_.failure_ttl));
  return answer;
}

// In turn; those that this question was not put to before those that it was, and those that answer
// before those that are set aside.
size_t Resolver::PickServer(const std::vector<size_t>& asked, absl::Time now) {
  size_t best = 0;
  auto best_rank = std::make_pair(size_t{0}, absl::InfiniteFuture());
  for (size_t i = 0; i < servers_.size(); ++i) {
    const size_t candidate = (next_server_ + i) % servers_.size();
    const size_t times = std::count(asked.begin(), asked.end(), candidate);
    const auto rank = std::make_pair(times, std::max(servers_[candidate].paused_until, now));
    if (i > 0 && rank >= best_rank) continue;
    best = candidate;
    best_rank = rank;
  }
  next_server_ = best + 1;
  return best;
}

void Resolver::ObserveServer(Server* server, bool answered, absl::Time now) {
  if (answered) {
    server->failures = 0;
    server->paused_until = absl::InfinitePast();
    return;
  }
  ++server->failures;
  const int over = server->failures - options_.max_server_failures;
  if (over < 0) return;
  const absl::Duration pause =
      options_.min_server_pause * (1 << std::min(over, kMaxPauseDoublings));
  server->paused_until = now + std::min(pause, options_.max_server_pause);
}

void Resolver::CheckRoutes(absl::Time now) {
  switch (options_.families) {
    case IpFamilies::kIpv4:
      wanted_ = {true, false};
      return;
    case IpFamilies::kIpv6:
      wanted_ = {false, true};
      return;
    case IpFamilies::kBoth:
      wanted_ = {true, true};
      return;
    case IpFamilies::kAuto:
      break;
  }
  if (now - routes_checked_ < kRoutesHold) return;
  routes_checked_ = now;
  const bool v6 = HasRoute("2001:4860:4860::8888");
  wanted_ = {HasRoute("8.8.8.8") || !v6, v6};
}

// Drops what has expired and, where that is not enough, whatever comes first: an eighth, so that
// the next names find room.
void Resolver::MakeRoom(absl::Time now) {
  if (cache_.size() < options_.max_cached_names) return;
  absl::erase_if(cache_, [&](const auto& item) { return item.second.found.expires <= now; });
  for (auto it = cache_.begin();
       it != cache_.end() && cache_.size() > options_.max_cached_names / 8 * 7;) {
    cache_.erase(it++);
  }
}

}  // namespace spindle
