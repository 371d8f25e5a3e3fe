// Shows what a crawl directory holds: inspect --help.

#include <signal.h>
#include <unistd.h>

#include <iostream>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "storage/crawl_reader.h"
#include "tools/crawl_lookup.h"
#include "tools/inspect_lists.h"
#include "tools/inspect_options.h"
#include "tools/inspect_page.h"
#include "tools/inspect_why.h"
#include "tools/output.h"

namespace spindle {
namespace {

constexpr int kFailureExit = 1;
constexpr int kUsageExit = 2;

absl::Status Run(const InspectOptions& options, Output* output) {
  const auto reader = CrawlReader::Open(options.dir);
  if (!reader.ok()) return reader.status();
  CrawlLookup lookup(reader->get());
  switch (options.command) {
    case InspectCommand::kStats:
      return PrintStats(lookup, options, output);
    case InspectCommand::kHosts:
      return PrintHosts(lookup, options, output);
    case InspectCommand::kUrls:
      return PrintUrls(&lookup, options, output);
    case InspectCommand::kPage:
      return PrintPage(lookup, options, output);
    case InspectCommand::kWhy:
      return PrintWhy(&lookup, options, absl::Now(), output);
    case InspectCommand::kVerify:
      return PrintVerify(lookup, options, output);
  }
  return absl::InternalError("no such command");
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  Output output(STDOUT_FILENO);
  const auto options = ParseInspectOptions(absl::MakeConstSpan(argv + 1, argc - 1));
  absl::Status status = options.status();
  if (status.ok() && !options->url.empty()) status = CrawlLookup::ParseUrl(options->url).status();
  if (!status.ok()) {
    std::cerr << "inspect: " << status.message() << "\n";
    return kUsageExit;
  }
  if (options->help) {
    output.Write(InspectHelp());
  } else {
    status = Run(*options, &output);
  }
  status.Update(output.Finish());
  if (status.ok()) return 0;
  std::cerr << "inspect: " << status.message() << "\n";
  return kFailureExit;
}

}  // namespace
}  // namespace spindle

int main(int argc, char** argv) { return spindle::Main(argc, argv); }
