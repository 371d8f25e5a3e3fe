#ifndef SPINDLE_CRAWLER_CRAWL_FLAGS_H_
#define SPINDLE_CRAWLER_CRAWL_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "crawler/command_line.h"
#include "crawler/crawl_options.h"

namespace spindle {

// What the command line of the crawler says.
struct CrawlCommand {
  CrawlOptions options;
  std::string summary_file;  // empty: none
  bool inject = false;       // hand options.seeds to the crawl that runs in options.dir
  std::string help;          // what to print, where help was asked for
};

// Reads the command line, the file of --config and that of --seeds_file. InvalidArgument says what
// is wrong and what was probably meant; NotFound: a file that is not there.
absl::StatusOr<CrawlCommand> ReadCrawlCommand(absl::Span<char* const> args);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_CRAWL_FLAGS_H_
