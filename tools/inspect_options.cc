#include "tools/inspect_options.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "crawler/command_line.h"

namespace spindle {
namespace {

struct CommandInfo {
  const char* name;
  InspectCommand command;
  bool takes_url;
};

constexpr CommandInfo kCommands[] = {
    {"stats", InspectCommand::kStats, false}, {"hosts", InspectCommand::kHosts, false},
    {"urls", InspectCommand::kUrls, false},   {"page", InspectCommand::kPage, true},
    {"why", InspectCommand::kWhy, true},      {"verify", InspectCommand::kVerify, false},
};

struct OptionInfo {
  const char* name;
  bool takes_value;
  // Of which commands; empty: of all.
  std::vector<InspectCommand> commands;
  // False: the value is none of it.
  std::function<bool(absl::string_view, InspectOptions*)> set;
  const char* expected;
};

bool SetString(absl::string_view value, std::string* to) {
  *to = std::string(value);
  return !value.empty();
}

const std::vector<OptionInfo>& Options() {
  using Command = InspectCommand;
  static const auto* const options = new std::vector<OptionInfo>{
      {"dir", true, {}, [](auto v, auto* o) { return SetString(v, &o->dir); }, "a directory"},
      {"format",
       true,
       {},
       [](auto v, auto* o) {
         o->format = v == "jsonl" ? Format::kJsonLines : Format::kTable;
         return v == "table" || v == "jsonl";
       },
       "table or jsonl"},
      {"limit",
       true,
       {Command::kHosts, Command::kUrls, Command::kVerify},
       [](auto v, auto* o) { return absl::SimpleAtoi(v, &o->limit); },
       "a number of rows"},
      {"host",
       true,
       {Command::kUrls, Command::kHosts},
       [](auto v, auto* o) { return SetString(v, &o->host); },
       "a host name, or scheme, host and port"},
      {"state",
       true,
       {Command::kUrls},
       [](auto v, auto* o) { return (o->state = ParseUrlState(v)).has_value(); },
       "one of queued, fetched, unchanged, redirected, gone, failed, excluded, parked"},
      {"headers", false, {Command::kPage}, [](auto, auto* o) { return o->headers = true; }, ""},
      {"body", false, {Command::kPage}, [](auto, auto* o) { return o->body = true; }, ""},
      {"deep", false, {Command::kVerify}, [](auto, auto* o) { return o->deep = true; }, ""},
      {"user_agent",
       true,
       {Command::kWhy},
       [](auto v, auto* o) { return SetString(v, &o->user_agent); },
       "a product token"},
      {"help", false, {}, [](auto, auto* o) { return o->help = true; }, ""},
  };
  return *options;
}

template <typename Infos>
std::string DidYouMean(absl::string_view word, absl::string_view prefix, const Infos& infos) {
  std::vector<absl::string_view> names;
  names.reserve(std::size(infos));
  for (const auto& info : infos) names.push_back(info.name);
  const std::string nearest = NearestName(word, names);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", prefix, nearest, "?");
}

absl::Status Wrong(const std::string& message) {
  return absl::InvalidArgumentError(absl::StrCat(message, "; see inspect --help"));
}

const CommandInfo& InfoOf(InspectCommand command) {
  return *std::find_if(std::begin(kCommands), std::end(kCommands),
                       [&](const CommandInfo& info) { return info.command == command; });
}

const OptionInfo* FindOption(absl::string_view name) {
  for (const OptionInfo& option : Options()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

// Takes one option at `arguments[*next]`, and its value.
absl::Status TakeOption(absl::Span<const char* const> arguments, size_t* next,
                        InspectOptions* options, std::vector<const OptionInfo*>* used) {
  absl::string_view name = arguments[(*next)++];
  if (!absl::ConsumePrefix(&name, "--")) absl::ConsumePrefix(&name, "-");
  if (name == "h") name = "help";
  const size_t equals = name.find('=');
  const bool has_value = equals != absl::string_view::npos;
  absl::string_view value = has_value ? name.substr(equals + 1) : absl::string_view();
  name = name.substr(0, equals);

  const OptionInfo* const option = FindOption(name);
  if (option == nullptr) {
    return Wrong(absl::StrCat("no option --", name, DidYouMean(name, "--", Options())));
  }
  if (!option->takes_value && has_value) return Wrong(absl::StrCat("--", name, " takes no value"));
  if (option->takes_value && !has_value) {
    if (*next == arguments.size()) {
      return Wrong(absl::StrCat("--", name, " lacks its value: ", option->expected));
    }
    value = arguments[(*next)++];
  }
  if (!option->set(value, options)) {
    return Wrong(absl::StrCat("--", name, "=", value, ": not ", option->expected));
  }
  used->push_back(option);
  return absl::OkStatus();
}

absl::Status TakeWords(const std::vector<std::string>& words, InspectOptions* options) {
  if (words.empty()) return Wrong("no command; one of stats, hosts, urls, page, why, verify");
  const auto info = std::find_if(std::begin(kCommands), std::end(kCommands),
                                 [&](const CommandInfo& i) { return i.name == words[0]; });
  if (info == std::end(kCommands)) {
    return Wrong(absl::StrCat("no command ", words[0], DidYouMean(words[0], "", kCommands)));
  }
  options->command = info->command;
  if (info->takes_url && words.size() == 1) return Wrong(absl::StrCat(words[0], " lacks its URL"));
  const size_t wanted = info->takes_url ? 2 : 1;
  if (words.size() > wanted) return Wrong(absl::StrCat("what is ", words[wanted], "?"));
  if (info->takes_url) options->url = words[1];
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InspectOptions> ParseInspectOptions(absl::Span<const char* const> arguments) {
  InspectOptions options;
  std::vector<const OptionInfo*> used;
  std::vector<std::string> words;
  for (size_t next = 0; next < arguments.size();) {
    const absl::string_view argument = arguments[next];
    if (argument.size() < 2 || argument[0] != '-') {
      words.emplace_back(argument);
      ++next;
      continue;
    }
    absl::Status status = TakeOption(arguments, &next, &options, &used);
    if (!status.ok()) return status;
  }
  if (options.help) return options;
  if (absl::Status status = TakeWords(words, &options); !status.ok()) return status;
  for (const OptionInfo* option : used) {
    const auto& commands = option->commands;
    if (!commands.empty() &&
        std::find(commands.begin(), commands.end(), options.command) == commands.end()) {
      return Wrong(absl::StrCat(InfoOf(options.command).name, " has no --", option->name, "; ",
                                absl::StrJoin(commands, " and ",
                                              [](std::string* out, InspectCommand command) {
                                                out->append(InfoOf(command).name);
                                              }),
                                commands.size() > 1 ? " have" : " has"));
    }
  }
  if (options.headers && options.body) return Wrong("--headers and --body: one of them");
  return options;
}

std::string InspectHelp() {
  return R"(inspect: shows what a crawl directory holds. Changes nothing; works while a crawl runs there.

usage: inspect [--dir=DIR] [--format=table|jsonl] COMMAND

commands:
  stats                what there is: URLs by state and reason, hosts, bytes, disk use
  hosts                every host with its state, counters and when it may be asked next
  urls                 every URL with its state
  page URL             what was stored when the URL was fetched last
  why URL              in words, why the URL is in its state, or what it waits for
  verify               checks that everything stored fits together; exits with 1 where it does not

options:
  --dir=DIR            the crawl directory (default: crawl-data)
  --format=table       for people (default): aligned, with units
  --format=jsonl       for programs: a JSON object a line; times in RFC 3339, spans in seconds, sizes in bytes
  --limit=N            hosts, urls, verify: at most N rows (default: 0, all)
  --host=HOST          hosts, urls: only of this host, "example.org" or "https://example.org:8443"
  --state=STATE        urls: only queued, fetched, unchanged, redirected, gone, failed, excluded or parked
  --headers            page: the header fields as received, and nothing else
  --body               page: the body with its content coding undone, and nothing else
  --deep               verify: also compares every file with its checksum, and every body with its digest
  --user_agent=NAME    why: the crawler that robots.txt is read for (default: spindle)

examples:
  inspect stats
  inspect urls --state=failed --host=example.org
  inspect page https://example.org/ --body > page.html
  inspect --format=jsonl urls | jq -r 'select(.depth == 1) | .url'

exit codes: 0 done; 1 not found, not readable, or an invariant is broken; 2 the command line is wrong
)";
}

}  // namespace spindle
