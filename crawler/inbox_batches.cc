#include "crawler/inbox_batches.h"

#include <utility>

#include "storage/records.h"

namespace spindle {

void InboxBatches::Add(InsertedLink link) {
  const ShardId shard = link.key.shard;
  const auto [it, is_new] = open_.try_emplace(shard, deliveries_.size());
  if (!is_new && deliveries_[it->second].links.size() >= kMaxInboxBatch) {
    it->second = deliveries_.size();
  }
  if (it->second == deliveries_.size()) {
    deliveries_.push_back({{shard, shard, store_.NextInboxSequence()}, {}});
  }
  deliveries_[it->second].links.push_back(std::move(link));
}

std::vector<LinkDelivery> InboxBatches::Finish() {
  for (const LinkDelivery& delivery : deliveries_) {
    LinkBatch batch;
    for (const InsertedLink& link : delivery.links) batch.push_back(link.link);
    commit_.PutInbox(delivery.key, batch);
  }
  return std::move(deliveries_);
}

}  // namespace spindle
