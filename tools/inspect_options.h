#ifndef SPINDLE_TOOLS_INSPECT_OPTIONS_H_
#define SPINDLE_TOOLS_INSPECT_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storage/records.h"
#include "tools/rows.h"

// The command line of the inspector.

namespace spindle {

enum class InspectCommand { kStats, kHosts, kUrls, kPage, kWhy, kVerify };

struct InspectOptions {
  InspectCommand command = InspectCommand::kStats;
  std::string url;  // of page and why, as written
  std::string dir = "crawl-data";
  Format format = Format::kTable;
  uint64_t limit = 0;                  // rows; 0: all
  std::string host;                    // a name or an origin; empty: every host
  std::optional<UrlState> state;       // nullopt: every state
  bool headers = false;                // of page: the header fields as received, and nothing else
  bool body = false;                   // of page: the decoded body, and nothing else
  bool deep = false;                   // of verify: bodies too
  std::string user_agent = "spindle";  // of why: for the groups of robots.txt
  bool help = false;
};

// Options may stand before and after the command, as --name=value or --name value. InvalidArgument
// says what is wrong, with the nearest name for what does not exist.
absl::StatusOr<InspectOptions> ParseInspectOptions(absl::Span<const char* const> arguments);

// What --help prints.
std::string InspectHelp();

}  // namespace spindle

#endif  // SPINDLE_TOOLS_INSPECT_OPTIONS_H_
