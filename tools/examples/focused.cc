// A crawl that looks for something: follows links whose text has a word in it before all others,
// and ends after 100 pages.
//   bazel run //tools/examples:focused -- https://example.org/ apples
// Extra arguments are networks to allow, such as 127.0.0.0/8.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "crawler/crawler.h"
#include "crawler/url_scorer.h"

namespace {

class WordFirst : public spindle::UrlScorer {
 public:
  explicit WordFirst(absl::string_view word) : word_(absl::AsciiStrToLower(word)) {}
  uint8_t Priority(const spindle::Url&, const spindle::LinkContext& context) override {
    if (absl::StrContains(absl::AsciiStrToLower(context.anchor_text), word_)) return 0;
    return static_cast<uint8_t>(std::min(context.depth + 1, 255));
  }

 private:
  const std::string word_;
};

}  // namespace

int main(int argc, char** argv) {
  spindle::CrawlOptions options;
  options.dir = "focused-crawl";
  options.max_pages = 100;
  if (argc > 2) options.seeds = {argv[1]};
  std::vector<spindle::IpNetwork> allowed;
  for (int i = 3; i < argc; ++i) allowed.push_back(spindle::IpNetwork::Parse(argv[i]).value());
  options.fetcher.guard = spindle::AddressGuard(allowed);

  auto crawler = spindle::Crawler::Open(options);
  absl::Status status = crawler.status();
  if (status.ok()) (*crawler)->SetUrlScorer(std::make_unique<WordFirst>(argc > 2 ? argv[2] : ""));
  if (status.ok()) status = (*crawler)->Run();
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
