#ifndef SPINDLE_TOOLS_OUTPUT_H_
#define SPINDLE_TOOLS_OUTPUT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace spindle {

// Standard output, buffered. A reader who has gone (`| head`) is no error: what else comes is
// dropped, and the writer sees open() turn false so that it need not go on. Thread-compatible.
// REQUIRES: SIGPIPE is ignored.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}

  void Write(absl::string_view bytes);
  bool open() const { return open_; }

  // All bytes are out. Not OK: they could not be written, as on a full disk.
  absl::Status Finish();

 private:
  void Flush();

  const int descriptor_;
  bool open_ = true;
  absl::Status status_;
  std::string buffer_;
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_OUTPUT_H_
