#ifndef SPINDLE_SHARD_MAILBOX_H_
#define SPINDLE_SHARD_MAILBOX_H_

#include <functional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "storage/mutex.h"

namespace spindle {

// What threads send to one worker. Any thread may Send(); only the owner Takes. `wake` is called,
// from the sender's thread, for the first message after a Take() and for no other: a busy mailbox
// costs its owner one wake-up a round. Thread-safe. Bounded by what its senders have in flight, not
// by itself: a sender never waits.
template <typename Message>
class Mailbox {
 public:
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void Send(Message message) {
    bool first;
    {
      MutexLock lock(&mu_);
      first = messages_.empty();
      messages_.push_back(std::move(message));
    }
    if (first) wake_();
  }

  // All that was sent, oldest first.
  std::vector<Message> Take() {
    std::vector<Message> taken;
    MutexLock lock(&mu_);
    taken.swap(messages_);
    return taken;
  }

 private:
  const std::function<void()> wake_;
  Mutex mu_;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mu_);
};

}  // namespace spindle

#endif  // SPINDLE_SHARD_MAILBOX_H_
