#include "crawler/command_line.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace spindle {
namespace {

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::vector<absl::string_view> AllNames(absl::Span<const FlagSection> sections) {
  std::vector<absl::string_view> names;
  for (const FlagSection& section : sections) {
    names.insert(names.end(), section.flags.begin(), section.flags.end());
  }
  return names;
}

absl::CommandLineFlag* FindFlag(absl::string_view name, absl::Span<const FlagSection> sections) {
  for (const FlagSection& section : sections) {
    if (std::find(section.flags.begin(), section.flags.end(), name) != section.flags.end()) {
      return absl::FindCommandLineFlag(name);
    }
  }
  return nullptr;
}

absl::Status UnknownName(absl::string_view kind, absl::string_view name,
                         absl::Span<const FlagSection> sections) {
  const std::string nearest = NearestName(name, AllNames(sections));
  return absl::InvalidArgumentError(
      absl::StrCat("there is no ", kind, name,
                   nearest.empty() ? "; --help lists them all"
                                   : absl::StrCat("; did you mean ", kind, nearest, "?")));
}

absl::Status SetFlag(absl::CommandLineFlag* flag, absl::string_view value) {
  std::string error;
  if (flag->ParseFrom(value, &error)) return absl::OkStatus();
  // What the flag's own type has to say comes last.
  if (const size_t own = error.rfind("; "); own != std::string::npos) error.erase(0, own + 2);
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag->Name(), " cannot be \"", value, "\"",
      flag->IsOfType<absl::Duration>() ? ": a duration is written as 250ms, 1s or 2h30m" : "",
      flag->IsOfType<bool>() ? ": it is true or false" : "",
      error.empty() || flag->IsOfType<absl::Duration>() ? "" : absl::StrCat(": ", error)));
}

// A value of the file as the command line would have written it; empty optional: a kind that no
// flag takes.
std::optional<std::string> ValueText(const toml::node& node, absl::string_view separator) {
  if (const auto text = node.value_exact<std::string>()) {
    return absl::StrContains(*text, '\n') ? std::nullopt : text;
  }
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto number = node.value_exact<int64_t>()) return absl::StrCat(*number);
  if (const auto number = node.value_exact<double>()) return absl::StrCat(*number);
  if (const toml::array* array = node.as_array()) {
    std::vector<std::string> parts;
    for (const toml::node& element : *array) {
      const std::optional<std::string> part = ValueText(element, separator);
      if (!part.has_value() || element.is_array()) return std::nullopt;
      parts.push_back(*part);
    }
    return absl::StrJoin(parts, separator);
  }
  return std::nullopt;
}

bool IsList(const absl::CommandLineFlag& flag) { return flag.IsOfType<LineList>(); }

}  // namespace

bool AbslParseFlag(absl::string_view text, LineList* list, std::string*) {
  list->lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  return true;
}

std::string AbslUnparseFlag(const LineList& list) { return absl::StrJoin(list.lines, "\n"); }

std::string NearestName(absl::string_view name, absl::Span<const absl::string_view> candidates) {
  absl::string_view nearest;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  for (const absl::string_view candidate : candidates) {
    const size_t distance = EditDistance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  if (nearest.empty()) {
    for (const absl::string_view candidate : candidates) {
      if (name.size() > 3 &&
          (absl::StrContains(candidate, name) || absl::StrContains(name, candidate))) {
        return std::string(candidate);
      }
    }
  }
  return std::string(nearest);
}

absl::StatusOr<CommandLine> ParseCommandLine(absl::Span<char* const> args,
                                             absl::Span<const FlagSection> sections) {
  CommandLine line;
  for (size_t i = 0; i < args.size(); ++i) {
    absl::string_view arg = args[i];
    if (arg == "--help" || arg == "-h" || arg == "-help") {
      line.help = true;
      continue;
    }
    if (arg == "--") {
      for (++i; i < args.size(); ++i) line.arguments.emplace_back(args[i]);
      break;
    }
    if (!absl::ConsumePrefix(&arg, "-") || arg.empty()) {
      line.arguments.emplace_back(args[i]);
      continue;
    }
    absl::ConsumePrefix(&arg, "-");
    const std::vector<absl::string_view> parts = absl::StrSplit(arg, absl::MaxSplits('=', 1));
    // Dashes are as good as underscores.
    std::string name = absl::StrReplaceAll(parts[0], {{"-", "_"}});
    absl::CommandLineFlag* flag = FindFlag(name, sections);
    std::optional<absl::string_view> value;
    if (parts.size() == 2) value = parts[1];
    if (flag == nullptr && !value.has_value() && absl::StartsWith(name, "no")) {
      flag = FindFlag(name.substr(2), sections);
      if (flag != nullptr && !flag->IsOfType<bool>()) flag = nullptr;
      value = "false";
    }
    if (flag == nullptr) return UnknownName("--", parts[0], sections);
    if (!value.has_value() && flag->IsOfType<bool>()) value = "true";
    if (!value.has_value()) {
      if (i + 1 == args.size()) {
        return absl::InvalidArgumentError(absl::StrCat("--", name, " needs a value"));
      }
      value = args[++i];
    }
    std::string text(*value);
    if (IsList(*flag) && absl::StrContains(text, '\n')) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " takes one line at a time"));
    }
    if (IsList(*flag) && line.set_flags.contains(flag->Name())) {
      text = absl::StrCat(flag->CurrentValue(), "\n", text);
    }
    if (absl::Status status = SetFlag(flag, text); !status.ok()) return status;
    line.set_flags.insert(std::string(flag->Name()));
  }
  return line;
}

absl::Status LoadConfigFile(const std::string& path, absl::Span<const FlagSection> sections,
                            const std::set<std::string, std::less<>>& set_flags) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return absl::InvalidArgumentError(
        line == 0 ? absl::StrCat("cannot read ", path)
                  : absl::StrCat(path, ":", line, ": ", std::string(error.description())));
  }
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const std::string where = absl::StrCat(path, ":", key.source().begin.line, ": ");
    absl::CommandLineFlag* flag = FindFlag(name, sections);
    if (flag == nullptr || name == "config") {
      return absl::InvalidArgumentError(
          absl::StrCat(where, UnknownName("option ", name, sections).message()));
    }
    if (set_flags.contains(name)) continue;
    const std::optional<std::string> value = ValueText(node, IsList(*flag) ? "\n" : ",");
    if (!value.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, name, " is no line of text, number, boolean or list of them"));
    }
    if (absl::Status status = SetFlag(flag, *value); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(where, status.message()));
    }
  }
  return absl::OkStatus();
}

std::string FormatHelp(absl::Span<const FlagSection> sections) {
  std::string text;
  for (const FlagSection& section : sections) {
    absl::StrAppend(&text, "\n", section.title, "\n");
    for (const absl::string_view name : section.flags) {
      const absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
      const std::string value = flag->DefaultValue();
      const bool is_switch = flag->IsOfType<bool>();
      std::string head = absl::StrCat("  --", is_switch && value == "true" ? "[no]" : "", name);
      if (!is_switch && !value.empty()) absl::StrAppend(&head, "=", value);
      if (!is_switch && value.empty()) absl::StrAppend(&head, "=...");
      head.resize(std::max<size_t>(head.size() + 2, 34), ' ');
      absl::StrAppend(&text, head, flag->Help(), "\n");
    }
  }
  return text;
}

}  // namespace spindle
