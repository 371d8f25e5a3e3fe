#include "storage/log_check.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "storage/log_file.h"
#include "storage/manifest.h"
#include "storage/status.h"

namespace spindle {
namespace {

constexpr char kLastLogFile[] = "LAST_LOG";
constexpr char kLastLogTemporary[] = "LAST_LOG.new";

std::string LogName(uint64_t number) { return absl::StrFormat("%06d.log", number); }

bool ParseLogName(absl::string_view name, uint64_t* number) {
  return absl::ConsumeSuffix(&name, ".log") && absl::SimpleAtoi(name, number);
}

struct Log {
  uint64_t number = 0;
  LogContent content;
};

// One directory's logs, in order.
class LogCheck {
 public:
  LogCheck(rocksdb::Env* env, const std::string& dir) : env_(env), dir_(dir) {}

  absl::Status Run() {
    std::vector<std::string> names;
    const rocksdb::Status status = env_->GetChildren(dir_, &names);
    if (!status.ok()) return FromRocksDb(status, dir_);
    for (const std::string& name : names) {
      if (!absl::StartsWith(name, "MANIFEST-")) continue;
      if (absl::Status manifest = CheckManifest(name); !manifest.ok()) return manifest;
    }
    // Where it cannot be followed, others have something to say of it.
    if (absl::StatusOr<Manifest> manifest = ReadManifest(env_, dir_); manifest.ok()) {
      manifest_ = *std::move(manifest);
      AddLastLog();
    }
    if (absl::Status logs = ReadLogs(names); !logs.ok()) return logs;
    if (absl::Status damage = CheckDamage(); !damage.ok()) return damage;
    if (!manifest_.has_families) return absl::OkStatus();
    if (absl::Status order = CheckOrder(); !order.ok()) return order;
    return CheckNamedLogs();
  }

 private:
  std::string PathOf(uint64_t number) const { return absl::StrCat(dir_, "/", LogName(number)); }

  void AddLastLog() {
    std::string name;
    uint64_t number = 0;
    const std::string path = absl::StrCat(dir_, "/", kLastLogFile);
    if (rocksdb::ReadFileToString(env_, path, &name).ok() && absl::EndsWith(name, "\n") &&
        ParseLogName(absl::StripSuffix(name, "\n"), &number) && number >= manifest_.first_log) {
      manifest_.logs.insert(number);
    }
  }

  absl::Status CheckManifest(const std::string& name) const {
    const std::string path = absl::StrCat(dir_, "/", name);
    const absl::StatusOr<LogContent> content = ScanLog(env_, path);
    if (!content.ok()) return content.status();
    if (content->good_bytes_behind == 0) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        path, " is damaged at byte ", *content->damage,
        ": it says which files the crawl consists of, so none of it can be read. Nothing was "
        "changed. Put a good copy of the file in its place."));
  }

  // Of those that are still needed.
  absl::Status ReadLogs(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      Log log;
      if (!ParseLogName(name, &log.number) || log.number < manifest_.first_log) continue;
      absl::StatusOr<LogContent> content = ScanLog(env_, absl::StrCat(dir_, "/", name));
      if (!content.ok()) return content.status();
      log.content = *std::move(content);
      logs_.push_back(log);
    }
    std::sort(logs_.begin(), logs_.end(),
              [](const Log& a, const Log& b) { return a.number < b.number; });
    return absl::OkStatus();
  }

  bool IsThere(uint64_t number) const {
    return std::any_of(logs_.begin(), logs_.end(),
                       [&](const Log& log) { return log.number == number; });
  }

  // "truncate --size=0 FILE...", of all logs from number `least` on, those that are gone as well;
  // empty: none of them holds anything.
  std::string GiveUpFrom(uint64_t least) const {
    std::set<uint64_t> numbers;
    for (const Log& log : logs_) {
      if (log.number >= least && log.content.changes.has_value()) numbers.insert(log.number);
    }
    for (const uint64_t number : manifest_.logs) {
      if (number >= least && !IsThere(number)) numbers.insert(number);
    }
    std::string command;
    for (const uint64_t number : numbers) {
      absl::StrAppend(&command, command.empty() ? "truncate --size=0" : "", " ", PathOf(number));
    }
    return command;
  }

  absl::Status CheckDamage() const {
    for (size_t i = 0; i < logs_.size(); ++i) {
      const LogContent& log = logs_[i].content;
      if (log.good_bytes_behind == 0) continue;
      const std::string path = PathOf(logs_[i].number);
      const std::string later = GiveUpFrom(logs_[i].number + 1);
      return absl::DataLossError(absl::StrCat(
          path, " is damaged at byte ", *log.damage, ". Behind it are ", log.good_bytes_behind,
          " bytes of later commits: pages, URLs and queues that cannot be had in order. Nothing "
          "was changed. Put a good copy of the file in its place, or give up what was committed "
          "after that moment: truncate --size=",
          *log.damage, " ", path, later.empty() ? "" : " && ", later));
    }
    return absl::OkStatus();
  }

  // Each log goes on where the one before it ended.
  absl::Status CheckOrder() const {
    const Log* before = nullptr;
    for (size_t i = 0; i < logs_.size(); ++i) {
      if (!logs_[i].content.changes.has_value()) continue;
      const uint64_t first = logs_[i].content.changes->first;
      if (before != nullptr && first > before->content.changes->end) {
        return MissingError(before->content.changes->end, before, i);
      }
      // It may hold some of what tables have.
      const std::optional<uint64_t> in_tables = manifest_.last_change_before;
      if (before == nullptr && in_tables.has_value() && first > *in_tables + 1) {
        return MissingError(*in_tables + 1, before, i);
      }
      before = &logs_[i];
    }
    return absl::OkStatus();
  }

  // Of the logs that can be between two numbers.
  std::string NameLog(uint64_t least, uint64_t most) const {
    const auto named = manifest_.logs.lower_bound(least);
    if (named != manifest_.logs.end() && *named <= most) return PathOf(*named);
    if (least >= most) return PathOf(least);
    return absl::StrCat(PathOf(least), ", or a number up to ", most);
  }

  // From change `from` on; logs_[i] goes on behind the hole. `before` may be null.
  absl::Status MissingError(uint64_t from, const Log* before, size_t i) const {
    const Log& behind = logs_[i];
    const uint64_t least = before == nullptr ? manifest_.first_log : before->number + 1;
    std::string message = absl::StrCat(
        dir_, ": commits are missing, the changes ", from, " to ",
        behind.content.changes->first - 1, ". ", PathOf(behind.number), " goes on behind them, ",
        before == nullptr ? "and no table has them" : PathOf(before->number) + " ends before them",
        ". ");
    if (least < behind.number) {
      absl::StrAppend(&message, "They were in the write-ahead log ",
                      NameLog(least, behind.number - 1));
    }
    if (before != nullptr) {
      absl::StrAppend(&message, least < behind.number ? ", or at" : "They were at", " the end of ",
                      PathOf(before->number), ", if power failed before it was on the disk");
    }
    absl::StrAppend(&message,
                    ". What is behind them cannot be had in order. Nothing was changed. Put the "
                    "file back, or give up what was committed after that moment: ",
                    GiveUpFrom(least));
    return absl::DataLossError(message);
  }

  absl::Status CheckNamedLogs() const {
    std::vector<std::string> lost;
    for (const uint64_t number : manifest_.logs) {
      if (!IsThere(number)) lost.push_back(PathOf(number));
    }
    if (logs_.empty() && lost.empty()) {
      lost.push_back(PathOf(std::max<uint64_t>(manifest_.first_log, 1)));
    }
    if (lost.empty()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "the write-ahead log is missing in ", dir_, ": ", lost[0],
        manifest_.logs.empty() ? ", or a later number" : "",
        ". It holds what was committed last, which can be everything. Nothing was changed. Put the "
        ".log files back, or give up what was in them: touch ",
        absl::StrJoin(lost, " ")));
  }

  rocksdb::Env* const env_;
  const std::string dir_;
  Manifest manifest_;
  std::vector<Log> logs_;
};

}  // namespace

absl::Status CheckLogs(rocksdb::Env* env, const std::string& dir) {
  return LogCheck(env, dir).Run();
}

absl::Status KeepLastLog(rocksdb::Env* env, const std::string& dir, uint64_t number) {
  const std::string temporary = absl::StrCat(dir, "/", kLastLogTemporary);
  rocksdb::Status status =
      rocksdb::WriteStringToFile(env, LogName(number) + "\n", temporary, /*should_sync=*/true);
  if (status.ok()) status = env->RenameFile(temporary, absl::StrCat(dir, "/", kLastLogFile));
  return FromRocksDb(status, dir);
}

}  // namespace spindle
