#include "tests/benchmarks/realweb.h"

#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"

ABSL_FLAG(std::string, realweb, "", "folder of saved pages with manifest.jsonl");

namespace spindle {
namespace {

absl::StatusOr<std::string> ReadGzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError(path);
  std::string out;
  char buffer[1 << 16];
  int count = 0;
  while ((count = gzread(file, buffer, sizeof buffer)) > 0) out.append(buffer, count);
  const bool ok = gzclose(file) == Z_OK && count == 0;
  if (!ok) return absl::DataLossError(path);
  return out;
}

std::vector<RealPage> LoadOrExit() {
  const std::string dir = absl::GetFlag(FLAGS_realweb);
  if (dir.empty()) return {};
  absl::StatusOr<std::vector<RealPage>> pages = LoadRealWeb(dir);
  if (pages.ok()) return *std::move(pages);
  std::cerr << pages.status() << "\n";
  std::exit(1);
}

}  // namespace

absl::StatusOr<std::vector<RealPage>> LoadRealWeb(const std::string& dir) {
  const std::string manifest_path = absl::StrCat(dir, "/manifest.jsonl");
  std::ifstream manifest(manifest_path);
  if (!manifest) return absl::NotFoundError(manifest_path);
  std::vector<RealPage> pages;
  for (std::string line; std::getline(manifest, line);) {
    const auto entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object() || !entry.contains("file") || !entry.contains("url")) {
      return absl::DataLossError(absl::StrCat(manifest_path, ": ", line));
    }
    auto html = ReadGzip(absl::StrCat(dir, "/", entry["file"].get<std::string>()));
    if (!html.ok()) return html.status();
    pages.push_back({entry["url"].get<std::string>(), *std::move(html)});
  }
  return pages;
}

const std::vector<RealPage>& RealWeb() {
  static const auto& pages = *new std::vector<RealPage>(LoadOrExit());
  return pages;
}

size_t RealWebBytes() {
  size_t bytes = 0;
  for (const RealPage& page : RealWeb()) bytes += page.html.size();
  return bytes;
}

}  // namespace spindle
