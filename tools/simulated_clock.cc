#include "tools/simulated_clock.h"

#include <cstdint>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

std::string PathIn(const std::string& dir) { return absl::StrCat(dir, "/simulated_clock"); }

}  // namespace

absl::StatusOr<absl::Time> ReadSimulatedClock(const std::string& dir) {
  std::ifstream file(PathIn(dir));
  if (!file) return kStart;
  int64_t micros = 0;
  if (file >> micros) return absl::FromUnixMicros(micros);
  return absl::DataLossError(absl::StrCat(PathIn(dir), " holds no time"));
}

absl::Status WriteSimulatedClock(const std::string& dir, absl::Time now) {
  const std::string path = PathIn(dir);
  const std::string partial = absl::StrCat(path, ".partial");
  std::ofstream file(partial);
  file << absl::ToUnixMicros(now) << "\n";
  file.close();
  if (file && std::rename(partial.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write ", path));
}

}  // namespace spindle
