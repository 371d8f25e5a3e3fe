#include "storage/wal_syncer.h"

namespace spindle {

WalSyncer::WalSyncer(Database* database, absl::Duration interval)
    : database_(database), interval_(interval), thread_([this] { Run(); }) {}

WalSyncer::~WalSyncer() {
  {
    MutexLock lock(&mutex_);
    stop_ = true;
  }
  stopped_.Signal();
  thread_.join();
}

absl::Status WalSyncer::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

void WalSyncer::Run() {
  for (;;) {
    {
      MutexLock lock(&mutex_);
      if (!stop_) stopped_.WaitFor(&mutex_, interval_);
      if (stop_) return;
    }
    absl::Status status = database_->ToStatus(database_->db()->SyncWAL());
    MutexLock lock(&mutex_);
    status_ = std::move(status);
  }
}

}  // namespace spindle
