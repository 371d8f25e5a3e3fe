// A pipeline of one's own: crawls the host of a URL and prints the text of its pages as JSON lines.
//   bazel run //tools/examples:text_corpus -- https://example.org/ > corpus.jsonl
// Extra arguments are networks to allow, such as 127.0.0.0/8.

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "crawler/crawler.h"

namespace {

class TextWriter : public spindle::PageProcessor {
 public:
  absl::Status Process(const spindle::Page& page, spindle::PageActions& actions) override {
    if (page.kind != spindle::ContentKind::kHtml) {
      actions.Drop("no HTML");
      return absl::OkStatus();
    }
    const nlohmann::json line = {
        {"url", page.record.url}, {"title", page.record.title}, {"text", page.html.text}};
    // One call, one line: other parser threads print at the same time.
    std::puts(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return absl::OkStatus();
  }
};

}  // namespace

int main(int argc, char** argv) {
  spindle::CrawlOptions options;
  options.dir = "text-corpus";
  if (argc > 1) options.seeds = {argv[1]};
  std::vector<spindle::IpNetwork> allowed;
  for (int i = 2; i < argc; ++i) allowed.push_back(spindle::IpNetwork::Parse(argv[i]).value());
  options.fetcher.guard = spindle::AddressGuard(allowed);

  auto crawler = spindle::Crawler::Open(options);
  absl::Status status = crawler.status();
  if (status.ok()) {
    (*crawler)->AddProcessor(std::make_unique<TextWriter>());
    status = (*crawler)->Run();
  }
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
