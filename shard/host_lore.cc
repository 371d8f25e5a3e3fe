#include "shard/host_lore.h"

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

// An area: what near_duplicates.h counts repeats by.
uint32_t AreaOf(const UrlShape& shape, absl::string_view path) {
  return shape.id != 0 ? shape.id : FolderOf(path);
}

template <typename Part>
absl::Status ReadNote(const CrawlReader& reader, const HostKey& host, HostNote note, Part* part) {
  const absl::StatusOr<std::string> bytes = reader.GetHostNote(host, note);
  if (!bytes.ok() || bytes->empty()) return bytes.status();
  const absl::Status status = Part::Decode(*bytes, part);
  if (status.ok()) return status;
  return absl::DataLossError(absl::StrCat("notes of ", Describe(host), ": ", status.message()));
}

}  // namespace

absl::Status HostLore::Read(const CrawlReader& reader, const HostKey& host) {
  absl::Status status = ReadNote(reader, host, HostNote::kTemplates, &templates_);
  if (status.ok()) status = ReadNote(reader, host, HostNote::kRepeats, &repeats_);
  return status;
}

void HostLore::Save(const HostKey& host, Commit* commit) {
  if (change_count_ == 0) return;
  commit->PutHostNote(host, HostNote::kTemplates, templates_.Encode());
  commit->PutHostNote(host, HostNote::kRepeats, repeats_.Encode());
  change_count_ = 0;
}

Reason HostLore::Admit(const FrontierOptions& options, absl::string_view path, absl::Time now,
                       uint8_t* penalty) {
  const UrlShape shape = ShapeOf(path);
  *penalty = repeats_.Penalty(options.near_duplicates, AreaOf(shape, path));
  ++change_count_;
  return templates_.Admit(options.traps, shape, now);
}

void HostLore::ObservePage(const FrontierOptions& options, absl::string_view path, uint64_t simhash,
                           bool copy) {
  const UrlShape shape = ShapeOf(path);
  const bool repeats =
      repeats_.ObservePage(options.near_duplicates, AreaOf(shape, path), simhash, copy);
  templates_.ObservePage(shape, repeats);
  ++change_count_;
}

}  // namespace spindle
