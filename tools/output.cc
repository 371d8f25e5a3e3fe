#include "tools/output.h"

#include <unistd.h>

#include <cerrno>

namespace spindle {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

}  // namespace

void Output::Write(absl::string_view bytes) {
  if (!open_) return;
  buffer_.append(bytes.data(), bytes.size());
  if (buffer_.size() >= kBufferBytes) Flush();
}

absl::Status Output::Finish() {
  Flush();
  return status_;
}

void Output::Flush() {
  absl::string_view rest = buffer_;
  while (open_ && !rest.empty()) {
    const ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      open_ = false;
      if (errno != EPIPE) {
        status_ = absl::ErrnoToStatus(errno, "cannot write the output");
      }
    }
  }
  buffer_.clear();
}

}  // namespace spindle
