#include "crawler/inject_spool.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "storage/crawl_store.h"

namespace spindle {
namespace {

namespace fs = std::filesystem;

constexpr char kEnding[] = ".urls";

fs::path FolderOf(const std::string& dir) { return fs::path(dir) / "inject"; }

absl::Status FileError(absl::string_view what, const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat("cannot ", what, " ", path.string(), ": ",
                                             error ? error.message() : "input or output failed"));
}

std::vector<std::string> ReadLines(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const absl::string_view text = absl::StripAsciiWhitespace(line);
    if (!text.empty() && text.front() != '#') lines.emplace_back(text);
  }
  return lines;
}

}  // namespace

absl::Status WriteInjection(const std::string& dir, const std::vector<std::string>& urls) {
  if (!CrawlStore::Exists(dir)) {
    return absl::NotFoundError(absl::StrCat("no crawl in ", dir));
  }
  std::error_code error;
  const fs::path folder = FolderOf(dir);
  fs::create_directories(folder, error);
  if (error) return FileError("make the folder", folder, error);
  // Names in order of time, so that what was asked for first is taken first.
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  const fs::path file = folder / absl::StrCat(now, "-", getpid(), kEnding);
  const fs::path partial = file.string() + ".partial";
  {
    std::ofstream out(partial);
    for (const std::string& url : urls) out << url << "\n";
    out.flush();
    if (!out) return FileError("write", partial, {});
  }
  fs::rename(partial, file, error);
  if (error) return FileError("rename", partial, error);
  return absl::OkStatus();
}

absl::Status TakeInjections(const std::string& dir,
                            absl::FunctionRef<absl::Status(const std::vector<std::string>&)> take) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(FolderOf(dir), error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == kEnding) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    if (absl::Status status = take(ReadLines(file)); !status.ok()) return status;
    fs::remove(file, error);
    if (error) return FileError("remove", file, error);
  }
  return absl::OkStatus();
}

}  // namespace spindle
