#ifndef SPINDLE_CRAWLER_COMMAND_LINE_H_
#define SPINDLE_CRAWLER_COMMAND_LINE_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// Options of a program: Abseil flags, from the command line and from a TOML file of the same names,
// with errors that name the option, the value and what was probably meant. Not thread-safe: for the
// start of main().

namespace spindle {

// The value of a flag that may be given several times: one line for each.
struct LineList {
  std::vector<std::string> lines;
};
bool AbslParseFlag(absl::string_view text, LineList* list, std::string* error);
std::string AbslUnparseFlag(const LineList& list);

// A heading of --help, and the flags below it in order. Flags in no section are refused like
// unknown ones.
struct FlagSection {
  absl::string_view title;
  std::vector<absl::string_view> flags;
};

struct CommandLine {
  std::vector<std::string> arguments;  // what is no flag, in order
  bool help = false;                   // --help or -h
  std::set<std::string, std::less<>> set_flags;
};

// Sets flags from "--name=value", "--name value", "--name" and "--noname" (bool). "--" ends the
// flags. A flag named twice keeps its last value, a LineList all of them. InvalidArgument: an
// unknown flag, with the nearest name, or a value that does not parse.
absl::StatusOr<CommandLine> ParseCommandLine(absl::Span<char* const> args,
                                             absl::Span<const FlagSection> sections);

// Sets the flags that the TOML file `path` names and that are not in `set_flags`, those of the
// command line. An array is a list of values. InvalidArgument names file and line.
absl::Status LoadConfigFile(const std::string& path, absl::Span<const FlagSection> sections,
                            const std::set<std::string, std::less<>>& set_flags);

// All flags with their help and defaults.
std::string FormatHelp(absl::Span<const FlagSection> sections);

// The candidate that `name` most likely stands for; empty where none is near.
std::string NearestName(absl::string_view name, absl::Span<const absl::string_view> candidates);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_COMMAND_LINE_H_
