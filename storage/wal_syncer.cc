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

void WalSyncer::Run() {
  for (;;) {
    {
      MutexLock lock(&mutex_);
      if (!stop_) stopped_.WaitFor(&mutex_, interval_);
      if (stop_) return;
    }
    database_->SyncLog().IgnoreError();
  }
}

}  // namespace spindle
