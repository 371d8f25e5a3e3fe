#include "crawler/resolver.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crawler/steady_clock.h"

namespace spindle {

struct Resolver::Query {
  Resolver* resolver;
  std::string name;
};

Resolver::Resolver(EventLoop* loop, const ResolverOptions& options)
    : loop_(loop), options_(options), timer_(loop, [this] {
        ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        UpdateTimer();
      }) {
  ares_library_init(ARES_LIB_INIT_ALL);
  ares_options ares = {};
  ares.timeout = static_cast<int>(absl::ToInt64Milliseconds(options.query_timeout));
  ares.tries = options.tries;
  ares.sock_state_cb = &OnSocketState;
  ares.sock_state_cb_data = this;
  ares_init_options(&channel_, &ares, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (!options.servers.empty()) {
    ares_set_servers_ports_csv(channel_, options.servers.c_str());
  }
}

Resolver::~Resolver() {
  closing_ = true;
  ares_destroy(channel_);
  ares_library_cleanup();
}

void Resolver::Resolve(absl::string_view host, absl::Time now, Callback callback) {
  if (const std::optional<IpAddress> literal = IpAddress::Parse(host); literal.has_value()) {
    callback(Answer{{*literal}, ""});
    return;
  }
  auto it = cache_.find(host);
  if (it != cache_.end() && !it->second.in_flight && it->second.expires > now) {
    callback(it->second.answer);
    return;
  }
  if (it == cache_.end()) {
    MakeRoom(now);
    it = cache_.try_emplace(std::string(host)).first;
  }
  Entry& entry = it->second;
  entry.waiting.push_back(std::move(callback));
  if (entry.in_flight) return;
  entry.in_flight = true;
  ares_addrinfo_hints hints = {};
  hints.ai_family = AF_UNSPEC;
  // Without it, c-ares opens a socket to every address only to sort them.
  hints.ai_flags = ARES_AI_NOSORT;
  // May call OnAnswer() at once, and that may change the cache.
  const std::string name(host);
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &OnAnswer, new Query{this, name});
  UpdateTimer();
}

void Resolver::OnAnswer(void* query, int status, int, ares_addrinfo* result) {
  const std::unique_ptr<Query> owned(static_cast<Query*>(query));
  Resolver* self = owned->resolver;
  Answer answer;
  absl::Duration ttl = self->options_.negative_ttl;
  if (status == ARES_SUCCESS) {
    ttl = self->options_.max_ttl;
    for (const ares_addrinfo_node* node = result->nodes; node != nullptr; node = node->ai_next) {
      const std::optional<IpAddress> address = IpAddress::FromSockaddr(node->ai_addr);
      if (!address.has_value() || answer.addresses.size() == self->options_.max_addresses) continue;
      answer.addresses.push_back(*address);
      ttl = std::min(ttl, absl::Seconds(node->ai_ttl));
    }
    ttl = std::max(ttl, self->options_.min_ttl);
    std::stable_partition(answer.addresses.begin(), answer.addresses.end(),
                          [](const IpAddress& address) { return address.is_v4(); });
  } else {
    answer.error = absl::StrCat("cannot resolve ", owned->name, ": ", ares_strerror(status));
  }
  if (result != nullptr) ares_freeaddrinfo(result);
  if (!self->closing_) self->Finish(owned->name, std::move(answer), ttl);
}

void Resolver::Finish(const std::string& name, Answer answer, absl::Duration ttl) {
  Entry& entry = cache_.at(name);
  entry.in_flight = false;
  entry.expires = SteadyNow() + ttl;
  entry.answer = answer;
  const std::vector<Callback> waiting = std::exchange(entry.waiting, {});
  for (const Callback& callback : waiting) callback(answer);
}

void Resolver::OnSocketState(void* self, ares_socket_t fd, int readable, int writable) {
  auto* resolver = static_cast<Resolver*>(self);
  const int mask = (readable ? IoWatcher::kRead : 0) | (writable ? IoWatcher::kWrite : 0);
  if (mask == 0) {
    resolver->watchers_.erase(fd);
    return;
  }
  std::unique_ptr<IoWatcher>& watcher = resolver->watchers_[fd];
  if (watcher == nullptr) watcher = std::make_unique<IoWatcher>(resolver->loop_);
  watcher->Watch(fd, mask, &OnReady, resolver);
}

void Resolver::OnReady(int fd, int mask, void* self) {
  auto* resolver = static_cast<Resolver*>(self);
  ares_process_fd(resolver->channel_, mask & IoWatcher::kRead ? fd : ARES_SOCKET_BAD,
                  mask & IoWatcher::kWrite ? fd : ARES_SOCKET_BAD);
  resolver->UpdateTimer();
}

void Resolver::UpdateTimer() {
  timeval time;
  if (ares_timeout(channel_, nullptr, &time) == nullptr) {
    timer_.Cancel();
  } else {
    timer_.Set(absl::DurationFromTimeval(time));
  }
}

// Drops what has expired and, where that is not enough, whatever comes first: an eighth, so that
// the next names find room.
void Resolver::MakeRoom(absl::Time now) {
  if (cache_.size() < options_.max_cached_names) return;
  absl::erase_if(cache_, [&](const auto& item) {
    return !item.second.in_flight && item.second.expires <= now;
  });
  for (auto it = cache_.begin();
       it != cache_.end() && cache_.size() > options_.max_cached_names / 8 * 7;) {
    const auto entry = it++;
    if (!entry->second.in_flight) cache_.erase(entry);
  }
}

}  // namespace spindle
