// Real saved pages for the benchmarks: a folder with manifest.jsonl, one object per line with
// "file" (relative to the folder, gzip) and "url". The folder is named by --realweb=DIR on the
// command line and is not part of the project.
//
// Belongs to one thread; the pages are loaded once and kept until the process ends.

#ifndef SPINDLE_TESTS_BENCHMARKS_REALWEB_H_
#define SPINDLE_TESTS_BENCHMARKS_REALWEB_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace spindle {

struct RealPage {
  std::string url;
  std::string html;
};

// Every page of the manifest in its order. NotFound if a file is missing, DataLoss if one cannot be
// understood.
absl::StatusOr<std::vector<RealPage>> LoadRealWeb(const std::string& dir);

// The pages of --realweb; empty without that flag. A folder that cannot be read ends the process
// with a message.
const std::vector<RealPage>& RealWeb();

// Bytes of HTML in RealWeb() together.
size_t RealWebBytes();

}  // namespace spindle

#endif  // SPINDLE_TESTS_BENCHMARKS_REALWEB_H_
