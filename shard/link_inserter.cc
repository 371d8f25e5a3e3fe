#include "shard/link_inserter.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "shard/budgets.h"
#include "shard/recrawl.h"
#include "shard/url_traps.h"

namespace spindle {

bool IsSeed(const LinkRecord& link) { return link.depth == 0 && !link.found_on.has_value(); }

bool ComesBackAsSeed(const UrlRecord& record) {
  return record.state == UrlState::kParked ||
         (record.state == UrlState::kExcluded && record.reason != Reason::kRobotsDisallowed);
}

bool TellsMore(const FrontierOptions& options, const LinkRecord& link) {
  return IsSeed(link) || link.lastmod != absl::InfinitePast() ||
         (options.budgets.by_in_links && link.from_domain != 0);
}

absl::Status LinkInserter::Insert(absl::Span<const InsertedLink> links, absl::Time now,
                                  Commit* commit, size_t* inserted) {
  std::vector<SeenCache::Fingerprint> fingerprints;
  fingerprints.reserve(links.size());
  for (const InsertedLink& link : links) {
    fingerprints.push_back(SeenCache::FingerprintOf(link.key, link.link.path));
    seen_->Prefetch(fingerprints.back());
  }
  std::vector<const InsertedLink*> unseen;
  unseen.reserve(links.size());
  for (size_t i = 0; i < links.size(); ++i) {
    const bool is_new = seen_->InsertIfNew(fingerprints[i]);
    if (is_new || TellsMore(options_, links[i].link)) unseen.push_back(&links[i]);
  }
  *inserted = 0;
  if (unseen.empty()) return absl::OkStatus();
  return InsertUnseen(unseen, now, commit, inserted);
}

absl::Status LinkInserter::InsertUnseen(absl::Span<const InsertedLink* const> links, absl::Time now,
                                        Commit* commit, size_t* inserted) {
  std::vector<UrlKey> keys;
  std::vector<absl::string_view> paths;
  keys.reserve(links.size());
  paths.reserve(links.size());
  for (const InsertedLink* link : links) {
    keys.push_back(link->key);
    paths.push_back(link->link.path);
  }
  std::vector<CrawlReader::Known> known;
  if (absl::Status status = store_->reader().LookUpUrls(keys, paths, &known); !status.ok()) {
    return status;
  }
  absl::flat_hash_set<LiveHost*> touched;
  Batch batch;
  for (size_t i = 0; i < links.size(); ++i) {
    const LinkRecord& link = links[i]->link;
    if (options_.budgets.by_in_links && link.from_domain != 0) {
      if (absl::Status status = NoteInLink(keys[i], link, now, commit); !status.ok()) return status;
    }
    if (known[i] == CrawlReader::Known::kYes) {
      // What this call changes is not to be read before its commit.
      if (!batch.emplace(keys[i], link.path).second) continue;
      absl::Status status;
      if (IsSeed(link)) {
        status = BringBack(keys[i], link, now, commit, &touched);
      } else if (link.lastmod != absl::InfinitePast()) {
        status = NoteLink(keys[i], link, now, commit, &touched);
      }
      if (!status.ok()) return status;
      continue;
    }
    absl::StatusOr<LiveHost*> host = hosts_->GetOrLoad(keys[i].host_key(), link.origin);
    if (!host.ok()) return host.status();
    UrlKey key{shard_, (*host)->key().host, keys[i].url};
    if (key != keys[i] || known[i] != CrawlReader::Known::kNo || batch.contains(key)) {
      bool found = false;
      absl::StatusOr<UrlKey> free = FreeKey(key, link.path, batch, &found);
      if (!free.ok()) return free.status();
      if (found) continue;
      key = *free;
    }
    batch[key] = link.path;
    if (absl::Status status = InsertNew(*host, key, link, now, commit); !status.ok()) return status;
    touched.insert(*host);
    ++*inserted;
  }
  for (LiveHost* host : touched) {
    hosts_->Put(host, now, commit);
    hosts_->Schedule(host);
  }
  return absl::OkStatus();
}

// Ids that collide take the next free one.
absl::StatusOr<UrlKey> LinkInserter::FreeKey(UrlKey key, absl::string_view path, const Batch& batch,
                                             bool* known) const {
  for (;; ++key.url) {
    const auto it = batch.find(key);
    if (it != batch.end()) {
      if (it->second != path) continue;
      *known = true;
      return key;
    }
    absl::StatusOr<std::optional<UrlRecord>> stored = store_->reader().GetUrl(key);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return key;
    if ((*stored)->path == path) {
      *known = true;
      return key;
    }
  }
}

// The host's record is the caller's to write.
absl::Status LinkInserter::InsertNew(LiveHost* host, const UrlKey& key, const LinkRecord& link,
                                     absl::Time now, Commit* commit) {
  uint8_t penalty = 0;
  const absl::StatusOr<Reason> reason = JudgeNew(host, link, now, &penalty);
  if (!reason.ok()) return reason.status();
  UrlRecord record;
  record.path = link.path;
  record.depth = link.depth;
  record.redirects = link.redirects;
  record.priority = static_cast<uint8_t>(std::min(255, link.priority + penalty));
  record.found_on = link.found_on;
  record.discovered = now;
  record.reason = *reason;
  record.interval = link.interval_hint;
  ++host->record.known_count;
  if (*reason == Reason::kDepthBudget) {
    record.state = UrlState::kParked;
    hosts_->AddEntry(host, key, &record, Lane::kParked, now, commit);
  } else if (*reason != Reason::kNone) {
    record.state = UrlState::kExcluded;
    record.lane = Lane::kNone;
  } else {
    hosts_->AddEntry(host, key, &record, Lane::kReady, now, commit);
  }
  commit->PutUrl(key, record);
  return absl::OkStatus();
}

// kDepthBudget: may come back. Others: not to be fetched.
absl::StatusOr<Reason> LinkInserter::JudgeNew(LiveHost* host, const LinkRecord& link,
                                              absl::Time now, uint8_t* penalty) {
  if (options_.max_depth >= 0 && link.depth > options_.max_depth) return Reason::kDepth;
  if (link.redirects > options_.max_redirects) return Reason::kRedirectLimit;
  // What the operator asks for is no trap.
  if (IsSeed(link)) return Reason::kNone;
  if (const Reason reason = JudgeUrl(options_.traps, link.path); reason != Reason::kNone) {
    return reason;
  }
  if (const Reason reason = JudgeDepth(options_.budgets, link.depth); reason != Reason::kNone) {
    return reason;
  }
  const absl::StatusOr<HostLore*> lore = hosts_->table().LoreOf(host);
  if (!lore.ok()) return lore.status();
  if (*lore == nullptr) return JudgeDate(options_.traps, ShapeOf(link.path), now);
  return (*lore)->Admit(options_, link.path, now, penalty);
}

absl::Status LinkInserter::BringBack(const UrlKey& key, const LinkRecord& link, absl::Time now,
                                     Commit* commit, absl::flat_hash_set<LiveHost*>* touched) {
  absl::StatusOr<std::optional<UrlRecord>> stored = store_->reader().GetUrl(key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value() || !ComesBackAsSeed(**stored)) return absl::OkStatus();
  UrlRecord& record = **stored;
  absl::StatusOr<LiveHost*> host = hosts_->GetOrLoad(key.host_key(), link.origin);
  if (!host.ok()) return host.status();
  if (const std::optional<QueueKey> entry = QueueEntryOf(key, record)) {
    if ((*host)->queue.InFlight(*entry)) return absl::OkStatus();
    hosts_->RemoveEntry(*host, *entry, commit);
  }
  record.state = UrlState::kQueued;
  record.reason = Reason::kNone;
  record.depth = link.depth;
  record.redirects = link.redirects;
  record.priority = link.priority;
  record.found_on = std::nullopt;
  record.failures = 0;
  hosts_->AddEntry(*host, key, &record, Lane::kReady, now, commit);
  commit->PutUrl(key, record);
  touched->insert(*host);
  return absl::OkStatus();
}

// A sitemap says when a known URL changed last.
absl::Status LinkInserter::NoteLink(const UrlKey& key, const LinkRecord& link, absl::Time now,
                                    Commit* commit, absl::flat_hash_set<LiveHost*>* touched) {
  absl::StatusOr<std::optional<UrlRecord>> stored = store_->reader().GetUrl(key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value() || (*stored)->lane != Lane::kRecrawl) return absl::OkStatus();
  UrlRecord& record = **stored;
  RecrawlHistory history = HistoryOf(record);
  if (!NoteLastmod(options_.recrawl, record.last_fetch, link.lastmod, now, &history)) {
    return absl::OkStatus();
  }
  absl::StatusOr<LiveHost*> host = hosts_->GetOrLoad(key.host_key(), link.origin);
  if (!host.ok()) return host.status();
  const QueueKey entry = *QueueEntryOf(key, record);
  if ((*host)->queue.InFlight(entry)) return absl::OkStatus();
  hosts_->RemoveEntry(*host, entry, commit);
  SetHistory(history, &record);
  hosts_->AddEntry(*host, key, &record, Lane::kRecrawl, history.due, commit);
  commit->PutUrl(key, record);
  touched->insert(*host);
  return absl::OkStatus();
}

absl::Status LinkInserter::NoteInLink(const UrlKey& key, const LinkRecord& link, absl::Time now,
                                      Commit* commit) {
  absl::StatusOr<LiveHost*> host = hosts_->GetOrLoad(key.host_key(), link.origin);
  if (!host.ok()) return host.status();
  absl::StatusOr<LiveDomain*> domain = hosts_->table().GetDomain(**host);
  if (!domain.ok()) return domain.status();
  const uint64_t before = DomainPageBudget(options_.budgets, (*domain)->state.in_links);
  (*domain)->state.in_links.Add(link.from_domain);
  if (DomainPageBudget(options_.budgets, (*domain)->state.in_links) == before) {
    return absl::OkStatus();
  }
  commit->PutDomain((*domain)->key, (*domain)->record());
  // It may go on, then.
  if ((*host)->record.reason == Reason::kDomainBudget) hosts_->ReconsiderBudget(*host, now, commit);
  return absl::OkStatus();
}

}  // namespace spindle
